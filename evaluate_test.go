package annoset_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// evaluate compares two lists of labels, wherever they lie.
func evaluate(t *testing.T, ref, pred []annoset.Annotation, m annoset.Matching) annoset.Evaluation {
	t.Helper()
	e, err := annoset.Evaluate(t.Context(), pairs(ref...), pairs(pred...),
		&annoset.EvaluateOptions{Matching: m, Everywhere: true, MaxMistakes: math.MaxInt})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// exactly is a ratio as a person works it out.
func exactly(n, of float64) annoset.Ratio { return annoset.Ratio{Value: n / of, Defined: true} }

var undefined annoset.Ratio

// glitchAt is a label of the one type that most cases need, in the one file.
func glitchAt(startMS, endMS int64) annoset.Annotation {
	return label("a.wav", "glitch", startMS, endMS)
}

func humAt(startMS, endMS int64) annoset.Annotation { return label("a.wav", "hum", startMS, endMS) }

type labels = []annoset.Annotation

// TestEvaluate_worked has cases whose figures were worked out by hand.
func TestEvaluate_worked(t *testing.T) {
	t.Parallel()

	t.Run("one label between two predictions as near", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, labels{glitchAt(1000, 2000)}, labels{glitchAt(1100, 2000), glitchAt(900, 2000)}, annoset.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1))                 // it has one partner
		is.Equal(e.Micro.Precision, exactly(1, 2))                // of two predictions
		is.Equal(e.Micro.Recall, exactly(1, 1))                   // the only label
		is.Equal(e.Micro.F1, exactly(2, 3))                       // 2*1 / (1 + 2)
		is.Equal(*e.Mistakes[0].Prediction, glitchAt(1100, 2000)) // of two as near, the later one is wrong
		is.Equal(e.Mistakes[0].Kind, annoset.Insertion)           // nothing is left that it could stand for
		is.Equal(e.Micro.InsertionRate, e.Micro.ErrorRate)        // nothing else went wrong
		is.Equal(e.Micro.ErrorRate, exactly(1, 1))                // one insertion, one label
	})

	t.Run("several predictions on one label", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, labels{glitchAt(1000, 2000)},
			labels{glitchAt(950, 2100), glitchAt(1000, 2000), glitchAt(1050, 2000)}, annoset.Matching{})
		is.Equal(e.Micro.Precision, exactly(1, 3))                // one of three
		is.Equal(e.Micro.F1, exactly(2, 4))                       // 2*1 / (1 + 3)
		is.Equal(e.Micro.ErrorRate, exactly(2, 1))                // two insertions, one label: more than 1
		is.Equal(*e.Mistakes[0].Prediction, glitchAt(950, 2100))  // the nearest is right, the others are not,
		is.Equal(*e.Mistakes[1].Prediction, glitchAt(1050, 2000)) // in order of time
	})

	t.Run("the same label twice", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, labels{glitchAt(0, 500), glitchAt(0, 500)}, labels{glitchAt(0, 500)}, annoset.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1))  // one prediction is right once
		is.Equal(e.Micro.FalseNegatives, int64(1)) // and the other label is missed
		is.Equal(e.Micro.F1, exactly(2, 3))        // 2*1 / (2 + 1)
	})

	t.Run("on the edge of the onset collar", func(t *testing.T) {
		t.Parallel()
		for onset, right := range map[int64]int64{799: 0, 800: 1, 1200: 1, 1201: 0} {
			is := is.New(t)
			e := evaluate(t, labels{glitchAt(1000, 5000)}, labels{glitchAt(onset, 5000)}, annoset.Matching{})
			is.Equal(e.Micro.TruePositives, right) // |onset - 1000| <= 200
		}
	})

	t.Run("on the edge of the offset collar", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		twenty := annoset.Matching{OffsetPercent: 20}
		is.Equal(evaluate(t, labels{glitchAt(7062, 9497)}, labels{glitchAt(7062, 9984)}, twenty).Micro.TruePositives,
			int64(1)) // 487 = 20 % of 2435, which is more than 200
		is.Equal(evaluate(t, labels{glitchAt(7062, 9497)}, labels{glitchAt(7062, 9985)}, twenty).Micro.TruePositives,
			int64(0)) // 488
		is.Equal(evaluate(t, labels{glitchAt(7062, 7162)}, labels{glitchAt(7062, 7362)}, twenty).Micro.TruePositives,
			int64(1)) // 200: the collar, which is more than 20 % of 100
		is.Equal(evaluate(t, labels{glitchAt(7062, 7162)}, labels{glitchAt(7062, 7363)}, twenty).Micro.TruePositives,
			int64(0)) // 201
		is.Equal(evaluate(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1500)}, annoset.Matching{}).Micro.TruePositives,
			int64(1)) // 500 = 50 % of 1000, by default
		is.Equal(evaluate(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1501)}, annoset.Matching{}).Micro.TruePositives,
			int64(0)) // 501
		is.Equal(evaluate(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 9000)},
			annoset.Matching{OnsetOnly: true}).Micro.TruePositives, int64(1)) // the end is not asked for
		none := annoset.Matching{OnsetCollarMS: -1, OffsetPercent: -1}
		is.Equal(evaluate(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1000)}, none).Micro.TruePositives,
			int64(1)) // to the millisecond
		is.Equal(evaluate(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1001)}, none).Micro.TruePositives,
			int64(0)) // and no further: the offset collar is the onset's
	})

	t.Run("points", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, labels{glitchAt(1000, 1000), glitchAt(3000, 3000)}, labels{glitchAt(1200, 1200), glitchAt(3201, 3201)},
			annoset.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1)) // 200 off is within, 201 is not; half of no length widens nothing
		is.Equal(e.Micro.F1, exactly(2, 4))       // 2*1 / (2 + 2)
		iou := annoset.Matching{By: annoset.MatchIoU}
		is.Equal(evaluate(t, labels{glitchAt(5, 5)}, labels{glitchAt(5, 5)}, iou).Micro.F1, exactly(1, 1)) // the same point
		is.Equal(evaluate(t, labels{glitchAt(5, 5)}, labels{glitchAt(0, 9)}, iou).Micro.F1, exactly(0, 1)) // 0 of 9
	})

	t.Run("no predictions", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, labels{glitchAt(0, 10), glitchAt(50, 60)}, nil, annoset.Matching{})
		is.Equal(e.Micro.Precision, undefined)        // 0 of 0
		is.Equal(e.Micro.Recall, exactly(0, 2))       // 0 of 2
		is.Equal(e.Micro.F1, exactly(0, 2))           // 2*0 / (2 + 0)
		is.Equal(e.Micro.DeletionRate, exactly(2, 2)) // all are missed
		is.Equal(e.Micro.ErrorRate, exactly(2, 2))    // and no more
	})

	t.Run("no labels", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, nil, labels{glitchAt(0, 10), glitchAt(50, 60)}, annoset.Matching{})
		is.Equal(e.Micro.Precision, exactly(0, 2)) // 0 of 2
		is.Equal(e.Micro.Recall, undefined)        // 0 of 0
		is.Equal(e.Micro.F1, exactly(0, 2))        // 2*0 / (0 + 2)
		is.Equal(e.Micro.ErrorRate, undefined)     // per label, of which there are none
		is.Equal(e.Micro.Insertions, int64(2))     // which are counted all the same
	})

	t.Run("nothing at all", func(t *testing.T) {
		t.Parallel()
		for _, by := range []annoset.MatchBy{annoset.MatchEvents, annoset.MatchIoU, annoset.MatchSegments} {
			is := is.New(t)
			e := evaluate(t, nil, nil, annoset.Matching{By: by})
			is.Equal(e.Micro, annoset.Score{})  // no count, and no figure is defined
			is.Equal(e.Macro, annoset.Ratios{}) // nor is a mean of none
			is.Equal(e.Mistakes, []annoset.Mistake{})
		}
	})

	t.Run("the right place and the wrong type", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := evaluate(t, labels{glitchAt(0, 1000), humAt(5000, 6000)}, labels{humAt(100, 1000), humAt(5000, 6000), humAt(9000, 9500)},
			annoset.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1))              // the hum at 5000
		is.Equal(e.Micro.Substitutions, int64(1))              // a glitch was called a hum
		is.Equal(e.Micro.Deletions, int64(0))                  // 2 - 1 - 1
		is.Equal(e.Micro.Insertions, int64(1))                 // 3 - 1 - 1: the hum at 9000
		is.Equal(e.Micro.ErrorRate, exactly(2, 2))             // (1 + 0 + 1) / 2
		is.Equal(e.Micro.F1, exactly(2, 5))                    // 2*1 / (2 + 3)
		is.Equal(e.ByType["glitch"].Deletions, int64(1))       // within a type there is no other
		is.Equal(e.ByType["hum"].Insertions, int64(2))         // 3 - 1
		is.Equal(e.ByType["hum"].F1, exactly(2, 4))            // 2*1 / (1 + 3)
		is.Equal(e.ByType["hum"].SubstitutionRate, undefined)  // it has no meaning there
		is.Equal(e.Macro.F1, exactly(0+0.5, 2))                // the mean of 0 and 1/2
		is.Equal(e.Macro.Precision, exactly(1, 3))             // of hum alone: no glitch was predicted
		is.Equal(e.Macro.ErrorRate, exactly(1+2, 2))           // the mean of 1/1 and 2/1
		is.Equal(e.Mistakes[0].Kind, annoset.Substitution)     // both sides of it are told
		is.Equal(*e.Mistakes[0].Reference, glitchAt(0, 1000))  // what it is
		is.Equal(*e.Mistakes[0].Prediction, humAt(100, 1000))  // what it was taken for
		is.Equal(e.Mistakes[1].Kind, annoset.Insertion)        // then what is not there
		is.Equal(*e.Mistakes[1].Prediction, humAt(9000, 9500)) // at all
	})

	t.Run("as many pairs as there can be", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		// 1000 is nearer to 1100, and then 1250 would have no partner: 1100 - 850 = 250.
		e := evaluate(t, labels{glitchAt(1000, 1000), glitchAt(1250, 1250)}, labels{glitchAt(1100, 1100), glitchAt(850, 850)},
			annoset.Matching{})
		is.Equal(e.Micro.TruePositives, int64(2)) // 1000 with 850 (150 off), 1250 with 1100 (150 off)
		is.Equal(e.Micro.F1, exactly(1, 1))       // 2*2 / (2 + 2)
	})

	t.Run("on the edge of an IoU", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		by := func(least float64) annoset.Matching { return annoset.Matching{By: annoset.MatchIoU, MinIoU: least} }
		ref := labels{glitchAt(0, 1000)}
		is.Equal(evaluate(t, ref, labels{glitchAt(500, 1000)}, by(0)).Micro.TruePositives, int64(1))     // 500/1000 = 0.5, the default
		is.Equal(evaluate(t, ref, labels{glitchAt(501, 1000)}, by(0)).Micro.TruePositives, int64(0))     // 499/1000
		is.Equal(evaluate(t, ref, labels{glitchAt(500, 1500)}, by(0.333)).Micro.TruePositives, int64(1)) // 500/1500 = 0.3333
		is.Equal(evaluate(t, ref, labels{glitchAt(500, 1500)}, by(0.334)).Micro.TruePositives, int64(0))
		is.Equal(evaluate(t, ref, labels{glitchAt(0, 550)}, by(0.55)).Micro.TruePositives, int64(1))      // 550/1000, as written
		is.Equal(evaluate(t, ref, labels{glitchAt(1000, 2000)}, by(0.001)).Micro.TruePositives, int64(0)) // half open: they touch
	})

	t.Run("on the border of a segment", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		seconds := annoset.Matching{By: annoset.MatchSegments}
		segments := func(a annoset.Annotation) int64 { return evaluate(t, labels{a}, nil, seconds).Micro.Reference }
		is.Equal(segments(glitchAt(0, 1000)), int64(1))    // [0, 1000) ends where the second one begins
		is.Equal(segments(glitchAt(0, 1001)), int64(2))    // and here it is in that one
		is.Equal(segments(glitchAt(999, 1001)), int64(2))  // one millisecond in each
		is.Equal(segments(glitchAt(1000, 2000)), int64(1)) // the second alone
		is.Equal(segments(glitchAt(1500, 1500)), int64(1)) // a point, inside
		is.Equal(segments(glitchAt(1000, 1000)), int64(1)) // and on the border: it is in the one that begins there
		e := evaluate(t, labels{glitchAt(1000, 1000)}, labels{glitchAt(1000, 2000)}, seconds)
		is.Equal(e.Micro.F1, exactly(1, 1)) // which is the second
	})

	t.Run("segments", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		// second   0   1   2   3
		// glitch   R   RP  R   .
		// hum      P   .   P   P
		// click    .   .   P   .
		ref := labels{glitchAt(0, 2500)}
		pred := labels{glitchAt(1200, 1300), humAt(100, 200), humAt(2000, 3100), label("a.wav", "click", 2700, 2800)}
		e := evaluate(t, ref, pred, annoset.Matching{By: annoset.MatchSegments})
		is.Equal(e.Micro.Reference, int64(3))                   // glitch in 0, 1 and 2
		is.Equal(e.Micro.Predicted, int64(5))                   // glitch in 1; hum in 0, 2, 3; click in 2
		is.Equal(e.Micro.TruePositives, int64(1))               // glitch in 1
		is.Equal(e.Micro.Substitutions, int64(2))               // second 0: min(1, 1); second 2: min(1, 2)
		is.Equal(e.Micro.Deletions, int64(0))                   // 2 missed - 2
		is.Equal(e.Micro.Insertions, int64(2))                  // 4 wrong - 2: one in second 2, one in second 3
		is.Equal(e.Micro.ErrorRate, exactly(4, 3))              // (2 + 0 + 2) / 3
		is.Equal(e.Micro.TrueNegatives, int64(12-1-4-2))        // of 4 seconds times 3 types
		is.Equal(e.Micro.Accuracy, exactly(1+5, 12))            // right ones of all
		is.Equal(e.Micro.Specificity, exactly(5, 9))            // 5 / (5 + 4)
		is.Equal(e.ByType["glitch"].Recall, exactly(1, 3))      // 1 of 3
		is.Equal(e.ByType["glitch"].TrueNegatives, int64(1))    // second 3
		is.Equal(e.ByType["glitch"].Specificity, exactly(1, 1)) // 1 / (1 + 0)
		is.Equal(e.ByType["hum"].Recall, undefined)             // there is none to find
		is.Equal(e.LengthMS, int64(3100))                       // the last end of either side
		got := []string{}
		for _, m := range e.Mistakes {
			a := m.Reference
			if a == nil {
				a = m.Prediction
			}
			got = append(got, fmt.Sprint(m.Kind, " ", a.ArtifactType, " ", a.StartMS, " ", a.EndMS))
		}
		is.Equal(got, []string{
			"deletion glitch 0 1000", "insertion hum 0 1000", "insertion click 2000 3000", "deletion glitch 2000 3000",
			"insertion hum 2000 4000",
		}) // whole segments, those in a row as one
	})
}

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

