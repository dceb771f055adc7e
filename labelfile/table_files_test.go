package labelfile_test

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

func TestCSV_columnsOfFiles(t *testing.T) {
	t.Parallel()
	for _, column := range []string{
		"sound.files", "segment_id", "slice_file_name", "audiofilename", "Audiofilename", "begin_file", "Begin Path", "soundfile",
		"Sound File", "wav_filename", "wavfile", "audio_path", "audio_filepath", "fname", "clip_name", "uri", "media_file",
		"IN FILE", "recording_filename", "source_file", "ytid", "video_id", "audio_id", "clip", "file_id", "FileName",
	} {
		is := is.New(t)
		text := column + ",start_s,end_s,label\nrec1.wav,1,2,x\nrec2,1,2,x\n"
		r := readFormat(labelfile.CSV, []byte(text), labelfile.ReadOptions{Name: "table.csv"})
		is.NoErr(r.err)
		if short(r.labels) != "rec1.wav x 1000-2000\nrec2 x 1000-2000\n" {
			t.Errorf("%s: %s", column, short(r.labels))
		}
		is.Equal(len(r.report.Remarks), 0)
	}
}

func TestCSV_audioFileThatNoColumnNames(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		format  labelfile.Format
		text    string
		opts    labelfile.ReadOptions
		assumed int64
		at      annoset.Place
	}{
		"an unknown column of names":    {labelfile.CSV, "start_s,end_s,label,tape\n1,2,x,T01\n1,2,x,T02\n", labelfile.ReadOptions{}, 1, annoset.Place{File: "t.csv", Line: 2, Column: 7}},
		"one of file names":             {labelfile.CSV, "start_s,end_s,label,comment\n1,2,x,\n1,2,x,b.flac\n", labelfile.ReadOptions{}, 1, annoset.Place{File: "t.csv", Line: 3, Column: 7}},
		"a name":                        {labelfile.CSV, "name,start_s,end_s,label\nrec1,1,2,x\n", labelfile.ReadOptions{}, 1, annoset.Place{File: "t.csv", Line: 2, Column: 1}},
		"a name that is the type":       {labelfile.CSV, "name,start_s,end_s\nrobin,1,2\n", labelfile.ReadOptions{}, 0, annoset.Place{}},
		"ids that come again":           {labelfile.CSV, "id,start_s,end_s,label\nrec1,1,2,x\nrec1,1,2,x\nrec2,1,2,x\n", labelfile.ReadOptions{}, 1, annoset.Place{File: "t.csv", Line: 3, Column: 1}},
		"ids of labels":                 {labelfile.CSV, "id,start_s,end_s,label\na1,1,2,x\na2,1,2,x\n", labelfile.ReadOptions{}, 0, annoset.Place{}},
		"numbers of segments":           {labelfile.CSV, "segment_id,start_s,end_s,label\n1,1,2,x\n2,3,4,x\n", labelfile.ReadOptions{}, 1, annoset.Place{File: "t.csv", Line: 2, Column: 1}},
		"numbers of clips":              {labelfile.CSV, "clip_nr,start_s,end_s,label\n1,1,2,x\n2,3,4,x\n", labelfile.ReadOptions{}, 1, annoset.Place{File: "t.csv", Line: 2, Column: 1}},
		"a selection table of many":     {labelfile.Raven, "Selection\tBegin Time (s)\tEnd Time (s)\tSpecies\tSite Recording\n1\t1\t2\tx\tr1\n", labelfile.ReadOptions{}, 1, annoset.Place{File: "t.csv", Line: 2, Column: 9}},
		"a selection table of one":      {labelfile.Raven, "Selection\tBegin Time (s)\tEnd Time (s)\tSpecies\tNotes\n1\t1\t2\tx\tfaint\n", labelfile.ReadOptions{}, 0, annoset.Place{}},
		"a column that is named":        {labelfile.CSV, "tape,start_s,end_s,label\nT01,1,2,x\n", labelfile.ReadOptions{Table: labelfile.TableOptions{AudioFileID: "tape"}}, 0, annoset.Place{}},
		"nothing but labels":            {labelfile.CSV, "start_s,end_s,label,confidence\n1,2,x,0.5\n", labelfile.ReadOptions{}, 0, annoset.Place{}},
		"measurements":                  {labelfile.CSV, "start_s,end_s,label,low_freq,high_freq\n1,2,x,1000,2000.5\n", labelfile.ReadOptions{}, 0, annoset.Place{}},
		"columns that are of the label": {labelfile.CSV, "start_s,end_s,label,speaker,notes,common_name\n1,2,x,ann,faint,Owl\n", labelfile.ReadOptions{}, 0, annoset.Place{}},
		"lines of JSON": {labelfile.JSONLines, `{"artifact_type":"x","start_ms":1,"end_ms":2,"audio_filepath":"a.wav"}` + "\n", labelfile.ReadOptions{}, 1,
			annoset.Place{File: "t.csv", Line: 1, Column: 1}},
		"lines of a store": {labelfile.JSONLines, `{"artifact_type":"x","start_ms":1,"end_ms":2,"note":"faint"}` + "\n", labelfile.ReadOptions{}, 0, annoset.Place{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			tt.opts.Name = "t.csv"
			r := readFormat(tt.format, []byte(tt.text), tt.opts)
			is.NoErr(r.err)
			is.Equal(remarked(r.report.Remarks, "audio file assumed"), tt.assumed)
			if tt.assumed > 0 {
				is.Equal(r.labels[0].AudioFileID, "t") // of the options, as it says
				at := r.report.Remarks[0].First[0]
				at.Text = ""
				is.Equal(at, tt.at)
				tt.opts.Strict = []labelfile.RemarkKind{"audio file assumed"}
				r = readFormat(tt.format, []byte(tt.text), tt.opts)
				_, ok := errors.AsType[*labelfile.RemarkError](r.err)
				is.True(ok)
			}
		})
	}
}
