package labelfile

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/charset"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// ReadOptions configure [Read]. Nil and the zero value mean the defaults.
type ReadOptions struct {
	// Name is the file's name or path. Errors and remarks have it, and formats that do not name the audio file take the
	// audio file id from it.
	Name string `json:"name,omitempty"`
	// AudioFileID makes an audio file id from the name that the file gives, or from Name where the file gives none. By
	// default the file's name is taken as it is, and of Name its [Stem], without the ".gz" of a packed file and without
	// what programs add to the names of audio files: ".BirdNET.results", ".Table.1.selections" and the like.
	AudioFileID func(name string) string `json:"-"`
	// KeepFolders keeps folders in audio file ids: the path or address that the file gives, where the id is its last
	// element otherwise, the folder that a table has in a column of its own, and the folders of Name where the file names
	// no audio file. Without it, and without AudioFileID, it is an error if one id comes of two paths.
	KeepFolders bool `json:"keep_folders,omitempty"`
	// ArtifactType is a template for artifact types, such as "{tier}/{text}": each name in braces stands for that field of
	// the record, and "text" for what the format takes by default, as an empty template does. Each [Format] lists its
	// fields.
	ArtifactType string `json:"artifact_type,omitempty"`
	// Encoding names the encoding of the text, if it is not UTF-8: by one of its names in the WHATWG Encoding Standard
	// (https://encoding.spec.whatwg.org), in any case, such as "windows-1252" or "latin1", "windows-1251", "koi8-r",
	// "macintosh", "shift_jis", "euc-jp", "iso-2022-jp", "gbk", "gb18030", "big5", "euc-kr" and "utf-16le"; or as a code
	// page of DOS or Windows, such as "cp437" or "cp932". A byte order mark takes precedence. Nothing else is guessed:
	// without a name, text is UTF-8 or has a mark. Bytes that are no character are a [*SyntaxError].
	Encoding string `json:"encoding,omitempty"`
	// BlankType is the artifact type of labels without text. Empty: they are left out, with a remark.
	BlankType string `json:"blank_type,omitempty"`
	// SkipPoints leaves out labels of no length, with a remark.
	SkipPoints bool `json:"skip_points,omitempty"`
	// KeepTimes keeps times of more digits than milliseconds have in the extra data, as "start_text" and "end_text", in
	// the file's own spelling. [Write] puts them back.
	KeepTimes bool `json:"keep_times,omitempty"`
	// MaxBad is how many unreadable records may be left out, with a remark. 0: the first one ends the reading.
	MaxBad int `json:"max_bad,omitempty"`
	// Strict are kinds of remarks to refuse: the first one ends the reading with a [*RemarkError].
	Strict []RemarkKind `json:"strict,omitempty"`
	// Table says what the columns of a table mean, for formats that are tables.
	Table TableOptions `json:"table,omitzero"`

	// Clean, if not nil, is called for each audio file that the file marks as examined and without labels.
	Clean func(audioFileID string) error `json:"-"`
	// Audio, if not nil, is called for each audio file whose duration the file says.
	Audio func(annoset.AudioFile) error `json:"-"`
	// Report, if not nil, is filled when the loop has ended.
	Report *ReadReport `json:"-"`
}

// ReadReport says what was read, and what was lost on the way.
type ReadReport struct {
	Labels  int64    `json:"labels"`
	Clean   int64    `json:"clean"`   // audio files that were examined and have no label
	Remarks []Remark `json:"remarks"` // by kind, in the order of their first appearance; empty, never nil
}

// Read yields the labels of a file, in the order of the file. Annotation.ID is 0. Files packed with gzip are
// unpacked. Times are rounded to the nearest millisecond, halves away from zero, after start and duration were added
// exactly.
//
// What rounds to lawful times is lawful: a start a hair below 0 is 0, and an end less than half a millisecond before
// its start makes a point. Both are remarked, as all rounding is.
//
// Labels are read as the loop asks for them. In formats of one record a line, memory does not grow with their number;
// others hold a whole file, as their [Format] says.
//
// The sequence can be ranged over once. An error comes as the last pair: a [*SyntaxError], which names the place; a
// [*RemarkError] for what Strict refuses; an [*annoset.ValidationError] for bad options or an unknown format, and for
// two paths that give one audio file id (see KeepFolders); one of the reader, or of a function of the options, as it
// is. Nil options mean the defaults.
func Read(r io.Reader, f Format, opts *ReadOptions) iter.Seq2[annoset.Annotation, error] {
	return read(r, f, opts, &fileNames{op: reading}, nil)
}