// someLabels are n random ones close together, with points and duplicates among them.
func someLabels(r *rand.Rand, n int) labels {
	out := labels{}
	for range n {
		start := r.Int64N(60) * 50
		out = append(out, label(fmt.Sprintf("%d.wav", r.IntN(4)), benchTypes[r.IntN(3)], start, start+r.Int64N(20)*50))
	}
	return out
}

// rounds is how often a property is tried.
func rounds() int {
	if brief() {
		return 8
	}
	return 60
}

func TestEvaluate_properties(t *testing.T) {
	t.Parallel()
	matchings := map[string]annoset.Matching{ // those in which both sides are alike
		"events":     {OffsetPercent: -1},
		"iou":        {By: annoset.MatchIoU, MinIoU: 0.3},
		"segments":   {By: annoset.MatchSegments, SegmentMS: 130},
		"onset only": {OnsetOnly: true},
	}
	for name, matching := range matchings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := newRand(t)
			for range rounds() {
				ref, pred := someLabels(r, r.IntN(60)), someLabels(r, r.IntN(60))
				e := evaluate(t, ref, pred, matching)
				back := evaluate(t, pred, ref, matching)
				m := e.Micro
				is.Equal(m.TruePositives, back.Micro.TruePositives)   // with the sides changed
				is.Equal(m.FalsePositives, back.Micro.FalseNegatives) // what was wrong is missed
				is.Equal(m.FalseNegatives, back.Micro.FalsePositives) // and the other way round
				is.Equal(m.F1, back.Micro.F1)                         // so it is no better nor worse
				is.Equal(m.FalseNegatives, m.Substitutions+m.Deletions)
				is.Equal(m.FalsePositives, m.Substitutions+m.Insertions)
				if matching.By != annoset.MatchSegments {
					is.Equal(m.Reference, int64(len(ref)))                                     // no label is lost
					is.Equal(m.Predicted, int64(len(pred)))                                    // nor counted twice
					is.Equal(int64(len(e.Mistakes)), m.Substitutions+m.Deletions+m.Insertions) // each is told
				} else {
					is.Equal(m, segmentByMillisecond(ref, pred, matching.SegmentMS, m)) // as a table of segments has it
				}
				shuffled := slices.Clone(pred)
				r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				is.Equal(evaluate(t, ref, shuffled, matching).Micro, m) // the order of predictions counts for nothing
				if len(ref) > 0 {
					perfect := evaluate(t, ref, ref, matching)
					is.Equal(perfect.Micro.F1, exactly(1, 1))        // all right
					is.Equal(perfect.Macro.F1, exactly(1, 1))        // of each type
					is.Equal(perfect.Micro.ErrorRate, exactly(0, 1)) // and nothing wrong
					is.Equal(len(perfect.Mistakes), 0)
				}
			}
		})
	}
}

