package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/peers/contest"
)

// diff reads every change between two sets.
func diff(ctx context.Context, store *annoset.Store, from, to uuid.UUID) (contest.Changes, error) {
	var changes contest.Changes
	for c, err := range store.Diff(ctx, from, to, nil) {
		if err != nil {
			return contest.Changes{}, err
		}
		switch c.Kind {
		case annoset.ChangeAdded:
			changes.Added++
		case annoset.ChangeRemoved:
			changes.Removed++
		case annoset.ChangeMoved:
			changes.Changed++
		default: // the workload moves ends, and does nothing else to a label
			return contest.Changes{}, fmt.Errorf("%s is no change that was made", c.Kind)
		}
	}
	return changes, nil
}
