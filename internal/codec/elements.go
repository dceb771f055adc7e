package codec

import (
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// EachElement reads an array of objects, one at a time, and gives each to a function: a [*SyntaxError] that it returns is a
// bad record. What is no array of objects ends the reading.
func EachElement(lines *Lines, src *Source, take func(object []byte, place func([]byte) Place) error) error {
	var value []byte // an object that may go on
	var begin Place
	depth, quoted, escaped := 0, false, false
	const before, within, behind = 0, 1, 2 // the array
	where, comma := before, true
	for {
		line, err := lines.Next()
		if err == io.EOF {
			if where != behind {
				return &SyntaxError{Place: Place{Line: lines.Line(), Column: 1}, Found: "the end of the file",
					Expected: "the end of the array"}
			}
			return nil
		}
		if err != nil {
			return err
		}
		at := 0 // in the line, where what is new of the value begins
		for i, c := range line {
			switch {
			case depth > 0 && quoted:
				quoted, escaped = c != '"' || escaped, c == '\\' && !escaped
				continue
			case depth > 0 && c == '"':
				quoted = true
				continue
			case depth > 0 && (c == '{' || c == '['):
				depth++
				continue
			case depth > 1 && (c == '}' || c == ']'):
				depth--
				continue
			case depth == 1 && c == '}':
				depth = 0
				value = append(value, line[at:i+1]...)
				if err := element(value, begin, src, take); err != nil {
					return err
				}
				value, comma = value[:0], false
				continue
			case depth > 0 || SkipBlank(line[i:i+1], 0) > 0:
				continue
			case where == before && c == '[':
				where = within
				continue
			case where == within && c == ']':
				where = behind
				continue
			case where == within && c == ',' && !comma:
				comma = true
				continue
			case where == within && c == '{' && comma:
				depth, at = 1, i
				begin = Place{Line: lines.Line(), Column: 1 + utf8.RuneCount(line[:i])}
				continue
			}
			return &SyntaxError{Place: Place{Line: lines.Line(), Column: 1 + utf8.RuneCount(line[:i])},
				Found: Quote(string(line[i:])), Expected: "an array of objects"}
		}
		if depth > 0 {
			if value = append(append(value, line[at:]...), '\n'); len(value) > MaxLine {
				return &SyntaxError{Place: begin, Found: "an object that does not end", Expected: "a closing brace"}
			}
		}
	}
}

// element gives one object of an array to a function.
func element(value []byte, begin Place, src *Source, take func([]byte, func([]byte) Place) error) error {
	place := func([]byte) Place { return begin }
	err := error(nil)
	if !json.Valid(value) {
		var raw json.RawMessage
		err = &SyntaxError{Place: begin, Found: json.Unmarshal(value, &raw).Error(), Expected: "a JSON object"}
	} else {
		err = take(value, place)
	}
	if bad, ok := errors.AsType[*SyntaxError](err); ok {
		return src.Bad(bad)
	}
	return err
}
