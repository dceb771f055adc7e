// Package filename makes file names of any text, safe on every platform.
package filename

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxLength keeps a name, and an ending, below the 255 bytes that common file systems allow.
const maxLength = 200

// Escape makes a file name of text: no path separator, no name that an operating system reserves or hides, and two
// texts never share one, not even where upper and lower case are the same or Unicode is normalised.
//
// ASCII letters, digits, '.', '_' and '-' stand for themselves and every other byte is percent-encoded, as is a
// first '.' or '-', and the first letter of a device name of Windows. Where there are upper case letters, "~" and
// one hexadecimal digit for every four letters follow, which tell upper (1) from lower (0). A name that would get
// longer than 200 bytes is cut, and ends in "~sha256-" and the SHA-256 of the text.
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

// ordinary tells the texts that are their own name.
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

// caseDigits tells the upper case letters of a name, or is empty where there are none.
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

// isDevice tells the names that Windows keeps for devices, whatever ending they have.
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
