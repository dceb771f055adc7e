package main

import (
	"cmp"
	"context"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/peers/contest"
)

// diff is what a user can do without a verb for it: both sets are read in order, side by side. A label that stays keeps its
// audio file, start and id, by which both are ordered, for an edit of the workload moves ends alone.
func diff(ctx context.Context, store *annoset.Store, from, to uuid.UUID) (contest.Changes, error) {
	nextOld, stopOld := iter.Pull2(store.Annotations(ctx, from, annoset.Filter{}))
	defer stopOld()
	nextNew, stopNew := iter.Pull2(store.Annotations(ctx, to, annoset.Filter{}))
	defer stopNew()
	var changes contest.Changes
	a, errA, moreA := nextOld()
	b, errB, moreB := nextNew()
	for moreA || moreB {
		if err := cmp.Or(errA, errB); err != nil {
			return contest.Changes{}, err
		}
		order := cmp.Or(cmp.Compare(a.AudioFileID, b.AudioFileID), cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID))
		switch {
		case !moreB || moreA && order < 0:
			changes.Removed++
		case !moreA || order > 0:
			changes.Added++
		case a.EndMS != b.EndMS || a.ArtifactType != b.ArtifactType || *a.Confidence != *b.Confidence:
			changes.Changed++
		}
		stepA, stepB := moreA && (!moreB || order <= 0), moreB && (!moreA || order >= 0)
		if stepA {
			a, errA, moreA = nextOld()
		}
		if stepB {
			b, errB, moreB = nextNew()
		}
	}
	return changes, nil
}
