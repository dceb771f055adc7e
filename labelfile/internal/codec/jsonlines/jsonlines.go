// Package jsonlines reads and writes labels as JSON objects: annoset's own lines, and the supervisions of lhotse.
package jsonlines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Read reads annoset's own lines: one object a line.
func Read(src *codec.Source) error {
	return eachLine(codec.NewLines(src.Reader), src, (&reader{src: src}).line)
}

// eachLine calls a function for each line that is not blank. Lines that are no JSON objects, and errors of the
// function, are bad records of the source.
func eachLine(lines *codec.Lines, src *codec.Source,
	take func(object []byte, place func(at []byte) codec.Place) error,
) error {
	for {
		line, err := lines.Next()
		if err == io.EOF {
			return nil
		}
		broken := line == nil
		place := func(at []byte) codec.Place { return placeIn(line, at, lines.Line()) }
		if err == nil {
			blank := codec.SkipBlank(line, 0)
			if blank == len(line) {
				continue
			}
			if err = wholeObject(line, blank, lines.Line()); err == nil {
				err = take(line[blank:], place)
			}
		}
		if bad, ok := errors.AsType[*codec.SyntaxError](err); ok && !broken {
			err = src.Bad(bad)
		}
		if err != nil {
			return err
		}
	}
}

// placeIn returns the place of a part of a line.
func placeIn(line, at []byte, number int) codec.Place {
	offset := max(cap(line)-cap(at), 0)
	return codec.Place{Line: number, Column: 1 + utf8.RuneCount(line[:min(offset, len(line))])}
}

// wholeObject returns an error unless a line is one JSON object, which begins after blanks.
func wholeObject(line []byte, blank, number int) error {
	bad := func(at int, found string) error {
		return &codec.SyntaxError{Place: codec.Place{Line: number, Column: 1 + utf8.RuneCount(line[:at])}, Found: found,
			Expected: "one JSON object a line"}
	}
	if line[blank] != '{' {
		return bad(blank, codec.Quote(string(line)))
	}
	if json.Valid(line) {
		return nil
	}
	var raw json.RawMessage
	err := json.Unmarshal(line, &raw)
	at := 0
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(int(e.Offset)-1, 0)
	}
	return bad(min(at, len(line)), err.Error())
}

// reader turns annoset's own lines into labels.
type reader struct {
	src        *codec.Source
	label      codec.Label
	file, kind string // of the line before, which are often those of this one
	told       bool   // that a key may name the audio file
}

