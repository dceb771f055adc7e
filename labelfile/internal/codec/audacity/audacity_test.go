package audacity

import (
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: func(dst *codec.Target) error { return Write(dst, Options{}) }}

func FuzzRead_Audacity(f *testing.F) {
	this.Fuzz(f, "1,5\t2.000000\ta\t0.5\tx\n\\\t-1.000000\t800\n3\tb\n4\n")
}

func TestWrite_times(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for extra, want := range map[string]string{
		`{"start_text":"3.0001","end_text":"3.00040"}`: "3.0001\t3.00040\tx\n",    // as they were written
		`{"start_text":"3.0004"}`:                      "3.000000\t3.000000\tx\n", // alone it would lie behind the end
		`{"start_text":"3.0004","end_text":"3.0001"}`:  "3.000000\t3.000000\tx\n",
		`{"start_text":"-0","end_text":"3.1"}`:         "3.000000\t3.000000\tx\n",
	} {
		out, _ := this.WriteAll(t, []codec.Annotation{{File: "a", Type: "x", StartMS: 3000, EndMS: 3000, Extra: []byte(extra)}})
		is.Equal(string(out), want)
	}
}
