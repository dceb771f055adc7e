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
	"unicode/utf8"

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
	cells    []cell
}

// cell is a part of a line, and its number in the line, from 1.
type cell struct {
	text string
	n    int
}

// split splits a line as Audacity does, whose tokenizer takes several tabs for one.
func split(cells []cell, line string) []cell {
	for n := 1; line != ""; n++ {
		var text string
		text, line, _ = strings.Cut(line, "\t")
		if text != "" {
			cells = append(cells, cell{text, n})
		}
	}
	return cells
}

// number reads a number as Audacity does: blanks may stand before it. It returns its text without them.
func (c cell) number() (n decimal.Number, text string, err error) {
	text = strings.TrimLeft(c.text, " ")
	n, err = codec.Number(text, true)
	return n, text, err
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
	if strings.Trim(line, " \t") == "" {
		return nil
	}
	return rd.begin(line)
}

func (rd *reader) bad(line string, c cell, expected string) error {
	column := 1
	for n := 1; n < c.n; n++ {
		before, after, _ := strings.Cut(line, "\t")
		column += utf8.RuneCountInString(before) + 1
		line = after
	}
	return &codec.SyntaxError{
		Place: codec.Place{Line: rd.lines.Line(), Column: column}, Found: codec.Quote(c.text), Expected: expected,
	}
}

// begin reads the line of a label. If the second cell is not a number, the label is a point, and the cell is its
// text. Of times in the wrong order Audacity swaps one for the other.
func (rd *reader) begin(line string) error {
	rd.cells = split(rd.cells[:0], line)
	cells, l := rd.cells, &rd.label
	*l = codec.Label{Place: codec.Place{Line: rd.lines.Line(), Column: 1}, Fields: l.Fields[:0]}
	var err error
	if l.Start, l.StartText, err = cells[0].number(); err != nil {
		return rd.bad(line, cells[0], "a start in seconds")
	}
	rest := cells[1:]
	l.End, l.EndText = l.Start, l.StartText
	if len(rest) > 0 {
		end, text, err := rest[0].number()
		switch {
		case err == nil:
			l.End, l.EndText = end, text
			rest = rest[1:]
		case !errors.Is(err, decimal.ErrSyntax):
			return rd.bad(line, rest[0], "an end in seconds")
		}
	}
	if l.End.Add(l.Start.Times(-1)).BelowZero() {
		rd.src.Note(codec.Repaired, l.Place, "the end before the start: "+line)
		l.Start, l.StartText, l.End, l.EndText = l.End, l.EndText, l.Start, l.StartText
	}
	if len(rest) > 0 {
		l.Type = rest[0].text
	}
	for i := 1; i < len(rest); i++ {
		if f, ok := codec.Confidence(rest[i].text, true); ok && i == 1 {
			l.Confidence = &f
		} else {
			l.Fields = append(l.Fields, codec.Field{Name: "column_" + strconv.Itoa(rest[i].n), Value: rest[i].text})
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
	rd.cells = split(rd.cells[:0], line)
	if len(rd.cells) < 3 || rd.cells[0].text != `\` {
		return &codec.SyntaxError{
			Place: place, Found: codec.Quote(line), Expected: "a backslash and two frequencies in hertz",
		}
	}
	var values [2]decimal.Number
	var texts [2]string
	for i := range values {
		var err error
		if values[i], texts[i], err = rd.cells[i+1].number(); err != nil {
			return rd.bad(line, rd.cells[i+1], "a frequency in hertz, or -1")
		}
	}
	if low, high := values[0], values[1]; high.Sign() >= 0 && high.Cmp(low) < 0 {
		rd.src.Note(codec.Repaired, place, "the high frequency before the low one: "+line)
		values, texts = [2]decimal.Number{high, low}, [2]string{texts[1], texts[0]}
	}
	for i, key := range []string{lowKey, highKey} {
		if values[i].Sign() >= 0 {
			rd.label.Fields = append(rd.label.Fields, codec.Field{Name: key, Value: texts[i]})
		}
	}
	return nil
}

// Options configure Write.
type Options struct {
	SafeFormulas bool // texts that a spreadsheet would run as formulas get an apostrophe
}

// Write writes a label track, with six decimals as Audacity does. A confidence becomes a fourth cell, as
// BirdNET-Analyzer writes it; Audacity skips it.
func Write(dst *codec.Target, opts Options) error {
	out := bufio.NewWriterSize(dst.Writer, 1<<16)
	var line []byte
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		if line, err = appendLabel(line[:0], dst, opts, a); err != nil {
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

func appendLabel(dst []byte, to *codec.Target, opts Options, a *codec.Annotation) ([]byte, error) {
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
	if opts.SafeFormulas {
		if safe, changed := codec.SafeText(text, '\t'); changed {
			to.Note(codec.FormulaEscaped, text)
			text = safe
		}
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

// longest is how many seconds a label may end after, for a track of whole numbers to look like one. Other programs
// write samples, or units of 100 ns, in the same places; Audacity writes six decimals.
var longest = decimal.FromMS(10_000_000)

// LooksLike reports whether lines are those of a label track, and whether they can hardly be anything else: the third
// column of Sonic Visualiser's regions is a duration, after a start and a value; of its curves the second is a value.
func LooksLike(lines []string) (is, sure bool) {
	numbers := true // the third cell of each label is one with decimals
	whole, long, values := true, false, true
	for _, line := range lines {
		if strings.HasPrefix(line, `\`) {
			continue
		}
		cells := split(nil, line)
		if len(cells) == 0 {
			continue
		}
		if !is && len(cells) < 2 {
			return false, false
		}
		begins, _, err := cells[0].number()
		if err != nil {
			return false, false
		}
		whole = whole && !strings.ContainsAny(cells[0].text, ".,")
		if len(cells) > 1 {
			ends, _, err := cells[1].number()
			if !is && err != nil || err == nil && codec.EndsBefore(begins, ends) {
				return false, false
			}
			whole = whole && !(err == nil && strings.ContainsAny(cells[1].text, ".,"))
			long = long || err == nil && ends.Cmp(longest) > 0
			values = values && err == nil && decimals(cells[0].text) == visualiserDecimals &&
				decimals(cells[1].text) != visualiserDecimals
		}
		is = true
		if len(cells) < 3 {
			numbers = false
			continue
		}
		_, err = codec.Number(cells[2].text, true)
		if err == nil && len(cells) > 3 {
			if _, ok := codec.Confidence(cells[3].text, true); !ok || len(cells) > 4 {
				return false, false
			}
		}
		numbers = numbers && err == nil && strings.ContainsAny(cells[2].text, ".,")
	}
	if is && values {
		return false, false // times and values
	}
	return is, is && !numbers && !(whole && long)
}

// visualiserDecimals is how many decimals Sonic Visualiser writes in times. In values it writes what they need.
const visualiserDecimals = 9

func decimals(number string) int { return len(number) - 1 - strings.LastIndexAny(number, ".,") }
