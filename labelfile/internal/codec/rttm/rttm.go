// Package rttm reads and writes Rich Transcription Time Marked files of NIST: nine or ten fields a line. The fields
// are those of appendix A of "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", the rules for
// their values those of the rttmValidator of SCTK.
package rttm

import (
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/fields"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// The fields of a record.
const (
	fType = iota
	fFile
	fChannel
	fStart
	fDuration
	fOrtho
	fSubtype
	fName
	fConfidence
	fLookahead
)

// The names of fields.
const (
	typeKey      = "type"
	channelKey   = "channel"
	orthoKey     = "ortho"
	subtypeKey   = "subtype"
	speakerKey   = "speaker"
	estimatedKey = "estimated"
	lookaheadKey = "slat"
)

const (
	oneChannel = "1"   // the default channel
	plainWord  = "lex" // the default subtype of a LEXEME
)

// goesWithout are the default values, which most records have and labels do not keep.
var goesWithout = [...]codec.Field{{Name: typeKey, Value: speaker}, {Name: channelKey, Value: oneChannel}}

// Read reads RTTM.
func Read(src *codec.Source) error {
	return fields.Read(src, func(r *fields.Record, l *codec.Label) (bool, *codec.SyntaxError) {
		return parse(src, r, l)
	})
}

func parse(src *codec.Source, r *fields.Record, l *codec.Label) (bool, *codec.SyntaxError) {
	k := kindOf(r.Fields[fType])
	if k == nil {
		return false, r.Bad(fType, "a type of record, such as SPEAKER")
	}
	if bad := r.Count(9, 10, "9 or 10"); bad != nil {
		return false, bad
	}
	for _, check := range []func(*fields.Record, *kind) *codec.SyntaxError{channel, values} {
		if bad := check(r, k); bad != nil {
			return false, bad
		}
	}
	estimated, bad := times(r, k, l)
	if bad != nil {
		return false, bad
	}
	if l.Confidence, bad = confidence(r); bad != nil {
		return false, bad
	}
	if k.name == info {
		src.Note(codec.RecordSkipped, r.Place(0), r.Text)
		return false, nil
	}
	if k.name == speaker && !(fields.IsNone(r.Fields[fOrtho]) && fields.IsNone(r.Fields[fSubtype])) {
		src.Note(codec.Repaired, r.Place(fOrtho), "a SPEAKER with more than a name")
	}
	l.File = r.Fields[fFile]
	says(r, k, l)
	keep(l, estimated != "", estimatedKey, estimated)
	if len(r.Fields) > fLookahead && !fields.IsNone(r.Fields[fLookahead]) {
		if _, bad = r.Time(fLookahead, "a lookahead time in seconds, or <NA>"); bad != nil {
			return false, bad
		}
		keep(l, true, lookaheadKey, r.Fields[fLookahead])
	}
	return true, nil
}

// says takes the facts of a record: one of its fields is the text, and the others become fields of the label.
func says(r *fields.Record, k *kind, l *codec.Label) {
	ortho, subtype, name := r.Fields[fOrtho], r.Fields[fSubtype], r.Fields[fName]
	hasSubtype := !fields.IsNone(subtype)
	if k.name == speaker {
		l.Implied = append(l.Implied, goesWithout[:]...)
	} else {
		l.Fields = append(l.Fields, codec.Field{Name: typeKey, Value: k.name})
		l.Implied = append(l.Implied, goesWithout[1])
	}
	if channel := r.Fields[fChannel]; channel != oneChannel {
		l.Implied = l.Implied[:len(l.Implied)-1]
		l.Fields = append(l.Fields, codec.Field{Name: channelKey, Value: channel})
	}
	switch k.name {
	case speaker:
		l.Type = none(name)
		keep(l, none(ortho) != "", orthoKey, none(ortho))
		keep(l, hasSubtype, subtypeKey, none(subtype))
		keep(l, false, speakerKey, none(name))
		return
	case lexeme:
		l.Type = none(ortho)
		keep(l, false, orthoKey, none(ortho))
		keep(l, subtype != plainWord, subtypeKey, subtype)
	default:
		if l.Type = k.name; hasSubtype {
			l.Type = subtype
		}
		keep(l, none(ortho) != "", orthoKey, none(ortho))
		keep(l, false, subtypeKey, none(subtype))
	}
	keep(l, none(name) != "", speakerKey, none(name))
}

// keep adds a field, kept or implied, if it has a value.
func keep(l *codec.Label, kept bool, name, value string) {
	if kept || value != "" {
		l.Keep(kept, name, value)
	}
}

func none(s string) string {
	if fields.IsNone(s) {
		return ""
	}
	return s
}

// channel checks the number of a channel. The specification knows 1 and 2; recorders have more.
func channel(r *fields.Record, _ *kind) *codec.SyntaxError {
	if !isChannel(r.Fields[fChannel]) {
		return r.Bad(fChannel, "the number of a channel")
	}
	return nil
}

func isChannel(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" || fields.IsNone(s)
}

// values checks the orthography and the subtype.
func values(r *fields.Record, k *kind) *codec.SyntaxError {
	if k.name == speaker {
		return nil
	}
	ortho, subtype := r.Fields[fOrtho], r.Fields[fSubtype]
	switch bare := fields.IsNone(subtype); {
	case !k.ortho && !fields.IsNone(ortho):
		return r.Bad(fOrtho, "<NA>, as "+k.name+" has no orthography")
	case bare && !k.bare, !bare && !k.has(subtype):
		return r.Bad(fSubtype, k.expected())
	case k.name == lexeme && strings.EqualFold(subtype, alpha) && !fields.IsNone(ortho) && !spelled.MatchString(ortho):
		return r.Bad(fOrtho, `a letter with its point, such as "A."`)
	}
	return nil
}

// times reads start and duration. An asterisk after a number says that it is estimated.
func times(r *fields.Record, k *kind, l *codec.Label) (estimated string, bad *codec.SyntaxError) {
	if k.name == info {
		if !fields.IsNone(r.Fields[fStart]) {
			return "", r.Bad(fStart, "<NA>, as "+k.name+" has no start")
		}
	} else if l.Start, bad = number(r, fStart, "a start in seconds", &l.StartText, &estimated); bad != nil {
		return "", bad
	}
	if k.instant {
		if !fields.IsNone(r.Fields[fDuration]) {
			return "", r.Bad(fDuration, "<NA>, as "+k.name+" has no duration")
		}
		l.End = l.Start
		return estimated, nil
	}
	duration, bad := number(r, fDuration, "a duration in seconds", &l.EndText, &estimated)
	l.End = l.Start.Add(duration)
	return estimated, bad
}

func number(r *fields.Record, field int, expected string, text, estimated *string,
) (decimal.Number, *codec.SyntaxError) {
	s := strings.TrimRight(r.Fields[field], "*")
	n, err := decimal.Parse(s)
	if err == nil && n.BelowZero() {
		expected, err = expected+", 0 or more", decimal.ErrSyntax
	}
	if err != nil {
		return n, r.BadNumber(field, r.Fields[field], err, expected)
	}
	if *text = s; s != r.Fields[field] {
		if *estimated != "" {
			*estimated += " "
		}
		*estimated += [...]string{fStart: "start", fDuration: "duration"}[field]
	}
	return n, nil
}

func confidence(r *fields.Record) (*float64, *codec.SyntaxError) {
	s := r.Fields[fConfidence]
	if fields.IsNone(s) {
		return nil, nil
	}
	if _, err := decimal.Parse(s); err != nil {
		return nil, r.BadNumber(fConfidence, s, err, "a confidence from 0 to 1, or <NA>")
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1 {
		return nil, r.Bad(fConfidence, "a confidence from 0 to 1, or <NA>")
	}
	return &f, nil
}

// Write writes RTTM of ten fields.
func Write(dst *codec.Target) error { return fields.Write(dst, appendRecord) }

func appendRecord(dst []byte, w *fields.Writer, a *codec.Annotation, extra *tier.Extra) []byte {
	rec := recordOf(a, extra)
	dst = append(append(dst, rec.kind.name...), ' ')
	dst = append(append(w.File(dst, a.File, false), ' '), rec.channel...)
	start, duration := fields.Times(a, extra, 3, true)
	if rec.kind.instant {
		duration = fields.None
	}
	dst = append(append(append(dst, ' '), start...), rec.mark("start")...)
	dst = append(append(append(dst, ' '), duration...), rec.mark("duration")...)
	dst = append(dst, ' ')
	for _, f := range [...]struct{ text, other string }{
		{rec.word, rec.ortho}, {"", rec.subtype}, {rec.talker, rec.name},
	} {
		if f.text != "" {
			dst = w.Word(dst, f.text, fields.None)
		} else {
			dst = append(dst, f.other...)
		}
		dst = append(dst, ' ')
	}
	if a.Confidence != nil {
		dst = strconv.AppendFloat(dst, *a.Confidence, 'f', -1, 64)
	} else {
		dst = append(dst, fields.None...)
	}
	return append(append(append(dst, ' '), rec.lookahead...), '\n')
}

// record is a record to write.
type record struct {
	kind                                                *kind
	word, talker                                        string // the artifact type, if it stands as it is
	channel, ortho, subtype, name, estimated, lookahead string
}

func (rec *record) mark(what string) string {
	if strings.Contains(rec.estimated, what) {
		return "*"
	}
	return ""
}

// recordOf makes a record of the type that the label's extra data names, if it can hold the label, and otherwise a
// SPEAKER, which can hold any label.
func recordOf(a *codec.Annotation, extra *tier.Extra) *record {
	rec := &record{}
	name, _ := extra.Text(typeKey)
	if rec.kind = kindOf(name); rec.kind == nil || rec.kind.name != name || name == speaker || !rec.kind.holds(a) {
		extra.Lose(typeKey)
		rec.kind = kinds[0]
	}
	own := func(key string, valid func(string) bool, otherwise string) string {
		if s, ok := fields.Kept(extra, key); ok && valid(s) {
			return s
		}
		extra.Lose(key)
		return otherwise
	}
	anything := func(string) bool { return true }
	rec.channel = oneChannel
	if s, ok := extra.Text(channelKey); ok && isChannel(s) && s != oneChannel {
		rec.channel = s
	} else {
		extra.Lose(channelKey)
	}
	rec.lookahead = own(lookaheadKey, func(s string) bool { _, err := decimal.Parse(s); return err == nil }, fields.None)
	rec.estimated, _ = extra.Text(estimatedKey)
	switch rec.estimated {
	case "start", "duration", "start duration":
	default:
		rec.estimated = ""
	}
	if rec.estimated == "" || rec.kind.instant && rec.estimated != "start" {
		extra.Lose(estimatedKey)
		rec.estimated = ""
	}
	rec.ortho, rec.subtype, rec.name = fields.None, fields.None, fields.None
	switch rec.kind.name {
	case speaker:
		rec.talker = a.Type
		rec.ortho, rec.subtype = own(orthoKey, anything, fields.None), own(subtypeKey, anything, fields.None)
		return rec
	case lexeme:
		rec.word = a.Type
		rec.subtype = own(subtypeKey, func(s string) bool {
			return rec.kind.has(s) && s != plainWord && (!strings.EqualFold(s, alpha) || spelled.MatchString(a.Type))
		}, plainWord)
	default:
		if rec.kind.has(a.Type) {
			rec.subtype = a.Type
		}
		if rec.kind.ortho {
			rec.ortho = own(orthoKey, anything, fields.None)
		}
	}
	rec.name = own(speakerKey, anything, fields.None)
	return rec
}

// holds reports whether a record of this type can hold a label.
func (k *kind) holds(a *codec.Annotation) bool {
	switch {
	case k.name == info, k.instant && a.StartMS != a.EndMS:
		return false
	case k.name == lexeme:
		return true
	}
	return k.has(a.Type) || k.bare && a.Type == k.name
}

// LooksLike reports whether the first record is one of RTTM. It may lack fields or have too many, so that reading can
// say so, if the type is spelled as it should be or the orthography is none.
func LooksLike(first [][]string) bool {
	r := first[0]
	k := kindOf(r[fType])
	switch {
	case k == nil:
		return false
	case len(r) == 9 || len(r) == 10:
		return true
	}
	isTime := func(s string) bool {
		_, err := decimal.Parse(strings.TrimRight(s, "*"))
		return err == nil || fields.IsNone(s)
	}
	return len(r) > fOrtho && (k.name == r[fType] || fields.IsNone(r[fOrtho])) && isChannel(r[fChannel]) &&
		isTime(r[fStart]) && isTime(r[fDuration])
}
