package annoset_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// tableSamples are real files with what they hold.
var tableSamples = []struct {
	path          string
	format        annoset.Format
	labels, clean int
	blank         int64
}{
	{"desed/validation.tsv", annoset.FormatDCASE, 4224, 15, 0},
	{"desed/teacher_predictions.csv", annoset.FormatDCASE, 3351, 0, 0},
	{"birdnet/rivendell_20210623_113602.csv", annoset.FormatBirdNET, 143, 0, 0},
	{"birdnet/rivendell_20210623_114602.csv", annoset.FormatBirdNET, 109, 0, 0},
	{"birdnet/verified.csv", annoset.FormatCSV, 828, 0, 0},
	{"formats/birdnet-csv/rivendell_20210623_113602.csv", annoset.FormatBirdNET, 143, 0, 0},
	{"formats/birdnet-csv/rivendell_20210623_114602.rtable.csv", annoset.FormatBirdNETTable, 109, 0, 0},
	{"formats/dcase-tsv/desed-validation-2022-first119.tsv", annoset.FormatDCASE, 119, 0, 0},
	{"formats/crowsetta-csv/csv/birdsongrec_Bird0_Annotation.csv", annoset.FormatGenericSeq, 7652, 0, 0},
	{"formats/crowsetta-csv/csv/example_custom_format.csv", annoset.FormatGenericSeq, 151, 0, 0},
	{"formats/crowsetta-csv/csv/notmat_gy6or6_032312.csv", annoset.FormatGenericSeq, 601, 0, 0},
	{"formats/crowsetta-csv/steinfath-et-al-2021/bl26lb16_190412_0721.20144_annotations.csv", annoset.FormatCSV, 79, 0, 0},
	{"formats/crowsetta-csv/steinfath-et-al-2021/bl26lb16_190412_1023.20896_annotations.csv", annoset.FormatCSV, 194, 0, 0},
	{"formats/audacity/extended/spinetail.txt", annoset.FormatAudacity, 18, 0, 0},
	{"formats/audacity/extended/cold_forest_daylight_label.txt", annoset.FormatAudacity, 160, 0, 0},
	{"formats/jams/desed-scaper/5.txt", annoset.FormatAudacity, 5, 0, 0},
	{"formats/raven/opensoundscape/EmptyExample.Table.1.selections.txt", annoset.FormatRaven, 0, 0, 0},
	{"formats/raven/opensoundscape/MSD-0003_20180427_2minstart00.Table.1.selections.txt", annoset.FormatRaven, 9, 0, 1},
	{"formats/raven/opensoundscape/raven_with_Annotation_col.txt", annoset.FormatRaven, 1, 0, 0},
	{"formats/jsonl/supervision.json", annoset.FormatLhotse, 1, 0, 3},
}

func TestTableFormats_samples(t *testing.T) {
	t.Parallel()
	for _, s := range tableSamples {
		t.Run(s.path, func(t *testing.T) {
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, s.path)))(t)
			head := data[:min(len(data), annoset.DetectBytes)]
			is.Equal(value(annoset.DetectFormat("", head))(t), s.format)     // by its contents alone
			is.Equal(value(annoset.DetectFormat(s.path, head))(t), s.format) // and with its name
			r := readFormat(s.format, data, annoset.ReadOptions{Name: s.path})
			is.NoErr(r.err)
			is.Equal(len(r.labels), s.labels)
			is.Equal(len(r.clean), s.clean)
			is.Equal(remarked(r.report.Remarks, annoset.RemarkBlankSkipped), s.blank)
			packed := readFormat(s.format, gzipped(t, data), annoset.ReadOptions{Name: s.path})
			is.NoErr(packed.err)
			sameLabels(t, packed.labels, r.labels) // packed or not

			for _, f := range tableFormats {
				want := held(f, r.labels)
				out, report := writeFormat(t, f, want, &annoset.WriteOptions{Clean: r.clean})
				back := readFormat(f, out, namedAs(want))
				is.NoErr(back.err)
				sameLabels(t, back.labels, want) // through every format that can hold them
				is.Equal(len(back.clean)+int(remarked(report.Remarks, annoset.RemarkCleanLost)), len(r.clean))
			}
		})
	}
}

