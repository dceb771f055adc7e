package tier

import (
	"encoding/json"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// Extra is the extra data of a label to write. It tracks which members were written, and so which are lost.
type Extra struct {
	members []codec.Field
	kept    []bool
}

// NewExtra splits extra data into its members.
func NewExtra(object json.RawMessage) (*Extra, error) {
	members, err := codec.Members(object)
	if err != nil {
		return nil, err
	}
	return &Extra{members: members, kept: make([]bool, len(members))}, nil
}

// Text returns a member that is a text, and counts it as written. It returns false for any other value.
func (e *Extra) Text(name string) (text string, ok bool) {
	for i, m := range e.members {
		raw, _ := m.Value.(json.RawMessage)
		if m.Name != name {
			continue
		}
		if text, ok = codec.Unquote(raw); ok {
			e.kept[i] = true
			return text, true
		}
	}
	return "", false
}

// Int returns a member that is a whole number above 0, and counts it as written. It returns 0 for any other value.
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

// Whole returns a member that is a whole number other than 0, and counts it as written. It returns 0 for any other
// value.
func (e *Extra) Whole(name string) (n int64) {
	for i, m := range e.members {
		raw, _ := m.Value.(json.RawMessage)
		if m.Name == name && json.Unmarshal(raw, &n) == nil && n != 0 {
			e.kept[i] = true
			return n
		}
	}
	return 0
}

// Lose counts members as not written.
func (e *Extra) Lose(names ...string) {
	for i, m := range e.members {
		for _, name := range names {
			if m.Name == name {
				e.kept[i] = false
			}
		}
	}
}

// Lost returns the names of the members that were not written, or "".
func (e *Extra) Lost() string {
	var names []string
	for i, m := range e.members {
		if !e.kept[i] {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, ", ")
}
