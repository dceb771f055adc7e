package labelfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

func TestLabelStudio_sample(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	data, err := io.ReadAll(openSample(t, "formats/label-studio/audio-regions.json"))
	is.NoErr(err)
	r := readFormat(labelfile.LabelStudio, data, labelfile.ReadOptions{})
	is.NoErr(r.err)
	is.Equal(len(r.labels), 2)
	is.Equal(r.labels[0].AudioFileID, "barradeen-emotional.mp3")
	is.Equal(r.labels[0].ArtifactType, "Beat")
	is.Equal(r.labels[0].StartMS, int64(12778)) // 12.778410892095105 s
	is.Equal(r.labels[1].EndMS, int64(59399))   // 59.39854733358493 s
	is.Equal(string(r.labels[1].ExtraData), `{"annotation_id":1,"region_id":"JhxupEJWlW","channel":1}`)
	is.Equal(r.audio[0], annoset.AudioFile{ID: "barradeen-emotional.mp3", DurationMS: 98720})
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkRecordSkipped), int64(1)) // a choice about the whole recording
	out, report := writeFormat(t, labelfile.LabelStudio, r.labels, nil)
	is.Equal(len(report.Remarks), 0)
	back := readFormat(labelfile.LabelStudio, out, labelfile.ReadOptions{})
	is.NoErr(back.err)
	sameLabels(t, back.labels, r.labels)
}

func TestJAMS_samples(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for name, want := range map[string]struct {
		labels int
		audio  int64
	}{
		"desed-scaper/5.jams": {7, 10_000}, "desed-scaper/7.jams": {5, 10_000}, "harmonix/0001_12step.jams": {404, 142_470},
		"marl-jams/pattern_data.jams": {292, 3976}, "marl-jams/transcription_est.jams": {5, 650},
		"marl-jams/transcription_ref.jams": {4, 650}, "marl-jams/valid.jams": {34, 40_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			data, err := io.ReadAll(openSample(t, "formats/jams/"+name))
			is.NoErr(err)
			f, err := labelfile.Detect("", data[:min(len(data), labelfile.DetectBytes)])
			is.NoErr(err)
			is.Equal(f, labelfile.JAMS)
			r := readFormat(labelfile.JAMS, data, labelfile.ReadOptions{Name: name, KeepTimes: true})
			is.NoErr(r.err)
			is.Equal(len(r.labels), want.labels)
			is.Equal(r.audio[0].DurationMS, want.audio)
			out, report := writeFormat(t, labelfile.JAMS, r.labels, nil)
			is.Equal(len(report.Remarks), 0)
			back := readFormat(labelfile.JAMS, out, labelfile.ReadOptions{Name: name, KeepTimes: true})
			is.NoErr(back.err)
			sameLabels(t, back.labels, r.labels)
			again, _ := writeFormat(t, labelfile.JAMS, back.labels, nil)
			is.True(bytes.Equal(again, out))
		})
	}
	t.Run("marl-jams/invalid.jams", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		data, err := io.ReadAll(openSample(t, "formats/jams/marl-jams/invalid.jams"))
		is.NoErr(err)
		r := readFormat(labelfile.JAMS, data, labelfile.ReadOptions{Name: "x"})
		e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
		is.True(ok) // it begins 20 s before the audio
		is.Equal(e.Line, 8)
	})
}

func TestJAMS_scaper(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	data, err := io.ReadAll(openSample(t, "formats/jams/desed-scaper/5.jams"))
	is.NoErr(err)
	r := readFormat(labelfile.JAMS, data, labelfile.ReadOptions{Name: "a.jams"})
	is.NoErr(r.err)
	got := []string{}
	for _, a := range r.labels {
		got = append(got, fmt.Sprint(a.ArtifactType, " ", a.StartMS, "-", a.EndMS))
	}
	is.Equal(got, []string{ // the event's time and duration were added before they were rounded
		"sins 0-10000", "Cat 8-1022", "Cat 126-1005", "Cat 1071-2021", "Cat 4341-5546", "Speech 4969-9609", "Cat 9637-10000",
	})
}

func TestTaskFormats_realLabels(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	data, err := io.ReadAll(openSample(t, "desed/validation.tsv"))
	is.NoErr(err)
	r := readFormat(labelfile.DCASE, data, labelfile.ReadOptions{})
	is.NoErr(r.err)
	out, report := writeFormat(t, labelfile.LabelStudio, r.labels, &labelfile.WriteOptions{Clean: r.clean})
	is.Equal(len(report.Remarks), 0)
	back := readFormat(labelfile.LabelStudio, out, labelfile.ReadOptions{})
	is.NoErr(back.err)
	sameLabels(t, back.labels, r.labels)
	is.Equal(back.clean, r.clean) // the 15 files in which nothing is
	for _, format := range []labelfile.Format{labelfile.JAMS, labelfile.LabelStudio} {
		for file, labels := range byFile(r.labels) {
			out, report := writeFormat(t, format, labels, nil)
			is.Equal(len(report.Remarks), 0)
			back := readFormat(format, out, labelfile.ReadOptions{Name: file})
			is.NoErr(back.err)
			sameLabels(t, back.labels, labels)
		}
	}
}

