package reader

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// Found is the row of an id as it is seen from a layer.
type Found struct {
	sqlite.LabelRow
	Depth int // of its layer; 0 is the layer itself
}

// ByID finds the label of an id that is seen from a layer. The topmost row of the id is the one that counts: what hides
// it hides those further down too.
func ByID(ctx context.Context, tx *sqlite.ReadTx, layerID, id int64) (row Found, found bool, err error) {
	row.LabelRow, row.Depth, found, err = tx.TopRow(ctx, layerID, id)
	if err != nil || !found || row.Depth == 0 {
		return row, found, err
	}
	removed, err := tx.RemovedAbove(layerID, row.FileID, id, row.Depth)
	if err != nil || removed {
		return Found{}, false, err
	}
	return row, true, nil
}

// ManyByID finds the labels of some ids that are seen from a layer, by id.
func ManyByID(ctx context.Context, tx *sqlite.ReadTx, layerID int64, ids []int64) (map[int64]sqlite.LabelRow, error) {
	found := make(map[int64]sqlite.LabelRow, len(ids))
	take := func(row sqlite.LabelRow, removed bool) {
		if !removed {
			found[row.ID] = row
		}
	}
	if err := tx.IndexedRows(layerID, ids, take); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	missing := make([]int64, 0, len(ids))
	for _, id := range ids {
		if _, ok := found[id]; !ok {
			missing = append(missing, id)
		}
	}
	return found, tx.BlockRows(layerID, missing, take)
}
