package labelfile

import (
	"strings"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// template makes artifact types from the fields of records. The nil template takes the format's own text.
type template struct {
	parts  []templatePart
	fields bool // it names at least one field
}

// templatePart is a text, or the name of a field.
type templatePart struct {
	text  string
	field bool
}

// textField is the name of what a format takes as the artifact type by default.
const textField = "text"

func parseTemplate(op, s string) (*template, error) {
	if s == "" {
		return nil, nil
	}
	bad := func(reason string) error {
		p := &valid.Problems{}
		p.Add(-1, "artifact_type", "%s: %s", reason, valid.Brief(s))
		return invalid(op, p)
	}
	t := &template{}
	for rest := s; rest != ""; {
		before, after, found := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return nil, bad("closes a brace that was never opened")
		}
		if before != "" {
			t.parts = append(t.parts, templatePart{text: before})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, bad("has a brace that is not closed, or has no name in it")
		}
		t.parts, t.fields = append(t.parts, templatePart{text: name, field: true}), true
		rest = after
	}
	return t, nil
}

// expand makes the artifact type of a record. Fields that the record does not have are empty texts. A record for
// which all fields of the template are empty is blank: its artifact type is empty.
func (t *template) expand(l *codec.Label) string {
	if t == nil {
		return l.Type
	}
	var b strings.Builder
	said := !t.fields
	for _, p := range t.parts {
		text := p.text
		if p.field {
			text = fieldOf(l, p.text)
			said = said || text != ""
		}
		b.WriteString(text)
	}
	if !said {
		return ""
	}
	return b.String()
}

// fieldOf returns the text of a field of a record, whether it is kept as extra data or has its default value.
func fieldOf(l *codec.Label, name string) string {
	if name == textField {
		return l.Type
	}
	if text := codec.Text(l.Fields, name); text != "" {
		return text
	}
	return codec.Text(l.Implied, name)
}
