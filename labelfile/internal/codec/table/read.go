package table

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Read reads a table. Its first line that is not blank is the header. A file without such a line has no labels.
func Read(src *codec.Source, l *Layout, o *Options) error {
	lines := codec.NewLines(src.Reader)
	r := &rows{lines: lines, literal: l.Literal || o.Literal}
	line, err := firstLine(lines)
	if err != nil || line == "" {
		return err
	}
	if s, ok := SaysSeparator(line); ok && (!l.Fixed || s == l.Separator) {
		given := *o
		given.Separator, o = s, &given
		if line, err = firstLine(lines); err != nil || line == "" {
			return err
		}
	}
	r.separator, r.line = findSeparator(l, o, line), lines.Line()
	if err := r.split(line); err != nil {
		return err
	}
	h, err := newHeader(l, o, r)
	if err != nil {
		return err
	}
	rd := &reader{
		src: src, layout: l, options: o, rows: r, header: h, comma: o.DecimalComma || r.separator != ',',
		implied: newImplier(),
	}
	if l.OneView {
		rd.views = newViews(h)
	}
	return rd.run()
}

// SaysSeparator reports whether a line is no row of the table, but a note of spreadsheets before it, which names the
// separator: "sep=;".
func SaysSeparator(line string) (byte, bool) {
	s, found := strings.CutPrefix(strings.ToLower(strings.Trim(line, `"`)), "sep=")
	if !found || len(s) != 1 {
		return 0, false
	}
	return s[0], true
}

func firstLine(lines *codec.Lines) (string, error) {
	for {
		line, err := lines.Next()
		if err == io.EOF {
			return "", nil
		}
		if err != nil || len(line) > 0 {
			return string(line), err
		}
	}
}

// reader turns rows into labels.
type reader struct {
	src     *codec.Source
	layout  *Layout
	options *Options
	rows    *rows
	header  *header
	comma   bool  // numbers may have a decimal comma
	n       int64 // of the row, from 0
	implied *implier
	views   *views // nil: the table has none
	label   codec.Label
}

func (rd *reader) run() error {
	for {
		err := rd.rows.next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = rd.row()
		}
		rd.n++
		bad, ok := errors.AsType[*codec.SyntaxError](err)
		switch {
		case err == nil:
		case !ok || rd.rows.broken:
			return err
		default:
			if err := rd.src.Bad(bad); err != nil {
				return err
			}
		}
	}
}

func (rd *reader) bad(i int, found, expected string) error {
	return &codec.SyntaxError{Place: rd.rows.place(i), Found: found, Expected: expected}
}

// cell returns the cell of a role, or "" if the table has no such column.
func (rd *reader) cell(role Role) string {
	if i := rd.header.at[role]; i >= 0 {
		return rd.rows.cells[i]
	}
	return ""
}

// row takes one row. Errors that the functions of the source return are returned as they are.
func (rd *reader) row() error {
	if err := rd.width(); err != nil {
		return err
	}
	cells, at := rd.rows.cells, &rd.header.at
	l := &rd.label
	*l = codec.Label{
		File: rd.cell(File), Type: rd.cell(Type), Fields: l.Fields[:0], Implied: l.Implied[:0],
		Place: rd.rows.place(at[Start]),
	}
	if done, err := rd.noLabel(l); done || err != nil {
		return err
	}
	switch {
	case at[File] < 0:
		l.File = rd.options.File
	case l.File == "":
		return rd.bad(at[File], "a label of no audio file", "its name")
	}
	if err := rd.times(l); err != nil {
		return err
	}
	for i, role := range rd.header.roles {
		if text := cells[i]; text != "" || rd.header.implied[i] != nil {
			rd.field(l, i, role, text)
		}
	}
	if valid.Depth(l.Extra) > valid.MaxDepth {
		return rd.bad(at[ExtraData], "extra data that nests deeper than "+strconv.Itoa(valid.MaxDepth), "some that does not")
	}
	if rd.views != nil && rd.views.again(cells) {
		rd.src.Note(codec.RecordSkipped, l.Place, "another view of the same selection")
		return nil
	}
	rd.noteSpoiled(File, l.File)
	rd.noteSpoiled(Type, l.Type)
	return rd.src.Label(l)
}

// width checks the number of cells, and adds empty ones if rows may be short.
func (rd *reader) width() error {
	r, h := rd.rows, rd.header
	for i := len(h.names); i < len(r.cells); i++ {
		if r.cells[i] != "" {
			return rd.bad(i, strconv.Itoa(len(r.cells))+" cells", strconv.Itoa(len(h.names))+", as in the header")
		}
	}
	for len(r.cells) < len(h.names) {
		if i := len(r.cells); !rd.layout.Short && (h.roles[i] != Other || !strings.HasPrefix(h.names[i], unnamed)) {
			return rd.bad(i-1, strconv.Itoa(i)+" cells", strconv.Itoa(len(h.names))+", as in the header")
		}
		r.cells = append(r.cells, "")
	}
	return nil
}

