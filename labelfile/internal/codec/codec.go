// Package codec has what the readers and writers of label formats share: a label as its format says it, what they
// report on the way, and errors. Each format is a package below this one, with a function Read and a function Write.
package codec

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Place is a position in a file. The zero Place is unknown.
type Place struct {
	Line, Column int // from 1; the column counts characters
}

// Label is one label as a file says it. A reader fills in what its format has and leaves the rest empty.
type Label struct {
	File       string // the audio file as the format names it; empty if it names none
	Type       string // what the format takes as the label's text; empty: a blank label
	Start, End decimal.Number
	Confidence *float64
	Fields     []Field         // what else the record says, in its order: for templates, and kept as extra data
	Extra      json.RawMessage // a whole JSON object to keep as extra data, beside Fields; nil: none
	Implied    []Field         // for templates only: default values, which the format implies
	StartText  string          // the times in the file's own spelling, if it writes them; EndText may be a duration
	EndText    string
	Place      Place
}

// Keep adds a field: to the fields that are kept, or to those that the format implies.
func (l *Label) Keep(kept bool, name string, value any) {
	if f := (Field{Name: name, Value: value}); kept {
		l.Fields = append(l.Fields, f)
	} else {
		l.Implied = append(l.Implied, f)
	}
}

// Field is a named value of a record.
type Field struct {
	Name  string
	Value any // string, bool, int64, float64, json.RawMessage, nil, or json.Number to keep all digits
}

// Source is a stream to read, and the functions that take what it says. None of them is nil.
type Source struct {
	Reader io.Reader
	Name   string // of the file, for formats whose content depends on it; may be empty
	// Encoding is the encoding that the caller names, or "". If there is one, the reader has converted the text to UTF-8,
	// unless a byte order mark says what it is: there is nothing to guess.
	Encoding string

	// Label takes a label. An error ends the reading, and must be returned as it is.
	Label func(*Label) error
	// Named takes the name of an audio file that a codec has cut from a path, and the path. It returns what to call the
	// audio file, or an error if the name was cut from another path before.
	Named func(path, name string, at Place) (string, error)
	// Clean takes an audio file that was examined and has no label.
	Clean func(file string) error
	// Audio takes the duration of an audio file.
	Audio func(file string, duration decimal.Number) error
	// Bad takes a record that cannot be read. On nil, leave it out and go on; an error ends the reading, and must be
	// returned as it is. A reader that cannot go on after an error returns the error without asking.
	Bad func(*SyntaxError) error
	// Note counts something that people may want to know.
	Note func(kind Kind, at Place, text string)
}

// Target is a stream to write, and what to write there.
type Target struct {
	Writer io.Writer
	// Labels come in order of audio file, start and end if the caller has them so. A format that needs another order
	// sorts them.
	Labels iter.Seq2[*Annotation, error]
	// Clean are the audio files that were examined and have no label, in order.
	Clean []string
	// DurationMS returns the duration of an audio file, or 0 if it is unknown.
	DurationMS func(file string) int64
	// Note counts something that the format cannot say, of the label that About points to.
	Note func(kind Kind, text string)
	// Names keep apart the audio files of this file, or of all files of a folder, that are written under other names.
	Names *Distinct
	// About is the label that notes are about, nil if it is none. The source of the labels sets it; a codec that notes
	// something when the next labels have come sets it itself.
	About *Annotation
}

// Annotation is a label to write.
type Annotation struct {
	File, Type     string
	StartMS, EndMS int64
	Confidence     *float64
	Extra          json.RawMessage // a JSON object or nil
}

// Kind is a kind of remark. The texts are part of the public reports.
type Kind string

// The kinds of remarks.
const (
	Collapsed      Kind = "collapsed to a point" // a span of under half a millisecond
	DigitsLost     Kind = "digits lost"          // times were rounded to whole milliseconds
	BlankSkipped   Kind = "blank skipped"        // a label without text
	PointSkipped   Kind = "point skipped"
	RecordSkipped  Kind = "record skipped" // a record that is no label: a comment, a speaker's name
	FieldLost      Kind = "field lost"     // a fact that labels have no place for
	BadSkipped     Kind = "bad record skipped"
	FileSkipped    Kind = "file skipped" // of a folder: it has no known format
	Spoiled        Kind = "spoiled by a spreadsheet"
	Repaired       Kind = "repaired" // read as what was meant, although the format does not allow it
	ConfidenceLost Kind = "confidence lost"
	ExtraLost      Kind = "extra data lost"
	CleanLost      Kind = "clean mark lost"
	TypeChanged    Kind = "type changed"          // the format cannot hold the text as it is
	NameChanged    Kind = "audio file id changed" // likewise
	UnitAssumed    Kind = "unit assumed"          // nothing says the unit of times
	FileAssumed    Kind = "audio file assumed"    // no column is known to name the audio file
	OriginAssumed  Kind = "origin assumed"        // nothing says where times count from
	TimeChanged    Kind = "time changed"          // moved as the file says, or the format has another unit or rule
	NameLost       Kind = "audio file id lost"    // the format does not say it, and it is too long for a file name
	FormulaEscaped Kind = "formula made safe"
)

// SyntaxError says what is wrong, and where.
type SyntaxError struct {
	Place
	Found    string // what is there, in the file's own spelling; texts of the file are quoted
	Expected string // what should be there
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: found %s, expected %s", e.Line, e.Column, e.Found, e.Expected)
}

// UTF8 is the encoding of texts that name no other one.
const UTF8 = "UTF-8"

// BadBytes is the error about bytes that are no text.
func BadBytes(at Place) *SyntaxError {
	return &SyntaxError{Place: at, Found: "bytes that are not " + UTF8, Expected: UTF8}
}

// In returns the error about bytes that are no text for a text in another encoding, and any other as it is.
func (e *SyntaxError) In(encoding string) *SyntaxError {
	if encoding == "" || *e != *BadBytes(e.Place) {
		return e
	}
	return &SyntaxError{Place: e.Place, Found: "bytes that are not " + encoding, Expected: encoding}
}

// FirstBad returns where a text is not UTF-8, or -1 if it is.
func FirstBad(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for at := 0; ; {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// Quote quotes a text of a file for an error message, and cuts it if it is long.
func Quote(s string) string {
	const most = 60
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	cut := most
	for cut > most-4 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return fmt.Sprintf("%q…", s[:cut])
}
