// Package codec is what the readers and writers of label formats share: the label as a format says it, what is told on
// the way, and the errors. Each format is a package below this one, with a function Read and a function Write.
package codec

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Place is where something stands in a file. The zero Place is nowhere in particular.
type Place struct {
	Line, Column int // from 1; the column counts characters
}

// Label is one label as a file says it. A reader fills what its format has and leaves the rest.
type Label struct {
	File       string // the audio file as the format names it; empty where it names none
	Type       string // what the format says by itself; empty: a blank label
	Start, End decimal.Number
	Confidence *float64
	Fields     []Field         // what else the record says, in its order: for templates, and kept as extra data
	Extra      json.RawMessage // a whole JSON object to keep as extra data, beside Fields; nil: none
	Implied    []Field         // what a template may name and nobody need keep: the format says it by itself
	StartText  string          // the times as they are written, where they are; EndText may be a duration
	EndText    string
	Place      Place
}

// Keep adds a field: to those that are kept, or to those that the format implies.
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
	Value any // string, bool, int64, float64, json.RawMessage or nil; a number that must keep its digits is a json.Number
}

// Source is one stream to read, with what is told while it is read. The functions are never nil.
type Source struct {
	Reader io.Reader
	Name   string // of the file, for formats whose content depends on it; may be empty

	// Label takes a label. An error ends the reading, and is to be returned as it is.
	Label func(*Label) error
	// Clean tells that an audio file was examined and bears no label.
	Clean func(file string) error
	// Audio tells the duration of an audio file.
	Audio func(file string, duration decimal.Number) error
	// Bad takes a record that cannot be read. Nil means to leave it out and go on; an error ends the reading, and is to
	// be returned as it is. A reader that cannot go on after an error returns it without asking.
	Bad func(*SyntaxError) error
	// Note counts something that a person may want to know.
	Note func(kind Kind, at Place, text string)
}

// Target is one stream to write.
type Target struct {
	Writer io.Writer
	// Labels come in order of audio file, start and end where the caller has them so; a format that needs another order
	// sorts by itself.
	Labels iter.Seq2[*Annotation, error]
	// Clean are the audio files that were examined and bear no label, in order.
	Clean []string
	// DurationMS returns the duration of an audio file, 0 where it is not known.
	DurationMS func(file string) int64
	// Note counts something that the format cannot say.
	Note func(kind Kind, text string)
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

// What readers and writers remark.
const (
	Collapsed      Kind = "collapsed to a point" // a span of less than a millisecond
	DigitsLost     Kind = "digits lost"          // times were rounded to whole milliseconds
	BlankSkipped   Kind = "blank skipped"        // a label without text
	PointSkipped   Kind = "point skipped"
	RecordSkipped  Kind = "record skipped" // says something, but is no label: a comment, a speaker's name
	FieldLost      Kind = "field lost"     // what else a record says, and no label keeps
	BadSkipped     Kind = "bad record skipped"
	FileSkipped    Kind = "file skipped" // of a folder: it looks like no format
	Spoiled        Kind = "spoiled by a spreadsheet"
	Repaired       Kind = "repaired" // read as what was meant, against the letter of the format
	ConfidenceLost Kind = "confidence lost"
	ExtraLost      Kind = "extra data lost"
	CleanLost      Kind = "clean mark lost"
	TypeChanged    Kind = "type changed"       // the format cannot hold the text as it is
	TimeChanged    Kind = "time changed"       // the format's own unit or rule
	NameLost       Kind = "audio file id lost" // the format does not say it, and no file name holds it
	FormulaEscaped Kind = "formula made safe"
)

// SyntaxError tells what is wrong where.
type SyntaxError struct {
	Place
	Found    string // what is there, as it is written; quoted where it is a text of the file
	Expected string // what should be there
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: found %s, expected %s", e.Line, e.Column, e.Found, e.Expected)
}

// Quote quotes a text of a file for an error message, and cuts it where it is long.
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
