package annoset_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// byPlace is the order in which labels are read.
func byPlace(a, b annoset.Annotation) int {
	return cmp.Or(strings.Compare(a.AudioFileID, b.AudioFileID), cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID))
}

func TestStore_NewVersion(t *testing.T) {
	t.Parallel()

	for _, status := range []annoset.Status{annoset.StatusDraft, annoset.StatusPublished} {
		t.Run("of a "+string(status)+" starts as that set", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			v1 := newDraft(t, s.Store, "a")
			_, err := s.Add(t.Context(), v1.ID, filtered...)
			is.NoErr(err)
			is.NoErr(s.MarkClean(t.Context(), v1.ID, "clean.wav"))
			if status == annoset.StatusPublished {
				_, err = s.Publish(t.Context(), v1.ID, nil)
				is.NoErr(err)
			}
			v1, err = s.SetByID(t.Context(), v1.ID)
			is.NoErr(err)
			labels := labelsOf(t, s.Store, v1.ID)

			v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "second"})

			is.NoErr(err)
			is.Equal(v2.Version, 2)                                     // the next number
			is.Equal(v2.Status, annoset.StatusDraft)                    // a draft
			is.Equal(*v2.ParentID, v1.ID)                               // made from the first
			is.Equal(v2.Notes, "second")                                // with notes of its own
			is.Equal(v2.Stats, v1.Stats)                                // the same contents
			is.Equal(labelsOf(t, s.Store, v2.ID), labels)               // ids are kept
			is.Equal(cleanOf(t, s.Store, v2.ID), []string{"clean.wav"}) // clean marks too
			is.True(v2.PublishedAt == nil && v2.Digest == "")           // nothing of the publishing
		})

		t.Run("of a "+string(status)+" is edited by itself", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			v1 := newDraft(t, s.Store, "a")
			ids, err := s.Add(t.Context(), v1.ID, filtered...)
			is.NoErr(err)
			is.NoErr(s.MarkClean(t.Context(), v1.ID, "clean.wav"))
			if status == annoset.StatusPublished {
				_, err = s.Publish(t.Context(), v1.ID, nil)
				is.NoErr(err)
			}
			v1, err = s.SetByID(t.Context(), v1.ID)
			is.NoErr(err)
			labels := labelsOf(t, s.Store, v1.ID)
			v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
			is.NoErr(err)

			is.NoErr(s.Delete(t.Context(), v2.ID, ids[0]))
			is.NoErr(s.Update(t.Context(), v2.ID, withID(ids[1], label("z.wav", "new", 1, 2))))
			added, err := s.Add(t.Context(), v2.ID, label("clean.wav", "x", 0, 1))
			is.NoErr(err)

			want := append(slices.Clone(labels[2:]), withID(added[0], label("clean.wav", "x", 0, 1)),
				withID(ids[1], label("z.wav", "new", 1, 2)))
			is.Equal(labelsOf(t, s.Store, v2.ID), want)   // as edited
			is.Equal(labelsOf(t, s.Store, v1.ID), labels) // the parent is as it was
			after, err := s.SetByID(t.Context(), v1.ID)
			is.NoErr(err)
			is.Equal(after, v1)                                         // all of it
			is.Equal(cleanOf(t, s.Store, v1.ID), []string{"clean.wav"}) // marks too
			_, err = s.Annotation(t.Context(), v2.ID, ids[0])
			is.True(errors.Is(err, annoset.ErrNotFound)) // deleted here
			old, err := s.Annotation(t.Context(), v1.ID, ids[0])
			is.NoErr(err)
			is.Equal(old, withID(ids[0], filtered[0]))                                    // and not there
			is.True(errors.Is(s.Delete(t.Context(), v2.ID, ids[0]), annoset.ErrNotFound)) // not twice
			is.NoErr(s.Delete(t.Context(), v2.ID, ids[1]))                                // what was changed can be deleted
			_, err = s.Annotation(t.Context(), v2.ID, ids[1])
			is.True(errors.Is(err, annoset.ErrNotFound)) // the old one does not come back
		})
	}

	t.Run("can be made twice, for A and B", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), v1.ID, label("a.wav", "x", 0, 10), label("a.wav", "x", 20, 30))
		is.NoErr(err)
		_, err = s.Publish(t.Context(), v1.ID, nil)
		is.NoErr(err)
		a, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "A"})
		is.NoErr(err)
		b, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "B"})
		is.NoErr(err)

		is.NoErr(s.Update(t.Context(), a.ID, withID(ids[0], label("a.wav", "A", 0, 5))))
		is.NoErr(s.Update(t.Context(), b.ID, withID(ids[0], label("a.wav", "B", 0, 7))))
		a, err = s.Publish(t.Context(), a.ID, nil)
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), b.ID, ids[1]))
		b, err = s.Publish(t.Context(), b.ID, nil)
		is.NoErr(err)

		rest := withID(ids[1], label("a.wav", "x", 20, 30))
		is.Equal(labelsOf(t, s.Store, a.ID), []annoset.Annotation{withID(ids[0], label("a.wav", "A", 0, 5)), rest})
		is.Equal(labelsOf(t, s.Store, b.ID), []annoset.Annotation{withID(ids[0], label("a.wav", "B", 0, 7))})
		is.Equal(a.TotalPositiveDurationMS, int64(15)) // each by itself
		is.Equal(b.TotalPositiveDurationMS, int64(7))  // though they share an id
		is.Equal(*a.ParentID, *b.ParentID)             // and a parent
	})

	t.Run("remembers a parent that was deleted", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), v1.ID, filtered...)
		is.NoErr(err)
		labels := labelsOf(t, s.Store, v1.ID)
		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)

		is.NoErr(s.DeleteSet(t.Context(), v1.ID))

		got, err := s.SetByID(t.Context(), v2.ID)
		is.NoErr(err)
		is.Equal(got, v2)                             // its id stays as the parent
		is.Equal(labelsOf(t, s.Store, v2.ID), labels) // and nothing is lost
		v2, err = s.Publish(t.Context(), v2.ID, nil)
		is.NoErr(err)
		is.Equal(*v2.ParentID, v1.ID) // for ever
	})

	t.Run("of a large draft copies it", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), v1.ID, stream(proof.BulkRows+10, 3), nil)
		is.NoErr(err)
		labels := labelsOf(t, s.Store, v1.ID)

		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), v1.ID, labels[0].ID))

		is.Equal(labelsOf(t, s.Store, v1.ID), labels[1:]) // one less
		is.Equal(labelsOf(t, s.Store, v2.ID), labels)     // not here
		got, err := s.Annotation(t.Context(), v2.ID, labels[2000].ID)
		is.NoErr(err)
		is.Equal(got, labels[2000]) // found by id
	})
}
