package jams

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_JAMS(f *testing.F) {
	this.Fuzz(f, `{"annotations":[{"namespace":"beat","data":[{"time":0.5,"duration":0,"value":1,"confidence":NaN}]},`+
		`{"namespace":"tag_open","data":{"time":[1],"duration":[2.0005],"value":["x"],"confidence":[0.5]}}],"sandbox":{"content_path":"a.wav"},`+
		`"file_metadata":{"duration":9.5}}`,
		`{"annotations":[{"namespace":"scaper","data":[{"time":0,"duration":1,"value":{"label":"cat","snr":-Infinity},"confidence":7}],"sandbox":{"annoset":[{"a":1}]}}]}`)
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	this.HoldsAny(t, func(r *rand.Rand) codec.Annotation {
		a := codec.Annotation{File: "deep/ä b.wav", Type: codectest.Text(r, true), Confidence: codectest.Confidence(r)}
		a.StartMS, a.EndMS = codectest.Span(r)
		switch r.IntN(4) {
		case 0:
			a.Extra = json.RawMessage(`{"namespace":"beat","value":` + string(rune('0'+r.IntN(9))) + `}`)
		case 1:
			a.Extra, a.Confidence = json.RawMessage(`{"namespace":"segment_open","confidence":"NaN","by":[1,{"x":null}]}`), nil
		}
		return a
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := this.ReadAll([]byte(`{"annotations":[`+
		`{"namespace":"beat","data":[{"time":0.5,"duration":0.0,"value":1.0,"confidence":NaN},{"time":1,"duration":0,"value":2,"confidence":1}]},`+
		`{"namespace":"beat","data":[{"time":0.5,"duration":0.0,"value":NaN,"confidence":7}]},`+
		`{"namespace":"segment_open","data":[{"time":0,"duration":8.496,"value":"intro","confidence":null}]},`+
		`{"namespace":"scaper","data":[{"time":0.00049,"duration":0.00049,"value":{"label":"cat","snr":-Infinity},"confidence":1.0}]},`+
		`{"namespace":"pitch_hz","data":{"time":[0.1],"duration":[0.2],"value":[220.0],"confidence":[1.0]}},`+
		`{"namespace":"tag_open","data":[{"time":0,"duration":40,"value":"slow NaN","confidence":null}]}],"sandbox":{"content_path":"a.wav"}}`), false)
	is.NoErr(r.Err)
	one := 1.0
	codectest.Same(t, r.Labels, []codec.Annotation{
		{File: "a.wav", Type: "beat", StartMS: 500, EndMS: 500, Extra: []byte(`{"namespace":"beat","value":1.0,"confidence":"NaN"}`)},
		{File: "a.wav", Type: "beat", StartMS: 1000, EndMS: 1000, Confidence: &one, Extra: []byte(`{"namespace":"beat","value":2}`)},
		{File: "a.wav", Type: "NaN", StartMS: 500, EndMS: 500, Extra: []byte(`{"namespace":"beat","annotation":2,"value":"NaN","bare":[""],"confidence":7}`)},
		{File: "a.wav", Type: "intro", EndMS: 8496, Extra: []byte(`{"namespace":"segment_open"}`)},
		{File: "a.wav", Type: "cat", StartMS: 0, EndMS: 1, Confidence: &one,
			Extra: []byte(`{"namespace":"scaper","value":{"label":"cat","snr":"-Infinity"},"bare":["/snr"]}`)},
		{File: "a.wav", Type: "pitch_hz", StartMS: 100, EndMS: 300, Confidence: &one, Extra: []byte(`{"namespace":"pitch_hz","value":220.0}`)},
		{File: "a.wav", Type: "slow NaN", EndMS: 40_000},
	})
	out, notes := this.WriteAll(t, r.Labels)
	is.Equal(len(notes), 0)
	is.True(strings.Contains(string(out), `"value":1.0,"confidence":NaN}`)) // it comes back bare
}

func TestRead_encodings(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const file = `{"annotations":[{"namespace":"tag_open","data":[{"time":0,"duration":1,"value":"x","confidence":null}]}]}`
	for _, mark := range []string{"", "\ufeff", "\xff\xfe"} {
		text := mark + file
		if mark == "\xff\xfe" {
			text = mark + strings.Join(strings.Split(file, ""), "\x00") + "\x00"
		}
		r := this.ReadAll([]byte(text), false)
		is.NoErr(r.Err)
		is.Equal(len(r.Labels), 1)
	}
}

func TestRead_refuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                           "1:1: found unexpected end of JSON input, expected JSON",
		"{\n\"annotations\": [Na]}":  "2:17: found invalid character 'N' looking for beginning of value, expected JSON",
		`{"annotations":[{"n":"beat`: "1:26: found unexpected end of JSON input, expected JSON", // cut within a text
		`{"a":"x\`:                   "1:8: found invalid character ' ' in string escape code, expected JSON",
		`[]`:                         `1:1: found "[]", expected an object`,
		`{"annotations":5}`:          "1:1: found an object without a list of annotations, expected a JAMS file",
		`{"a":"` + "\xff" + `"}`:     "1:7: found bytes that are not UTF-8, expected UTF-8",
		strings.Repeat("[", 1100) + strings.Repeat("]", 1100): "1:1: found a file that nests too deep, expected a JAMS file",
	} {
		is := is.New(t)
		r := this.ReadAll([]byte(text), false)
		e, ok := errors.AsType[*codec.SyntaxError](r.Err)
		is.True(ok)
		is.Equal(e.Error(), want)
	}
	for text, want := range map[string]string{
		`{"annotations":[{"namespace":"beat"}]}`:                                    "1:17: found an annotation without namespace or data, expected both",
		`{"annotations":[{"namespace":"beat","data":[5]}]}`:                         `1:45: found "5", expected an observation`,
		`{"annotations":[{"namespace":"beat","data":[{"time":NaN,"duration":0}]}]}`: `1:45: found a time "\"_\"", expected a number of seconds`,
		`{"annotations":[{"namespace":"beat","data":{"time":[1],"duration":[]}}]}`:  "1:44: found lists of 1, 0, 0 and 0 values, expected time, duration, value and confidence of one length",
	} {
		is := is.New(t)
		r := this.ReadAll([]byte(text), false)
		is.NoErr(r.Err)
		is.Equal(len(r.Bad), 1)
		is.Equal(r.Bad[0].Error(), want)
	}
}

func TestRead_remarksWhatNoLabelKeeps(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := this.ReadAll([]byte(`{"file_metadata":{"title":"Gold","artist":"","identifiers":{"mb":""}},"annotations":[`+
		`{"namespace":"beat","annotation_metadata":{"curator":{"name":"","email":""},"annotator":{"name":"Ann"}},"data":[]},`+
		`{"namespace":"beat","annotation_metadata":{"curator":{"name":""},"annotator":{}},"data":[]}]}`), false)
	is.NoErr(r.Err)
	is.Equal(r.Notes[codec.FieldLost], 2) // the title, and who annotated the first
}

func TestRead_keepsBareTokensWhereTheyStand(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const value = `{"a/b~":[NaN,"NaN",{"c":-Infinity}],"d":"Infinity","e":Infinity}`
	r := this.ReadAll([]byte(`{"annotations":[{"namespace":"tag_open","data":[{"time":0,"duration":1,"value":`+value+`,"confidence":1},`+
		`{"time":0,"duration":1,"value":NaN,"confidence":null},{"time":0,"duration":1,"value":"NaN","confidence":"NaN"},`+
		`{"time":0,"duration":1,"value":"x","confidence":[NaN]}]}]}`), false)
	is.NoErr(r.Err)
	is.Equal(string(r.Labels[0].Extra), `{"value":{"a/b~":["NaN","NaN",{"c":"-Infinity"}],"d":"Infinity","e":"Infinity"},"bare":["/a~1b~0/0","/a~1b~0/2/c","/e"]}`)
	is.Equal(r.Notes[codec.Repaired], 2) // confidences that are no number, and lose that they were quoted, or bare
	out, _ := this.WriteAll(t, r.Labels)
	for _, want := range []string{`"value":` + value, `"value":NaN,`, `"value":"NaN",`} {
		is.True(strings.Contains(string(out), want)) // and not those that were quoted
	}
}

func TestRead_remarksAllThatNoLabelKeeps(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := this.ReadAll([]byte(`{"sandbox":{"scaper":{"sr":44100},"content_path":"a.wav"},"x":1,"annotations":[{"namespace":"beat","y":2,`+
		`"data":[{"time":0,"duration":0,"value":1,"confidence":1,"z":3}],"sandbox":{"metrical":"2"},"time":1,"duration":null}]}`), false)
	is.NoErr(r.Err)
	is.Equal(len(r.Labels), 1)
	is.Equal(r.Notes[codec.FieldLost], 6) // scaper, x, y, z, metrical and the span of the annotation
}

// TestRead_inTime reads many annotations whose metadata stands behind their observations.
func TestRead_inTime(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const n = 20_000
	one := `{"namespace":"beat","data":[{"time":0,"duration":0,"value":1,"confidence":1}],"annotation_metadata":{"version":"1"}}`
	began := time.Now()
	r := this.ReadAll([]byte(`{"annotations":[`+strings.Repeat(one+",", n)+one+`]}`), false)
	is.NoErr(r.Err)
	is.Equal(len(r.Labels), n+1)
	is.True(time.Since(began) < 20*time.Second) // going back to the beginning for each place took minutes
}
