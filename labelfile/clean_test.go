package labelfile_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// TestRead_cleanMarksSayNothingElse reads rows that say more than their audio file, which are no clean marks.
func TestRead_cleanMarksSayNothingElse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		format labelfile.Format
		text   string
		clean  []string
		told   labelfile.RemarkKind // what is remarked of the rest
	}{
		"a file alone":            {labelfile.CSV, "file,start_s,end_s,label,note\na.wav,,,,\n", []string{"a.wav"}, ""},
		"a note":                  {labelfile.CSV, "file,start_s,end_s,label,note\na.wav,,,,unusable recording\nb.wav,,,,\n", []string{"b.wav"}, labelfile.RemarkRecordSkipped},
		"a note in DCASE":         {labelfile.DCASE, "filename\tonset\toffset\tevent_label\tnote\na.wav\t\t\t\tunusable\n", nil, labelfile.RemarkRecordSkipped},
		"a confidence":            {labelfile.CSV, "file,start_s,end_s,label,confidence\na.wav,,,,0.5\n", nil, labelfile.RemarkRecordSkipped},
		"extra data":              {labelfile.CSV, "file,start_s,end_s,label,extra_data\na.wav,,,,\"{\"\"k\"\":1}\"\n", nil, labelfile.RemarkRecordSkipped},
		"another column's label":  {labelfile.CSV, "file,start_s,end_s,label,begin2,end2,label2\na.wav,,,,1,2,x\n", nil, labelfile.RemarkRecordSkipped},
		"blanks":                  {labelfile.CSV, "file,start_s,end_s,label,note\na.wav, , , ,  \n", []string{"a.wav"}, ""},
		"blanks of a spreadsheet": {labelfile.TSV, "file\tstart_s\tend_s\tlabel\na.wav\t\u00a0\t \t\n", []string{"a.wav"}, ""},
		"an index":                {labelfile.CSV, ",file,start_s,end_s,label\n0,a.wav,,,\n1,b.wav,,,\n0,c.wav,,,\n1,d.wav,,,\n", []string{"a.wav", "b.wav", "c.wav", "d.wav"}, ""},
		"an index from 1":         {labelfile.CSV, "\"\",file,start_s,end_s,label\n\"1\",a.wav,,,\n\"2\",b.wav,,,\n", []string{"a.wav", "b.wav"}, ""},
		"an index that was read":  {labelfile.CSV, "Unnamed: 0,file,start_s,end_s,label\n0,a.wav,,,\n1,b.wav,,,\n", []string{"a.wav", "b.wav"}, ""},
		"an index of two levels":  {labelfile.CSV, "Unnamed: 0.1,Unnamed: 0,file,start_s,end_s,label\n0,0,a.wav,,,\n1,1,b.wav,,,\n", []string{"a.wav", "b.wav"}, ""},
		"an index with a name":    {labelfile.CSV, "index,file,start_s,end_s,label\n0,a.wav,,,\n1,b.wav,,,\n", []string{"a.wav", "b.wav"}, ""},
		"an index of levels":      {labelfile.CSV, "level_0,level_1,file,start_s,end_s,label\n0,0,a.wav,,,\n1,1,b.wav,,,\n", []string{"a.wav", "b.wav"}, ""},
		"blanks in quotes":        {labelfile.CSV, "file,start_s,end_s,label,note\n\"a.wav\",\" \",\" \",\" \",\" \"\n", []string{"a.wav"}, ""},
		"a folder":                {labelfile.CSV, "file,folder,start_s,end_s,label\na.wav,d1,,,\n", []string{"a.wav"}, ""},
		"a line that says so":     {labelfile.JSONLines, `{"audio_file_id":"a.wav","clean":true}`, []string{"a.wav"}, ""},
		"a line with a note":      {labelfile.JSONLines, `{"audio_file_id":"a.wav","clean":true,"note":"hiss"}`, []string{"a.wav"}, labelfile.RemarkFieldLost},
		"a line with extra data":  {labelfile.JSONLines, `{"audio_file_id":"a.wav","clean":true,"extra_data":{"k":1}}`, []string{"a.wav"}, labelfile.RemarkFieldLost},
		"a line with confidence":  {labelfile.JSONLines, `{"audio_file_id":"a.wav","clean":true,"confidence":0.5}`, []string{"a.wav"}, labelfile.RemarkFieldLost},
		"results that come again": {labelfile.LabelStudio, `[{"data":{"audio":"a.wav"},"annotations":[{"result":[{"id":"r","type":"labels","value":{"start":0,"end":1,"labels":["x a.wav"]}}],"result":[]}]}]`,
			nil, labelfile.RemarkFieldLost},
		"answers that come again": {labelfile.LabelStudio, `[{"data":{"audio":"a.wav"},"annotations":[{"result":[{"id":"a.wav"}]}],"annotations":[{"result":[]}]}]`,
			nil, labelfile.RemarkFieldLost},
		"a line with nothing": {labelfile.JSONLines, `{"audio_file_id":"a.wav","clean":true,"extra_data":{},"confidence":null,"id":0}`, []string{"a.wav"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "t.csv"})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 0)
			is.Equal(r.clean, tt.clean)
			if tt.told == "" {
				is.Equal(r.report.Remarks, []labelfile.Remark{})
				return
			}
			is.Equal(len(r.report.Remarks), 1)
			is.Equal(r.report.Remarks[0].Kind, tt.told)
			is.True(strings.Contains(r.report.Remarks[0].First[0].Text, "a.wav")) // of which file
		})
	}
}

