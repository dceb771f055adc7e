package srt

import (
	"math/rand/v2"
	"testing"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_SRT(f *testing.F) {
	this.Fuzz(f, "1\r\n00:00:01,000 --> 00:00:02,000 X1:40\r\n{\\\\an8}<i>a</i> & b\r\n\r\n2\n00:01 --> 00:02.5\nx\n\ny\n", "00:01:00 --> 00:02:00\n<v Bob>1 < 2 &lt;b>\n\n7\n0:0:3,0004 --> 0:0:4\n",
		"1\n00:00:01,000 – 00:00:02,000\na\n\n2\n٠٠:٠٠:٠٣,٠٠٠ --&gt; 00:00:04,000 X\n00&#58;00:01 -> 00:00:02\n")
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	this.HoldsAny(t, func(r *rand.Rand) codec.Annotation {
		return codectest.Cue(r, "0123")
	})
}

func TestWrite_saysWhatItCannotHold(t *testing.T) {
	t.Parallel()
	this.SaysWhatIsLostOfCues(t, "1\n00:00:00,000 --> 00:00:00,000\nx\n")
}
