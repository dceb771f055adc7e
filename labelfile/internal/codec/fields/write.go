package fields

import (
	"bufio"
	"cmp"
	"strings"
	"unicode"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Writer writes records.
type Writer struct {
	Target *codec.Target
	out    *bufio.Writer
	names  *codec.Distinct
}

// NewWriter writes to a target.
func NewWriter(dst *codec.Target) *Writer {
	return &Writer{Target: dst, out: bufio.NewWriterSize(dst.Writer, 1<<16), names: cmp.Or(dst.Names, &codec.Distinct{})}
}

// Write writes a record for each label. appendRecord takes from the extra data what the record can hold.
func Write(dst *codec.Target, appendRecord func([]byte, *Writer, *codec.Annotation, *tier.Extra) []byte) error {
	w := NewWriter(dst)
	var line []byte
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		extra, err := tier.NewExtra(a.Extra)
		if err != nil {
			return err
		}
		line = appendRecord(line[:0], w, a, extra)
		if lost := extra.Lost(); lost != "" {
			dst.Note(codec.ExtraLost, lost)
		}
		if err := w.Line(line); err != nil {
			return err
		}
	}
	return w.Close()
}

// Line writes one line.
func (w *Writer) Line(line []byte) error {
	_, err := w.out.Write(line)
	return err
}

// Close flushes the buffer, and remarks the clean audio files, which these formats cannot hold.
func (w *Writer) Close() error {
	for _, file := range w.Target.Clean {
		w.Target.Note(codec.CleanLost, file)
	}
	return w.out.Flush()
}

// Word appends a text as one field. Blanks become underscores, also those of other scripts, which Python takes for
// blanks. A text that would mean something else gets an underscore appended. Both are remarked.
func (w *Writer) Word(dst []byte, text string, taken ...string) []byte {
	word := joined(text)
	for _, t := range taken {
		if strings.EqualFold(word, t) {
			word += "_"
			break
		}
	}
	return w.word(dst, text, word, codec.TypeChanged)
}

func (w *Writer) word(dst []byte, text, word string, changed codec.Kind) []byte {
	if word != text {
		w.Target.Note(changed, "becomes "+word)
	}
	return append(dst, word...)
}

// File appends the name of an audio file, as the first field of a line if begins is set: there it must not look like a
// comment or a byte order mark. Two audio files never get the same name.
func (w *Writer) File(dst []byte, name string, begins bool) []byte {
	word := joined(name)
	if begins && (strings.HasPrefix(name, ";;") || strings.HasPrefix(name, "\ufeff")) {
		word = "_" + strings.TrimPrefix(word, "\ufeff")
	}
	return w.word(dst, name, w.names.Name(name, word), codec.NameChanged)
}

// joined returns a text with underscores in place of blanks.
func joined(text string) string {
	if strings.IndexFunc(text, apart) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if apart(r) {
			return '_'
		}
		return r
	}, text)
}

// apart reports whether a character separates fields, for this package or for other programs.
func apart(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// Kept returns a member of the extra data that can be written as one field, and counts it as written.
func Kept(extra *tier.Extra, name string) (string, bool) {
	s, ok := extra.Text(name)
	if ok && (IsNone(s) || !IsWord(s)) {
		extra.Lose(name)
		return "", false
	}
	return s, ok
}

// IsWord reports whether a text can be one field as it is.
func IsWord(s string) bool { return s != "" && strings.IndexFunc(s, apart) < 0 }

// Times returns the times of a label: in their kept spelling if that is still right, and otherwise with at least the
// given number of decimals. The second one is the end or, if isDuration is set, the duration.
func Times(a *codec.Annotation, extra *tier.Extra, decimals int, isDuration bool) (start, second string) {
	const startKey, endKey = "start_text", "end_text"
	start, ok1 := extra.Text(startKey)
	second, ok2 := extra.Text(endKey)
	if ok1 && ok2 && still(a, start, second, isDuration) {
		return start, second
	}
	extra.Lose(startKey, endKey)
	end := a.EndMS
	if isDuration {
		end -= a.StartMS
	}
	return string(decimal.AppendSeconds(nil, a.StartMS, decimals)), string(decimal.AppendSeconds(nil, end, decimals))
}

func still(a *codec.Annotation, start, second string, isDuration bool) bool {
	s, err1 := decimal.Parse(start)
	e, err2 := decimal.Parse(second)
	if err1 != nil || err2 != nil || s.Sign() < 0 || isDuration && e.Sign() < 0 {
		return false
	}
	if isDuration {
		e = s.Add(e)
	}
	startMS, _, err1 := s.MS()
	endMS, _, err2 := e.MS()
	return err1 == nil && err2 == nil && startMS == a.StartMS && endMS == a.EndMS && s.Cmp(e) <= 0
}
