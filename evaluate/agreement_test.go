package evaluate_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

// TestAgree_worked has cases whose figures were worked out by hand.
func TestAgree_worked(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()

	t.Run("tables of yes and no", func(t *testing.T) {
		t.Parallel()
		tests := []struct {
			name                         string
			both, first, second, neither int64 // seconds in which both, or one alone, say that there is a glitch
			kappa, of                    float64
		}{
			// observed (20+15)/50 = 0.7; expected (25*30 + 25*20)/2500 = 0.5; 0.2/0.5
			{"half of what chance leaves", 20, 5, 10, 15, 2, 5},
			// observed 0.6; expected (60*70 + 40*30)/10000 = 0.54; 0.06/0.46
			{"much agreement by chance", 45, 15, 25, 15, 6, 46},
			// observed 0.6; expected (60*30 + 40*70)/10000 = 0.46; 0.14/0.54
			{"as much agreement, less by chance", 25, 35, 5, 35, 14, 54},
			// observed 0; expected (50*50 + 50*50)/10000 = 0.5; -0.5/0.5
			{"always the opposite", 0, 50, 50, 0, -1, 1},
			// observed (30+20)/100 = 0.5; expected (60*50 + 40*50)/10000 = 0.5; 0/0.5
			{"as chance would have it", 30, 30, 20, 20, 0, 1},
			// observed 0.4; expected (100*40 + 0*60)/10000 = 0.4; 0/0.6
			{"one who always says yes", 40, 60, 0, 0, 0, 1},
			{"both say the same", 30, 0, 0, 70, 1, 1},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				a, b := labels{}, labels{}
				at := int64(0)
				add := func(seconds int64, sides ...*labels) {
					for _, side := range sides {
						if seconds > 0 {
							*side = append(*side, glitchAt(at, at+1000*seconds))
						}
					}
					at += 1000 * seconds
				}
				add(tt.both, &a, &b)
				add(tt.first, &a)
				add(tt.second, &b)
				add(tt.neither)

				got := agreement(t, a, b, at)

				kappa := got.ByType["glitch"]
				is.True(near(kappa.Kappa, tt.kappa, tt.of))                             // (observed - expected) / (1 - expected)
				is.Equal(kappa.FirstMS, 1000*(tt.both+tt.first))                        // how long the first says yes
				is.Equal(kappa.SecondMS, 1000*(tt.both+tt.second))                      // and the second
				is.Equal(kappa.AgreedMS, 1000*(tt.both+tt.neither))                     // and both say the same
				is.Equal(kappa.Observed, exactly(float64(kappa.AgreedMS), float64(at))) // of all the time
				overall := got.Overall
				is.Equal(overall.Kappa, kappa.Kappa) // with one type, overall is that type
				is.Equal(got.DurationMS, at)
			})
		}
	})

	t.Run("several types", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		// second   0 1 2 3 4 5 6 7 8 9
		// first    g g g g h h h h . .
		// second   g g g h h h h . . .
		got := agreement(t, labels{glitchAt(0, 4000), humAt(4000, 8000)}, labels{glitchAt(0, 3000), humAt(3000, 7000)}, 10_000)
		is.Equal(got.Overall.AgreedMS, int64(8000))              // 3 glitch, 3 hum, 2 nothing
		is.True(near(got.Overall.Expected, 34, 100))             // 4*3 glitch, 4*4 hum, 2*3 nothing, of 10*10
		is.True(near(got.Overall.Kappa, 80-34, 100-34))          // (0.80 - 0.34) / (1 - 0.34)
		is.Equal(got.ByType["glitch"].AgreedMS, int64(9000))     // all but second 3
		is.True(near(got.ByType["glitch"].Expected, 54, 100))    // 4*3 + 6*7
		is.True(near(got.ByType["glitch"].Kappa, 90-54, 100-54)) // (0.90 - 0.54) / (1 - 0.54)
		is.True(near(got.ByType["hum"].Kappa, 80-52, 100-52))    // agreed 3 + 5; expected 4*4 + 6*6
	})

	t.Run("types at once", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		// First: both types all of 2 seconds. Second: glitch for 2 seconds, hum for the first of them.
		got := agreement(t, labels{glitchAt(0, 2000), humAt(0, 2000)}, labels{glitchAt(0, 2000), humAt(0, 1000)}, 4000)
		is.Equal(got.Overall.AgreedMS, int64(1000+2000))    // {glitch, hum}, then {glitch, hum} against {glitch}, then nothing
		is.True(near(got.Overall.Expected, 2*1+2*2, 16))    // {glitch, hum} 2*1, {glitch} 0*1, nothing 2*2
		is.True(near(got.Overall.Kappa, 12-6, 16-6))        // (3/4 - 6/16) / (1 - 6/16)
		is.Equal(got.ByType["glitch"].Kappa, exactly(1, 1)) // on which they agree
	})

	t.Run("points cover no time", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		got := agreement(t, labels{glitchAt(500, 500)}, labels{glitchAt(500, 500), glitchAt(800, 800)}, 1000)
		is.Equal(got.ByType["glitch"].Kappa, undefined)  // both say no, all of the time
		is.Equal(got.ByType["glitch"].F1, exactly(2, 3)) // and one of two points has a partner
		is.Equal(got.Overall.AgreedMS, int64(1000))
	})

	t.Run("undefined is not 0", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		all := labels{glitchAt(0, 1000)}
		got := agreement(t, all, all, 1000)
		is.Equal(got.Overall.Kappa, undefined)        // both say yes, all of the time: 0 / 0
		is.Equal(got.Overall.Expected, exactly(1, 1)) // chance alone would bring it
		is.Equal(got.Overall.Observed, exactly(1, 1))
		is.Equal(agreement(t, all, all, 0).Overall.Kappa, undefined)             // the audio ends with the last label
		is.Equal(agreement(t, all, all, 1001).Overall.Kappa, exactly(1, 1))      // one more millisecond tests something
		is.Equal(agreement(t, nil, nil, 1000).Overall, evaluate.TypeAgreement{}) // nothing to compare
	})

	t.Run("a label past the end makes the audio longer", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		got := agreement(t, labels{glitchAt(0, 1500)}, labels{glitchAt(0, 1200)}, 1000)
		is.Equal(got.DurationMS, int64(1500)) // the first side's
		got = agreement(t, labels{glitchAt(0, 1200)}, labels{glitchAt(0, 1600)}, 1000)
		is.Equal(got.DurationMS, int64(1600)) // or the second's
	})
}

