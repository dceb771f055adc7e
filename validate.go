package annoset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/internal/codec"
)

// maxJSONDepth is how deep extra data may nest: SQLite's own JSON functions read no deeper.
const maxJSONDepth = codec.MaxDepth

// problems gathers what is wrong with the input of one call.
type problems struct {
	op   string
	list []Problem
	more bool
}

func (p *problems) add(index int, field, format string, args ...any) {
	if p.more = p.more || len(p.list) == MaxProblems; !p.more {
		p.list = append(p.list, Problem{Index: index, Field: field, Reason: fmt.Sprintf(format, args...)})
	}
}

// err returns the *ValidationError, or nil where nothing was wrong.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &ValidationError{Op: p.op, Problems: p.list, More: p.more}
}

// given checks what must not be nil.
func given(op, field string, there bool) error {
	p := &problems{op: op}
	if !there {
		p.add(-1, field, "is nil")
	}
	return p.err()
}

// name checks a text that must not be empty.
func (p *problems) name(index int, field, s string) bool {
	if s == "" {
		p.add(index, field, "is empty")
		return false
	}
	return p.textWithin(index, field, s, MaxNameBytes)
}

func (p *problems) text(index int, field, s string) bool {
	return p.textWithin(index, field, s, MaxTextBytes)
}

func (p *problems) textWithin(index int, field, s string, limit int) bool {
	switch {
	case len(s) > limit:
		p.add(index, field, "has %d bytes, more than %d", len(s), limit)
	case !utf8.ValidString(s):
		p.add(index, field, "is not valid UTF-8: %s", brief(s))
	case strings.IndexByte(s, 0) >= 0:
		p.add(index, field, "has a NUL byte: %s", brief(s))
	default:
		return true
	}
	return false
}

// brief quotes a text for an error message.
func brief(s string) string {
	const most = 60
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", s[:most])
}

// noJSON tells that there is no extra data: nothing, or null, which is how JSON says nothing.
func noJSON(data json.RawMessage) bool {
	return len(data) == 0 || string(bytes.Trim(data, " \t\r\n")) == "null"
}

// extra checks extra data.
func (p *problems) extra(index int, data json.RawMessage) { p.object(index, "extra_data", data) }

// object checks a JSON object, of which there may be none.
func (p *problems) object(index int, field string, data json.RawMessage) {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	switch {
	case noJSON(data):
	case len(data) > MaxTextBytes:
		p.add(index, field, "has %d bytes, more than %d", len(data), MaxTextBytes)
	case !utf8.Valid(data):
		p.add(index, field, "is not valid UTF-8: %s", brief(string(data)))
	case len(trimmed) == 0 || trimmed[0] != '{' || !json.Valid(data):
		p.add(index, field, "is not a JSON object: %s", brief(string(data)))
	case codec.Depth(data) > maxJSONDepth:
		p.add(index, field, "nests deeper than %d", maxJSONDepth)
	}
}

// annotation checks what can be checked without the store, and tells whether the two names are ones to look up in it.
func (p *problems) annotation(index int, a *Annotation) (fileOK, typeOK bool) {
	fileOK = p.name(index, "audio_file_id", a.AudioFileID)
	typeOK = p.name(index, "artifact_type", a.ArtifactType)
	if a.StartMS < 0 {
		p.add(index, "start_ms", "is negative: %d", a.StartMS)
	}
	switch {
	case a.EndMS < a.StartMS:
		p.add(index, "end_ms", "is %d, before start_ms %d", a.EndMS, a.StartMS)
	case a.EndMS > MaxTimeMS:
		p.add(index, "end_ms", "is %d, more than %d", a.EndMS, int64(MaxTimeMS))
	}
	if a.Confidence != nil {
		p.confidence(index, "confidence", *a.Confidence)
	}
	p.extra(index, a.ExtraData)
	return fileOK, typeOK
}

func (p *problems) confidence(index int, field string, c float64) {
	switch {
	case math.IsNaN(c) || math.IsInf(c, 0):
		p.add(index, field, "is not a number: %v", c)
	case c < 0 || c > 1:
		p.add(index, field, "is %v, outside [0, 1]", c)
	}
}

func (p *problems) types(types []ArtifactType) {
	seen := make(map[string]bool, len(types))
	for i, t := range types {
		if !p.name(i, "artifact_types.name", t.Name) {
			continue
		}
		if seen[t.Name] {
			p.add(i, "artifact_types.name", "is there twice: %s", brief(t.Name))
		}
		seen[t.Name] = true
		p.text(i, "artifact_types.description", t.Description)
		p.textWithin(i, "artifact_types.color", t.Color, MaxNameBytes)
	}
}

func (p *problems) approvals(n int) {
	if n < 0 {
		p.add(-1, "required_approvals", "is negative: %d", n)
	}
}

// check finds what is wrong with a filter.
func (f *Filter) check(op string) error {
	p := &problems{op: op}
	if f.FromMS < 0 {
		p.add(-1, "from_ms", "is negative: %d", f.FromMS)
	}
	if f.ToMS < 0 || f.ToMS != 0 && f.ToMS < f.FromMS {
		p.add(-1, "to_ms", "is %d, before from_ms %d", f.ToMS, f.FromMS)
	}
	if f.MinConfidence != nil && math.IsNaN(*f.MinConfidence) {
		p.add(-1, "min_confidence", "is not a number")
	}
	if f.MaxConfidence != nil && math.IsNaN(*f.MaxConfidence) {
		p.add(-1, "max_confidence", "is not a number")
	}
	return p.err()
}
