package diff

import (
	"context"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// State is what became of a label in one version.
type State struct {
	Set   *sqlite.SetSeeing
	Kind  Kind
	Label *label.Label // as the version has it; nil: removed
}

// History returns what became of the label of an id, in order of version: a state for each version in which it is not what
// it is in the version that this one was made from.
func History(ctx context.Context, tx *sqlite.ReadTx, id int64) ([]State, error) {
	h := &history{tx: tx, id: id, shown: make(map[int64]*label.Label), byUUID: make(map[string]*label.Label)}
	layers, err := h.layers(ctx)
	if err != nil {
		return nil, err
	}
	sets, err := tx.SetsSeeing(ctx, h.datasetID, layers)
	if err != nil {
		return nil, err
	}
	var states []State
	for i := range sets {
		state, changed, err := h.state(ctx, &sets[i])
		if err != nil {
			return nil, err
		}
		if changed {
			states = append(states, state)
		}
	}
	return states, nil
}

// history is that of one label while it is gathered.
type history struct {
	tx     *sqlite.ReadTx
	id     int64
	shown  map[int64]*label.Label  // by layer, what is seen where it is the topmost that speaks of the label; nil: nothing
	byUUID map[string]*label.Label // by set

	datasetID int64 // 0: there is no such label
}

// layers finds the layers that speak of the label, and what each makes of it.
func (h *history) layers(ctx context.Context) ([]int64, error) {
	rows, err := h.tx.RowsOf(h.id)
	if err != nil {
		return nil, err
	}
	var layers []int64
	for i := range rows {
		removers, err := h.tx.RemoversOf(rows[i].LayerID, rows[i].FileID, h.id)
		if err != nil {
			return nil, err
		}
		for _, layer := range removers {
			if _, known := h.shown[layer]; !known {
				h.shown[layer] = nil
				layers = append(layers, layer)
			}
		}
	}
	for i := range rows {
		a, err := h.label(ctx, &rows[i].LabelRow)
		if err != nil {
			return nil, err
		}
		if _, known := h.shown[rows[i].LayerID]; !known {
			layers = append(layers, rows[i].LayerID)
		}
		h.shown[rows[i].LayerID] = a // a layer that removes the label and has a row of it has changed it
	}
	return layers, nil
}

func (h *history) label(ctx context.Context, row *sqlite.LabelRow) (*label.Label, error) {
	file, err := h.tx.FileByID(ctx, row.FileID)
	if err != nil {
		return nil, err
	}
	h.datasetID = file.DatasetID
	artifactType, err := h.tx.TypeByID(ctx, row.TypeID)
	a := reader.LabelOf(file.Name, artifactType.Name, row)
	return &a, err
}

// state returns what a set made of the label; changed is false where it left it as it was.
func (h *history) state(ctx context.Context, set *sqlite.SetSeeing) (state State, changed bool, err error) {
	now := h.shown[set.SeenID]
	h.byUUID[set.UUID] = now
	before, err := h.before(ctx, set)
	if err != nil {
		return State{}, false, err
	}
	c, changed := changeOf(before, now)
	return State{Set: set, Kind: c.Kind, Label: now}, changed, nil
}

// before is the label in the set that another one was made from. Sets come in order of version, so it is known.
func (h *history) before(ctx context.Context, set *sqlite.SetSeeing) (*label.Label, error) {
	if set.ParentUUID == nil {
		return nil, nil
	}
	if a, known := h.byUUID[*set.ParentUUID]; known {
		return a, nil
	}
	parent, err := FindPredecessor(ctx, h.tx, &sqlite.SetRow{ParentUUID: set.ParentUUID, BaseID: set.BaseID})
	if err != nil || parent.Set == nil {
		return nil, err
	}
	return h.byUUID[parent.Set.UUID], nil
}
