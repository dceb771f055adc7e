package annoset

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// CopyAnnotations adds the labels of a set that pass the filter to a draft, with new ids, and returns how many there
// were. The source may be any set, of another dataset too. Clean marks are not copied, and those of the draft are taken
// away where labels come. Who edited a draft that labels come from becomes an editor of this one too. All are added, or
// none.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the draft is published; [ErrConflict] if both sets are the same; a
// [*ValidationError] if the filter is bad, or if the draft's dataset does not take one of the labels.
func (s *Store) CopyAnnotations(ctx context.Context, dstSetID, srcSetID uuid.UUID, f Filter) (int, error) {
	const op = "copy annotations"
	if err := f.check(op); err != nil {
		return 0, err
	}
	n := 0
	err := s.edit(ctx, op, dstSetID, func(tx *sqlite.WriteTx, dst *sqlite.SetRow) error {
		src, err := findSet(ctx, &tx.ReadTx, op, srcSetID)
		if err != nil {
			return err
		}
		if src.ID == dst.ID {
			return fmt.Errorf("%w: source and destination are one set", ErrConflict)
		}
		in, err := newInserter(tx, op, dst)
		if err != nil {
			return err
		}
		n, err = copyLabels(ctx, in, &src, &f)
		if err != nil || n == 0 || src.Status == sqlite.StatusPublished {
			return err
		}
		return tx.CopyEditors(ctx, src.ID, dst.ID)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// copyLabels adds the labels of a set that pass to a draft.
func copyLabels(ctx context.Context, in *inserter, src *sqlite.SetRow, f *Filter) (int, error) {
	r, err := newReader(ctx, &in.tx.ReadTx, src, f)
	if err != nil {
		return 0, err
	}
	// Guards come and go while nothing is being read, so whether it is worth while is asked before.
	many := false
	for _, layer := range r.stack {
		if many, err = manyLabels(ctx, in.tx, layer.ID); err != nil || many {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	if many {
		err = in.tx.WithoutGuards(ctx, func() error { return in.copyFrom(ctx, r, in.bulk) })
	} else {
		err = in.copyFrom(ctx, r, in.one)
	}
	return in.n, err
}

// copyFrom hands what a reader yields to write, in batches.
func (in *inserter) copyFrom(ctx context.Context, r *reader,
	write func(context.Context, []sqlite.LabelRow) ([]int64, error),
) error {
	var batch []sqlite.LabelRow
	bytes := 0
	err := r.each(ctx, Position{}, func(f *sqlite.SeenFile, row *sqlite.LabelRow) error {
		a := r.annotation(f, row)
		copied, err := in.row(ctx, &a)
		switch {
		case err != nil:
			return err
		case in.problems.More:
			return in.problems.err()
		case len(in.problems.List) > 0:
			return nil
		}
		bytes += len(copied.ExtraData)
		if batch = append(batch, copied); len(batch) < importBatch && bytes < importBytes {
			return nil
		}
		_, err = write(ctx, batch)
		batch, bytes = batch[:0], 0
		return err
	})
	if err != nil {
		return err
	}
	if err := in.problems.err(); err != nil {
		return err
	}
	_, err = write(ctx, batch)
	return err
}
