package diff

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// Predecessor is the set that a set was made from: its parent, or the published set below if the parent was a draft
// that was deleted.
type Predecessor struct {
	Set  *sqlite.SetRow // nil: there is none
	Gone bool           // the parent was deleted
}

// FindPredecessor returns the predecessor of a set.
func FindPredecessor(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) (Predecessor, error) {
	if set.ParentUUID == nil {
		return Predecessor{}, nil
	}
	parent, found, err := tx.SetByUUID(ctx, *set.ParentUUID)
	if err != nil || found {
		return Predecessor{Set: &parent}, err
	}
	if set.BaseID == nil {
		return Predecessor{Gone: true}, nil
	}
	base, _, err := tx.SetByID(ctx, *set.BaseID)
	return Predecessor{Set: &base, Gone: true}, err
}
