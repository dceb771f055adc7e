package labelfile_test

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
	"github.com/annoset/annoset/labelfile"
)

// tableSamples are real files with what they hold.
var tableSamples = []struct {
	path          string
	format        labelfile.Format
	labels, clean int
	blank         int64
}{
	{"desed/validation.tsv", labelfile.DCASE, 4224, 15, 0},
	{"desed/teacher_predictions.csv", labelfile.DCASE, 3351, 0, 0},
	{"birdnet/rivendell_20210623_113602.csv", labelfile.BirdNET, 143, 0, 0},
	{"birdnet/rivendell_20210623_114602.csv", labelfile.BirdNET, 109, 0, 0},
	{"birdnet/verified.csv", labelfile.CSV, 828, 0, 0},
	{"formats/birdnet-csv/rivendell_20210623_113602.csv", labelfile.BirdNET, 143, 0, 0},
	{"formats/birdnet-csv/rivendell_20210623_114602.rtable.csv", labelfile.BirdNETTable, 109, 0, 0},
	{"formats/dcase-tsv/desed-validation-2022-first119.tsv", labelfile.DCASE, 119, 0, 0},
	{"formats/crowsetta-csv/csv/birdsongrec_Bird0_Annotation.csv", labelfile.GenericSeq, 7652, 0, 0},
	{"formats/crowsetta-csv/csv/example_custom_format.csv", labelfile.GenericSeq, 151, 0, 0},
	{"formats/crowsetta-csv/csv/notmat_gy6or6_032312.csv", labelfile.GenericSeq, 601, 0, 0},
	{"formats/crowsetta-csv/steinfath-et-al-2021/bl26lb16_190412_0721.20144_annotations.csv", labelfile.CSV, 79, 0, 0},
	{"formats/crowsetta-csv/steinfath-et-al-2021/bl26lb16_190412_1023.20896_annotations.csv", labelfile.CSV, 194, 0, 0},
	{"formats/audacity/extended/spinetail.txt", labelfile.Audacity, 18, 0, 0},
	{"formats/audacity/extended/cold_forest_daylight_label.txt", labelfile.Audacity, 160, 0, 0},
	{"formats/jams/desed-scaper/5.txt", labelfile.Audacity, 5, 0, 0},
	{"formats/raven/opensoundscape/EmptyExample.Table.1.selections.txt", labelfile.Raven, 0, 0, 0},
	{"formats/raven/opensoundscape/MSD-0003_20180427_2minstart00.Table.1.selections.txt", labelfile.Raven, 9, 0, 1},
	{"formats/raven/opensoundscape/raven_with_Annotation_col.txt", labelfile.Raven, 1, 0, 0},
	{"formats/jsonl/supervision.json", labelfile.Lhotse, 1, 0, 3},
}

func TestTableFormats_samples(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, s := range tableSamples {
		t.Run(s.path, func(t *testing.T) {
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, s.path)))(t)
			head := data[:min(len(data), labelfile.DetectBytes)]
			is.Equal(value(labelfile.Detect("", head))(t), s.format)     // by its contents alone
			is.Equal(value(labelfile.Detect(s.path, head))(t), s.format) // and with its name
			r := readFormat(s.format, data, labelfile.ReadOptions{Name: s.path})
			is.NoErr(r.err)
			is.Equal(len(r.labels), s.labels)
			is.Equal(len(r.clean), s.clean)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkBlankSkipped), s.blank)
			packed := readFormat(s.format, gzipped(t, data), labelfile.ReadOptions{Name: s.path})
			is.NoErr(packed.err)
			sameLabels(t, packed.labels, r.labels) // packed or not

			for _, f := range tableFormats {
				want := held(f, r.labels)
				out, report := writeFormat(t, f, want, &labelfile.WriteOptions{Clean: r.clean})
				back := readFormat(f, out, namedAs(want))
				is.NoErr(back.err)
				sameLabels(t, back.labels, want) // through every format that can hold them
				is.Equal(len(back.clean)+int(remarked(report.Remarks, labelfile.RemarkCleanLost)), len(r.clean))
			}
		})
	}
}

// namedAs names the audio file of a format that does not.
func namedAs(labels []annoset.Annotation) labelfile.ReadOptions {
	return labelfile.ReadOptions{AudioFileID: func(name string) string {
		if name == "" && len(labels) > 0 {
			return labels[0].AudioFileID
		}
		return name
	}}
}

