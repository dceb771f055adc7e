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

// ImportOptions configure [Store.Import]. Nil and the zero value mean the defaults. The functions are called by the
// goroutine that imports, while the store's writer is held, and must not use the store.
type ImportOptions struct {
	// Progress is called now and then with the number of labels that were added so far, and once at the end, before they
	// are committed.
	Progress func(done int)
	// SkipExisting leaves out labels that the set has already: those of the same audio file, artifact type, start, end,
	// confidence and extra data (to the byte), each as often as the set had it before the import. So the same labels can be
	// imported again after some were added. It takes about 50 bytes of memory for each label of the audio files named.
	SkipExisting bool
	// Clean is called once after the last label, and returns the audio files to mark as clean, as [Store.MarkClean] does.
	Clean func() []string
	// AudioFiles is called once after the last label, and returns the audio files to register, as [Store.AddAudioFiles]
	// does.
	AudioFiles func() []AudioFile
	// Place is called after each label that the stream yields, and returns where that label stands: it becomes
	// [Problem.At] of what is wrong with the label.
	Place func() Place
}

// Import writes a stream of labels of any length to a draft, in bounded memory, and returns how many were added. All
// are added, or none: an error that the stream yields ends the import, and nothing was written. Annotation.ID is
// ignored. A label on an audio file that is marked as clean removes the mark. The store's one writer is held until
// the stream ends, so the stream may read from this store, but must not write to it or close it. A store in memory reads
// the whole stream before it writes. Options may be nil.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published; a [*ValidationError] that names the bad fields, with
// labels counted from 0 in the order of the stream; [ErrConflict] if an audio file of ImportOptions.Clean has labels; the
// error of the stream.
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
	place := opts.Place
	if s.db.InMemory() {
		labels, place = readAhead(ctx, labels, place)
	}
	n := 0
	err := s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		im := &importer{progress: opts.Progress}
		var err error
		if im.inserter, err = newInserter(tx, op, set); err != nil {
			return err
		}
		if opts.SkipExisting {
			im.known = &existing{tx: &tx.ReadTx, set: set, files: make(map[string]map[labelKey]int)}
		}
		if n, err = im.run(ctx, placed(im.problems, labels, place)); err != nil {
			return err
		}
		return im.finish(ctx, opts)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// readAhead reads all of a stream before the store is held, for a store with one connection. The place that it returns
// is that of the label yielded last, as the caller's place was when the label was read.
func readAhead(ctx context.Context, labels iter.Seq2[Annotation, error], place func() Place,
) (iter.Seq2[Annotation, error], func() Place) {
	var all []Annotation
	var places []Place
	var failed error
	for a, err := range labels {
		if err != nil {
			failed = err
			break
		}
		if place != nil {
			places = append(places, place())
		}
		if all = append(all, a); len(all)%1024 == 0 && ctx.Err() != nil {
			break // the import itself will say so
		}
	}
	at := 0
	ahead := func(yield func(Annotation, error) bool) {
		for i, a := range all {
			at = i
			if !yield(a, nil) {
				return
			}
		}
		if failed != nil {
			yield(Annotation{}, failed)
		}
	}
	if place == nil {
		return ahead, nil
	}
	return ahead, func() Place { return places[at] }
}

// placed adds to each problem that the importer finds where its label stands.
func placed(p *problems, labels iter.Seq2[Annotation, error], place func() Place) iter.Seq2[Annotation, error] {
	if place == nil {
		return labels
	}
	return func(yield func(Annotation, error) bool) {
		for a, err := range labels {
			var at Place
			if err == nil {
				at = place()
			}
			more := yield(a, err)
			for len(p.places) < len(p.List) {
				p.places = append(p.places, at)
			}
			if !more {
				return
			}
		}
	}
}

// importer writes a stream in batches.
type importer struct {
	*inserter
	progress func(done int)
	known    *existing // labels to leave out; nil: none
	skipped  int
	batch    []sqlite.LabelRow
}

// done is how many labels were taken.
func (im *importer) done() int { return im.n - im.skipped }

// finish does what is left to do after the last label.
func (im *importer) finish(ctx context.Context, opts *ImportOptions) error {
	if opts.Clean != nil {
		for i, name := range opts.Clean() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !im.problems.Name(i, "clean", name) {
				continue
			}
			if err := markClean(ctx, im.tx, im.set, name); err != nil {
				return err
			}
		}
	}
	if opts.AudioFiles != nil {
		files := opts.AudioFiles()
		im.problems.audioFiles(files)
		if err := im.problems.err(); err != nil {
			return err
		}
		if err := registerFiles(ctx, im.tx, im.problems, im.set.DatasetID, files); err != nil {
			return err
		}
	}
	return im.problems.err()
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
	return im.done(), nil
}

func (im *importer) report() {
	if im.progress != nil {
		im.progress(im.done())
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
		if im.known != nil {
			there, err := im.known.take(ctx, &a)
			if err != nil {
				return false, err
			}
			if there {
				im.n++
				im.skipped++
				continue
			}
		}
		row, err := im.row(ctx, &a)
		if err != nil {
			return false, err
		}
		switch {
		case im.problems.More:
			return false, im.problems.err()
		case len(im.problems.List) > 0:
			continue
		}
		bytes += len(row.ExtraData)
		if im.batch = append(im.batch, row); len(im.batch) == importBatch || bytes >= importBytes {
			return true, nil
		}
	}
}
