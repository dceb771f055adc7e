package annoset_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
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
		got, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(got, published) // and it is kept
		next, err := s.As("dan").NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)
		is.Equal(next.CreatedBy, "dan") // of a version too
		is.Equal(next.EditedBy, []string{})
	})

	t.Run("signs every way to edit", func(t *testing.T) {
		t.Parallel()
		s := openStore(t, nil)
		source := newDraft(t, s.Store, "source")
		if _, err := s.As("cid").Add(t.Context(), source.ID, label("a.wav", "hum", 0, 10)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Publish(t.Context(), source.ID, nil); err != nil {
			t.Fatal(err)
		}
		notes := "heard twice"
		folder := fstest.MapFS{"a.txt": {Data: []byte("0.5\t1.25\tDishes\n")}}
		for name, edit := range map[string]func(ann *annoset.Store, set uuid.UUID, id int64) error{
			"Add": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				_, err := ann.Add(t.Context(), set, label("a.wav", "hum", 0, 10))
				return err
			},
			"Import": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				_, err := ann.Import(t.Context(), set, stream(5000, 3), nil) // in bulk
				return err
			},
			"ImportFrom": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				_, err := ann.ImportFrom(t.Context(), set, strings.NewReader(kitchen), annoset.FormatDCASE, nil)
				return err
			},
			"ImportFromFS": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				_, err := ann.ImportFromFS(t.Context(), set, folder, annoset.FormatAudacity, nil)
				return err
			},
			"CopyAnnotations": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				_, err := ann.CopyAnnotations(t.Context(), set, source.ID, annoset.Filter{})
				return err
			},
			"Update": func(ann *annoset.Store, set uuid.UUID, id int64) error {
				return ann.Update(t.Context(), set, annoset.Annotation{
					ID: id, AudioFileID: "a.wav", ArtifactType: "hum", StartMS: 1, EndMS: 10,
				})
			},
			"Delete": func(ann *annoset.Store, set uuid.UUID, id int64) error {
				return ann.Delete(t.Context(), set, id)
			},
			"MarkClean": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return ann.MarkClean(t.Context(), set, "b.wav")
			},
			"UnmarkClean": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				return ann.UnmarkClean(t.Context(), set, "clean.wav")
			},
			"UpdateSet": func(ann *annoset.Store, set uuid.UUID, _ int64) error {
				_, err := ann.UpdateSet(t.Context(), set, annoset.SetPatch{Notes: &notes})
				return err
			},
		} {
			is := is.New(t)
			set := newDraft(t, s.Store, name)
			ids, err := s.As("bob").Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10))
			is.NoErr(err)
			is.NoErr(s.As("bob").MarkClean(t.Context(), set.ID, "clean.wav"))
			before, err := s.SetByID(t.Context(), set.ID)
			is.NoErr(err)
			is.NoErr(edit(s.As("ann"), set.ID, ids[0]))
			after, err := s.SetByID(t.Context(), set.ID)
			is.NoErr(err)
			is.Equal(after.EditedBy, []string{"ann", "bob"})
			is.True(after.Revision > before.Revision)
			_, err = s.As("ann").Approve(t.Context(), set.ID, after.Revision, "")
			is.True(errors.Is(err, annoset.ErrOwnWork)) // of that verb too
		}
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
			_, err := s.As(name).SetByID(t.Context(), set.ID)
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
