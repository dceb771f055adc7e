package crowd_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func TestOpen_ReadOnly_besideWriters(t *testing.T) {
	t.Parallel()

	t.Run("leaves nothing beside the file", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		is.NoErr(s.Close())

		reader, err := annoset.Open(t.Context(), s.Path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		_, err = reader.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.NoErr(reader.Close())

		names, err := os.ReadDir(filepath.Dir(s.Path))
		is.NoErr(err)
		is.Equal(len(names), 1) // the store alone: a companion file would belong to the reader
	})

	t.Run("sees what others write after it was opened", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		is.NoErr(s.Close())
		reader, err := annoset.Open(t.Context(), s.Path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer reader.Close()
		is.Equal(len(proof.Collect(t, reader.Annotations(t.Context(), set.ID, annoset.Filter{}))), 0)

		for n := range 3 { // a writer opens, writes and closes
			writer := proof.ReopenStore(t, s.Path, nil)
			_, err = writer.Import(t.Context(), set.ID, proof.Stream(300, 9), nil)
			is.NoErr(err)
			is.Equal(len(proof.LabelsOf(t, reader, set.ID)), 300*(n+1)) // while it is open
			is.NoErr(writer.Close())
			is.Equal(len(proof.LabelsOf(t, reader, set.ID)), 300*(n+1)) // and after it has closed
		}
	})

	t.Run("never shows two states as one", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), set.ID, proof.Stream(500, 9), nil)
		is.NoErr(err)
		is.NoErr(s.Close())
		reader, err := annoset.Open(t.Context(), s.Path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		defer reader.Close()

		n, last := 0, error(nil)
		for _, err := range reader.Annotations(t.Context(), set.ID, annoset.Filter{}) {
			if n++; n == 10 {
				writer := proof.ReopenStore(t, s.Path, nil)
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