// tableFormats are those of one record a line.
var tableFormats = []labelfile.Format{
	labelfile.JSONLines, labelfile.CSV, labelfile.TSV, labelfile.DCASE, labelfile.BirdNET,
	labelfile.BirdNETTable, labelfile.GenericSeq, labelfile.SimpleSeq, labelfile.Audacity,
	labelfile.Raven, labelfile.Lhotse,
}

// holds is what a format can say besides the audio file, the type and the times.
type holds struct {
	confidence, lines, single bool
	extra                     []string // nil: all
}

var tableHolds = map[labelfile.Format]holds{
	labelfile.JSONLines:    {confidence: true, lines: true},
	labelfile.CSV:          {confidence: true, lines: true},
	labelfile.TSV:          {confidence: true, lines: true},
	labelfile.Lhotse:       {confidence: true, lines: true},
	labelfile.DCASE:        {lines: true, extra: []string{}},
	labelfile.BirdNET:      {confidence: true, lines: true, extra: []string{"common_name"}},
	labelfile.BirdNETTable: {confidence: true, lines: true, extra: []string{"common_name", "lat", "week", "model"}},
	labelfile.GenericSeq:   {lines: true, extra: []string{"annot_path"}},
	labelfile.SimpleSeq:    {lines: true, single: true, extra: []string{}},
	labelfile.Audacity:     {confidence: true, single: true, extra: []string{"low_freq_hz", "high_freq_hz"}},
	labelfile.Raven:        {confidence: true, extra: []string{"low_freq_hz", "high_freq_hz"}},
}

// held is what a format can hold of labels: of one audio file where it holds one, without what it cannot say.
func held(f labelfile.Format, labels []annoset.Annotation) []annoset.Annotation {
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
		if f == labelfile.Raven { // cells of blanks are empty there
			for _, text := range []*string{&a.AudioFileID, &a.ArtifactType} {
				if strings.TrimSpace(*text) == "" {
					*text = "_"
				}
			}
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
					if f == labelfile.Lhotse && string(labels[i].ExtraData) == "{}" {
						labels[i].ExtraData = nil // an empty object says nothing
					}
				}
				out, report := writeFormat(t, f, labels, nil)
				is.Equal(report.Remarks, []labelfile.Remark{}) // nothing was lost
				back := readFormat(f, out, namedAs(labels))
				is.NoErr(back.err)
				sameLabels(t, back.labels, labels)
				again, _ := writeFormat(t, f, back.labels, nil)
				is.Equal(string(again), string(out)) // write, read, write gives the same
			}
		})
	}
}

func TestDetect_tables(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]labelfile.Format{
		"file,start,end,label\n":                        labelfile.CSV,
		"\ufefffile;start;end;label":                    labelfile.CSV,
		"sep=;\nfile;start;end;label\n":                 labelfile.CSV,
		"\n\nfile\tstart\tend\tlabel\n":                 labelfile.TSV,
		asUTF16("file\tstart\tend\tlabel\n"):            labelfile.TSV,
		"filename;onset;offset;event_label\r\n":         labelfile.DCASE,
		"offset_s,onset_s,label\n":                      labelfile.SimpleSeq,
		"1.5\t2\n":                                      labelfile.Audacity,
		"1,5\t2,0\ta\n":                                 labelfile.Audacity,
		`{"audio_file_id":"a","clean":true}`:            labelfile.JSONLines,
		`{"artifact_type":"a","start_ms":0,"end_ms":1}`: labelfile.JSONLines,
		"\ufeff[\n{\"start\": 0.1, \"recording_id\": \"a\", \"duration\": 1}]": labelfile.Lhotse,
	} {
		is := is.New(t)
		f, err := labelfile.Detect("", []byte(text))
		is.NoErr(err)
		is.Equal(f, want) // of text
	}
	for _, text := range []string{"", "\n", "hello world\n", "a,b,c\n1,2,3\n", "start,end\n", "1.5 2.0 a\n", `{"id":1}`, "[1]", "\x00\x01", "WEBVTT\n"} {
		if f, err := labelfile.Detect("", []byte(text)); slices.Contains(tableFormats, f) {
			t.Errorf("%q looks like %s (%v)", text, f, err)
		}
	}
}
