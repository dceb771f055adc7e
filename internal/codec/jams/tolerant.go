package jams

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/annoset/annoset/internal/codec"
)

// document is the text of a file that is JSON but for bare NaN and Infinity, which Python writes.
type document struct {
	text   []byte         // with a text of the same length in their place
	bare   map[int]string // what stands there really, by offset
	cursor *codec.Cursor
}

// bareTokens are what is no JSON, the longest first.
var bareTokens = []string{"-Infinity", "Infinity", "NaN"}

// parse makes JSON of a file.
func parse(data []byte) (*document, error) {
	d := &document{text: data, bare: make(map[int]string), cursor: codec.NewCursor(string(data))}
	if !utf8.Valid(data) {
		at := 0
		for at < len(data) {
			r, size := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && size <= 1 {
				break
			}
			at += size
		}
		return nil, d.cursor.ErrorAt(at, "bytes that are not UTF-8", "UTF-8")
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
	if codec.Depth(d.text) > maxDepth {
		return nil, d.cursor.ErrorAt(0, "a file that nests too deep", "a JAMS file")
	}
	if i := codec.SkipBlank(d.text, 0); d.text[i] != '{' {
		return nil, d.cursor.ErrorAt(i, codec.Quote(string(d.text[i:])), "an object")
	}
	return d, nil
}

// quoteBare puts texts in the place of bare tokens.
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
				d.bare[i] = token
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

// offset is where a part of the text begins.
func (d *document) offset(part []byte) int { return cap(d.text) - cap(part) }

// value is a part of the text as JSON, with bare tokens as texts.
func (d *document) value(part []byte) json.RawMessage {
	if len(d.bare) == 0 {
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

// member finds a member of an object, nil where there is none, or it is null.
func member(object []byte, name string) (found []byte) {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	codec.EachMember(object, func(key, value []byte) error { //nolint:errcheck // it returns none
		if s, _ := codec.Unquote(key); s == name {
			found = value
		}
		return nil
	})
	if string(found) == "null" {
		return nil
	}
	return found
}
