package labelfile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// sources are files of other programs, one of each kind.
var sources = []struct {
	path   string
	format labelfile.Format
}{
	{"formats/dcase-tsv/desed-validation-2022-first119.tsv", labelfile.DCASE},
	{"formats/birdnet-csv/rivendell_20210623_114602.rtable.csv", labelfile.BirdNETTable},
	{"formats/raven/opensoundscape/MSD-0003_20180427_2minstart00.Table.1.selections.txt", labelfile.Raven},
	{"formats/audacity/extended/cold_forest_daylight_label.txt", labelfile.Audacity},
	{"formats/crowsetta-csv/csv/example_custom_format.csv", labelfile.GenericSeq},
	{"formats/jsonl/supervision.json", labelfile.Lhotse},
	{"formats/textgrid/praatio/mary.TextGrid", labelfile.TextGrid},
	{"formats/eaf/speach/test.eaf", labelfile.EAF},
	{"formats/rttm/sctk-validator/test01.rttm", labelfile.RTTM},
	{"formats/ctm/earnings21-4320211-first400.ctm", labelfile.CTM},
	{"formats/webvtt/example-in.vtt", labelfile.WebVTT},
	{"formats/srt/example-in-styled.srt", labelfile.SRT},
	{"formats/label-studio/audio-regions.json", labelfile.LabelStudio},
	{"formats/jams/desed-scaper/5.jams", labelfile.JAMS},
}

// handmade is a source with what formats stumble over.
const handmade = `{"audio_file_id":"my file.wav","artifact_type":"door slam","start_ms":0,"end_ms":20,"confidence":0.25,"extra_data":{"by":"ann","n":[1,{"k":null}]}}
{"audio_file_id":"my file.wav","artifact_type":"two\nlines\tand a tab","start_ms":10,"end_ms":10}
{"audio_file_id":"my file.wav","artifact_type":"<NA>","start_ms":10,"end_ms":30,"extra_data":{"channel":"2","speaker":"bo b","tier":"default"}}
{"audio_file_id":"my_file.wav","artifact_type":"door slam","start_ms":0,"end_ms":20}
{"audio_file_id":"day1/rec.wav","artifact_type":"=1+1","start_ms":3600000,"end_ms":3600001,"confidence":0,"extra_data":{"start_text":"1","low_freq_hz":"5"}}
{"audio_file_id":"day2/rec.wav","artifact_type":" ","start_ms":5,"end_ms":6,"confidence":1,"extra_data":{"confidence":"high","selection":"7"}}
{"audio_file_id":"rec.selections","artifact_type":"\u0001","start_ms":5,"end_ms":6}
{"audio_file_id":"silent.wav","clean":true}
{"audio_file_id":"so silent.wav","clean":true}
`

// TestFormats_matrix takes real labels through every format and back, as one file and as a folder. Whatever does not
// come back was remarked, as often as it was lost.
func TestFormats_matrix(t *testing.T) {
	skipMany(t)
	t.Parallel()
	through := func(t *testing.T, name string, format labelfile.Format, data []byte) {
		s := openMemory(t)
		set := newDraft(t, s, "source")
		_, err := labelfile.Import(t.Context(), s, set.ID, bytes.NewReader(data), format, &labelfile.ImportOptions{
			ReadOptions: labelfile.ReadOptions{Name: name},
		})
		noErr(t, err)
		for _, f := range labelfile.Formats() {
			t.Run(string(f), func(t *testing.T) { throughFormat(t, s, set.ID, f) })
		}
	}
	t.Run("by hand", func(t *testing.T) {
		t.Parallel()
		through(t, "hand.jsonl", labelfile.JSONLines, []byte(handmade))
	})
	for _, source := range sources {
		t.Run(source.path, func(t *testing.T) {
			t.Parallel()
			through(t, source.path, source.format, value(io.ReadAll(openSample(t, source.path)))(t))
		})
	}
}

