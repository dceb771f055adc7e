package annoset

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// importBatch is how many labels are held in memory at once, in some 5 MB, and importBytes how much extra data. They
// are put in the order of the table before they are written, so that input in any order makes blocks of some length.
const (
	importBatch = 1 << 15
	importBytes = 1 << 23
)

// ImportOptions tell how to import. The zero value, and a nil pointer, are good defaults.
type ImportOptions struct {
	// Progress, if not nil, is called now and then with the number of labels that were taken so far, and at the end.
	// It is called before the labels are committed, from the goroutine that imports, and must not use the store.
	Progress func(done int)
}

// Import writes a stream of labels of any length to a draft, in bounded memory, and returns how many there were. All
// are added, or none: an error that the stream yields ends the import, and nothing was written. Annotation.ID is not
// looked at. A label on an audio file that is marked as clean takes the mark away. The store's one writer is held until
// the stream ends, so the stream may read from this store, but must not write to it or close it.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published; a [*ValidationError] that names the bad fields,
// the labels being counted from 0 in the order of the stream; the error of the stream.
func (s *Store) Import(ctx context.Context, setID uuid.UUID, labels iter.Seq2[Annotation, error],
	opts *ImportOptions,
) (int, error) {
	const op = "import"
	if opts == nil {
		opts = &ImportOptions{}
	}
	if err := given(op, "labels", labels != nil); err != nil {
		return 0, err
	}
	if s.db.InMemory() {
		labels = readAhead(ctx, labels)
	}
	n := 0
	err := s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) (err error) {
		im := &importer{progress: opts.Progress}
		if im.inserter, err = newInserter(tx, op, set); err != nil {
			return err
		}
		n, err = im.run(ctx, labels)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// readAhead reads all of a stream before the store is held, for a store with one connection.
func readAhead(ctx context.Context, labels iter.Seq2[Annotation, error]) iter.Seq2[Annotation, error] {
	var all []Annotation
	var failed error
	for a, err := range labels {
		if err != nil {
			failed = err
			break
		}
		if all = append(all, a); len(all)%1024 == 0 && ctx.Err() != nil {
			break // the import itself will say so
		}
	}
	return func(yield func(Annotation, error) bool) {
		for _, a := range all {
			if !yield(a, nil) {
				return
			}
		}
		if failed != nil {
			yield(Annotation{}, failed)
		}
	}
}

// importer writes a stream in batches.
type importer struct {
	*inserter
	progress func(done int)
	batch    []sqlite.LabelRow
}

// run takes the whole stream. A short one is written as Add writes; from the second batch on, in bulk.
func (im *importer) run(ctx context.Context, labels iter.Seq2[Annotation, error]) (int, error) {
	next, stop := iter.Pull2(labels)
	defer stop()
	more, err := im.fill(ctx, next)
	if err != nil {
		return 0, err
	}
	if !more && len(im.batch) < bulkRows {
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
	return im.n, nil
}

func (im *importer) report() {
	if im.progress != nil {
		im.progress(im.n)
	}
}

// fill takes the next batch, and tells whether the stream may go on. Once a label was bad it goes on to the end, or
// until enough is found, to name them all.
func (im *importer) fill(ctx context.Context, next func() (Annotation, error, bool)) (bool, error) {
	im.batch = im.batch[:0]
	bytes := 0
	for {
		a, err, ok := next()
		if !ok {
			return false, im.problems.err()
		}
		if err != nil {
			return false, &streamError{label: im.n, err: err}
		}
		if im.n%1024 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		row, err := im.row(ctx, &a)
		if err != nil {
			return false, err
		}
		switch {
		case im.problems.more:
			return false, im.problems.err()
		case len(im.problems.list) > 0:
			continue
		}
		bytes += len(row.ExtraData)
		if im.batch = append(im.batch, row); len(im.batch) == importBatch || bytes >= importBytes {
			return true, nil
		}
	}
}
