package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

func TestStore_Backup(t *testing.T) {
	t.Parallel()
	t.Run("equals the store", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		w := proof.NewWorld(t)
		path := filepath.Join(t.TempDir(), "copy.annoset")
		is.NoErr(w.Backup(t.Context(), path))
		is.Equal(len(folderSums(t, filepath.Dir(path))), 1) // nothing temporary is left
		c := reopenStore(t, path, nil)
		is.Equal(dump(t, c.Store), dump(t, w.Store))
		for _, set := range w.Published {
			is.NoErr(c.Verify(t.Context(), set.ID))
		}
		set := value(c.CreateSet(t.Context(), w.One.ID, annoset.NewSet{}))(t)
		is.Equal(set.Version, 6) // it goes on where the store was: the version of the deleted draft is not given again
	})
	t.Run("of a store in memory", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		annosettest.Draft(t, s, "a.wav glitch 0 10")
		path := filepath.Join(t.TempDir(), "copy.annoset")
		is.NoErr(s.Backup(t.Context(), path))
		is.Equal(dump(t, reopenStore(t, path, nil).Store), dump(t, s))
	})
	t.Run("replaces nothing", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		newDraft(t, s.Store, "one")
		dir := t.TempDir()
		full, folder := proof.WriteFile(t, dir, "precious"), filepath.Join(dir, "folder")
		is.NoErr(os.Mkdir(folder, 0o700))
		is.NoErr(os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600))
		before := folderSums(t, dir)
		for _, path := range []string{full, folder, filepath.Join(dir, "empty"), s.Path} {
			err := s.Backup(t.Context(), path)
			is.True(errors.Is(err, annoset.ErrExists))
			e, found := errors.AsType[*annoset.ExistsError](err)
			is.True(found)
			is.Equal(e.Kind, "file")
			is.Equal(e.Name, path)
		}
		is.Equal(folderSums(t, dir), before)
		err := s.Backup(t.Context(), filepath.Join(dir, "missing", "copy"))
		is.True(errors.Is(err, fs.ErrNotExist))
		is.Equal(folderSums(t, dir), before)
	})
	t.Run("leaves nothing after an error", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		dir := t.TempDir()
		is.True(errors.Is(s.Backup(ctx, filepath.Join(dir, "copy")), context.Canceled))
		is.Equal(len(folderSums(t, dir)), 0)
	})
	t.Run("is of one state while others write", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		set := newDraft(t, s.Store, "one")
		_, err := s.Import(t.Context(), set.ID, stream(1000, 2), nil)
		is.NoErr(err)
		ctx, stop := context.WithCancel(t.Context())
		var writer sync.WaitGroup
		writer.Go(func() {
			for ctx.Err() == nil {
				a, b := label("a.wav", "glitch", 0, 10), label("b.wav", "glitch", 0, 10)
				s.Add(ctx, set.ID, a, b) //nolint:errcheck // until it is stopped
			}
		})
		for i := range 3 {
			path := filepath.Join(t.TempDir(), fmt.Sprint(i))
			is.NoErr(s.Backup(t.Context(), path))
			c := reopenStore(t, path, nil)
			is.Equal(value(c.Stats(t.Context(), set.ID))(t).TotalAnnotations%2, int64(0)) // no call is copied in part
		}
		stop()
		writer.Wait()
	})
}

func TestStore_Backup_isReadByNobodyElse(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no such modes there")
	}
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o400, 0o644} {
		t.Run(fmt.Sprintf("than the store, %o", mode), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			newDraft(t, s.Store, "one")
			is.NoErr(os.Chmod(s.Path, mode))
			path := filepath.Join(t.TempDir(), "copy.annoset")
			is.NoErr(s.Backup(t.Context(), path))
			info := value(os.Stat(path))(t)
			is.Equal(info.Mode().Perm()&^mode, fs.FileMode(0))
			is.Equal(info.Mode().Perm()&0o700, mode&0o700) // the umask takes nothing from the owner
			is.NoErr(os.Chmod(s.Path, 0o600))
		})
	}
}

// backedUp returns a backup of a store, and what it holds.
func backedUp(t *testing.T, s *annoset.Store) (path, state string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "backup.annoset")
	noErr(t, s.Backup(t.Context(), path))
	return path, dump(t, s)
}

