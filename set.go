package annoset

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/internal/survey"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// CreateSet adds an empty draft to a dataset, with the next version number.
//
// Errors: [ErrNotFound] if there is no such dataset; [*ValidationError].
func (s *Store) CreateSet(ctx context.Context, datasetID uuid.UUID, n NewSet) (AnnotationSet, error) {
	const op = "create set"
	if err := n.check(op); err != nil {
		return AnnotationSet{}, err
	}
	var out AnnotationSet
	err := s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		dataset, err := findDataset(ctx, &tx.ReadTx, op, datasetID)
		if err != nil {
			return err
		}
		layerID, err := tx.InsertLayer(ctx, dataset.ID, nil, nil)
		if err != nil {
			return err
		}
		row, err := s.insertSet(ctx, tx, op, n, sqlite.SetRow{DatasetID: dataset.ID, LayerID: layerID})
		if err != nil {
			return err
		}
		out, err = readSet(ctx, &tx.ReadTx, &row)
		return err
	})
	return orZero(out, err)
}

// NewVersion adds a draft that starts with the contents of a set: its labels with their ids, and its clean marks. The
// set becomes the parent of the draft.
//
// From a published set this takes the same short time whatever the size. Only now and then the changes of earlier
// versions are folded together, which takes time in proportion to them. From a draft the labels are copied, and its
// editors become editors of the new draft, which is returned with statistics as [Store.UpdateSet] returns a draft.
//
// Errors: [ErrNotFound]; [*ValidationError].
func (s *Store) NewVersion(ctx context.Context, setID uuid.UUID, n NewSet) (AnnotationSet, error) {
	const op = "new version"
	if err := n.check(op); err != nil {
		return AnnotationSet{}, err
	}
	if err := s.mayWrite(ctx, op); err != nil {
		return AnnotationSet{}, err // before anything is counted
	}
	before, err := s.countDraft(ctx, op, setID)
	if err != nil {
		return AnnotationSet{}, err
	}
	var out AnnotationSet
	copied, now := false, countable{}
	err = s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		parent, err := findSet(ctx, &tx.ReadTx, op, setID)
		if err != nil {
			return err
		}
		row := sqlite.SetRow{DatasetID: parent.DatasetID, ParentUUID: &parent.UUID}
		if copied = parent.Status != sqlite.StatusPublished; copied {
			if now, err = countableOf(ctx, &tx.ReadTx, &parent); err != nil {
				return err
			}
			row.BaseID = parent.BaseID
			row.LayerID, err = layer.Like(ctx, tx, parent.DatasetID, parent.LayerID)
		} else {
			row.BaseID = &parent.ID
			row.LayerID, err = layer.On(ctx, tx, parent.DatasetID, parent.LayerID)
		}
		if err != nil {
			return err
		}
		row, err = s.insertSet(ctx, tx, op, n, row)
		if err != nil {
			return err
		}
		if !copied {
			out, err = readSet(ctx, &tx.ReadTx, &row) // nothing has changed yet, so there is nothing to count
			return err
		}
		if err := tx.CopyEditors(ctx, parent.ID, row.ID); err != nil {
			return err
		}
		out, err = bareSet(&tx.ReadTx, &row)
		return err
	})
	if err != nil {
		return AnnotationSet{}, err
	}
	if copied {
		out = s.withStats(ctx, op, out, before, now)
	}
	return out, nil
}

// SetByID returns the set with this id. The call computes the statistics of a draft, in time proportional to the labels
// of the audio files that the draft has changed since the published set it was made from.
//
// Errors: [ErrNotFound].
func (s *Store) SetByID(ctx context.Context, id uuid.UUID) (AnnotationSet, error) {
	const op = "get set"
	var out AnnotationSet
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, err := findSet(ctx, tx, op, id)
		if err != nil {
			return err
		}
		out, err = readSet(ctx, tx, &row)
		return err
	})
	return orZero(out, err)
}

