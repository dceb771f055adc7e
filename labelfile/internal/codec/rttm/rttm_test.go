package rttm

import (
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
	"github.com/annoset/annoset/labelfile/internal/codec/fields"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_RTTM(f *testing.F) {
	this.Fuzz(f, "SPEAKER ep1 1 0.5 1.25 <NA> <NA> joe 0.9 <NA>\n;; note\nSPKR-INFO ep1 1 <NA> <NA> <NA> child joe <NA>\n", "LEXEME e 2 0.5* .5 A. alpha joe 1 0.1\nIP e 1 1.9 <NA> <NA> edit&filler j <NA>\nSU e 1 0 1e1 <NA> statement <NA> <NA>\nNOSCORE e 1 0 2.0005 <NA> <NA> <NA> <NA>")
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	this.HoldsAny(t, anyLabel)
}

func anyLabel(r *rand.Rand) codec.Annotation {
	word := func() string {
		if s := codectest.Text(r, false); !fields.IsNone(s) {
			return s
		}
		return "hum"
	}
	a := codec.Annotation{File: codectest.Text(r, false), Type: word(), Confidence: codectest.Confidence(r)}
	a.StartMS, a.EndMS = codectest.Span(r)
	var extra []codec.Field
	maybe := func(name, value string) {
		if r.IntN(3) == 0 {
			extra = append(extra, codec.Field{Name: name, Value: value})
		}
	}
	k := kinds[r.IntN(len(kinds)-1)] // SPKR-INFO is no label
	if k.name != speaker {
		extra = append(extra, codec.Field{Name: typeKey, Value: k.name})
	}
	maybe(channelKey, "2")
	switch {
	case k.name == lexeme:
		maybe(subtypeKey, "fp")
	case k.name == speaker:
		maybe(orthoKey, word())
		maybe(subtypeKey, word())
	default:
		if k.ortho {
			maybe(orthoKey, word())
		}
		if a.Type = k.name; !k.bare || len(k.subtypes) > 0 && r.IntN(2) == 0 {
			a.Type = k.subtypes[r.IntN(len(k.subtypes))]
		}
	}
	if k.name != speaker {
		maybe(speakerKey, word())
	}
	if maybe(estimatedKey, "start"); k.instant {
		a.EndMS = a.StartMS
	}
	maybe(lookaheadKey, "0.25")
	if len(extra) > 0 {
		a.Extra, _ = codec.Object(extra, nil)
	}
	return a
}

func TestWrite_saysWhatItCannotHold(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, tt := range []struct {
		a    codec.Annotation
		kind codec.Kind
		line string
	}{
		{codec.Annotation{File: "my file", Type: "x"}, codec.NameChanged, "SPEAKER my_file 1 0.000 0.000 <NA> <NA> x <NA> <NA>\n"},
		{codec.Annotation{File: "f", Type: "a\u00a0b"}, codec.TypeChanged, "SPEAKER f 1 0.000 0.000 <NA> <NA> a_b <NA> <NA>\n"},
		{codec.Annotation{File: "f", Type: "<na>"}, codec.TypeChanged, "SPEAKER f 1 0.000 0.000 <NA> <NA> <na>_ <NA> <NA>\n"},
		{codec.Annotation{File: "f", Type: "x", Extra: []byte(`{"k":1}`)}, codec.ExtraLost,
			"SPEAKER f 1 0.000 0.000 <NA> <NA> x <NA> <NA>\n"},
		{codec.Annotation{File: "f", Type: "no subtype", Extra: []byte(`{"type":"SU"}`)}, codec.ExtraLost,
			"SPEAKER f 1 0.000 0.000 <NA> <NA> no_subtype <NA> <NA>\n"},
		{codec.Annotation{File: "f", Type: "edit", EndMS: 5, Extra: []byte(`{"type":"IP"}`)}, codec.ExtraLost,
			"SPEAKER f 1 0.000 0.005 <NA> <NA> edit <NA> <NA>\n"},
		{codec.Annotation{File: "f", Type: "word", Extra: []byte(`{"type":"LEXEME","subtype":"alpha"}`)}, codec.ExtraLost,
			"LEXEME f 1 0.000 0.000 word lex <NA> <NA> <NA>\n"},
	} {
		out, notes := this.WriteAll(t, []codec.Annotation{tt.a})
		is.Equal(string(out), tt.line)
		is.Equal(notes[tt.kind], 1) // it is remarked
	}
}
