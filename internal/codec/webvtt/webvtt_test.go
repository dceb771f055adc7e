package webvtt

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_WebVTT(f *testing.F) {
	this.Fuzz(f, "WEBVTT x\n\nNOTE y\n\nid\n00:01.5 --> 00:00:02.000 align:left\n<v Bob>a &amp; <i>b</i>\nc\n\n", "WEBVTT\n00:01.000 --> 00:02.000\n<v.loud A>x</v>\n\n1\n100:00:00.000-->100:00:00,0005 x\n&#10;")
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		labels := make([]codec.Annotation, 40)
		for i := range labels {
			labels[i] = anyLabel(r)
		}
		this.Holds(t, append(labels, labels[0]))
	}
}

func anyLabel(r *rand.Rand) codec.Annotation {
	a := codec.Annotation{File: "fuzz", Type: codectest.Text(r, true)}
	a.StartMS, a.EndMS = codectest.Span(r)
	var extra []codec.Field
	maybe := func(name, value string) {
		if r.IntN(3) == 0 {
			extra = append(extra, codec.Field{Name: name, Value: value})
		}
	}
	maybe("cue_id", "x"+strings.ReplaceAll(codectest.Text(r, false), "-->", ""))
	maybe("voice", "Dr. "+codectest.Text(r, false))
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

func TestWrite_saysWhatItCannotHold(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	one := 1.0
	for _, a := range []codec.Annotation{
		{Extra: []byte(`{"voice":"two\nlines"}`)}, {Extra: []byte(`{"markup":"<b>another</b> text"}`)},
		{Extra: []byte(`{"markup":"<b>x</b>\n\n"}`)}, {Extra: []byte(`{"settings":"-->"}`)}, {Extra: []byte(`{"voice":5}`)},
		{Extra: []byte(`{"cue_id":"two\nlines"}`)}, {Extra: []byte(`{"start_text":"00:00:00.0001","end_text":"0"}`)},
	} {
		a.File, a.Type = "f", "x"
		out, notes := this.WriteAll(t, []codec.Annotation{a})
		is.Equal(string(out), "WEBVTT\n\n00:00:00.000 --> 00:00:00.000\nx\n")
		is.Equal(notes, map[codec.Kind]int{codec.ExtraLost: 1})
	}
	_, notes := this.WriteAll(t, []codec.Annotation{{File: "f", Type: "x", Confidence: &one}})
	is.Equal(notes, map[codec.Kind]int{codec.ConfidenceLost: 1})
}
