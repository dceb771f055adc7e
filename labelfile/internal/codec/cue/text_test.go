package cue

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

// TestDialect_Plain_hostile reads texts of nothing but the beginnings of tags, which takes no longer than others.
func TestDialect_Plain_hostile(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, begin := range []string{"<", "<b", "&", "&a", `{\`, "</v", "<v "} {
		for _, d := range []Dialect{WebVTT, SRT} {
			text, _, styled := d.Plain(strings.Repeat(begin, MaxPayload/len(begin)))
			is.Equal(len(text), MaxPayload/len(begin)*len(begin))
			is.Equal(styled, false) // none of them ends
		}
	}
}
