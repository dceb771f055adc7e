package reader

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// Found is a label row that was found by its id.
type Found struct {
	sqlite.LabelRow
	Depth int // of its layer in the stack; 0 is the topmost layer
}

// ByID finds the label of an id that is visible from a layer. Only the topmost row of the id has to be checked: a layer
// that hides it also hides the rows further down.
func ByID(ctx context.Context, tx *sqlite.ReadTx, layerID, id int64) (row Found, found bool, err error) {
	row.LabelRow, row.Depth, found, err = tx.TopRow(ctx, layerID, id)
	if err != nil || !found {
		return Found{}, false, err
	}
	if row.Depth == 0 {
		return row, true, nil
	}
	removed, err := tx.RemovedAbove(layerID, row.FileID, id, row.Depth)
	if err != nil || removed {
		return Found{}, false, err
	}
	return row, true, nil
}

// ManyByID finds the labels of several ids that are visible from a layer. The result has no entry for any other id.
func ManyByID(ctx context.Context, tx *sqlite.ReadTx, layerID int64, ids []int64) (map[int64]sqlite.LabelRow, error) {
	found := make(map[int64]sqlite.LabelRow, len(ids))
	take := func(row sqlite.LabelRow, removed bool) {
		if !removed {
			found[row.ID] = row
		}
	}
	for _, read := range []func(layerID int64, wanted []int64, fn func(sqlite.LabelRow, bool)) error{
		tx.IndexedRows, tx.BlockRows,
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		missing := make([]int64, 0, len(ids))
		for _, id := range ids {
			if _, ok := found[id]; !ok {
				missing = append(missing, id)
			}
		}
		if err := read(layerID, missing, take); err != nil {
			return nil, err
		}
	}
	return found, nil
}
