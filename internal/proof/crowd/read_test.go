package crowd_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// TestStore_readersSeeOneState has a writer that adds and deletes labels in pairs: a reader sees both of a pair or
// none.
func TestStore_readersSeeOneState(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"in a file", "in memory"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := context.Background()
			o := &annoset.Options{Durability: annoset.DurabilityRelaxed, BusyTimeout: time.Minute}
			var s *annoset.Store
			if where == "in a file" {
				s = proof.OpenStore(t, o).Store
			} else {
				var err error
				s, err = annoset.OpenMemory(ctx, o)
				is.NoErr(err)
				defer s.Close()
			}
			set := proof.NewDraft(t, s, "a")
			dataset := set.DatasetID
			done := make(chan struct{})
			rounds := 60
			if proof.Brief() {
				rounds = 20
			}
			is.NoErr(together(5, func(i int) error {
				if i == 0 {
					defer close(done)
					return writePairs(ctx, s, set, rounds)
				}
				for reads := 0; ; reads++ {
					select {
					case <-done:
						if reads > 0 {
							return nil
						}
					default:
					}
					if err := readPairs(ctx, s, dataset); err != nil {
						return err
					}
				}
			}))
		})
	}
}

// writePairs adds a label to x.wav and the same to y.wav, or deletes both, and publishes now and then.
func writePairs(ctx context.Context, s *annoset.Store, set annoset.AnnotationSet, rounds int) error {
	var pairs [][]int64
	for n := range rounds {
		from, to := int64(n), int64(n)+1
		ids, err := s.Add(ctx, set.ID, proof.Label("x.wav", "pop", from, to), proof.Label("y.wav", "pop", from, to))
		if err != nil {
			return err
		}
		pairs = append(pairs, ids)
		switch n % 6 {
		case 2:
			if err := s.Delete(ctx, set.ID, pairs[len(pairs)/2]...); err != nil {
				return err
			}
			pairs = slices.Delete(pairs, len(pairs)/2, len(pairs)/2+1)
		case 3:
			// An import of pairs is seen whole or not at all.
			if _, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				for i := range int64(40) {
					if !yield(proof.Label("x.wav", "glitch", i, i+1), nil) || !yield(proof.Label("y.wav", "glitch", i, i+1), nil) {
						return
					}
				}
			}, nil); err != nil {
				return err
			}
		case 5:
			if _, err := s.Publish(ctx, set.ID, nil); err != nil {
				return err
			}
			if set, err = s.NewVersion(ctx, set.ID, annoset.NewSet{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// readPairs reads a dataset in several ways, and checks that each read is of one state.
func readPairs(ctx context.Context, s *annoset.Store, dataset uuid.UUID) error {
	sets, err := s.Sets(ctx, dataset, annoset.SetFilter{})
	if err != nil {
		return err
	}
	for _, set := range sets {
		if set.TotalAnnotations%2 != 0 {
			return fmt.Errorf("version %d counts %d labels", set.Version, set.TotalAnnotations)
		}
	}
	set := sets[len(sets)-1]
	count := map[string]int{}
	starts := map[string]int64{}
	for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
		if err != nil {
			return err
		}
		count[a.AudioFileID]++
		starts[a.AudioFileID] += a.StartMS
	}
	if count["x.wav"] != count["y.wav"] || starts["x.wav"] != starts["y.wav"] {
		return fmt.Errorf("version %d: read %v, which start at %v in sum", set.Version, count, starts)
	}
	if set.Status == annoset.StatusPublished {
		return s.Verify(ctx, set.ID)
	}
	return nil
}

func TestStore_Annotations_letTheBodyWrite(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"in a file", "in memory"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := context.Background()
			var s *annoset.Store
			if where == "in a file" {
				s = proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed}).Store
			} else {
				var err error
				s, err = annoset.OpenMemory(ctx, nil)
				is.NoErr(err)
				defer s.Close()
			}
			set := proof.NewDraft(t, s, "a")
			const n = 300
			_, err := s.Import(ctx, set.ID, proof.Stream(n, 3), nil)
			is.NoErr(err)
			seen := 0
			for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				is.NoErr(err)
				is.True(a.ArtifactType != "seen") // the loop does not see what its body writes
				seen++
				a.ArtifactType = "seen"
				a.AudioFileID = "zz.wav"
				is.NoErr(s.Update(ctx, set.ID, a))
				inner := 0
				for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{ArtifactTypes: []string{"seen"}}) {
					is.NoErr(err)
					inner++
				}
				is.Equal(inner, seen) // a later loop does
				switch seen {
				case 100:
					set2, err := s.NewVersion(ctx, set.ID, annoset.NewSet{})
					is.NoErr(err)
					is.Equal(set2.TotalAnnotations, int64(n))
					_, err = s.Publish(ctx, set2.ID, nil)
					is.NoErr(err)
				}
			}
			is.Equal(seen, n)
		})
	}
}
