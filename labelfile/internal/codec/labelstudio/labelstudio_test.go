package labelstudio

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/codectest"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

var this = codectest.Codec{Read: func(src *codec.Source) error { return Read(src, false) }, Write: Write}

func FuzzRead_LabelStudio(f *testing.F) {
	this.Fuzz(f, `[{"id":1,"data":{"audio":"/data/upload/1/0123abcd-a%20b.wav"},"annotations":[{"id":2,"completed_by":3,"result":[`+
		`{"id":"x","type":"labels","from_name":"l","to_name":"a","original_length":9.5,"value":{"start":0.5,"end":1.25,"labels":["A","B"],"channel":1},"score":0.5},`+
		`{"id":"x","type":"textarea","value":{"start":0.5,"end":1.25,"text":["hi"]}}]},{"was_cancelled":true,"result":[]}]}]`,
		`[{"data":{"url":"a"},"annotations":[{"result":[]}],"predictions":[{"model_version":"m","result":[{"id":"y","value":{"start":1,"end":2,"labels":["C"]},"score":3}]}]}]`,
		`[{"data":{"title":"t","s":"a.wav"},"drafts":[{}],"annotations":[{"result":[{"id":"x","from_name":"c","origin":"prediction","value":{"start":1,"end":2,"choices":["A"],"taxonomy":[["b"]],"number":0}},`+
			`{"id":"x","from_name":"d","value":{"choices":["A","B"],"number":1}},{"id":"x","from_name":"e","meta":{"annoset":{"n":1}},"value":{"text":"t"}}]}]}]`)
}

