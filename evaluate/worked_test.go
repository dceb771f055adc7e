package evaluate_test

import (
	"fmt"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

// TestAgainst_worked has cases whose figures were worked out by hand.
func TestAgainst_worked(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()

	t.Run("one label between two predictions at the same distance", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, labels{glitchAt(1000, 2000)}, labels{glitchAt(1100, 2000), glitchAt(900, 2000)}, evaluate.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1))                 // it has one partner
		is.Equal(e.Micro.Precision, exactly(1, 2))                // of two predictions
		is.Equal(e.Micro.Recall, exactly(1, 1))                   // the only label
		is.Equal(e.Micro.F1, exactly(2, 3))                       // 2*1 / (1 + 2)
		is.Equal(*e.Mistakes[0].Prediction, glitchAt(1100, 2000)) // at the same distance, the later one is wrong
		is.Equal(e.Mistakes[0].Kind, evaluate.Insertion)          // no label is left for it
		is.Equal(e.Micro.InsertionRate, e.Micro.ErrorRate)        // nothing else went wrong
		is.Equal(e.Micro.ErrorRate, exactly(1, 1))                // one insertion, one label
	})

	t.Run("several predictions on one label", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, labels{glitchAt(1000, 2000)},
			labels{glitchAt(950, 2100), glitchAt(1000, 2000), glitchAt(1050, 2000)}, evaluate.Matching{})
		is.Equal(e.Micro.Precision, exactly(1, 3))                // one of three
		is.Equal(e.Micro.F1, exactly(2, 4))                       // 2*1 / (1 + 3)
		is.Equal(e.Micro.ErrorRate, exactly(2, 1))                // two insertions, one label: more than 1
		is.Equal(*e.Mistakes[0].Prediction, glitchAt(950, 2100))  // the nearest is right, the others are not,
		is.Equal(*e.Mistakes[1].Prediction, glitchAt(1050, 2000)) // in order of time
	})

	t.Run("the same label twice", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, labels{glitchAt(0, 500), glitchAt(0, 500)}, labels{glitchAt(0, 500)}, evaluate.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1))  // one prediction is right once
		is.Equal(e.Micro.FalseNegatives, int64(1)) // and the other label is missed
		is.Equal(e.Micro.F1, exactly(2, 3))        // 2*1 / (2 + 1)
	})

	t.Run("on the edge of the onset collar", func(t *testing.T) {
		t.Parallel()
		for onset, right := range map[int64]int64{799: 0, 800: 1, 1200: 1, 1201: 0} {
			is := is.New(t)
			e := against(t, labels{glitchAt(1000, 5000)}, labels{glitchAt(onset, 5000)}, evaluate.Matching{})
			is.Equal(e.Micro.TruePositives, right) // |onset - 1000| <= 200
		}
	})

	t.Run("on the edge of the offset collar", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		twenty := evaluate.Matching{OffsetPercent: 20}
		is.Equal(against(t, labels{glitchAt(7062, 9497)}, labels{glitchAt(7062, 9984)}, twenty).Micro.TruePositives,
			int64(1)) // 487 = 20 % of 2435, which is more than 200
		is.Equal(against(t, labels{glitchAt(7062, 9497)}, labels{glitchAt(7062, 9985)}, twenty).Micro.TruePositives,
			int64(0)) // 488
		is.Equal(against(t, labels{glitchAt(7062, 7162)}, labels{glitchAt(7062, 7362)}, twenty).Micro.TruePositives,
			int64(1)) // 200: the collar, which is more than 20 % of 100
		is.Equal(against(t, labels{glitchAt(7062, 7162)}, labels{glitchAt(7062, 7363)}, twenty).Micro.TruePositives,
			int64(0)) // 201
		is.Equal(against(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1500)}, evaluate.Matching{}).Micro.TruePositives,
			int64(1)) // 500 = 50 % of 1000, by default
		is.Equal(against(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1501)}, evaluate.Matching{}).Micro.TruePositives,
			int64(0)) // 501
		is.Equal(against(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 9000)},
			evaluate.Matching{OnsetOnly: true}).Micro.TruePositives, int64(1)) // the end is ignored
		none := evaluate.Matching{OnsetCollarMS: -1, OffsetPercent: -1}
		is.Equal(against(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1000)}, none).Micro.TruePositives,
			int64(1)) // to the millisecond
		is.Equal(against(t, labels{glitchAt(0, 1000)}, labels{glitchAt(0, 1001)}, none).Micro.TruePositives,
			int64(0)) // and no further: the offset collar is the onset's
	})

	t.Run("points", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, labels{glitchAt(1000, 1000), glitchAt(3000, 3000)}, labels{glitchAt(1200, 1200), glitchAt(3201, 3201)},
			evaluate.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1)) // 200 off is within, 201 is not; half of no length widens nothing
		is.Equal(e.Micro.F1, exactly(2, 4))       // 2*1 / (2 + 2)
		iou := evaluate.Matching{By: evaluate.MatchIoU}
		is.Equal(against(t, labels{glitchAt(5, 5)}, labels{glitchAt(5, 5)}, iou).Micro.F1, exactly(1, 1)) // the same point
		is.Equal(against(t, labels{glitchAt(5, 5)}, labels{glitchAt(0, 9)}, iou).Micro.F1, exactly(0, 1)) // 0 of 9
	})

	t.Run("no predictions", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, labels{glitchAt(0, 10), glitchAt(50, 60)}, nil, evaluate.Matching{})
		is.Equal(e.Micro.Precision, undefined)        // 0 of 0
		is.Equal(e.Micro.Recall, exactly(0, 2))       // 0 of 2
		is.Equal(e.Micro.F1, exactly(0, 2))           // 2*0 / (2 + 0)
		is.Equal(e.Micro.DeletionRate, exactly(2, 2)) // all are missed
		is.Equal(e.Micro.ErrorRate, exactly(2, 2))    // and no more
	})

	t.Run("no labels", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, nil, labels{glitchAt(0, 10), glitchAt(50, 60)}, evaluate.Matching{})
		is.Equal(e.Micro.Precision, exactly(0, 2)) // 0 of 2
		is.Equal(e.Micro.Recall, undefined)        // 0 of 0
		is.Equal(e.Micro.F1, exactly(0, 2))        // 2*0 / (0 + 2)
		is.Equal(e.Micro.ErrorRate, undefined)     // per label, of which there are none
		is.Equal(e.Micro.Insertions, int64(2))     // which are counted nevertheless
	})

	t.Run("nothing at all", func(t *testing.T) {
		t.Parallel()
		for _, by := range []evaluate.MatchBy{evaluate.MatchEvents, evaluate.MatchIoU, evaluate.MatchSegments} {
			is := is.New(t)
			e := against(t, nil, nil, evaluate.Matching{By: by})
			is.Equal(e.Micro, evaluate.Score{})  // no count, and no figure is defined
			is.Equal(e.Macro, evaluate.Ratios{}) // nor is a mean of none
			is.Equal(e.Mistakes, []evaluate.Mistake{})
		}
	})

	t.Run("the right place and the wrong type", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		e := against(t, labels{glitchAt(0, 1000), humAt(5000, 6000)}, labels{humAt(100, 1000), humAt(5000, 6000), humAt(9000, 9500)},
			evaluate.Matching{})
		is.Equal(e.Micro.TruePositives, int64(1))             // the hum at 5000
		is.Equal(e.Micro.Substitutions, int64(1))             // a glitch was called a hum
		is.Equal(e.Micro.Deletions, int64(0))                 // 2 - 1 - 1
		is.Equal(e.Micro.Insertions, int64(1))                // 3 - 1 - 1: the hum at 9000
		is.Equal(e.Micro.ErrorRate, exactly(2, 2))            // (1 + 0 + 1) / 2
		is.Equal(e.Micro.F1, exactly(2, 5))                   // 2*1 / (2 + 3)
		is.Equal(e.ByType["glitch"].Deletions, int64(1))      // within a type there are no substitutions
		is.Equal(e.ByType["hum"].Insertions, int64(2))        // 3 - 1
		is.Equal(e.ByType["hum"].F1, exactly(2, 4))           // 2*1 / (1 + 3)
		is.Equal(e.ByType["hum"].SubstitutionRate, undefined) // it has no meaning there
		is.Equal(e.Macro.F1, exactly(0+0.5, 2))               // the mean of 0 and 1/2
		is.Equal(e.Macro.Precision, exactly(1, 3))            // of hum alone: no glitch was predicted
		is.Equal(e.Macro.ErrorRate, exactly(1+2, 2))          // the mean of 1/1 and 2/1
		is.Equal(e.Mistakes[0].Kind, evaluate.Substitution)   // it has both sides
		is.Equal(*e.Mistakes[0].Reference, glitchAt(0, 1000)) // what it is
		is.Equal(*e.Mistakes[0].Prediction, humAt(100, 1000)) // what it was taken for
		is.Equal(e.Mistakes[1].Kind, evaluate.Insertion)      // then the one that should not be there
		is.Equal(*e.Mistakes[1].Prediction, humAt(9000, 9500))
	})

	t.Run("as many pairs as there can be", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		// 1000 is nearer to 1100, and then 1250 would have no partner: 1100 - 850 = 250.
		e := against(t, labels{glitchAt(1000, 1000), glitchAt(1250, 1250)}, labels{glitchAt(1100, 1100), glitchAt(850, 850)},
			evaluate.Matching{})
		is.Equal(e.Micro.TruePositives, int64(2)) // 1000 with 850 (150 off), 1250 with 1100 (150 off)
		is.Equal(e.Micro.F1, exactly(1, 1))       // 2*2 / (2 + 2)
	})

	t.Run("on the edge of an IoU", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		by := func(least float64) evaluate.Matching { return evaluate.Matching{By: evaluate.MatchIoU, MinIoU: least} }
		ref := labels{glitchAt(0, 1000)}
		is.Equal(against(t, ref, labels{glitchAt(500, 1000)}, by(0)).Micro.TruePositives, int64(1))     // 500/1000 = 0.5, the default
		is.Equal(against(t, ref, labels{glitchAt(501, 1000)}, by(0)).Micro.TruePositives, int64(0))     // 499/1000
		is.Equal(against(t, ref, labels{glitchAt(500, 1500)}, by(0.333)).Micro.TruePositives, int64(1)) // 500/1500 = 0.3333
		is.Equal(against(t, ref, labels{glitchAt(500, 1500)}, by(0.334)).Micro.TruePositives, int64(0))
		is.Equal(against(t, ref, labels{glitchAt(0, 550)}, by(0.55)).Micro.TruePositives, int64(1))      // 550/1000, as written
		is.Equal(against(t, ref, labels{glitchAt(1000, 2000)}, by(0.001)).Micro.TruePositives, int64(0)) // half open: they touch
	})

	t.Run("on the border of a segment", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		seconds := evaluate.Matching{By: evaluate.MatchSegments}
		segments := func(a annoset.Annotation) int64 { return against(t, labels{a}, nil, seconds).Micro.Reference }
		is.Equal(segments(glitchAt(0, 1000)), int64(1))    // [0, 1000) ends where the second one begins
		is.Equal(segments(glitchAt(0, 1001)), int64(2))    // and here it is in that one
		is.Equal(segments(glitchAt(999, 1001)), int64(2))  // one millisecond in each
		is.Equal(segments(glitchAt(1000, 2000)), int64(1)) // the second alone
		is.Equal(segments(glitchAt(1500, 1500)), int64(1)) // a point, inside
		is.Equal(segments(glitchAt(1000, 1000)), int64(1)) // and on the border: it is in the one that begins there
		e := against(t, labels{glitchAt(1000, 1000)}, labels{glitchAt(1000, 2000)}, seconds)
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
		e := against(t, ref, pred, evaluate.Matching{By: evaluate.MatchSegments})
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
		is.Equal(e.ByType["hum"].Recall, undefined)             // the reference has none
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
		}) // whole segments, joined if they touch
	})
}