// SetByVersion returns the set of a dataset with this version number.
//
// Errors: [ErrNotFound] if there is no such dataset or version.
func (s *Store) SetByVersion(ctx context.Context, datasetID uuid.UUID, version int) (AnnotationSet, error) {
	const op = "get set"
	return s.setOfDataset(ctx, op, datasetID, func(tx *sqlite.ReadTx, dataset int64) (sqlite.SetRow, error) {
		row, found, err := tx.SetByVersion(ctx, dataset, version)
		if err == nil && !found {
			err = &NotFoundError{Op: op, Kind: "set", ID: "version " + strconv.Itoa(version)}
		}
		return row, err
	})
}

// LatestPublished returns the published set of a dataset with the highest version number.
//
// Errors: [ErrNotFound] if there is no such dataset, or it has no published set.
func (s *Store) LatestPublished(ctx context.Context, datasetID uuid.UUID) (AnnotationSet, error) {
	const op = "get latest published set"
	return s.setOfDataset(ctx, op, datasetID, func(tx *sqlite.ReadTx, dataset int64) (sqlite.SetRow, error) {
		row, found, err := tx.LatestPublished(ctx, dataset)
		if err == nil && !found {
			err = &NotFoundError{Op: op, Kind: "published set", ID: "of dataset " + datasetID.String()}
		}
		return row, err
	})
}

// Sets returns the sets of a dataset that pass the filter, in order of version. The call computes the statistics of
// drafts, as [Store.SetByID] does.
//
// Errors: [ErrNotFound] if there is no such dataset; [*ValidationError].
func (s *Store) Sets(ctx context.Context, datasetID uuid.UUID, f SetFilter) ([]AnnotationSet, error) {
	const op = "list sets"
	p := &problems{op: op}
	if f.Status != "" && f.Status != StatusDraft && f.Status != StatusPublished {
		p.Add(-1, "status", "is %s, neither draft nor published", valid.Brief(string(f.Status)))
	}
	if f.Limit < 0 {
		p.Add(-1, "limit", "is negative: %d", f.Limit)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = -1
	}
	out := []AnnotationSet{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		dataset, err := findDataset(ctx, tx, op, datasetID)
		if err != nil {
			return err
		}
		rows, err := tx.Sets(ctx, dataset.ID, string(f.Status), f.AfterVersion, limit)
		if err != nil {
			return err
		}
		for _, row := range rows {
			set, err := readSet(ctx, tx, &row)
			if err != nil {
				return err
			}
			out = append(out, set)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateSet changes the notes and extra data of a draft, and returns the set as it is then. Other writers do not wait
// while the statistics are computed. If somebody edits the labels meanwhile, the set is returned as it is after that
// edit, or without statistics (with nil maps) if it can no longer be read.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published; [*ValidationError].
func (s *Store) UpdateSet(ctx context.Context, setID uuid.UUID, patch SetPatch) (AnnotationSet, error) {
	const op = "update set"
	p := &problems{op: op}
	if patch.Notes != nil {
		p.Text(-1, "notes", *patch.Notes)
	}
	if patch.ExtraData != nil {
		p.extra(patch.ExtraData)
	}
	if err := p.err(); err != nil {
		return AnnotationSet{}, err
	}
	if err := s.mayWrite(ctx, op); err != nil {
		return AnnotationSet{}, err // before anything is counted
	}
	before, err := s.countDraft(ctx, op, setID)
	if err != nil {
		return AnnotationSet{}, err
	}
	var out AnnotationSet
	var now countable
	err = s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		row, err := findDraft(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		if now, err = countableOf(ctx, &tx.ReadTx, &row); err != nil {
			return err
		}
		if patch.Notes != nil {
			row.Notes = *patch.Notes
		}
		if patch.ExtraData != nil {
			row.ExtraData = textOf(patch.ExtraData)
		}
		if err := tx.UpdateSet(ctx, row); err != nil {
			return err
		}
		if err := tx.SignEdit(row, s.person); err != nil {
			return err
		}
		if row, err = findSet(ctx, &tx.ReadTx, op, setID); err != nil {
			return err
		}
		out, err = bareSet(&tx.ReadTx, &row)
		return err
	})
	if err != nil {
		return AnnotationSet{}, err
	}
	return s.withStats(ctx, op, out, before, now), nil
}

// DeleteSet removes a draft with its contents and reviews. Its version number is not given again.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published. It names the models trained on the set.
func (s *Store) DeleteSet(ctx context.Context, setID uuid.UUID) error {
	const op = "delete set"
	return s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		row, err := findDraft(ctx, tx, op, setID)
		if err != nil {
			return nameModels(ctx, &tx.ReadTx, err, sqlite.RunFilter{SetID: &row.ID})
		}
		if err := layer.DropDraft(ctx, tx, &row); err != nil {
			return err
		}
		return tx.DeleteOrphanFiles(ctx, row.DatasetID)
	})
}

