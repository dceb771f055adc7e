package markdown

import (
	"testing"

	"github.com/matryer/is"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for text, want := range map[string]string{
		"":                 "",
		"glitch":           "glitch",
		"long_pause":       "long_pause", // within a word an underscore is one
		"é_2":              "é_2",
		"_x_":              `\_x\_`,
		"a__b":             `a\_\_b`,
		"*b*":              `\*b\*`,
		"`c`":              "\\`c\\`",
		`a\b`:              `a\\b`,
		"[x](y)":           `\[x\](y)`,
		"<b>&amp;":         `\<b\>\&amp;`,
		"a|b ~c~ $d$ #1 @": `a\|b \~c\~ \$d\$ \#1 \@`,
		"two\nlines\r\t":   "two lines  ", // stays one line
		"a\u2028b":         "a b",
		"1.5-2, (x): y!":   "1.5-2, (x): y!",
	} {
		is.Equal(Escape(text), want)
	}
}
