// Package valid checks input against the rules of the store and collects the problems that it finds.
package valid

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/internal/label"
)

// Limits of the store. The root package has each of them under the same name.
const (
	MaxTimeMS    = 1 << 43
	MaxNameBytes = 1 << 16
	MaxTextBytes = 1 << 24
	MaxProblems  = 100
)

// Problem is one bad field of the input.
type Problem struct {
	Index         int // position in a bulk, from 0; -1 if the input is not a bulk
	Field, Reason string
}

// Problems collects the bad fields of one call, at most MaxProblems of them.
type Problems struct {
	List []Problem
	More bool // more were found than are listed
}

// ErrInvalid is returned by [Problems.Err]. The owner of the Problems replaces it with an error that lists them.
var ErrInvalid = errors.New("valid: invalid input")

// Err returns [ErrInvalid] if there are problems, else nil.
func (p *Problems) Err() error {
	if len(p.List) > 0 {
		return ErrInvalid
	}
	return nil
}

// Add adds a problem, or sets More if the list is full.
func (p *Problems) Add(index int, field, format string, args ...any) {
	if p.More = p.More || len(p.List) == MaxProblems; !p.More {
		p.List = append(p.List, Problem{Index: index, Field: field, Reason: fmt.Sprintf(format, args...)})
	}
}

// Name checks a text that must not be empty, and reports whether it is valid. A name has at most MaxNameBytes bytes.
func (p *Problems) Name(index int, field, s string) bool {
	if s == "" {
		p.Add(index, field, "is empty")
		return false
	}
	return p.Within(index, field, s, MaxNameBytes)
}

// Text checks a text of at most MaxTextBytes bytes, which may be empty, and reports whether it is valid.
func (p *Problems) Text(index int, field, s string) bool {
	return p.Within(index, field, s, MaxTextBytes)
}

// Within checks a text of at most limit bytes, and reports whether it is valid. A text is UTF-8 without NUL.
func (p *Problems) Within(index int, field, s string, limit int) bool {
	switch {
	case len(s) > limit:
		p.Add(index, field, "has %d bytes, more than %d", len(s), limit)
	case !utf8.ValidString(s):
		p.Add(index, field, "is not valid UTF-8: %s", Brief(s))
	case strings.IndexByte(s, 0) >= 0:
		p.Add(index, field, "has a NUL byte: %s", Brief(s))
	default:
		return true
	}
	return false
}

// Object checks a JSON object, which may be absent.
func (p *Problems) Object(index int, field string, data []byte) {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case NoJSON(data):
	case len(data) > MaxTextBytes:
		p.Add(index, field, "has %d bytes, more than %d", len(data), MaxTextBytes)
	case !utf8.Valid(data):
		p.Add(index, field, "is not valid UTF-8: %s", Brief(string(data)))
	case len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(data):
		p.Add(index, field, "is not a JSON object: %s", Brief(string(data)))
	case Depth(data) > MaxDepth:
		p.Add(index, field, "nests deeper than %d", MaxDepth)
	}
}

// Label checks a label as far as that is possible without the store. It reports whether the names of the audio file and
// of the type are valid, so that the store can be asked for them.
func (p *Problems) Label(index int, l *label.Label) (fileOK, typeOK bool) {
	fileOK = p.Name(index, "audio_file_id", l.File)
	typeOK = p.Name(index, "artifact_type", l.Type)
	if l.StartMS < 0 {
		p.Add(index, "start_ms", "is negative: %d", l.StartMS)
	}
	switch {
	case l.EndMS < l.StartMS:
		p.Add(index, "end_ms", "is %d, before start_ms %d", l.EndMS, l.StartMS)
	case l.EndMS > MaxTimeMS:
		p.Add(index, "end_ms", "is %d, more than %d", l.EndMS, int64(MaxTimeMS))
	}
	if l.HasConfidence {
		p.Confidence(index, "confidence", l.Confidence)
	}
	if l.ExtraData != "" {
		p.Object(index, "extra_data", []byte(l.ExtraData))
	}
	return fileOK, typeOK
}

// Confidence checks that a number is in [0, 1].
func (p *Problems) Confidence(index int, field string, c float64) {
	switch {
	case math.IsNaN(c) || math.IsInf(c, 0):
		p.Add(index, field, "is not a number: %v", c)
	case c < 0 || c > 1:
		p.Add(index, field, "is %v, outside [0, 1]", c)
	}
}

// Filter checks a filter of labels: the span [fromMS, toMS), where a toMS of 0 means no end, and the bounds of
// confidence, where nil means none.
func (p *Problems) Filter(fromMS, toMS int64, minConfidence, maxConfidence *float64) {
	if fromMS < 0 {
		p.Add(-1, "from_ms", "is negative: %d", fromMS)
	}
	if toMS < 0 || toMS != 0 && toMS < fromMS {
		p.Add(-1, "to_ms", "is %d, before from_ms %d", toMS, fromMS)
	}
	if minConfidence != nil && math.IsNaN(*minConfidence) {
		p.Add(-1, "min_confidence", "is not a number")
	}
	if maxConfidence != nil && math.IsNaN(*maxConfidence) {
		p.Add(-1, "max_confidence", "is not a number")
	}
}

// Brief quotes a text for an error message. A text of more than 60 bytes is cut.
func Brief(s string) string {
	const most = 60
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	cut := most
	for cut > most-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q…", s[:cut])
}
