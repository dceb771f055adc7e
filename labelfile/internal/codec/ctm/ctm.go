// Package ctm reads and writes time marked conversation files of NIST: one word a line, optionally with confidence,
// type and speaker. The fields are those of "sclite" and "asclite" of SCTK, the types those of its ctmValidator.
package ctm

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/fields"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// The fields of a record.
const (
	fFile = iota
	fChannel
	fStart
	fDuration
	fWord
	fConfidence
	fType
	fSpeaker
)

// The names of fields.
const (
	channelKey     = "channel"
	confidenceKey  = "conf" // a score that cannot be a confidence
	subtypeKey     = "subtype"
	speakerKey     = "speaker"
	alternationKey = "alternation"
	alternativeKey = "alternative"
)

// The marks around alternatives. They stand in place of words, with asterisks for times.
const (
	altBegin = "<ALT_BEGIN>"
	altNext  = "<ALT>"
	altEnd   = "<ALT_END>"
)

const (
	oneChannel = "1" // the default channel
	star       = "*"
)

var types = []string{"lex", "frag", "fp", "un-lex", "for-lex", "non-lex", "misc", "noscore"}

// impliedChannel is the field of most records.
var impliedChannel = codec.Field{Name: channelKey, Value: oneChannel}

// Read reads words.
func Read(src *codec.Source) error {
	rd := &reader{src: src}
	if err := fields.Read(src, rd.parse); err != nil {
		return err
	}
	if rd.alternative == 0 {
		return nil
	}
	return src.Bad(&codec.SyntaxError{
		Place: rd.begun, Found: altBegin + " that never ends", Expected: altEnd + " below it",
	})
}

type reader struct {
	src           *codec.Source
	alternations  int64       // how many have begun
	alternative   int64       // the number of the open one, from 1; 0: none is open
	begun         codec.Place // where it begins
	file, channel string      // its file and channel
	words         int         // how many the open alternative has
}

func (rd *reader) parse(r *fields.Record, l *codec.Label) (bool, *codec.SyntaxError) {
	if c := r.Text[0]; c == ' ' || c == '\t' || c == '\v' || c == '\f' {
		return false, &codec.SyntaxError{Place: codec.Place{Line: r.Line, Column: 1}, Found: "a blank",
			Expected: "the audio file at the beginning of the line"}
	}
	if bad := r.Count(5, 8, "5 to 8"); bad != nil {
		return false, bad
	}
	if r.Fields[fStart] == star && r.Fields[fDuration] == star {
		return false, rd.mark(r)
	}
	if rd.alternative != 0 && (r.Fields[fFile] != rd.file || r.Fields[fChannel] != rd.channel) {
		return false, r.Bad(fFile, altEnd+" of "+rd.file+" before another audio file or channel")
	}
	bad := rd.word(r, l)
	if bad == nil && rd.alternative != 0 {
		rd.words++
	}
	return bad == nil, bad
}

// mark reads the marks around alternatives.
func (rd *reader) mark(r *fields.Record) *codec.SyntaxError {
	open := rd.alternative != 0
	switch word := strings.ToUpper(r.Fields[fWord]); {
	case word == altBegin && !open:
		rd.alternations++
		rd.alternative, rd.words, rd.begun = 1, 0, r.Place(0)
		rd.file, rd.channel = r.Fields[fFile], r.Fields[fChannel]
		return nil
	case (word == altNext || word == altEnd) && open:
		if rd.words == 0 && word == altEnd {
			rd.src.Note(codec.RecordSkipped, r.Place(fWord), "an alternative of no word")
		}
		rd.words = 0
		if rd.alternative++; word == altEnd {
			rd.alternative = 0
		}
		return nil
	case open:
		return r.Bad(fStart, "a start in seconds, "+altNext+" or "+altEnd)
	}
	return r.Bad(fStart, "a start in seconds, or "+altBegin)
}

func (rd *reader) word(r *fields.Record, l *codec.Label) (bad *codec.SyntaxError) {
	l.File, l.Type, l.StartText, l.EndText = r.Fields[fFile], r.Fields[fWord], r.Fields[fStart], r.Fields[fDuration]
	if l.Start, bad = r.Time(fStart, "a start in seconds"); bad != nil {
		return bad
	}
	if l.End, bad = r.Time(fDuration, "a duration in seconds"); bad != nil {
		return bad
	}
	if l.End.BelowZero() {
		return r.Bad(fDuration, "a duration in seconds, 0 or more")
	}
	l.End = l.Start.Add(l.End)
	if channel := r.Fields[fChannel]; channel == oneChannel {
		l.Implied = append(l.Implied, impliedChannel)
	} else {
		l.Keep(true, channelKey, channel)
	}
	if s, ok := field(r, fConfidence); ok {
		f, isNumber := score(s)
		switch {
		case !isNumber:
			return r.Bad(fConfidence, "a confidence")
		case f >= 0 && f <= 1:
			l.Confidence = &f
		default:
			l.Keep(true, confidenceKey, s)
		}
	}
	if s, ok := field(r, fType); ok {
		if !slices.Contains(types, s) {
			return r.Bad(fType, "a type of word: "+strings.Join(types, ", "))
		}
		l.Keep(true, subtypeKey, s)
	}
	if s, ok := field(r, fSpeaker); ok {
		l.Keep(true, speakerKey, s)
	}
	if rd.alternative != 0 {
		l.Keep(true, alternationKey, rd.alternations)
		l.Keep(true, alternativeKey, rd.alternative)
	}
	return nil
}

// field returns an optional field, and false if it is missing or says nothing.
func field(r *fields.Record, i int) (string, bool) {
	if i >= len(r.Fields) || fields.IsNone(r.Fields[i]) || i == fConfidence && strings.EqualFold(r.Fields[i], "NA") {
		return "", false
	}
	return r.Fields[i], true
}

