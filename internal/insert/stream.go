package insert

import (
	"context"
	"fmt"
	"iter"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/sqlite"
)

// Batch is the greatest number of labels that are held in memory at once, in about 5 MB; batchBytes is the same for the
// bytes of their extra data. A batch is sorted in the order of the table before it is written, so that input in any
// order makes long blocks.
const (
	Batch      = 1 << 15
	batchBytes = 1 << 23
)

// StreamError is an error that the caller's own stream of labels yielded. What it wraps is not an error of the store.
type StreamError struct {
	Label int // the label that would have come next, from 0
	Err   error
}

func (e *StreamError) Error() string {
	return fmt.Sprintf("label %d of the stream: %v", e.Label, e.Err)
}

// Unwrap returns the error of the stream.
func (e *StreamError) Unwrap() error { return e.Err }

// Stream adds a stream of labels to a draft, in batches.
type Stream struct {
	// Progress, if not nil, is called after each batch with the number of labels added so far.
	Progress func(done int)

	in      *Inserter
	known   *existing // labels to leave out; nil: none
	skipped int
	batch   []sqlite.LabelRow
}

// NewStream returns a Stream that adds labels through a new Inserter.
func NewStream(in *Inserter) *Stream { return &Stream{in: in} }

// SkipExisting leaves out labels that the set has already, each as often as the set has it.
func (s *Stream) SkipExisting() {
	s.known = &existing{tx: &s.in.tx.ReadTx, set: s.in.set, files: make(map[string]map[labelKey]int)}
}

// Run adds all labels of a stream and returns how many it added. A stream of fewer than [layer.BulkRows] labels is
// written label by label, a longer one in bulk. An error from the stream is returned as a [*StreamError].
func (s *Stream) Run(ctx context.Context, labels iter.Seq2[label.Label, error]) (int, error) {
	next, stop := iter.Pull2(labels)
	defer stop()
	more, err := s.fill(ctx, next)
	if err != nil {
		return 0, err
	}
	if !more && len(s.batch) < layer.BulkRows {
		if _, err := s.in.one(ctx, s.batch); err != nil {
			return 0, err
		}
	} else if err := s.in.tx.WithoutGuards(ctx, func() error {
		for {
			if _, err := s.in.bulk(ctx, s.batch); err != nil || !more {
				return err
			}
			s.report()
			if more, err = s.fill(ctx, next); err != nil {
				return err
			}
		}
	}); err != nil {
		return 0, err
	}
	s.report()
	return s.done(), nil
}

// done returns the number of labels that were accepted.
func (s *Stream) done() int { return s.in.n - s.skipped }

func (s *Stream) report() {
	if s.Progress != nil {
		s.Progress(s.done())
	}
}

// fill reads the next batch, and reports whether the stream may have more labels. After a bad label it goes on to the
// end, or until the list of problems is full, to find the other bad ones.
func (s *Stream) fill(ctx context.Context, next func() (label.Label, error, bool)) (bool, error) {
	problems := s.in.problems
	s.batch = s.batch[:0]
	bytes := 0
	for {
		l, err, ok := next()
		if !ok {
			return false, problems.Err()
		}
		if err != nil {
			return false, &StreamError{Label: s.in.n, Err: err}
		}
		if s.in.n%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		if s.known != nil {
			skip, err := s.known.take(ctx, &l)
			if err != nil {
				return false, err
			}
			if skip {
				s.in.n++
				s.skipped++
				continue
			}
		}
		row, err := s.in.row(ctx, &l)
		if err != nil {
			return false, err
		}
		switch {
		case problems.More:
			return false, problems.Err()
		case len(problems.List) > 0:
			continue
		}
		bytes += len(row.ExtraData)
		if s.batch = append(s.batch, row); len(s.batch) == Batch || bytes >= batchBytes {
			return true, nil
		}
	}
}
