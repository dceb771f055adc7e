package model_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// TestStore_Diff_isAPatch compares sets of a random history: lines of published sets, branches, copies, unrelated sets.
func TestStore_Diff_isAPatch(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	r := proof.Rand(t)
	s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
	d := proof.Value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "a"}))(t)
	var sets []annoset.AnnotationSet
	family := map[uuid.UUID]int{} // the oldest ancestor of each set
	for len(sets) < 3*proof.MaxLayers {
		var set annoset.AnnotationSet
		n, straight := len(sets), len(sets) <= proof.MaxLayers+2 // first a line of published sets, long enough to be folded
		switch {
		case n == 0 || !straight && r.IntN(6) == 0: // unrelated, or a copy with ids of its own
			set = proof.Value(s.CreateSet(t.Context(), d.ID, annoset.NewSet{}))(t)
			family[set.ID] = n
			if n > 0 && r.IntN(2) == 0 {
				proof.Value(s.CopyAnnotations(t.Context(), set.ID, sets[r.IntN(n)].ID, annoset.Filter{}))(t)
			}
		default: // on the last one, or a branch from a draft or from a published set
			parent := sets[n-1]
			if !straight && r.IntN(2) == 0 {
				parent = sets[r.IntN(n)]
			}
			set = proof.Value(s.NewVersion(t.Context(), parent.ID, annoset.NewSet{}))(t)
			family[set.ID] = family[parent.ID]
		}
		for range r.IntN(8) {
			editAtRandom(t, s.Store, r, set.ID)
		}
		if straight || r.IntN(3) > 0 {
			set = proof.Value(s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true}))(t)
		}
		sets = append(sets, set)
	}
	for _, from := range sets {
		is.Equal(len(proof.DiffOf(t, s.Store, from.ID, from.ID)), 0) // a set does not differ from itself
		for range 4 {
			to := sets[r.IntN(len(sets))]
			changes := proof.CheckPatch(t, s.Store, from.ID, to.ID)
			if family[from.ID] == family[to.ID] {
				proof.CheckIDs(t, s.Store, from.ID, to.ID, changes)
			}
		}
	}
	var folds int
	is.NoErr(proof.OpenRaw(t, s.Path).QueryRow(`SELECT count(*) FROM layer WHERE folds_id IS NOT NULL`).Scan(&folds))
	is.True(folds > 0) // there were folded layers
}

// editAtRandom makes one random edit of a draft.
func editAtRandom(t testing.TB, s *annoset.Store, r *rand.Rand, setID uuid.UUID) {
	t.Helper()
	anyLabel := func() annoset.Annotation {
		start := 100 * r.Int64N(4)
		a := proof.Label(fmt.Sprintf("file%d.wav", r.IntN(6)), fmt.Sprint("type", r.IntN(2)), start, start+100*r.Int64N(4))
		switch r.IntN(3) {
		case 0:
			a = proof.Sure(a, float64(r.IntN(2)))
		case 1:
			a = proof.Extra(a, fmt.Sprintf(`{"by":%d}`, r.IntN(2)))
		}
		return a
	}
	labels := proof.LabelsOf(t, s, setID)
	switch n := r.IntN(8); {
	case n < 3 || len(labels) == 0:
		proof.Value(s.Add(t.Context(), setID, anyLabel(), anyLabel()))(t)
	case n < 5: // change all of a label
		proof.NoErr(t, s.Update(t.Context(), setID, proof.WithID(labels[r.IntN(len(labels))].ID, anyLabel())))
	case n == 5: // change its span
		a := labels[r.IntN(len(labels))]
		a.EndMS += 50
		proof.NoErr(t, s.Update(t.Context(), setID, a))
	case n == 6:
		proof.NoErr(t, s.Delete(t.Context(), setID, labels[r.IntN(len(labels))].ID))
	default: // empty an audio file and mark it clean
		file := fmt.Sprintf("file%d.wav", r.IntN(6))
		for _, a := range labels {
			if a.AudioFileID == file {
				proof.NoErr(t, s.Delete(t.Context(), setID, a.ID))
			}
		}
		proof.NoErr(t, s.MarkClean(t.Context(), setID, file))
	}
}