func (n *NewSet) check(op string) error {
	p := &problems{op: op}
	p.Text(-1, "notes", n.Notes)
	p.extra(n.ExtraData)
	return p.err()
}

// insertSet adds a draft and returns its row.
func (s *Store) insertSet(ctx context.Context, tx *sqlite.WriteTx, op string, n NewSet, row sqlite.SetRow,
) (sqlite.SetRow, error) {
	row.UUID, row.Notes, row.ExtraData = s.newID().String(), n.Notes, textOf(n.ExtraData)
	row.CreatedBy = s.signature()
	var err error
	if row.CreatedMS, err = s.stamp(op); err != nil {
		return sqlite.SetRow{}, err
	}
	if _, taken, err := tx.SetByUUID(ctx, row.UUID); err != nil {
		return sqlite.SetRow{}, err
	} else if taken {
		return sqlite.SetRow{}, &ExistsError{Op: op, Kind: "set", Name: row.UUID}
	}
	if _, err := tx.InsertSet(ctx, row); err != nil {
		return sqlite.SetRow{}, err
	}
	row, _, err = tx.SetByUUID(ctx, row.UUID)
	return row, err
}

func (s *Store) setOfDataset(ctx context.Context, op string, datasetID uuid.UUID,
	find func(tx *sqlite.ReadTx, dataset int64) (sqlite.SetRow, error),
) (AnnotationSet, error) {
	var out AnnotationSet
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		dataset, err := findDataset(ctx, tx, op, datasetID)
		if err != nil {
			return err
		}
		row, err := find(tx, dataset.ID)
		if err != nil {
			return err
		}
		out, err = readSet(ctx, tx, &row)
		return err
	})
	return orZero(out, err)
}

func findSet(ctx context.Context, tx *sqlite.ReadTx, op string, id uuid.UUID) (sqlite.SetRow, error) {
	row, found, err := tx.SetByUUID(ctx, id.String())
	if err == nil && !found {
		err = &NotFoundError{Op: op, Kind: "set", ID: id.String()}
	}
	return row, err
}

// findDraft finds a set to change.
func findDraft(ctx context.Context, tx *sqlite.WriteTx, op string, id uuid.UUID) (sqlite.SetRow, error) {
	row, err := findSet(ctx, &tx.ReadTx, op, id)
	if err == nil && row.Status == sqlite.StatusPublished {
		err = immutable(op, &row)
	}
	return row, err
}

// findPublished finds a set that can no longer change.
func findPublished(ctx context.Context, tx *sqlite.ReadTx, op string, id uuid.UUID) (sqlite.SetRow, error) {
	row, err := findSet(ctx, tx, op, id)
	if err == nil && row.Status != sqlite.StatusPublished {
		err = &DraftError{Op: op, SetID: id, Version: row.Version}
	}
	return row, err
}

