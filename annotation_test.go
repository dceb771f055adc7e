package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

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
		is.Equal(ids, []int64{1, 2, 3}) // the id that was given is ignored
		for i, a := range given {
			got := value(s.Annotation(t.Context(), set.ID, ids[i]))(t)
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
		s = reopenStore(t, s.Path, nil)

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
		given := make([]annoset.Annotation, proof.BulkRows+1)
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
		got := value(s.Annotation(t.Context(), set.ID, ids[100]))(t)
		is.Equal(got, withID(ids[100], given[100])) // an id leads to its label
	})
}

func TestStore_Update(t *testing.T) {
	t.Parallel()

	t.Run("replaces all but the id", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a.wav x 0 1 1 {}", "a.wav x 5 6")
		ids := idsOf(t, s.Store, set.ID)
		want := sure(label("b.wav", "y", 7, 8), 0)

		is.NoErr(s.Update(t.Context(), set.ID, withID(ids[0], want)))

		all := []annoset.Annotation{withID(ids[1], label("a.wav", "x", 5, 6)), withID(ids[0], want)}
		is.Equal(labelsOf(t, s.Store, set.ID), all) // it has moved to its new place
		is.NoErr(s.Update(t.Context(), set.ID, withID(ids[0], want)))
		is.Equal(labelsOf(t, s.Store, set.ID), all) // once more is no change
		is.NoErr(s.Update(t.Context(), set.ID, withID(ids[0], label("a.wav", "x", 0, 1))))
		got := value(s.Annotation(t.Context(), set.ID, ids[0]))(t)
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
		set := annosettest.Draft(t, s.Store, "a.wav x 0 1", "a.wav x 1 2", "b.wav x 0 1")
		ids := idsOf(t, s.Store, set.ID)
		before := dump(t, s.Store)

		err := s.Delete(t.Context(), set.ID, ids[0], 99, ids[1])

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
		set := annosettest.Draft(t, s.Store,
			"b.wav x 0 1", "a.wav z 10 11", "é x 0 1", "a.wav y 2 9", "a.wav x 10 10", "B.wav x 99 100", "a x 0 1")
		ids := idsOf(t, s.Store, set.ID)

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
		set := annosettest.Draft(t, s.Store, "a.wav x 0 1", "a.wav x 1 2")
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
		for _, err := range seq {
			is.NoErr(err)
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

func TestStore_CopyAnnotations(t *testing.T) {
	t.Parallel()

	t.Run("adds labels with new ids", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		src, dst := annosettest.Draft(t, s.Store, append(filtered, "clean.wav clean")...), newDraft(t, s.Store, "b")
		is.NoErr(s.MarkClean(t.Context(), dst.ID, "a.wav"))
		_, err := s.Add(t.Context(), dst.ID, label("b.wav", "there", 0, 1))
		is.NoErr(err)
		source := labelsOf(t, s.Store, src.ID)

		n, err := s.CopyAnnotations(t.Context(), dst.ID, src.ID, annoset.Filter{})

		is.NoErr(err)
		is.Equal(n, len(filtered))                     // all of them
		is.Equal(labelsOf(t, s.Store, src.ID), source) // the source is as it was
		want := slices.Insert(slices.Clone(filtered), 5, "b.wav there 0 1")
		is.Equal(annosettest.Lines(t, s.Store, dst.ID), want)        // what there was stays
		is.True(idsOf(t, s.Store, dst.ID)[0] > int64(len(filtered))) // no id of the source
	})

	t.Run("copies from a published set to the version that stands on it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		src := annosettest.Publish(t, s.Store, filtered...)
		dst := value(s.NewVersion(t.Context(), src.ID, annoset.NewSet{}))(t)

		n, err := s.CopyAnnotations(t.Context(), dst.ID, src.ID, annoset.Filter{})

		is.NoErr(err)
		is.Equal(n, len(filtered)) // each once
		doubled := slices.Sorted(slices.Values(slices.Concat(filtered, filtered)))
		is.Equal(slices.Sorted(slices.Values(annosettest.Lines(t, s.Store, dst.ID))), doubled) // so all are there twice
	})

	for _, n := range []int{proof.BulkRows, importBatch} {
		t.Run(fmt.Sprintf("copies %d labels, and none of them", n), func(t *testing.T) {
			if n == importBatch {
				skipMany(t)
			}
			t.Parallel()
			is := is.New(t)
			s := annosettest.New(t)
			src, dst := annosettest.Draft(t, s, "a.wav rare 0 1"), newDraft(t, s, "b")
			_, err := s.Import(t.Context(), src.ID, stream(n-1, 5), nil)
			is.NoErr(err)

			none, err := s.CopyAnnotations(t.Context(), dst.ID, src.ID, annoset.Filter{AudioFileIDs: []string{"no"}})
			is.NoErr(err)
			is.Equal(none, 0) // nothing passed
			one, err := s.CopyAnnotations(t.Context(), dst.ID, src.ID, annoset.Filter{ArtifactTypes: []string{"rare"}})
			is.NoErr(err)
			is.Equal(one, 1) // a single one
			all, err := s.CopyAnnotations(t.Context(), dst.ID, src.ID, annoset.Filter{})
			is.NoErr(err)
			is.Equal(all, n)                                                              // the whole set
			is.Equal(value(s.Stats(t.Context(), dst.ID))(t).TotalAnnotations, int64(n+1)) // and it is all there
		})
	}

	t.Run("refuses what the dataset does not take", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		src := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), src.ID,
			annosettest.Labels(t, "a.wav glitch 0 10", "b.wav click 0 10", "known.wav glitch 0 1001")...)
		is.NoErr(err)
		dst := newStrict(t, s.Store)
		before := dump(t, s.Store)

		_, err = s.CopyAnnotations(t.Context(), dst.ID, src.ID, annoset.Filter{})
		is.Equal(badFields(is, err), []string{"1 artifact_type", "2 end_ms"}) // counted as they were read
		_, err = s.CopyAnnotations(t.Context(), src.ID, src.ID, annoset.Filter{})
		is.True(errors.Is(err, annoset.ErrConflict)) // a set is not copied to itself
		_, err = s.CopyAnnotations(t.Context(), dst.ID, uuid.New(), annoset.Filter{})
		is.True(errors.Is(err, annoset.ErrNotFound)) // no source
		_, err = s.CopyAnnotations(t.Context(), uuid.New(), src.ID, annoset.Filter{})
		is.True(errors.Is(err, annoset.ErrNotFound)) // no destination
		is.Equal(dump(t, s.Store), before)           // nothing written
	})

	t.Run("refuses a published destination", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		src, dst := annosettest.Draft(t, s.Store, filtered...), annosettest.Publish(t, s.Store, "a.wav x 0 1")
		before := dump(t, s.Store)

		_, err := s.CopyAnnotations(t.Context(), dst.ID, src.ID, annoset.Filter{})

		immutable, ok := errors.AsType[*annoset.ImmutableError](err)
		is.True(ok)                                // with facts
		is.Equal(immutable.Op, "copy annotations") // what was tried
		is.Equal(immutable.SetID, dst.ID)          // on what
		is.Equal(dump(t, s.Store), before)         // nothing written
	})
}

