// Package webvtt reads and writes WebVTT: The Web Video Text Tracks Format (W3C).
package webvtt

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/cue"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

const head = "WEBVTT"

var dialect = cue.WebVTT

// Read reads cues.
func Read(src *codec.Source) error {
	in := bufio.NewReaderSize(src.Reader, 1<<16)
	if mark, _ := in.Peek(2); bytes.Equal(mark, []byte("\xff\xfe")) || bytes.Equal(mark, []byte("\xfe\xff")) {
		src.Note(codec.Repaired, codec.Place{Line: 1, Column: 1}, "UTF-16, where WebVTT is in UTF-8")
	}
	rd := &reader{src: src, lines: codec.NewLines(in)}
	if err := rd.head(); err != nil {
		return rd.ended(err)
	}
	for {
		if err := rd.block(); err != nil {
			return rd.ended(err)
		}
	}
}

type reader struct {
	src   *codec.Source
	lines *codec.Lines
	text  string             // the line read last
	bad   *codec.SyntaxError // it is not UTF-8
	again bool               // return it once more
	label codec.Label
	shift decimal.Number // to add to the times of cues
}

// ended turns the end of the input into no error.
func (rd *reader) ended(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// next reads a line. bad is the error about a line that is not UTF-8.
func (rd *reader) next() (bad *codec.SyntaxError, err error) {
	if rd.again {
		rd.again = false
		return rd.bad, nil
	}
	line, err := rd.lines.Next()
	rd.text = string(line)
	var ok bool
	if rd.bad, ok = errors.AsType[*codec.SyntaxError](err); err != nil && (!ok || line == nil) {
		return nil, err
	}
	return rd.bad, nil
}

func (rd *reader) place() codec.Place { return codec.Place{Line: rd.lines.Line(), Column: 1} }

// head reads the first line, and the lines below it up to a blank one.
func (rd *reader) head() error {
	bad, err := rd.next()
	switch {
	case bad != nil:
		return bad
	case err == io.EOF:
		return &codec.SyntaxError{Place: codec.Place{Line: 1, Column: 1}, Found: "an empty file", Expected: head}
	case err != nil:
		return err
	case !LooksLike(rd.text):
		return &codec.SyntaxError{Place: rd.place(), Found: codec.Quote(rd.text), Expected: head}
	}
	if rest := strings.TrimSpace(rd.text[len(head):]); rest != "" {
		rd.src.Note(codec.RecordSkipped, rd.place(), rest)
	}
	if _, err := rd.next(); err != nil {
		return err
	}
	rd.again = true
	return rd.headers()
}

// headers reads the lines below the first one up to a blank one, or up to the times of a cue.
func (rd *reader) headers() error {
	rd.shift = decimal.Number{}
	for noted := false; ; {
		bad, err := rd.next()
		if err != nil || bad == nil && rd.text == "" {
			return err
		}
		if rd.again = timed(rd.text, false); rd.again {
			return nil
		}
		if shift, ok := timestampMap(rd.text); ok {
			rd.moveBy(shift)
		} else if !noted {
			noted = true
			rd.src.Note(codec.RecordSkipped, rd.place(), rd.text)
		}
	}
}

// moveBy moves the times of all cues up to the next header.
func (rd *reader) moveBy(ms int64) {
	if rd.shift = decimal.FromMS(ms); ms != 0 {
		rd.src.Note(codec.TimeChanged, rd.place(), rd.text+": "+decimal.Seconds(ms)+" seconds added")
	}
}

// timestampMap reads the header by which a segment of HTTP Live Streaming says to which time of the stream, in ticks
// of 90 kHz, a time of its own belongs (RFC 8216, section 3.5). It returns by how much times are to be moved, in
// milliseconds.
func timestampMap(line string) (ms int64, ok bool) {
	rest, found := strings.CutPrefix(line, "X-TIMESTAMP-MAP=")
	if !found {
		return 0, false
	}
	var local, stream decimal.Number
	said := 0
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.Trim(part, " \t"), ":")
		var err error
		switch key {
		case "LOCAL":
			local, _, err = cue.Clock(value, dialect.Point)
			said |= 1
		case "MPEGTS":
			var ticks uint64
			ticks, err = strconv.ParseUint(value, 10, 40) // they have 33 bits
			stream = decimal.FromMS(int64(ticks)).Over(90)
			said |= 2
		}
		if err != nil {
			return 0, false
		}
	}
	ms, _, err := stream.Add(local.Times(-1)).MS()
	return ms, said == 3 && err == nil
}

// skip leaves out a comment, which may have times in it. Its first line was read.
func (rd *reader) skip() error {
	rd.src.Note(codec.RecordSkipped, rd.place(), rd.text)
	for {
		if bad, err := rd.next(); err != nil || bad == nil && rd.text == "" {
			return err
		}
	}
}

