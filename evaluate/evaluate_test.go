package annoset_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestEvaluate(t *testing.T) {
	t.Parallel()

	ref := labels{label("a.wav", "hum", 0, 1000), label("b.wav", "hum", 0, 1000)}
	pred := labels{label("c.wav", "hum", 0, 1000), label("b.wav", "hum", 0, 1000), label("d.wav", "hum", 0, 1000)}
	run := func(t *testing.T, opts annoset.EvaluateOptions) annoset.Evaluation {
		t.Helper()
		e, err := annoset.Evaluate(t.Context(), pairs(ref...), pairs(pred...), &opts)
		is.New(t).NoErr(err)
		return e
	}

	t.Run("evaluates the files of the reference", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := run(t, annoset.EvaluateOptions{})
		is.Equal(e.AudioFiles, int64(2))         // a and b
		is.Equal(e.SkippedPredictions, int64(2)) // on c and d, which nobody may have labelled
		is.Equal(e.Micro.Predicted, int64(1))    // they count neither way
		is.Equal(e.Micro.F1, exactly(2, 3))      // 2*1 / (2 + 1)
	})

	t.Run("evaluates everywhere", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := run(t, annoset.EvaluateOptions{Everywhere: true})
		is.Equal(e.AudioFiles, int64(4))
		is.Equal(e.SkippedPredictions, int64(0))
		is.Equal(e.Micro.FalsePositives, int64(2)) // on c and d
		is.Equal([]string{
			e.Mistakes[0].Reference.AudioFileID, e.Mistakes[1].Prediction.AudioFileID, e.Mistakes[2].Prediction.AudioFileID,
		}, []string{"a.wav", "c.wav", "d.wav"}) // in order of audio file, whichever side has it
	})

	t.Run("evaluates the files it is told", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := run(t, annoset.EvaluateOptions{AudioFiles: []string{"z.wav", "c.wav", "b.wav", "b.wav"}})
		is.Equal(e.AudioFiles, int64(3))                                                       // b, c and z, once each
		is.Equal(e.Micro.TruePositives, int64(1))                                              // on b
		is.Equal(e.Micro.FalsePositives, int64(1))                                             // on c, which was examined then
		is.Equal(e.Micro.FalseNegatives, int64(0))                                             // a is not asked for
		is.Equal(e.SkippedPredictions, int64(1))                                               // on d
		is.Equal(run(t, annoset.EvaluateOptions{AudioFiles: []string{}}).AudioFiles, int64(0)) // none is none
	})

	t.Run("bounds the mistakes it lists and hands on all", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var all []annoset.Mistake
		each := func(m annoset.Mistake) error {
			all = append(all, m)
			return nil
		}
		e := run(t, annoset.EvaluateOptions{Everywhere: true, MaxMistakes: 2, EachMistake: each})
		is.Equal(len(all), 3)         // each one
		is.Equal(e.Mistakes, all[:2]) // the first ones
		is.True(e.MoreMistakes)       // and it says so
		e = run(t, annoset.EvaluateOptions{Everywhere: true, MaxMistakes: 3})
		is.True(!e.MoreMistakes) // these are all
		e = run(t, annoset.EvaluateOptions{MaxMistakes: -1})
		is.Equal(len(e.Mistakes), 0) // none wanted
		is.True(e.MoreMistakes)      // though there is one
	})

	t.Run("ends with what EachMistake says", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		enough := errors.New("enough")
		e, err := annoset.Evaluate(t.Context(), pairs(ref...), pairs(pred...), &annoset.EvaluateOptions{
			EachMistake: func(annoset.Mistake) error { return enough },
		})
		is.True(errors.Is(err, enough))
		is.Equal(e, annoset.Evaluation{}) // no half result
	})

	t.Run("refuses bad options", func(t *testing.T) {
		t.Parallel()
		tests := map[string]annoset.EvaluateOptions{
			"by":               {Matching: annoset.Matching{By: "ear"}},
			"onset_collar_ms":  {Matching: annoset.Matching{OnsetCollarMS: annoset.MaxTimeMS + 1}},
			"offset_collar_ms": {Matching: annoset.Matching{By: annoset.MatchIoU, OffsetCollarMS: 1}},
			"offset_percent":   {Matching: annoset.Matching{OffsetPercent: math.NaN()}},
			"onset_only":       {Matching: annoset.Matching{By: annoset.MatchSegments, OnsetOnly: true}},
			"min_iou":          {Matching: annoset.Matching{By: annoset.MatchIoU, MinIoU: 1.01}},
			"segment_ms":       {Matching: annoset.Matching{By: annoset.MatchSegments, SegmentMS: -1}},
			"audio_files":      {AudioFiles: []string{""}},
		}
		for field, opts := range tests {
			is := is.New(t)
			_, err := annoset.Evaluate(t.Context(), pairs(ref...), pairs(pred...), &opts)
			is.True(errors.Is(err, annoset.ErrInvalid))
			is.Equal(strings.Fields(badFields(is, err)[0])[1], field)
		}
	})

	t.Run("refuses bad labels and hands on the error of a stream", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		_, err := annoset.Evaluate(t.Context(), pairs(ref...), pairs(pred[0], label("", "hum", 10, 5)), nil)
		is.Equal(badFields(is, err), []string{"1 audio_file_id", "1 end_ms"})
		_, err = annoset.Evaluate(t.Context(), nil, pairs(pred...), nil)
		is.True(errors.Is(err, annoset.ErrInvalid)) // no stream at all
		broken := errors.New("broken")
		_, err = annoset.Evaluate(t.Context(), func(yield func(annoset.Annotation, error) bool) {
			yield(annoset.Annotation{}, broken)
		}, pairs(pred...), nil)
		is.True(errors.Is(err, broken))
		is.Equal(err.Error(), "evaluate reference: label 0 of the stream: broken") // and says which
	})

	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := annoset.Evaluate(ctx, pairs(ref...), pairs(pred...), nil)
		is.True(errors.Is(err, context.Canceled))
	})

	t.Run("writes what is undefined as null, and reads it back", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, labels{glitchAt(0, 10)}, nil, annoset.Matching{})
		data, err := json.Marshal(e)
		is.NoErr(err)
		var fields struct {
			Micro map[string]any `json:"micro"`
		}
		is.NoErr(json.Unmarshal(data, &fields))
		precision, there := fields.Micro["precision"]
		is.True(there && precision == nil)           // neither 0 nor left out
		is.Equal(fields.Micro["recall"], float64(0)) // while 0 is 0
		var back annoset.Evaluation
		is.NoErr(json.Unmarshal(data, &back))
		is.Equal(back, e) // nothing is lost
	})
}

