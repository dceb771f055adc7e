package model_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// allPairs counts what a check should find, by comparing each label with every other one.
func allPairs(labels []annoset.Annotation, opts *annoset.CheckOptions) map[annoset.FindingKind]int64 {
	n := make(map[annoset.FindingKind]int64)
	same := func(a, b annoset.Annotation) bool {
		confidence := func(a annoset.Annotation) string {
			return fmt.Sprint(a.Confidence == nil, *cmp.Or(a.Confidence, new(0.0)))
		}
		return confidence(a) == confidence(b) && string(a.ExtraData) == string(b.ExtraData) &&
			a.AudioFileID == b.AudioFileID && a.ArtifactType == b.ArtifactType && a.StartMS == b.StartMS && a.EndMS == b.EndMS
	}
	var first []annoset.Annotation // of each group of equal labels
	for _, a := range labels {
		length, bounds := a.EndMS-a.StartMS, opts.Lengths[a.ArtifactType]
		found := map[annoset.FindingKind]bool{
			annoset.FindingPoint:         length == 0,
			annoset.FindingTooShort:      length < bounds.MinMS,
			annoset.FindingTooLong:       bounds.MaxMS > 0 && length > bounds.MaxMS,
			annoset.FindingLowConfidence: a.Confidence != nil && *a.Confidence < *opts.MinConfidence,
		}
		if slices.ContainsFunc(first, func(b annoset.Annotation) bool { return same(a, b) }) {
			found[annoset.FindingDuplicate] = true
		} else {
			for _, b := range first {
				if a.AudioFileID != b.AudioFileID {
					continue
				}
				shared := min(a.EndMS, b.EndMS) - max(a.StartMS, b.StartMS)
				if a.ArtifactType == b.ArtifactType && shared > 0 {
					found[annoset.FindingOverlap] = true
				}
				if a.ArtifactType != b.ArtifactType && a.StartMS == b.StartMS && a.EndMS == b.EndMS {
					found[annoset.FindingContradiction] = true
				}
			}
			first = append(first, a)
		}
		for kind, is := range found {
			if is {
				n[kind]++
			}
		}
	}
	return n
}

// TestStore_Check_finds_what_comparing_all_pairs_finds edits a set at random, and checks it, version after version.
func TestStore_Check_finds_what_comparing_all_pairs_finds(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	r := proof.Rand(t)
	some := func() annoset.Annotation {
		start := r.Int64N(40)
		a := proof.Label([]string{"a", "b", "c"}[r.IntN(3)], []string{"hum", "glitch"}[r.IntN(2)], start, start+r.Int64N(6))
		if r.IntN(3) == 0 {
			a = proof.Sure(a, float64(r.IntN(3))/2)
		}
		if r.IntN(4) == 0 {
			a = proof.Extra(a, `{"a":1}`)
		}
		return a
	}
	opts := &annoset.CheckOptions{
		Lengths: map[string]annoset.Length{"hum": {MinMS: 1, MaxMS: 4}, "glitch": {MinMS: 2}}, MinConfidence: new(0.5),
	}
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "a")
	versions := 4 + proof.MaxLayers // so that layers are folded
	if proof.Brief() {
		versions = 3
	}
	for range versions {
		for range 20 {
			_, err := s.Add(t.Context(), set.ID, some())
			is.NoErr(err)
		}
		for _, a := range shuffled(r, proof.LabelsOf(t, s.Store, set.ID))[:8] {
			if r.IntN(2) == 0 {
				is.NoErr(s.Delete(t.Context(), set.ID, a.ID))
			} else {
				is.NoErr(s.Update(t.Context(), set.ID, proof.WithID(a.ID, some())))
			}
		}
		report := proof.Checked(t, s.Store, set.ID, opts)
		labels := proof.LabelsOf(t, s.Store, set.ID)
		is.Equal(report.TotalAnnotations, int64(len(labels)))
		maps.DeleteFunc(report.FindingsByKind, func(_ annoset.FindingKind, n int64) bool { return n == 0 })
		is.Equal(report.FindingsByKind, allPairs(labels, opts))
		_, err := s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)
	}
}

func shuffled[T any](r *rand.Rand, all []T) []T {
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}
