package uem

import (
	"math/rand/v2"
	"testing"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_UEM(f *testing.F) {
	this.Fuzz(f, "ep1 1 0.000 10.5\n;; x\nep2 <NA> 0 3.00049\n", "\xff\xfee\x00 \x001\x00")
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 3))
		labels := make([]codec.Annotation, 40)
		for i := range labels {
			a := codec.Annotation{File: "a" + codectest.Text(r, false), Type: Examined}
			a.StartMS, a.EndMS = codectest.Span(r)
			if r.IntN(2) == 0 {
				a.Extra, _ = codec.Object([]codec.Field{{Name: channelKey, Value: "<NA>"}}, nil)
			}
			labels[i] = a
		}
		this.Holds(t, append(labels, labels[0]))
	}
}
