package annoset

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// Add writes labels to a draft and returns their new ids, in the order of the labels; Annotation.ID is not looked at.
// All are added, or none. A label on an audio file that is marked as clean takes the mark away.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published; a [*ValidationError] that names every bad
// field.
func (s *Store) Add(ctx context.Context, setID uuid.UUID, annotations ...Annotation) ([]int64, error) {
	const op = "add"
	var ids []int64
	err := s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		in, err := newInserter(tx, op, set)
		if err != nil {
			return err
		}
		rows := make([]sqlite.LabelRow, len(annotations))
		for i := range annotations {
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if rows[i], err = in.row(ctx, &annotations[i]); err != nil {
				return err
			}
		}
		if err := in.problems.err(); err != nil {
			return err
		}
		if len(rows) < bulkRows {
			ids, err = in.one(ctx, rows)
			return err
		}
		return tx.WithoutGuards(ctx, func() (err error) {
			ids, err = in.bulk(ctx, rows)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// Update replaces the label of a draft that has the id of a; the id stays. In every other set the label is as it was.
//
// Errors: [ErrNotFound] if there is no such set, or no label of that id in it; an [*ImmutableError] if the set is
// published; [*ValidationError].
func (s *Store) Update(ctx context.Context, setID uuid.UUID, a Annotation) error {
	const op = "update"
	return s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		old, err := findLabel(ctx, &tx.ReadTx, op, set, a.ID)
		if err != nil {
			return err
		}
		in, err := newInserter(tx, op, set)
		if err != nil {
			return err
		}
		in.n = -1 // there is no bulk
		file, typeID, err := in.check(&a)
		if err != nil {
			return err
		}
		if err := in.problems.err(); err != nil {
			return err
		}
		row := rowOf(&a, file.id, typeID)
		row.ID, row.Depth = old.ID, old.Depth
		if row == old {
			return nil
		}
		if row, err = in.admit(ctx, &a, file, typeID); err != nil {
			return err
		}
		row.ID = old.ID
		if err := removeLabel(ctx, tx, set, old); err != nil {
			return err
		}
		return tx.InsertLabels(ctx, set.LayerID, []sqlite.LabelRow{row})
	})
}

// Delete removes the labels of these ids from a draft; every other set keeps them. All are removed, or none.
//
// Errors: [ErrNotFound] if there is no such set, or a label is not in it; an [*ImmutableError] if the set is
// published.
func (s *Store) Delete(ctx context.Context, setID uuid.UUID, ids ...int64) error {
	const op = "delete"
	return s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			row, err := findLabel(ctx, &tx.ReadTx, op, set, id)
			if err != nil {
				return err
			}
			if err := removeLabel(ctx, tx, set, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// removeLabel takes a label out of a draft: its row, where the draft wrote it, or else by a removal that hides it.
func removeLabel(ctx context.Context, tx *sqlite.WriteTx, set *sqlite.SetRow, row sqlite.LabelRow) error {
	if row.Depth == 0 {
		return tx.DeleteLabel(ctx, set.LayerID, row)
	}
	if err := setClean(ctx, tx, set.LayerID, row.FileID, false); err != nil {
		return err
	}
	return tx.InsertRemoval(ctx, set.LayerID, row)
}

func findLabel(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow, id int64) (sqlite.LabelRow, error) {
	row, found, err := tx.LabelByID(ctx, set.LayerID, id)
	if err == nil && !found {
		err = &NotFoundError{Op: op, Kind: "annotation", ID: strconv.FormatInt(id, 10)}
	}
	return row, err
}
