package table

import (
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// cell writes a cell that needs no quotes.
func (w *writer) cell(s []byte) {
	if w.begun {
		w.out.WriteByte(w.separator) // the buffer keeps an error until Flush
	}
	w.begun = true
	w.out.Write(s)
}

func (w *writer) endRow() error {
	w.begun = false
	return w.out.WriteByte('\n')
}

// text writes a cell that may need quotes.
func (w *writer) text(s string) {
	if !w.mustQuote(s) {
		w.cell(nil)
		w.out.WriteString(s)
		return
	}
	w.cell([]byte{'"'})
	w.out.WriteString(strings.ReplaceAll(s, `"`, `""`))
	w.out.WriteByte('"')
}

// mustQuote reports whether a text must be quoted to stay as it is. Blanks at either end need no quotes, but many
// programs remove them.
func (w *writer) mustQuote(s string) bool {
	if w.literal || s == "" {
		return false
	}
	return s[0] == ' ' || s[len(s)-1] == ' ' || blankText(s) || strings.IndexByte(s, w.separator) >= 0 ||
		strings.ContainsAny(s, "\"\r\n")
}

// blankText reports whether a text has blanks and nothing else, which is read as an empty cell unless it is quoted.
func blankText(s string) bool { return s != "" && (s[0] <= ' ' || s[0] == nbsp[0]) && isBlank(s) }

func isEmpty(s string) bool { return s == "" || blankText(s) }

// userText writes a text of a label: made safe from formulas if asked for, and without separators if nothing can be
// quoted.
func (w *writer) userText(s string, lost codec.Kind) { w.text(w.safe(s, lost)) }

// file writes the name of an audio file. Two audio files never get the same name.
func (w *writer) file(name string) {
	s := w.safe(name, codec.NameChanged)
	own := w.names.Name(name, s)
	if own != s && s == name { // which is not remarked yet
		w.dst.Note(codec.NameChanged, name)
	}
	w.text(own)
}

// safe returns a text as a cell can have it.
func (w *writer) safe(s string, lost codec.Kind) string {
	if w.literal && (strings.IndexByte(s, w.separator) >= 0 || strings.ContainsAny(s, "\r\n") || blankText(s)) {
		plain := strings.NewReplacer(string(rune(w.separator)), " ", "\r\n", " ", "\n", " ", "\r", " ").Replace(s)
		if isBlank(plain) {
			plain = "_" // a cell of blanks is an empty one
		}
		w.dst.Note(lost, s)
		s = plain
	}
	if w.options.SafeFormulas {
		if safe, changed := codec.SafeText(s, w.separator); changed {
			w.dst.Note(codec.FormulaEscaped, s)
			s = safe
		}
	}
	return s
}
