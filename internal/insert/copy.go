package insert

import (
	"context"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// CopyFrom adds the labels that a reader reads, with new ids, and returns how many it added.
func (in *Inserter) CopyFrom(ctx context.Context, r *reader.Reader) (n int, err error) {
	// Guards cannot be dropped while a read is in progress, so decide that first.
	many := false
	for _, below := range r.Stack {
		if many, err = layer.Many(ctx, in.tx, below.ID); err != nil || many {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	if many {
		err = in.tx.WithoutGuards(ctx, func() error { return in.copyLabels(ctx, r, in.bulk) })
	} else {
		err = in.copyLabels(ctx, r, in.one)
	}
	return in.n, err
}

// copyLabels passes the labels that a reader reads to write, in batches.
func (in *Inserter) copyLabels(
	ctx context.Context, r *reader.Reader, write func(context.Context, []sqlite.LabelRow) ([]int64, error),
) error {
	var batch []sqlite.LabelRow
	bytes := 0
	err := r.Each(ctx, reader.Position{}, func(l label.Label) error {
		copied, err := in.row(ctx, &l)
		switch {
		case err != nil:
			return err
		case in.problems.More:
			return in.problems.Err()
		case len(in.problems.List) > 0:
			return nil
		}
		bytes += len(copied.ExtraData)
		if batch = append(batch, copied); len(batch) < Batch && bytes < batchBytes {
			return nil
		}
		_, err = write(ctx, batch)
		batch, bytes = batch[:0], 0
		return err
	})
	if err != nil {
		return err
	}
	if err := in.problems.Err(); err != nil {
		return err
	}
	_, err = write(ctx, batch)
	return err
}