// score reads a number in the place of the confidence. In some files it is any number, or no number.
func score(s string) (float64, bool) {
	if _, err := decimal.Parse(s); err != nil && !errors.Is(err, decimal.ErrRange) {
		switch strings.TrimLeft(strings.ToLower(s), "+-") {
		case "nan", "inf", "infinity":
			return math.NaN(), true
		}
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

// maxWords is how many words of one alternation are held, so that a file of nothing else does not fill the memory.
const maxWords = 1 << 14

// maxAlternative is the highest alternative that is written: each one below it needs a line.
const maxAlternative = 1000

// Write writes words.
func Write(dst *codec.Target) error {
	w := &writer{Writer: fields.NewWriter(dst)}
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		if err := w.add(a); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.Close()
}

type writer struct {
	*fields.Writer
	line         []byte
	alternations int

	// The open alternation.
	wanted int    // its number in the labels; 0: none is open
	head   string // its file and channel
	words  []alternative
}

// alternative is a word of an alternation, in the form to write.
type alternative struct {
	n    int
	line string
}

func (w *writer) add(a *codec.Annotation) error {
	extra, err := tier.NewExtra(a.Extra)
	if err != nil {
		return err
	}
	alternation, n := extra.Int(alternationKey), extra.Int(alternativeKey)
	if alternation == 0 || n == 0 || n > maxAlternative {
		extra.Lose(alternationKey, alternativeKey)
		alternation, n = 0, 0
	}
	var head string
	w.line, head = w.append(w.line[:0], a, extra)
	if alternation != w.wanted || head != w.head || len(w.words) == maxWords {
		if err := w.flush(); err != nil {
			return err
		}
		if w.wanted, w.head = alternation, head; alternation != 0 {
			w.alternations++
		}
	}
	if alternation != 0 && alternation != w.alternations {
		extra.Lose(alternationKey) // it was numbered anew
	}
	if lost := extra.Lost(); lost != "" {
		w.Target.Note(codec.ExtraLost, lost)
	}
	if alternation == 0 {
		return w.Line(w.line)
	}
	w.words = append(w.words, alternative{n, string(w.line)})
	return nil
}

// flush writes the open alternation.
func (w *writer) flush() error {
	if len(w.words) == 0 {
		return nil
	}
	slices.SortStableFunc(w.words, func(a, b alternative) int { return cmp.Compare(a.n, b.n) })
	mark := func(word string) []byte { return []byte(w.head + " * * " + word + "\n") }
	lines := [][]byte{mark(altBegin)}
	at := 1
	for _, word := range w.words {
		for ; at < word.n; at++ {
			lines = append(lines, mark(altNext))
		}
		lines = append(lines, []byte(word.line))
	}
	w.words = w.words[:0]
	for _, line := range append(lines, mark(altEnd)) {
		if err := w.Line(line); err != nil {
			return err
		}
	}
	return nil
}

// append appends the line of a word, and returns its file and channel.
func (w *writer) append(dst []byte, a *codec.Annotation, extra *tier.Extra) (line []byte, head string) {
	own := func(key string, valid func(string) bool) string {
		if s, ok := fields.Kept(extra, key); ok && valid(s) {
			return s
		}
		extra.Lose(key)
		return ""
	}
	channel, ok := extra.Text(channelKey)
	if !ok || channel == oneChannel || !fields.IsWord(channel) {
		extra.Lose(channelKey)
		channel = oneChannel
	}
	dst = append(append(w.File(dst, a.File, true), ' '), channel...)
	head = string(dst)
	start, duration := fields.Times(a, extra, 2, true)
	dst = append(append(append(append(append(dst, ' '), start...), ' '), duration...), ' ')
	dst = w.Word(dst, a.Type)
	confidence := own(confidenceKey, func(s string) bool {
		f, ok := score(s)
		return ok && !(f >= 0 && f <= 1) && a.Confidence == nil
	})
	if a.Confidence != nil {
		confidence = strconv.FormatFloat(*a.Confidence, 'f', -1, 64)
	}
	rest := []string{confidence, own(subtypeKey, func(s string) bool { return slices.Contains(types, s) }),
		own(speakerKey, func(string) bool { return true })}
	for len(rest) > 0 && rest[len(rest)-1] == "" {
		rest = rest[:len(rest)-1]
	}
	for _, s := range rest {
		if s == "" {
			s = fields.None
		}
		dst = append(append(dst, ' '), s...)
	}
	return append(dst, '\n'), head
}

// LooksLike reports whether the first records are those of words. Other records have as many fields, but an end in
// place of the duration, or a speaker in place of the channel.
func LooksLike(first [][]string) bool {
	r := first[0]
	if len(r) < 5 || len(r) > 8 || !fields.LooksLikeFile(r[fFile]) || !fields.LooksLikeChannel(r[fChannel]) {
		return false
	}
	if r[fStart] == star && r[fDuration] == star {
		return strings.EqualFold(r[fWord], altBegin)
	}
	for _, s := range r[fStart:fWord] {
		if _, err := decimal.Parse(s); err != nil {
			return false
		}
	}
	return !haveEnds(first)
}

// haveEnds reports whether all records have a second time that is the end of a word, which lies before the start of
// the next. As durations, such times would grow from word to word.
func haveEnds(first [][]string) bool {
	const enough = 4
	var last decimal.Number
	for i, r := range first {
		if len(r) <= fWord {
			return false
		}
		start, err1 := decimal.Parse(r[fStart])
		end, err2 := decimal.Parse(r[fDuration])
		if err1 != nil || err2 != nil || start.Cmp(end) > 0 || i > 0 && start.Cmp(last) < 0 {
			return false
		}
		last = end
	}
	return len(first) >= enough
}