// segmentByMillisecond counts segments one by one, and fills the counts into a score.
func segmentByMillisecond(ref, pred labels, size int64, s annoset.Score) annoset.Score {
	type cell struct {
		file, artifactType string
		segment            int64
	}
	table := func(all labels) map[cell]bool {
		in := map[cell]bool{}
		for _, a := range all {
			in[cell{a.AudioFileID, a.ArtifactType, a.StartMS / size}] = true
			for ms := a.StartMS; ms < a.EndMS; ms++ {
				in[cell{a.AudioFileID, a.ArtifactType, ms / size}] = true
			}
		}
		return in
	}
	refs, preds := table(ref), table(pred)
	missed, wrong := map[cell]int64{}, map[cell]int64{} // of all types, by file and segment
	s.TruePositives, s.FalseNegatives, s.FalsePositives, s.Substitutions = 0, 0, 0, 0
	for c := range refs {
		if preds[c] {
			s.TruePositives++
			continue
		}
		s.FalseNegatives++
		missed[cell{file: c.file, segment: c.segment}]++
	}
	for c := range preds {
		if !refs[c] {
			s.FalsePositives++
			wrong[cell{file: c.file, segment: c.segment}]++
		}
	}
	for c, n := range missed {
		s.Substitutions += min(n, wrong[c])
	}
	s.Deletions, s.Insertions = s.FalseNegatives-s.Substitutions, s.FalsePositives-s.Substitutions
	return s
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
			_, err = s.Add(ctx, set.ID, glitchAt(0, 1000))
			is.NoErr(err)
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
