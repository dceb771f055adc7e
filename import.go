package annoset

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/insert"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/sqlite"
)

// ImportOptions configure [Store.Import]. Nil and the zero value mean the defaults. The functions are called by the
// goroutine that imports, while it holds the store's writer, and must not use the store.
type ImportOptions struct {
	// Progress is called now and then with the number of labels added so far, and once at the end, before the commit.
	Progress func(done int)
	// SkipExisting leaves out labels that the set already has: equal in audio file, artifact type, start, end, confidence
	// and extra data (to the byte), each as often as the set had it before the import. So a file can be imported again
	// after labels were added to it. It takes about 50 bytes of memory for each label of the audio files named.
	SkipExisting bool
	// Clean is called once after the last label. It returns audio files to mark as clean, as [Store.MarkClean] does.
	Clean func() []string
	// AudioFiles is called once after the last label. It returns audio files to register, as [Store.AddAudioFiles] does.
	AudioFiles func() []AudioFile
	// Place is called after each label that the stream yields. It returns the place of that label, which becomes
	// [Problem.At] of each problem with the label.
	Place func() Place
}

// Import adds a stream of labels to a draft, in one transaction and in bounded memory, and returns how many it added.
// All are added, or none: an error from the stream ends the import. Annotation.ID is ignored. A label on an audio file
// that is marked as clean removes the mark. Options may be nil.
//
// The store's only writer is held until the stream ends. So the stream may read from this store, but must not write to
// it or close it. A store in memory reads the whole stream before it writes.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published; a [*ValidationError] with every bad field,
// labels being counted from 0 in the order of the stream; a [*HasLabelsError] if an audio file of ImportOptions.Clean
// has labels; the error of the stream.
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
	if err := s.mayWrite(ctx, op); err != nil {
		return 0, err // before the stream is read
	}
	place := opts.Place
	if s.db.InMemory() {
		labels, place = readAhead(ctx, labels, place)
	}
	p := &problems{op: op}
	n := 0
	err := s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		in, err := insert.New(tx, set, &p.Problems)
		if err != nil {
			return err
		}
		stream := insert.NewStream(in)
		stream.Progress = opts.Progress
		if opts.SkipExisting {
			stream.SkipExisting()
		}
		if n, err = stream.Run(ctx, placed(p, labels, place)); err != nil {
			return p.or(err)
		}
		return finishImport(ctx, tx, set, p, opts)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// readAhead reads a whole stream before the store is held, for a store with one connection. The place that it returns
// is that of the label yielded last.
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
			break // the import itself returns the error
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

// placed converts annotations to labels, and notes the place of each label that has problems.
func placed(p *problems, labels iter.Seq2[Annotation, error], place func() Place) iter.Seq2[label.Label, error] {
	return func(yield func(label.Label, error) bool) {
		for a, err := range labels {
			if err != nil {
				yield(label.Label{}, err)
				return
			}
			if place == nil {
				if !yield(labelOf(&a), nil) {
					return
				}
				continue
			}
			at := place()
			more := yield(labelOf(&a), nil)
			for len(p.places) < len(p.List) {
				p.places = append(p.places, at)
			}
			if !more {
				return
			}
		}
	}
}

// finishImport marks and registers what the options ask for after the last label.
func finishImport(ctx context.Context, tx *sqlite.WriteTx, set *sqlite.SetRow, p *problems, opts *ImportOptions) error {
	if opts.Clean != nil {
		for i, name := range opts.Clean() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !p.Name(i, "clean", name) {
				continue
			}
			if err := insert.MarkClean(ctx, tx, set, name); err != nil {
				return err
			}
		}
	}
	if opts.AudioFiles != nil {
		files := opts.AudioFiles()
		p.audioFiles(files)
		if err := p.err(); err != nil {
			return err
		}
		if err := registerFiles(ctx, tx, p, set.DatasetID, files); err != nil {
			return err
		}
	}
	return p.err()
}
