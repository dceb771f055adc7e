package webvtt

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_WebVTT(f *testing.F) {
	this.Fuzz(f, "WEBVTT x\n\nNOTE y\n\nid\n00:01.5 --> 00:00:02.000 align:left\n<v Bob>a &amp; <i>b</i>\nc\n\n", "WEBVTT\n00:01.000 --> 00:02.000\n<v.loud A>x</v>\n\n1\n100:00:00.000-->100:00:00,0005 x\n&#10;",
		"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00.000,MPEGTS:90000\n00:01.000 -> 00:02.000\na\n00:02.000 – 00:03.000\n00&#58;00:01 -> 00:00:02\n\nWEBVTT\n\nb\n\nx --> y\n")
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	this.HoldsAny(t, func(r *rand.Rand) codec.Annotation {
		return codectest.Cue(r, "x"+strings.ReplaceAll(codectest.Text(r, false), "-->", ""))
	})
}

func TestWrite_saysWhatItCannotHold(t *testing.T) {
	t.Parallel()
	this.SaysWhatIsLostOfCues(t, "WEBVTT\n\n00:00:00.000 --> 00:00:00.000\nx\n")
}
