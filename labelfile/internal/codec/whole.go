package codec

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxWhole is the largest file, in bytes, of formats that are read as a whole: a day of speech, phone by phone, fits.
const MaxWhole = 1 << 27

// Whole reads a whole file, and refuses files larger than [MaxWhole].
func Whole(r io.Reader) ([]byte, error) { return whole(r, MaxWhole) }

func whole(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &SyntaxError{Place: Place{Line: 1, Column: 1}, Found: fmt.Sprintf("more than %d bytes", limit),
			Expected: "a smaller file"}
	}
	return data, nil
}

// Cursor turns offsets in a text into places. If it is asked in the order of the text, it looks at each byte once; to
// go back costs one step of the text, however far back that is.
type Cursor struct {
	text   string
	offset int
	place  Place
	marks  []Place // of the offsets 0, cursorStep and so on, as far as they have been passed
}

const cursorStep = 1 << 12

// NewCursor returns a cursor at the beginning of a text whose lines end in LF or CRLF.
func NewCursor(text string) *Cursor {
	begin := Place{Line: 1, Column: 1}
	return &Cursor{text: text, place: begin, marks: []Place{begin}}
}

// Place returns the place of the byte at an offset.
func (c *Cursor) Place(offset int) Place {
	if offset < c.offset {
		mark := offset / cursorStep
		c.offset, c.place = mark*cursorStep, c.marks[mark]
	}
	for next := len(c.marks) * cursorStep; next <= offset; next += cursorStep {
		c.pass(next)
		c.marks = append(c.marks, c.place)
	}
	c.pass(offset)
	return c.place
}

// pass moves on to an offset. A character belongs to the place where it begins.
func (c *Cursor) pass(offset int) {
	passed := c.text[c.offset:offset]
	if last := strings.LastIndexByte(passed, '\n'); last >= 0 {
		c.place.Line += strings.Count(passed, "\n")
		c.place.Column, passed = 1, passed[last+1:]
	}
	for i := range len(passed) {
		if utf8.RuneStart(passed[i]) {
			c.place.Column++
		}
	}
	c.offset = offset
}

// ErrorAt returns an error about what stands at an offset.
func (c *Cursor) ErrorAt(offset int, found, expected string) *SyntaxError {
	return &SyntaxError{Place: c.Place(offset), Found: found, Expected: expected}
}

// Len returns the length of the text.
func (c *Cursor) Len() int { return len(c.text) }
