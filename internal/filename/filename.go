// Package filename turns any text into a file name that is safe on every platform.
package filename

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// maxLength leaves room for an ending within the 255 bytes that common file systems allow.
const maxLength = 200

// Escape turns a text into a file name without path separators, which no operating system reserves or hides. Two texts
// never share a name, not even on file systems that ignore case or normalize Unicode.
//
// ASCII letters, digits, '.', '_' and '-' stand for themselves and every other byte is percent-encoded, as is a
// first '.' or '-', and the first letter of a device name of Windows. If the text has upper case letters, "~" and one
// hexadecimal digit for every four letters follow, whose bits are 1 for upper case and 0 for lower case. A name longer
// than 200 bytes is cut, and ends in "~sha256-" and the SHA-256 of the text.
func Escape(text string) string {
	if ordinary(text) {
		return text
	}
	var b strings.Builder
	device := isDevice(text)
	for i := range len(text) {
		c := text[i]
		if plain(c) && !(i == 0 && (c == '.' || c == '-' || device)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	name := b.String()
	if cases := caseDigits(name); cases != "" {
		name += "~" + cases
	}
	if len(name) > maxLength {
		sum := sha256.Sum256([]byte(text))
		tail := "~sha256-" + hex.EncodeToString(sum[:])
		name = strings.ToLower(b.String()[:maxLength-len(tail)]) + tail
	}
	return name
}

// ordinary reports whether a text is its own file name.
func ordinary(text string) bool {
	if text == "" || len(text) > maxLength || text[0] == '.' || text[0] == '-' || isDevice(text) {
		return false
	}
	for i := range len(text) {
		if c := text[i]; !plain(c) || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

func plain(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// caseDigits encodes which letters of a name are upper case. It is empty if none is.
func caseDigits(name string) string {
	if strings.ToLower(name) == name {
		return ""
	}
	var b strings.Builder
	digit, n := 0, 0
	for i := range len(name) {
		if !isLetter(name[i]) {
			continue
		}
		digit <<= 1
		if name[i] < 'a' {
			digit |= 1
		}
		if n++; n%4 == 0 {
			fmt.Fprintf(&b, "%x", digit)
			digit = 0
		}
	}
	if n%4 != 0 {
		fmt.Fprintf(&b, "%x", digit<<(4-n%4))
	}
	return b.String()
}

// isDevice reports whether Windows reserves a name for a device, whatever its ending.
func isDevice(text string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(text), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	if len(stem) != 4 {
		return false
	}
	return (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && '0' <= stem[3] && stem[3] <= '9'
}

// Unescape returns the text that [Escape] turned into a name, even if a file system has changed the case of its
// letters. It reports false for a name that was cut, and for one that Escape never returns.
func Unescape(name string) (string, bool) {
	lower := strings.ToLower(name)
	body, cases, _ := strings.Cut(lower, "~")
	var text strings.Builder
	letters := 0
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c == '%' {
			if i+2 >= len(body) {
				return "", false
			}
			encoded, err := hex.DecodeString(body[i+1 : i+3])
			if err != nil {
				return "", false
			}
			letters += countLetters(body[i+1 : i+3])
			text.WriteByte(encoded[0])
			i += 2
			continue
		}
		if isLetter(c) {
			if upper(cases, letters) {
				c -= 'a' - 'A'
			}
			letters++
		}
		text.WriteByte(c)
	}
	return text.String(), strings.ToLower(Escape(text.String())) == lower
}

// upper reports whether the digits of caseDigits mark a letter as upper case.
func upper(cases string, letter int) bool {
	if letter/4 >= len(cases) {
		return false
	}
	digit, err := strconv.ParseUint(cases[letter/4:letter/4+1], 16, 8)
	return err == nil && digit>>(3-letter%4)&1 == 1
}

func countLetters(s string) (n int) {
	for i := range len(s) {
		if isLetter(s[i]) {
			n++
		}
	}
	return n
}
