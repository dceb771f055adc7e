package codec

import (
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// EachElement reads an array of objects one at a time and gives each to a function. A [*SyntaxError] that the
// function returns is a bad record. Input that is no array of objects ends the reading. At most one object is held,
// however the array is laid out: programs write such arrays as one line.
//
// place returns the place of a part of the object, which must be a slice of the object's own bytes. If it is asked in
// the order of the object, it looks at each byte once.
func EachElement(lines *Lines, src *Source, take func(object []byte, place func([]byte) Place) error) error {
	e := &elements{src: src, take: take, at: Place{Line: 1, Column: 1}, first: true}
	for {
		chunk, err := lines.chunk()
		if err == io.EOF {
			if e.where != behindArray {
				return &SyntaxError{Place: e.at, Found: "the end of the file", Expected: "the end of the array"}
			}
			return nil
		}
		if err == nil {
			err = e.read(chunk)
		}
		if err != nil {
			return err
		}
	}
}

// The states of reading an array.
const (
	beforeArray = iota
	withinArray
	behindArray
)

// elements splits an array into objects, chunk by chunk.
type elements struct {
	src  *Source
	take func(object []byte, place func([]byte) Place) error

	where int
	first bool // no object has come yet
	comma bool // a comma must follow
	at    Place
	cr    bool // the last byte was a CR

	depth           int
	quoted, escaped bool
	value           []byte // the object so far
	begin           Place

	asked   int // how much of the object was passed to find places
	askedAt Place
	askedCR bool
}

func (e *elements) read(chunk []byte) error {
	from := 0 // where the new part of the value begins
	for i, c := range chunk {
		inside := e.depth > 0
		if err := e.step(c, chunk[i:]); err != nil {
			return err
		}
		switch {
		case !inside && e.depth > 0:
			from, e.begin = i, e.at
		case inside && e.depth == 0:
			e.value = append(e.value, chunk[from:i+1]...)
			if err := e.element(); err != nil {
				return err
			}
			e.value, e.first, e.comma = e.value[:0], false, false
		}
		e.pass(c)
	}
	if e.depth > 0 {
		if e.value = append(e.value, chunk[from:]...); len(e.value) > MaxLine {
			return &SyntaxError{Place: e.begin, Found: "an object that does not end", Expected: "a closing brace"}
		}
	}
	return nil
}

// step takes one byte: the first of the rest of a chunk.
func (e *elements) step(c byte, rest []byte) error {
	switch {
	case e.depth > 0 && e.quoted:
		e.quoted, e.escaped = c != '"' || e.escaped, c == '\\' && !e.escaped
	case e.depth > 0:
		switch c {
		case '"':
			e.quoted = true
		case '{', '[':
			e.depth++
		case '}', ']':
			if e.depth > 1 || c == '}' {
				e.depth--
			}
		}
	case c == ' ' || c == '\t' || c == '\r' || c == '\n':
	case e.where == beforeArray && c == '[':
		e.where = withinArray
	case e.where == withinArray && c == ']' && !e.comma:
		e.where = behindArray
	case e.where == withinArray && c == ',' && !e.comma && !e.first:
		e.comma = true
	case e.where == withinArray && c == '{' && (e.comma || e.first):
		e.depth = 1
	default:
		if end := lineEnd(rest); end >= 0 {
			rest = rest[:end]
		}
		expected := "an array of objects"
		if e.comma {
			expected = "an object after the comma"
		}
		return &SyntaxError{Place: e.at, Found: Quote(string(rest)), Expected: expected}
	}
	return nil
}

// pass moves the place past a byte.
func (e *elements) pass(c byte) {
	e.at = e.at.behind(c, e.cr)
	e.cr = c == '\r'
}

// behind returns the place after a byte, which may be the LF of a CRLF.
func (p Place) behind(c byte, cr bool) Place {
	switch {
	case c == '\n' && cr:
	case c == '\n' || c == '\r':
		return Place{Line: p.Line + 1, Column: 1}
	case utf8.RuneStart(c):
		p.Column++
	}
	return p
}

// element gives a complete object to the function.
func (e *elements) element() error {
	var err error
	if at, ok := e.notUTF8(); ok {
		err = BadBytes(at)
	} else if !json.Valid(e.value) {
		var raw json.RawMessage
		err = &SyntaxError{Place: e.begin, Found: json.Unmarshal(e.value, &raw).Error(), Expected: "a JSON object"}
	} else {
		e.asked, e.askedAt, e.askedCR = 0, e.begin, false
		err = e.take(e.value, e.place)
	}
	if bad, ok := errors.AsType[*SyntaxError](err); ok {
		return e.src.Bad(bad)
	}
	return err
}

// place returns where a part of the object stands.
func (e *elements) place(part []byte) Place {
	offset := cap(e.value) - cap(part)
	if offset < e.asked {
		e.asked, e.askedAt, e.askedCR = 0, e.begin, false
	}
	for ; e.asked < min(offset, len(e.value)); e.asked++ {
		c := e.value[e.asked]
		e.askedAt, e.askedCR = e.askedAt.behind(c, e.askedCR), c == '\r'
	}
	return e.askedAt
}

// notUTF8 returns the place where the object is not UTF-8, if there is one.
func (e *elements) notUTF8() (Place, bool) {
	if utf8.Valid(e.value) {
		return Place{}, false
	}
	at, cr := e.begin, false
	for i := 0; ; {
		r, size := utf8.DecodeRune(e.value[i:])
		if r == utf8.RuneError && size <= 1 {
			return at, true
		}
		at, cr = at.behind(e.value[i], cr), e.value[i] == '\r'
		i += size
	}
}
