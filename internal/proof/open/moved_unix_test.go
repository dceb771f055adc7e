//go:build unix

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

// TestStore_whenItsFileIsTakenAway removes, moves or replaces the file of an open store. Windows does not allow that.
func TestStore_whenItsFileIsTakenAway(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	companions := []string{"", "-wal", "-shm"}
	for _, how := range []struct {
		name string
		do   func(t *testing.T, path, other string)
	}{
		{"removed", func(t *testing.T, path, _ string) {
			for _, ending := range companions {
				proof.NoErr(t, os.Remove(path+ending))
			}
		}},
		{"removed without its log", func(t *testing.T, path, _ string) { proof.NoErr(t, os.Remove(path)) }},
		{"moved away", func(t *testing.T, path, _ string) {
			for _, ending := range companions {
				proof.NoErr(t, os.Rename(path+ending, path+".away"+ending))
			}
		}},
		{"replaced by another store", func(t *testing.T, path, other string) {
			proof.NoErr(t, os.Rename(other, path))
			for _, ending := range companions[1:] {
				proof.NoErr(t, os.Remove(path+ending))
			}
		}},
		{"replaced by something else", func(t *testing.T, path, _ string) {
			other := proof.WriteFile(t, t.TempDir(), "something else")
			proof.NoErr(t, os.Rename(other, path))
		}},
	} {
		t.Run(how.name+", every call returns ErrMoved", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			dir := t.TempDir()
			other := proof.StoreFile(t, t.TempDir())
			path := filepath.Join(dir, "labels.annoset")
			s, err := annoset.Open(ctx, path, nil)
			is.NoErr(err)
			defer s.Close()
			set := proof.NewDraft(t, s, "a")
			ids, err := s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			reader, err := annoset.Open(ctx, path, &annoset.Options{ReadOnly: true})
			is.NoErr(err)
			defer reader.Close()

			how.do(t, path, other)
			for name, write := range proof.Writers(s, set, ids[0]) {
				if err := write(ctx); !errors.Is(err, annoset.ErrMoved) {
					t.Errorf("%s: %v", name, err)
				}
			}
			_, err = s.SetByID(ctx, set.ID)
			is.True(errors.Is(err, annoset.ErrMoved)) // a new connection would open another file
			_, err = proof.All(s.Annotations(ctx, set.ID, annoset.Filter{}))
			is.True(errors.Is(err, annoset.ErrMoved))
			is.True(errors.Is(s.Backup(ctx, filepath.Join(dir, "backup")), annoset.ErrMoved))
			is.NoErr(proof.NothingAt(filepath.Join(dir, "backup")))
			_, err = reader.SetByID(ctx, set.ID)
			is.True(errors.Is(err, annoset.ErrMoved))
			is.NoErr(reader.Close())
			is.NoErr(s.Close())

			switch how.name {
			case "moved away":
				proof.CheckFile(t, path+".away")
			case "replaced by another store":
				proof.CheckFile(t, path) // it was not touched
				s := proof.ReopenStore(t, path, nil)
				_, err := s.DatasetByName(ctx, "one")
				is.NoErr(err)
			}
		})
	}
}

// TestOpen_whenAnotherProgramHasItForItself has another program hold an exclusive lock.
func TestOpen_whenAnotherProgramHasItForItself(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	path := proof.StoreFile(t, t.TempDir())
	db := proof.OpenRaw(t, path)
	for _, query := range []string{"PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "COMMIT"} {
		_, err := db.ExecContext(ctx, query)
		is.NoErr(err)
	}
	for _, opts := range []annoset.Options{{BusyTimeout: 30_000_000}, {BusyTimeout: 30_000_000, ReadOnly: true}} {
		_, err := annoset.Open(ctx, path, &opts)
		is.True(errors.Is(err, annoset.ErrBusy)) // not that it is damaged
	}
	is.NoErr(db.Close())
	proof.CheckFile(t, path)
}
