package labelstudio

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/codectest"
	"github.com/annoset/annoset/internal/decimal"
)

var this = codectest.Codec{Read: Read, Write: Write}

func FuzzRead_LabelStudio(f *testing.F) {
	this.Fuzz(f, `[{"id":1,"data":{"audio":"/data/upload/1/0123abcd-a%20b.wav"},"annotations":[{"id":2,"completed_by":3,"result":[`+
		`{"id":"x","type":"labels","from_name":"l","to_name":"a","original_length":9.5,"value":{"start":0.5,"end":1.25,"labels":["A","B"],"channel":1},"score":0.5},`+
		`{"id":"x","type":"textarea","value":{"start":0.5,"end":1.25,"text":["hi"]}}]},{"was_cancelled":true,"result":[]}]}]`,
		`[{"data":{"url":"a"},"annotations":[{"result":[]}],"predictions":[{"model_version":"m","result":[{"id":"y","value":{"start":1,"end":2,"labels":["C"]},"score":3}]}]}]`)
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	this.HoldsAny(t, func(r *rand.Rand) codec.Annotation {
		a := codec.Annotation{File: codectest.Text(r, true), Type: codectest.Text(r, true), Confidence: codectest.Confidence(r)}
		if r.IntN(3) == 0 {
			a.File = []string{"https://x.org/a b.wav?x=1", "/data/upload/1/0123abcd-x.wav", "deep/a.wav"}[r.IntN(3)]
		}
		a.StartMS, a.EndMS = codectest.Span(r)
		if r.IntN(2) == 0 {
			a.Extra = json.RawMessage(`{"region_id":"r` + string(rune('0'+r.IntN(3))) + `","from_name":"mood","by":[1,{"x":null}]}`)
		}
		return a
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	span := `"value":{"start":1,"end":2.5,`
	for name, tt := range map[string]struct{ tasks, want string }{
		"several labels of one region": {
			`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"r","from_name":"label","to_name":"audio",` + span + `"labels":["A","B"]}}]}]}`,
			`A 1000-2500 {"region_id":"r"}; B 1000-2500 {"region_id":"r"}`},
		"regions of one id are one": {
			`{"data":{"audio":"a"},"annotations":[{"id":7,"completed_by":{"id":1,"email":"ann@x"},"result":[` +
				`{"id":"r","type":"labels","from_name":"l","to_name":"a",` + span + `"channel":1,"labels":["A"]}},` +
				`{"id":"r","type":"textarea",` + span + `"text":["hello","there"]}},{"id":"r","type":"number",` + span + `"number":3}}]}]}`,
			`A 1000-2500 {"annotator":"ann@x","annotation_id":7,"region_id":"r","from_name":"l","to_name":"a","channel":1,"number":3,"transcript":"hello\nthere"}`},
		"several annotators and a model": {
			`{"data":{"audio":"a"},"annotations":[{"completed_by":1,"result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` + span + `"labels":["A"]}}]}],` +
				`"predictions":[{"model_version":"m2","result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` + span + `"labels":["B"]},"score":0.25}]}]}`,
			`A 1000-2500 {"annotator":1}; B 1000-2500 0.25 {"model_version":"m2"}`},
		"nobody found anything":                  {`{"data":{"audio":"a"},"annotations":[{"result":[]}]}`, `clean a`},
		"somebody found something":               {`{"data":{"audio":"a"},"annotations":[{"result":[]},{"result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` + span + `"labels":["A"]}}]}]}`, `A 1000-2500`},
		"nobody has looked":                      {`{"data":{"audio":"a"},"annotations":[]}`, ``},
		"a skipped task":                         {`{"data":{"audio":"a"},"annotations":[{"was_cancelled":true,"result":[]}]}`, `record skipped`},
		"a choice of the whole":                  {`{"data":{"audio":"a"},"predictions":[{"result":[{"id":"c","type":"choices","value":{"choices":["x"]}}]}]}`, `record skipped`},
		"a choice of a span":                     {`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` + span + `"choices":["x","y"]}}]}]}`, `x 1000-2500 {"choice":"x, y"}; y 1000-2500 {"choice":"x, y"}`},
		"a choice of the whole is no clean file": {`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"c","type":"choices","value":{"choices":["x"]}}]}]}`, `record skipped`},
		"one id at two times": {
			`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` + span + `"labels":["A"]}},` +
				`{"id":"annoset-1","from_name":"label","to_name":"audio","value":{"start":7,"end":8,"labels":["B"]}}]}]}`, `A 1000-2500; B 7000-8000`},
		"two controls with a score each": {
			`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` + span + `"labels":["A"]},"score":0.1},` +
				`{"id":"annoset-1","from_name":"label","to_name":"audio",` + span + `"labels":["B"]},"score":0.9}]}]}`, `A 1000-2500 0.1; B 1000-2500 0.9`},
		"a prediction of ours that ann has reviewed": {
			`{"data":{"audio":"a"},"annotations":[{"completed_by":"ann","result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` + span +
				`"channel":1,"labels":["A"]},"meta":{"annoset":{"by":"x","annotator":"old"}}}]}]}`,
			`A 1000-2500 {"by":"x","annotator":"ann","channel":1}`},
		"notes and a score of the whole": {
			`{"data":{"audio":"a"},"predictions":[{"model_version":"annoset","score":0.5,"result":[{"id":"annoset-1","from_name":"label","to_name":"audio",` +
				span + `"labels":["A"]},"meta":{"text":["x"]}}]}]}`, `record skipped; record skipped; A 1000-2500`},
		"no data":               {`{"annotations":[]}`, `1:2: found an object without data, expected a task of Label Studio`},
		"a start that is none":  {`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"r","value":{"start":"x","end":2}}]}]}`, `1:2: found a start "\"x\"", expected a number of seconds`},
		"a result that is none": {`{"data":{"audio":"a"},"annotations":[{"result":5}]}`, `1:2: found number in annotations.result, expected a task of Label Studio`},
		"too deep":              {`{"data":{"audio":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}}`, `1:2: found a task that nests deeper than 100, expected a task of Label Studio`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			is.Equal(summary(t, "["+tt.tasks+"]"), tt.want)
		})
	}
}

// summary is what is read of tasks, in short.
func summary(t *testing.T, text string) string {
	t.Helper()
	var all []string
	err := Read(&codec.Source{
		Reader: strings.NewReader(text),
		Label: func(l *codec.Label) error {
			start, _, _ := l.Start.MS()
			end, _, _ := l.End.MS()
			s := l.Type + " " + decimalMS(start) + "-" + decimalMS(end)
			if l.Confidence != nil {
				c, _ := json.Marshal(*l.Confidence)
				s += " " + string(c)
			}
			if len(l.Fields) > 0 {
				extra, err := codec.Object(l.Fields, l.Extra)
				if err != nil {
					return err
				}
				s += " " + string(extra)
			}
			all = append(all, s)
			return nil
		},
		Clean: func(file string) error { all = append(all, "clean "+file); return nil },
		Audio: func(string, decimal.Number) error { return nil },
		Bad:   func(e *codec.SyntaxError) error { all = append(all, e.Error()); return nil },
		Note:  func(kind codec.Kind, _ codec.Place, _ string) { all = append(all, string(kind)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "; ")
}

func decimalMS(ms int64) string { return strconv.FormatInt(ms, 10) }

func TestNameOf(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for text, want := range map[string]string{
		"ep1.wav": "ep1.wav", "shows/ep1.wav": "shows/ep1.wav", "https://x.org/shows/ep%201.wav?sig=5": "ep 1.wav",
		"/data/upload/3/0123abcd-ep1.wav": "ep1.wav", "/data/local-files/?d=shows/ep1.wav": "ep1.wav",
		"s3://bucket/0123abcd-ep1.wav": "0123abcd-ep1.wav", // no upload: the name has that
	} {
		is.Equal(nameOf(text), want)
	}
}

// TestWrite_manyLabelsOfOneFile writes more than a reader holds of one task.
func TestWrite_manyLabelsOfOneFile(t *testing.T) {
	t.Parallel()
	labels := make([]codec.Annotation, 20_000)
	extra := json.RawMessage(`{"by":"` + strings.Repeat("x", 500) + `"}`)
	for i := range labels {
		labels[i] = codec.Annotation{File: "a", Type: "hum", StartMS: int64(i), EndMS: int64(i) + 5, Extra: extra}
	}
	this.Holds(t, labels)
	out, _ := this.WriteAll(t, labels)
	tasks := strings.Split(string(out), `{"data":`)[1:]
	if len(tasks) < 2 || len(tasks[0]) > codec.MaxLine/2 {
		t.Fatalf("%d tasks, the first of %d bytes", len(tasks), len(tasks[0]))
	}
}

func TestRead_boundsWhatARegionSays(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := `[{"data":{"audio":"a"},"annotations":[{"result":[{"id":"r","value":{"start":1,"end":2,"text":"` + strings.Repeat("x", 100_000) +
		`","labels":["A"` + strings.Repeat(`,"A"`, 10_000) + `]}}]}]}]`
	r := this.ReadAll([]byte(text), false)
	is.Equal(len(r.Bad), 1)
	is.Equal(len(r.Labels), 0)
}
