package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/layer"
)

// labelsOf reads all labels of a set.
func labelsOf(t testing.TB, s *annoset.Store, setID uuid.UUID) []annoset.Annotation {
	t.Helper()
	return collect(t, s.Annotations(context.Background(), setID, annoset.Filter{}))
}

// withID is a label as it comes out of a set.
func withID(id int64, a annoset.Annotation) annoset.Annotation {
	a.ID = id
	return a
}

func TestStore_Add(t *testing.T) {
	t.Parallel()

	t.Run("returns ids in the order of the labels", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		given := []annoset.Annotation{
			withID(77, sure(label("b.wav", "x", 5, 10), 0.25)), extra(label("a.wav", "y", 3, 3), `{"k": 1}`),
			label("a.wav", "x", 3, 9),
		}

		ids, err := s.Add(t.Context(), set.ID, given...)

		is.NoErr(err)
		is.Equal(ids, []int64{1, 2, 3}) // the id that was given is not looked at
		for i, a := range given {
			got, err := s.Annotation(t.Context(), set.ID, ids[i])
			is.NoErr(err)
			is.Equal(got, withID(ids[i], a)) // all else is as given
		}
	})

	t.Run("never gives an id twice", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set, other := newDraft(t, s.Store, "a"), newDraft(t, s.Store, "b")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1), label("a.wav", "x", 0, 1))
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), set.ID, ids...))
		is.NoErr(s.DeleteSet(t.Context(), set.ID))
		is.NoErr(s.Close())
		s = reopenStore(t, s.path, nil)

		later, err := s.Add(t.Context(), other.ID, label("a.wav", "x", 0, 1))

		is.NoErr(err)
		is.True(later[0] > ids[1]) // not after deletes, nor in another dataset, nor by another process
	})

	t.Run("takes nothing, and equal labels twice", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")

		ids, err := s.Add(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(ids, []int64{}) // empty, not nil
		ids, err = s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1), label("a.wav", "x", 0, 1))
		is.NoErr(err)
		is.True(ids[0] != ids[1])                      // two labels
		is.Equal(len(labelsOf(t, s.Store, set.ID)), 2) // both are kept
	})

	t.Run("gives ids in the order of the labels in bulk too", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		given := make([]annoset.Annotation, layer.BulkRows+1)
		for i := range given {
			start := int64(i * 7919 % len(given)) // in no order of time
			given[i] = label(fmt.Sprintf("%d.wav", i%3), "x", start, start+int64(i))
		}

		ids, err := s.Add(t.Context(), set.ID, given...)

		is.NoErr(err)
		is.Equal(len(ids), len(given)) // one each
		byID := map[int64]annoset.Annotation{}
		for _, a := range labelsOf(t, s.Store, set.ID) {
			byID[a.ID] = a
		}
		for i, id := range ids {
			is.Equal(byID[id], withID(id, given[i])) // the i-th id is that of the i-th label
		}
		got, err := s.Annotation(t.Context(), set.ID, ids[100])
		is.NoErr(err)
		is.Equal(got, withID(ids[100], given[100])) // an id leads to its label
	})
}

func TestStore_Update(t *testing.T) {
	t.Parallel()

	t.Run("replaces all but the id", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, extra(sure(label("a.wav", "x", 0, 1), 1), `{}`), label("a.wav", "x", 5, 6))
		is.NoErr(err)
		want := sure(label("b.wav", "y", 7, 8), 0)

		is.NoErr(s.Update(t.Context(), set.ID, withID(ids[0], want)))

		all := []annoset.Annotation{withID(ids[1], label("a.wav", "x", 5, 6)), withID(ids[0], want)}
		is.Equal(labelsOf(t, s.Store, set.ID), all) // it has moved to its new place
		is.NoErr(s.Update(t.Context(), set.ID, withID(ids[0], want)))
		is.Equal(labelsOf(t, s.Store, set.ID), all) // once more is no change
		is.NoErr(s.Update(t.Context(), set.ID, withID(ids[0], label("a.wav", "x", 0, 1))))
		got, err := s.Annotation(t.Context(), set.ID, ids[0])
		is.NoErr(err)
		is.Equal(got, withID(ids[0], label("a.wav", "x", 0, 1))) // confidence can be taken away
	})

	t.Run("refuses a label that is not in the set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set, other := newDraft(t, s.Store, "a"), newDraft(t, s.Store, "b")
		ids, err := s.Add(t.Context(), other.ID, label("a.wav", "x", 0, 1))
		is.NoErr(err)
		before := dump(t, s.Store)

		err = s.Update(t.Context(), set.ID, withID(ids[0], label("a.wav", "x", 0, 2)))

		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                                                                                           // with facts
		is.Equal(*missing, annoset.NotFoundError{Op: "update", Kind: "annotation", ID: "1"})                  // another set has it
		is.True(errors.Is(s.Update(t.Context(), set.ID, label("a.wav", "x", 0, 2)), annoset.ErrNotFound))     // no id
		is.True(errors.Is(s.Update(t.Context(), uuid.New(), label("a.wav", "x", 0, 2)), annoset.ErrNotFound)) // no set
		is.Equal(dump(t, s.Store), before)                                                                    // nothing written
	})
}

