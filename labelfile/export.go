package labelfile

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/filename"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// ExportOptions configure [Export] and [ExportDir]. Nil and the zero value mean the defaults.
type ExportOptions struct {
	// WriteOptions.Clean is ignored: the set says which audio files are clean. WriteOptions.Durations takes precedence
	// over the durations that are registered.
	WriteOptions
	// Filter selects what is written. Of clean audio files, Filter.AudioFileIDs alone selects.
	Filter annoset.Filter `json:"filter,omitzero"`
}

// Export writes a set to one file, in order of audio file, start and id, from one state of the store. [Write] says
// what a format may lose; the report counts it. A format whose files hold one audio file needs a filter for one audio
// file, or [ExportDir].
//
// The file is complete before w gets the first byte: it is made in memory or, beyond a megabyte, in a temporary file.
// So a slow w keeps nobody from using the store, and may use it too. Beside that, in memory are what Write holds, the
// names of clean audio files, and in formats that say durations (textgrid, jams, label-studio) the labels of one audio
// file.
//
// Errors: [annoset.ErrNotFound]; an [*annoset.ValidationError]; the writer's own, or that of the context, after which w
// may have a part of the file. After any other error w has nothing.
func Export(ctx context.Context, store *annoset.Store, setID uuid.UUID, w io.Writer, f Format, opts *ExportOptions,
) (report WriteReport, err error) {
	const op = "export"
	if err := given(op, "ctx", ctx != nil); err != nil {
		return WriteReport{}, err
	}
	if err := given(op, "writer", w != nil); err != nil {
		return WriteReport{}, err
	}
	e, err := newExport(op, store, setID, f, opts)
	if err != nil {
		return WriteReport{}, err
	}
	var file spool
	defer func() {
		if closed := file.close(); err == nil && closed != nil {
			report, err = WriteReport{}, failed(op, closed)
		}
	}()
	err = store.View(ctx, func(view *annoset.Store) (err error) {
		report, err = e.write(ctx, view, &file)
		return err
	})
	if err == nil {
		err = file.sendTo(ctx, w)
	}
	if err != nil {
		return WriteReport{}, failed(op, err)
	}
	return report, nil
}

// ExportDir writes a set to a new folder, from one state of the store: one file for each audio file that is clean or
// has labels that pass the filter. Files are named as those of [annoset.Store.Export], with the format's own ending,
// and [ImportFS] turns the names back into audio file ids. Of an id that is too long for a file name, the name has
// the beginning and a hash, with a remark if the format does not say the id either. The folder is made under another
// name beside dir, which must be possible, and moved to dir once it is complete and synced to disk. In memory are the
// labels of one audio file at a time, and the names of all of them in formats that may have to change some.
//
// Errors: [annoset.ErrNotFound]; [annoset.ErrExists] if there is something at dir other than an empty folder; an
// [*annoset.ValidationError]; those of the file system. After an error there is nothing at dir.
func ExportDir(ctx context.Context, store *annoset.Store, setID uuid.UUID, dir string, f Format, opts *ExportOptions,
) (WriteReport, error) {
	op := fmt.Sprintf("export to %q", dir)
	if err := given(op, "ctx", ctx != nil); err != nil {
		return WriteReport{}, err
	}
	e, err := newExport(op, store, setID, f, opts)
	if err != nil {
		return WriteReport{}, err
	}
	if dir == "" { // it would stand for the working folder
		p := &valid.Problems{}
		p.Add(-1, "path", "is empty")
		return WriteReport{}, invalid(op, p)
	}
	var report WriteReport
	err = store.View(ctx, func(view *annoset.Store) error { // first of all: a closed store must leave no trace on the disk
		return whole.Write(ctx, whole.Folder, dir, func(temp string) (err error) {
			if err := os.Mkdir(temp, 0o777); err != nil {
				return err
			}
			report, err = e.writeDir(ctx, view, temp)
			return err
		})
	})
	if err != nil {
		return WriteReport{}, failed(op, err)
	}
	return report, nil
}

// export writes a set.
type export struct {
	op        string
	setID     uuid.UUID
	spec      *formatSpec
	opts      ExportOptions
	durations map[string]int64 // WriteOptions.Durations of the caller
	names     codec.Distinct   // of the audio files of a folder
}

