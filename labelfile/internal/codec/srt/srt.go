// Package srt reads and writes SubRip subtitles as players do, because no specification describes them: a number, the
// times, the text, and a blank line.
package srt

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/cue"
)

var dialect = cue.SRT

// Read reads subtitles. A subtitle ends where the next one begins, with its number and times, so its text may have
// blank lines.
func Read(src *codec.Source) error {
	rd := &reader{src: src, lines: codec.NewLines(src.Reader), before: true}
	for {
		line, err := rd.lines.Next()
		if err == io.EOF {
			return rd.end(rd.held)
		}
		bad, ok := errors.AsType[*codec.SyntaxError](err)
		if err != nil && (!ok || line == nil) {
			return err
		}
		if err := rd.line(string(line), bad); err != nil {
			return err
		}
	}
}

type reader struct {
	src   *codec.Source
	lines *codec.Lines
	label codec.Label
	n     int64 // how many times were read

	open   bool // a subtitle was begun
	bad    bool // and is left out
	at     codec.Place
	number string
	timing *cue.Timing
	held   []string // the lines below its times
	size   int      // their length
	last   string   // the last line
	before bool     // and whether the one before it was blank, or there was none
}

func (rd *reader) place() codec.Place { return codec.Place{Line: rd.lines.Line(), Column: 1} }

func (rd *reader) line(line string, bad *codec.SyntaxError) error {
	times := rd.timed(line)
	rd.last, rd.before = line, cue.Blank(rd.last)
	if times {
		return rd.begin(line, bad)
	}
	if !rd.open && bad == nil {
		switch {
		case cue.Blank(line):
			return nil
		case cue.IsNumber(line) && len(rd.held) == 0:
			rd.held = append(rd.held, line)
			return nil
		}
		bad = &codec.SyntaxError{
			Place: rd.place(), Found: codec.Quote(line), Expected: "the number or the times of a subtitle",
		}
	}
	if !rd.open {
		return rd.src.Bad(bad)
	}
	if rd.size += len(line) + 1; rd.size > cue.MaxPayload && bad == nil {
		bad = cue.TooLong(rd.place())
	}
	if rd.bad || bad != nil { // nothing matters but a number before the next times
		rd.held, rd.size = rd.held[:0], 0
	}
	rd.held = append(rd.held, line)
	return rd.refuse(bad)
}

// refuse leaves out the open subtitle.
func (rd *reader) refuse(bad *codec.SyntaxError) error {
	if bad == nil || rd.bad {
		return nil
	}
	rd.bad = true
	return rd.src.Bad(bad)
}

// timed reports whether a line has the times of a subtitle, or is meant as them. An arrow within a text is text.
func (rd *reader) timed(line string) bool {
	before, _, found := strings.Cut(line, cue.Arrow)
	before = strings.TrimLeft(before, " \t")
	return found && (!rd.open || before != "" && (before[0] == '-' || before[0] >= '0' && before[0] <= '9')) ||
		rd.meant(line)
}

// meant reports whether a line is meant as times. Below the number of a subtitle nothing else can begin with one.
func (rd *reader) meant(line string) bool {
	below := cue.IsNumber(rd.last)
	return cue.IsTimes(line, below && rd.before) || cue.IsLoose(line, below && rd.before) ||
		below && cue.BeginsWithTime(line, rd.before)
}

// numberOf returns the number that the line before times is meant as: digits, perhaps with a full stop or in brackets.
func numberOf(line string) string {
	if number := strings.Trim(line, " \t#.,:;)(]["); cue.IsNumber(number) {
		return number
	}
	return ""
}

// begin reads the times of a subtitle, which may be bad, and ends the one before.
func (rd *reader) begin(line string, bad *codec.SyntaxError) error {
	held, number, exact := rd.cutNumber()
	at, spelled := rd.place(), ""
	if number != "" {
		spelled = rd.held[len(held)]
		at.Line -= len(rd.held) - len(held)
	}
	if err := rd.end(held); err != nil {
		return err
	}
	rd.n++
	rd.open, rd.at, rd.number, rd.held, rd.size = true, at, number, rd.held[:0], 0
	rd.bad = false
	if bad == nil {
		rd.timing, bad = cue.ParseTiming(rd.lines.Line(), line, dialect.Point)
	}
	if bad != nil {
		return rd.refuse(bad)
	}
	switch {
	case !rd.timing.Exact || number == "":
		rd.src.Note(codec.Repaired, rd.place(), line)
	case !exact:
		rd.src.Note(codec.Repaired, at, spelled)
	}
	return nil
}

// cutNumber takes the number of a subtitle, which stands before its times, from the lines of the one before. It is
// exact if it has only digits. Between a number that goes on and the times may be blank lines.
func (rd *reader) cutNumber() (held []string, number string, exact bool) {
	if last := len(rd.held) - 1; last >= 0 && cue.IsNumber(rd.held[last]) {
		return rd.held[:last], strings.Trim(rd.held[last], " \t"), true
	}
	held = withoutBlanks(rd.held)
	apart := len(held) < len(rd.held)
	last := len(held) - 1
	if last < 0 {
		return rd.held, "", false
	}
	if first := last == 0 || cue.Blank(held[last-1]); first {
		number = numberOf(held[last])
	}
	switch {
	case apart && number == strconv.FormatInt(rd.n+1, 10):
		return held[:last], number, false
	case apart:
		return rd.held, "", false
	case number != "":
		return held[:last], number, false
	}
	return held, "", false
}

// end delivers the open subtitle.
func (rd *reader) end(held []string) error {
	if !rd.open {
		if len(held) > 0 {
			return rd.src.Bad(&codec.SyntaxError{
				Place: rd.place(), Found: "the end of the file", Expected: "the times of a subtitle",
			})
		}
		return nil
	}
	rd.open = false
	if rd.bad {
		return nil
	}
	for len(held) > 0 && cue.Blank(held[0]) {
		held = held[1:]
	}
	held = withoutBlanks(held)
	goesOn := rd.number == strconv.FormatInt(rd.n, 10)
	dialect.Label(&rd.label, rd.at, rd.timing, rd.number, !goesOn, strings.Join(held, "\n"))
	return rd.src.Label(&rd.label)
}

// withoutBlanks removes blank lines at the end.
func withoutBlanks(lines []string) []string {
	for len(lines) > 0 && cue.Blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

var writer = cue.Writer{
	Dialect: &dialect,
	IsID: func(id string, n int64) bool {
		return len(id) <= maxNumber && cue.IsNumber(id) && cue.IsID(id) && id != strconv.FormatInt(n, 10)
	},
	Before: func(dst []byte, c *cue.Cue, n int64) []byte {
		if n > 1 {
			dst = append(dst, '\n')
		}
		if c.ID == "" {
			dst = strconv.AppendInt(dst, n, 10)
		}
		return append(append(dst, c.ID...), '\n')
	},
}

// maxNumber is how many digits the number of a subtitle may have to be written.
const maxNumber = 18

// Write writes subtitles, numbered from 1 unless their labels have numbers.
func Write(dst *codec.Target) error { return writer.Write(dst) }

// LooksLike reports whether a file begins with a number and times, or with times, or with
// what is meant as them.
func LooksLike(first, second string) bool {
	numbered := cue.IsNumber(first)
	if numbered {
		first = second
	}
	return cue.IsTiming(first, dialect.Point) || cue.IsTimes(first, numbered)
}