// reading is the operation that errors name.
const reading = "read labels"

// read is Read that also keeps the place of the label yielded last, if at is not nil.
func read(r io.Reader, f Format, opts *ReadOptions, names *fileNames, at *annoset.Place,
) iter.Seq2[annoset.Annotation, error] {
	if opts == nil {
		opts = &ReadOptions{}
	}
	return func(yield func(annoset.Annotation, error) bool) {
		rd := &labelReader{format: f, opts: opts, fileNames: names, at: at, yield: yield}
		if err := rd.run(r); err != nil && !errors.Is(err, errStop) {
			yield(annoset.Annotation{}, err)
		}
	}
}

// errStop ends a read whose loop was left.
var errStop = errors.New("labelfile: stop")

// labelReader turns what a codec reads into annotations.
type labelReader struct {
	*fileNames
	format   Format
	opts     *ReadOptions
	at       *annoset.Place
	template *template
	yield    func(annoset.Annotation, error) bool
	report   ReadReport
	remarks  remarks
	encoding string // of the text; empty: UTF-8, or what the file says
	bad      int
	good     annoset.Annotation // the last one whose names were checked
}

func (rd *labelReader) run(r io.Reader) error {
	const op = reading
	if err := given(op, "reader", r != nil); err != nil {
		return err
	}
	spec, err := specOf(op, rd.format)
	if err != nil {
		return err
	}
	if rd.template, err = parseTemplate(op, rd.opts.ArtifactType); err != nil {
		return err
	}
	if err := cmp.Or(rd.opts.Table.check(op, false), checkStrict(op, rd.opts.Strict)); err != nil {
		return err
	}
	rd.remarks.format, rd.remarks.strict = rd.format, rd.opts.Strict
	defer rd.fillReport()
	encoding, err := encodingOf(op, rd.opts.Encoding)
	if err != nil {
		return err
	}
	in, err := unpacked(r)
	if err != nil {
		return rd.located(err)
	}
	if encoding != nil {
		in, rd.encoding = encoding.Reader(in)
	}
	if rd.encoding == "" {
		in, rd.encoding = charset.Marked(in)
	}
	src := &codec.Source{
		Reader: in, Name: rd.opts.Name, Encoding: rd.opts.Encoding,
		Label: rd.label, Named: rd.named, Clean: rd.clean, Audio: rd.audio, Bad: rd.skipBad, Note: rd.remark,
	}
	err = spec.read(src, rd.opts)
	if rd.remarks.refused != nil && !errors.Is(err, errStop) {
		return rd.remarks.refused
	}
	return rd.located(err)
}

func (rd *labelReader) fillReport() {
	if rd.opts.Report != nil {
		rd.report.Remarks = rd.remarks.all()
		*rd.opts.Report = rd.report
	}
}

// located adds format and file to the error of a codec.
func (rd *labelReader) located(err error) error {
	if e, ok := errors.AsType[*codec.SyntaxError](err); ok {
		e = e.In(rd.encoding)
		return &SyntaxError{
			Format: rd.format, Name: rd.opts.Name, Line: e.Line, Column: e.Column, Found: bounded(e.Found),
			Expected: bounded(e.Expected),
		}
	}
	return err
}

func (rd *labelReader) remark(kind codec.Kind, at codec.Place, text string) {
	rd.remarks.add(kind, annoset.Place{File: rd.opts.Name, Line: at.Line, Column: at.Column, Text: text})
}

func (rd *labelReader) skipBad(e *codec.SyntaxError) error {
	if rd.bad++; rd.bad > rd.opts.MaxBad {
		return e
	}
	e = e.In(rd.encoding)
	rd.remark(codec.BadSkipped, e.Place, "found "+e.Found+", expected "+e.Expected)
	return rd.remarks.refused
}

func (rd *labelReader) clean(file string) error {
	if rd.remarks.refused != nil {
		return rd.remarks.refused
	}
	id, err := rd.audioFileID(file)
	if err != nil {
		return err
	}
	rd.report.Clean++
	if rd.opts.Clean == nil {
		return nil
	}
	return rd.opts.Clean(id)
}

func (rd *labelReader) audio(file string, duration decimal.Number) error {
	ms, _, err := duration.MS()
	if possible := err == nil && ms > 0 && ms <= annoset.MaxTimeMS; !possible || rd.opts.Audio == nil {
		return nil
	}
	id, err := rd.audioFileID(file)
	if err != nil {
		return err
	}
	return rd.opts.Audio(annoset.AudioFile{ID: id, DurationMS: ms})
}

