package annoset_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// predicted yields what a fair model says of a workload: nine of ten labels, a little off, every twentieth of another
// type, and something of its own now and then.
func predicted(n int) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		r := rand.New(rand.NewPCG(3, 4))
		for a := range proof.Workload(n) {
			a.StartMS = max(0, a.StartMS+r.Int64N(500)-250)
			a.EndMS = max(a.StartMS, a.EndMS+r.Int64N(500)-250)
			switch r.IntN(20) {
			case 0, 1:
				a.StartMS += 700_000
				a.EndMS = a.StartMS + 300
			case 2:
				a.ArtifactType = proof.WorkloadTypes[r.IntN(len(proof.WorkloadTypes))]
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	ctx := context.Background()
	for name, m := range map[string]annoset.Matching{
		"events": {}, "iou": {By: annoset.MatchIoU}, "segments": {By: annoset.MatchSegments},
	} {
		b.Run(name, func(b *testing.B) {
			proof.BySize(b, func(b *testing.B, n int) {
				s, set := proof.BenchStore(b, n, true, nil)
				b.ReportAllocs()
				for b.Loop() {
					must(s.Evaluate(ctx, set.ID, predicted(n), &annoset.EvaluateOptions{Matching: m}))
				}
			})
		})
	}
}

func BenchmarkMeasureAgreement(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		b.ReportAllocs()
		for b.Loop() {
			must(s.MeasureAgreement(ctx, set.ID, set.ID, nil))
		}
	})
}