func TestRestore(t *testing.T) {
	t.Parallel()
	t.Run("brings a store back to a backup", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		w := proof.NewWorld(t)
		backup, state := backedUp(t, w.Store)
		before := value(os.ReadFile(backup))(t)
		_, err := w.Add(t.Context(), w.Drafts[0].ID, label("a.wav", "glitch", 1, 2))
		is.NoErr(err)
		is.NoErr(w.Close())
		is.NoErr(annoset.Restore(t.Context(), backup, w.Path))
		is.Equal(value(os.ReadFile(backup))(t), before)       // it stays
		is.Equal(len(folderSums(t, filepath.Dir(w.Path))), 1) // and nothing is beside the store
		s := reopenStore(t, w.Path, nil)
		is.True(dump(t, s.Store) == state)
		for _, set := range w.Published {
			is.NoErr(s.Verify(t.Context(), set.ID))
		}
		_, err = s.Add(t.Context(), w.Drafts[0].ID, label("a.wav", "glitch", 1, 2))
		is.NoErr(err) // it goes on from there
	})
	t.Run("makes a store where there is none", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		newDraft(t, s.Store, "one")
		backup, state := backedUp(t, s.Store)
		path := filepath.Join(t.TempDir(), "new.annoset")
		is.NoErr(os.WriteFile(path+"-wal", value(os.ReadFile(s.Path+"-wal"))(t), 0o600)) // of a store that was removed
		is.NoErr(annoset.Restore(t.Context(), backup, path))
		is.Equal(len(folderSums(t, filepath.Dir(path))), 1)
		is.True(dump(t, reopenStore(t, path, nil).Store) == state)
	})
	t.Run("replaces whatever is there", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		newDraft(t, s.Store, "one")
		backup, state := backedUp(t, s.Store)
		newDraft(t, s.Store, "two")
		file, log := value(os.ReadFile(s.Path))(t), value(os.ReadFile(s.Path+"-wal"))(t)
		for name, left := range map[string][3][]byte{ // the file, its log, its journal
			"a store that was killed":        {file, log},
			"a backup beside a log":          {value(os.ReadFile(backup))(t), log},
			"half a store":                   {file[:len(file)/2], log},
			"damage":                         {append(file[:2000:2000], make([]byte, len(file)-2000)...), log},
			"an empty file":                  {{}},
			"something else":                 {[]byte(strings.Repeat("not a store\n", 1000))},
			"something else, with a log":     {[]byte(strings.Repeat("not a store\n", 1000)), log},
			"a file with a rollback journal": {file, nil, log},
		} {
			path := filepath.Join(t.TempDir(), "labels.annoset")
			for i, ending := range []string{"", "-wal", "-journal"} {
				if left[i] != nil {
					is.NoErr(os.WriteFile(path+ending, left[i], 0o600))
				}
			}
			if err := annoset.Restore(t.Context(), backup, path); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			is.Equal(len(folderSums(t, filepath.Dir(path))), 1)
			is.True(dump(t, reopenStore(t, path, nil).Store) == state)
		}
	})
	t.Run("takes a backup of an older schema", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		path := filepath.Join(t.TempDir(), "labels.annoset")
		is.NoErr(annoset.Restore(t.Context(), filepath.Join("testdata", "schema1.annoset"), path))
		s := reopenStore(t, path, nil)
		_, err := s.DatasetByName(t.Context(), "old")
		is.NoErr(err)
	})
	t.Run("takes a store that is open", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		newDraft(t, s.Store, "one")
		path := filepath.Join(t.TempDir(), "labels.annoset")
		is.NoErr(annoset.Restore(t.Context(), s.Path, path)) // with what is in its log
		is.True(dump(t, reopenStore(t, path, nil).Store) == dump(t, s.Store))
	})
	t.Run("keeps the permissions of the old file, and links to it", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("there are none")
		}
		is := is.New(t)
		s := openStore(t, nil)
		backup, _ := backedUp(t, s.Store)
		is.NoErr(s.Close())
		is.NoErr(os.Chmod(s.Path, 0o660))
		is.NoErr(os.Chmod(backup, 0o400))
		link := filepath.Join(t.TempDir(), "link")
		is.NoErr(os.Symlink(s.Path, link))
		is.NoErr(annoset.Restore(t.Context(), backup, link))
		is.Equal(value(os.Lstat(link))(t).Mode().Type(), fs.ModeSymlink)
		is.Equal(value(os.Stat(s.Path))(t).Mode().Perm(), fs.FileMode(0o660))
		path := filepath.Join(t.TempDir(), "new.annoset")
		is.NoErr(annoset.Restore(t.Context(), backup, path))
		is.Equal(value(os.Stat(path))(t).Mode().Perm(), fs.FileMode(0o600)) // of the backup, and the owner's to write
	})
}

