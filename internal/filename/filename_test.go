package filename

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/matryer/is"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for text, want := range map[string]string{
		"ep1.wav":       "ep1.wav",
		"a-b_c.flac":    "a-b_c.flac",
		"a/b":           "a%2fb",
		`a\b`:           "a%5cb",
		"../etc/passwd": "%2e.%2fetc%2fpasswd",
		".hidden":       "%2ehidden",
		"-rf":           "%2drf",
		"a b":           "a%20b",
		"é":             "%c3%a9",
		"100%":          "100%25",
		"a~1":           "a%7e1",
		"Abc":           "Abc~8",
		"aBcD.WAV":      "aBcD.WAV~5e",
		"con":           "%63on",
		"nul.wav":       "%6eul.wav",
		"COM1.txt":      "%43OM1.txt~c0",
		"com":           "com",
		"console":       "console",
		"":              "",
	} {
		is.Equal(Escape(text), want)
	}
}

func TestEscape_long(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	long := strings.Repeat("é/", 5000)
	is.Equal(len(Escape(long)), maxLength)
	is.True(Escape(long) != Escape(long+"x"))                                     // the tail is in the hash
	is.True(Escape(strings.Repeat("A", 200)) != Escape(strings.Repeat("a", 200))) // and so is the case
}

// unescape reads back a name that was not cut, from what a file system that forgets case would keep of it.
func unescape(name string) (string, bool) {
	name, cases, _ := strings.Cut(strings.ToLower(name), "~")
	if strings.HasPrefix(cases, "sha256-") {
		return "", false
	}
	var text strings.Builder
	letters := 0
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '%' {
			n, err := strconv.ParseUint(name[i+1:i+3], 16, 8)
			if err != nil {
				return "", false
			}
			letters += countLetters(name[i+1 : i+3])
			text.WriteByte(byte(n))
			i += 2
			continue
		}
		if isLetter(c) {
			if digit := letters / 4; digit < len(cases) {
				bits, err := strconv.ParseUint(cases[digit:digit+1], 16, 8)
				if err != nil {
					return "", false
				}
				if bits>>(3-letters%4)&1 == 1 {
					c -= 'a' - 'A'
				}
			}
			letters++
		}
		text.WriteByte(c)
	}
	return text.String(), true
}

func countLetters(s string) (n int) {
	for i := range len(s) {
		if isLetter(s[i]) {
			n++
		}
	}
	return n
}

// FuzzEscape shows that a name is safe, and that no two texts share one: the text can be read back.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "ep1.wav", "COM7", "../x", "Ärger/ÄRGER", "\x00\xff", strings.Repeat("Z", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := Escape(text)
		switch {
		case len(name) > maxLength || !utf8.ValidString(name):
			t.Fatalf("%q: %q is too long or no text", text, name)
		case text != "" && (!filepath.IsLocal(name) || filepath.Base(name) != name):
			t.Fatalf("%q: %q leaves its folder", text, name)
		}
		if back, whole := unescape(name); whole && back != text {
			t.Fatalf("%q: %q reads back as %q", text, name, back)
		}
	})
}
