package annoset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/filename"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/sqlite"
)

// ExportToOptions tell how to export a set in some format. The zero value, and a nil pointer, are good defaults.
type ExportToOptions struct {
	// WriteOptions.Clean and Durations are filled from the set and its dataset.
	WriteOptions
	// Filter narrows what is written. Clean audio files are narrowed by Filter.AudioFileIDs alone.
	Filter Filter
}

// ExportTo writes a set in some format, in order of audio file, start and id, as one state of the store shows it. See
// [WriteLabels] for what a format may lose, which the report counts, and for formats that hold one audio file: they are
// written by [Store.ExportToDir], or with a filter for one audio file. In a store in memory w must not use the store.
//
// Errors: [ErrNotFound]; a [*ValidationError]; the writer's own.
func (s *Store) ExportTo(ctx context.Context, setID uuid.UUID, w io.Writer, f Format, opts *ExportToOptions,
) (WriteReport, error) {
	const op = "export"
	if err := given(op, "writer", w != nil); err != nil {
		return WriteReport{}, err
	}
	var report WriteReport
	err := s.readExport(ctx, op, setID, opts, func(e *formatExport) (err error) {
		report, err = e.write(ctx, w, f, nil)
		return err
	})
	return orZero(report, err)
}

// ExportToDir writes a set to a new folder, one file of some format for each audio file that bears labels or is clean. Files
// are named as those of [Store.Export], with the format's own ending, and [Store.ImportFromFS] reads the names back; of an
// audio file id that is too long for a file name only the beginning and a hash are kept, with a remark where the format
// does not say the id itself. The folder appears once all is there, as that of [Store.Export] does.
//
// Errors: [ErrNotFound]; [ErrExists] if there is something at dir other than an empty folder; a [*ValidationError]; those of
// the file system. After an error there is nothing at dir.
func (s *Store) ExportToDir(ctx context.Context, setID uuid.UUID, dir string, f Format, opts *ExportToOptions,
) (WriteReport, error) {
	op := fmt.Sprintf("export to %q", dir)
	var report WriteReport
	if err := s.gone(); err != nil {
		return report, translate(op, err)
	}
	err := s.outcome(op, whole.Write(whole.Folder, dir, func(temp string) error {
		return s.readExport(ctx, op, setID, opts, func(e *formatExport) (err error) {
			if err := os.Mkdir(temp, 0o777); err != nil {
				return err
			}
			report, err = e.writeDir(ctx, temp, f)
			return err
		})
	}))
	return orZero(report, err)
}

// formatExport writes a set as one state of the store shows it.
type formatExport struct {
	op     string
	tx     *sqlite.ReadTx
	set    sqlite.SetRow
	opts   ExportToOptions
	wanted map[string]bool // audio files; nil: all
}

func (s *Store) readExport(ctx context.Context, op string, setID uuid.UUID, opts *ExportToOptions,
	write func(*formatExport) error,
) error {
	e := &formatExport{op: op}
	if opts != nil {
		e.opts = *opts
	}
	if err := e.opts.Filter.check(op); err != nil {
		return err
	}
	return s.read(ctx, op, func(tx *sqlite.ReadTx) (err error) {
		if e.set, err = findSet(ctx, tx, op, setID); err != nil {
			return err
		}
		e.tx = tx
		if err := e.durations(ctx); err != nil {
			return err
		}
		return write(e)
	})
}

// durations fills what the options say of the audio files.
func (e *formatExport) durations(ctx context.Context) error {
	if ids := e.opts.Filter.AudioFileIDs; len(ids) > 0 {
		e.wanted = make(map[string]bool, len(ids))
		for _, id := range ids {
			e.wanted[id] = true
		}
	}
	rows, err := e.tx.Files(ctx, e.set.DatasetID)
	if err != nil {
		return err
	}
	known := make(map[string]int64)
	for _, r := range rows {
		if r.DurationMS > 0 {
			known[r.Name] = r.DurationMS
		}
	}
	for id, ms := range e.opts.Durations { // the caller's own count more
		known[id] = ms
	}
	e.opts.Durations, e.opts.Clean = known, nil
	return e.tx.SeenFiles(ctx, e.set.LayerID, func(f *sqlite.SeenFile) error {
		if f.Clean && (e.wanted == nil || e.wanted[f.Name]) {
			e.opts.Clean = append(e.opts.Clean, f.Name)
		}
		return nil
	})
}