// TestTaskFormats_manyRealLabels has both formats hold all turns of VoxConverse, and a hundred thousand
// detections of BirdNET, or all of them where all is asked for.
func TestTaskFormats_manyRealLabels(t *testing.T) {
	skipMany(t)
	if testing.Short() {
		t.Skip("many labels")
	}
	t.Parallel()
	holds := func(t *testing.T, f labelfile.Format, labels []annoset.Annotation) {
		t.Helper()
		is := is.New(t)
		out, report := writeFormat(t, f, labels, nil)
		is.Equal(len(report.Remarks), 0)
		back := readFormat(f, out, labelfile.ReadOptions{})
		is.NoErr(back.err)
		is.Equal(len(back.report.Remarks), 0)
		sameLabels(t, back.labels, labels)
	}
	for path, f := range map[string]labelfile.Format{
		"voxconverse/test-0.3.rttm": labelfile.RTTM, "voxconverse/dev.rttm": labelfile.RTTM, birdnetSample: labelfile.BirdNET,
	} {
		t.Run(path, func(t *testing.T) {
			r := readFormat(f, value(io.ReadAll(openSample(t, path)))(t), labelfile.ReadOptions{})
			is.New(t).NoErr(r.err)
			if !full() {
				r.labels = r.labels[:min(len(r.labels), 100_000)]
			}
			holds(t, labelfile.LabelStudio, r.labels)
			for _, labels := range byFile(r.labels) { // JAMS holds one audio file
				holds(t, labelfile.JAMS, labels)
			}
		})
	}
}

func TestLabelStudio_asksForTheAudioFile(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const tasks = `[{"data":{"left":"a.wav","right":"b.wav"},"annotations":[{"result":[{"value":{"start":1,"end":2,"labels":["hum"]}}]}]}]`
	r := readFormat(labelfile.LabelStudio, []byte(tasks), labelfile.ReadOptions{Name: "ep1.json"})
	e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
	is.True(ok)
	is.Equal([]any{e.Line, e.Column, e.Found}, []any{1, 10, `several audio files, in "left" and "right"`})
	r = readFormat(labelfile.LabelStudio, []byte(tasks), labelfile.ReadOptions{Name: "ep1.json", AudioFileID: labelfile.Stem})
	is.NoErr(r.err)
	is.Equal(r.labels[0].AudioFileID, "ep1")                                  // the caller knows
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkFieldLost), int64(2)) // both columns
}

func byFile(labels []annoset.Annotation) map[string][]annoset.Annotation {
	files := make(map[string][]annoset.Annotation)
	for _, a := range labels {
		files[a.AudioFileID] = append(files[a.AudioFileID], a)
	}
	return files
}

func TestTaskFormats_othersReadThem(t *testing.T) {
	skipMany(t)
	t.Parallel()
	labels := []annoset.Annotation{
		{AudioFileID: "ä.wav", ArtifactType: `"<&>` + "\u2028", StartMS: 1500, EndMS: 2250, ExtraData: []byte(`{"by":"ann"}`)},
	}
	for name, command := range map[string][]string{
		"python3": {"python3", "-c", "import json,sys; json.load(sys.stdin)"},
		"node":    {"node", "-e", "JSON.parse(require('fs').readFileSync(0,'utf8'))"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skip("no", command[0])
			}
			for _, f := range []labelfile.Format{labelfile.LabelStudio, labelfile.JAMS} {
				out, _ := writeFormat(t, f, labels, nil)
				cmd := exec.Command(command[0], command[1:]...)
				cmd.Stdin = bytes.NewReader(out)
				if said, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s\n%s", f, err, said, out)
				}
			}
		})
	}
}

func TestJAMS_keepsTheCleanMark(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	out, report := writeFormat(t, labelfile.JAMS, nil, &labelfile.WriteOptions{Clean: []string{"quiet.wav"}})
	is.Equal(len(report.Remarks), 0)
	r := readFormat(labelfile.JAMS, out, labelfile.ReadOptions{Name: "other"})
	is.NoErr(r.err)
	is.Equal(r.clean, []string{"quiet.wav"})
	out, report = writeFormat(t, labelfile.JAMS, []annoset.Annotation{label("a.wav", "hum", 0, 1)},
		&labelfile.WriteOptions{Clean: []string{"quiet.wav"}})
	is.Equal(remarked(report.Remarks, labelfile.RemarkCleanLost), int64(1)) // one file holds one audio file
	is.True(len(out) > 0)
}
