package proof

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/annoset/annoset"
)

// Sizes are the numbers of labels that benchmarks run with. go test -bench '/1000000' picks one.
var Sizes = []int{10_000, 100_000, 1_000_000}

// BySize runs a benchmark once a size; with -short, the smallest alone.
func BySize(b *testing.B, run func(b *testing.B, n int)) {
	for _, n := range Sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if testing.Short() && n > Sizes[0] {
				b.Skip("short")
			}
			run(b, n)
		})
	}
}

// WorkloadTypes are the artifact types of a [Workload], the frequent ones first.
var WorkloadTypes = []string{
	"glitch", "long_pause", "hallucination", "clipping", "hum", "click", "echo", "dropout", "breath", "noise",
}

// Workload yields n labels as a project has them, 200 an audio file: ten types of which some are rare, overlaps,
// confidences. It is the same each time.
func Workload(n int) iter.Seq2[annoset.Annotation, error] {
	const perFile = 200
	return func(yield func(annoset.Annotation, error) bool) {
		r := rand.New(rand.NewPCG(1, 2))
		file, start := "", int64(0)
		for i := range n {
			if i%perFile == 0 {
				file, start = fmt.Sprintf("audio/recording-%05d.wav", i/perFile), 0
			}
			start += r.Int64N(3000)
			c := r.Float64()
			kind := min(int(r.ExpFloat64()*1.5), 9)
			a := annoset.Annotation{
				AudioFileID: file, ArtifactType: WorkloadTypes[kind], StartMS: start, EndMS: start + r.Int64N(4000),
				Confidence: &c,
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

// BenchStore returns a store with one set, a [Workload] of n labels, published if asked for.
func BenchStore(b *testing.B, n int, publish bool, opts *annoset.Options) (*annoset.Store, annoset.AnnotationSet) {
	b.Helper()
	ctx := context.Background()
	s := Must(annoset.Open(ctx, filepath.Join(b.TempDir(), "bench.annoset"), opts))
	b.Cleanup(func() { s.Close() })
	d := Must(s.CreateDataset(ctx, annoset.NewDataset{Name: "bench"}))
	set := Must(s.CreateSet(ctx, d.ID, annoset.NewSet{}))
	Must(s.Import(ctx, set.ID, Workload(n), nil))
	if publish {
		set = Must(s.Publish(ctx, set.ID, nil))
	}
	return s, set
}
