//go:build unix

package annoset_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// TestStore_whenItsFileIsTakenAway does to a file what other systems do not allow while it is open.
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
				noErr(t, os.Remove(path+ending))
			}
		}},
		{"removed without its log", func(t *testing.T, path, _ string) { noErr(t, os.Remove(path)) }},
		{"moved away", func(t *testing.T, path, _ string) {
			for _, ending := range companions {
				noErr(t, os.Rename(path+ending, path+".away"+ending))
			}
		}},
		{"replaced by another store", func(t *testing.T, path, other string) {
			noErr(t, os.Rename(other, path))
			for _, ending := range companions[1:] {
				noErr(t, os.Remove(path+ending))
			}
		}},
		{"replaced by something else", func(t *testing.T, path, _ string) {
			other := writeFile(t, t.TempDir(), "something else")
			noErr(t, os.Rename(other, path))
		}},
	} {
		t.Run(how.name+", every call says so", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			dir := t.TempDir()
			other := storeFile(t, t.TempDir())
			path := filepath.Join(dir, "labels.annoset")
			s, err := annoset.Open(ctx, path, nil)
			is.NoErr(err)
			defer s.Close()
			set := newDraft(t, s, "a")
			ids, err := s.Add(ctx, set.ID, label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			reader, err := annoset.Open(ctx, path, &annoset.Options{ReadOnly: true})
			is.NoErr(err)
			defer reader.Close()

			how.do(t, path, other)
			for name, write := range writers(s, set, ids[0]) {
				if err := write(ctx); !errors.Is(err, annoset.ErrMoved) {
					t.Errorf("%s: %v", name, err)
				}
			}
			_, err = s.SetByID(ctx, set.ID)
			is.True(errors.Is(err, annoset.ErrMoved)) // a new connection would be to another file
			_, err = all(s.Annotations(ctx, set.ID, annoset.Filter{}))
			is.True(errors.Is(err, annoset.ErrMoved))
			is.True(errors.Is(s.Backup(ctx, filepath.Join(dir, "backup")), annoset.ErrMoved))
			is.NoErr(nothingAt(filepath.Join(dir, "backup")))
			_, err = reader.SetByID(ctx, set.ID)
			is.True(errors.Is(err, annoset.ErrMoved))
			is.NoErr(reader.Close())
			is.NoErr(s.Close())

			switch how.name {
			case "moved away":
				checkFile(t, path+".away")
			case "replaced by another store":
				checkFile(t, path) // it was left alone
				s := reopenStore(t, path, nil)
				_, err := s.DatasetByName(ctx, "one")
				is.NoErr(err)
			}
		})
	}
}

// TestOpen_whenAnotherProgramHasItForItself has another program lock the file for good.
func TestOpen_whenAnotherProgramHasItForItself(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	path := storeFile(t, t.TempDir())
	db := openRaw(t, path)
	for _, query := range []string{"PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "COMMIT"} {
		_, err := db.ExecContext(ctx, query)
		is.NoErr(err)
	}
	for _, opts := range []annoset.Options{{BusyTimeout: 30_000_000}, {BusyTimeout: 30_000_000, ReadOnly: true}} {
		_, err := annoset.Open(ctx, path, &opts)
		is.True(errors.Is(err, annoset.ErrBusy)) // and not that it is broken
	}
	is.NoErr(db.Close())
	checkFile(t, path)
}