// noLabel takes rows that are no labels: empty ones, and those that mark an audio file as clean.
func (rd *reader) noLabel(l *codec.Label) (done bool, err error) {
	if l.Type == "" && rd.cell(Start) == "" && rd.cell(End) == "" && rd.cell(Duration) == "" {
		if l.File == "" && strings.Join(rd.rows.cells, "") == "" {
			rd.src.Note(codec.RecordSkipped, l.Place, "an empty row")
			return true, nil
		}
		if l.File != "" && rd.layout.Clean {
			rd.noteSpoiled(File, l.File)
			return true, rd.src.Clean(l.File)
		}
	}
	if rd.layout.OneView && l.Type == noCall && rd.named("species_code") == noCall {
		return true, rd.src.Clean(l.File)
	}
	return false, nil
}

// noCall is what BirdNET-Analyzer writes for an audio file in which it heard nothing.
const noCall = "nocall"

func (rd *reader) named(name string) string {
	for i, n := range rd.header.names {
		if n == name {
			return rd.rows.cells[i]
		}
	}
	return ""
}

func (rd *reader) noteSpoiled(role Role, text string) {
	if spoiled(text) {
		rd.src.Note(codec.Spoiled, rd.rows.place(rd.header.at[role]), text)
	}
}

// spoiled reports whether a text is what spreadsheets put in place of one that they took for a formula: #NAME?,
// #REF!, #DIV/0!, and the like in other languages.
func spoiled(s string) bool {
	if len(s) < 4 || s[0] != '#' {
		return false
	}
	if s == "#N/A" {
		return true
	}
	if last := s[len(s)-1]; last != '!' && last != '?' {
		return false
	}
	for i := 1; i < len(s)-1; i++ {
		if c := s[i]; (c < 'A' || c > 'Z') && c != '/' && c != '0' {
			return false
		}
	}
	return true
}

// time reads the time of a role.
func (rd *reader) time(role Role) (decimal.Number, string, error) {
	i := rd.header.at[role]
	text := strings.Trim(rd.rows.cells[i], " ")
	n, err := parseTime(text, rd.header.units[i], rd.options.SampleRate, rd.comma)
	if err != nil {
		found := codec.Quote(text)
		if !errors.Is(err, decimal.ErrSyntax) {
			found += ": " + err.Error()
		}
		return n, text, rd.bad(i, found, "a time in "+unitName(rd.header.units[i]))
	}
	return n, text, nil
}

func unitName(u Unit) string {
	switch u {
	case "":
		return "seconds, or hh:mm:ss.mmm"
	case Clock:
		return "the form hh:mm:ss.mmm"
	}
	return string(u)
}

// times reads start and end. If the table also has a start within the file, its other times count from the first of
// several files, and only their difference is used.
func (rd *reader) times(l *codec.Label) (err error) {
	if l.Start, l.StartText, err = rd.time(Start); err != nil {
		return err
	}
	if rd.header.at[End] >= 0 {
		if l.End, l.EndText, err = rd.time(End); err != nil {
			return err
		}
	} else {
		var duration decimal.Number
		if duration, l.EndText, err = rd.time(Duration); err != nil {
			return err
		}
		l.End = l.Start.Add(duration)
	}
	if rd.cell(FileStart) == "" || l.File == "" {
		return nil
	}
	within, text, err := rd.time(FileStart)
	if err != nil || within.Cmp(l.Start) == 0 {
		return err
	}
	l.End = l.End.Add(within.Add(l.Start.Times(-1)))
	l.Start, l.StartText, l.EndText = within, text, "" // the end is not written anywhere
	return nil
}

// field takes a cell that is neither file, type nor time.
func (rd *reader) field(l *codec.Label, i int, role Role, text string) {
	h := rd.header
	switch role {
	case File, Type, Start, End, Duration, FileStart:
		return
	case Confidence:
		if f, ok := codec.Confidence(strings.Trim(text, " "), rd.comma); ok {
			l.Confidence = &f
			return
		}
	case ExtraData:
		if len(text) > 1 && text[0] == '{' && json.Valid([]byte(text)) {
			l.Extra = json.RawMessage(text)
			return
		}
	}
	field := codec.Field{Name: h.names[i], Value: text}
	switch {
	case h.implied[i] != nil && rd.implied.says(h.implied[i], l.File, text):
		if text != "" {
			l.Implied = append(l.Implied, field)
		}
	case text == "":
	case i == 0 && h.index && text == strconv.FormatInt(rd.n, 10):
		l.Implied = append(l.Implied, field)
	default:
		l.Fields = append(l.Fields, field)
	}
}
