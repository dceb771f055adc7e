package annoset_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestStore_As(t *testing.T) {
	t.Parallel()

	t.Run("signs what is done through it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, err := s.CreateDataset(t.Context(), annoset.NewDataset{Name: "d"})
		is.NoErr(err)
		set, err := s.As("ann").CreateSet(t.Context(), d.ID, annoset.NewSet{})
		is.NoErr(err)
		is.Equal(set.CreatedBy, "ann")
		is.Equal(set.EditedBy, []string{}) // to create is not to edit
		_, err = s.As("bob").Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err)
		_, err = s.As("").Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err) // an empty name signs nothing
		_, err = s.As("Bob").Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err) // that is somebody else
		published, err := s.As("cid").Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		is.Equal(published.CreatedBy, "ann")
		is.Equal(published.EditedBy, []string{"", "Bob", "bob"})
		is.Equal(published.PublishedBy, "cid")
		is.NoErr(s.Close())
		s = reopenStore(t, s.path, nil)
		got, err := s.Set(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(got, published) // and it is kept
		next, err := s.As("dan").NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)
		is.Equal(next.CreatedBy, "dan") // of a version too
		is.Equal(next.EditedBy, []string{})
	})

	t.Run("makes a handle that is closed with the store, and closes it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		ann := s.As("ann")
		is.NoErr(ann.As("bob").Close())
		_, err := ann.Datasets(t.Context())
		is.True(errors.Is(err, annoset.ErrClosed))
		_, err = s.Datasets(t.Context())
		is.True(errors.Is(err, annoset.ErrClosed))
	})

	t.Run("lets a bad name read, and not write", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "d")
		before := dump(t, s.Store)
		for _, name := range []string{"a\x00n", "\xff", strings.Repeat("n", annoset.MaxNameBytes+1)} {
			_, err := s.As(name).Set(t.Context(), set.ID)
			is.NoErr(err)
			_, err = s.As(name).Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
			is.Equal(badFields(is, err), []string{"-1 person"})
		}
		is.Equal(dump(t, s.Store), before)
		_, err := s.As(strings.Repeat("n", annoset.MaxNameBytes)).Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err)
	})

	t.Run("works in memory", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, err := annoset.OpenMemory(t.Context(), nil)
		is.NoErr(err)
		ann := s.As("ann")
		set := newDraft(t, ann, "d")
		is.Equal(set.CreatedBy, "ann")
		is.NoErr(ann.Close())
	})
}
