package labelfile_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// jsonIn writes a label in the formats of JSON: members of the object with the times, beside its own; and text.
var jsonIn = map[labelfile.Format]func(more, text string) string{
	labelfile.JSONLines: func(more, text string) string {
		return `{"audio_file_id":"x",` + more + `"start_ms":0,"end_ms":1000,"artifact_type":` + text + `}`
	},
	labelfile.Lhotse: func(more, text string) string {
		return `{"recording_id":"x",` + more + `"start":0,"duration":1,"text":` + text + `}`
	},
	labelfile.LabelStudio: func(more, text string) string {
		return `[{"data":{"audio":"x"},"annotations":[{"result":[{"id":"r",` + more + `"value":{"start":0,"end":1,"labels":[` + text + `]}}]}]}]`
	},
	labelfile.JAMS: func(more, text string) string {
		return `{"sandbox":{"content_path":"x"},"annotations":[{"namespace":"tag_open","data":[{` + more + `"time":0,"duration":1,"value":` + text + `}]}]}`
	},
}

// TestRead_repeatedKeys takes the last of several values, as encoding/json, Python and JavaScript do, and remarks the
// others.
func TestRead_repeatedKeys(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		format            labelfile.Format
		text, file, label string
		lost              []string
	}{
		"of a line": {labelfile.JSONLines, `{"artifact_type":"a","start_ms":0,"end_ms":1000,"audio_file_id":"y","audio_file_id":"x","artifact_type":"b"}`,
			"x", "b 0-1000", []string{`1:18 artifact_type "a"`, `1:65 audio_file_id "y"`}},
		"of other members":     {labelfile.JSONLines, `{"audio_file_id":"x","n":1,"artifact_type":"b","start_ms":0,"end_ms":1000,"n":2,"n":3}`, "x", `b 0-1000 {"n":3}`, []string{`1:26 n 1`, `1:79 n 2`}},
		"spelled otherwise":    {labelfile.JSONLines, `{"audio_file_id":"y","artifact_type":"b","start_ms":0,"end_ms":1000,"audio\u005ffile\u005Fid":"x"}`, "x", "b 0-1000", []string{`1:18 audio_file_id "y"`}},
		"of the same value":    {labelfile.JSONLines, `{"audio_file_id":"x","artifact_type":"b","start_ms":0,"end_ms":1000,"audio_file_id":"x"}`, "x", "b 0-1000", nil}, // nothing is lost
		"in extra data":        {labelfile.JSONLines, `{"audio_file_id":"x","artifact_type":"b","start_ms":0,"end_ms":1000,"n":1,"extra_data":{"n":2,"m":3,"m":4}}`, "x", `b 0-1000 {"n":2,"m":4}`, []string{`1:1 n 1`, `1:1 m 3`}},
		"of clean marks":       {labelfile.JSONLines, `{"audio_file_id":"x","clean":true,"clean":false,"artifact_type":"b","start_ms":0,"end_ms":1000}`, "x", `b 0-1000 {"clean":false}`, []string{`1:30 clean true`}},
		"of many members":      {labelfile.JSONLines, `{"audio_file_id":"x","artifact_type":"b","start_ms":5,"start_ms":0,"end_ms":1000` + strings.Repeat(`,"n":7`, 30) + `}`, "x", `b 0-1000 {"n":7}`, []string{`1:53 start_ms 5`}},
		"of a supervision":     {labelfile.Lhotse, `{"recording_id":"y","start":5,"duration":1,"text":"b","recording_id":"x","start":0}`, "x", "b 0-1000", []string{`1:17 recording_id "y"`, `1:29 start 5`}},
		"in custom":            {labelfile.Lhotse, `{"recording_id":"x","start":0,"duration":1,"text":"b","custom":{"n":1,"n":2,"confidence":0.5,"confidence":1}}`, "x", `b 0-1000 1 {"n":2}`, []string{`1:69 n 1`, `1:90 confidence 0.5`}},
		"of a task":            {labelfile.LabelStudio, `[{"data":{"audio":"y"},"data":{"audio":"z","audio":"x"},"annotations":[{"id":1,"result":[]}],"annotations":[{"result":[{"value":{"start":0,"end":1,"labels":["b"]}}]}]}]`, "x", "b 0-1000", []string{`1:10 data {"audio":"y"}`, `1:71 annotations [{"id":1,"result":[]}]`, `1:40 data.audio "z"`}},
		"of a result":          {labelfile.LabelStudio, `[{"data":{"audio":"x"},"annotations":[{"result":[{"value":{"start":5,"start":0,"end":1,"labels":["a"],"labels":["b"]},"id":"1","id":"2"}],"id":7,"id":8}]}]`, "x", `b 0-1000 {"annotation_id":8,"region_id":"2","from_name":"","to_name":""}`, []string{`1:39 id 7`, `1:50 id "1"`, `1:50 value.start 5`, `1:50 value.labels ["a"]`}},
		"of meta":              {labelfile.LabelStudio, `[{"data":{"audio":"x"},"annotations":[{"result":[{"id":"annoset-1","from_name":"label","to_name":"audio","value":{"start":0,"end":1,"labels":["b"]},"meta":{"annoset":{"n":1},"annoset":{"n":2}}}]}]}]`, "x", `b 0-1000 {"n":2}`, []string{`1:50 meta.annoset {"n":1}`}},
		"of a JAMS file":       {labelfile.JAMS, `{"sandbox":{"content_path":"y","content_path":"x"},"annotations":[],"annotations":[{"namespace":"a","namespace":"tag_open","data":[{"time":5,"time":0,"duration":1,"value":"b"}]}]}`, "x", "b 0-1000", []string{`1:28 sandbox.content_path`, `1:97 namespace`, `1:140 time of an observation`}},
		"in columns of a JAMS": {labelfile.JAMS, `{"sandbox":{"content_path":"x"},"annotations":[{"namespace":"tag_open","data":{"time":[5],"time":[0],"duration":[1],"value":["b"],"confidence":[null]}}]}`, "x", "b 0-1000", []string{`1:87 data.time`}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "name"})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 1)
			is.Equal(r.labels[0].AudioFileID, tt.file)
			got := spans(r.labels)[0]
			if c := r.labels[0].Confidence; c != nil {
				got += " " + string(mustJSON(t, *c))
			}
			if extra := r.labels[0].ExtraData; extra != nil && tt.label != got {
				got += " " + string(extra)
			}
			is.Equal(got, tt.label)
			is.Equal(lostFields(r.report), tt.lost)
		})
	}
}

