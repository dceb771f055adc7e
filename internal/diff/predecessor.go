package diff

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// Predecessor is the set that a version is compared with: the published set that it stands on. If the version was made
// from a draft, that is not its parent: the draft may have changed since, or may be gone.
type Predecessor struct {
	Set   *sqlite.SetRow // nil: there is none
	Draft *sqlite.SetRow // the draft that the version was made from, as it is now; nil: none, or deleted
	Gone  bool           // the draft that it was made from was deleted
}

// FindPredecessor returns the predecessor of a set.
func FindPredecessor(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) (p Predecessor, err error) {
	if set.ParentUUID == nil {
		return p, nil
	}
	parent, found, err := tx.SetByUUID(ctx, *set.ParentUUID)
	switch {
	case err != nil:
		return p, err
	case !found:
		p.Gone = true
	case set.BaseID != nil && *set.BaseID == parent.ID:
		return Predecessor{Set: &parent}, nil
	default:
		p.Draft = &parent
	}
	if set.BaseID == nil {
		return p, nil
	}
	base, _, err := tx.SetByID(ctx, *set.BaseID)
	p.Set = &base
	return p, err
}
