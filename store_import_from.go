package annoset

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/filename"
)

// ImportFromOptions tell how to import a file of some format. The zero value, and a nil pointer, are good defaults.
type ImportFromOptions struct {
	ReadOptions
	// SkipExisting leaves out the labels that are in the set already: those of the same audio file, artifact type, start,
	// end, confidence and extra data, each as often as it is there. So a file can be imported again, or after it has
	// grown. It takes some 50 bytes of memory for each label of the audio files that are named.
	SkipExisting bool
	// RegisterAudio registers the audio files whose duration the format says, as [Store.AddAudioFiles] does.
	RegisterAudio bool
	// EmptyIsClean marks the audio file of a file without any label as clean, in formats whose files hold one audio file.
	EmptyIsClean bool
	// Progress is called as [ImportOptions] says.
	Progress func(done int)
}

// ImportReport tells what was imported, and what was lost on the way.
type ImportReport struct {
	ReadReport
	Files   int   `json:"files"`   // files that were read
	Skipped int64 `json:"skipped"` // labels that were there already; the others of ReadReport.Labels were added
}

// ImportFrom adds the labels of a file of some format to a draft, and the clean marks that it says, in bounded memory. The
// format may be empty: it is detected then (see [DetectFormat]), by ReadOptions.Name too. All is added, or nothing. A file
// that is marked as clean and bears labels, in the file or in the set, is refused. The store's one writer is held until the
// reader ends, so the reader must not write to this store or close it.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published; a [*FormatError], which names line and column; a
// [*ValidationError] that names the bad fields and where they stand; [ErrConflict] for clean marks; the reader's own.
func (s *Store) ImportFrom(ctx context.Context, setID uuid.UUID, r io.Reader, f Format, opts *ImportFromOptions,
) (ImportReport, error) {
	const op = "import"
	if opts == nil {
		opts = &ImportFromOptions{}
	}
	if err := given(op, "reader", r != nil); err != nil {
		return ImportReport{}, err
	}
	return s.importFiles(ctx, op, setID, opts, func(yield func(importFile, error) bool) {
		yield(importFile{name: opts.Name, format: f, reader: r}, nil)
	})
}

// ImportFromFS is [Store.ImportFrom] for the files of a folder and those below it (os.DirFS makes an fs.FS of a folder of the
// disk), in order of path, all in one transaction: those whose name ends as the format's files do, packed with gzip or not,
// or, where the format is empty, all whose format can be detected, the others being remarked. Files and folders whose name
// begins with a dot are left out. ReadOptions.Name is the path of each file; where the format does not name the audio file,
// and AudioFileID is nil, its id is the name of the file without its ending or, where [Store.ExportToDir] has made that name
// of an id, that id.
//
// Errors: as [Store.ImportFrom], and a [*ValidationError] if there is no such file.
func (s *Store) ImportFromFS(ctx context.Context, setID uuid.UUID, fsys fs.FS, f Format, opts *ImportFromOptions,
) (ImportReport, error) {
	const op = "import folder"
	if opts == nil {
		opts = &ImportFromOptions{}
	}
	if err := given(op, "folder", fsys != nil); err != nil {
		return ImportReport{}, err
	}
	return s.importFiles(ctx, op, setID, opts, func(yield func(importFile, error) bool) {
		walkFiles(fsys, f, yield)
	})
}

// importFile is a file to import.
type importFile struct {
	name   string
	format Format // empty: to be detected, or in a folder not known
	reader io.Reader
	folder bool
}

// walkFiles yields the files of a folder that are of a format.
func walkFiles(fsys fs.FS, f Format, yield func(importFile, error) bool) {
	found := false
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || f != "" && !endsAs(name, f):
			return nil
		}
		file, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		in := bufio.NewReaderSize(file, DetectBytes)
		format := f
		if f == "" {
			head, err := in.Peek(DetectBytes)
			if err != nil && err != io.EOF {
				return err
			}
			format, _ = DetectFormat(name, head) // none: something else lies there
		}
		found = found || format != ""
		if !yield(importFile{name: name, format: format, reader: in, folder: true}, nil) {
			return fs.SkipAll
		}
		return nil
	})
	if err == nil && !found {
		p := &problems{op: "import folder"}
		p.Add(-1, "folder", "has no file of a known format")
		if f != "" {
			p.List[0].Reason = fmt.Sprintf("has no file of the format %s", f)
		}
		err = p.err()
	}
	if err != nil {
		yield(importFile{}, err)
	}
}

func endsAs(name string, f Format) bool {
	lower := strings.ToLower(unpackedName(name))
	i := slices.IndexFunc(formats, func(s formatSpec) bool { return s.format == f })
	return i < 0 || slices.ContainsFunc(formats[i].endings, func(e string) bool { return strings.HasSuffix(lower, strings.ToLower(e)) })
}

// fileImport imports files in one transaction.
type fileImport struct {
	op      string
	opts    *ImportFromOptions
	report  ImportReport
	remarks remarks
	clean   []string
	audio   map[string]int64
	at      Place // of the label that was read last
	failed  error // that the stream of labels ended with
}