func TestRestore_refuses(t *testing.T) {
	t.Parallel()
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "one")
	_, err := s.Import(t.Context(), set.ID, stream(2000, 7), nil)
	noErr(t, err)
	backup, _ := backedUp(t, s.Store)
	good := value(os.ReadFile(backup))(t)
	t.Run("a store that is open", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		newDraft(t, s.Store, "two")
		before := dump(t, s.Store)
		is.True(errors.Is(annoset.Restore(t.Context(), backup, s.Path), annoset.ErrBusy))
		is.True(dump(t, s.Store) == before)
		newDraft(t, s.Store, "three") // and it goes on
		reader := value(annoset.Open(t.Context(), s.Path, &annoset.Options{ReadOnly: true}))(t)
		value(reader.Datasets(t.Context()))(t)
		is.NoErr(s.Close())
		is.True(errors.Is(annoset.Restore(t.Context(), backup, s.Path), annoset.ErrBusy)) // it reads the log
		is.NoErr(reader.Close())
		is.NoErr(annoset.Restore(t.Context(), backup, s.Path))
	})
	bad := func(edit func(data []byte) []byte) string {
		path := filepath.Join(t.TempDir(), "bad.annoset")
		noErr(t, os.WriteFile(path, edit(append([]byte{}, good...)), 0o600))
		return path
	}
	newer := bad(func(data []byte) []byte { return data })
	raw := openRaw(t, newer)
	_, err = raw.Exec(`PRAGMA user_version = 1000`)
	noErr(t, err)
	noErr(t, raw.Close())
	for _, test := range []struct {
		name, backup string
		want         error
	}{
		{"a backup that is missing", filepath.Join(t.TempDir(), "missing"), fs.ErrNotExist},
		{"no backup", "", annoset.ErrInvalid},
		{"something else", bad(func([]byte) []byte { return []byte(strings.Repeat("text", 1000)) }), annoset.ErrNotAStore},
		{"an empty file", bad(func([]byte) []byte { return nil }), annoset.ErrNotAStore},
		{"a newer schema", newer, annoset.ErrNewerSchema},
		{"half a backup", bad(func(data []byte) []byte { return data[:len(data)/2] }), annoset.ErrCorrupt},
		{"a damaged backup", bad(func(data []byte) []byte {
			at := len(data) - 3*4096
			copy(data[at:], make([]byte, 4096))
			return data
		}), annoset.ErrCorrupt},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			dir := t.TempDir()
			path := storeFile(t, dir)
			before := folderSums(t, dir)
			err := annoset.Restore(t.Context(), test.backup, path)
			is.True(errors.Is(err, test.want))
			is.Equal(folderSums(t, dir), before)
		})
	}
	t.Run("itself, a folder, and an ended context", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		path := storeFile(t, dir)
		before := folderSums(t, dir)
		links := t.TempDir()
		is.NoErr(os.Link(path, filepath.Join(links, "hard")))
		same := []string{path, filepath.Join(links, "hard")}
		if runtime.GOOS != "windows" {
			is.NoErr(os.Symlink(path, filepath.Join(links, "link")))
			same = append(same, filepath.Join(links, "link"))
		}
		for _, other := range same {
			err := annoset.Restore(t.Context(), other, path)
			is.Equal(badFields(is, err), []string{"-1 backup"})
		}
		is.Equal(badFields(is, annoset.Restore(t.Context(), "", "")), []string{"-1 backup", "-1 path"})
		is.Equal(badFields(is, annoset.Restore(nil, backup, path)), []string{"-1 ctx"}) //nolint:staticcheck // the point
		is.True(errors.Is(annoset.Restore(t.Context(), backup, dir), annoset.ErrExists))
		err := annoset.Restore(t.Context(), backup, filepath.Join(dir, "missing", "labels.annoset"))
		is.True(errors.Is(err, fs.ErrNotExist))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		is.True(errors.Is(annoset.Restore(ctx, backup, path), context.Canceled))
		is.Equal(folderSums(t, dir), before)
	})
}