func throughFormat(t *testing.T, s *annoset.Store, setID uuid.UUID, f labelfile.Format) {
	is := is.New(t)
	want := contentsOf(t, s, setID)
	files := map[string]bool{}
	for _, a := range want.labels {
		files[a.AudioFileID] = true
	}
	var out bytes.Buffer
	written, err := labelfile.Export(t.Context(), s, setID, &out, f, nil)
	if single := slices.Contains(singleFormats, f); single && len(files) > 1 {
		is.True(strings.Contains(err.Error(), "ExportDir"))
	} else {
		is.NoErr(err)
		back := newDraft(t, s, "file "+string(f))
		opts := &labelfile.ImportOptions{}
		if single {
			opts.AudioFileID = func(string) string { return want.labels[0].AudioFileID }
		}
		read, err := labelfile.Import(t.Context(), s, back.ID, &out, f, opts)
		is.NoErr(err)
		noLossInSilence(t, f, want, contentsOf(t, s, back.ID), append(written.Remarks, read.Remarks...))
	}

	dir := filepath.Join(t.TempDir(), "out")
	written, err = labelfile.ExportDir(t.Context(), s, setID, dir, f, nil)
	is.NoErr(err)
	back := newDraft(t, s, "folder "+string(f))
	read, err := labelfile.ImportFS(t.Context(), s, back.ID, os.DirFS(dir), f, nil)
	is.NoErr(err)
	noLossInSilence(t, f, want, contentsOf(t, s, back.ID), append(written.Remarks, read.Remarks...))
}

var singleFormats = []labelfile.Format{labelfile.SimpleSeq, labelfile.Audacity, labelfile.TextGrid, labelfile.EAF,
	labelfile.WebVTT, labelfile.SRT, labelfile.JAMS}

// contents is what a set holds.
type contents struct {
	labels []annoset.Annotation
	clean  []string
}

func contentsOf(t testing.TB, s *annoset.Store, setID uuid.UUID) contents {
	t.Helper()
	return contents{
		labels: collect(t, s.Annotations(t.Context(), setID, annoset.Filter{})),
		clean:  collect(t, s.CleanAudioFiles(t.Context(), setID)),
	}
}

// noLossInSilence compares what was written with what came back: what is missing was remarked as often.
func noLossInSilence(t testing.TB, f labelfile.Format, want, got contents, remarks []labelfile.Remark) {
	t.Helper()
	for what, aspect := range map[string]struct {
		of    func(a annoset.Annotation) []string
		kinds []labelfile.RemarkKind
		gains bool // what reading adds is no loss
	}{
		"times": {func(annoset.Annotation) []string { return []string{""} },
			[]labelfile.RemarkKind{labelfile.RemarkTimeChanged, labelfile.RemarkDigitsLost}, false},
		"audio file": {func(a annoset.Annotation) []string { return []string{a.AudioFileID} },
			[]labelfile.RemarkKind{labelfile.RemarkNameChanged, labelfile.RemarkNameLost}, false},
		"type": {func(a annoset.Annotation) []string { return []string{a.ArtifactType} },
			[]labelfile.RemarkKind{labelfile.RemarkTypeChanged}, false},
		"confidence": {func(a annoset.Annotation) []string {
			if a.Confidence == nil {
				return []string{"none"}
			}
			return []string{fmt.Sprint(*a.Confidence)}
		}, []labelfile.RemarkKind{labelfile.RemarkConfidenceLost}, false},
		"extra data": {members, []labelfile.RemarkKind{labelfile.RemarkExtraLost}, true},
	} {
		missing := map[string]int{}
		for _, a := range want.labels {
			for _, text := range aspect.of(a) {
				missing[fmt.Sprintf("%d-%d %s", a.StartMS, a.EndMS, text)]++
			}
		}
		for _, a := range got.labels {
			for _, text := range aspect.of(a) {
				missing[fmt.Sprintf("%d-%d %s", a.StartMS, a.EndMS, text)]--
			}
		}
		lost, first := int64(0), ""
		for text, n := range missing {
			if n > 0 || n < 0 && !aspect.gains && what == "times" {
				lost, first = lost+int64(max(n, -n)), text
			}
		}
		told := int64(0)
		for _, kind := range aspect.kinds {
			told += remarked(remarks, kind)
		}
		if lost > 0 && (told == 0 || what != "extra data" && lost > told) {
			t.Errorf("%s: the %s of %d labels is lost, and %d are remarked: %s", f, what, lost, told, first)
		}
	}
	for _, id := range got.clean {
		if !slices.Contains(want.clean, id) {
			t.Errorf("%s: %q was not clean", f, id)
		}
	}
	lost := int64(0)
	for _, id := range want.clean {
		if !slices.Contains(got.clean, id) {
			lost++
		}
	}
	if told := remarked(remarks, labelfile.RemarkCleanLost); lost != told {
		t.Errorf("%s: %d clean marks are lost, and %d are remarked", f, lost, told)
	}
}

// members are the members of a label's extra data, each with its value.
func members(a annoset.Annotation) []string {
	var all map[string]any
	if len(a.ExtraData) == 0 || json.Unmarshal(a.ExtraData, &all) != nil {
		return nil
	}
	out := []string{}
	for key, v := range all {
		out = append(out, key+"="+string(must(json.Marshal(v))))
	}
	return out
}
