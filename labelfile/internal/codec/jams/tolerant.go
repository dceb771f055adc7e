package jams

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// document is the text of a file that is JSON except for bare NaN and Infinity, which Python writes.
type document struct {
	text   []byte         // with a text of the same length in place of each
	bare   map[int]string // the bare tokens, by offset
	order  []int          // the offsets, in order
	cursor *codec.Cursor
}

// bareTokens are the tokens that are no JSON, the longest first.
var bareTokens = []string{"-Infinity", "Infinity", "NaN"}

// parse turns a file into JSON.
func parse(data []byte) (*document, error) {
	d := &document{text: data, bare: make(map[int]string), cursor: codec.NewCursor(string(data))}
	if at := codec.FirstBad(data); at >= 0 {
		return nil, codec.BadBytes(d.cursor.Place(at))
	}
	d.quoteBare()
	var raw json.RawMessage
	if err := json.Unmarshal(d.text, &raw); err != nil {
		at := 0
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = int(max(min(e.Offset, int64(len(data)))-1, 0))
		}
		return nil, d.cursor.ErrorAt(at, err.Error(), "JSON")
	}
	if valid.Depth(d.text) > maxDepth {
		return nil, d.cursor.ErrorAt(0, "a file that nests too deep", "a JAMS file")
	}
	if i := codec.SkipBlank(d.text, 0); d.text[i] != '{' {
		return nil, d.cursor.ErrorAt(i, codec.Quote(string(d.text[i:])), "an object")
	}
	return d, nil
}

// quoteBare puts texts in place of bare tokens.
func (d *document) quoteBare() {
	quoted, changed := false, false
	for i := 0; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted || c != 'N' && c != 'I' && c != '-':
		default:
			for _, token := range bareTokens {
				if len(d.text)-i < len(token) || string(d.text[i:i+len(token)]) != token {
					continue
				}
				if !changed {
					d.text, changed = append([]byte(nil), d.text...), true
				}
				d.bare[i], d.order = token, append(d.order, i)
				for j := range len(token) {
					d.text[i+j] = '_'
				}
				d.text[i], d.text[i+len(token)-1] = '"', '"'
				i += len(token) - 1
				break
			}
		}
	}
}

// offset returns where a part of the text begins.
func (d *document) offset(part []byte) int { return cap(d.text) - cap(part) }

// value returns a part of the text as JSON, with bare tokens as texts.
func (d *document) value(part []byte) json.RawMessage {
	if !d.anyBare(part) {
		return json.RawMessage(part)
	}
	var out []byte
	at := d.offset(part)
	for i := 0; i < len(part); i++ {
		if token, ok := d.bare[at+i]; ok {
			out = append(append(append(out, '"'), token...), '"')
			i += len(token) - 1
			continue
		}
		out = append(out, part[i])
	}
	return out
}

// anyBare reports whether a part of the text has bare tokens.
func (d *document) anyBare(part []byte) bool {
	at := d.offset(part)
	i, is := slices.BinarySearch(d.order, at)
	return is || i < len(d.order) && d.order[i] < at+len(part)
}

// pointers returns where bare tokens stand in a part of the text, and false if the pointers are too long to keep.
func (d *document) pointers(part []byte) (all []string, ok bool) {
	if !d.anyBare(part) {
		return nil, true
	}
	at, size := d.offset(part), 0
	eachText(part, func(pointer []byte, from, _ int) {
		if d.bare[at+from] == "" || size > codec.MaxLine {
			return
		}
		size += len(pointer)
		all = append(all, string(pointer))
	})
	return all, size <= codec.MaxLine
}

// bareAgain removes the quotes from the tokens in a valid value that pointers point at.
func bareAgain(value []byte, pointers []string) []byte {
	if len(pointers) == 0 {
		return value
	}
	bare := make(map[string]bool, len(pointers))
	for _, p := range pointers {
		bare[p] = true
	}
	out, done := make([]byte, 0, len(value)), 0
	eachText(value, func(pointer []byte, from, to int) {
		if bare[string(pointer)] && slices.Contains(bareTokens, string(value[from+1:to-1])) {
			out = append(append(out, value[done:from]...), value[from+1:to-1]...)
			done = to
		}
	})
	return append(out, value[done:]...)
}

// eachText calls a function for each text of a valid value, in order, with its JSON pointer (RFC 6901), which is
// valid until the function returns, and its offsets.
func eachText(value []byte, text func(pointer []byte, from, to int)) {
	w := &walker{value: value, text: text}
	w.walk(0)
}

type walker struct {
	value   []byte
	text    func(pointer []byte, from, to int)
	pointer []byte
}

// walk skips the value that begins at i, and returns its end.
func (w *walker) walk(i int) int {
	s := w.value
	switch s[i] {
	case '"':
		end := codec.SkipValue(s, i)
		w.text(w.pointer, i, end)
		return end
	case '{', '[':
	default:
		return codec.SkipValue(s, i)
	}
	list, length := s[i] == '[', len(w.pointer)
	for i, n := codec.SkipBlank(s, i+1), 0; ; n++ {
		switch s[i] {
		case '}', ']':
			return i + 1
		case ',':
			i = codec.SkipBlank(s, i+1)
		}
		w.pointer = append(w.pointer, '/')
		if list {
			w.pointer = strconv.AppendInt(w.pointer, int64(n), 10)
		} else {
			end := codec.SkipValue(s, i)
			key, _ := codec.Unquote(s[i:end])
			w.pointer = append(w.pointer, escapePointer.Replace(key)...)
			i = codec.SkipBlank(s, codec.SkipBlank(s, end)+1) // behind the colon
		}
		i = codec.SkipBlank(s, w.walk(i))
		w.pointer = w.pointer[:length]
	}
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

// member finds a member of an object, or returns nil if there is none or it is null.
func member(object []byte, name string) (found []byte) {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	codec.EachMember(object, func(key, value []byte) error { //nolint:errcheck // never fails
		if string(key[1:len(key)-1]) == name {
			found = value
		}
		return nil
	})
	if string(found) == "null" {
		return nil
	}
	return found
}