// lostFields are the remarks of facts that labels have no place for, with their places.
func lostFields(report labelfile.ReadReport) (all []string) {
	for _, r := range report.Remarks {
		if r.Kind == labelfile.RemarkFieldLost {
			for _, at := range r.First {
				all = append(all, strings.TrimPrefix(at.String(), at.File+":")+" "+at.Text)
			}
		}
	}
	return all
}

// TestRead_escapedKeys reads a key however it is spelled.
func TestRead_escapedKeys(t *testing.T) {
	t.Parallel()
	for f, write := range jsonIn {
		is := is.New(t)
		text := write("", `"b"`)
		want := readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x"})
		is.NoErr(want.err)
		for _, key := range []string{
			"audio_file_id", "artifact_type", "start_ms", "recording_id", "duration", "data", "annotations", "result", "value", "labels",
			"sandbox", "content_path", "namespace", "time", "start", "text", "id", "audio",
		} {
			escaped := strings.ReplaceAll(text, `"`+key+`":`, `"\u00`+hexOf(key[0])+key[1:]+`":`)
			r := readFormat(f, []byte(escaped), labelfile.ReadOptions{Name: "x"})
			is.NoErr(r.err)
			is.Equal(r.labels, want.labels) // the same file
			is.Equal(r.report.Remarks, want.report.Remarks)
		}
	}
}