// filtered are labels to choose from. Their ids are their places, from 1.
var filtered = []string{
	"a.wav x 0 100",       // 1
	"a.wav y 50 150 0.5",  // 2
	"a.wav x 100 100",     // 3, a point
	"a.wav x 100 200 0",   // 4
	"a.wav z 300 400 1",   // 5
	"b.wav x 0 1000 0.25", // 6
	"c.wav y 0 0",         // 7, a point at the very start
}

func TestFilter(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := annosettest.Publish(t, s.Store, filtered...)
	version := value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
	tests := []struct {
		name   string
		filter annoset.Filter
		want   []int64
	}{
		{"the zero Filter is everything", annoset.Filter{}, []int64{1, 2, 3, 4, 5, 6, 7}},
		{"no names are all names", annoset.Filter{AudioFileIDs: []string{}, ArtifactTypes: []string{}},
			[]int64{1, 2, 3, 4, 5, 6, 7}},
		{"one file", annoset.Filter{AudioFileIDs: []string{"b.wav"}}, []int64{6}},
		{"files in any order, twice", annoset.Filter{AudioFileIDs: []string{"c.wav", "b.wav", "c.wav"}}, []int64{6, 7}},
		{"a file that does not exist", annoset.Filter{AudioFileIDs: []string{"no", ""}}, []int64{}},
		{"one type", annoset.Filter{ArtifactTypes: []string{"y"}}, []int64{2, 7}},
		{"types in any order, twice", annoset.Filter{ArtifactTypes: []string{"z", "y", "z"}}, []int64{2, 5, 7}},
		{"a type that does not exist", annoset.Filter{ArtifactTypes: []string{"no"}}, []int64{}},
		{"a type that exists, and one that does not", annoset.Filter{ArtifactTypes: []string{"no", "z"}}, []int64{5}},
		{"from: what ends there does not touch", annoset.Filter{FromMS: 100}, []int64{2, 3, 4, 5, 6}},
		{"from: a point before", annoset.Filter{FromMS: 101}, []int64{2, 4, 5, 6}},
		{"to: what begins there does not touch", annoset.Filter{ToMS: 100}, []int64{1, 2, 6, 7}},
		{"to: a point within", annoset.Filter{ToMS: 101}, []int64{1, 2, 3, 4, 6, 7}},
		{"span within a label", annoset.Filter{FromMS: 60, ToMS: 61}, []int64{1, 2, 6}},
		{"span of a gap", annoset.Filter{FromMS: 200, ToMS: 300, AudioFileIDs: []string{"a.wav"}}, []int64{}},
		{"span at the point", annoset.Filter{FromMS: 100, ToMS: 101, ArtifactTypes: []string{"x"}}, []int64{3, 4, 6}},
		{"span at the start", annoset.Filter{ToMS: 1}, []int64{1, 6, 7}},
		{"span behind all", annoset.Filter{FromMS: annoset.MaxTimeMS}, []int64{}},
		{"at least 0: an absent confidence is not 0", annoset.Filter{MinConfidence: new(0.0)}, []int64{2, 4, 5, 6}},
		{"at most 1: an absent confidence is not 1", annoset.Filter{MaxConfidence: new(1.0)}, []int64{2, 4, 5, 6}},
		{"bounds are inclusive", annoset.Filter{MinConfidence: new(0.25), MaxConfidence: new(0.5)}, []int64{2, 6}},
		{"bounds the wrong way round", annoset.Filter{MinConfidence: new(0.5), MaxConfidence: new(0.25)}, []int64{}},
		{"infinite bounds", annoset.Filter{MinConfidence: new(math.Inf(-1)), MaxConfidence: new(math.Inf(1))},
			[]int64{2, 4, 5, 6}},
		{"all together", annoset.Filter{
			AudioFileIDs: []string{"a.wav", "b.wav"}, ArtifactTypes: []string{"x"}, FromMS: 150, ToMS: 160,
			MinConfidence: new(0.0), MaxConfidence: new(0.1),
		}, []int64{4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			for _, id := range []uuid.UUID{set.ID, version.ID} {
				got := []int64{}
				for _, a := range collect(t, s.Annotations(t.Context(), id, tt.filter)) {
					got = append(got, a.ID)
				}
				is.Equal(got, tt.want) // these pass
				for limit := 1; limit <= len(filtered)+1; limit++ {
					is.Equal(pageIDs(t, s.Store, id, tt.filter, limit), tt.want) // page by page the same
				}
			}
			copied := value(s.CreateSet(t.Context(), set.DatasetID, annoset.NewSet{}))(t)
			n, err := s.CopyAnnotations(t.Context(), copied.ID, set.ID, tt.filter)
			is.NoErr(err)
			is.Equal(n, len(tt.want)) // the same are copied
			is.NoErr(s.DeleteSet(t.Context(), copied.ID))
		})
	}
}