// label takes one label of the codec.
func (rd *labelReader) label(l *codec.Label) error {
	id, err := rd.audioFileID(l.File)
	if err != nil {
		return err
	}
	a := annoset.Annotation{AudioFileID: id, Confidence: l.Confidence}
	if id == "" {
		return rd.skipBad(&codec.SyntaxError{Place: l.Place, Found: "a label of no audio file",
			Expected: "the name of one, in the file or in the options"})
	}
	if bad := rd.times(&a, l); bad != nil {
		return rd.skipBad(bad)
	}
	if a.ArtifactType = rd.template.expand(l); a.ArtifactType == "" {
		if a.ArtifactType = rd.opts.BlankType; a.ArtifactType == "" {
			rd.remark(codec.BlankSkipped, l.Place, l.StartText)
			return rd.remarks.refused
		}
	}
	if bad := rd.names(&a, l); bad != nil {
		return rd.skipBad(bad)
	}
	if rd.opts.SkipPoints && a.StartMS == a.EndMS {
		rd.remark(codec.PointSkipped, l.Place, a.ArtifactType)
		return rd.remarks.refused
	}
	extra, err := rd.extraData(l)
	if err != nil {
		return rd.skipBad(&codec.SyntaxError{Place: l.Place, Found: err.Error(), Expected: "a value that JSON can hold"})
	}
	if rd.remarks.refused != nil {
		return rd.remarks.refused
	}
	a.ExtraData = extra
	rd.report.Labels++
	if rd.at != nil {
		*rd.at = annoset.Place{File: rd.opts.Name, Line: l.Place.Line, Column: l.Place.Column}
	}
	if !rd.yield(a, nil) {
		return errStop
	}
	return nil
}

// names refuses texts that a store would refuse, while their place is known.
func (rd *labelReader) names(a *annoset.Annotation, l *codec.Label) *codec.SyntaxError {
	if a.AudioFileID == rd.good.AudioFileID && a.ArtifactType == rd.good.ArtifactType {
		return nil
	}
	p := &valid.Problems{}
	if p.Name(-1, "audio file id", a.AudioFileID) && p.Name(-1, "artifact type", a.ArtifactType) {
		rd.good = *a
		return nil
	}
	return &codec.SyntaxError{Place: l.Place, Found: fmt.Sprintf("an %s that %s", p.List[0].Field, p.List[0].Reason),
		Expected: "a text that a store can hold"}
}

// times rounds the times of a label, and remarks what that loses.
func (rd *labelReader) times(a *annoset.Annotation, l *codec.Label) *codec.SyntaxError {
	r, bad := l.Round(annoset.MaxTimeMS)
	if bad != nil {
		return bad
	}
	a.StartMS, a.EndMS = r.StartMS, r.EndMS
	if r.Exact {
		return nil
	}
	said := strings.TrimSpace(l.StartText + " " + l.EndText)
	rd.remark(codec.DigitsLost, l.Place, said)
	if r.Collapsed {
		rd.remark(codec.Collapsed, l.Place, said)
	}
	if rd.opts.KeepTimes && l.StartText != "" {
		l.Fields = append(l.Fields, codec.Field{Name: startTextKey, Value: l.StartText})
		if l.EndText != "" {
			l.Fields = append(l.Fields, codec.Field{Name: endTextKey, Value: l.EndText})
		}
	}
	return nil
}

// The keys of extra data under which [ReadOptions.KeepTimes] keeps times.
const (
	startTextKey = "start_text"
	endTextKey   = "end_text"
)

// extraData makes one JSON object from a record's fields and its own extra data. It remarks values that others of the
// same name replace.
func (rd *labelReader) extraData(l *codec.Label) (json.RawMessage, error) {
	if len(l.Fields) == 0 {
		return l.Extra, nil
	}
	return codec.Merge(l.Fields, l.Extra, func(f codec.Field) {
		rd.remark(codec.FieldLost, l.Place, f.Name+" "+codec.Text([]codec.Field{f}, f.Name))
	})
}

var gzipMagic = []byte{0x1f, 0x8b}

// unpacked unpacks a stream that is packed with gzip, and returns any other as it is.
func unpacked(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	head, err := in.Peek(len(gzipMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(head, gzipMagic) {
		return in, nil
	}
	return codec.Gunzip(in)
}
