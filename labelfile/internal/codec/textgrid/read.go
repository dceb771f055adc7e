// Package textgrid reads and writes the TextGrid files of Praat, in text form. What there is to read is laid down in
// Praat's manual, "TextGrid file formats" (P. Boersma and D. Weenink): numbers, texts in quotes and flags that stand free
// count, all else is decoration, so that the long and the short form are the same.
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

// Options tell how to read.
type Options struct {
	Gaps bool // intervals without text are labels, not gaps
}

// Read reads a TextGrid. The text is held as a whole.
func Read(src *codec.Source, opts Options) error {
	data, err := codec.Whole(src.Reader)
	if err != nil {
		return err
	}
	if strings.HasPrefix(string(data[:min(len(data), len(binaryHead))]), binaryHead) {
		return &codec.SyntaxError{Place: codec.Place{Line: 1, Column: 1}, Found: "a binary file of Praat (" + binaryHead + ")",
			Expected: `a text file, as Praat's "Save as text file..." writes it`}
	}
	all, latin1, err := charset.Decode(data)
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

// reader goes through the text twice: once to see that it is whole and which tiers there are, and once for the labels. So
// nothing is kept of them, and nothing is told of a file that breaks off.
type reader struct {
	*scanner
	src        *codec.Source
	opts       Options
	xmin, xmax decimal.Number
	tiers      []*gridTier
	rest       token // what follows the last tier
}

// gridTier is the head of a tier.
type gridTier struct {
	name, class string
	at          int // the offset of its class
	body        int // the offset of its first item
	size        int64
	items       int64 // that are labels
	index       int   // among those of the same name and class, from 1
	alone       bool  // there is no other
	implied     bool  // labels would come back to this one of them by themselves
}

// item is an interval or a point as it is written.
type item struct {
	start, end, text token
}

// parse reads all heads, and checks the form of the rest.
func (r *reader) parse() error {
	if err := r.head(); err != nil {
		return err
	}
	var err error
	if r.xmin, err = r.time("the xmin of the file"); err != nil {
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

// head reads what says that the file is a TextGrid.
func (r *reader) head() error {
	t, err := r.expect(text, `the type of the file, "ooTextFile"`)
	switch {
	case err != nil:
		return err
	case t.raw == chronological:
		return r.unexpected(t, `a TextGrid as Praat's "Save as text file..." writes it`)
	case t.raw != textHead && !strings.HasPrefix(t.raw, textHead+" "): // old programs say "ooTextFile short"
		return r.unexpected(t, `"ooTextFile"`)
	}
	if t, err = r.expect(text, `the class of the object, "TextGrid"`); err == nil && t.raw != objectClass {
		err = r.unexpected(t, `"TextGrid"`)
	}
	return err
}

// tier reads the head of a tier, and passes over the rest.
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

// each reads the items of a tier that are labels.
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

// number counts the tiers of the same name and class.
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

// spreadSo tells whether the labels of some tiers, were they those of one, would be spread over these very tiers.
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

// deliver tells the labels.
func (r *reader) deliver() error {
	if r.xmin.Sign() == 0 && r.xmax.Sign() > 0 { // else the TextGrid is of a part, and the whole is not known
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
	fields = slices.Clip(fields) // the one who takes a label may append to them
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

// plainLines makes LF of CRLF and of CR, as Praat does before it looks at anything.
func plainLines(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
