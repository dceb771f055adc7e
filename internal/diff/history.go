package diff

import (
	"context"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// State is a label in one version that changed it.
type State struct {
	Set   *sqlite.SetSeeing
	Kind  Kind
	Label *label.Label // in that version; nil: removed
}

// History returns the states of the label of an id, in order of version: one for each version in which the label
// differs from that in the version's predecessor. It is empty if no set has ever had the label.
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

// history collects the states of one label.
type history struct {
	tx *sqlite.ReadTx
	id int64
	// By layer that has the label or removes it: the label as a set sees it if this is the topmost such layer; nil:
	// removed.
	shown  map[int64]*label.Label
	byUUID map[string]*label.Label // by set

	datasetID int64 // 0: there is no such label
}

// layers finds the layers that have the label or remove it, and fills shown.
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
		h.shown[rows[i].LayerID] = a // a layer that removes the label and also has a row of it has changed it
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

// state returns the label in a set. If the set's predecessor has the same label, changed is false.
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

// before returns the label in the parent of a set or, if that was deleted, in the published set below. Sets are
// visited in order of version, so it is known already.
func (h *history) before(ctx context.Context, set *sqlite.SetSeeing) (*label.Label, error) {
	if set.ParentUUID == nil {
		return nil, nil
	}
	if a, known := h.byUUID[*set.ParentUUID]; known {
		return a, nil
	}
	_, found, err := h.tx.SetByUUID(ctx, *set.ParentUUID)
	if err != nil || found || set.BaseID == nil {
		return nil, err
	}
	base, _, err := h.tx.SetByID(ctx, *set.BaseID)
	if err != nil {
		return nil, err
	}
	return h.byUUID[base.UUID], nil
}
