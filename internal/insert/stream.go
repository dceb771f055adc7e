package insert

import (
	"context"
	"fmt"
	"iter"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/sqlite"
)

// Batch is how many labels are held in memory at once, in about 5 MB, and batchBytes how much extra data. They are sorted
// in the order of the table before they are written, so that input in any order makes blocks of some length.
const (
	Batch      = 1 << 15
	batchBytes = 1 << 23
)

// StreamError is what the caller's own stream of labels yielded. Whatever it wraps is no error of this store.
type StreamError struct {
	Label int // that would have come next, from 0
	Err   error
}

func (e *StreamError) Error() string {
	return fmt.Sprintf("label %d of the stream: %v", e.Label, e.Err)
}

// Unwrap returns the error of the stream.
func (e *StreamError) Unwrap() error { return e.Err }

// Stream writes a stream of labels in batches.
type Stream struct {
	*Inserter
	Progress func(done int) // nil: nobody asks

	known   *existing // labels to leave out; nil: none
	skipped int
	batch   []sqlite.LabelRow
}

// done is how many labels were taken.
func (im *Stream) done() int { return im.n - im.skipped }

// SkipExisting leaves out the labels that the set has already, each as often as it has it.
func (im *Stream) SkipExisting() {
	im.known = &existing{tx: &im.tx.ReadTx, set: im.set, files: make(map[string]map[labelKey]int)}
}

// Run writes the whole stream and returns how many labels were added. A short stream is written as Add writes; from the
// second batch on, in bulk. An error that the stream yields comes as a [*StreamError].
func (im *Stream) Run(ctx context.Context, labels iter.Seq2[label.Label, error]) (int, error) {
	next, stop := iter.Pull2(labels)
	defer stop()
	more, err := im.fill(ctx, next)
	if err != nil {
		return 0, err
	}
	if !more && len(im.batch) < layer.BulkRows {
		if _, err := im.one(ctx, im.batch); err != nil {
			return 0, err
		}
	} else if err := im.tx.WithoutGuards(ctx, func() error {
		for {
			if _, err := im.bulk(ctx, im.batch); err != nil || !more {
				return err
			}
			im.report()
			if more, err = im.fill(ctx, next); err != nil {
				return err
			}
		}
	}); err != nil {
		return 0, err
	}
	im.report()
	return im.done(), nil
}

func (im *Stream) report() {
	if im.Progress != nil {
		im.Progress(im.done())
	}
}

// fill takes the next batch, and reports whether the stream may go on. After a bad label it goes on to the end, or until
// enough problems are found, to name them all.
func (im *Stream) fill(ctx context.Context, next func() (label.Label, error, bool)) (bool, error) {
	im.batch = im.batch[:0]
	bytes := 0
	for {
		l, err, ok := next()
		if !ok {
			return false, im.problems.Err()
		}
		if err != nil {
			return false, &StreamError{Label: im.n, Err: err}
		}
		if im.n%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if im.known != nil {
			there, err := im.known.take(ctx, &l)
			if err != nil {
				return false, err
			}
			if there {
				im.n++
				im.skipped++
				continue
			}
		}
		row, err := im.row(ctx, &l)
		if err != nil {
			return false, err
		}
		switch {
		case im.problems.More:
			return false, im.problems.Err()
		case len(im.problems.List) > 0:
			continue
		}
		bytes += len(row.ExtraData)
		if im.batch = append(im.batch, row); len(im.batch) == Batch || bytes >= batchBytes {
			return true, nil
		}
	}
}
