// Package audacity reads and writes the label tracks of Audacity: start, end and text separated by tabs, optionally
// with a line of frequencies below. The grammar is that of the program itself (LabelTrack.cpp) and of its manual,
// "Importing and Exporting Labels".
package audacity

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// The names of fields. Raven's selection tables have the same.
const (
	lowKey  = "low_freq_hz"
	highKey = "high_freq_hz"
)

// undefined is how Audacity writes a frequency that is not set.
const undefined = "-1.000000"

// Read reads a label track.
func Read(src *codec.Source) error {
	rd := &reader{src: src, lines: codec.NewLines(src.Reader)}
	for {
		line, err := rd.lines.Next()
		if err == io.EOF {
			return rd.end()
		}
		if err == nil {
			err = rd.line(string(line))
		} else if err := rd.end(); err != nil {
			return err
		}
		bad, ok := errors.AsType[*codec.SyntaxError](err)
		switch {
		case err == nil:
		case !ok || line == nil:
			return err
		default:
			rd.open, rd.skipping = false, true
			if err := src.Bad(bad); err != nil {
				return err
			}
		}
	}
}

type reader struct {
	src      *codec.Source
	lines    *codec.Lines
	label    codec.Label
	open     bool // a label was read, and a line of frequencies may follow
	more     bool // that line was read
	skipping bool // the last label was bad: skip the lines that belong to it
}

// end delivers the label read last.
func (rd *reader) end() error {
	if !rd.open {
		return nil
	}
	rd.open = false
	return rd.src.Label(&rd.label)
}

