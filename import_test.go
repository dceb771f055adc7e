package annoset_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

// importBatch is how many labels the library holds at once: sizes around it are the risky ones.
const importBatch = 1 << 15

// byPlace is the order in which labels are read.
func byPlace(a, b annoset.Annotation) int {
	return cmp.Or(strings.Compare(a.AudioFileID, b.AudioFileID), cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID))
}

func TestStore_Import(t *testing.T) {
	t.Parallel()

	for _, n := range []int{0, 1, 99, 100, 101, proof.BulkRows - 1, proof.BulkRows, proof.BulkRows + 1,
		importBatch} {
		t.Run(fmt.Sprintf("takes %d labels", n), func(t *testing.T) {
			if n == importBatch {
				skipMany(t)
			}
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			set := newDraft(t, s.Store, "a")
			last := -1

			got, err := s.Import(t.Context(), set.ID, stream(n, 7), &annoset.ImportOptions{Progress: func(done int) {
				is.True(done >= last) // progress goes on
				last = done
			}})

			is.NoErr(err)
			is.Equal(got, n)                                                            // all were taken
			is.Equal(last, n)                                                           // and progress says so at the end
			is.Equal(value(s.Stats(t.Context(), set.ID))(t).TotalAnnotations, int64(n)) // all are there
		})
	}

	t.Run("takes labels in any order", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		labels := collect(t, stream(proof.BulkRows+500, 13))
		want := nameless(labels)
		r := rand.New(rand.NewPCG(1, 2))
		r.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })

		_, err := s.Import(t.Context(), set.ID, pairs(labels...), nil)

		is.NoErr(err)
		got := labelsOf(t, s.Store, set.ID)
		is.Equal(nameless(got), want)              // the same labels
		is.True(slices.IsSortedFunc(got, byPlace)) // in order
		for i := 0; i < len(got); i += 97 {
			a := value(s.Annotation(t.Context(), set.ID, got[i].ID))(t)
			is.Equal(a, got[i]) // each is found by its id
		}
	})

	t.Run("leaves labels that can be edited one by one", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), set.ID, stream(proof.BulkRows, 3), nil)
		is.NoErr(err)
		labels := labelsOf(t, s.Store, set.ID)
		labels[10].AudioFileID, labels[10].StartMS, labels[10].EndMS = "zz.wav", 5, 6

		is.NoErr(s.Update(t.Context(), set.ID, labels[10]))
		is.NoErr(s.Delete(t.Context(), set.ID, labels[11].ID, labels[12].ID))

		want := slices.Concat(labels[:10], labels[13:], labels[10:11])
		is.Equal(labelsOf(t, s.Store, set.ID), want) // one moved to the end, two are gone
		a := value(s.Annotation(t.Context(), set.ID, labels[10].ID))(t)
		is.Equal(a, labels[10]) // found by its id still
		_, err = s.Annotation(t.Context(), set.ID, labels[11].ID)
		is.True(errors.Is(err, annoset.ErrNotFound)) // and the others not
	})

	for _, n := range []int{0, 10, proof.BulkRows, importBatch + 10} {
		t.Run(fmt.Sprintf("writes nothing when the stream fails after %d labels", n), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			set := annosettest.Draft(t, s.Store, "a.wav x 0 1")
			before := dump(t, s.Store)
			broken := errors.New("line 7 is broken")

			got, err := s.Import(t.Context(), set.ID, func(yield func(annoset.Annotation, error) bool) {
				for a, err := range stream(n, 3) {
					if !yield(a, err) {
						return
					}
				}
				yield(annoset.Annotation{}, broken)
			}, nil)

			is.True(errors.Is(err, broken))    // the stream's own error comes out
			is.Equal(got, 0)                   // none was taken
			is.Equal(dump(t, s.Store), before) // nothing written
		})
	}

	t.Run("needs a draft", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Publish(t, s.Store, "a.wav x 0 1")
		before := dump(t, s.Store)

		_, err := s.Import(t.Context(), set.ID, stream(5, 1), nil)
		immutable, ok := errors.AsType[*annoset.ImmutableError](err)
		is.True(ok)                      // it is published
		is.Equal(immutable.Op, "import") // what was tried
		_, err = s.Import(t.Context(), uuid.New(), stream(5, 1), nil)
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
		is.Equal(dump(t, s.Store), before)           // nothing written
	})
}

// errForeign is a typed error of another store.
func errForeign(t *testing.T) error {
	t.Helper()
	_, err := annosettest.New(t).DatasetByName(t.Context(), "not there")
	return err
}

