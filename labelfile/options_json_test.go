package labelfile_test

import (
	"encoding/json"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// Options have the names in JSON that errors say. Functions and reports have none.
func TestJSON_options(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	table := labelfile.TableOptions{
		Separator: ';', DecimalComma: true, LiteralQuotes: true, AudioFileID: "f", ArtifactType: "t", Start: "s", End: "e", Duration: "d",
		Confidence: "c", Unit: labelfile.UnitSamples, SampleRate: 8000, ExtraColumns: []string{"x"},
	}
	const tableText = `{"separator":59,"decimal_comma":true,"literal_quotes":true,"audio_file_id":"f","artifact_type":"t","start":"s","end":"e",` +
		`"duration":"d","confidence":"c","unit":"samples","sample_rate":8000,"extra_columns":["x"]}`
	in := labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{
		Name: "n", AudioFileID: labelfile.Stem, KeepFolders: true, ArtifactType: "{text}", Encoding: "gbk", BlankType: "b", SkipPoints: true,
		KeepTimes: true, MaxBad: 3, Strict: []labelfile.RemarkKind{labelfile.RemarkRepaired}, Table: table,
		Clean: func(string) error { return nil }, Audio: func(annoset.AudioFile) error { return nil }, Report: &labelfile.ReadReport{},
	}, SkipExisting: true, RegisterAudio: true, AnyEnding: true, EmptyIsClean: true, Progress: func(int) {}}
	text := string(must(json.Marshal(in)))
	is.Equal(text, `{"name":"n","keep_folders":true,"artifact_type":"{text}","encoding":"gbk","blank_type":"b","skip_points":true,`+
		`"keep_times":true,"max_bad":3,"strict":["repaired"],"table":`+tableText+`,"skip_existing":true,"register_audio":true,`+
		`"any_ending":true,"empty_is_clean":true}`)
	var back labelfile.ImportOptions
	is.NoErr(json.Unmarshal([]byte(text), &back))
	in.AudioFileID, in.Clean, in.Audio, in.Report, in.Progress = nil, nil, nil, nil, nil
	is.Equal(back, in)

	out := labelfile.ExportOptions{WriteOptions: labelfile.WriteOptions{
		Gzip: true, Clean: []string{"a"}, Durations: map[string]int64{"a": 5}, Table: table, Strict: []labelfile.RemarkKind{labelfile.RemarkExtraLost},
		SafeFormulas: true,
	}, Filter: annoset.Filter{ArtifactTypes: []string{"t"}}}
	text = string(must(json.Marshal(out)))
	is.Equal(text, `{"gzip":true,"clean":["a"],"durations_ms":{"a":5},"table":`+tableText+`,"strict":["extra data lost"],`+
		`"safe_formulas":true,"filter":{"artifact_types":["t"]}}`)
	var again labelfile.ExportOptions
	is.NoErr(json.Unmarshal([]byte(text), &again))
	is.Equal(again, out)
	is.Equal(string(must(json.Marshal(labelfile.ImportOptions{}))), `{}`)
	is.Equal(string(must(json.Marshal(labelfile.ExportOptions{}))), `{}`)
}