func TestCSV_blankCellsAreEmpty(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.CSV, []byte("file,start_s,end_s,label,note\na,1,2, , \na,1,2,x, \na,1,2,\" \",\" \"\n"), labelfile.ReadOptions{})
	is.NoErr(r.err)
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkBlankSkipped), int64(1))
	is.Equal(short(r.labels), "a x 1000-2000\n"+`a   1000-2000{"note":" "}`+"\n") // unless it stands in quotes
	for _, f := range []labelfile.Format{labelfile.CSV, labelfile.TSV, labelfile.DCASE} {
		out, report := writeFormat(t, f, held(f, r.labels), &labelfile.WriteOptions{Table: labelfile.TableOptions{ExtraColumns: []string{"note"}}})
		again := readFormat(f, out, labelfile.ReadOptions{})
		is.NoErr(again.err)
		sameLabels(t, again.labels, held(f, r.labels)) // and comes back
		is.Equal(len(report.Remarks), 0)
	}
	for f, table := range map[labelfile.Format]labelfile.TableOptions{
		labelfile.Raven: {}, labelfile.TSV: {LiteralQuotes: true}, // which have no quotes
	} {
		out, report := writeFormat(t, f, []annoset.Annotation{label("a", " ", 1, 2)}, &labelfile.WriteOptions{Table: table})
		again := readFormat(f, out, labelfile.ReadOptions{Table: table})
		is.NoErr(again.err)
		is.Equal(again.labels[0].ArtifactType, "_")
		is.Equal(remarked(report.Remarks, labelfile.RemarkTypeChanged), int64(1))
	}
}

func TestCSV_indexes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		",file,start_s,end_s,label\n0,a,1,2,x\n1,a,1,2,x\n0,a,1,2,x\n1,a,1,2,x\n2,a,1,2,x\n": "",
		",file,start_s,end_s,label\n1,a,1,2,x\n2,a,1,2,x\n1,a,1,2,x\n":                       "",
		"Unnamed: 0,file,start_s,end_s,label\n0,a,1,2,x\n1,a,1,2,x\n":                        "",
		",file,start_s,end_s,label\n0,a,1,2,x\n1,a,1,2,x\n1,a,1,2,x\n0,a,1,2,x\n":            `{"column_1":"1"} {"column_1":"0"}`,
		"Unnamed: 0,Unnamed: 0.1,file,start_s,end_s,label\n0,0,a,1,2,x\n1,1,a,1,2,x\n":       "",
		"index,file,start_s,end_s,label\n0,a,1,2,x\n1,a,1,2,x\n":                             `{"index":"0"} {"index":"1"}`, // somebody named it
		",file,start_s,end_s,label\n5,a,1,2,x\n6,a,1,2,x\n":                                  `{"column_1":"5"} {"column_1":"6"}`,
	} {
		is := is.New(t)
		r := readFormat(labelfile.CSV, []byte(text), labelfile.ReadOptions{})
		is.NoErr(r.err)
		kept := []string{}
		for _, a := range r.labels {
			kept = append(kept, string(a.ExtraData))
		}
		is.Equal(strings.TrimSpace(strings.Join(kept, " ")), want)
	}
}

func TestImportFS_emptyIsCleanOnlyIfNothingIsThere(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openMemory(t)
	draft := newDraft(t, s, "folder")
	report, err := labelfile.ImportFS(t.Context(), s, draft.ID, fstest.MapFS{
		"silent.txt": {Data: []byte("\n")}, "untyped.txt": {Data: []byte("1\t2\t\n")}, "points.txt": {Data: []byte("1\t1\tx\n")},
		"bad.txt": {Data: []byte("hello\n")},
	}, labelfile.Audacity, &labelfile.ImportOptions{
		EmptyIsClean: true, ReadOptions: labelfile.ReadOptions{SkipPoints: true, MaxBad: 1},
	})
	is.NoErr(err)
	clean := slices.Collect(func(yield func(string) bool) {
		for id, err := range s.CleanAudioFiles(t.Context(), draft.ID) {
			is.NoErr(err)
			yield(id)
		}
	})
	is.Equal(clean, []string{"silent"}) // the others say something that was left out
	is.Equal(report.Clean, int64(1))
}
