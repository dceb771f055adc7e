package canonical

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/label"
)

func lines(t testing.TB, labels ...label.Label) string {
	t.Helper()
	var b strings.Builder
	w := NewWriter(&b)
	for _, l := range labels {
		if err := w.Write(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriter(t *testing.T) {
	t.Parallel()
	t.Run("leaves out what a label does not have", func(t *testing.T) {
		is := is.New(t)
		is.Equal(lines(t, label.Label{StartMS: 1, EndMS: 2, Type: "hum"}),
			`{"artifact_type":"hum","start_ms":1,"end_ms":2}`+"\n")
		is.Equal(lines(t), "") // no label, no line
	})
	t.Run("writes extra data in one form", func(t *testing.T) {
		is := is.New(t)
		for given, want := range map[string]string{
			"{ \"b\" : 1.0,\n \"a\":\"x  y\" }":                `{"a":"x  y","b":1.0}`,
			`{"z":[{ },[ ],[1 , -2e+05,null],true]}`:           `{"z":[{},[],[1,-2e+05,null],true]}`,
			`{"k":"\u003cb\u003e \u00e9\/\u2028\ud83c\udfb5"}`: "{\"k\":\"<b> é/\u2028🎵\"}",
			`{"k":"\u0022\u005c\u0009\u0001"}`:                 `{"k":"\"\\\t\u0001"}`,
			`{"\u0062":1,"a":2,"b":3}`:                         `{"a":2,"b":1,"b":3}`,
			`{"k":"\uD800x\udc00\uD83Cy"}`:                     `{"k":"\ud800x\udc00\ud83cy"}`,
			`{"n":123456789012345678901234567890}`:             `{"n":123456789012345678901234567890}`,
		} {
			is.Equal(lines(t, label.Label{Type: "a", ExtraData: given}),
				`{"artifact_type":"a","start_ms":0,"end_ms":0,"extra_data":`+want+"}\n")
		}
	})
	t.Run("escapes what must be and nothing else", func(t *testing.T) {
		is := is.New(t)
		got := lines(t, label.Label{Type: "\"\\/<é\u2028\x01\n\x7f"})
		is.Equal(got, "{\"artifact_type\":\"\\\"\\\\/<é\u2028\\u0001\\n\x7f\",\"start_ms\":0,\"end_ms\":0}\n")
	})
	t.Run("sorts labels that start together", func(t *testing.T) {
		is := is.New(t)
		want := []label.Label{
			{StartMS: 1, EndMS: 2, Type: "b"},
			{StartMS: 5, EndMS: 5, Type: "z"},
			{StartMS: 5, EndMS: 6, Type: "B"},
			{StartMS: 5, EndMS: 6, Type: "a"},
			{StartMS: 5, EndMS: 6, Type: "a", ExtraData: `{}`},
			{StartMS: 5, EndMS: 6, Type: "a", HasConfidence: true},
			{StartMS: 5, EndMS: 6, Type: "a", HasConfidence: true, Confidence: 0.5},
			{StartMS: 5, EndMS: 6, Type: "a", HasConfidence: true, Confidence: 0.5, ExtraData: `{"a":1}`},
			{StartMS: 5, EndMS: 6, Type: "a", HasConfidence: true, Confidence: 0.5, ExtraData: `{"a":2}`},
			{StartMS: 7, EndMS: 7, Type: "a"},
		}
		mixed := append([]label.Label(nil), want...)
		group := mixed[1:9]
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
		is.Equal(lines(t, mixed...), lines(t, want...))
		is.Equal(strings.Count(lines(t, want...), "\n"), len(want))
	})
}

// The numbers of RFC 8785, appendix B, that lie in [0, 1], and the edges of the exponent form.
func TestAppendFraction(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for f, want := range map[float64]string{
		0: "0", 1: "1", 0.5: "0.5", 0.1: "0.1", 1.0 / 3: "0.3333333333333333", 0.000001: "0.000001",
		9.999999999999997e-7: "9.999999999999997e-7", 1e-10: "1e-10", 1.5e-9: "1.5e-9",
		5e-324: "5e-324", math.Nextafter(1, 0): "0.9999999999999999",
	} {
		is.Equal(string(appendFraction(nil, f)), want)
	}
}

func FuzzWriter(f *testing.F) {
	f.Add("glitch", 0.25, int64(5), int64(9))
	f.Add("\x00\u2028\"", 1e-9, int64(0), int64(0))
	f.Fuzz(func(t *testing.T, artifactType string, confidence float64, start, end int64) {
		if !utf8.ValidString(artifactType) || !(confidence >= 0 && confidence <= 1) {
			t.Skip()
		}
		line := lines(t, label.Label{
			StartMS: start, EndMS: end, Type: artifactType, Confidence: confidence, HasConfidence: true,
		})
		var back struct {
			ArtifactType string  `json:"artifact_type"`
			StartMS      int64   `json:"start_ms"`
			EndMS        int64   `json:"end_ms"`
			Confidence   float64 `json:"confidence"`
		}
		if err := json.Unmarshal([]byte(line), &back); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if back.ArtifactType != artifactType || back.Confidence != confidence || back.StartMS != start || back.EndMS != end {
			t.Fatalf("%q reads as %+v", line, back)
		}
		if number, _ := json.Marshal(confidence); !strings.Contains(line, `"confidence":`+string(number)+`}`) {
			t.Fatalf("%q does not have the number as %s", line, number) // encoding/json writes as ECMAScript does
		}
		if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
			t.Fatalf("%q is not one line", line)
		}
	})
}

// FuzzExtraData shows that the one form says the same, is found again from itself and from what encoding/json makes of
// it.
func FuzzExtraData(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,{"b":null}],"c":"\u003c\ud83c\udfb5\ud800"}`, ` { "x" : 1e5 , "X" : [ ] } `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			t.Skip()
		}
		one, rest := appendJSON(nil, []byte(text))
		if len(strings.Trim(string(rest), " \t\r\n")) != 0 {
			t.Fatalf("%q: left %q", text, rest)
		}
		var was, is any
		if json.Unmarshal([]byte(text), &was) != nil {
			t.Skip() // a number too large for encoding/json
		}
		if err := json.Unmarshal(one, &is); err != nil || !reflect.DeepEqual(was, is) {
			t.Fatalf("%q: %q says something else: %v", text, one, err)
		}
		if again, _ := appendJSON(nil, one); string(again) != string(one) {
			t.Fatalf("%q: %q, and then %q", text, one, again)
		}
		escaped, err := json.Marshal(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := appendJSON(nil, escaped); string(again) != string(one) {
			t.Fatalf("%q: %q, and escaped %q", text, one, again)
		}
	})
}
