// Package bench_test measures the verbs of a store at ten thousand, a hundred thousand and a million labels. Package
// peers compares them with other programs.
package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

var relaxed = &annoset.Options{Durability: annoset.DurabilityRelaxed}

func BenchmarkImport(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		dir := b.TempDir()
		i := 0
		for b.Loop() {
			b.StopTimer()
			path := filepath.Join(dir, fmt.Sprint(i, ".annoset"))
			i++
			s := proof.Must(annoset.Open(ctx, path, nil))
			d := proof.Must(s.CreateDataset(ctx, annoset.NewDataset{Name: "bench"}))
			set := proof.Must(s.CreateSet(ctx, d.ID, annoset.NewSet{}))
			b.StartTimer()
			proof.Must(s.Import(ctx, set.ID, proof.Workload(n), nil))
			b.StopTimer()
			s.Close()
			b.ReportMetric(float64(proof.Must(os.Stat(path)).Size())/float64(n), "disk-B/label")
			os.Remove(path)
			b.StartTimer()
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
	})
}

func BenchmarkNewVersion(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		for b.Loop() {
			proof.Must(s.NewVersion(ctx, set.ID, annoset.NewSet{}))
		}
	})
}

func BenchmarkEdit(b *testing.B) {
	ctx := context.Background()
	for name, opts := range map[string]*annoset.Options{"relaxed": relaxed, "full": nil} {
		b.Run(name, func(b *testing.B) {
			proof.BySize(b, func(b *testing.B, n int) {
				s, set := proof.BenchStore(b, n, true, opts)
				draft := proof.Must(s.NewVersion(ctx, set.ID, annoset.NewSet{}))
				labels := sample(b, s, set.ID, 1000)
				i := 0
				for b.Loop() {
					a := labels[i%len(labels)]
					a.EndMS += int64(1 + i/len(labels))
					i++
					if err := s.Update(ctx, draft.ID, a); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// sample returns k labels of a set, spread over it.
func sample(b *testing.B, s *annoset.Store, set uuid.UUID, k int) []annoset.Annotation {
	b.Helper()
	var all []annoset.Annotation
	total := int(proof.Must(s.Stats(context.Background(), set)).TotalAnnotations)
	i := 0
	for a, err := range s.Annotations(context.Background(), set, annoset.Filter{}) {
		if err != nil {
			b.Fatal(err)
		}
		if i++; i%(total/k) == 0 {
			all = append(all, a)
		}
	}
	return all
}

func BenchmarkPublishFirst(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		for b.Loop() {
			b.StopTimer()
			s, set := proof.BenchStore(b, n, false, nil)
			b.StartTimer()
			proof.Must(s.Publish(ctx, set.ID, nil))
			b.StopTimer()
			s.Close()
			b.StartTimer()
		}
	})
}

// edited makes a version of a set with k labels changed.
func edited(b *testing.B, s *annoset.Store, set annoset.AnnotationSet, labels []annoset.Annotation, by int64,
) annoset.AnnotationSet {
	b.Helper()
	ctx := context.Background()
	draft := proof.Must(s.NewVersion(ctx, set.ID, annoset.NewSet{}))
	for _, a := range labels {
		a.EndMS += by
		if err := s.Update(ctx, draft.ID, a); err != nil {
			b.Fatal(err)
		}
	}
	return draft
}

func BenchmarkPublishAfter100Edits(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		labels := sample(b, s, set.ID, 100)
		i := int64(0)
		for b.Loop() {
			b.StopTimer()
			i++
			draft := edited(b, s, set, labels, i)
			b.StartTimer()
			proof.Must(s.Publish(ctx, draft.ID, nil))
		}
	})
}

func readAll(b *testing.B, s *annoset.Store, set uuid.UUID, f annoset.Filter) (n int) {
	for _, err := range s.Annotations(context.Background(), set, f) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

func BenchmarkReadAll(b *testing.B) {
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		for b.Loop() {
			readAll(b, s, set.ID, annoset.Filter{})
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
	})
}

func BenchmarkReadAllTenthVersion(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		for i := range 9 {
			draft := edited(b, s, set, sample(b, s, set.ID, 100), int64(i+1))
			set = proof.Must(s.Publish(ctx, draft.ID, nil))
		}
		for b.Loop() {
			readAll(b, s, set.ID, annoset.Filter{})
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
	})
}

func BenchmarkReadOneFile(b *testing.B) {
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		f := annoset.Filter{AudioFileIDs: []string{"audio/recording-00033.wav"}}
		for b.Loop() {
			readAll(b, s, set.ID, f)
		}
	})
}

