package canonical

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/matryer/is"
)

func lines(t testing.TB, labels ...Label) string {
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
		is.Equal(lines(t, Label{StartMS: 1, EndMS: 2, ArtifactType: "hum"}),
			`{"artifact_type":"hum","start_ms":1,"end_ms":2}`+"\n")
		is.Equal(lines(t), "") // no label, no line
	})
	t.Run("keeps extra data but for white space", func(t *testing.T) {
		is := is.New(t)
		is.Equal(lines(t, Label{ArtifactType: "a", ExtraData: "{ \"b\" : 1.0,\n \"a\":\"x  y\" }"}),
			`{"artifact_type":"a","start_ms":0,"end_ms":0,"extra_data":{"b":1.0,"a":"x  y"}}`+"\n")
	})
	t.Run("escapes what must be and nothing else", func(t *testing.T) {
		is := is.New(t)
		got := lines(t, Label{ArtifactType: "\"\\/<é\u2028\x01\n\x7f"})
		is.Equal(got, "{\"artifact_type\":\"\\\"\\\\/<é\u2028\\u0001\\n\x7f\",\"start_ms\":0,\"end_ms\":0}\n")
	})
	t.Run("sorts labels that start together", func(t *testing.T) {
		is := is.New(t)
		want := []Label{
			{StartMS: 1, EndMS: 2, ArtifactType: "b"},
			{StartMS: 5, EndMS: 5, ArtifactType: "z"},
			{StartMS: 5, EndMS: 6, ArtifactType: "B"},
			{StartMS: 5, EndMS: 6, ArtifactType: "a"},
			{StartMS: 5, EndMS: 6, ArtifactType: "a", ExtraData: `{}`},
			{StartMS: 5, EndMS: 6, ArtifactType: "a", HasConfidence: true},
			{StartMS: 5, EndMS: 6, ArtifactType: "a", HasConfidence: true, Confidence: 0.5},
			{StartMS: 5, EndMS: 6, ArtifactType: "a", HasConfidence: true, Confidence: 0.5, ExtraData: `{"a":1}`},
			{StartMS: 5, EndMS: 6, ArtifactType: "a", HasConfidence: true, Confidence: 0.5, ExtraData: `{"a":2}`},
			{StartMS: 7, EndMS: 7, ArtifactType: "a"},
		}
		mixed := append([]Label(nil), want...)
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
		line := lines(t, Label{
			StartMS: start, EndMS: end, ArtifactType: artifactType, Confidence: confidence, HasConfidence: true,
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
