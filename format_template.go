package annoset

import (
	"strings"

	"github.com/annoset/annoset/internal/codec"

	"github.com/annoset/annoset/internal/valid"
)

// template makes an artifact type of the fields of a record. The nil template is the format's own text.
type template struct {
	parts  []templatePart
	fields bool // it names any
}

// templatePart is a text, or the name of a field.
type templatePart struct {
	text  string
	field bool
}

// textField is the name of what a format takes for the artifact type by itself.
const textField = "text"

func parseTemplate(op, s string) (*template, error) {
	if s == "" {
		return nil, nil
	}
	bad := func(reason string, args ...any) error {
		p := &problems{op: op}
		p.Add(-1, "artifact_type", reason, args...)
		return p.err()
	}
	t := &template{}
	for rest := s; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return nil, bad("closes a brace that was never opened: %s", valid.Brief(s))
		}
		if before != "" {
			t.parts = append(t.parts, templatePart{text: before})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, bad("has a brace that is not closed, or names nothing: %s", valid.Brief(s))
		}
		t.parts, t.fields = append(t.parts, templatePart{text: name, field: true}), true
		rest = after
	}
	return t, nil
}

// expand makes the artifact type of a record. A field that the record does not have is empty; a record of which all
// fields named are empty is blank.
func (t *template) expand(l *codec.Label) string {
	if t == nil {
		return l.Type
	}
	var b strings.Builder
	any := !t.fields
	for _, p := range t.parts {
		text := p.text
		if p.field {
			text = l.Type
			if p.text != textField {
				if text = codec.Text(l.Fields, p.text); text == "" {
					text = codec.Text(l.Implied, p.text)
				}
			}
			any = any || text != ""
		}
		b.WriteString(text)
	}
	if !any {
		return ""
	}
	return b.String()
}
