package codectest

import (
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// Cue makes a label that subtitles can hold. id may be empty.
func Cue(r *rand.Rand, id string) codec.Annotation {
	a := codec.Annotation{File: "fuzz", Type: Text(r, true)}
	a.StartMS, a.EndMS = Span(r)
	var extra []codec.Field
	maybe := func(name, value string) {
		if r.IntN(3) == 0 {
			extra = append(extra, codec.Field{Name: name, Value: value})
		}
	}
	maybe("cue_id", id)
	maybe("voice", "Dr. "+Text(r, false))
	maybe("settings", "align:left")
	if len(extra) == 0 && r.IntN(3) == 0 {
		a.Type = "two\nlines & more"
		extra = append(extra, codec.Field{Name: "markup", Value: "<i>two</i>\n<b>lines</b> &amp; more"})
	}
	if len(extra) > 0 {
		a.Extra, _ = codec.Object(extra, nil)
	}
	return a
}

// SaysWhatIsLostOfCues checks that what subtitles cannot say is remarked. want is the file of a cue of no length with
// the text "x".
func (c Codec) SaysWhatIsLostOfCues(t testing.TB, want string) {
	t.Helper()
	is := is.New(t)
	for _, extra := range []string{
		`{"voice":"two\nlines"}`, `{"voice":5}`, `{"settings":"-->"}`, `{"cue_id":"two\nlines"}`, `{"x":"y"}`,
		`{"markup":"<b>another</b> text"}`, `{"markup":"<b>x</b>\n\n"}`, `{"markup":"x"}`,
		`{"start_text":"00:00:00.0001","end_text":"00:00:00.0002"}`,
	} {
		out, notes := c.WriteAll(t, []codec.Annotation{{File: "f", Type: "x", Extra: []byte(extra)}})
		is.Equal(string(out), want)
		is.Equal(notes, map[codec.Kind]int{codec.ExtraLost: 1})
	}
	one := 1.0
	_, notes := c.WriteAll(t, []codec.Annotation{{File: "f", Type: "x", Confidence: &one}})
	is.Equal(notes, map[codec.Kind]int{codec.ConfidenceLost: 1})
}
