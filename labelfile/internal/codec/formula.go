package codec

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// separators are the characters at which spreadsheets split a line. Which of them they take depends on the country of
// their user, and not on the file.
const separators = ",;|\t\r\n"

// SafeText puts an apostrophe before each part of a text that a spreadsheet would run as a formula: the text itself,
// and what follows a separator in it, in quotes or not. It reports whether there was one. The list of characters is
// that of OWASP for CSV injection.
func SafeText(s string, separator byte) (safe string, changed bool) {
	if !mayHaveFormula(s) {
		return s, false
	}
	var b strings.Builder
	if strings.IndexByte("\t\r\n", s[0]) >= 0 { // a spreadsheet may cut these off
		b.WriteByte('\'')
		changed = true
	}
	for begin := true; s != ""; {
		if begin && startsFormula(strings.TrimLeft(s, `"`)) {
			b.WriteByte('\'')
			changed = true
		}
		_, size := utf8.DecodeRuneInString(s)
		begin = s[0] == separator || strings.IndexByte(separators, s[0]) >= 0
		b.WriteString(s[:size])
		s = s[size:]
	}
	return b.String(), changed
}

// SafeJSON writes the characters that begin formulas as escapes, in texts of a valid JSON value that begin with them or
// have them behind a separator. The value stays the same. It reports whether there was one.
func SafeJSON(value string, separator byte) (safe string, changed bool) {
	if !mayHaveFormula(value) {
		return value, false
	}
	var b strings.Builder
	quoted, begin := false, false
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRuneInString(value[i:])
		c := value[i]
		switch {
		case !quoted:
			quoted = c == '"'
			begin = quoted
		case begin && startsFormula(value[i:]):
			fmt.Fprintf(&b, `\u%04x`, r)
			i += size
			begin, changed = false, true
			continue
		case c == '\\': // an escaped quote does not end the text, and changes nothing at the beginning of a cell
			begin = begin && value[i+1] == '"'
			size = 2
		default:
			quoted = c != '"'
			begin = c == separator || strings.IndexByte(separators, c) >= 0
		}
		b.WriteString(value[i : i+size])
		i += size
	}
	return b.String(), changed
}

// mayHaveFormula is a quick look.
func mayHaveFormula(s string) bool {
	return strings.ContainsAny(s, "=+-@\t\r\n") || strings.Contains(s, "\uff1d") || strings.Contains(s, "\uff0b") ||
		strings.Contains(s, "\uff0d") || strings.Contains(s, "\uff20")
}

// startsFormula reports whether a spreadsheet takes a text for a formula by its first character.
func startsFormula(s string) bool {
	if s == "" {
		return false
	}
	return strings.IndexByte("=+-@", s[0]) >= 0 || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") ||
		strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠")
}
