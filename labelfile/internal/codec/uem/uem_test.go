package uem

import (
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_UEM(f *testing.F) {
	this.Fuzz(f, "ep1 1 0.000 10.5\n;; x\nep2 <NA> 0 3.00049\n", "\xff\xfee\x00 \x001\x00")
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	this.HoldsAny(t, func(r *rand.Rand) codec.Annotation {
		a := codec.Annotation{File: "a" + codectest.Text(r, false), Type: Examined}
		a.StartMS, a.EndMS = codectest.Span(r)
		if r.IntN(2) == 0 {
			a.Extra, _ = codec.Object([]codec.Field{{Name: channelKey, Value: "<NA>"}}, nil)
		}
		return a
	})
}

func TestWrite_saysWhatItCannotHold(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	half := 0.5
	out, notes := this.WriteAll(t, []codec.Annotation{{File: ";;f", Type: "glitch", EndMS: 5, Confidence: &half, Extra: []byte(`{"x":1}`)}})
	is.Equal(string(out), "_;;f 1 0.000 0.005\n")
	is.Equal(notes, map[codec.Kind]int{codec.NameChanged: 1, codec.TypeChanged: 1, codec.ConfidenceLost: 1, codec.ExtraLost: 1})
}
