package annoset

import (
	"cmp"
	"compress/gzip"
	"io"
	"iter"

	"github.com/annoset/annoset/internal/codec"

	"github.com/annoset/annoset/internal/valid"
)

// WriteOptions tell how to write labels in a format. The zero value, and a nil pointer, are good defaults.
type WriteOptions struct {
	// Gzip packs what is written.
	Gzip bool
	// Clean are audio files that were examined and bear no label, for the formats that can say so.
	Clean []string
	// Durations are the lengths of audio files in milliseconds, by id, for the formats that say them. Where one is
	// missing, the end of the last label stands for it.
	Durations map[string]int64
	// Table says what the columns of a table are, for the formats that are tables.
	Table TableOptions
	// SafeFormulas puts an apostrophe before texts that a spreadsheet would run as a formula, with a remark.
	SafeFormulas bool
}

// WriteReport tells what was written, and what the format could not say.
type WriteReport struct {
	Labels  int64    `json:"labels"`
	Remarks []Remark `json:"remarks"` // by kind, in the order of their first appearance; empty, never nil
}

// WriteLabels writes labels in a format. What the format cannot say is counted in the report: nothing is lost in
// silence. A format whose files hold one audio file each refuses labels of a second one; [Store.ExportToDir] writes a file
// for each. Labels are written as they come where the format allows it (see [Format]); the others hold one audio file, or
// all of them, in memory.
//
// Errors: a [*ValidationError] for bad options or labels, or an unknown format; the error of the labels or of the writer, as
// it is. After an error what was written is not a whole file.
func WriteLabels(w io.Writer, f Format, labels iter.Seq2[Annotation, error], opts *WriteOptions) (WriteReport, error) {
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
	if err := opts.Table.check(op); err != nil {
		return WriteReport{}, err
	}
	wr := &labelWriter{op: op, spec: spec, labels: labels}
	out := w
	var packer *gzip.Writer
	if opts.Gzip {
		packer = gzip.NewWriter(w)
		out = packer
	}
	err = spec.write(&codec.Target{
		Writer: out, Labels: wr.checked(), Clean: opts.Clean,
		DurationMS: func(file string) int64 { return opts.Durations[file] },
		Note:       func(kind codec.Kind, text string) { wr.remarks.add(kind, Place{Text: text}) },
	}, opts)
	if err == nil && packer != nil {
		err = packer.Close()
	}
	if err != nil {
		return WriteReport{}, err
	}
	report := WriteReport{Labels: wr.n, Remarks: wr.remarks.list}
	if report.Remarks == nil {
		report.Remarks = []Remark{}
	}
	return report, nil
}

// labelWriter checks the labels that a codec is to write.
type labelWriter struct {
	op      string
	spec    *formatSpec
	labels  iter.Seq2[Annotation, error]
	n       int64
	remarks remarks
}

// checked yields the labels as codecs take them. The value is overwritten by the next one.
func (wr *labelWriter) checked() iter.Seq2[*codec.Annotation, error] {
	return func(yield func(*codec.Annotation, error) bool) {
		var out codec.Annotation
		first := ""
		for a, err := range wr.labels {
			if err == nil {
				p := &problems{op: wr.op}
				p.annotation(int(wr.n), &a)
				if wr.n > 0 && wr.spec.single && a.AudioFileID != first {
					p.Add(int(wr.n), "audio_file_id", "is %s after %s, and a file of the format %s holds one audio file",
						valid.Brief(a.AudioFileID), valid.Brief(first), wr.spec.format)
				}
				err = p.err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if wr.n == 0 {
				first = a.AudioFileID
			}
			wr.n++
			out = codec.Annotation{
				File: a.AudioFileID, Type: a.ArtifactType, StartMS: a.StartMS, EndMS: a.EndMS,
				Confidence: a.Confidence, Extra: a.ExtraData,
			}
			if valid.NoJSON(out.Extra) {
				out.Extra = nil
			}
			if !yield(&out, nil) {
				return
			}
		}
	}
}
