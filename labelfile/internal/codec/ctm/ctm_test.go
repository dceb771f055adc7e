package ctm

import (
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_CTM(f *testing.F) {
	this.Fuzz(f, "ep1 A 0.5 .25 hello 0.9 lex joe\nep1 1 0 1 x nan <NA> z\n", "e 1 * * <ALT_BEGIN>\ne 1 1 1 a\ne 1 * * <ALT>\ne 1 * * <ALT>\ne 1 1.00049 1 b 1.5\ne 1 * * <ALT_END>\n")
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		var labels []codec.Annotation
		for alternation := int64(1); len(labels) < 40; {
			labels = append(labels, anyLabel(r, 0, 0))
			if r.IntN(4) == 0 {
				first := labels[len(labels)-1]
				for range 1 + r.IntN(4) {
					a := anyLabel(r, alternation, 1+r.Int64N(3))
					a.File = first.File
					labels = append(labels, a)
				}
				alternation++
			}
		}
		this.Holds(t, append(labels, labels[0]))
	}
}

func anyLabel(r *rand.Rand, alternation, alternative int64) codec.Annotation {
	a := codec.Annotation{File: "a" + codectest.Text(r, false), Type: codectest.Text(r, false), Confidence: codectest.Confidence(r)}
	a.StartMS, a.EndMS = codectest.Span(r)
	var extra []codec.Field
	maybe := func(name, value string) {
		if r.IntN(3) == 0 {
			extra = append(extra, codec.Field{Name: name, Value: value})
		}
	}
	if alternation == 0 {
		maybe(channelKey, "A")
	}
	if a.Confidence == nil {
		maybe(confidenceKey, "-12.5")
	}
	maybe(subtypeKey, "lex")
	maybe(speakerKey, "joe"+codectest.Text(r, false))
	if alternation > 0 {
		extra = append(extra, codec.Field{Name: alternationKey, Value: alternation},
			codec.Field{Name: alternativeKey, Value: alternative})
	}
	if len(extra) > 0 {
		a.Extra, _ = codec.Object(extra, nil)
	}
	return a
}

func TestWrite_saysWhatItCannotHold(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	alternative := func(s string) codec.Annotation { return codec.Annotation{File: "f", Type: "w", Extra: []byte(s)} }
	out, notes := this.WriteAll(t, []codec.Annotation{
		{File: ";; x", Type: "two words"}, {File: "\ufefff", Type: "w", Extra: []byte(`{"subtype":"verb","conf":"0.5","x":1}`)},
		alternative(`{"alternation":1,"alternative":3}`), alternative(`{"alternation":1,"alternative":1}`),
		alternative(`{"alternation":7,"alternative":1}`), alternative(`{"alternation":8,"alternative":1000000000}`),
	})
	is.Equal(string(out), "_;;_x 1 0.00 0.00 two_words\n_f 1 0.00 0.00 w\n"+
		"f 1 * * <ALT_BEGIN>\nf 1 0.00 0.00 w\nf 1 * * <ALT>\nf 1 * * <ALT>\nf 1 0.00 0.00 w\nf 1 * * <ALT_END>\n"+
		"f 1 * * <ALT_BEGIN>\nf 1 0.00 0.00 w\nf 1 * * <ALT_END>\nf 1 0.00 0.00 w\n")
	is.Equal(notes[codec.TypeChanged], 1)
	is.Equal(notes[codec.NameChanged], 2)
	is.Equal(notes[codec.ExtraLost], 3) // the one that is none, the number that does not count on, and the one that is too high
}