// pageIDs reads page by page.
func pageIDs(t *testing.T, s *annoset.Store, setID uuid.UUID, f annoset.Filter, limit int) []int64 {
	t.Helper()
	is := is.New(t)
	ids, page := []int64{}, annoset.Page{More: true}
	for page.More {
		var err error
		page, err = s.Page(t.Context(), setID, f, page.Next, limit)
		is.NoErr(err)
		is.True(page.Annotations != nil)                                  // empty, not nil
		is.True(!page.More || len(page.Annotations) == limit)             // a page is full while more follows
		is.True(len(ids) == 0 || !page.More || len(page.Annotations) > 0) // it goes on
		for _, a := range page.Annotations {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func TestFilter_Refusals(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set, dst := annosettest.Draft(t, s.Store, filtered...), newDraft(t, s.Store, "b")
	before := dump(t, s.Store)
	tests := []struct {
		name   string
		filter annoset.Filter
		fields []string
	}{
		{"negative from", annoset.Filter{FromMS: -1}, []string{"-1 from_ms"}},
		{"negative to", annoset.Filter{ToMS: -1}, []string{"-1 to_ms"}},
		{"to before from", annoset.Filter{FromMS: 2, ToMS: 1}, []string{"-1 to_ms"}},
		{"confidence that is not a number", annoset.Filter{MinConfidence: new(math.NaN()), MaxConfidence: new(math.NaN())},
			[]string{"-1 max_confidence", "-1 min_confidence"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			_, paged := s.Page(t.Context(), set.ID, tt.filter, annoset.Position{}, 1)
			_, copied := s.CopyAnnotations(t.Context(), dst.ID, set.ID, tt.filter)
			var read error
			for _, err := range s.Annotations(t.Context(), set.ID, tt.filter) {
				read = err
			}
			for _, err := range []error{paged, copied, read} {
				fields := badFields(is, err)
				slices.Sort(fields)
				is.Equal(fields, tt.fields) // each bad field
			}
		})
	}
	is.Equal(dump(t, s.Store), before) // nothing written
}

func TestStore_Page(t *testing.T) {
	t.Parallel()

	t.Run("goes by key, whatever is deleted and added between two pages", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, filtered...)

		first, err := s.Page(t.Context(), set.ID, annoset.Filter{}, annoset.Position{}, 3)
		is.NoErr(err)
		is.Equal(first.Next, annoset.Position{AudioFileID: "a.wav", StartMS: 100, ID: 3}) // the key of the last one
		is.NoErr(s.Delete(t.Context(), set.ID, 1, 3, 5))
		_, err = s.Add(t.Context(), set.ID, label("a.wav", "x", 10, 20), label("a.wav", "x", 500, 600))
		is.NoErr(err) // 8 comes before the position, 9 after it
		rest, err := s.Page(t.Context(), set.ID, annoset.Filter{}, first.Next, 10)
		is.NoErr(err)

		got := []int64{}
		for _, a := range rest.Annotations {
			got = append(got, a.ID)
		}
		is.Equal(got, []int64{4, 9, 6, 7}) // none twice, none lost, though the label at the position is gone
		is.True(!rest.More)                // that was all
	})

	t.Run("stays where it is at the end", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, filtered...)

		page, err := s.Page(t.Context(), set.ID, annoset.Filter{}, annoset.Position{}, len(filtered))
		is.NoErr(err)
		is.Equal(page.Annotations, labelsOf(t, s.Store, set.ID)) // all of it
		is.True(!page.More)                                      // and known to be all
		end, err := s.Page(t.Context(), set.ID, annoset.Filter{}, page.Next, 5)
		is.NoErr(err)
		is.Equal(end, annoset.Page{Annotations: []annoset.Annotation{}, Next: page.Next, Revision: page.Revision}) // nothing after
	})

	t.Run("begins anywhere", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, filtered...)
		tests := []struct {
			after annoset.Position
			first int64
		}{
			{annoset.Position{AudioFileID: "a"}, 1},
			{annoset.Position{AudioFileID: "a.wav"}, 1},
			{annoset.Position{AudioFileID: "a.wav", StartMS: 0, ID: 1}, 2},
			{annoset.Position{AudioFileID: "a.wav", StartMS: 100}, 3},
			{annoset.Position{AudioFileID: "a.wav", StartMS: math.MaxInt64}, 6},
			{annoset.Position{AudioFileID: "a.wavx"}, 6},
			{annoset.Position{StartMS: 5, ID: 5}, 1},
		}
		for _, tt := range tests {
			page, err := s.Page(t.Context(), set.ID, annoset.Filter{}, tt.after, 1)
			is.NoErr(err)
			is.Equal(page.Annotations[0].ID, tt.first) // the first one after the key
		}
	})

	t.Run("refuses a limit below 1, and an unknown set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")

		_, err := s.Page(t.Context(), set.ID, annoset.Filter{}, annoset.Position{}, 0)
		is.Equal(badFields(is, err), []string{"-1 limit"}) // a page of none leads nowhere
		_, err = s.Page(t.Context(), uuid.New(), annoset.Filter{}, annoset.Position{}, 1)
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
	})
}
