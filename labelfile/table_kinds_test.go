package labelfile_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

func TestRaven(t *testing.T) {
	t.Parallel()
	const head = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\t"
	t.Run("takes one view of a selection", func(t *testing.T) {
		is := is.New(t)
		for _, rows := range []string{
			"1\tWaveform 1\t1\t1\t2\t0\t9\ta\n1\tSpectrogram 1\t1\t1\t2\t0\t9\ta\n2\tWaveform 1\t1\t3\t4\t0\t9\tb\n2\tSpectrogram 1\t1\t3\t4\t0\t9\tb\n",
			"1\tWaveform 1\t1\t1\t2\t0\t9\ta\n2\tWaveform 1\t1\t3\t4\t0\t9\tb\n1\tSpectrogram 1\t1\t1\t2\t0\t9\ta\n2\tSpectrogram 1\t1\t3\t4\t0\t9\tb\n",
		} {
			r := readFormat(labelfile.Raven, []byte(head+"Species\t\n"+rows), labelfile.ReadOptions{Name: "x/ep1.Table.1.selections.txt"})
			is.NoErr(r.err)
			is.Equal(short(r.labels), "ep1 a 1000-2000"+`{"view":"Waveform 1","low_freq_hz":"0","high_freq_hz":"9"}`+
				"\nep1 b 3000-4000"+`{"view":"Waveform 1","low_freq_hz":"0","high_freq_hz":"9"}`+"\n")
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkRecordSkipped), int64(2))
		}
		twice := "1\tSpectrogram 1\t1\t1\t2\t0\t9\ta\n1\tSpectrogram 1\t1\t1\t2\t0\t9\ta\n1\tSpectrogram 1\t2\t1\t2\t0\t9\ta\n"
		r := readFormat(labelfile.Raven, []byte(head+"Species\t\n"+twice), labelfile.ReadOptions{Name: "ep1.txt"})
		is.NoErr(r.err)
		is.Equal(len(r.labels), 3) // duplicates in one view, and another channel, are labels of their own
	})
	t.Run("takes the place within the file", func(t *testing.T) {
		is := is.New(t)
		r := readFormat(labelfile.Raven, []byte(head+"Common Name\tSpecies Code\tConfidence\tBegin Path\tFile Offset (s)\n"+
			"1\tSpectrogram 1\t1\t3.0\t6.0\t0\t15000\tOwl\towl\t0.91\tC:\\a.wav\t3.0\n"+
			"2\tSpectrogram 1\t1\t603.0004\t606.0004\t0\t15000\tOwl\towl\t0.5\tC:\\b.wav\t3.0004\n"+
			"3\tSpectrogram 1\t1\t0\t3\t0\t15000\tnocall\tnocall\t1.0\tC:\\c.wav\t0\n"), labelfile.ReadOptions{AudioFileID: labelfile.Base})
		is.NoErr(r.err)
		const extra = `{"low_freq_hz":"0","high_freq_hz":"15000","species_code":"owl"}`
		is.Equal(short(r.labels), "a.wav Owl 3000-6000 0.91"+extra+"\nb.wav Owl 3000-6000 0.5"+extra+"\n")
		is.Equal(r.clean, []string{"c.wav"}) // nothing was heard
		out, report := writeFormat(t, labelfile.Raven, r.labels[:1], &labelfile.WriteOptions{Clean: r.clean})
		is.Equal(string(out), head+"Begin File\tFile Offset (s)\tConfidence\tAnnotation\n"+
			"1\tSpectrogram 1\t1\t3.000\t6.000\t0\t15000\ta.wav\t3.000\t0.91\tOwl\n")
		is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(1)) // species_code
		is.Equal(remarked(report.Remarks, labelfile.RemarkCleanLost), int64(1))
	})
	t.Run("gives each selection a number of its own", func(t *testing.T) {
		is := is.New(t)
		labels := []annoset.Annotation{
			{AudioFileID: "a", ArtifactType: "x", ExtraData: []byte(`{"selection":"5"}`)}, {AudioFileID: "a", ArtifactType: "x"},
			{AudioFileID: "a", ArtifactType: "x", ExtraData: []byte(`{"selection":"6"}`)},
		}
		out, report := writeFormat(t, labelfile.Raven, labels, nil)
		is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(1)) // 6 was taken
		r := readFormat(labelfile.Raven, out, labelfile.ReadOptions{ArtifactType: "{selection}"})
		is.NoErr(r.err)
		is.Equal([]string{r.labels[0].ArtifactType, r.labels[1].ArtifactType, r.labels[2].ArtifactType}, []string{"5", "6", "7"})
	})
}

