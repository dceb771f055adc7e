package evaluate_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

// predicted yields the predictions of a fair model for a workload: nine of ten labels, with inexact times, one in twenty
// of another type, and some that are wrong.
func predicted(n int) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		r := rand.New(rand.NewPCG(3, 4))
		for a, err := range proof.Workload(n) {
			a.StartMS = max(0, a.StartMS+r.Int64N(500)-250)
			a.EndMS = max(a.StartMS, a.EndMS+r.Int64N(500)-250)
			switch r.IntN(20) {
			case 0, 1:
				a.StartMS += 700_000
				a.EndMS = a.StartMS + 300
			case 2:
				a.ArtifactType = proof.WorkloadTypes[r.IntN(len(proof.WorkloadTypes))]
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

func BenchmarkAgainstSet(b *testing.B) {
	ctx := context.Background()
	for name, m := range map[string]evaluate.Matching{
		"events": {}, "iou": {By: evaluate.MatchIoU}, "segments": {By: evaluate.MatchSegments},
	} {
		b.Run(name, func(b *testing.B) {
			proof.BySize(b, func(b *testing.B, n int) {
				s, set := proof.BenchStore(b, n, true, nil)
				b.ReportAllocs()
				for b.Loop() {
					proof.Must(evaluate.AgainstSet(ctx, s, set.ID, predicted(n), &evaluate.Options{Matching: m}))
				}
			})
		})
	}
}

func BenchmarkAgreeSets(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		b.ReportAllocs()
		for b.Loop() {
			proof.Must(evaluate.AgreeSets(ctx, s, set.ID, set.ID, nil))
		}
	})
}
