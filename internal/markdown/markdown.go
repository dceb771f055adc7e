// Package markdown escapes text for Markdown.
package markdown

import (
	"strings"
	"unicode"
)

// special are the characters that have a meaning within a line, in CommonMark (https://spec.commonmark.org/0.31.2/)
// or in what GitHub adds to it: code, emphasis, links, HTML, character references, tables, strike-through, formulas,
// mentions and numbers of issues. A backslash before one of them takes its meaning away (section 2.4).
const special = "\\`*_[]<>&|~$#@"

// Escape returns a text that Markdown shows as the given one, in one line. An underscore between letters or digits gets
// no backslash (section 6.2), so that long_pause stays readable in the source.
func Escape(text string) string {
	runes := []rune(text)
	inWord := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	var b strings.Builder
	for i, r := range runes {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			r = ' '
		case r == '_' && inWord(i-1) && inWord(i+1):
		case strings.ContainsRune(special, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