func TestAgree(t *testing.T) {
	t.Parallel()

	t.Run("equals a count of all milliseconds", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := proof.Rand(t)
		for range rounds() {
			a, b := someLabels(r, r.IntN(25)), someLabels(r, r.IntN(25))
			opts := &evaluate.AgreementOptions{AudioFiles: []string{"0.wav", "1.wav", "2.wav"}, DurationsMS: map[string]int64{
				"0.wav": 4000, "1.wav": 4000, "2.wav": 4000,
			}}
			got, err := evaluate.Agree(t.Context(), pairs(a...), pairs(b...), opts)
			is.NoErr(err)
			is.Equal(got.DurationMS, int64(12_000)) // no label reaches past its end
			is.Equal(got.AudioFiles, int64(3))      // 3.wav is not among them
			kappa, agreed := kappaByMillisecond(a, b, opts.AudioFiles, 4000)
			is.Equal(got.Overall.AgreedMS, agreed)
			is.Equal(got.Overall.Kappa.Defined, !math.IsNaN(kappa))
			is.True(!got.Overall.Kappa.Defined || math.Abs(got.Overall.Kappa.Value-kappa) < 1e-9)
			back, err := evaluate.Agree(t.Context(), pairs(b...), pairs(a...), opts)
			is.NoErr(err)
			is.Equal(got.Overall.Kappa, back.Overall.Kappa) // neither side comes first
			same, err := evaluate.Agree(t.Context(), pairs(a...), pairs(a...), opts)
			is.NoErr(err)
			is.True(same.Overall.Kappa == undefined || same.Overall.Kappa == exactly(1, 1)) // 1 for equal sides
			is.Equal(same.Overall.AgreedMS, same.DurationMS)
		}
	})

	t.Run("refuses bad options and labels", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		_, err := evaluate.Agree(t.Context(), pairs(), pairs(), &evaluate.AgreementOptions{
			DurationsMS: map[string]int64{"b": -1, "a": annoset.MaxTimeMS + 1},
		})
		is.Equal(badFields(is, err), []string{"-1 durations_ms", "-1 durations_ms"})
		_, err = evaluate.Agree(t.Context(), pairs(), pairs(), &evaluate.AgreementOptions{
			Matching: evaluate.Matching{By: evaluate.MatchIoU, MinIoU: -1},
		})
		is.Equal(badFields(is, err), []string{"-1 min_iou"})
		_, err = evaluate.Agree(t.Context(), pairs(), pairs(glitchAt(5, 1)), nil)
		is.Equal(badFields(is, err), []string{"0 end_ms"})
		is.True(errors.Is(err, annoset.ErrInvalid))
	})
}

// kappaByMillisecond judges each millisecond of each file; NaN where kappa is undefined.
func kappaByMillisecond(a, b labels, files []string, durationMS int64) (kappa float64, agreed int64) {
	said := func(all labels, file string, ms int64) string {
		types := []string{}
		for _, l := range all {
			if l.AudioFileID == file && l.StartMS <= ms && ms < l.EndMS {
				types = append(types, l.ArtifactType)
			}
		}
		slices.Sort(types)
		return fmt.Sprint(slices.Compact(types))
	}
	first, second := map[string]float64{}, map[string]float64{}
	total := 0.0
	for _, file := range files {
		for ms := int64(0); ms < durationMS; ms += 50 { // someLabels lie on this grid
			x, y := said(a, file, ms), said(b, file, ms)
			first[x]++
			second[y]++
			if x == y {
				agreed += 50
			}
			total++
		}
	}
	expected := 0.0
	for what, n := range first {
		expected += n / total * second[what] / total
	}
	if expected > 1-1e-12 {
		return math.NaN(), agreed
	}
	return (float64(agreed)/50/total - expected) / (1 - expected), agreed
}
