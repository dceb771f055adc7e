package table

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
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
	h.findWhisper(o, r)
	rd := &reader{
		src: src, layout: l, options: o, rows: r, header: h, comma: o.DecimalComma || r.separator != ',',
		implied: newImplier(), indexes: newCounters(len(h.names)), unsure: h.assumed, origin: origin{unsure: h.ofRaven()},
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
	origin  origin
	indexes []counter
	unsure  bool   // whether the unit of times is as assumed
	labels  bool   // there was one
	lastID  string // of the row before, in a column that may name the audio file
}

func (rd *reader) run() error {
	for {
		err := rd.rows.next()
		if err == io.EOF {
			rd.noteUnit()
			rd.noteOrigin()
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
		return rd.rows.text(i)
	}
	return ""
}

// row takes one row. Errors that the functions of the source return are returned as they are.
func (rd *reader) row() error {
	if err := rd.width(); err != nil {
		return err
	}
	cells, at := rd.rows.cells, &rd.header.at
	if rd.header.counted && rd.cell(File) != "" {
		if rd.header.counted = false; strings.Trim(rd.cell(File), "0123456789") == "" {
			rd.header.releaseFile(rd.layout)
		}
	}
	l := &rd.label
	*l = codec.Label{
		File: rd.cell(File), Type: rd.cell(Type), Fields: l.Fields[:0], Implied: l.Implied[:0],
		Place: rd.rows.place(at[Start]),
	}
	if done, err := rd.noLabel(l); done || err != nil {
		return err
	}
	if at[File] >= 0 && l.File == "" {
		return rd.bad(at[File], "a label of no audio file", "its name")
	}
	if err := rd.named(l); err != nil {
		return err
	}
	if err := rd.times(l); err != nil {
		return err
	}
	for i, role := range rd.header.roles {
		if text := rd.rows.text(i); text != "" || rd.header.implied[i] != nil {
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
	rd.noteFile()
	rd.labels = true
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
	if isEmpty(l.Type) && rd.blank(Start) && rd.blank(End) && rd.blank(Duration) {
		more := rd.more()
		switch {
		case l.File == "" && more < 0:
			rd.src.Note(codec.RecordSkipped, l.Place, "an empty row")
			return true, nil
		case l.File != "" && rd.layout.Clean && more >= 0:
			rd.src.Note(codec.RecordSkipped, rd.rows.place(more),
				"no label, and no clean mark, as it says more than "+l.File+": "+rd.rows.cells[more])
			return true, nil
		case l.File != "" && rd.layout.Clean:
			rd.noteSpoiled(File, l.File)
			if err := rd.named(l); err != nil {
				return true, err
			}
			return true, rd.src.Clean(l.File)
		}
	}
	if rd.layout.OneView && l.Type == noCall && rd.other("species_code") == noCall {
		if err := rd.named(l); err != nil {
			return true, err
		}
		return true, rd.src.Clean(l.File)
	}
	return false, nil
}

// blank reports whether the cell of a role has only blanks, in quotes or not, or there is none.
func (rd *reader) blank(role Role) bool { return isEmpty(rd.cell(role)) }

// more returns the first column in which a row without a label says something beside its audio file, or -1.
func (rd *reader) more() int {
	for i, role := range rd.header.roles {
		text := rd.rows.text(i)
		switch {
		case isEmpty(text), role == File, role == ExtraData && text == "{}":
		case slices.Contains(rd.header.paths, i) && rd.isPath(i), slices.Contains(rd.header.folders, i):
		case rd.header.indexes[i] != noIndex && rd.indexes[i].counts(text):
		default:
			return i
		}
	}
	return -1
}

// named looks whether the name of the audio file ends a path in another column, or stands in a folder that one has.
func (rd *reader) named(l *codec.Label) (err error) {
	for _, i := range rd.header.paths {
		whole, ok := rd.pathOf(i, l.File)
		if ok {
			l.File, err = rd.src.Named(whole, l.File, rd.rows.place(i))
			return err
		}
	}
	if len(rd.header.folders) == 0 {
		return nil
	}
	var whole strings.Builder
	for _, i := range rd.header.folders {
		if text := rd.rows.text(i); text != "" {
			whole.WriteString(strings.TrimRight(text, `/\`) + "/")
		}
	}
	l.File, err = rd.src.Named(whole.String()+l.File, l.File, rd.rows.place(rd.header.folders[0]))
	return err
}

// isPath reports whether a column has the path of the audio file.
func (rd *reader) isPath(i int) bool {
	_, ok := rd.pathOf(i, rd.cell(File))
	return ok
}

// pathOf returns the path of the audio file that a column has, or false if it has something else. Some columns have the
// path of its folder alone.
func (rd *reader) pathOf(i int, name string) (whole string, ok bool) {
	text := rd.rows.text(i)
	switch column := rd.header.names[i]; {
	case text == "" || name == "":
		return "", false
	case endsPath(text, name):
		return text, true
	case !strings.Contains(column, "path") || ofOtherFiles(column) || strings.IndexByte(lastElement(text), '.') >= 0:
		return "", false
	}
	return strings.TrimRight(text, `/\`) + "/" + name, true
}

// endsPath reports whether a path ends in the name of a file, of which either may lack the ending.
func endsPath(whole, name string) bool {
	last := lastElement(whole)
	if len(last) == len(whole) {
		return false
	}
	before, found := strings.CutSuffix(whole, name)
	return found && strings.HasSuffix(strings.ReplaceAll(before, `\`, "/"), "/") ||
		withoutAudioEnding(last) == withoutAudioEnding(name)
}

// lastElement returns what stands behind the last separator of a path.
func lastElement(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }

func withoutAudioEnding(name string) string {
	if codec.EndsAsAudio(name) {
		return name[:strings.LastIndexByte(name, '.')]
	}
	return name
}

// noCall is what BirdNET-Analyzer writes for an audio file in which it heard nothing.
const noCall = "nocall"

func (rd *reader) other(name string) string {
	for i, n := range rd.header.names {
		if n == name {
			return rd.rows.text(i)
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
	if rd.header.whole && strings.Trim(text, "0123456789") != "" {
		return decimal.Number{}, text, rd.bad(i, codec.Quote(text),
			"whole milliseconds, as Whisper writes them, or the unit in the options")
	}
	if unit := rd.header.units[i]; unit == Clock && rd.options.Unit == "" && isPartOfDay(text) {
		return decimal.Number{}, text, rd.bad(i, codec.Quote(text)+", which may be a part of a day",
			"a time in "+unitName(unit))
	}
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

// isPartOfDay reports whether a text is a number with decimals, and no clock.
func isPartOfDay(text string) bool {
	return strings.ContainsAny(text, ".,") && strings.IndexByte(text, ':') < 0
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
	if rd.unsure {
		rd.proveUnit(l)
	}
	if rd.cell(FileStart) == "" || l.File == "" {
		rd.origin.see(l)
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
	case h.indexes[i] != noIndex && rd.indexes[i].counts(text) && h.indexes[i] == unnamedIndex:
		l.Implied = append(l.Implied, field)
	default:
		l.Fields = append(l.Fields, field)
	}
}
