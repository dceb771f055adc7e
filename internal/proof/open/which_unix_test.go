//go:build unix

package open_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// datasetsIn returns the names of the datasets of a store, and the error that came instead.
func datasetsIn(s *annoset.Store) (string, error) {
	var names []string
	datasets, err := s.Datasets(context.Background())
	for _, d := range datasets {
		names = append(names, d.Name)
	}
	return strings.Join(names, " "), err
}

// storeWith makes a closed store that has one dataset.
func storeWith(t testing.TB, path, dataset string) {
	t.Helper()
	s := proof.Value(annoset.Open(t.Context(), path, nil))(t)
	proof.Value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: dataset}))(t)
	proof.NoErr(t, s.Close())
}

// TestStore_afterChdir changes the working folder of its process, so it does not run beside others.
func TestStore_afterChdir(t *testing.T) {
	is := is.New(t)
	here, there := t.TempDir(), t.TempDir()
	storeWith(t, filepath.Join(here, "labels.annoset"), "here")
	storeWith(t, filepath.Join(there, "labels.annoset"), "there")
	t.Chdir(here)
	writer, err := annoset.Open(t.Context(), "labels.annoset", nil)
	is.NoErr(err)
	defer writer.Close()
	is.NoErr(writer.Close()) // so that readers begin without a log
	reader, err := annoset.Open(t.Context(), "labels.annoset", &annoset.Options{ReadOnly: true})
	is.NoErr(err)
	defer reader.Close()
	fresh, err := annoset.Open(t.Context(), "./labels.annoset", &annoset.Options{ReadOnly: true}) // not used before
	is.NoErr(err)
	defer fresh.Close()
	writer, err = annoset.Open(t.Context(), "labels.annoset", nil)
	is.NoErr(err)
	defer writer.Close()

	t.Chdir(there)
	_, err = writer.CreateDataset(t.Context(), annoset.NewDataset{Name: "more"})
	is.NoErr(err) // not that the file was moved
	for _, s := range []*annoset.Store{writer, reader, fresh} {
		names, err := datasetsIn(s)
		is.NoErr(err)
		is.Equal(names, "here more") // and not those of the other store of that name
	}
	is.NoErr(writer.Backup(t.Context(), "copy")) // a new path is one of the new folder
	_, err = os.Stat(filepath.Join(there, "copy"))
	is.NoErr(err)
	for _, s := range []*annoset.Store{reader, fresh, writer} { // the writer clears up
		is.NoErr(s.Close())
	}
	is.Equal(len(proof.FolderSums(t, here)), 1)
}

func TestStore_throughALink(t *testing.T) {
	t.Parallel()
	t.Run("sees the log", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		path, link := filepath.Join(dir, "labels.annoset"), filepath.Join(dir, "link")
		storeWith(t, path, "old")
		is.NoErr(os.Symlink("labels.annoset", link))
		early, err := annoset.Open(t.Context(), link, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer early.Close()
		writer, err := annoset.Open(t.Context(), path, nil)
		is.NoErr(err)
		defer writer.Close()
		_, err = writer.CreateDataset(t.Context(), annoset.NewDataset{Name: "young"})
		is.NoErr(err)
		reader, err := annoset.Open(t.Context(), link, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer reader.Close()
		for i, s := range []*annoset.Store{reader, early} {
			copied := filepath.Join(dir, "copy"+string(rune('0'+i)))
			is.NoErr(s.Backup(t.Context(), copied))
			names, err := datasetsIn(s)
			is.NoErr(err)
			is.Equal(names, "old young")
			backup, err := annoset.Open(t.Context(), copied, &annoset.Options{ReadOnly: true})
			is.NoErr(err)
			names, err = datasetsIn(backup)
			is.NoErr(err)
			is.Equal(names, "old young") // the copy has the log, too
			is.NoErr(backup.Close())
		}
	})
	t.Run("a backup of a reader has what was written since it was opened", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		path := filepath.Join(dir, "labels.annoset")
		storeWith(t, path, "old")
		reader, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer reader.Close()
		names, err := datasetsIn(reader)
		is.NoErr(err)
		is.Equal(names, "old")
		storeWith(t, path, "young")
		is.NoErr(reader.Backup(t.Context(), filepath.Join(dir, "copy")))
		s := proof.ReopenStore(t, filepath.Join(dir, "copy"), nil)
		names, err = datasetsIn(s.Store)
		is.NoErr(err)
		is.Equal(names, "old young")
	})
	t.Run("makes the file that a link to nothing names", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		is.NoErr(os.MkdirAll(filepath.Join(dir, "links"), 0o700))
		is.NoErr(os.MkdirAll(filepath.Join(dir, "stores", "deep"), 0o700))
		is.NoErr(os.Symlink("../stores/deep/../labels.annoset", filepath.Join(dir, "links", "b")))
		is.NoErr(os.Symlink("b", filepath.Join(dir, "links", "a")))
		_, err := annoset.Open(t.Context(), filepath.Join(dir, "links", "a"), &annoset.Options{ReadOnly: true})
		is.True(errors.Is(err, fs.ErrNotExist))
		s := proof.ReopenStore(t, filepath.Join(dir, "links", "a"), nil)
		is.Equal(len(proof.FolderSums(t, filepath.Join(dir, "links"))), 2)
		_, err = os.Stat(filepath.Join(dir, "stores", "labels.annoset-wal")) // beside the file itself
		is.NoErr(err)
		is.NoErr(s.Close())
		is.NoErr(os.Symlink("nowhere/labels.annoset", filepath.Join(dir, "links", "c")))
		_, err = annoset.Open(t.Context(), filepath.Join(dir, "links", "c"), nil)
		is.True(errors.Is(err, fs.ErrNotExist))
		is.NoErr(os.Symlink("d", filepath.Join(dir, "links", "d")))
		_, err = annoset.Open(t.Context(), filepath.Join(dir, "links", "d"), nil)
		is.True(errors.Is(err, syscall.ELOOP))
	})
	t.Run("goes by the folder that a link names, not by the text of the path", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		is.NoErr(os.MkdirAll(filepath.Join(dir, "far", "away"), 0o700))
		is.NoErr(os.Symlink("far/away", filepath.Join(dir, "link")))
		storeWith(t, filepath.Join(dir, "labels.annoset"), "near")
		storeWith(t, filepath.Join(dir, "far", "labels.annoset"), "far")
		s, err := annoset.Open(t.Context(), dir+"/link/../labels.annoset", nil) // as every other program opens it
		is.NoErr(err)
		defer s.Close()
		names, err := datasetsIn(s)
		is.NoErr(err)
		is.Equal(names, "far")
		made, err := annoset.Open(t.Context(), dir+"/link/../new.annoset", nil)
		is.NoErr(err)
		is.NoErr(made.Close())
		_, err = os.Stat(filepath.Join(dir, "far", "new.annoset"))
		is.NoErr(err)
	})
	t.Run("stays with its file when the link is turned", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		a, b, link := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "link")
		storeWith(t, a, "a")
		storeWith(t, b, "b")
		is.NoErr(os.Symlink("a", link))
		reader, err := annoset.Open(t.Context(), link, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer reader.Close()
		s, err := annoset.Open(t.Context(), link, nil)
		is.NoErr(err)
		defer s.Close()
		is.NoErr(os.Remove(link))
		is.NoErr(os.Symlink("b", link))
		_, err = s.CreateDataset(t.Context(), annoset.NewDataset{Name: "more"})
		is.NoErr(err)
		for _, s := range []*annoset.Store{s, reader} {
			names, err := datasetsIn(s)
			is.NoErr(err)
			is.Equal(names, "a more")
		}
	})
}