func hexOf(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

// TestRead_halfOfAPair refuses half of a pair of characters, as Python writes it for bytes that were no UTF-8: no text
// can hold it.
func TestRead_halfOfAPair(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for f, write := range jsonIn {
		for _, half := range []string{`"\ud800"`, `"a\udce9.wav"`, `"\uDBFFx"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\u0041"`, `"\\\udfff"`} {
			is := is.New(t)
			r := readFormat(f, []byte(write("", half)), labelfile.ReadOptions{Name: "x", MaxBad: 1})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 0)
			is.Equal(badLines(r.report), []int{1})
			is.True(strings.Contains(r.report.Remarks[0].First[0].Text, "half of a pair of characters")) // it says why
			is.True(!strings.Contains(r.report.Remarks[0].First[0].Text, "\ufffd"))
		}
		for _, whole := range []string{`"\ud83d\ude00"`, `"\\ud800"`, `"\ufffd"`, `"\\\\ud800"`} {
			is := is.New(t)
			r := readFormat(f, []byte(write("", whole)), labelfile.ReadOptions{Name: "x"})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 1)
		}
	}
	for name, tt := range map[string]struct {
		format labelfile.Format
		text   string
	}{
		"of an audio file":     {labelfile.JSONLines, `{"audio_file_id":"\udce9","artifact_type":"b","start_ms":0,"end_ms":1000}`},
		"of a key":             {labelfile.JSONLines, `{"audio_file_id":"x","artifact_type":"b","start_ms":0,"end_ms":1000,"\udce9":1}`},
		"of a key, with extra": {labelfile.JSONLines, `{"audio_file_id":"x","artifact_type":"b","start_ms":0,"end_ms":1000,"extra_data":{"\udce9":1}}`},
		"of a recording":       {labelfile.Lhotse, `{"recording_id":"\udce9","start":0,"duration":1,"text":"b"}`},
		"of a key in custom":   {labelfile.Lhotse, `{"recording_id":"x","start":0,"duration":1,"text":"b","custom":{"\udce9":1}}`},
		"of a task":            {labelfile.LabelStudio, `[{"data":{"audio":"\udce9.wav"},"annotations":[{"result":[{"value":{"start":0,"end":1,"labels":["b"]}}]}]}]`},
		"of a region":          {labelfile.LabelStudio, `[{"data":{"audio":"x"},"annotations":[{"result":[{"id":"\udce9","value":{"start":0,"end":1,"labels":["b"]}}]}]}]`},
		"of a choice":          {labelfile.LabelStudio, `[{"data":{"audio":"x"},"annotations":[{"result":[{"value":{"start":0,"end":1,"choices":["\udce9"]}}]}]}]`},
		"of a JAMS file":       {labelfile.JAMS, `{"sandbox":{"content_path":"\udce9"},"annotations":[{"namespace":"tag_open","data":[{"time":0,"duration":1,"value":"b"}]}]}`},
		"of a namespace":       {labelfile.JAMS, `{"annotations":[{"namespace":"\udce9","data":[{"time":0,"duration":1,"value":"b"}]}]}`},
		"of a value's label":   {labelfile.JAMS, `{"annotations":[{"namespace":"pitch","data":[{"time":0,"duration":1,"value":{"label":"\udce9"}}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "x"})
			is.True(r.err != nil && strings.Contains(r.err.Error(), "half of a pair of characters"))
		})
	}
	// What no text is made of stays as it is written.
	is := is.New(t)
	r := readFormat(labelfile.JSONLines, []byte(`{"artifact_type":"b","start_ms":0,"end_ms":1000,"title":"\ud83d"}`), labelfile.ReadOptions{Name: "x"})
	is.NoErr(r.err)
	is.Equal(string(r.labels[0].ExtraData), `{"title":"\ud83d"}`)
	for f, want := range map[labelfile.Format]string{
		labelfile.JSONLines: `{"audio_file_id":"x","artifact_type":"b","start_ms":0,"end_ms":1000,"extra_data":{"title":"\ud83d"}}` + "\n", labelfile.RTTM: "", labelfile.EAF: "",
	} {
		out, report := writeFormat(t, f, r.labels, nil)
		is.True(want == "" || string(out) == want)
		is.True(!strings.Contains(string(out), "\ufffd"))
		is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost) == 0, want != "")
	}
	speaker := []annoset.Annotation{label("x", "b", 0, 1)}
	speaker[0].ExtraData = []byte(`{"tier":"\ud83d","participant":"\ud83d","speaker":"\ud83d","voice":"\ud83d","from_name":"\ud83d"}`)
	for _, f := range labelfile.Formats() {
		out, _ := writeFormat(t, f, speaker, &labelfile.WriteOptions{Table: labelfile.TableOptions{}})
		is.True(!strings.Contains(string(out), "\ufffd")) // it is lost with a remark, or stays in JSON
	}
}

// TestRead_referencesToHalfOfAPair does the same for the references of XML and of HTML.
func TestRead_referencesToHalfOfAPair(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, ref := range []string{"&#xD800;", "&#55296;", "&#xdfff;", "&#x0D83D;&#xDE00;"} {
		text := eaf("", slots(0, 10), eafTier("top", "top", "", aligned("a1", 1, 2, "\n a"+ref)))
		r := readFormat(labelfile.EAF, []byte(text), labelfile.ReadOptions{Name: "x"})
		e, ok := r.err.(*labelfile.SyntaxError)
		is.True(ok)
		is.Equal([]int{e.Line, e.Column}, []int{6, 3})
		text = eaf("", slots(0, 10), eafTier("top", "top", "", aligned("a"+ref, 1, 2, "a")))
		is.True(readFormat(labelfile.EAF, []byte(text), labelfile.ReadOptions{Name: "x"}).err != nil) // in an attribute
		for _, f := range subtitles {
			r := readFormat(f, []byte(threeCues(f, "00:00:03,000 --> 00:00:04,000\n"+ref)), labelfile.ReadOptions{Name: "x"})
			is.NoErr(r.err)
			is.Equal(r.labels[1].ArtifactType, ref+"\nsecond") // it is no reference to anything
			out, _ := writeFormat(t, f, r.labels, nil)
			sameLabels(t, withoutExtra(readFormat(f, out, labelfile.ReadOptions{Name: "x"}).labels), withoutExtra(r.labels))
		}
	}
	text := eaf("", slots(0, 10), eafTier("top", "top", "", aligned("a1", 1, 2, "<![CDATA[&#xD800;]]>&#xFFFD;\ufffd&#x1F600;")))
	r := readFormat(labelfile.EAF, []byte(text), labelfile.ReadOptions{Name: "x"})
	is.NoErr(r.err)
	is.Equal(r.labels[0].ArtifactType, "&#xD800;\ufffd\ufffd😀")
}
