package annoset

import (
	"encoding/json"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/valid"
)

// The limits stand in full at the root, so that its documentation shows them, and are those of package valid.
var (
	_ = [1]struct{}{}[MaxTimeMS-valid.MaxTimeMS]
	_ = [1]struct{}{}[MaxNameBytes-valid.MaxNameBytes]
	_ = [1]struct{}{}[MaxTextBytes-valid.MaxTextBytes]
	_ = [1]struct{}{}[MaxProblems-valid.MaxProblems]
)

// problems gathers what is wrong with the input of one call.
type problems struct {
	valid.Problems
	op     string
	places []Place // of the problems, where they are known
}

// err returns the *ValidationError, or nil where nothing was wrong.
func (p *problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	e := &ValidationError{Op: p.op, Problems: make([]Problem, len(p.List)), More: p.More}
	for i, bad := range p.List {
		e.Problems[i] = Problem{Index: bad.Index, Field: bad.Field, Reason: bad.Reason}
		if i < len(p.places) {
			e.Problems[i].At = p.places[i]
		}
	}
	return e
}

// given checks what must not be nil.
func given(op, field string, there bool) error {
	p := &problems{op: op}
	if !there {
		p.Add(-1, field, "is nil")
	}
	return p.err()
}

// extra checks extra data.
func (p *problems) extra(index int, data json.RawMessage) { p.Object(index, "extra_data", data) }

// annotation checks what can be checked without the store, and reports whether the two names can be looked up in it.
func (p *problems) annotation(index int, a *Annotation) (fileOK, typeOK bool) {
	l := labelOf(a)
	return p.Label(index, &l)
}

// labelOf makes the label below the root of an annotation.
func labelOf(a *Annotation) label.Label {
	l := label.Label{ID: a.ID, File: a.AudioFileID, Type: a.ArtifactType, StartMS: a.StartMS, EndMS: a.EndMS}
	if a.Confidence != nil {
		l.Confidence, l.HasConfidence = *a.Confidence+0, true // -0 is 0
	}
	if !valid.NoJSON(a.ExtraData) {
		l.ExtraData = string(a.ExtraData)
	}
	return l
}

func (p *problems) types(types []ArtifactType) {
	seen := make(map[string]bool, len(types))
	for i, t := range types {
		if !p.Name(i, "artifact_types.name", t.Name) {
			continue
		}
		if seen[t.Name] {
			p.Add(i, "artifact_types.name", "is there twice: %s", valid.Brief(t.Name))
		}
		seen[t.Name] = true
		p.Text(i, "artifact_types.description", t.Description)
		p.Within(i, "artifact_types.color", t.Color, MaxNameBytes)
	}
}

func (p *problems) approvals(n int) {
	if n < 0 {
		p.Add(-1, "required_approvals", "is negative: %d", n)
	}
}

// check finds what is wrong with a filter.
func (f *Filter) check(op string) error {
	p := &problems{op: op}
	p.Filter(f.FromMS, f.ToMS, f.MinConfidence, f.MaxConfidence)
	return p.err()
}
