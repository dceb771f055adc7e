package tier

import (
	"encoding/json"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// Extra is the extra data of a label to write. It knows what of it was written, and so what is lost.
type Extra struct {
	members []codec.Field
	kept    []bool
}

// NewExtra takes extra data apart.
func NewExtra(object json.RawMessage) (*Extra, error) {
	members, err := codec.Members(object)
	if err != nil {
		return nil, err
	}
	return &Extra{members: members, kept: make([]bool, len(members))}, nil
}

// Text takes a member that is a text: it counts as kept. Anything else is as if it were not there.
func (e *Extra) Text(name string) (text string, ok bool) {
	for i, m := range e.members {
		raw, _ := m.Value.(json.RawMessage)
		if m.Name == name && strings.HasPrefix(string(raw), `"`) && json.Unmarshal(raw, &text) == nil {
			e.kept[i] = true
			return text, true
		}
	}
	return "", false
}

// Int takes a member that is a whole number above 0: it counts as kept. 0 is none.
func (e *Extra) Int(name string) (n int) {
	for i, m := range e.members {
		raw, _ := m.Value.(json.RawMessage)
		if m.Name == name && json.Unmarshal(raw, &n) == nil && n > 0 {
			e.kept[i] = true
			return n
		}
	}
	return 0
}

// Lose takes back that members are kept.
func (e *Extra) Lose(names ...string) {
	for i, m := range e.members {
		for _, name := range names {
			if m.Name == name {
				e.kept[i] = false
			}
		}
	}
}

// Lost returns the names of the members that are not kept, "" if there are none.
func (e *Extra) Lost() string {
	var names []string
	for i, m := range e.members {
		if !e.kept[i] {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ", ")
}