func BenchmarkStatsOfDraft(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, false, nil)
		for b.Loop() {
			proof.Must(s.Stats(ctx, set.ID))
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, false, nil)
		for b.Loop() {
			proof.Must(s.Check(ctx, set.ID, nil))
		}
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
	})
}

func BenchmarkListSets(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		s, set := proof.BenchStore(b, n, true, nil)
		labels := sample(b, s, set.ID, 100)
		for i := range 9 {
			draft := edited(b, s, set, labels, int64(i+1))
			if i < 8 {
				proof.Must(s.Publish(ctx, draft.ID, nil))
			}
		}
		for b.Loop() {
			proof.Must(s.Sets(ctx, set.DatasetID, annoset.SetFilter{}))
		}
	})
}

func BenchmarkDeleteDraft(b *testing.B) {
	ctx := context.Background()
	proof.BySize(b, func(b *testing.B, n int) {
		for b.Loop() {
			b.StopTimer()
			s, set := proof.BenchStore(b, n, false, nil)
			b.StartTimer()
			if err := s.DeleteSet(ctx, set.ID); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			s.Close()
			b.StartTimer()
		}
	})
}

// changed makes a version of a set with 100 changes of all kinds.
func changed(b *testing.B, s *annoset.Store, set annoset.AnnotationSet) annoset.AnnotationSet {
	b.Helper()
	ctx := context.Background()
	draft := proof.Must(s.NewVersion(ctx, set.ID, annoset.NewSet{}))
	for i, a := range sample(b, s, set.ID, 100) {
		var err error
		switch i % 5 {
		case 0:
			_, err = s.Add(ctx, draft.ID, a)
		case 1:
			err = s.Delete(ctx, draft.ID, a.ID)
		case 2:
			a.ArtifactType = "other"
			err = s.Update(ctx, draft.ID, a)
		case 3:
			a.StartMS++
			err = s.Update(ctx, draft.ID, a)
		default:
			a.Confidence = nil
			err = s.Update(ctx, draft.ID, a)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return proof.Must(s.Publish(ctx, draft.ID, nil))
}

// BenchmarkDiff100Changes compares a set with a version of it that has 100 changes, by ids: its time must not depend on
// the size of the sets. By content, it compares the set with a copy of that version, and reads the audio files that have
// changes.
func BenchmarkDiff100Changes(b *testing.B) {
	ctx := context.Background()
	for _, n := range []int{20_000, 1_000_000} {
		if testing.Short() && n > proof.Sizes[1] {
			continue
		}
		s, v1 := proof.BenchStore(b, n, true, nil)
		v2 := changed(b, s, v1)
		second := proof.Must(s.CreateDataset(ctx, annoset.NewDataset{Name: "other"}))
		other := proof.Must(s.CreateSet(ctx, second.ID, annoset.NewSet{}))
		proof.Must(s.CopyAnnotations(ctx, other.ID, v2.ID, annoset.Filter{}))
		proof.Must(s.Publish(ctx, other.ID, nil))
		for name, to := range map[string]uuid.UUID{"ids": v2.ID, "content": other.ID} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					changes := 0
					for _, err := range s.Diff(ctx, v1.ID, to, nil) {
						if changes++; err != nil {
							b.Fatal(err)
						}
					}
					if changes != 100 {
						b.Fatal(changes)
					}
				}
			})
		}
	}
}