func TestAudacity(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.Audacity, []byte("0.5\t1\ta\n\\\t-1.000000\t800.5\n\\\tlater\n1,5\tpoint\n2\n3\t4\t\n5\t6\tA b, C\t0.9812\tx\n"),
		labelfile.ReadOptions{Name: "ep1.txt", BlankType: "mark"})
	is.NoErr(r.err)
	is.Equal(short(r.labels), `ep1 a 500-1000{"high_freq_hz":"800.5"}`+"\nep1 point 1500-1500\nep1 mark 2000-2000\nep1 mark 3000-4000\n"+
		`ep1 A b, C 5000-6000 0.9812{"column_5":"x"}`+"\n")
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkRecordSkipped), int64(1)) // a line of some later form
	out, report := writeFormat(t, labelfile.Audacity, r.labels, nil)
	is.Equal(string(out), "0.500000\t1.000000\ta\n\\\t-1.000000\t800.5\n1.500000\t1.500000\tpoint\n2.000000\t2.000000\tmark\n"+
		"3.000000\t4.000000\tmark\n5.000000\t6.000000\tA b, C\t0.9812\n")
	is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(1)) // column_5
	two := []annoset.Annotation{{AudioFileID: "a", ArtifactType: "x"}, {AudioFileID: "b", ArtifactType: "x"}}
	_, err := labelfile.Write(io.Discard, labelfile.Audacity, pairs(two...), nil)
	is.True(errors.Is(err, annoset.ErrInvalid)) // a track is of one audio file
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	t.Run("is the form of Export with the audio file named", func(t *testing.T) {
		is := is.New(t)
		c := 1e-9
		labels := []annoset.Annotation{{
			AudioFileID: "é\u2028\"", ArtifactType: "<a>\x01", EndMS: 5, Confidence: &c, ExtraData: []byte(`{ "b" : 1.0, "a":"\u00e9" }`),
		}}
		out, _ := writeFormat(t, labelfile.JSONLines, labels, nil)
		is.Equal(string(out), "{\"audio_file_id\":\"é\u2028\\\"\",\"artifact_type\":\"<a>\\u0001\",\"start_ms\":0,\"end_ms\":5,"+
			"\"confidence\":1e-9,\"extra_data\":{\"b\":1.0,\"a\":\"\\u00e9\"}}\n")
		r := readFormat(labelfile.JSONLines, out, labelfile.ReadOptions{})
		is.NoErr(r.err)
		sameLabels(t, r.labels, labels)
	})
	t.Run("reads what others make of an annotation", func(t *testing.T) {
		is := is.New(t)
		r := readFormat(labelfile.JSONLines, []byte(` {"id":7, "end_ms":2.5e3, "start_ms":0.4, "artifact_type":"x", "confidence":null,`+
			` "k":[1.50], "extra_data":{"k":2,"z":null}}`+"\r\n"+
			`{"artifact_type":"x","start_ms":0,"end_ms":1,"confidence":1.5}`), labelfile.ReadOptions{Name: "dir/ep1.wav.jsonl"})
		is.NoErr(r.err)
		is.Equal(short(r.labels), `ep1.wav x 0-2500{"k":2,"z":null}`+"\n"+`ep1.wav x 0-1{"confidence":1.5}`+"\n")
		is.Equal(remarked(r.report.Remarks, labelfile.RemarkDigitsLost), int64(1))
	})
}

func TestLhotse(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "formats/jsonl/supervision.json")))(t)
	r := readFormat(labelfile.Lhotse, data, labelfile.ReadOptions{BlankType: "speech"})
	is.NoErr(r.err)
	is.Equal(len(r.labels), 4)
	is.Equal([]int64{r.labels[1].StartMS, r.labels[1].EndMS}, []int64{500, 900})
	r = readFormat(labelfile.Lhotse, data, labelfile.ReadOptions{ArtifactType: "{speaker}"})
	is.Equal(r.labels[0].ArtifactType, "Norman Dyhrentfurth")

	half := 0.5
	labels := []annoset.Annotation{{AudioFileID: "a", ArtifactType: "hi", StartMS: 100, EndMS: 400, Confidence: &half,
		ExtraData: []byte(`{"speaker":"me","note":[1]}`)}}
	out, _ := writeFormat(t, labelfile.Lhotse, labels, nil)
	is.Equal(string(out), `{"id":"a-1","recording_id":"a","start":0.1,"duration":0.3,"channel":0,"text":"hi","speaker":"me",`+
		`"custom":{"confidence":0.5,"note":[1]}}`+"\n")
	labels[0].ExtraData = []byte("{\n  \"alignment\": {\r\n \"word\": []},\n  \"note\": [\n1\n]}")
	out, _ = writeFormat(t, labelfile.Lhotse, labels, nil)
	is.Equal(bytes.Count(out, []byte("\n")), 1) // a label is a line, however its extra data is laid out
	r = readFormat(labelfile.Lhotse, out, labelfile.ReadOptions{})
	is.NoErr(r.err)
	is.Equal(string(r.labels[0].ExtraData), `{"alignment":{"word":[]},"note":[1]}`)
	labels[0].ExtraData = []byte(`{"start":1,"confidence":3}`)
	_, report := writeFormat(t, labelfile.Lhotse, labels, nil)
	is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(2)) // what would be taken for something else
}