func TestStore_Delete(t *testing.T) {
	t.Parallel()

	t.Run("removes all or none", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1), label("a.wav", "x", 1, 2), label("b.wav", "x", 0, 1))
		is.NoErr(err)
		before := dump(t, s.Store)

		err = s.Delete(t.Context(), set.ID, ids[0], 99, ids[1])

		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                                                                           // with facts
		is.Equal(*missing, annoset.NotFoundError{Op: "delete", Kind: "annotation", ID: "99"}) // the one that is not there
		is.Equal(dump(t, s.Store), before)                                                    // the others stay
		is.NoErr(s.Delete(t.Context(), set.ID, ids[2], ids[0], ids[2]))                       // twice in a call is once
		is.Equal(labelsOf(t, s.Store, set.ID), []annoset.Annotation{withID(ids[1], label("a.wav", "x", 1, 2))})
		is.True(errors.Is(s.Delete(t.Context(), set.ID, ids[0]), annoset.ErrNotFound)) // it is gone
		is.NoErr(s.Delete(t.Context(), set.ID))                                        // nothing is fine
	})
}

func TestStore_Annotation(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "a")

	_, err := s.Annotation(t.Context(), set.ID, 1)
	missing, ok := errors.AsType[*annoset.NotFoundError](err)
	is.True(ok)                                                                                  // with facts
	is.Equal(*missing, annoset.NotFoundError{Op: "get annotation", Kind: "annotation", ID: "1"}) // no label yet
	_, err = s.Annotation(t.Context(), set.DatasetID, 1)
	missing, ok = errors.AsType[*annoset.NotFoundError](err)
	is.True(ok)                   // with facts
	is.Equal(missing.Kind, "set") // a dataset is no set
	for _, id := range []int64{0, -1, 1 << 62} {
		_, err = s.Annotation(t.Context(), set.ID, id)
		is.True(errors.Is(err, annoset.ErrNotFound)) // no id at all
	}
}

func TestStore_Annotations(t *testing.T) {
	t.Parallel()

	t.Run("come in order of audio file, start and id", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID,
			label("b.wav", "x", 0, 1), label("a.wav", "z", 10, 11), label("é", "x", 0, 1), label("a.wav", "y", 2, 9),
			label("a.wav", "x", 10, 10), label("B.wav", "x", 99, 100), label("a", "x", 0, 1))
		is.NoErr(err)

		got := []int64{}
		for a, err := range s.Annotations(t.Context(), set.ID, annoset.Filter{}) {
			is.NoErr(err)
			got = append(got, a.ID)
		}

		is.Equal(got, []int64{ids[5], ids[6], ids[3], ids[1], ids[4], ids[0], ids[2]}) // text by bytes
	})

	t.Run("are read anew by each loop, from one state", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1), label("a.wav", "x", 1, 2))
		is.NoErr(err)
		seq := s.Annotations(t.Context(), set.ID, annoset.Filter{})

		n := 0
		for a, err := range seq {
			is.NoErr(err)
			_, err = s.Add(t.Context(), set.ID, label("a.wav", "x", a.StartMS+100, 200), label("z.wav", "x", 0, 1))
			is.NoErr(err) // a loop does not stand in the way of a write
			n++
		}
		is.Equal(n, 2)                    // what the body writes does not show
		is.Equal(len(collect(t, seq)), 6) // but the next time
		for range seq {
			break
		}
		is.Equal(len(collect(t, seq)), 6) // breaking out leaves nothing behind
	})

	t.Run("end with the error", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)

		n := 0
		for a, err := range s.Annotations(t.Context(), uuid.New(), annoset.Filter{}) {
			is.Equal(a, annoset.Annotation{})            // no label beside an error
			is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
			n++
		}
		is.Equal(n, 1) // once
		ctx, cancel := context.WithCancel(t.Context())
		set := newDraft(t, s.Store, "a")
		cancel()
		for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
			is.True(errors.Is(err, context.Canceled)) // the caller's own wish
		}
	})
}
