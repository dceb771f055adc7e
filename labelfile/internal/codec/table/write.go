package table

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Write writes a table, row by row as the labels come. Clean audio files come last, if the layout can hold them.
func Write(dst *codec.Target, l *Layout, o *Options) error {
	w := &writer{
		dst: dst, out: bufio.NewWriterSize(dst.Writer, 1<<16), layout: l, options: o, columns: columnsOf(l, o),
		separator: l.Separator, literal: l.Literal || o.Literal, implied: newImplier(),
		names: cmp.Or(dst.Names, &codec.Distinct{}),
	}
	switch {
	case o.Separator != 0 && !l.Fixed:
		w.separator = o.Separator
	case o.DecimalComma && l.Separator == ',':
		w.separator = ';'
	}
	w.keys, w.texts = make([]string, len(w.columns)), make([]string, len(w.columns))
	for i, c := range w.columns {
		w.keys[i] = Name(c.Name)
		w.anyExtra = w.anyExtra || c.Role == ExtraData
		w.text(c.Name)
	}
	if err := w.endRow(); err != nil {
		return err
	}
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		if err := w.label(a); err != nil {
			return err
		}
	}
	for _, file := range dst.Clean {
		if !l.Clean {
			dst.Note(codec.CleanLost, file)
			continue
		}
		if err := w.clean(file); err != nil {
			return err
		}
	}
	return w.out.Flush()
}

// column is a column to write, with its unit.
type column struct {
	Column
	unit Unit
}

// columnsOf returns the columns of the layout, as the options change them.
func columnsOf(l *Layout, o *Options) []column {
	all := make([]column, 0, len(l.Columns)+len(o.ExtraColumns))
	for _, c := range l.Columns {
		all = append(all, column{Column: c})
	}
	for i := range all {
		all[i].fit(l, o)
	}
	for _, name := range o.ExtraColumns {
		if !slices.ContainsFunc(all, func(c column) bool { return Name(c.Name) == Name(name) }) {
			all = append(all, column{Column: Column{Name: name}})
		}
	}
	return all
}

// fit gives a column the name and the unit that the options ask for, if the layout allows it.
func (c *column) fit(l *Layout, o *Options) {
	if l.Units && c.Role == End && o.Names[Duration] != "" {
		c.Role = Duration
	}
	switch given := o.Names[c.Role]; {
	case l.Units && given != "" && c.Role != Other:
		if c.Name, c.unit = given, o.Unit; o.Unit == "" {
			c.unit = UnitOf(given)
		}
	case l.Units && (c.Role == Start || c.Role == End):
		if c.unit = o.Unit; c.unit == "" {
			c.unit = Milliseconds
		}
		c.Name += unitSuffix[c.unit]
	default:
		c.unit = UnitOf(c.Name)
	}
}

// writer writes rows.
type writer struct {
	dst       *codec.Target
	out       *bufio.Writer
	layout    *Layout
	options   *Options
	columns   []column
	keys      []string // of extra data, by column
	separator byte
	literal   bool
	implied   *implier
	names     *codec.Distinct

	anyExtra  bool // a column takes all other extra data
	begun     bool // this row has a cell already
	number    []byte
	texts     []string      // of this row, the extra data by column
	extra     []codec.Field // of this row, the extra data without a column
	keptTimes []string      // of this row, the keys of times that are written in their kept spelling
}

func (w *writer) label(a *codec.Annotation) error {
	var err error
	if w.extra, err = codec.Members(a.Extra); err != nil {
		return fmt.Errorf("extra data: %w", err)
	}
	members := len(w.extra)
	w.takeColumns(a)
	var said [numRoles]bool
	w.keptTimes = w.keptTimes[:0]
	for i, c := range w.columns {
		said[c.Role] = true
		switch c.Role {
		case File:
			w.file(a.File)
		case Type:
			w.userText(a.Type, codec.TypeChanged)
		case Start, FileStart, End, Duration:
			w.time(a, &c)
		case Confidence:
			w.confidence(a.Confidence, w.texts[i])
		case ExtraData:
			w.extraData(a, len(w.extra) < members)
		default:
			w.extraCell(&c.Column, a.File, w.texts[i])
		}
	}
	if a.Confidence != nil && !said[Confidence] {
		w.dst.Note(codec.ConfidenceLost, "")
	}
	if !said[ExtraData] {
		w.extra = slices.DeleteFunc(w.extra, func(f codec.Field) bool { return slices.Contains(w.keptTimes, f.Name) })
		if len(w.extra) > 0 {
			w.dst.Note(codec.ExtraLost, string(a.Extra))
		}
	}
	return w.endRow()
}

// The keys of extra data that keep the spelling of times.
const (
	startText = "start_text"
	endText   = "end_text"
)

// takeColumns takes from the extra data what has a column of its own. Only texts come back as they were; empty ones
// and other values stay, to be written as JSON or remarked.
func (w *writer) takeColumns(a *codec.Annotation) {
	clear(w.texts)
	for i, c := range w.columns {
		switch {
		case len(w.extra) == 0:
			return
		case c.Role == Other || c.Role == Confidence && a.Confidence == nil && !w.anyExtra:
			w.texts[i] = w.take(w.keys[i], c.Role)
		}
	}
}