func (rd *reader) line(line string) error {
	if strings.HasPrefix(line, `\`) {
		return rd.continuation(line)
	}
	if err := rd.end(); err != nil {
		return err
	}
	rd.skipping = false
	if line == "" {
		return nil
	}
	return rd.begin(strings.Split(line, "\t"))
}

func (rd *reader) bad(cells []string, i int, expected string) error {
	column := 1
	for _, c := range cells[:i] {
		column += len([]rune(c)) + 1
	}
	return &codec.SyntaxError{Place: codec.Place{Line: rd.lines.Line(), Column: column}, Found: codec.Quote(cells[i]),
		Expected: expected}
}

// begin reads the line of a label. If the second cell is not a number, the label is a point, and the cell is its
// text.
func (rd *reader) begin(cells []string) error {
	l := &rd.label
	*l = codec.Label{
		Place: codec.Place{Line: rd.lines.Line(), Column: 1}, StartText: cells[0], Fields: l.Fields[:0],
	}
	var err error
	if l.Start, err = codec.Number(cells[0], true); err != nil {
		return rd.bad(cells, 0, "a start in seconds")
	}
	rest := cells[1:]
	l.End, l.EndText = l.Start, l.StartText
	if len(rest) > 0 {
		end, err := codec.Number(rest[0], true)
		switch {
		case err == nil:
			l.End, l.EndText = end, rest[0]
			rest = rest[1:]
		case !errors.Is(err, decimal.ErrSyntax) || len(rest) > 1:
			return rd.bad(cells, 1, "an end in seconds")
		}
	}
	if len(rest) > 0 {
		l.Type = rest[0]
	}
	for i := 1; i < len(rest); i++ {
		if f, ok := codec.Confidence(rest[i], true); ok && i == 1 {
			l.Confidence = &f
		} else if rest[i] != "" {
			l.Fields = append(l.Fields, codec.Field{Name: "column_" + strconv.Itoa(len(cells)-len(rest)+i+1), Value: rest[i]})
		}
	}
	rd.open, rd.more = true, false
	return nil
}

// continuation reads a line that begins with a backslash. The first one of a label has the frequencies; Audacity
// itself skips others.
func (rd *reader) continuation(line string) error {
	place := codec.Place{Line: rd.lines.Line(), Column: 1}
	switch {
	case rd.skipping:
		return nil
	case !rd.open:
		return &codec.SyntaxError{Place: place, Found: codec.Quote(line), Expected: "a label above it"}
	case rd.more:
		rd.src.Note(codec.RecordSkipped, place, line)
		return nil
	}
	rd.more = true
	cells := strings.Split(line, "\t")
	if len(cells) < 3 || cells[0] != `\` {
		return &codec.SyntaxError{
			Place: place, Found: codec.Quote(line), Expected: "a backslash and two frequencies in hertz",
		}
	}
	for i, key := range []string{lowKey, highKey} {
		f, err := codec.Number(cells[i+1], true)
		if err != nil {
			return rd.bad(cells, i+1, "a frequency in hertz, or -1")
		}
		if f.Sign() >= 0 {
			rd.label.Fields = append(rd.label.Fields, codec.Field{Name: key, Value: cells[i+1]})
		}
	}
	return nil
}

// Write writes a label track, with six decimals as Audacity does. A confidence becomes a fourth cell, as
// BirdNET-Analyzer writes it; Audacity skips it.
func Write(dst *codec.Target) error {
	out := bufio.NewWriterSize(dst.Writer, 1<<16)
	var line []byte
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		if line, err = appendLabel(line[:0], dst, a); err != nil {
			return err
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	for _, file := range dst.Clean {
		dst.Note(codec.CleanLost, file)
	}
	return out.Flush()
}

var oneLine = strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ", "\r", " ")

func appendLabel(dst []byte, to *codec.Target, a *codec.Annotation) ([]byte, error) {
	extra, err := codec.Members(a.Extra)
	if err != nil {
		return nil, err
	}
	left := len(extra)
	start, end, kept := keptTimes(a, extra)
	if kept {
		dst = append(append(append(append(dst, start...), '\t'), end...), '\t')
		left -= 2
	} else {
		dst = append(decimal.AppendSeconds(dst, a.StartMS, 3), "000\t"...)
		dst = append(decimal.AppendSeconds(dst, a.EndMS, 3), "000\t"...)
	}
	text := oneLine.Replace(a.Type)
	if text != a.Type {
		to.Note(codec.TypeChanged, a.Type)
	}
	dst = append(dst, text...)
	if a.Confidence != nil {
		dst = strconv.AppendFloat(append(dst, '\t'), *a.Confidence, 'f', -1, 64)
	}
	dst = append(dst, '\n')
	low, isLow := frequency(extra, lowKey)
	high, isHigh := frequency(extra, highKey)
	if isLow || isHigh {
		dst = append(append(append(append(append(dst, "\\\t"...), low...), '\t'), high...), '\n')
	}
	for _, there := range []bool{isLow, isHigh} {
		if there {
			left--
		}
	}
	if left > 0 {
		to.Note(codec.ExtraLost, string(a.Extra))
	}
	return dst, nil
}

// keptTimes returns the kept spelling of both times, if they still round to those of the label and are in order.
func keptTimes(a *codec.Annotation, extra []codec.Field) (start, end string, kept bool) {
	var exact [2]decimal.Number
	texts := [2]string{codec.Text(extra, "start_text"), codec.Text(extra, "end_text")}
	for i, ms := range [2]int64{a.StartMS, a.EndMS} {
		n, err := decimal.Parse(texts[i])
		if err != nil {
			return "", "", false
		}
		if rounded, _, err := n.MS(); err != nil || rounded != ms {
			return "", "", false
		}
		exact[i] = n
	}
	return texts[0], texts[1], exact[0].Sign() >= 0 && exact[0].Cmp(exact[1]) <= 0
}

// frequency returns the text of a frequency in the extra data, if it can be written.
func frequency(extra []codec.Field, key string) (string, bool) {
	text := codec.Text(extra, key)
	if n, err := decimal.Parse(text); err != nil || n.Sign() < 0 || text[0] == '-' {
		return undefined, false
	}
	return text, true
}

// LooksLike reports whether the first line is that of a label track.
func LooksLike(line string) bool {
	cells := strings.Split(line, "\t")
	if len(cells) < 2 {
		return false
	}
	for _, c := range cells[:2] {
		if _, err := codec.Number(c, true); err != nil {
			return false
		}
	}
	return true
}
