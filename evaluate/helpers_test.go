package evaluate_test

import (
	"math"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

var (
	label, pairs = proof.Label, proof.Pairs
	badFields    = proof.BadFields
)

type labels = []annoset.Annotation

// glitchAt is a label of the one type that most cases need, in the one file.
func glitchAt(startMS, endMS int64) annoset.Annotation {
	return label("a.wav", "glitch", startMS, endMS)
}

func humAt(startMS, endMS int64) annoset.Annotation { return label("a.wav", "hum", startMS, endMS) }

// against compares two lists of labels on all their files.
func against(t *testing.T, ref, pred labels, m evaluate.Matching) evaluate.Result {
	t.Helper()
	e, err := evaluate.Against(t.Context(), pairs(ref...), pairs(pred...),
		&evaluate.Options{Matching: m, Everywhere: true, MaxMistakes: math.MaxInt})
	proof.NoErr(t, err)
	return e
}

// agreement compares two lists of labels on one file of a known duration; 0: not known.
func agreement(t *testing.T, a, b labels, durationMS int64) evaluate.Agreement {
	t.Helper()
	opts := &evaluate.AgreementOptions{}
	if durationMS > 0 {
		opts.DurationsMS = map[string]int64{"a.wav": durationMS}
	}
	out, err := evaluate.Agree(t.Context(), pairs(a...), pairs(b...), opts)
	proof.NoErr(t, err)
	return out
}

// exactly is a ratio as a person works it out.
func exactly(n, of float64) evaluate.Ratio { return evaluate.Ratio{Value: n / of, Defined: true} }

// near reports whether a ratio is what was worked out, to the last digits of a float.
func near(r evaluate.Ratio, n, of float64) bool { return r.Defined && math.Abs(r.Value-n/of) < 1e-15 }

var undefined evaluate.Ratio

// inBoth runs a test on a store in a file, and on one in memory, where all calls share one connection.
func inBoth(t *testing.T, run func(t *testing.T, s *annoset.Store)) {
	t.Run("in a file", func(t *testing.T) {
		t.Parallel()
		run(t, proof.OpenStore(t, nil).Store)
	})
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		s := proof.Value(annoset.OpenMemory(t.Context(), nil))(t)
		defer s.Close()
		run(t, s)
	})
}
