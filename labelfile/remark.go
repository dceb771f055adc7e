package labelfile

import (
	"slices"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// RemarkKind is a kind of [Remark].
type RemarkKind string

// What reading and writing remark.
const (
	RemarkCollapsed      RemarkKind = "collapsed to a point"     // a span of under half a millisecond became a point
	RemarkDigitsLost     RemarkKind = "digits lost"              // a time was rounded to whole milliseconds
	RemarkBlankSkipped   RemarkKind = "blank skipped"            // a label without text was left out
	RemarkPointSkipped   RemarkKind = "point skipped"            // a point event was left out, as asked for
	RemarkRecordSkipped  RemarkKind = "record skipped"           // a record that is no label was left out
	RemarkFieldLost      RemarkKind = "field lost"               // a fact that labels have no place for was left out
	RemarkBadSkipped     RemarkKind = "bad record skipped"       // an unreadable record was left out, as asked for
	RemarkFileSkipped    RemarkKind = "file skipped"             // a file of a folder has no known format
	RemarkSpoiled        RemarkKind = "spoiled by a spreadsheet" // a spreadsheet has replaced a name by text of its own
	RemarkRepaired       RemarkKind = "repaired"                 // not valid in the format, but its meaning is clear
	RemarkConfidenceLost RemarkKind = "confidence lost"          // the format has no place for a confidence
	RemarkExtraLost      RemarkKind = "extra data lost"          // the format has no place for some of the extra data
	RemarkCleanLost      RemarkKind = "clean mark lost"          // the format cannot say that an audio file is clean
	RemarkTypeChanged    RemarkKind = "type changed"             // the format cannot hold the artifact type as it is
	RemarkNameChanged    RemarkKind = "audio file id changed"    // the format cannot hold the audio file id as it is
	RemarkUnitAssumed    RemarkKind = "unit assumed"             // a table does not say the unit of its times
	RemarkFileAssumed    RemarkKind = "audio file assumed"       // something may name the audio file that is not known to
	RemarkOriginAssumed  RemarkKind = "origin assumed"           // times may count from the beginning of another file
	RemarkTimeChanged    RemarkKind = "time changed"             // the file says by how much, or it counts no milliseconds
	RemarkNameLost       RemarkKind = "audio file id lost"       // an id is too long for a file name, its only place
	RemarkFormulaEscaped RemarkKind = "formula made safe"        // a spreadsheet would have run the text, as asked for
)

// remarkKinds are all kinds.
var remarkKinds = []RemarkKind{
	RemarkCollapsed, RemarkDigitsLost, RemarkBlankSkipped, RemarkPointSkipped, RemarkRecordSkipped, RemarkFieldLost,
	RemarkBadSkipped, RemarkFileSkipped, RemarkSpoiled, RemarkRepaired, RemarkConfidenceLost, RemarkExtraLost,
	RemarkCleanLost, RemarkTypeChanged, RemarkNameChanged, RemarkTimeChanged, RemarkNameLost, RemarkFormulaEscaped,
	RemarkUnitAssumed, RemarkFileAssumed, RemarkOriginAssumed,
}

// MaxPlaces is how many places a [Remark] names at most.
const MaxPlaces = 10

// Remark counts one kind of thing that was lost, left out or repaired. The places of what was read are those in the
// file. The places of what was written name the audio file; their text begins with type and times of the label.
type Remark struct {
	Kind  RemarkKind      `json:"kind"`
	Count int64           `json:"count"`
	First []annoset.Place `json:"first"` // the first [MaxPlaces] of them
}

// remarks collects remarks by kind, in the order of first appearance.
type remarks struct {
	list    []Remark
	format  Format
	strict  []RemarkKind // those to refuse
	refused error        // the first of them, as a *RemarkError, which ends the call
}

func (r *remarks) add(kind codec.Kind, at annoset.Place) {
	if r.refused != nil {
		return
	}
	const longest = 120
	if len(at.Text) > longest {
		at.Text = cut(at.Text, longest) + "…"
	}
	m := r.of(RemarkKind(kind))
	if m.Count++; len(m.First) < MaxPlaces {
		m.First = append(m.First, at)
	}
	if slices.Contains(r.strict, m.Kind) {
		r.refused = &RemarkError{Format: r.format, Kind: m.Kind, At: at}
	}
}

// checkStrict returns an error for kinds of remarks that do not exist.
func checkStrict(op string, kinds []RemarkKind) error {
	p := &valid.Problems{}
	for _, kind := range kinds {
		if !slices.Contains(remarkKinds, kind) {
			p.Add(-1, "strict", "has %s, none of %q", valid.Brief(string(kind)), remarkKinds)
		}
	}
	return invalid(op, p)
}

// merge adds the remarks of one file to those of several.
func (r *remarks) merge(of []Remark) {
	for _, m := range of {
		all := r.of(m.Kind)
		all.Count += m.Count
		all.First = append(all.First, m.First[:min(len(m.First), MaxPlaces-len(all.First))]...)
	}
}

// of returns the remark of a kind, which may be new.
func (r *remarks) of(kind RemarkKind) *Remark {
	i := slices.IndexFunc(r.list, func(m Remark) bool { return m.Kind == kind })
	if i < 0 {
		i = len(r.list)
		r.list = append(r.list, Remark{Kind: kind})
	}
	return &r.list[i]
}

// all returns the remarks for a report: empty, never nil.
func (r *remarks) all() []Remark {
	if r.list == nil {
		return []Remark{}
	}
	return r.list
}

// cut shortens a text to at most n bytes, between characters.
func cut(s string, n int) string {
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