// pass reads up to a blank line, or to the times of the next cue.
func (rd *reader) pass() error {
	for {
		if bad, err := rd.next(); err != nil || bad == nil && rd.text == "" {
			return err
		}
		if rd.again = timed(rd.text, false); rd.again {
			return nil
		}
	}
}

// refuse leaves out a bad block.
func (rd *reader) refuse(bad *codec.SyntaxError) error {
	if err := rd.src.Bad(bad); err != nil {
		return err
	}
	return rd.pass()
}

// block reads the lines between two blank ones.
func (rd *reader) block() error {
	bad, err := rd.next()
	switch {
	case err != nil:
		return err
	case bad != nil:
		return rd.refuse(bad)
	case rd.text == "":
		return nil
	case isNote(rd.text):
		return rd.skip()
	case timed(rd.text, true):
		return rd.cue(rd.place(), "")
	}
	first, id := rd.place(), rd.text
	bad, err = rd.next()
	switch {
	case bad != nil:
		return rd.refuse(bad)
	case err == nil && timed(rd.text, true):
		return rd.cue(first, strings.Trim(id, " \t"))
	case LooksLike(id): // another segment of a stream
		rd.src.Note(codec.RecordSkipped, first, id)
		if err != nil {
			return err
		}
		rd.again = true
		return rd.headers()
	case cue.BeginsWithTime(id, true):
		return rd.spoiled(first, id, err)
	case err == nil && cue.BeginsWithTime(rd.text, true):
		return rd.spoiled(rd.place(), rd.text, nil)
	default:
		rd.src.Note(codec.RecordSkipped, first, id)
	}
	if err != nil || rd.text == "" {
		return err
	}
	return rd.pass()
}

// spoiled leaves out a block with a line that is meant as times and cannot be read. err is that of the line read last.
func (rd *reader) spoiled(at codec.Place, line string, err error) error {
	bad := &codec.SyntaxError{Place: at, Found: codec.Quote(line),
		Expected: "the times of a cue: start, " + cue.Arrow + " and end"}
	if err != nil || rd.text == "" {
		return cmp.Or(rd.src.Bad(bad), err)
	}
	return rd.refuse(bad)
}

// timed reports whether a line has the times of a cue, or is meant as them. No text has an arrow.
func timed(line string, alone bool) bool {
	return strings.Contains(line, cue.Arrow) || cue.IsTimes(line, alone) || cue.IsLoose(line, alone)
}

// isNote reports whether a line begins a block that is no cue: a comment, a style sheet or a region.
func isNote(line string) bool {
	word := strings.TrimRight(line, " \t")
	return word == "STYLE" || word == "REGION" || word == "NOTE" || strings.HasPrefix(line, "NOTE ") ||
		strings.HasPrefix(line, "NOTE\t")
}

// cue reads a cue. Its times are on the line read last.
func (rd *reader) cue(at codec.Place, id string) error {
	t, bad := cue.ParseTiming(rd.lines.Line(), rd.text, dialect.Point)
	if bad != nil {
		return rd.refuse(bad)
	}
	if !t.Exact {
		rd.src.Note(codec.Repaired, rd.place(), rd.text)
	}
	var payload strings.Builder
	for n := 0; ; n++ {
		bad, err := rd.next()
		if err != nil && err != io.EOF {
			return err
		}
		rd.again = err == nil && timed(rd.text, false) // the line belongs to the next cue
		if rd.again || err == io.EOF || bad == nil && rd.text == "" {
			break
		}
		if n > 0 {
			payload.WriteByte('\n')
		}
		if payload.Len()+len(rd.text) > cue.MaxPayload {
			bad = cue.TooLong(rd.place())
		}
		if bad != nil {
			return rd.refuse(bad)
		}
		payload.WriteString(rd.text)
	}
	if rd.shift.Sign() != 0 {
		t.Start, t.End = t.Start.Add(rd.shift), t.End.Add(rd.shift)
	}
	dialect.Label(&rd.label, at, t, id, true, payload.String())
	return rd.src.Label(&rd.label)
}

var writer = cue.Writer{
	Dialect: &dialect, Head: head + "\n",
	IsID: func(id string, _ int64) bool { return cue.IsID(id) && !isNote(id) },
	Before: func(dst []byte, c *cue.Cue, _ int64) []byte {
		dst = append(dst, '\n')
		if c.ID != "" {
			dst = append(append(dst, c.ID...), '\n')
		}
		return dst
	},
}

// Write writes cues.
func Write(dst *codec.Target) error { return writer.Write(dst) }

// LooksLike reports whether the first line is that of WebVTT.
func LooksLike(line string) bool {
	rest, found := strings.CutPrefix(line, head)
	return found && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}
