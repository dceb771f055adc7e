package evaluate_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
)

func TestAgainst(t *testing.T) {
	t.Parallel()

	ref := labels{label("a.wav", "hum", 0, 1000), label("b.wav", "hum", 0, 1000)}
	pred := labels{label("c.wav", "hum", 0, 1000), label("b.wav", "hum", 0, 1000), label("d.wav", "hum", 0, 1000)}
	run := func(t *testing.T, opts evaluate.Options) evaluate.Result {
		t.Helper()
		e, err := evaluate.Against(t.Context(), pairs(ref...), pairs(pred...), &opts)
		is.New(t).NoErr(err)
		return e
	}

	t.Run("evaluates the files of the reference", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := run(t, evaluate.Options{})
		is.Equal(e.AudioFiles, int64(2))         // a and b
		is.Equal(e.SkippedPredictions, int64(2)) // on c and d, which nobody may have labeled
		is.Equal(e.Micro.Predicted, int64(1))    // they are neither right nor wrong
		is.Equal(e.Micro.F1, exactly(2, 3))      // 2*1 / (2 + 1)
	})

	t.Run("evaluates everywhere", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := run(t, evaluate.Options{Everywhere: true})
		is.Equal(e.AudioFiles, int64(4))
		is.Equal(e.SkippedPredictions, int64(0))
		is.Equal(e.Micro.FalsePositives, int64(2)) // on c and d
		is.Equal([]string{
			e.Mistakes[0].Reference.AudioFileID, e.Mistakes[1].Prediction.AudioFileID, e.Mistakes[2].Prediction.AudioFileID,
		}, []string{"a.wav", "c.wav", "d.wav"}) // in order of audio file, whichever side has it
	})

	t.Run("evaluates the files that the options name", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := run(t, evaluate.Options{AudioFiles: []string{"z.wav", "c.wav", "b.wav", "b.wav"}})
		is.Equal(e.AudioFiles, int64(3))           // b, c and z, once each
		is.Equal(e.Micro.TruePositives, int64(1))  // on b
		is.Equal(e.Micro.FalsePositives, int64(1)) // on c, which counts as examined
		is.Equal(e.Micro.FalseNegatives, int64(0)) // a is not among them
		is.Equal(e.SkippedPredictions, int64(1))   // on d
	})

	t.Run("lists some mistakes and passes all to EachMistake", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var all []evaluate.Mistake
		each := func(m evaluate.Mistake) error {
			all = append(all, m)
			return nil
		}
		e := run(t, evaluate.Options{Everywhere: true, MaxMistakes: 2, EachMistake: each})
		is.Equal(len(all), 3)         // each one
		is.Equal(e.Mistakes, all[:2]) // the first ones
		is.True(e.MoreMistakes)       // and the result says that there are more
		e = run(t, evaluate.Options{Everywhere: true, MaxMistakes: 3})
		is.True(!e.MoreMistakes) // exactly as many as there are
		e = run(t, evaluate.Options{MaxMistakes: -1})
		is.Equal(len(e.Mistakes), 0) // a negative number lists none
		is.True(e.MoreMistakes)      // but says that there are some
	})

	t.Run("ends with the error of EachMistake", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		enough := errors.New("enough")
		e, err := evaluate.Against(t.Context(), pairs(ref...), pairs(pred...), &evaluate.Options{
			EachMistake: func(evaluate.Mistake) error { return enough },
		})
		is.True(errors.Is(err, enough))
		is.Equal(e, evaluate.Result{}) // no half result
	})

	t.Run("refuses bad options", func(t *testing.T) {
		t.Parallel()
		tests := map[string]evaluate.Options{
			"by":               {Matching: evaluate.Matching{By: "ear"}},
			"onset_collar_ms":  {Matching: evaluate.Matching{OnsetCollarMS: annoset.MaxTimeMS + 1}},
			"offset_collar_ms": {Matching: evaluate.Matching{By: evaluate.MatchIoU, OffsetCollarMS: 1}},
			"offset_percent":   {Matching: evaluate.Matching{OffsetPercent: math.NaN()}},
			"onset_only":       {Matching: evaluate.Matching{By: evaluate.MatchSegments, OnsetOnly: true}},
			"min_iou":          {Matching: evaluate.Matching{By: evaluate.MatchIoU, MinIoU: 1.01}},
			"segment_ms":       {Matching: evaluate.Matching{By: evaluate.MatchSegments, SegmentMS: -1}},
			"audio_files":      {AudioFiles: []string{""}},
		}
		for field, opts := range tests {
			is := is.New(t)
			_, err := evaluate.Against(t.Context(), pairs(ref...), pairs(pred...), &opts)
			is.True(errors.Is(err, annoset.ErrInvalid))
			is.Equal(strings.Fields(badFields(is, err)[0])[1], field)
		}
		is := is.New(t)
		_, err := evaluate.Against(t.Context(), pairs(ref...), pairs(pred...), &evaluate.Options{AudioFiles: []string{}})
		is.Equal(badFields(is, err), []string{"-1 audio_files"}) // an empty list means neither all nor none
		_, err = evaluate.Agree(t.Context(), pairs(ref...), pairs(pred...), &evaluate.AgreementOptions{AudioFiles: []string{}})
		is.Equal(badFields(is, err), []string{"-1 audio_files"})
	})

	t.Run("refuses bad labels and returns the error of a stream", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		_, err := evaluate.Against(t.Context(), pairs(ref...), pairs(pred[0], label("", "hum", 10, 5)), nil)
		is.Equal(badFields(is, err), []string{"1 audio_file_id", "1 end_ms"})
		_, err = evaluate.Against(t.Context(), nil, pairs(pred...), nil)
		is.True(errors.Is(err, annoset.ErrInvalid)) // no stream at all
		broken := errors.New("broken")
		_, err = evaluate.Against(t.Context(), func(yield func(annoset.Annotation, error) bool) {
			yield(annoset.Annotation{}, broken)
		}, pairs(pred...), nil)
		is.True(errors.Is(err, broken))
		is.Equal(err.Error(), "annoset: evaluate reference: label 0 of the stream: broken") // and names the side
	})

	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := evaluate.Against(ctx, pairs(ref...), pairs(pred...), nil)
		is.True(errors.Is(err, context.Canceled))
	})

	t.Run("writes an undefined ratio as null, and reads it back", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, labels{glitchAt(0, 10)}, nil, evaluate.Matching{})
		data, err := json.Marshal(e)
		is.NoErr(err)
		var fields struct {
			Micro map[string]any `json:"micro"`
		}
		is.NoErr(json.Unmarshal(data, &fields))
		precision, there := fields.Micro["precision"]
		is.True(there && precision == nil)           // neither 0 nor left out
		is.Equal(fields.Micro["recall"], float64(0)) // while 0 is 0
		var back evaluate.Result
		is.NoErr(json.Unmarshal(data, &back))
		is.Equal(back, e) // nothing is lost
	})
}
