package sqlite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"
)

// TestHold_besideTheLogOfAnother holds a copy that was put beside the log of a store that goes on.
func TestHold_besideTheLogOfAnother(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := t.Context()
	dir := t.TempDir()
	path, alias := filepath.Join(dir, "a"), filepath.Join(t.TempDir(), "alias")
	db, err := Open(ctx, Config{Path: filepath.Join(dir, "other"), BusyTimeout: time.Second})
	is.NoErr(err)
	is.NoErr(db.Backup(ctx, path))
	is.NoErr(db.Write(ctx, false, func(tx *WriteTx) error { return tx.exec(ctx, "CREATE TABLE mine (a)") }))
	log, err := os.ReadFile(filepath.Join(dir, "other-wal"))
	is.NoErr(err)
	is.NoErr(db.Close())
	is.NoErr(os.WriteFile(path+"-wal", log, 0o600))
	file, err := os.ReadFile(path)
	is.NoErr(err)
	is.True(errors.Is(checkLog(ctx, Config{Path: path}), ErrDamaged))

	release, whole, err := Hold(ctx, Config{Path: path}, alias)
	is.NoErr(err)
	is.True(!whole)
	_, _, err = Hold(ctx, Config{Path: path}, alias+"2")
	is.True(errors.Is(err, ErrBusy)) // it is held
	is.NoErr(release())
	for name, want := range map[string][]byte{path: file, path + "-wal": log} {
		got, err := os.ReadFile(name)
		is.NoErr(err)
		is.True(bytes.Equal(got, want)) // the log was not moved into the file
	}
}
