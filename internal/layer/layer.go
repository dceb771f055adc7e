// Package layer makes, folds and drops the layers that sets stand on.
package layer

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// Max is the greatest number of layers that a new set may stand on. Each read of an audio file merges the layers that
// have changed it.
const Max = 8

// BulkRows is the batch size from which dropping and recreating the guards is cheaper than running them for each row.
const BulkRows = 4096

// On adds an open layer on top of a sealed one, and returns its id. If the stack below has Max layers already, the new
// layer stands on the layer that the topmost of them were folded into.
func On(ctx context.Context, tx *sqlite.WriteTx, datasetID, belowID int64) (int64, error) {
	stack, err := tx.Stack(ctx, belowID)
	if err != nil {
		return 0, err
	}
	if len(stack) >= Max {
		if belowID, err = folded(ctx, tx, datasetID, stack); err != nil {
			return 0, err
		}
	}
	return tx.InsertLayer(ctx, datasetID, &belowID, nil)
}

// Like adds an open layer that is a copy of another open layer and stands on the same layers. It returns the id.
func Like(ctx context.Context, tx *sqlite.WriteTx, datasetID, layerID int64) (int64, error) {
	stack, err := tx.Stack(ctx, layerID)
	if err != nil {
		return 0, err
	}
	to, err := tx.InsertLayer(ctx, datasetID, stack[0].BelowID, nil)
	if err != nil {
		return 0, err
	}
	many, err := Many(ctx, tx, layerID)
	if err != nil {
		return 0, err
	}
	if !many {
		return to, tx.CopyLayer(ctx, layerID, to, false)
	}
	return to, tx.WithoutGuards(ctx, func() error { return tx.CopyLayer(ctx, layerID, to, true) })
}

// Many reports whether a layer has at least BulkRows labels, so that a change of all of them should drop the guards.
func Many(ctx context.Context, tx *sqlite.WriteTx, layerID int64) (bool, error) {
	n, err := tx.CountLabels(ctx, layerID, BulkRows)
	return n >= BulkRows, err
}

// DropDraft deletes a draft and its layer, and the folded layers below it that no other set stands on.
func DropDraft(ctx context.Context, tx *sqlite.WriteTx, r *sqlite.SetRow) error {
	stack, err := tx.Stack(ctx, r.LayerID)
	if err != nil {
		return err
	}
	if err := tx.DeleteSet(ctx, r.ID); err != nil {
		return err
	}
	for _, layer := range stack {
		seen, err := tx.Seen(ctx, layer.ID)
		if err != nil || seen {
			return err
		}
		if err := drop(ctx, tx, layer.ID); err != nil {
			return err
		}
	}
	return nil
}

func drop(ctx context.Context, tx *sqlite.WriteTx, id int64) error {
	many, err := Many(ctx, tx, id)
	if err != nil {
		return err
	}
	if !many {
		return tx.DeleteLayer(ctx, id)
	}
	return tx.WithoutGuards(ctx, func() error { return tx.DeleteLayer(ctx, id) })
}