func newExport(op string, store *annoset.Store, setID uuid.UUID, f Format, opts *ExportOptions) (*export, error) {
	if err := given(op, "store", store != nil); err != nil {
		return nil, err
	}
	e := &export{op: op, setID: setID}
	if opts != nil {
		e.opts = *opts
	}
	e.durations = e.opts.Durations
	p := &valid.Problems{}
	filter := &e.opts.Filter
	p.Filter(filter.FromMS, filter.ToMS, filter.MinConfidence, filter.MaxConfidence)
	spec, err := specOf(op, f)
	e.spec = spec
	return e, cmp.Or(invalid(op, p), err)
}

// write writes the whole set as one file.
func (e *export) write(ctx context.Context, view *annoset.Store, w io.Writer) (WriteReport, error) {
	opts := e.opts.WriteOptions
	var err error
	if opts.Clean, err = e.clean(ctx, view); err != nil {
		return WriteReport{}, err
	}
	labels := view.Annotations(ctx, e.setID, e.opts.Filter)
	if e.spec.durations {
		opts.Durations = maps.Clone(e.durations)
		if opts.Durations == nil {
			opts.Durations = make(map[string]int64)
		}
		labels = e.byFile(view.Examined(ctx, e.setID, e.opts.Filter), opts.Durations)
	}
	return Write(w, e.spec.format, labels, &opts)
}

// clean returns the clean audio files that the filter selects.
func (e *export) clean(ctx context.Context, view *annoset.Store) ([]string, error) {
	wanted := make(map[string]bool, len(e.opts.Filter.AudioFileIDs))
	for _, id := range e.opts.Filter.AudioFileIDs {
		wanted[id] = true
	}
	var ids []string
	for id, err := range view.CleanAudioFiles(ctx, e.setID) {
		if err != nil {
			return nil, renamed(e.op, err)
		}
		if len(wanted) == 0 || wanted[id] {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// byFile yields the labels of audio files, and adds the duration of each file before its first label.
func (e *export) byFile(files iter.Seq2[annoset.Examined, error], durations map[string]int64,
) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for file, err := range files {
			if err != nil {
				yield(annoset.Annotation{}, err)
				return
			}
			durations[file.ID] = e.duration(&file.AudioFile)
			for _, a := range file.Annotations {
				if !yield(a, nil) {
					return
				}
			}
		}
	}
}

// duration returns the duration of an audio file: the caller's own, or the registered one.
func (e *export) duration(file *annoset.AudioFile) int64 {
	if ms, ok := e.durations[file.ID]; ok {
		return ms
	}
	return file.DurationMS
}

// writeDir writes one file for each audio file.
func (e *export) writeDir(ctx context.Context, view *annoset.Store, dir string) (WriteReport, error) {
	var total WriteReport
	all := remarks{format: e.spec.format, strict: e.opts.Strict}
	for file, err := range view.Examined(ctx, e.setID, e.opts.Filter) {
		if err != nil {
			return WriteReport{}, renamed(e.op, err)
		}
		if !file.Clean && len(file.Annotations) == 0 {
			continue // none of its labels passes
		}
		if err := ctx.Err(); err != nil {
			return WriteReport{}, err
		}
		report, err := e.writeFile(dir, &file)
		if err != nil {
			return WriteReport{}, err
		}
		total.Labels += report.Labels
		all.merge(report.Remarks)
		name := filename.Escape(file.ID) + e.spec.endings[0]
		if e.spec.single && !e.spec.names && recordingOf(name, e.spec.format, true) != file.ID {
			all.add(codec.NameLost, annoset.Place{File: file.ID})
		}
		if all.refused != nil {
			return WriteReport{}, all.refused
		}
	}
	total.Remarks = all.all()
	return total, nil
}

// writeFile writes the labels of one audio file.
func (e *export) writeFile(dir string, file *annoset.Examined) (WriteReport, error) {
	opts := e.opts.WriteOptions
	opts.Clean, opts.Durations = nil, map[string]int64{file.ID: e.duration(&file.AudioFile)}
	if file.Clean {
		opts.Clean = []string{file.ID}
	}
	name := filename.Escape(file.ID) + e.spec.endings[0]
	if opts.Gzip {
		name += ".gz"
	}
	out, err := whole.Create(dir, name)
	if err != nil {
		return WriteReport{}, err
	}
	report, err := write(out, e.spec.format, labelsOf(file), &opts, &e.names)
	if closed := out.Close(); err == nil {
		err = closed
	}
	return report, err
}

// labelsOf yields the labels of one audio file.
func labelsOf(file *annoset.Examined) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for _, a := range file.Annotations {
			if !yield(a, nil) {
				return
			}
		}
	}
}