func (rd *reader) line(line []byte, place func([]byte) codec.Place) error {
	l := &rd.label
	*l = codec.Label{Fields: l.Fields[:0], Place: place(line)}
	var has struct{ file, kind, start, end, clean bool }
	err := codec.EachUnique(line, repeated(rd.src, place), func(name, value []byte) (err error) {
		switch string(name) {
		case `"audio_file_id"`:
			has.file = true
			l.File, err = textOf(value, &rd.file, place)
			if err == nil && l.File == "" {
				err = &codec.SyntaxError{Place: place(value), Found: `""`, Expected: "the name of an audio file"}
			}
		case `"artifact_type"`:
			has.kind = true
			l.Type, err = textOf(value, &rd.kind, place)
		case `"start_ms"`:
			has.start = true
			l.Start, l.StartText, err = numberOf(value, place)
		case `"end_ms"`:
			has.end = true
			l.End, l.EndText, err = numberOf(value, place)
		case `"confidence"`:
			l.Confidence, err = confidenceOf(l, value, place)
		case `"extra_data"`:
			l.Extra, err = extraOf(value, place)
		case `"id"`: // a store makes its own
		case `"clean"`:
			if has.clean = string(value) == "true"; !has.clean {
				err = addField(l, name, value, place)
			}
		default:
			err = addField(l, name, value, place)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case has.clean && !has.kind && !has.start && !has.end:
		rd.noteMore(l)
		return rd.src.Clean(l.File)
	case has.clean:
		return &codec.SyntaxError{Place: l.Place, Found: "a label that is clean", Expected: "the one or the other"}
	case !has.start || !has.end || !has.kind:
		return &codec.SyntaxError{Place: l.Place, Found: codec.Quote(string(line)),
			Expected: "the keys artifact_type, start_ms and end_ms"}
	}
	if !has.file && !rd.told {
		rd.noteFile(l)
	}
	l.Start, l.End = l.Start.Milliseconds(), l.End.Milliseconds()
	return rd.src.Label(l)
}

// noteMore remarks what a clean mark says beside its audio file.
func (rd *reader) noteMore(l *codec.Label) {
	more := len(l.Fields)
	if l.Confidence != nil {
		more++
	}
	if codec.SaysAnything(l.Extra) {
		more++
	}
	if more > 0 {
		rd.src.Note(codec.FieldLost, l.Place, "what the clean mark of "+l.File+" says beside it")
	}
}

// noteFile remarks, once, that a key which is not known may name the audio file.
func (rd *reader) noteFile(l *codec.Label) {
	for _, f := range l.Fields {
		raw, _ := f.Value.(json.RawMessage)
		text, isText := codec.Unquote(raw)
		if isText && text != "" && (codec.MayNameFile(f.Name) || codec.EndsAsAudio(text)) {
			rd.told = true
			rd.src.Note(codec.FileAssumed, l.Place, "all lines are taken for one recording, although "+f.Name+" is "+text)
			return
		}
	}
}

// repeated remarks the values of keys that come again.
func repeated(src *codec.Source, place func([]byte) codec.Place) func(name, value []byte) {
	return func(name, value []byte) {
		key, ok := codec.Unquote(name)
		if !ok {
			key = string(name)
		}
		src.Note(codec.FieldLost, place(value), key+" "+string(value[:min(len(value), maxRemark)]))
	}
}

// maxRemark is how much of a value a remark has. It is cut again.
const maxRemark = 200

// textOf is stringOf that takes the text of the line before, if it is the same.
func textOf(value []byte, before *string, place func([]byte) codec.Place) (s string, err error) {
	last := len(value) - 1
	if value[0] == '"' && string(value[1:last]) == *before && bytes.IndexByte(value, '\\') < 0 {
		return *before, nil
	}
	*before, err = stringOf(value, place)
	return *before, err
}

func stringOf(value []byte, place func([]byte) codec.Place) (string, error) {
	s, ok := codec.Unquote(value)
	if !ok {
		return "", &codec.SyntaxError{Place: place(value), Found: codec.QuoteJSON(value), Expected: "a string"}
	}
	return s, nil
}

func numberOf(value []byte, place func([]byte) codec.Place) (decimal.Number, string, error) {
	s := string(value)
	n, err := decimal.Parse(s)
	if err != nil {
		found := codec.Quote(s)
		if !errors.Is(err, decimal.ErrSyntax) {
			found += ": " + err.Error()
		}
		return n, s, &codec.SyntaxError{Place: place(value), Found: found, Expected: "a number"}
	}
	return n, s, nil
}

// confidenceOf reads a confidence. A number that cannot be one becomes a field.
func confidenceOf(l *codec.Label, value []byte, place func([]byte) codec.Place) (*float64, error) {
	f, err := strconv.ParseFloat(string(value), 64)
	switch {
	case string(value) == "null":
		return nil, nil
	case value[0] != '-' && (value[0] < '0' || value[0] > '9'):
		return nil, &codec.SyntaxError{
			Place: place(value), Found: codec.Quote(string(value)), Expected: "a number from 0 to 1",
		}
	case err != nil || f < 0 || f > 1:
		return nil, addField(l, []byte(`"confidence"`), value, place)
	}
	return &f, nil
}

func extraOf(value []byte, place func([]byte) codec.Place) (json.RawMessage, error) {
	switch {
	case string(value) == "null":
		return nil, nil
	case value[0] != '{':
		return nil, &codec.SyntaxError{Place: place(value), Found: codec.Quote(string(value)), Expected: "an object"}
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return keep(value, place)
	}
	err := codec.EachMember(value, func(name, _ []byte) error {
		if _, ok := codec.Unquote(name); !ok {
			return badKey(name, value, place)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return keep(value, place)
}

// badKey is the error about a key with half of a pair of characters.
func badKey(name, at []byte, place func([]byte) codec.Place) error {
	return &codec.SyntaxError{Place: place(at), Found: codec.QuoteJSON(name), Expected: "a key"}
}

// keep copies a value, and refuses one that nests too deep.
func keep(value []byte, place func([]byte) codec.Place) (json.RawMessage, error) {
	if valid.Depth(value) > valid.MaxDepth {
		return nil, &codec.SyntaxError{
			Place: place(value), Found: "a value that nests deeper than " + strconv.Itoa(valid.MaxDepth),
			Expected: "one that does not",
		}
	}
	return bytes.Clone(value), nil
}

// addField keeps an unknown member as a field.
func addField(l *codec.Label, name, value []byte, place func([]byte) codec.Place) error {
	key, ok := codec.Unquote(name)
	if !ok {
		return badKey(name, value, place)
	}
	raw, err := keep(value, place)
	if err != nil {
		return err
	}
	l.Fields = append(l.Fields, codec.Field{Name: key, Value: raw})
	return nil
}

// Write writes annoset's own lines, and at the end those of clean audio files.
func Write(dst *codec.Target) error {
	out := bufio.NewWriterSize(dst.Writer, 1<<16)
	var line []byte
	var extra bytes.Buffer
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		extra.Reset()
		if len(a.Extra) > 0 {
			if err := json.Compact(&extra, a.Extra); err != nil {
				return fmt.Errorf("extra data: %w", err)
			}
		}
		l := label.Label{Type: a.Type, StartMS: a.StartMS, EndMS: a.EndMS, ExtraData: extra.String()}
		if a.Confidence != nil {
			l.Confidence, l.HasConfidence = *a.Confidence, true
		}
		line = canonical.AppendNamed(line[:0], a.File, &l)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	for _, file := range dst.Clean {
		line = append(canonical.AppendString(append(line[:0], `{"audio_file_id":`...), file), `,"clean":true}`+"\n"...)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