func TestWrite_holdsAnyLabels(t *testing.T) {
	t.Parallel()
	this.HoldsAny(t, func(r *rand.Rand) codec.Annotation {
		a := codec.Annotation{File: codectest.Text(r, true), Type: codectest.Text(r, true), Confidence: codectest.Confidence(r)}
		if r.IntN(3) == 0 {
			a.File = []string{"https://x.org/a b.wav?x=1", "/data/upload/1/0123abcd-x.wav", "deep/a.wav"}[r.IntN(3)]
		}
		a.StartMS, a.EndMS = codectest.Span(r)
		switch n := r.IntN(50); {
		case n == 0:
			a.Extra = json.RawMessage(`{"x":` + strings.Repeat("[", valid.MaxDepth-1) + strings.Repeat("]", valid.MaxDepth-1) + `}`)
		case n < 25:
			a.Extra = json.RawMessage(`{"region_id":"r` + string(rune('0'+r.IntN(3))) + `","from_name":"mood","origin":"x","choice":"b, c","choice_from":"d","by":[1,{"x":null}]}`)
		}
		return a
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	span, own := `"value":{"start":1,"end":2.5,`, `{"id":"annoset-1","from_name":"label","to_name":"audio","value":{"start":1,"end":2.5,`
	for name, tt := range map[string]struct{ tasks, want string }{
		"several labels of one region": {
			`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"r","from_name":"label","to_name":"audio",` + span + `"labels":["A","B"]}}]}]}`,
			`A 1000-2500 {"region_id":"r"}; B 1000-2500 {"region_id":"r"}`},
		"regions of one id are one": {
			`{"data":{"audio":"a"},"annotations":[{"id":7,"completed_by":{"id":1,"email":"ann@x"},"result":[` +
				`{"id":"r","type":"labels","from_name":"l","to_name":"a",` + span + `"channel":1,"labels":["A"]}},` +
				`{"id":"r","type":"textarea",` + span + `"text":["hello","there"]}},{"id":"r","type":"number",` + span + `"number":3}}]}]}`,
			`A 1000-2500 {"annotator":"ann@x","annotation_id":7,"region_id":"r","from_name":"l","to_name":"a","channel":1,"transcript":"hello\nthere","number":3}`},
		"several annotators and a model": {
			`{"data":{"audio":"a"},"annotations":[{"completed_by":1,"result":[` + own + `"labels":["A"]}}]}],` +
				`"predictions":[{"model_version":"m2","result":[` + own + `"labels":["B"]},"score":0.25}]}]}`,
			`A 1000-2500 {"annotator":1}; B 1000-2500 0.25 {"model_version":"m2"}`},
		"nobody found anything":                  {`{"data":{"audio":"a"},"annotations":[{"result":[]}]}`, `clean a`},
		"somebody found something":               {`{"data":{"audio":"a"},"annotations":[{"result":[]},{"result":[` + own + `"labels":["A"]}}]}]}`, `A 1000-2500`},
		"nobody has looked":                      {`{"data":{"audio":"a"},"annotations":[]}`, ``},
		"a skipped task":                         {`{"data":{"audio":"a"},"annotations":[{"was_cancelled":true,"result":[]}]}`, `record skipped 1:39 a cancelled annotation of a`},
		"a draft":                                {`{"data":{"audio":"a"},"drafts":[{"result":[]}]}`, `record skipped 1:34 a draft of a`},
		"a choice of the whole":                  {`{"data":{"audio":"a"},"predictions":[{"result":[{"id":"c","type":"choices","from_name":"f","value":{"choices":["x"]}}]}]}`, `record skipped 1:50 choices of no span, by f`},
		"a relation":                             {`{"data":{"audio":"a"},"annotations":[{"result":[{"type":"relation","from_id":"a","to_id":"b"}]}]}`, `record skipped 1:50 relation of no span`},
		"a choice of a span":                     {`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"choices":["x","y"]}}]}]}`, `x 1000-2500 {"choice":"x, y"}; y 1000-2500 {"choice":"x, y"}`},
		"a choice of the whole is no clean file": {`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"c","type":"choices","value":{"choices":["x"]}}]}]}`, `record skipped 1:50 choices of no span`},
		"one id at two times": {
			`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"labels":["A"]}},` +
				`{"id":"annoset-1","from_name":"label","to_name":"audio","value":{"start":7,"end":8,"labels":["B"]}}]}]}`, `A 1000-2500; B 7000-8000`},
		"two controls with a score each": {
			`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"labels":["A"]},"score":0.1},{"id":"annoset-1","from_name":"l2","to_name":"audio",` + span +
				`"labels":["B"]},"score":0.9}]}]}`, `A 1000-2500 0.1; B 1000-2500 0.9 {"from_name":"l2"}`},
		"two controls of one kind": {
			`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"labels":["A"]}},{"id":"annoset-1","from_name":"mood","value":{"choices":["x"]}},` +
				`{"id":"annoset-1","from_name":"place","value":{"choices":["y","z"]}},{"id":"annoset-1","from_name":"n","value":{"number":0}},` +
				`{"id":"annoset-1","from_name":"m","value":{"number":1}}]}]}`,
			`A 1000-2500 {"choice":"x","choice_from":"mood","choice:place":"y, z","number":0,"number_from":"n","number:m":1}`},
		"kinds of values of any name": {
			`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"labels":["A"],"taxonomy":[["a","b"]]}},{"id":"annoset-1","from_name":"when","value":{"datetime":"2020"}}]}]}`,
			`A 1000-2500 {"taxonomy":[["a","b"]],"datetime":"2020","datetime_from":"when"}`},
		"a kind whose name is taken": {
			`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"labels":["A"],"annotator":"x","number":1}},{"id":"annoset-1","value":{"number":2}}]}]}`,
			`field lost 1:50 value.annotator "x"; field lost 1:179 value.number 2; A 1000-2500 {"number":1}`},
		"where it comes from": {
			`{"data":{"audio":"a"},"annotations":[{"result":[{"origin":"prediction-changed",` + own[1:] + `"labels":["A"]}}]}]}`, `A 1000-2500 {"origin":"prediction-changed"}`},
		"a score beside a label": {
			`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"labels":["A"]}},{"id":"annoset-1","from_name":"t","score":0.5,"value":{"text":["b"]}}]}]}`,
			`field lost 1:152 score 0.5; A 1000-2500 {"transcript":"b","transcript_from":"t"}`},
		"a prediction of ours that ann has reviewed": {
			`{"data":{"audio":"a"},"annotations":[{"completed_by":"ann","result":[` + own + `"channel":1,"labels":["A"]},"meta":{"annoset":{"by":"x","annotator":"old"}}}]}]}`,
			`A 1000-2500 {"by":"x","annotator":"ann","channel":1}`},
		"two of ours that became one region": {
			`{"data":{"audio":"a"},"annotations":[{"result":[` + own + `"labels":["A"]},"meta":{"annoset":{"n":1}}},` + own + `"labels":["B"]},"meta":{"annoset":{"n":2}}},` +
				own + `"text":["t"]},"meta":{"annoset":{"n":3}}}]}]}`,
			`field lost 1:308 meta.annoset {"n":3}; A 1000-2500 {"n":1,"transcript":"t"}; B 1000-2500 {"n":2,"transcript":"t"}`},
		"notes and a score of the whole": {
			`{"data":{"audio":"a"},"predictions":[{"model_version":"annoset","score":0.5,"result":[` + own + `"labels":["A"]},"meta":{"text":["x"]}}]}]}`,
			`field lost 1:39 score 0.5; field lost 1:88 meta.text ["x"]; A 1000-2500`},
		"columns": {
			`{"data":{"title":"Gold","audio":"a","none":"","x":{"y":[0]}},"meta":{"z":1},"project":5,"annotations":[{"ground_truth":true,"lead_time":4.5,"result":[` + own + `"labels":["A"]}}]}]}`,
			`field lost 1:70 meta {"z":1}; field lost 1:19 data.title "Gold"; field lost 1:52 data.x {"y":[0]}; field lost 1:105 ground_truth true; A 1000-2500`},
		"a text that is marked up": {
			`{"data":{"audio":"a","text":"b"},"annotations":[{"result":[{"id":"r","type":"hypertextlabels","from_name":"h","value":{"start":"/p[1]","end":"/p[2]","hypertextlabels":["A"]}},` +
				`{"id":"s","type":"labels","from_name":"n","value":{"start":1,"end":4,"globalOffsets":{"start":1},"labels":["A"]}}]}]}`,
			`field lost 1:30 data.text "b"; record skipped 1:61 hypertextlabels of no span, by h; record skipped 1:177 labels of no span, by n`},
		"no data":                  {`{"annotations":[]}`, `1:2: found an object without data, expected a task of Label Studio`},
		"data that is none":        {`{"data":5,"annotations":[]}`, `1:10: found "5", expected an object`},
		"a start that is none":     {`{"data":{"audio":"a"},"annotations":[{"result":[{"id":"r","value":{"start":"x","end":2}}]}]}`, `1:50: found a start "\"x\"", expected a number of seconds`},
		"an end that is none":      {`{"data":{"audio":"a"},` + "\n" + `"annotations":[{"result":[{"id":"r","value":{"start":1,"end":[]}}]}]}`, `2:27: found an end "[]", expected a number of seconds`},
		"a result that is none":    {`{"data":{"audio":"a"},"annotations":[{"result":5}]}`, `1:49: found "5", expected a list`},
		"a region that is none":    {`{"data":{"audio":"a"},"annotations":[{"result":["x",` + own + `"labels":["A"]}}]}]}`, `1:50: found "\"x\"", expected an object; A 1000-2500`},
		"an id that is none":       {`{"data":{"audio":"a"},"annotations":[{"result":[{"id":5}]}]}`, `1:50: found an id "5", expected a text`},
		"labels that are none":     {`{"data":{"audio":"a"},"annotations":[{"result":[{"value":{"labels":["A",5]}}]}]}`, `1:50: found labels "[\"A\",5]", expected a list of texts`},
		"a score that is none":     {`{"data":{"audio":"a"},"annotations":[{"result":[{"score":"x"}]}]}`, `1:50: found a score "\"x\"", expected a number`},
		"a value that is none":     {`{"data":{"audio":"a"},"annotations":[{"result":[{"value":"x"}]}]}`, `1:50: found a value "\"x\"", expected an object`},
		"an annotator that is all": {`{"data":{"audio":"a"},"annotations":[5]}`, `1:39: found "5", expected an object`},
		"too deep":                 {`{"data":{"audio":` + strings.Repeat("[", 1100) + strings.Repeat("]", 1100) + `}}`, `1:2: found a task that nests deeper than 1020, expected a task of Label Studio`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			is.Equal(summary(t, "["+tt.tasks+"]", false), tt.want)
		})
	}
}

func TestRead_namesTheAudioFile(t *testing.T) {
	t.Parallel()
	none := func(found string) string {
		return "1:10: found " + found + `, expected "audio", "url", or one text that names an audio file`
	}
	for data, want := range map[string]string{
		`{"audio":"a","url":"b"}`:                           `field lost 1:29 data.url "b"; clean a`,
		`{"audio":"a.wav","url":"a.wav"}`:                   `clean a.wav`, // no other
		`{"text":"hi","url":"b"}`:                           `field lost 1:18 data.text "hi"; clean b`,
		`{"audio":"","a":"text","z":"deep/b.FLAC"}`:         `field lost 1:26 data.a "text"; clean deep/b.FLAC`,
		`{"$undefined$":"/data/upload/1/01234567-b.mp3"}`:   `clean b.mp3`,
		`{"image":"b.png","sound":"https://x/b.ogg?s=1"}`:   `field lost 1:19 data.image "b.png"; clean b.ogg`,
		`{"sound":"s3://x/a b.wav?sig=1","copy":"a b.wav"}`: none(`several audio files, in "sound" and "copy"`),
		`{"left":"a.wav","right":"b.wav","note":"x"}`:       none(`several audio files, in "left" and "right"`),
		`{"left":"a.wav","again":"a.wav"}`:                  `clean a.wav`,
		`{"image":"b.png","text":"x","n":5}`:                none(`no audio file in "image" and "text"`),
		`{"n":5}`:                                           none("no text"),
		`{"audio_file_id":"c","audio":"a","url":"b"}`:       `field lost 1:49 data.url "b"; clean c`,
	} {
		is := is.New(t)
		is.Equal(summary(t, `[{"data":`+data+`,"annotations":[{"result":[]}]}]`, false), want)
	}
	is := is.New(t)
	is.Equal(summary(t, `[{"data":{"n":"x"},"annotations":[{"result":[]}]}]`, true), `field lost 1:15 data.n "x"; clean `) // who reads has a name
	is.Equal(summary(t, `[{"data":{"n":"x"},"annotations":[]}]`, false), `field lost 1:15 data.n "x"`)                     // nothing needs one
}

// summary is what is read of tasks, in short.
func summary(t *testing.T, text string, named bool) string {
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
		Named: func(_, name string, _ codec.Place) (string, error) { return name, nil },
		Clean: func(file string) error { all = append(all, "clean "+file); return nil },
		Audio: func(string, decimal.Number) error { return nil },
		Bad:   func(e *codec.SyntaxError) error { all = append(all, e.Error()); return nil },
		Note: func(kind codec.Kind, at codec.Place, text string) {
			all = append(all, fmt.Sprintf("%s %d:%d %s", kind, at.Line, at.Column, text))
		},
	}, named)
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

		// Names of Label Studio's own paths stand as they are, or percent-encoded.
		"/data/local-files/?d=calls/take#2.wav": "take#2.wav", "/data/local-files/?d=calls/a+b.wav": "a+b.wav",
		"/data/local-files/?d=calls/a%2Bb.wav": "a+b.wav", "/data/local-files/?d=calls/50%.wav": "50%.wav",
		"/data/local-files/?d=calls/50%/a%20b.wav": "a b.wav", "/data/local-files/?d=calls%2Ftake%232.wav": "take#2.wav",
		"/data/local-files/?d=100%2525.wav": "100%25.wav", "https://x.org/100%2525.wav": "100%25.wav", "https://x.org/a%2Fb.wav": "b.wav",
		"/data/local-files/?d=rock;roll.wav": "rock;roll.wav", "/data/local-files/?d=rock&roll.wav": "rock&roll.wav",
		"/data/local-files/?d=what?.wav": "what?.wav", "/data/local-files/?d=a=b.wav": "a=b.wav",
		"/data/local-files/?d=calls/a.wav&t=1": "a.wav", "/data/local-files/?t=1&d=calls/a.wav": "a.wav",
		"/data/local-files?d=calls/a.wav": "a.wav", `/data/local-files/?d=C:\calls\a.wav`: "a.wav",
		"/data/local-files/?d=calls/%ff.wav": "%ff.wav", "/data/local-files/?d=calls/a%00b.wav": "a%00b.wav",
		"/data/upload/1/abcdef12-C#6.wav": "C#6.wav", "/data/upload/1/abcdef12-a+b%20c.wav": "a+b c.wav",
		"/data/upload/1/abcdef12-a.wav?token=5": "a.wav", "/data/upload/1/abcdef12-what?.wav": "what?.wav",
		"http://localhost:8080/data/upload/1/abcdef12-C#6.wav": "C#6.wav",
		"https://ls.org/data/local-files/?d=calls/take#2.wav":  "take#2.wav",

		// So do the keys of object stores, which are never encoded.
		"s3://bucket/calls/C#4.wav": "C#4.wav", "gs://bucket/a+b;c&d.wav": "a+b;c&d.wav", "azure-blob://box/100%25.wav": "100%25.wav",
		"s3://bucket/what?.wav": "what?.wav", "s3://bucket": "s3://bucket", "s3://bucket/": "s3://bucket/",
		"/tasks/7/resolve/?fileuri=czM6Ly9idWNrZXQvY2FsbHMvQyM0Lndhdg==": "C#4.wav", // which is "s3://bucket/calls/C#4.wav"
		"/tasks/7/presign/?fileuri=czM6Ly9idWNrZXQvY2FsbHMvQyM0Lndhdg==": "C#4.wav",
		"/projects/7/resolve/?fileuri=!":                                 "/projects/7/resolve/?fileuri=!",

		// The addresses of the web are URLs. What does not name a file stays whole, so that two never become one.
		"https://x.org/a+b.wav": "a+b.wav", "https://x.org/a.wav#t=5": "a.wav", "https://x.org/C%234.wav?x=1#2": "C#4.wav",
		"https://x.org/50%.wav": "50%.wav", "https://x.org/take#2.wav": "take#2.wav", "https://x.org/get?id=1": "https://x.org/get?id=1",
		"https://x.org/get?file=calls%2Fa+b.wav&x": "a b.wav", "https://x.org/#5": "https://x.org/#5", "https://x.org/song": "song",
		"https://x.org": "https://x.org", "https://x.org/": "https://x.org/", "https://x.org/calls/": "calls",
		"file:///home/ann/my%20calls/take#2.wav": "take#2.wav", "file:///a%20b.wav": "a b.wav",
	} {
		if got := nameOf(text); got != want {
			t.Errorf("%s is named %q instead of %q", text, got, want)
		}
	}
	is.True(namesAudio("/data/local-files/?d=a.wav#2.wav")) // whatever it has before its ending
	is.True(!namesAudio("https://x.org/get?id=1"))
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