// write writes the labels that pass the filter, or those of one audio file.
func (e *formatExport) write(ctx context.Context, w io.Writer, f Format, only *sqlite.SeenFile) (WriteReport, error) {
	filter, opts := e.opts.Filter, e.opts.WriteOptions
	if only != nil {
		filter.AudioFileIDs, opts.Clean = []string{only.Name}, nil
		if only.Clean {
			opts.Clean = []string{only.Name}
		}
	}
	return WriteLabels(w, f, e.labels(ctx, &filter), &opts)
}

func (e *formatExport) labels(ctx context.Context, filter *Filter) iter.Seq2[Annotation, error] {
	return func(yield func(Annotation, error) bool) {
		r, err := reader.New(ctx, e.tx, &e.set, readerFilter(filter))
		if err == nil {
			err = r.Each(ctx, reader.Position{}, func(l label.Label) error {
				if !yield(annotationOf(&l), nil) {
					return errStop
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(Annotation{}, err)
		}
	}
}

// writeDir writes a file for each audio file.
func (e *formatExport) writeDir(ctx context.Context, dir string, f Format) (WriteReport, error) {
	spec, err := specOf(e.op, f)
	if err != nil {
		return WriteReport{}, err
	}
	var total WriteReport
	var all remarks
	files, err := e.files(ctx)
	if err != nil {
		return WriteReport{}, err
	}
	for i := range files {
		if err := ctx.Err(); err != nil {
			return WriteReport{}, err
		}
		report, err := e.writeFile(ctx, dir, spec, &files[i])
		if err != nil {
			return WriteReport{}, err
		}
		total.Labels += report.Labels
		for _, m := range report.Remarks {
			all.merge(m)
		}
		if _, whole := filename.Unescape(filename.Escape(files[i].Name)); spec.single && !spec.names && !whole {
			all.add(codec.NameLost, Place{Text: files[i].Name})
		}
	}
	total.Remarks = all.list
	if total.Remarks == nil {
		total.Remarks = []Remark{}
	}
	return total, nil
}

// files are the audio files that a folder gets files for: those that bear labels that pass the filter, and the clean ones.
func (e *formatExport) files(ctx context.Context) ([]sqlite.SeenFile, error) {
	r, err := reader.New(ctx, e.tx, &e.set, readerFilter(&e.opts.Filter))
	if err != nil {
		return nil, err
	}
	var files []sqlite.SeenFile
	err = e.tx.SeenFiles(ctx, e.set.LayerID, func(f *sqlite.SeenFile) error {
		if e.wanted != nil && !e.wanted[f.Name] {
			return nil
		}
		found := f.Clean
		if !found {
			err := r.Labels(ctx, f, reader.Position{}, func(label.Label) error { return errStop })
			if found = errors.Is(err, errStop); err != nil && !found {
				return err
			}
		}
		if found {
			files = append(files, sqlite.SeenFile{Name: f.Name, Clean: f.Clean})
		}
		return nil
	})
	return files, err
}

func (e *formatExport) writeFile(ctx context.Context, dir string, spec *formatSpec, file *sqlite.SeenFile,
) (WriteReport, error) {
	name := filename.Escape(file.Name) + spec.endings[0]
	if e.opts.Gzip {
		name += ".gz"
	}
	out, err := whole.Create(dir, name)
	if err != nil {
		return WriteReport{}, err
	}
	report, err := e.write(ctx, out, spec.format, file)
	if closed := out.Close(); err == nil {
		err = closed
	}
	return report, err
}