func immutable(op string, r *sqlite.SetRow) error {
	id, err := idOf("set", r.UUID)
	if err != nil {
		return err
	}
	return &ImmutableError{Op: op, SetID: id, Version: r.Version, PublishedAt: timeOf(*r.PublishedMS)}
}

// setOf converts a row and its editors to a set without statistics.
func setOf(r *sqlite.SetRow, editors []string) (AnnotationSet, error) {
	set := AnnotationSet{
		Version: r.Version, Status: Status(r.Status), Notes: r.Notes, ExtraData: jsonOf(r.ExtraData),
		CreatedAt: timeOf(r.CreatedMS), CreatedBy: nameOf(r.CreatedBy), EditedBy: editors,
		PublishedBy: nameOf(r.PublishedBy), Revision: r.Revision,
	}
	var err error
	if set.ID, err = idOf("set", r.UUID); err != nil {
		return AnnotationSet{}, err
	}
	if set.DatasetID, err = idOf("dataset", r.DatasetUUID); err != nil {
		return AnnotationSet{}, err
	}
	if r.ParentUUID != nil {
		parent, err := idOf("parent", *r.ParentUUID)
		if err != nil {
			return AnnotationSet{}, err
		}
		set.ParentID = &parent
	}
	if r.Status == sqlite.StatusPublished {
		at := timeOf(*r.PublishedMS)
		set.PublishedAt, set.Digest = &at, *r.Digest
	}
	return set, nil
}

// readSet converts a row to a set with statistics. For a draft it takes time in proportion to what the draft has
// changed.
func readSet(ctx context.Context, tx *sqlite.ReadTx, r *sqlite.SetRow) (AnnotationSet, error) {
	set, err := bareSet(tx, r)
	if err != nil {
		return AnnotationSet{}, err
	}
	totals, err := survey.Of(ctx, tx, r)
	set.Stats = Stats(totals)
	return set, err
}

// bareSet converts a row to a set without statistics.
func bareSet(tx *sqlite.ReadTx, r *sqlite.SetRow) (AnnotationSet, error) {
	editors, err := tx.Editors(r.ID)
	if err != nil {
		return AnnotationSet{}, err
	}
	return setOf(r, editors)
}

// counted has the totals of a draft in one state.
type counted struct {
	countable
	totals survey.Totals
}

// countable is all that the totals of a draft depend on.
type countable struct {
	revision int64
	types    []string // that the dataset declares: the totals have each of them, zeros included
}

func countableOf(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) (countable, error) {
	rows, err := tx.DeclaredTypes(ctx, set.DatasetID)
	c := countable{revision: set.Revision, types: make([]string, len(rows))}
	for i, r := range rows {
		c.types[i] = r.Name
	}
	return c, err
}

// countDraft counts the contents of a draft before a call writes, so that no other writer waits for it. It does not
// count a published set.
func (s *Store) countDraft(ctx context.Context, op string, setID uuid.UUID) (c counted, err error) {
	err = s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, err := findSet(ctx, tx, op, setID)
		if err != nil || row.Status == sqlite.StatusPublished {
			return err
		}
		if c.countable, err = countableOf(ctx, tx, &row); err != nil {
			return err
		}
		c.totals, err = survey.Of(ctx, tx, &row)
		return err
	})
	return c, err
}

// withStats adds the statistics to a draft that was just written. It uses those counted before, or reads the draft anew
// if somebody has edited it, or the vocabulary, in between. The draft is committed by then, so no failure here is an
// error of the call.
func (s *Store) withStats(ctx context.Context, op string, written AnnotationSet, c counted, now countable,
) AnnotationSet {
	if c.revision == now.revision && slices.Equal(c.types, now.types) {
		written.Stats = Stats(c.totals)
		return written
	}
	ctx = context.WithoutCancel(ctx)
	set := written
	if err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, err := findSet(ctx, tx, op, written.ID)
		if err == nil {
			set, err = readSet(ctx, tx, &row)
		}
		return err
	}); err != nil {
		return written
	}
	return set
}
