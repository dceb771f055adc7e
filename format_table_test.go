package annoset_test

import (
	"encoding/json"
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
	skipMany(t)
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
		switch r.IntN(5) {
		case 3:
			if a.Confidence == nil {
				a.ExtraData = must(json.Marshal(map[string]any{"confidence": text()}))
			}
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
	skipMany(t)
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

func TestDetectFormat_tables(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]annoset.Format{
		"file,start,end,label\n":                        annoset.FormatCSV,
		"\ufefffile;start;end;label":                    annoset.FormatCSV,
		"sep=;\nfile;start;end;label\n":                 annoset.FormatCSV,
		"\n\nfile\tstart\tend\tlabel\n":                 annoset.FormatTSV,
		asUTF16("file\tstart\tend\tlabel\n"):            annoset.FormatTSV,
		"filename;onset;offset;event_label\r\n":         annoset.FormatDCASE,
		"offset_s,onset_s,label\n":                      annoset.FormatSimpleSeq,
		"1.5\t2\n":                                      annoset.FormatAudacity,
		"1,5\t2,0\ta\n":                                 annoset.FormatAudacity,
		`{"audio_file_id":"a","clean":true}`:            annoset.FormatJSONLines,
		`{"artifact_type":"a","start_ms":0,"end_ms":1}`: annoset.FormatJSONLines,
		"\ufeff[\n{\"start\": 0.1, \"recording_id\": \"a\", \"duration\": 1}]": annoset.FormatLhotse,
	} {
		is := is.New(t)
		f, err := annoset.DetectFormat("", []byte(text))
		is.NoErr(err)
		is.Equal(f, want) // of text
	}
	for _, text := range []string{"", "\n", "hello world\n", "a,b,c\n1,2,3\n", "start,end\n", "1.5 2.0 a\n", `{"id":1}`, "[1]", "\x00\x01", "WEBVTT\n"} {
		if f, err := annoset.DetectFormat("", []byte(text)); slices.Contains(tableFormats, f) {
			t.Errorf("%q looks like %s (%v)", text, f, err)
		}
	}
}