// namedAs names the audio file of a format that does not.
func namedAs(labels []annoset.Annotation) annoset.ReadOptions {
	return annoset.ReadOptions{AudioFileID: func(name string) string {
		if name == "" && len(labels) > 0 {
			return labels[0].AudioFileID
		}
		return name
	}}
}

// tableFormats are those of one record a line.
var tableFormats = []annoset.Format{
	annoset.FormatJSONLines, annoset.FormatCSV, annoset.FormatTSV, annoset.FormatDCASE, annoset.FormatBirdNET,
	annoset.FormatBirdNETTable, annoset.FormatGenericSeq, annoset.FormatSimpleSeq, annoset.FormatAudacity,
	annoset.FormatRaven, annoset.FormatLhotse,
}

// holds is what a format can say besides the audio file, the type and the times.
type holds struct {
	confidence, lines, single bool
	extra                     []string // nil: all
}

var tableHolds = map[annoset.Format]holds{
	annoset.FormatJSONLines:    {confidence: true, lines: true},
	annoset.FormatCSV:          {confidence: true, lines: true},
	annoset.FormatTSV:          {confidence: true, lines: true},
	annoset.FormatLhotse:       {confidence: true, lines: true},
	annoset.FormatDCASE:        {lines: true, extra: []string{}},
	annoset.FormatBirdNET:      {confidence: true, lines: true, extra: []string{"common_name"}},
	annoset.FormatBirdNETTable: {confidence: true, lines: true, extra: []string{"common_name", "lat", "week", "model"}},
	annoset.FormatGenericSeq:   {lines: true, extra: []string{"annot_path"}},
	annoset.FormatSimpleSeq:    {lines: true, single: true, extra: []string{}},
	annoset.FormatAudacity:     {confidence: true, single: true, extra: []string{"low_freq_hz", "high_freq_hz"}},
	annoset.FormatRaven:        {confidence: true, extra: []string{"low_freq_hz", "high_freq_hz"}},
}

// held is what a format can hold of labels: of one audio file where it holds one, without what it cannot say.
func held(f annoset.Format, labels []annoset.Annotation) []annoset.Annotation {
	h := tableHolds[f]
	out := []annoset.Annotation{}
	for _, a := range labels {
		if h.single && a.AudioFileID != labels[0].AudioFileID {
			continue
		}
		if !h.confidence {
			a.Confidence = nil
		}
		if !h.lines {
			a.ArtifactType = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(a.ArtifactType)
			a.AudioFileID = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ").Replace(a.AudioFileID)
		}
		if h.extra != nil {
			a.ExtraData = picked(a.ExtraData, h.extra)
		}
		out = append(out, a)
	}
	return out
}