func (s *Store) importFiles(ctx context.Context, op string, setID uuid.UUID, opts *ImportFromOptions,
	files iter.Seq2[importFile, error],
) (ImportReport, error) {
	fi := &fileImport{op: op, opts: opts, audio: make(map[string]int64)}
	in := &ImportOptions{
		Progress: opts.Progress, SkipExisting: opts.SkipExisting,
		Clean: func() []string { return fi.clean },
		Place: func() Place { return fi.at },
	}
	if opts.RegisterAudio {
		in.AudioFiles = fi.audioFiles
	}
	added, err := s.Import(ctx, setID, fi.labels(ctx, files), in)
	if err != nil {
		return ImportReport{}, fi.plain(err)
	}
	fi.report.Skipped = fi.report.Labels - int64(added)
	fi.report.Remarks = fi.remarks.list
	if fi.report.Remarks == nil {
		fi.report.Remarks = []Remark{}
	}
	return fi.report, nil
}

// plain returns the error that the stream of labels ended with as it is: the caller gave files and knows of no stream.
func (fi *fileImport) plain(err error) error {
	switch {
	case fi.failed == nil || !errors.Is(err, fi.failed):
		return err
	case typed(fi.failed):
		return fi.failed // it says all by itself
	}
	return fmt.Errorf("%s: %w", fi.op, fi.failed)
}

// audioFiles are those whose duration the files say, in order of id.
func (fi *fileImport) audioFiles() []AudioFile {
	out := make([]AudioFile, 0, len(fi.audio))
	for id, ms := range fi.audio {
		out = append(out, AudioFile{ID: id, DurationMS: ms})
	}
	slices.SortFunc(out, func(a, b AudioFile) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// labels yields the labels of all files, one after the other.
func (fi *fileImport) labels(ctx context.Context, files iter.Seq2[importFile, error]) iter.Seq2[Annotation, error] {
	return func(yield func(Annotation, error) bool) {
		for file, err := range files {
			if err == nil {
				err = fi.one(ctx, file, yield)
			}
			if errors.Is(err, errStop) {
				return
			}
			if err != nil {
				fi.failed = err
				yield(Annotation{}, err)
				return
			}
		}
	}
}

// one yields the labels of one file.
func (fi *fileImport) one(ctx context.Context, file importFile, yield func(Annotation, error) bool) error {
	if file.format == "" && file.folder {
		fi.remarks.add(codec.FileSkipped, Place{File: file.name})
		return nil
	}
	in := bufio.NewReaderSize(&stoppedReader{ctx: ctx, r: file.reader}, DetectBytes)
	if file.format == "" {
		head, err := in.Peek(DetectBytes)
		if err != nil && err != io.EOF {
			return err
		}
		if file.format, err = DetectFormat(file.name, head); err != nil {
			return err
		}
	}
	opts := fi.opts.ReadOptions
	opts.Name, opts.at = file.name, &fi.at
	if file.folder && opts.AudioFileID == nil {
		opts.AudioFileID = func(name string) string { return idOfFile(name, file) }
	}
	var report ReadReport
	opts.Report = &report
	opts.Clean = func(id string) error {
		fi.clean = append(fi.clean, id)
		if fi.opts.Clean != nil {
			return fi.opts.Clean(id)
		}
		return nil
	}
	opts.Audio = func(a AudioFile) error {
		fi.audio[a.ID] = max(fi.audio[a.ID], a.DurationMS)
		if fi.opts.Audio != nil {
			return fi.opts.Audio(a)
		}
		return nil
	}
	for a, err := range ReadLabels(in, file.format, &opts) {
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
	for _, m := range report.Remarks {
		fi.remarks.merge(m)
	}
	return fi.empty(file, &opts, &report)
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

// empty marks the audio file of a file without labels as clean, if that was asked for.
func (fi *fileImport) empty(file importFile, opts *ReadOptions, report *ReadReport) error {
	spec, err := specOf(fi.op, file.format)
	if err != nil || !fi.opts.EmptyIsClean || !spec.single || report.Labels > 0 || report.Clean > 0 {
		return err
	}
	rd := &labelReader{opts: opts}
	fi.report.Clean++
	return opts.Clean(rd.audioFileID(""))
}

// idOfFile makes the audio file id of a file in a folder, whose name ExportToDir may have made.
func idOfFile(name string, file importFile) string {
	if name != file.name {
		return name // the format's own
	}
	stem := unpackedName(path.Base(name))
	lower := strings.ToLower(stem)
	i := slices.IndexFunc(formats, func(s formatSpec) bool { return s.format == file.format })
	for _, ending := range formats[i].endings {
		if strings.HasSuffix(lower, strings.ToLower(ending)) && len(stem) > len(ending) {
			stem = stem[:len(stem)-len(ending)]
			break
		}
	}
	if id, ok := filename.Unescape(stem); ok && !strings.EqualFold(id, stem) {
		return id // the name is escaped; one that is not keeps the case that somebody gave it
	}
	if own := ravenStem(name); file.format == FormatRaven && own != "" {
		return own
	}
	return stem
}
