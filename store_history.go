package annoset

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// AnnotationState is what became of a label in one version.
type AnnotationState struct {
	SetID   uuid.UUID `json:"set_id"`
	Version int       `json:"version"`
	Status  Status    `json:"status"`
	// Time is when the version was published; of a draft, when it was created.
	Time time.Time `json:"time"`
	// Kind is the change against the version that this one was made from: [ChangeAdded] where that did not have the
	// label, [ChangeRemoved] where this one has it no more.
	Kind ChangeKind `json:"kind"`
	// Annotation is the label as this version has it; nil where it was removed.
	Annotation *Annotation `json:"annotation"`
}

// AnnotationHistory returns what became of the label of an id, in order of version: a state for each version, draft or
// published, in which the label is not what it is in the version that it was made from. Where that was a draft that is
// gone, the published set below it takes its place.
//
// Errors: [ErrNotFound] if no set has, or once had, a label of that id; what drafts had that are gone does not count.
func (s *Store) AnnotationHistory(ctx context.Context, id int64) ([]AnnotationState, error) {
	const op = "get history of annotation"
	var states []AnnotationState
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		h := &history{tx: tx, id: id, shown: make(map[int64]*Annotation), byUUID: make(map[string]*Annotation)}
		layers, err := h.layers(ctx)
		if err != nil {
			return err
		}
		sets, err := tx.SetsSeeing(ctx, h.datasetID, layers)
		if err != nil {
			return err
		}
		for i := range sets {
			state, changed, err := h.state(ctx, &sets[i])
			if err != nil {
				return err
			}
			if changed {
				states = append(states, state)
			}
		}
		if len(states) == 0 {
			return &NotFoundError{Op: op, Kind: "annotation", ID: strconv.FormatInt(id, 10)}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return states, nil
}

// history is that of one label while it is gathered.
type history struct {
	tx     *sqlite.ReadTx
	id     int64
	shown  map[int64]*Annotation  // by layer, what is seen where it is the topmost that speaks of the label; nil: nothing
	byUUID map[string]*Annotation // by set

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
		a, err := h.annotation(ctx, &rows[i].LabelRow)
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

func (h *history) annotation(ctx context.Context, row *sqlite.LabelRow) (*Annotation, error) {
	file, err := h.tx.FileByID(ctx, row.FileID)
	if err != nil {
		return nil, err
	}
	h.datasetID = file.DatasetID
	artifactType, err := h.tx.TypeByID(ctx, row.TypeID)
	a := annotationOf(file.Name, artifactType.Name, row)
	return &a, err
}

// state tells what a set made of the label; changed is false where it left it as it was.
func (h *history) state(ctx context.Context, set *sqlite.SetSeeing) (state AnnotationState, changed bool, err error) {
	now := h.shown[set.SeenID]
	h.byUUID[set.UUID] = now
	before, err := h.before(ctx, set)
	if err != nil {
		return AnnotationState{}, false, err
	}
	c, changed := changeOf(before, now)
	if !changed {
		return AnnotationState{}, false, nil
	}
	state = AnnotationState{
		Version: set.Version, Status: Status(set.Status), Time: timeOf(set.CreatedMS), Kind: c.Kind, Annotation: now,
	}
	if set.PublishedMS != nil {
		state.Time = timeOf(*set.PublishedMS)
	}
	if state.SetID, err = uuid.Parse(set.UUID); err != nil {
		return AnnotationState{}, false, fmt.Errorf("%w: set id: %w", ErrCorrupt, err)
	}
	return state, true, nil
}

// before is the label in the set that another one was made from. Sets come in order of version, so it is known.
func (h *history) before(ctx context.Context, set *sqlite.SetSeeing) (*Annotation, error) {
	if set.ParentUUID == nil {
		return nil, nil
	}
	if a, known := h.byUUID[*set.ParentUUID]; known {
		return a, nil
	}
	parent, err := findPredecessor(ctx, h.tx, &sqlite.SetRow{ParentUUID: set.ParentUUID, BaseID: set.BaseID})
	if err != nil || parent.set == nil {
		return nil, err
	}
	return h.byUUID[parent.set.UUID], nil
}
