package annoset

import (
	"fmt"
	"slices"

	"github.com/annoset/annoset/internal/codec"

	"github.com/annoset/annoset/internal/valid"
)

// Format is a form in which labels are kept outside annoset. [ReadLabels] and [WriteLabels] know them all, and
// [DetectFormat] tells them apart. Each can be packed with gzip.
//
// What survives, in short; the constants say it in full. All keep start, end and artifact type; "fields" are what else the
// format says of a label, which becomes extra data under names of its own and is written back from there. "Extra data" is
// any other. What is lost is counted in the reports.
//
//	format            audio files  confidence  fields  extra data  clean marks  points  what may change
//	jsonl             many         yes         yes     yes         yes          yes     nothing
//	csv, tsv          many         yes         yes     yes         yes          yes     text of a formula, if asked for
//	dcase             many         no          no      no          yes          yes
//	birdnet           many         yes         some    no          no           yes
//	birdnet-table     many         yes         some    no          no           yes
//	generic-seq       many         no          some    no          no           yes
//	simple-seq        one          no          no      no          no           yes
//	audacity          one          yes         bands   no          no           yes     tabs and line ends
//	raven             many         yes         yes     named       no           yes     tabs and line ends
//	lhotse            many         yes         yes     yes         no           yes
//	textgrid          one          no          tiers   no          no           yes     overlaps take further tiers
//	eaf               one          no          tiers   no          no           yes     control characters
//	rttm              many         yes         yes     no          no           yes     blanks in names
//	uem               many         no          channel no          no           yes     artifact types: spans alone
//	ctm               many         yes         yes     no          no           yes     blanks in names
//	webvtt            one          no          yes     no          no           yes
//	srt               one          no          markup  no          no           yes
//	label-studio      many         yes         yes     yes         yes          yes     nothing
//	jams              one          yes         yes     yes         yes          yes     nothing
type Format string

// formatSpec is what the package knows of a format.
type formatSpec struct {
	format  Format
	read    func(*codec.Source, *ReadOptions) error
	write   func(*codec.Target, *WriteOptions) error
	single  bool     // a file of the format holds the labels of one audio file
	names   bool     // and says which
	endings []string // of file names, with the dot; the first is the one to write
	// looksLike tells whether the beginning of a file is of the format, for sure or perhaps.
	looksLike func(head []byte) likeness
}

// likeness is how sure a format is of the beginning of a file.
type likeness int

const (
	unlike  likeness = iota
	maybe            // nothing speaks against it
	likely           // as the format's own programs write it
	certain          // no other format begins so
)

// formats are all there are, in the order of the documentation.
var formats = slices.Concat(tableFormats, tierFormats, speechFormats, taskFormats)

// Formats returns all formats, in the order of their documentation.
func Formats() []Format {
	all := make([]Format, len(formats))
	for i := range formats {
		all[i] = formats[i].format
	}
	return all
}

// specOf finds a format, or says which there are.
func specOf(op string, f Format) (*formatSpec, error) {
	i := slices.IndexFunc(formats, func(s formatSpec) bool { return s.format == f })
	if i < 0 {
		return nil, &ValidationError{Op: op, Problems: []Problem{{
			Index: -1, Field: "format", Reason: fmt.Sprintf("is %s, none of %q", valid.Brief(string(f)), Formats()),
		}}}
	}
	return &formats[i], nil
}

// RemarkKind is a kind of [Remark].
type RemarkKind string

// What reading and writing remark. Labels that do not overlap as they are written do not after rounding either, for times
// are rounded to the nearest millisecond after start and duration were added: that keeps their order.
const (
	RemarkCollapsed      RemarkKind = "collapsed to a point"     // a span of less than half a millisecond became a point
	RemarkDigitsLost     RemarkKind = "digits lost"              // a time was rounded to whole milliseconds
	RemarkBlankSkipped   RemarkKind = "blank skipped"            // a label without text was left out
	RemarkPointSkipped   RemarkKind = "point skipped"            // a point event was left out, as asked for
	RemarkRecordSkipped  RemarkKind = "record skipped"           // a record that is no label was left out
	RemarkFieldLost      RemarkKind = "field lost"               // what else a file or a record says was left out: labels do not keep it
	RemarkBadSkipped     RemarkKind = "bad record skipped"       // a record that cannot be read was left out, as asked for
	RemarkFileSkipped    RemarkKind = "file skipped"             // a file of a folder looks like no format, and was left out
	RemarkSpoiled        RemarkKind = "spoiled by a spreadsheet" // a spreadsheet has put its own text in place of a name
	RemarkRepaired       RemarkKind = "repaired"                 // against the letter of the format, and clear all the same
	RemarkConfidenceLost RemarkKind = "confidence lost"          // the format has no place for a confidence
	RemarkExtraLost      RemarkKind = "extra data lost"          // the format has no place for extra data, or for some of it
	RemarkCleanLost      RemarkKind = "clean mark lost"          // the format cannot say that an audio file is clean
	RemarkTypeChanged    RemarkKind = "type changed"             // the format cannot hold the artifact type as it is
	RemarkTimeChanged    RemarkKind = "time changed"             // the format's own unit of time is not the millisecond
	RemarkNameLost       RemarkKind = "audio file id lost"       // an audio file id is too long for a file name, and the format does not say it
	RemarkFormulaEscaped RemarkKind = "formula made safe"        // a spreadsheet would have run the text, as asked for
)

// MaxPlaces is how many places a [Remark] names at most.
const MaxPlaces = 10

// Remark counts one kind of thing that was lost, left out or mended.
type Remark struct {
	Kind  RemarkKind `json:"kind"`
	Count int64      `json:"count"`
	First []Place    `json:"first"` // the first [MaxPlaces] of them
}

// remarks gathers what is remarked, kind by kind, in the order of first appearance.
type remarks struct{ list []Remark }

func (r *remarks) add(kind codec.Kind, at Place) {
	const longest = 120
	if len(at.Text) > longest {
		at.Text = cut(at.Text, longest) + "…"
	}
	i := slices.IndexFunc(r.list, func(m Remark) bool { return m.Kind == RemarkKind(kind) })
	if i < 0 {
		i = len(r.list)
		r.list = append(r.list, Remark{Kind: RemarkKind(kind)})
	}
	m := &r.list[i]
	if m.Count++; len(m.First) < MaxPlaces {
		m.First = append(m.First, at)
	}
}

// merge adds what was remarked of another file.
func (r *remarks) merge(m Remark) {
	i := slices.IndexFunc(r.list, func(known Remark) bool { return known.Kind == m.Kind })
	if i < 0 {
		r.list = append(r.list, m)
		return
	}
	known := &r.list[i]
	known.Count += m.Count
	known.First = append(known.First, m.First[:min(len(m.First), MaxPlaces-len(known.First))]...)
}

// cut shortens a text to at most n bytes, between characters.
func cut(s string, n int) string {
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