func TestStore_Import_streamError(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "a")
	foreign := errForeign(t)

	_, err := s.Import(t.Context(), set.ID, func(yield func(annoset.Annotation, error) bool) {
		if yield(label("a.wav", "x", 0, 1), nil) {
			yield(annoset.Annotation{}, foreign)
		}
	}, nil)

	is.True(errors.Is(err, foreign))                                                                                   // the error itself is there
	is.Equal(err.Error(), "annoset: import: label 1 of the stream: "+strings.TrimPrefix(foreign.Error(), "annoset: ")) // and where it came from
	is.Equal(annosettest.Lines(t, s.Store, set.ID), []string{})                                                        // nothing was written
}

func TestStore_Import_options(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB) *annoset.Store{"file": openFile, "memory": openMemory} {
		t.Run("marks and registers audio files in the same transaction, in "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := open(t)
			draft := annosettest.Draft(t, s)
			var seen []string
			labels := func(yield func(annoset.Annotation, error) bool) {
				for _, name := range []string{"a.wav", "b.wav"} {
					seen = append(seen, name)
					if !yield(label(name, "glitch", 0, 10), nil) {
						return
					}
				}
			}
			n, err := s.Import(t.Context(), draft.ID, labels, &annoset.ImportOptions{
				Clean:      func() []string { return []string{"clean.wav", "d.wav"}[:len(seen)-1] }, // asked after the last label
				AudioFiles: func() []annoset.AudioFile { return []annoset.AudioFile{{ID: "a.wav", DurationMS: 700}} },
			})
			is.NoErr(err)
			is.Equal(n, 2)
			is.Equal(annosettest.Lines(t, s, draft.ID), []string{"a.wav glitch 0 10", "b.wav glitch 0 10", "clean.wav clean"})
			is.Equal(value(s.AudioFiles(t.Context(), draft.DatasetID))(t)[0].DurationMS, int64(700))
			before := dump(t, s)
			for name, opts := range map[string]*annoset.ImportOptions{
				"a clean file with labels": {Clean: func() []string { return []string{"a.wav"} }},
				"a clean file of no name":  {Clean: func() []string { return []string{""} }},
				"a duration too short": {AudioFiles: func() []annoset.AudioFile {
					return []annoset.AudioFile{{ID: "b.wav", DurationMS: 5}}
				}},
				"a duration out of range": {AudioFiles: func() []annoset.AudioFile {
					return []annoset.AudioFile{{ID: "b.wav", DurationMS: -5}}
				}},
			} {
				_, err := s.Import(t.Context(), draft.ID, labels, opts)
				if !errors.Is(err, annoset.ErrConflict) && !errors.Is(err, annoset.ErrInvalid) {
					t.Errorf("%s: %v", name, err)
				}
				is.Equal(dump(t, s), before) // all or nothing
			}
		})
		t.Run("leaves out what is there, as often as it is, in "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := open(t)
			a, b := "a.wav glitch 0 10", "a.wav glitch 5 10"
			draft := annosettest.Draft(t, s, a, a)
			done := 0
			n, err := s.Import(t.Context(), draft.ID, pairs(annosettest.Labels(t, a, b, a, a)...), &annoset.ImportOptions{
				SkipExisting: true, Progress: func(n int) { done = n },
			})
			is.NoErr(err)
			is.Equal(n, 2) // b, and the third a: two of them were there
			is.Equal(done, 2)
			is.Equal(annosettest.Lines(t, s, draft.ID), []string{a, a, a, b})
		})
		t.Run("says where a bad label stands, in "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := open(t)
			draft := newDraft(t, s, "one")
			line := 0
			labels := func(yield func(annoset.Annotation, error) bool) {
				for _, a := range annosettest.Labels(t,
					"a.wav glitch 0 10", `"" glitch 20 10`, "a.wav glitch 0 10", `a.wav "" 0 1`) {
					line++
					if !yield(a, nil) {
						return
					}
				}
			}
			_, err := s.Import(t.Context(), draft.ID, labels, &annoset.ImportOptions{
				Place: func() annoset.Place { return annoset.Place{File: "ep.csv", Line: line} },
			})
			bad, ok := errors.AsType[*annoset.ValidationError](err)
			is.True(ok)
			is.Equal(len(bad.Problems), 3)
			is.Equal(bad.Problems[0].At, annoset.Place{File: "ep.csv", Line: 2})
			is.Equal(bad.Problems[1].At, annoset.Place{File: "ep.csv", Line: 2}) // both fields of one label
			is.Equal(bad.Problems[2].At, annoset.Place{File: "ep.csv", Line: 4})
			is.Equal(bad.Problems[2].Index, 3)
		})
	}
}

func TestStore_Import_nothing(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	_, err := s.Import(t.Context(), newDraft(t, s.Store, "nothing").ID, nil, nil)
	is.Equal(badFields(is, err), []string{"-1 labels"}) // and no panic
}
