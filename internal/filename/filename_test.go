package filename

import (
	"path/filepath"
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

func TestUnescape(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, text := range []string{"ep1.wav", "aBcD.WAV", "ÄRGER/x", "con", ""} {
		back, ok := Unescape(strings.ToLower(Escape(text)))
		is.True(ok)
		is.Equal(back, text)
	}
	for _, name := range []string{"a b", "100%", "%6", "%zz", "%61", "a~1", "%c3%a9~f", Escape(strings.Repeat("x", 300))} {
		_, ok := Unescape(name)
		is.True(!ok) // no text has this name
	}
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
		back, whole := Unescape(strings.ToLower(name))
		if cut := strings.Contains(name, "~sha256-"); !cut && (!whole || back != text) {
			t.Fatalf("%q: %q reads back as %q, %v", text, name, back, whole)
		}
		Unescape(text)
	})
}
