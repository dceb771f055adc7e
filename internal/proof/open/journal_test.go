package open_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// TestOpen_afterAnotherProgramCrashed opens a store to which a program without a write-ahead log was writing when it
// crashed: the file is half new, and its journal has what it was.
func TestOpen_afterAnotherProgramCrashed(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	plain := copyOf(t, "schema2", t.TempDir())
	s := proof.ReopenStore(t, plain, nil)
	want := proof.Dump(t, s.Store)
	is.NoErr(s.Close())

	path := crashed(t, copyOf(t, "schema2", t.TempDir()), `UPDATE audio_file SET duration_ms = duration_ms + 1`,
		`UPDATE artifact_type SET description = 'half done'`)
	reader, err := annoset.Open(ctx, path, &annoset.Options{ReadOnly: true})
	if err == nil { // it must not show what is half done
		is.Equal(proof.Dump(t, reader), want)
		is.NoErr(reader.Close())
	} else {
		is.True(errors.Is(err, annoset.ErrReadOnly)) // only who may write can undo it
	}
	writer := proof.ReopenStore(t, path, nil)
	is.True(proof.Dump(t, writer.Store) == want)
}

// crashed copies a file as it is in the middle of a transaction, with the journal of it.
func crashed(t *testing.T, from string, statements ...string) (path string) {
	t.Helper()
	ctx := context.Background()
	c := proof.Value(proof.OpenRaw(t, from).Conn(ctx))(t)
	defer c.Close()
	for _, q := range append(append([]string{`PRAGMA cache_size = 1`, `BEGIN IMMEDIATE`, `CREATE TABLE own (a)`}, statements...),
		`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
		INSERT INTO own SELECT randomblob(1000) FROM n`) {
		_, err := c.ExecContext(ctx, q)
		proof.NoErr(t, err)
	}
	path = filepath.Join(t.TempDir(), "labels.annoset")
	for _, ending := range []string{"", "-journal"} {
		proof.NoErr(t, os.WriteFile(path+ending, proof.Value(os.ReadFile(from+ending))(t), 0o600))
	}
	_, err := c.ExecContext(ctx, "ROLLBACK")
	proof.NoErr(t, err)
	return path
}

// TestOpen_LeavesTheCrashOfAnotherApplication opens a file that is no store in the same state: it is left as it is.
func TestOpen_LeavesTheCrashOfAnotherApplication(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	path := crashed(t, foreignFile(t, t.TempDir(), `CREATE TABLE other (a)`, `INSERT INTO other VALUES (1)`))
	is.True(errors.Is(refused(t, path), annoset.ErrNotAStore))
	before := proof.FolderSums(t, filepath.Dir(path))
	_, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
	is.True(isOneOf(err, refusals...))
	is.Equal(proof.FolderSums(t, filepath.Dir(path)), before)
}
