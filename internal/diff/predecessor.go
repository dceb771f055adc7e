package diff

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// Predecessor is what a set is compared with: its parent, or the published set that it stands on where the parent was a
// draft that is gone.
type Predecessor struct {
	Set  *sqlite.SetRow // nil: there is none
	Gone bool           // the parent was deleted
}

// FindPredecessor finds what a set was made from.
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
