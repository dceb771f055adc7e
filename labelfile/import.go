package labelfile

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// ImportOptions configure [Import] and [ImportFS]. Nil and the zero value mean the defaults. ReadOptions.Report is
// ignored: the report is returned. The functions are called while the store's writer is held, and must not use the
// store.
type ImportOptions struct {
	ReadOptions
	// SkipExisting leaves out labels that the set has already, as [annoset.ImportOptions] says. So a file can be imported
	// again, or after it has grown.
	SkipExisting bool `json:"skip_existing,omitempty"`
	// RegisterAudio registers the audio files whose duration the file says, as [annoset.Store.AddAudioFiles] does.
	RegisterAudio bool `json:"register_audio,omitempty"`
	// AnyEnding makes ImportFS take all files of a folder as files of the given format, whatever their names end in.
	AnyEnding bool `json:"any_ending,omitempty"`
	// EmptyIsClean marks the audio file of a file without labels as clean, in formats whose files hold one audio file. A
	// file whose labels were all left out, such as those without text, is not empty.
	EmptyIsClean bool `json:"empty_is_clean,omitempty"`
	// Progress is called as [annoset.ImportOptions] says.
	Progress func(done int) `json:"-"`
}

// ImportReport says what was imported, and what was lost on the way.
type ImportReport struct {
	ReadReport
	Files   int   `json:"files"`   // files that were read
	Skipped int64 `json:"skipped"` // labels that the set had already; the rest of ReadReport.Labels was added
}

// Import adds the labels of a file to a draft, and the clean marks that the file has, in bounded memory. Everything
// is added, or nothing. If the format is empty, it is detected (see [Detect]) by the contents and ReadOptions.Name.
// An audio file that is marked as clean and has labels, in the file or in the set, is refused.
//
// The store's one writer is held until the reader ends, so the reader must not write to this store or close it.
//
// Errors: [annoset.ErrNotFound]; an [*annoset.ImmutableError] if the set is published; a [*SyntaxError], which names
// line and column; a [*RemarkError] for what Strict refuses; an [*annoset.ValidationError], which names the bad fields
// and where they stand; [annoset.ErrConflict] for clean marks; the reader's own.
func Import(ctx context.Context, store *annoset.Store, setID uuid.UUID, r io.Reader, f Format, opts *ImportOptions,
) (ImportReport, error) {
	if opts == nil {
		opts = &ImportOptions{}
	}
	if err := cmp.Or(given(importing, "ctx", ctx != nil), given(importing, "store", store != nil),
		given(importing, "reader", r != nil)); err != nil {
		return ImportReport{}, err
	}
	return importFiles(ctx, store, setID, opts, func(yield func(importFile, error) bool) {
		yield(importFile{name: opts.Name, format: f, reader: r}, nil)
	})
}

// ImportFS is [Import] for the files of a folder and of the folders below it, in order of path, all in one
// transaction (os.DirFS makes an fs.FS of a folder on disk). It takes files whose name ends as the format's files do,
// packed with gzip or not, or all files if AnyEnding is set. If the format is empty, it takes each file whose format
// can be detected, and remarks the others, with the reason if name and contents contradict each other. Files and
// folders whose name begins with a dot are left out.
//
// ReadOptions.Name is the path of each file. Where the format does not name the audio file, and AudioFileID is nil,
// the audio file id is the name of the file without its ending, or the id from which [ExportDir] made that name. Files
// of equal names in different folders are an error, unless KeepFolders makes them different audio files.
//
// Errors: as of [Import], and an [*annoset.ValidationError] if there is no file to take.
func ImportFS(ctx context.Context, store *annoset.Store, setID uuid.UUID, fsys fs.FS, f Format, opts *ImportOptions,
) (ImportReport, error) {
	if opts == nil {
		opts = &ImportOptions{}
	}
	if err := cmp.Or(given(importing, "ctx", ctx != nil), given(importing, "store", store != nil),
		given(importing, "folder", fsys != nil)); err != nil {
		return ImportReport{}, err
	}
	return importFiles(ctx, store, setID, opts, func(yield func(importFile, error) bool) {
		walkFiles(fsys, f, opts, yield)
	})
}

// importing is the operation that errors name.
const importing = "import"

// importFile is a file to import.
type importFile struct {
	name   string
	format Format // empty: to be detected; in a folder: unknown
	reader io.Reader
	folder bool
	why    string // the format is not known
}

// fileImport imports files in one transaction.
type fileImport struct {
	opts    *ImportOptions
	report  ImportReport
	remarks remarks
	clean   []string
	audio   map[string]int64
	names   fileNames
	at      annoset.Place // of the label read last
	failed  error         // the error that ended the stream of labels
}

