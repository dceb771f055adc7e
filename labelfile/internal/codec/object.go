package codec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Object makes one JSON object from fields and the members of extra, which may be nil. Of repeated names the last
// value is kept, in the first place.
func Object(fields []Field, extra json.RawMessage) (json.RawMessage, error) {
	return Merge(fields, extra, func(Field) {})
}

// Merge is [Object], and calls lost for each value that another one of the same name replaces.
func Merge(fields []Field, extra json.RawMessage, lost func(Field)) (json.RawMessage, error) {
	members, err := Members(extra)
	if err != nil {
		return nil, err
	}
	all := fields
	if len(members) > 0 || repeats(fields) {
		all = unique(append(slices.Clone(fields), members...), lost)
	}
	size := 2
	for _, f := range all {
		text, _ := f.Value.(string)
		raw, _ := f.Value.(json.RawMessage)
		size += len(f.Name) + len(text) + len(raw) + 6
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	b.WriteByte('{')
	for i, f := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode(b, f.Name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if raw, ok := f.Value.(json.RawMessage); ok {
			b.Write(raw)
			continue
		}
		if err := encode(b, f.Value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// few is how many fields are compared one by one; more need a map.
const few = 16

func repeats(fields []Field) bool {
	if len(fields) > few {
		return true // perhaps
	}
	for i := range fields {
		for j := range i {
			if fields[i].Name == fields[j].Name {
				return true
			}
		}
	}
	return false
}

// unique keeps the last value of each name, in the first place. It gives others that differ to lost.
func unique(fields []Field, lost func(Field)) []Field {
	all := make([]Field, 0, len(fields))
	at := make(map[string]int, len(fields))
	for _, f := range fields {
		if i, twice := at[f.Name]; twice {
			if !sameValue(all[i].Value, f.Value) {
				lost(all[i])
			}
			all[i] = f
			continue
		}
		at[f.Name] = len(all)
		all = append(all, f)
	}
	return all
}

// sameValue reports whether two values of fields are the same in JSON.
func sameValue(a, b any) bool {
	var one, other bytes.Buffer
	for value, into := range map[*any]*bytes.Buffer{&a: &one, &b: &other} {
		raw, ok := (*value).(json.RawMessage)
		if !ok && encode(into, *value) != nil || ok && json.Compact(into, raw) != nil {
			return false
		}
	}
	return bytes.Equal(one.Bytes(), other.Bytes())
}

// JSONText returns a text as a JSON string, without escapes for HTML.
func JSONText(s string) []byte {
	var b bytes.Buffer
	encode(&b, s) //nolint:errcheck // strings always encode
	return b.Bytes()
}

// encode appends a value as JSON, without escapes for HTML.
func encode(b *bytes.Buffer, v any) error {
	if s, ok := v.(string); ok && plain(s) {
		b.WriteByte('"')
		b.WriteString(s)
		b.WriteByte('"')
		return nil
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line end
	return nil
}

// plain reports whether a text certainly needs no escapes. It says no for every text that would need a closer look.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Members returns the members of a JSON object in their order, each value in its own spelling, as a slice of the
// object's bytes.
func Members(object json.RawMessage) ([]Field, error) {
	if len(object) == 0 {
		return nil, nil
	}
	if !json.Valid(object) || object[SkipBlank(object, 0)] != '{' {
		return nil, fmt.Errorf("not a JSON object: %s", Quote(string(object)))
	}
	var all []Field
	err := EachMember(object, func(name, value []byte) error {
		key, _ := Unquote(name)
		all = append(all, Field{Name: key, Value: json.RawMessage(value)})
		return nil
	})
	return all, err
}

// Find returns the value of a field, or nil if there is none.
func Find(fields []Field, name string) any {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

// Text returns the value of a field as a person would write it, or "" if there is none or it is null.
func Text(fields []Field, name string) string {
	switch v := Find(fields, name).(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case json.Number:
		return v.String()
	case json.RawMessage:
		if string(v) == "null" {
			return ""
		}
		if s, ok := Unquote(v); ok {
			return s
		}
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}
