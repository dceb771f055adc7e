// Package textgrid reads and writes the TextGrid files of Praat, in text form, as Praat's manual describes them under
// "TextGrid file formats" (P. Boersma and D. Weenink): numbers, texts in quotes and flags that stand free count;
// everything else is decoration, so the long and the short form are the same.
package textgrid

import (
	"slices"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/charset"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// The classes of tiers.
const (
	IntervalTier = "IntervalTier"
	TextTier     = "TextTier"
)

const (
	textHead      = "ooTextFile"
	binaryHead    = "ooBinaryFile"
	chronological = "Praat chronological TextGrid text file"
	objectClass   = "TextGrid"
)

// Options configure Read.
type Options struct {
	Gaps bool // intervals without text are labels, not gaps
}

// Read reads a TextGrid. It holds the text in memory.
func Read(src *codec.Source, opts Options) error {
	data, err := codec.Whole(src.Reader)
	if err != nil {
		return err
	}
	if strings.HasPrefix(string(data[:min(len(data), len(binaryHead))]), binaryHead) {
		return &codec.SyntaxError{
			Place: codec.Place{Line: 1, Column: 1}, Found: "a binary file of Praat (" + binaryHead + ")",
			Expected: `a text file, as Praat's "Save as text file..." writes it`,
		}
	}
	var all string
	latin1 := false
	if src.Encoding != "" {
		all, err = charset.Named(data)
	} else {
		all, latin1, err = charset.Decode(data)
	}
	if err != nil {
		return err
	}
	if i := strings.IndexByte(all, 0); i >= 0 {
		return codec.NewCursor(all).ErrorAt(i, "a NUL character", "text")
	}
	r := &reader{src: src, scanner: newScanner(plainLines(all)), opts: opts}
	if err := r.parse(); err != nil {
		return err
	}
	if latin1 {
		src.Note(codec.Repaired, codec.Place{}, "not UTF-8, read as Latin-1")
	}
	return r.deliver()
}

// reader reads the text twice: once to check that it is complete and to list its tiers, and once for the labels. So
// it keeps no labels, and a file that breaks off yields none.
type reader struct {
	*scanner
	src        *codec.Source
	opts       Options
	begin      token // the xmin of the file
	xmin, xmax decimal.Number
	tiers      []*gridTier
	rest       token // the token after the last tier
}

// gridTier is the head of a tier.
type gridTier struct {
	name, class string
	at          int // the offset of its class
	body        int // the offset of its first item
	size        int64
	items       int64 // how many are labels
	index       int   // its number among those of the same name and class, from 1
	alone       bool  // no other has this name and class
	implied     bool  // spreading the labels of all tiers of this name would give the same tiers
}

// item is an interval or a point, as it is written.
type item struct {
	start, end, text token
}

// parse reads all heads, and checks the form of everything else.
func (r *reader) parse() error {
	if err := r.head(); err != nil {
		return err
	}
	var err error
	if r.xmin, r.begin, err = r.timeToken("the xmin of the file"); err != nil {
		return err
	}
	if r.xmax, err = r.time("the xmax of the file"); err != nil {
		return err
	}
	exists, err := r.expect(flag, "whether there are tiers")
	if err != nil || exists.raw == "<absent>" {
		return err
	}
	if exists.raw != "<exists>" {
		return r.unexpected(exists, "<exists> or <absent>")
	}
	size, err := r.count("the number of tiers")
	if err != nil {
		return err
	}
	for range size {
		if err := r.tier(); err != nil {
			return err
		}
	}
	r.rest, err = r.next()
	if err != nil {
		r.rest = token{kind: text, at: r.pos} // whatever it is, it belongs to no tier
	}
	return r.number()
}

// head reads the lines that identify a TextGrid.
func (r *reader) head() error {
	t, err := r.expect(text, `the type of the file, "ooTextFile"`)
	switch {
	case err != nil:
		return err
	case t.raw == chronological:
		return r.unexpected(t, `a TextGrid as Praat's "Save as text file..." writes it`)
	case t.raw != textHead && !strings.HasPrefix(t.raw, textHead+" "): // old programs write "ooTextFile short"
		return r.unexpected(t, `"ooTextFile"`)
	}
	if t, err = r.expect(text, `the class of the object, "TextGrid"`); err == nil && t.raw != objectClass {
		err = r.unexpected(t, `"TextGrid"`)
	}
	return err
}

// tier reads the head of a tier, and skips its items.
func (r *reader) tier() error {
	class, err := r.expect(text, "the class of a tier")
	if err != nil {
		return err
	}
	if class.raw != IntervalTier && class.raw != TextTier {
		return r.unexpected(class, `"IntervalTier" or "TextTier"`)
	}
	name, err := r.expect(text, "the name of a tier")
	if err != nil {
		return err
	}
	t := &gridTier{name: name.raw, class: class.raw, at: class.at}
	if _, err = r.time("the xmin of a tier"); err != nil {
		return err
	}
	xmax, err := r.time("the xmax of a tier")
	if err != nil {
		return err
	}
	if xmax.Cmp(r.xmax) > 0 {
		r.xmax = xmax
	}
	if t.size, err = r.count("the number of intervals or points"); err != nil {
		return err
	}
	t.body = r.pos
	r.tiers = append(r.tiers, t)
	return r.each(t, func(item) error {
		t.items++
		return nil
	})
}

// each calls a function for the items of a tier that are labels.
func (r *reader) each(t *gridTier, take func(item) error) error {
	r.pos = t.body
	for range t.size {
		var it item
		var err error
		if t.class == TextTier {
			if it.start, err = r.expect(number, "the time of a point"); err != nil {
				return err
			}
			it.end = it.start
			it.text, err = r.expect(text, "the mark of a point")
		} else {
			if it.start, err = r.expect(number, "the xmin of an interval"); err != nil {
				return err
			}
			if it.end, err = r.expect(number, "the xmax of an interval"); err != nil {
				return err
			}
			it.text, err = r.expect(text, "the text of an interval")
		}
		if err != nil {
			return err
		}
		if it.text.raw == "" && t.class == IntervalTier && !r.opts.Gaps {
			continue
		}
		if err := take(it); err != nil {
			return err
		}
	}
	return nil
}

// number numbers the tiers of the same name and class.
func (r *reader) number() error {
	type key struct{ name, class string }
	same := make(map[key][]*gridTier)
	for _, t := range r.tiers {
		k := key{t.name, t.class}
		same[k] = append(same[k], t)
		t.index = len(same[k])
	}
	for _, tiers := range same {
		if tiers[0].alone = len(tiers) == 1; tiers[0].alone {
			continue
		}
		implied, err := r.spreadSo(tiers)
		if err != nil {
			return err
		}
		for _, t := range tiers {
			t.implied = implied
		}
	}
	return nil
}

// spreadSo reports whether the labels of some tiers, if they were of one tier, would be spread over just these tiers.
func (r *reader) spreadSo(tiers []*gridTier) (bool, error) {
	var spans []tier.Span
	var at []int
	for i, t := range tiers {
		err := r.each(t, func(it item) error {
			start, err1 := decimal.Parse(it.start.raw)
			end, err2 := decimal.Parse(it.end.raw)
			if err1 == nil && err2 == nil {
				spans = append(spans, tier.Span{Start: start, End: end, Text: it.text.raw})
				at = append(at, i)
			}
			return nil
		})
		if err != nil {
			return false, err
		}
	}
	lanes, _ := tier.Spread(spans, tier.Sort(spans))
	for i := range lanes {
		if lanes[i] != at[i] {
			return false, nil
		}
	}
	return true, nil
}

// deliver delivers the labels.
func (r *reader) deliver() error {
	begin, _, err := r.xmin.MS()
	switch {
	case err != nil || begin != 0: // the TextGrid is of a part, and the whole is unknown
		r.src.Note(codec.FieldLost, r.cursor.Place(r.begin.at), "xmin "+r.begin.raw+": the times do not count from 0")
	case r.xmax.Sign() > 0:
		if err := r.src.Audio("", r.xmax); err != nil {
			return err
		}
	}
	for _, t := range r.tiers {
		if t.items == 0 && t.name != tier.Default {
			r.src.Note(codec.RecordSkipped, r.cursor.Place(t.at), "the tier "+t.name+", which has no label")
		}
		if err := r.deliverTier(t); err != nil {
			return err
		}
	}
	if r.rest.kind != end {
		r.src.Note(codec.RecordSkipped, r.cursor.Place(r.rest.at), "what follows the last tier")
	}
	return nil
}

func (r *reader) deliverTier(t *gridTier) error {
	var fields, implied []codec.Field
	nameOf := codec.Field{Name: tier.NameField, Value: t.name}
	if t.name == tier.Default {
		implied = append(implied, nameOf)
	} else {
		fields = append(fields, nameOf)
	}
	switch indexOf := (codec.Field{Name: tier.IndexField, Value: int64(t.index)}); {
	case t.alone:
	case t.implied:
		implied = append(implied, indexOf)
	default:
		fields = append(fields, indexOf)
	}
	implied = append(implied, codec.Field{Name: tier.ClassField, Value: t.class})
	fields = slices.Clip(fields) // whoever takes a label may append to them
	return r.each(t, func(it item) error {
		l := &codec.Label{
			Type: it.text.raw, Fields: fields, Implied: implied, StartText: it.start.raw, EndText: it.end.raw,
			Place: r.cursor.Place(it.start.at),
		}
		var err error
		if l.Start, err = decimal.Parse(it.start.raw); err != nil {
			return r.src.Bad(r.badNumber(it.start, err, "a start"))
		}
		if l.End, err = decimal.Parse(it.end.raw); err != nil {
			return r.src.Bad(r.badNumber(it.end, err, "an end"))
		}
		return r.src.Label(l)
	})
}

// plainLines turns CRLF and CR into LF, as Praat does first of all.
func plainLines(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
