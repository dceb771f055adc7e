// Package fields has what formats share whose records are lines of fields separated by blanks, as NIST defined them:
// RTTM, UEM and CTM. Lines that begin with two semicolons are comments.
package fields

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// None fills a field that has no value.
const None = "<NA>"

// IsNone reports whether a field has no value.
func IsNone(s string) bool { return len(s) == len(None) && strings.EqualFold(s, None) }

// Record is one line. The next one overwrites it.
type Record struct {
	Line   int
	Text   string
	Fields []string
}

// maxFields is how many fields of a line are told apart. No format has that many.
const maxFields = 16

// split splits a line into fields. Only ASCII blanks separate; others may be in a name.
func (r *Record) split(text string) {
	r.Text, r.Fields = text, r.Fields[:0]
	for i := 0; i < len(text) && len(r.Fields) < maxFields; {
		for i < len(text) && blank(text[i]) {
			i++
		}
		begin := i
		for i < len(text) && !blank(text[i]) {
			i++
		}
		if begin < i {
			r.Fields = append(r.Fields, text[begin:i])
		}
	}
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\v' || c == '\f' }

// Place returns the place of a field, or of the end of the line if there is no such field.
func (r *Record) Place(field int) codec.Place {
	offset := 0
	for i, f := range r.Fields {
		offset += strings.Index(r.Text[offset:], f)
		if i == field {
			break
		}
		offset += len(f)
	}
	return codec.Place{Line: r.Line, Column: utf8.RuneCountInString(r.Text[:offset]) + 1}
}

// Bad returns an error about a field.
func (r *Record) Bad(field int, expected string) *codec.SyntaxError {
	found := "the end of the line"
	if field < len(r.Fields) {
		found = codec.Quote(r.Fields[field])
	}
	return &codec.SyntaxError{Place: r.Place(field), Found: found, Expected: expected}
}

// Count refuses a record with too few or too many fields.
func (r *Record) Count(least, most int, expected string) *codec.SyntaxError {
	if n := len(r.Fields); n < least || n > most {
		found := strconv.Itoa(n) + " fields"
		if n == maxFields {
			found += " or more"
		}
		return &codec.SyntaxError{Place: r.Place(min(n, most)), Found: found, Expected: expected}
	}
	return nil
}

// Time reads a time in seconds.
func (r *Record) Time(field int, expected string) (decimal.Number, *codec.SyntaxError) {
	n, err := decimal.Parse(r.Fields[field])
	if err != nil {
		return n, r.BadNumber(field, r.Fields[field], err, expected)
	}
	return n, nil
}

// BadNumber returns an error about the number in a field.
func (r *Record) BadNumber(field int, text string, err error, expected string) *codec.SyntaxError {
	found := codec.Quote(text)
	if errors.Is(err, decimal.ErrRange) {
		found += " (" + err.Error() + ")"
	}
	return &codec.SyntaxError{Place: r.Place(field), Found: found, Expected: expected}
}

// Read reads all records. parse makes a label from one; it returns false for a record that is no label, or is bad.
func Read(src *codec.Source, parse func(*Record, *codec.Label) (bool, *codec.SyntaxError)) error {
	lines := codec.NewLines(src.Reader)
	var r Record
	var l codec.Label
	for {
		line, err := lines.Next()
		if err == io.EOF {
			return nil
		}
		bad, ok := errors.AsType[*codec.SyntaxError](err)
		if err != nil && (!ok || line == nil) {
			return err
		}
		is := false
		if bad == nil {
			r.Line = lines.Line()
			r.split(string(line))
			if len(r.Fields) == 0 {
				continue
			}
			if strings.HasPrefix(r.Fields[0], ";;") {
				src.Note(codec.RecordSkipped, r.Place(0), r.Text)
				continue
			}
			l = codec.Label{Place: codec.Place{Line: r.Line, Column: 1}, Fields: l.Fields[:0], Implied: l.Implied[:0]}
			is, bad = parse(&r, &l)
		}
		if bad != nil {
			err = src.Bad(bad)
		} else if err = nil; is {
			err = src.Label(&l)
		}
		if err != nil {
			return err
		}
	}
}

// maxFirst is how many records [First] returns at most.
const maxFirst = 64

// First returns the first records among some lines, for detecting formats.
func First(lines []string) [][]string {
	var records [][]string
	for _, line := range lines {
		var r Record
		r.split(line)
		if len(r.Fields) == 0 || strings.HasPrefix(r.Fields[0], ";;") {
			continue
		}
		if records = append(records, r.Fields); len(records) == maxFirst {
			break
		}
	}
	return records
}

// LooksLikeChannel reports whether a field may be a channel: a number, a letter, a word for one, or nothing.
func LooksLikeChannel(s string) bool {
	if len(s) == 1 {
		return s[0] >= '0' && s[0] <= '9' || s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z'
	}
	lower := strings.ToLower(s)
	switch lower {
	case "<na>", "na", "left", "right", "mono", "stereo", "mix", "both", "all":
		return true
	}
	number := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(lower, "channel"), "ch"), "_-")
	return len(number) <= 3 && number != "" && strings.Trim(number, "0123456789") == ""
}

// LooksLikeFile reports whether a field may be the name of an audio file, and is not a time with decimals.
func LooksLikeFile(s string) bool {
	_, err := decimal.Parse(s)
	return err != nil || strings.IndexByte(s, '.') < 0
}