// picked is extra data with the texts of some keys, in their order.
func picked(data json.RawMessage, keys []string) json.RawMessage {
	var all map[string]any
	if json.Unmarshal(data, &all) != nil {
		return nil
	}
	var b strings.Builder
	for _, key := range keys {
		if s, ok := all[key].(string); ok && s != "" {
			fmt.Fprintf(&b, ",%q:%s", key, must(json.Marshal(s)))
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return json.RawMessage("{" + b.String()[1:] + "}")
}

// nasty are texts that a table can stumble over.
var nasty = []string{
	"hum", " lead", "trail ", "a,b", "a;b", "a\tb", `"`, `""`, `say "no"`, "two\nlines", "CR\rLF\r\nboth", "\r", "é", "日本語",
	"🎵", "\u2028", "'", "=1+1", "-1", "1,5", "#1", "\ufeff", `\`, "{}", "[", "0.5", "null", " ", "a\u0301", "\x7f", "nocall",
}

func nastyLabels(r *rand.Rand, n int) []annoset.Annotation {
	text := func() string {
		s := nasty[r.IntN(len(nasty))]
		if r.IntN(3) == 0 {
			s += nasty[r.IntN(len(nasty))]
		}
		return s
	}
	files := []string{"ep 1.wav", text() + "x", text(), `C:\shows\2.wav`}
	labels := make([]annoset.Annotation, n)
	for i := range labels {
		a := annoset.Annotation{AudioFileID: files[r.IntN(len(files))], ArtifactType: text()}
		a.StartMS = r.Int64N([]int64{10, 100_000, annoset.MaxTimeMS - 5000}[r.IntN(3)])
		a.EndMS = a.StartMS + r.Int64N(3)*r.Int64N(2000)
		if r.IntN(2) == 0 {
			c := []float64{0, 1, 0.5, r.Float64(), 1e-9}[r.IntN(5)]
			a.Confidence = &c
		}
		switch r.IntN(4) {
		case 0:
			a.ExtraData = json.RawMessage(`{}`)
		case 1:
			a.ExtraData = must(json.Marshal(map[string]any{"common_name": text(), "low_freq_hz": "120.5", "note": text(), "k": 1.5}))
		case 2:
			a.ExtraData = must(json.Marshal(map[string]any{"annot_path": text() + "y", "high_freq_hz": "8000", "model": text(), "x": nil}))
		}
		labels[i] = a
		if i > 0 && r.IntN(10) == 0 {
			labels[i] = labels[i-1] // an exact duplicate
		}
	}
	return labels
}

func TestTableFormats_holdAnyLabels(t *testing.T) {
	t.Parallel()
	for _, f := range tableFormats {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			for seed := range uint64(60) {
				labels := held(f, nastyLabels(rand.New(rand.NewPCG(seed, 7)), 40))
				for i := range labels {
					if f == annoset.FormatLhotse && string(labels[i].ExtraData) == "{}" {
						labels[i].ExtraData = nil // an empty object says nothing
					}
				}
				out, report := writeFormat(t, f, labels, nil)
				is.Equal(report.Remarks, []annoset.Remark{}) // nothing was lost
				back := readFormat(f, out, namedAs(labels))
				is.NoErr(back.err)
				sameLabels(t, back.labels, labels)
				again, _ := writeFormat(t, f, back.labels, nil)
				is.Equal(string(again), string(out)) // write, read, write gives the same
			}
		})
	}
}

// tableErrors are tables that cannot be read, and where and why.
func TestTableFormats_errors(t *testing.T) {
	t.Parallel()
	const head = "filename,start,end,label\n"
	for name, tt := range map[string]struct {
		format       annoset.Format
		text         string
		line, column int
		found        string
	}{
		"no start":            {annoset.FormatCSV, "filename,end,label\n", 1, 1, "header"},
		"no end":              {annoset.FormatCSV, "filename,start,label\n", 1, 1, "header"},
		"no type":             {annoset.FormatCSV, "filename,start,end\n", 1, 1, "header"},
		"no file":             {annoset.FormatDCASE, "onset,offset,event_label\n", 1, 1, "header"},
		"an empty file":       {annoset.FormatCSV, head + ",1,2,hum\n", 2, 1, "no audio file"},
		"an empty start":      {annoset.FormatCSV, head + "é.wav,,2,hum\n", 2, 7, `""`},
		"no number":           {annoset.FormatCSV, head + "é.wav,1,x2,hum\n", 2, 9, `"x2"`},
		"two commas":          {annoset.FormatCSV, "start;end;label\n1,2,3;4;hum\n", 2, 1, `"1,2,3"`},
		"a huge number":       {annoset.FormatCSV, head + "a," + strings.Repeat("9", 300) + ",2,hum\n", 2, 3, "digits"},
		"a huge power":        {annoset.FormatCSV, head + "a,1e999999999,2,hum\n", 2, 3, "exponent"},
		"not a number":        {annoset.FormatCSV, head + "a,NaN,2,hum\n", 2, 3, `"NaN"`},
		"a negative start":    {annoset.FormatCSV, head + "a,-1,2,hum\n", 2, 3, "before the beginning"},
		"the end first":       {annoset.FormatCSV, head + "a,2,1,hum\n", 2, 3, "before the start"},
		"too many cells":      {annoset.FormatCSV, head + "a,1,2,hum,x\n", 2, 11, "5 cells"},
		"too few cells":       {annoset.FormatCSV, head + "a,1,2\n", 2, 5, "3 cells"},
		"text behind quotes":  {annoset.FormatCSV, head + "\"a\"b,1,2,hum\n", 2, 4, "b,1"},
		"a quote never ends":  {annoset.FormatCSV, head + "a,1,2,hum\nb,1,2,\"hum\n\n,", 3, 7, "never closed"},
		"behind many lines":   {annoset.FormatCSV, head + "\"a\nb\",1,2,hum\n\"a\nb\",x,2,hum\n", 5, 4, `"x"`},
		"no UTF-8":            {annoset.FormatCSV, head + "a\xff,1,2,hum\n", 2, 2, "UTF-8"},
		"half of UTF-16":      {annoset.FormatCSV, asUTF16(head) + "\x00\xd8", 2, 1, "UTF-8"},
		"a NUL":               {annoset.FormatCSV, head + "a,1,2,h\x00\n", 2, 3, "NUL"},
		"samples, no rate":    {annoset.FormatCSV, "start_sample,end_sample,label\n1,2,a\n", 1, 1, "samples"},
		"sixty seconds":       {annoset.FormatCSV, "start,end,label\n0:60,2,a\n", 2, 1, `"0:60"`},
		"no label track":      {annoset.FormatAudacity, "hello\n", 1, 1, `"hello"`},
		"an end of text":      {annoset.FormatAudacity, "1\t2\ta\n1\tx\ta\n", 2, 3, `"x"`},
		"frequencies alone":   {annoset.FormatAudacity, "\\\t1\t2\n", 1, 1, `\`},
		"half a frequency":    {annoset.FormatAudacity, "1\t2\ta\n\\\t1\n", 2, 1, `\`},
		"no frequency":        {annoset.FormatAudacity, "1\t2\ta\n\\\t1\tx\n", 2, 5, `"x"`},
		"no object":           {annoset.FormatJSONLines, "\n  [1]\n", 2, 3, "[1]"},
		"half an object":      {annoset.FormatJSONLines, `{"audio_file_id":"é",` + "\n", 1, 21, "unexpected"},
		"two objects a line":  {annoset.FormatJSONLines, `{"é":1} {}` + "\n", 1, 9, "invalid"},
		"a number for text":   {annoset.FormatJSONLines, `{"é":1,"artifact_type":5}`, 1, 24, "5"},
		"a text for a number": {annoset.FormatJSONLines, `{"start_ms":"5"}`, 1, 13, `5`},
		"keys missing":        {annoset.FormatJSONLines, `{"start_ms":5}`, 1, 1, "start_ms"},
		"extra data of text":  {annoset.FormatJSONLines, `{"extra_data":"5"}`, 1, 15, `5`},
		"deep extra data": {annoset.FormatJSONLines,
			`{"extra_data":{"a":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}}`, 1, 15, "deeper"},
		"clean and a label":      {annoset.FormatJSONLines, `{"audio_file_id":"a","start_ms":1,"clean":true}`, 1, 1, "clean"},
		"an array that stays on": {annoset.FormatLhotse, "[{\"recording_id\":\"a\",\n", 2, 1, "end of the file"},
		"no array of objects":    {annoset.FormatLhotse, "[{},\n 5]", 1, 2, "{}"},
		"a supervision of none":  {annoset.FormatLhotse, `{"recording_id":"a","start":1}`, 1, 1, "recording_id"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), annoset.ReadOptions{Name: "x.txt"})
			e, ok := errors.AsType[*annoset.FormatError](r.err)
			if !ok {
				t.Fatalf("%v instead of an error of the format", r.err)
			}
			is.Equal([]any{e.Format, e.Name, e.Line, e.Column}, []any{tt.format, "x.txt", tt.line, tt.column})
			is.True(strings.Contains(e.Found, tt.found)) // e.Found
			is.True(errors.Is(r.err, annoset.ErrInvalid))
		})
	}
}

func TestTableFormats_badSamples(t *testing.T) {
	t.Parallel()
	const folder = "formats/crowsetta-csv/csv/"
	for name, tt := range map[string]struct {
		column          int
		found, expected string
	}{
		"invalid_fields_in_header.csv":                        {68, `"invalid"`, "those of the format"},
		"missing_fields_in_header.csv":                        {1, "header", "artifact type, such as label"},
		"no_onset_or_offset_column.csv":                       {1, "header", "start, such as onset"},
		"onset_s_column_but_no_offset_s_column.csv":           {1, "header", "end, such as offset"},
		"onset_sample_column_but_no_offset_sample_column.csv": {1, "header", "onset_sample, offset_sample"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(annoset.FormatGenericSeq, value(io.ReadAll(openSample(t, folder+name)))(t), annoset.ReadOptions{})
			e, ok := errors.AsType[*annoset.FormatError](r.err)
			is.True(ok)
			is.Equal([]int{e.Line, e.Column, len(r.labels)}, []int{1, tt.column, 0})
			is.True(strings.Contains(e.Found, tt.found))       // e.Found
			is.True(strings.Contains(e.Expected, tt.expected)) // e.Expected
		})
	}
}

func TestTableFormats_goOnAfterBadRecords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format annoset.Format
		text   string
	}{
		{annoset.FormatCSV, "start,end,label\nx,1,bad\n0,1,good\n\"a\"b,2,bad\n2,1,bad\n\xff,1,bad\n3,4,good\n"},
		{annoset.FormatAudacity, "x\t1\tbad\n\\\t5\t6\n0\t1\tgood\n2\tx\tbad\n2\t1\tbad\n\xff\t1\tbad\n3\t4\tgood\n"},
		{annoset.FormatJSONLines, `{"artifact_type":"bad"}` + "\n" + `{"artifact_type":"good","start_ms":0,"end_ms":1000}` +
			"\n{\n[]\n\xff\n" + `{"artifact_type":"good","start_ms":3000,"end_ms":4000}`},
		{annoset.FormatLhotse, `[{"id":1},{"id":2},{"recording_id":"x","start":0,"duration":1,"text":"good"},{"a"},{},` +
			`{"recording_id":"x","start":3,"duration":1,"text":"good"}]`},
	} {
		is := is.New(t)
		opts := annoset.ReadOptions{Name: "x.txt", MaxBad: 4}
		r := readFormat(tt.format, []byte(tt.text), opts)
		is.NoErr(r.err)
		is.Equal(remarked(r.report.Remarks, annoset.RemarkBadSkipped), int64(4))
		is.Equal(len(r.labels), 2) // the good ones
		opts.MaxBad = 3
		r = readFormat(tt.format, []byte(tt.text), opts)
		_, ok := errors.AsType[*annoset.FormatError](r.err)
		is.True(ok) // one too many
	}
}

func TestTableFormats_boundMemory(t *testing.T) {
	t.Parallel()
	for f, begin := range map[annoset.Format]string{
		annoset.FormatCSV: "start,end,label\n0,1,\"", annoset.FormatJSONLines: `{"`, annoset.FormatLhotse: "[{\n\"",
	} {
		t.Run(string(f), func(t *testing.T) {
			is := is.New(t)
			n := &counting{r: io.MultiReader(strings.NewReader(begin), endless{})}
			var err error
			for _, e := range annoset.ReadLabels(n, f, &annoset.ReadOptions{Name: "x", MaxBad: 1 << 30}) {
				err = e
			}
			_, ok := errors.AsType[*annoset.FormatError](err)
			is.True(ok)           // it ends
			is.True(n.n < 40<<20) // soon
		})
	}
}

// asUTF16 is ASCII text in UTF-16, little end first.
func asUTF16(s string) string {
	return "\xff\xfe" + strings.ReplaceAll(s, "", "\x00")[1:]
}

// endless is text without end: lines of one word.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "abcdefg "[i%8]
	}
	return len(p), nil
}

type counting struct {
	r io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

func FuzzReadLabels_CSV(f *testing.F) {
	fuzzReader(f, annoset.FormatCSV, "filename,start,end,label,score,x\na,1,2.5,\"h\"\"um\n\",0.5,y\nb,,,,,\n",
		"start;end;label\r\n1,5;0:01:02,5;hum\r\n", "\xff\xfes\x00t\x00", ",start_ms,duration,label,extra_data\r0,1,2,a,{}\r")
}

func FuzzReadLabels_TSV(f *testing.F) {
	fuzzReader(f, annoset.FormatTSV, "start\tend\tlabel\n1\t2\t\"a\tb\"\n")
}

func FuzzReadLabels_DCASE(f *testing.F) {
	fuzzReader(f, annoset.FormatDCASE, "filename\tonset\toffset\tevent_label\na\t0.000\t1.5\tx\nb\t\t\t\n",
		",event_label,onset,offset,filename\n0,x,0.0,9.984,a\n")
}

func FuzzReadLabels_BirdNET(f *testing.F) {
	fuzzReader(f, annoset.FormatBirdNET, "Start (s),End (s),Scientific name,Common name,Confidence,File\n3,6,A b,C,0.9,x.wav\n")
}

func FuzzReadLabels_BirdNETTable(f *testing.F) {
	fuzzReader(f, annoset.FormatBirdNETTable, "filepath,start,end,scientific_name,common_name,confidence,lat,week\n"+
		"x.wav,0.0,3.0,A b,C,0.9,46.1,-1\n")
}

func FuzzReadLabels_GenericSeq(f *testing.F) {
	fuzzReader(f, annoset.FormatGenericSeq, "label,onset_s,offset_s,onset_sample,offset_sample,notated_path,annot_path,"+
		"sequence,annotation\na,0.1,0.2,1,2,x,y,0,0\n")
}

func FuzzReadLabels_SimpleSeq(f *testing.F) {
	fuzzReader(f, annoset.FormatSimpleSeq, "onset_s,offset_s,label\n0.1,0.2,a\n")
}

func FuzzReadLabels_Audacity(f *testing.F) {
	fuzzReader(f, annoset.FormatAudacity, "1,5\t2.000000\ta\t0.5\tx\n\\\t-1.000000\t800\n3\tb\n4\n")
}

func FuzzReadLabels_Raven(f *testing.F) {
	fuzzReader(f, annoset.FormatRaven, "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tBegin File\t"+
		"File Offset (s)\tSpecies\t\n1\tWaveform 1\t1\t9.5\t10\t0\tx.wav\t1.5\ta\n1\tSpectrogram 1\t1\t9.5\t10\t0\tx.wav\t1.5\ta\n")
}

func FuzzReadLabels_JSONLines(f *testing.F) {
	fuzzReader(f, annoset.FormatJSONLines, `{"audio_file_id":"a","artifact_type":"b\u00e9","start_ms":1,"end_ms":2.5,`+
		`"confidence":0.5,"x":[1,{"y":null}],"extra_data":{"z":1}}`+"\n"+`{"audio_file_id":"c","clean":true}`)
}

func FuzzReadLabels_Lhotse(f *testing.F) {
	fuzzReader(f, annoset.FormatLhotse, `[{"id":"s","recording_id":"r","start":0.1,"duration":0.3,"text":"t",`+
		`"custom":{"confidence":0.5,"x":1},"channel":0}]`, `{"recording_id":"r","start":1,"duration":2,"text":"t","custom":[]}`)
}

// sameAgain writes labels that were read, and reads them back equal where nothing was said to be lost.
func sameAgain(t testing.TB, format annoset.Format, r reading) {
	var b bytes.Buffer
	report, err := annoset.WriteLabels(&b, format, labelSeq(r.labels), &annoset.WriteOptions{Clean: r.clean})
	if err != nil {
		if _, ok := errors.AsType[*annoset.ValidationError](err); ok {
			return // extra data that no store takes
		}
		t.Fatal(err)
	}
	if len(report.Remarks) > 0 {
		return
	}
	back := readFormat(format, b.Bytes(), annoset.ReadOptions{Name: "fuzz"})
	if back.err != nil {
		t.Fatalf("%v in\n%s", back.err, b.Bytes())
	}
	sameLabels(t, back.labels, r.labels)
	if !slices.Equal(back.clean, r.clean) {
		t.Fatalf("clean are %q instead of %q", back.clean, r.clean)
	}
}