func TestStore_Evaluate(t *testing.T) {
	t.Parallel()

	// stores are a store in a file, and one in memory, which has one connection for all.
	stores := func(t *testing.T, run func(t *testing.T, s *annoset.Store)) {
		t.Run("in a file", func(t *testing.T) { run(t, openStore(t, nil).Store) })
		t.Run("in memory", func(t *testing.T) {
			s, err := annoset.OpenMemory(t.Context(), nil)
			is.New(t).NoErr(err)
			defer s.Close()
			run(t, s)
		})
	}

	t.Run("knows clean files and declared types", func(t *testing.T) {
		t.Parallel()
		stores(t, func(t *testing.T, s *annoset.Store) {
			is := is.New(t)
			ctx := t.Context()
			d, err := s.CreateDataset(ctx, annoset.NewDataset{
				Name: "d", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "hum"}},
			})
			is.NoErr(err)
			set, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
			is.NoErr(err)
			ids, err := s.Add(ctx, set.ID, glitchAt(0, 1000), label("gone.wav", "glitch", 0, 10))
			is.NoErr(err)
			is.NoErr(s.Delete(ctx, set.ID, ids[1])) // the set says nothing of gone.wav any more
			is.NoErr(s.MarkClean(ctx, set.ID, "b.wav", "c.wav"))
			predicted := labels{label("c.wav", "glitch", 0, 10), label("new.wav", "glitch", 0, 10), glitchAt(0, 1000)}

			e, err := s.Evaluate(ctx, set.ID, pairs(predicted...), nil)

			is.NoErr(err)
			is.Equal(e.AudioFiles, int64(3))           // a, and the clean ones
			is.Equal(e.Micro.TruePositives, int64(1))  // on a
			is.Equal(e.Micro.FalsePositives, int64(1)) // on c, which is known to be empty
			is.Equal(e.SkippedPredictions, int64(1))   // on one that nobody has examined
			hums, declared := e.ByType["hum"]
			is.True(declared)                           // seen at a glance
			is.Equal(hums, annoset.Score{})             // there is none on either side
			is.Equal(e.Macro.F1, e.ByType["glitch"].F1) // and it does not pull the mean down
		})
	})

	t.Run("takes predictions from the store, and lets mistakes be mended", func(t *testing.T) {
		t.Parallel()
		stores(t, func(t *testing.T, s *annoset.Store) {
			is := is.New(t)
			ctx := t.Context()
			v1 := newDraft(t, s, "d")
			_, err := s.Add(ctx, v1.ID, glitchAt(0, 1000), glitchAt(3000, 3500))
			is.NoErr(err)
			v1, err = s.Publish(ctx, v1.ID, nil)
			is.NoErr(err)
			v2, err := s.NewVersion(ctx, v1.ID, annoset.NewSet{})
			is.NoErr(err)
			other := newDraft(t, s, "model")
			_, err = s.Add(ctx, other.ID, glitchAt(0, 1000))
			is.NoErr(err)

			e, err := s.Evaluate(ctx, v1.ID, s.Annotations(ctx, other.ID, annoset.Filter{}), &annoset.EvaluateOptions{
				EachMistake: func(m annoset.Mistake) error { return s.Delete(ctx, v2.ID, m.Reference.ID) },
			})

			is.NoErr(err)
			is.Equal(e.Micro.FalseNegatives, int64(1)) // the second one, which was none
			is.Equal(len(labelsOf(t, s, v2.ID)), 1)    // and is gone
			is.Equal(len(labelsOf(t, s, v1.ID)), 2)    // from the draft alone
			e, err = s.Evaluate(ctx, v2.ID, s.Annotations(ctx, other.ID, annoset.Filter{}), nil)
			is.NoErr(err)
			is.Equal(e.Micro.F1, exactly(1, 1)) // a draft can be evaluated too
		})
	})

	t.Run("says the same as without a store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ref, clean, pred := desed(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "desed")
		is.NoErr(s.MarkClean(t.Context(), set.ID, clean...))
		_, err := s.Import(t.Context(), set.ID, pairs(ref...), nil)
		is.NoErr(err)
		files := slices.Clone(clean)
		for _, a := range ref {
			files = append(files, a.AudioFileID)
		}
		opts := &annoset.EvaluateOptions{MaxMistakes: -1}

		got, err := s.Evaluate(t.Context(), set.ID, pairs(pred...), opts)
		is.NoErr(err)
		opts.AudioFiles = files
		want, err := annoset.Evaluate(t.Context(), pairs(ref...), pairs(pred...), opts)
		is.NoErr(err)
		is.Equal(got, want)                    // which knows the clean files by their names
		is.Equal(got.AudioFiles, int64(1_168)) // all of them
		opts.AudioFiles = files[:30]
		got, err = s.Evaluate(t.Context(), set.ID, pairs(pred...), opts)
		is.NoErr(err)
		is.Equal(got.AudioFiles, int64(len(slices.Compact(slices.Sorted(slices.Values(files[:30])))))) // some of them
	})

	t.Run("refuses what is not there", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		read := false
		var predicted iter.Seq2[annoset.Annotation, error] = func(func(annoset.Annotation, error) bool) { read = true }
		_, err := s.Evaluate(t.Context(), uuid.New(), predicted, nil)
		is.True(errors.Is(err, annoset.ErrNotFound))
		is.True(!read) // before the predictions are read
	})
}
