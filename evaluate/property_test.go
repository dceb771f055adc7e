package evaluate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

// someLabels returns n random labels close together, with points and duplicates among them.
func someLabels(r *rand.Rand, n int) labels {
	out := labels{}
	for range n {
		start := r.Int64N(60) * 50
		out = append(out, label(fmt.Sprintf("%d.wav", r.IntN(4)), proof.WorkloadTypes[r.IntN(3)], start, start+r.Int64N(20)*50))
	}
	return out
}

// rounds returns how often a property is tried.
func rounds() int {
	if proof.Brief() {
		return 8
	}
	return 60
}

func TestAgainst_properties(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	matchings := map[string]evaluate.Matching{ // those that treat both sides alike
		"events":     {OffsetPercent: -1},
		"iou":        {By: evaluate.MatchIoU, MinIoU: 0.3},
		"segments":   {By: evaluate.MatchSegments, SegmentMS: 130},
		"onset only": {OnsetOnly: true},
	}
	for name, matching := range matchings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := proof.Rand(t)
			for range rounds() {
				ref, pred := someLabels(r, r.IntN(60)), someLabels(r, r.IntN(60))
				e := against(t, ref, pred, matching)
				back := against(t, pred, ref, matching)
				m := e.Micro
				is.Equal(m.TruePositives, back.Micro.TruePositives)   // with the sides changed
				is.Equal(m.FalsePositives, back.Micro.FalseNegatives) // what was wrong is missed
				is.Equal(m.FalseNegatives, back.Micro.FalsePositives) // and the other way round
				is.Equal(m.F1, back.Micro.F1)                         // so F1 is the same
				is.Equal(m.FalseNegatives, m.Substitutions+m.Deletions)
				is.Equal(m.FalsePositives, m.Substitutions+m.Insertions)
				if matching.By != evaluate.MatchSegments {
					is.Equal(m.Reference, int64(len(ref)))                                     // no label is lost
					is.Equal(m.Predicted, int64(len(pred)))                                    // nor counted twice
					is.Equal(int64(len(e.Mistakes)), m.Substitutions+m.Deletions+m.Insertions) // each is listed
				} else {
					is.Equal(m, segmentByMillisecond(ref, pred, matching.SegmentMS, m)) // as counted segment by segment
				}
				shuffled := slices.Clone(pred)
				r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				is.Equal(against(t, ref, shuffled, matching), e) // the order of predictions does not matter, not even for the mistakes
				if len(ref) > 0 {
					perfect := against(t, ref, ref, matching)
					is.Equal(perfect.Micro.F1, exactly(1, 1))        // all right
					is.Equal(perfect.Macro.F1, exactly(1, 1))        // of each type
					is.Equal(perfect.Micro.ErrorRate, exactly(0, 1)) // and nothing wrong
					is.Equal(len(perfect.Mistakes), 0)
				}
			}
		})
	}
}

// segmentByMillisecond counts segments one by one, and returns s with these counts.
func segmentByMillisecond(ref, pred labels, size int64, s evaluate.Score) evaluate.Score {
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
