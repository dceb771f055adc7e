package labelfile

import (
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"iter"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// WriteOptions configure [Write]. Nil and the zero value mean the defaults.
type WriteOptions struct {
	// Gzip packs what is written.
	Gzip bool `json:"gzip,omitempty"`
	// Clean are audio files that were examined and have no label, for formats that can say so.
	Clean []string `json:"clean,omitempty"`
	// Durations are the lengths of audio files in milliseconds, by id, for formats that say them. Where one is missing,
	// the end of the last label takes its place.
	Durations map[string]int64 `json:"durations_ms,omitempty"`
	// Table says what the columns of a table are, for formats that are tables.
	Table TableOptions `json:"table,omitzero"`
	// Strict are kinds of remarks to refuse: the first one ends the writing with a [*RemarkError].
	Strict []RemarkKind `json:"strict,omitempty"`
	// SafeFormulas puts an apostrophe before texts that a spreadsheet would run as a formula, and before parts of texts
	// that become cells where it splits lines at another separator, such as "=1" in "x;=1", with a remark. It applies to
	// tables and label tracks. Extra data keeps its values: the characters are escaped as JSON has it.
	SafeFormulas bool `json:"safe_formulas,omitempty"`
}

// WriteReport says what was written, and what the format could not say.
type WriteReport struct {
	Labels  int64    `json:"labels"`
	Remarks []Remark `json:"remarks"` // by kind, in the order of their first appearance; empty, never nil
}

// Write writes labels in a format. What the format cannot say is counted in the report. Formats that hold one audio
// file a file refuse labels of a second one; [ExportDir] writes a file for each. Labels are written as they come
// where the format allows it; others hold the labels of one audio file, or all of them, in memory, as their [Format]
// says.
//
// Errors: an [*annoset.ValidationError] for bad options or labels, or an unknown format; a [*RemarkError] for what
// Strict refuses; the error of the labels or of the writer, as it is. After an error what was written is not a whole
// file. Nil options mean the defaults.
func Write(w io.Writer, f Format, labels iter.Seq2[annoset.Annotation, error], opts *WriteOptions,
) (WriteReport, error) {
	return write(w, f, labels, opts, &codec.Distinct{})
}

// write is Write for one of several files, whose audio files names keep apart.
func write(w io.Writer, f Format, labels iter.Seq2[annoset.Annotation, error], opts *WriteOptions,
	names *codec.Distinct,
) (WriteReport, error) {
	const op = "write labels"
	if opts == nil {
		opts = &WriteOptions{}
	}
	if err := cmp.Or(given(op, "writer", w != nil), given(op, "labels", labels != nil)); err != nil {
		return WriteReport{}, err
	}
	spec, err := specOf(op, f)
	if err != nil {
		return WriteReport{}, err
	}
	if err := cmp.Or(opts.Table.check(op, true), checkStrict(op, opts.Strict)); err != nil {
		return WriteReport{}, err
	}
	wr := &labelWriter{op: op, spec: spec, labels: labels, remarks: remarks{format: f, strict: opts.Strict}}
	out := w
	var packer *gzip.Writer
	if opts.Gzip {
		packer = gzip.NewWriter(w)
		out = packer
	}
	wr.target = &codec.Target{
		Writer: out, Labels: wr.checked(), Clean: opts.Clean, Note: wr.note, Names: names,
		DurationMS: func(file string) int64 { return opts.Durations[file] },
	}
	err = spec.write(wr.target, opts)
	if wr.remarks.refused != nil {
		err = wr.remarks.refused
	}
	if err == nil && packer != nil {
		err = packer.Close()
	}
	if err != nil {
		return WriteReport{}, err
	}
	return WriteReport{Labels: wr.n, Remarks: wr.remarks.all()}, nil
}

// labelWriter checks the labels that a codec is about to write.
type labelWriter struct {
	op      string
	spec    *formatSpec
	labels  iter.Seq2[annoset.Annotation, error]
	target  *codec.Target
	n       int64
	first   string // the audio file of the first label
	remarks remarks
}

// checked yields the labels in the form of codecs. Each value overwrites the one before.
func (wr *labelWriter) checked() iter.Seq2[*codec.Annotation, error] {
	return func(yield func(*codec.Annotation, error) bool) {
		var out codec.Annotation
		defer func() { wr.target.About = nil }()
		for a, err := range wr.labels {
			if err == nil {
				err = wr.check(&a)
			}
			if wr.remarks.refused != nil {
				err = wr.remarks.refused
			}
			if err != nil {
				yield(nil, err)
				return
			}
			wr.n++
			out = codec.Annotation{
				File: a.AudioFileID, Type: a.ArtifactType, StartMS: a.StartMS, EndMS: a.EndMS,
				Confidence: a.Confidence, Extra: a.ExtraData,
			}
			if valid.NoJSON(out.Extra) {
				out.Extra = nil
			}
			wr.target.About = &out
			if !yield(&out, nil) {
				return
			}
		}
	}
}

// note remarks something, with the audio file and the label that it is about.
func (wr *labelWriter) note(kind codec.Kind, text string) {
	a := wr.target.About
	if a == nil { // an audio file without labels
		wr.remarks.add(kind, annoset.Place{File: text})
		return
	}
	const longest = 40
	about := a.Type
	if len(about) > longest {
		about = cut(about, longest) + "…"
	}
	about += fmt.Sprintf(" %s-%s", decimal.Seconds(a.StartMS), decimal.Seconds(a.EndMS))
	if text != "" && text != a.Type && text != a.File {
		about += ": " + text
	}
	wr.remarks.add(kind, annoset.Place{File: a.File, Text: about})
}

func (wr *labelWriter) check(a *annoset.Annotation) error {
	p := &valid.Problems{}
	l := label.Label{File: a.AudioFileID, Type: a.ArtifactType, StartMS: a.StartMS, EndMS: a.EndMS}
	if a.Confidence != nil {
		l.Confidence, l.HasConfidence = *a.Confidence, true
	}
	p.Label(int(wr.n), &l)
	p.Object(int(wr.n), "extra_data", a.ExtraData) // not in l: that would copy it
	switch {
	case wr.n == 0:
		wr.first = a.AudioFileID
	case wr.spec.single && a.AudioFileID != wr.first:
		p.Add(int(wr.n), "audio_file_id", "is %s after %s, and a file of the format %s holds one audio file; "+
			"ExportDir writes a file for each", valid.Brief(a.AudioFileID), valid.Brief(wr.first), wr.spec.format)
	}
	return invalid(wr.op, p)
}