// take removes a text from the extra data and returns it. In the column of confidences it returns no text that is a
// confidence.
func (w *writer) take(key string, role Role) string {
	i := slices.IndexFunc(w.extra, func(f codec.Field) bool { return f.Name == key })
	if i < 0 {
		return ""
	}
	raw, _ := w.extra[i].Value.(json.RawMessage)
	text, ok := codec.Unquote(raw)
	if !ok || text == "" {
		return ""
	}
	if _, number := codec.Confidence(strings.Trim(text, " "), true); number && role == Confidence {
		return ""
	}
	w.extra = slices.Delete(w.extra, i, i+1)
	return text
}

func (w *writer) extraCell(c *Column, file, text string) {
	implied := w.implied.value(c, file)
	if c.Implied == RowNumber && text != "" {
		// The number of a selection must be new, whatever the extra data says.
		if n, err := strconv.ParseInt(text, 10, 32); err != nil || n < w.implied.row+1 {
			w.dst.Note(codec.ExtraLost, c.Name+" "+text)
			text = ""
		}
	}
	if text == "" {
		text = implied
	}
	w.implied.says(c, file, text)
	w.userText(text, codec.ExtraLost)
}

// time writes a time in its kept spelling, if that still rounds to the same, and otherwise from its milliseconds.
func (w *writer) time(a *codec.Annotation, c *column) {
	ms, key := a.StartMS, startText
	switch c.Role {
	case End:
		ms, key = a.EndMS, endText
	case Duration:
		ms, key = a.EndMS-a.StartMS, endText
	}
	if _, ok := w.kept(a, c); ok && w.keeps(a) {
		w.keptTimes = append(w.keptTimes, key)
		w.numberCell([]byte(codec.Text(w.extra, key)))
		return
	}
	rate := w.options.SampleRate
	w.number = appendTime(w.number[:0], ms, c.unit, rate, w.layout.Decimals)
	if c.unit == Samples {
		if back, _, _ := decimal.FromMS(samples(ms, rate)).Times(1000).Over(rate).MS(); back != ms {
			w.dst.Note(codec.TimeChanged, decimal.Seconds(ms))
		}
	}
	w.numberCell(w.number)
}

// kept returns the kept time for a column, if it still rounds to the label's.
func (w *writer) kept(a *codec.Annotation, c *column) (decimal.Number, bool) {
	key, want := startText, a.StartMS
	if c.Role == End || c.Role == Duration {
		key, want = endText, a.EndMS
	}
	text := codec.Text(w.extra, key)
	if text == "" || strings.Contains(text, ",") {
		return decimal.Number{}, false
	}
	n, err := parseTime(text, c.unit, w.options.SampleRate, false)
	if err != nil {
		return decimal.Number{}, false
	}
	if c.Role == Duration {
		from := decimal.FromMS(a.StartMS)
		for i := range w.columns {
			if start := &w.columns[i]; start.Role == Start {
				if exact, ok := w.kept(a, start); ok {
					from = exact
				}
			}
		}
		n = from.Add(n)
	}
	ms, _, err := n.MS()
	return n, err == nil && ms == want
}

// keeps reports whether the times of a label are written in their kept spelling: at least one of them has more digits
// than milliseconds, and they are in order. After an edit only one of them may still be right.
func (w *writer) keeps(a *codec.Annotation) bool {
	start, end := decimal.FromMS(a.StartMS), decimal.FromMS(a.EndMS)
	finer := false
	for i := range w.columns {
		c := &w.columns[i]
		time := &start
		switch c.Role {
		case Start, FileStart:
		case End, Duration:
			time = &end
		default:
			continue
		}
		if n, ok := w.kept(a, c); ok {
			_, exact, _ := n.MS()
			*time, finer = n, finer || !exact
		}
	}
	return finer && start.Sign() >= 0 && start.Cmp(end) <= 0
}

// numberCell writes a number, with a decimal comma if asked for.
func (w *writer) numberCell(s []byte) {
	if w.options.DecimalComma && bytes.IndexByte(s, '.') >= 0 {
		s = bytes.Replace(s, []byte("."), []byte(","), 1)
		if w.separator == ',' {
			s = append(append([]byte{'"'}, s...), '"')
		}
	}
	w.cell(s)
}

// confidence writes a confidence, or the text that could not be one.
func (w *writer) confidence(f *float64, text string) {
	if f == nil {
		w.userText(text, codec.ExtraLost)
		return
	}
	w.number = strconv.AppendFloat(w.number[:0], *f, 'g', -1, 64)
	w.numberCell(w.number)
}

// extraData writes the extra data without a column of its own: as it was given, if none has one.
func (w *writer) extraData(a *codec.Annotation, taken bool) {
	raw := a.Extra
	if taken {
		if raw = nil; len(w.extra) > 0 {
			raw, _ = codec.Object(w.extra, nil) // its values are JSON already
		}
	}
	var b bytes.Buffer
	if len(raw) > 0 {
		_ = json.Compact(&b, raw) // as above
	}
	text := b.String()
	if w.options.SafeFormulas {
		if safe, changed := codec.SafeJSON(text, w.separator); changed {
			w.dst.Note(codec.FormulaEscaped, text)
			text = safe
		}
	}
	w.text(text)
}

// clean writes a row of nothing but an audio file.
func (w *writer) clean(file string) error {
	for _, c := range w.columns {
		if c.Role == File {
			w.file(file)
			continue
		}
		w.cell(nil)
	}
	return w.endRow()
}
