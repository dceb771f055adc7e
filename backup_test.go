package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestStore_Backup(t *testing.T) {
	t.Parallel()
	t.Run("equals the store", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		w := newWorld(t)
		path := filepath.Join(t.TempDir(), "copy.annoset")
		is.NoErr(w.Backup(t.Context(), path))
		is.Equal(len(folderSums(t, filepath.Dir(path))), 1) // nothing temporary is left
		c := reopenStore(t, path, nil)
		is.Equal(dump(t, c.Store), dump(t, w.Store))
		for _, set := range w.Published {
			is.NoErr(c.Verify(t.Context(), set.ID))
		}
		set, err := c.CreateSet(t.Context(), w.One.ID, annoset.NewSet{})
		is.NoErr(err)
		is.Equal(set.Version, 6) // it goes on where the store was: the version of the deleted draft is not given again
	})
	t.Run("of a store in memory", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, err := annoset.OpenMemory(t.Context(), reproducible())
		is.NoErr(err)
		defer s.Close()
		set := newDraft(t, s, "one")
		_, err = s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
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
		full, folder := writeFile(t, dir, "precious"), filepath.Join(dir, "folder")
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