func importFiles(ctx context.Context, store *annoset.Store, setID uuid.UUID, opts *ImportOptions,
	files iter.Seq2[importFile, error],
) (ImportReport, error) {
	if err := checkStrict(importing, opts.Strict); err != nil {
		return ImportReport{}, err
	}
	fi := &fileImport{opts: opts, audio: make(map[string]int64), remarks: remarks{strict: opts.Strict}}
	in := &annoset.ImportOptions{
		Progress: opts.Progress, SkipExisting: opts.SkipExisting,
		Clean: func() []string { return fi.clean },
		Place: func() annoset.Place { return fi.at },
	}
	if opts.RegisterAudio {
		in.AudioFiles = fi.audioFiles
	}
	added, err := store.Import(ctx, setID, fi.labels(ctx, files), in)
	if err != nil {
		return ImportReport{}, fi.plain(err)
	}
	fi.report.Skipped = fi.report.Labels - int64(added)
	fi.report.Remarks = fi.remarks.all()
	return fi.report, nil
}

// plain returns the error that ended the stream of labels as it is. The store speaks of a label of a stream, but the
// caller passed files.
func (fi *fileImport) plain(err error) error {
	switch {
	case fi.failed == nil || !errors.Is(err, fi.failed):
		return err
	case final(fi.failed):
		return fi.failed
	}
	return valid.Failed(importing, fi.failed)
}

// audioFiles returns the audio files whose duration the files say, in order of id.
func (fi *fileImport) audioFiles() []annoset.AudioFile {
	out := make([]annoset.AudioFile, 0, len(fi.audio))
	for id, ms := range fi.audio {
		out = append(out, annoset.AudioFile{ID: id, DurationMS: ms})
	}
	slices.SortFunc(out, func(a, b annoset.AudioFile) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// labels yields the labels of all files, one file after the other.
func (fi *fileImport) labels(ctx context.Context, files iter.Seq2[importFile, error],
) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for file, err := range files {
			if err == nil {
				err = fi.one(ctx, file, yield)
			}
			if errors.Is(err, errStop) {
				return
			}
			if err != nil {
				fi.failed = err
				yield(annoset.Annotation{}, err)
				return
			}
		}
	}
}

// one yields the labels of one file.
func (fi *fileImport) one(ctx context.Context, file importFile, yield func(annoset.Annotation, error) bool) error {
	if file.format == "" && file.folder {
		fi.remarks.add(codec.FileSkipped, annoset.Place{File: file.name, Text: file.why})
		return fi.remarks.refused
	}
	in := bufio.NewReaderSize(&stoppedReader{ctx: ctx, r: file.reader}, DetectBytes)
	if file.format == "" {
		head, err := in.Peek(DetectBytes)
		if err != nil && err != io.EOF {
			return err
		}
		if file.format, err = detectIn(fi.opts.Encoding, file.name, head); err != nil {
			return err
		}
	}
	var report ReadReport
	opts := fi.readOptions(file, &report)
	fi.names.op, fi.names.folder = importing, file.folder
	for a, err := range read(in, file.format, opts, &fi.names, &fi.at) {
		if err != nil {
			return err
		}
		if !yield(a, nil) {
			return errStop
		}
	}
	fi.report.Files++
	fi.report.Labels += report.Labels
	fi.report.Clean += report.Clean
	fi.remarks.merge(report.Remarks)
	return fi.empty(file, opts, &report)
}

// readOptions are the options for one file. They collect what it says of clean audio files and durations.
func (fi *fileImport) readOptions(file importFile, report *ReadReport) *ReadOptions {
	opts := fi.opts.ReadOptions
	opts.Name, opts.Report = file.name, report
	opts.Clean = func(id string) error {
		fi.clean = append(fi.clean, id)
		if fi.opts.Clean != nil {
			return fi.opts.Clean(id)
		}
		return nil
	}
	opts.Audio = func(a annoset.AudioFile) error {
		fi.audio[a.ID] = max(fi.audio[a.ID], a.DurationMS)
		if fi.opts.Audio != nil {
			return fi.opts.Audio(a)
		}
		return nil
	}
	return &opts
}

// empty marks the audio file of a file without labels as clean, if that was asked for.
func (fi *fileImport) empty(file importFile, opts *ReadOptions, report *ReadReport) error {
	spec, err := specOf(importing, file.format)
	if err != nil || !fi.opts.EmptyIsClean || !spec.single || report.Labels > 0 || report.Clean > 0 {
		return err
	}
	for _, m := range report.Remarks {
		switch m.Kind {
		case RemarkBlankSkipped, RemarkPointSkipped, RemarkBadSkipped:
			return nil // it has something, which was left out
		}
	}
	id, err := (&labelReader{format: file.format, opts: opts, fileNames: &fi.names}).audioFileID("")
	if err != nil {
		return err
	}
	fi.report.Clean++
	return opts.Clean(id)
}

// stoppedReader reads until its context ends: a file may go on for long without a label that is added.
type stoppedReader struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppedReader) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