// TestStore_readOnly_whenItsFileIsReplaced puts another store in the place of one that is read without locks.
func TestStore_readOnly_whenItsFileIsReplaced(t *testing.T) {
	t.Parallel()
	for _, how := range []struct {
		name string
		do   func(t *testing.T, path, other string)
	}{
		{"by a rename", func(t *testing.T, path, other string) { proof.NoErr(t, os.Rename(other, path)) }},
		{"by a rename, with the same size and time", func(t *testing.T, path, other string) {
			info := proof.Value(os.Stat(path))(t)
			proof.NoErr(t, os.Chtimes(other, info.ModTime(), info.ModTime()))
			proof.NoErr(t, os.Rename(other, path))
		}},
		{"by a link", func(t *testing.T, path, other string) {
			proof.NoErr(t, os.Remove(path))
			proof.NoErr(t, os.Symlink(other, path))
		}},
		{"by one that is made anew", func(t *testing.T, path, other string) {
			data := proof.Value(os.ReadFile(other))(t)
			proof.NoErr(t, os.Remove(path)) // whose number the new file may get
			proof.NoErr(t, os.WriteFile(path, data, 0o600))
			proof.NoErr(t, os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0)))
		}},
		{"by nothing", func(t *testing.T, path, _ string) { proof.NoErr(t, os.Remove(path)) }},
		{"by a folder", func(t *testing.T, path, _ string) {
			proof.NoErr(t, os.Remove(path))
			proof.NoErr(t, os.Mkdir(path, 0o700))
		}},
		{"by one that is being written to", func(t *testing.T, path, other string) {
			proof.NoErr(t, os.Rename(other, path))
			s := proof.Value(annoset.Open(t.Context(), path, nil))(t)
			t.Cleanup(func() { s.Close() })
			proof.Value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "new"}))(t)
		}},
	} {
		for _, used := range []bool{false, true} {
			name := how.name
			if used {
				name += ", after it was read"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				dir := t.TempDir()
				path, other := filepath.Join(dir, "labels.annoset"), filepath.Join(dir, "other")
				storeWith(t, path, "mine")
				storeWith(t, other, "that")
				s, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
				is.NoErr(err)
				defer s.Close()
				if used {
					_, err := datasetsIn(s)
					is.NoErr(err)
				}
				how.do(t, path, other)
				for range 2 {
					_, err = datasetsIn(s)
					is.True(errors.Is(err, annoset.ErrMoved))
					is.True(errors.Is(s.Backup(t.Context(), filepath.Join(dir, "copy")), annoset.ErrMoved))
					is.NoErr(proof.NothingAt(filepath.Join(dir, "copy")))
				}
			})
		}
	}
}
