package annoset_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestOpen_ReadOnly_besideWriters(t *testing.T) {
	t.Parallel()

	t.Run("leaves nothing beside the file", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		is.NoErr(s.Close())

		reader, err := annoset.Open(t.Context(), s.path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		_, err = reader.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.NoErr(reader.Close())

		names, err := os.ReadDir(filepath.Dir(s.path))
		is.NoErr(err)
		is.Equal(len(names), 1) // the store alone: what is left behind would belong to the reader
	})

	t.Run("sees what others write after it was opened", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		is.NoErr(s.Close())
		reader, err := annoset.Open(t.Context(), s.path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer reader.Close()
		is.Equal(len(collect(t, reader.Annotations(t.Context(), set.ID, annoset.Filter{}))), 0)

		for n := range 3 { // a writer comes, writes and goes
			writer := reopenStore(t, s.path, nil)
			_, err = writer.Import(t.Context(), set.ID, stream(300, 9), nil)
			is.NoErr(err)
			is.Equal(len(collect(t, reader.Annotations(t.Context(), set.ID, annoset.Filter{}))), 300*(n+1)) // at work
			is.NoErr(writer.Close())
			is.Equal(len(collect(t, reader.Annotations(t.Context(), set.ID, annoset.Filter{}))), 300*(n+1)) // gone
		}
	})

	t.Run("never passes off a file that changes as one state", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), set.ID, stream(500, 9), nil)
		is.NoErr(err)
		is.NoErr(s.Close())
		reader, err := annoset.Open(t.Context(), s.path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer reader.Close()

		n, last := 0, error(nil)
		for _, err := range reader.Annotations(t.Context(), set.ID, annoset.Filter{}) {
			if n++; n == 10 {
				writer := reopenStore(t, s.path, nil)
				is.NoErr(writer.DeleteSet(t.Context(), set.ID))
				is.NoErr(writer.Close())
			}
			last = err
		}
		is.True(errors.Is(last, annoset.ErrBusy)) // the iterator ends with an error
		_, err = reader.SetByID(t.Context(), set.ID)
		is.True(errors.Is(err, annoset.ErrNotFound)) // and the next call sees the new state
	})
}
