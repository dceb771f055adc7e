package diff

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// kin reports whether one set was made from the other, or both were made from a third: whether their lines of parents
// meet. A deleted draft ends a line, and still belongs to it.
func kin(ctx context.Context, tx *sqlite.ReadTx, from, to *sqlite.SetRow) (bool, error) {
	line := make(map[string]bool)
	err := eachParent(ctx, tx, from, func(uuid string) bool {
		line[uuid] = true
		return true
	})
	if err != nil {
		return false, err
	}
	met := false
	err = eachParent(ctx, tx, to, func(uuid string) bool {
		met = line[uuid]
		return !met
	})
	return met, err
}

// eachParent calls fn for a set, its parent, the parent's parent and so on, until fn returns false.
func eachParent(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, fn func(uuid string) bool) error {
	for row := *set; fn(row.UUID) && row.ParentUUID != nil; {
		parent, found, err := tx.SetByUUID(ctx, *row.ParentUUID)
		if err != nil {
			return err
		}
		if !found {
			fn(*row.ParentUUID)
			return nil
		}
		row = parent
	}
	return nil
}
