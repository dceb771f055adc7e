package labelfile_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// TestFaults reads every file that people found badly read, each of which has a page that says what is expected.
func TestFaults(t *testing.T) {
	t.Parallel()
	names := `take#2.wav take#3.wav a+b.wav a+b.wav 50%.wav 100%~noise.wav rock;roll.wav rock&roll.wav with~space.wav C#4.wav C#5.wav C#6.wav`
	ofNames := ""
	for name := range strings.FieldsSeq(names) {
		ofNames += strings.ReplaceAll(name, "~", " ") + " x 0-1000\n"
	}
	expected := map[string]struct {
		format  labelfile.Format
		want    string // without extra data
		remarks string
		err     string // what it says
	}{
		"double-tab.txt":           {labelfile.Audacity, "double-tab silence 0-465\ndouble-tab intro 465-14931\n", "", ""},
		"eaf-time-origin.eaf":      {labelfile.EAF, "scene.wav door 1000-1500\n", "", ""},
		"eight.rttm":               {labelfile.RTTM, "", "", "found 8 fields, expected 9 or 10"},
		"elan-header2.txt":         {labelfile.TSV, "elan-header2 hello 1500-2000\n", "", ""},
		"ls-names.json":            {labelfile.LabelStudio, ofNames, "", ""},
		"rec1.BirdNET.results.csv": {labelfile.CSV, "rec1 Turdus merula 0-3000 0.812\n", "", ""},
		"segments":                 {"", "", "", "segments"},
		"single-arrow.srt": {labelfile.SRT, "single-arrow first 1000-2000\nsingle-arrow second 3000-4000\nsingle-arrow third 5000-6000\n",
			"repaired", ""},
		"tiny-negative.TextGrid": {labelfile.TextGrid, "tiny-negative a 0-1000\ntiny-negative b 1000-2000\n", "digits lost", ""},
		"warbler.csv":            {labelfile.CSV, "rec1.wav chirp 1250-1500\nrec2.wav chirp 750-1050\n", "", ""},
		"whisper.tsv":            {labelfile.TSV, "whisper the door opens 0-4280\nwhisper somebody walks in 4280-7000\n", "unit assumed", ""},
		"same-basename-folder":   {}, // see TestFaults_folders
	}
	root := filepath.Dir(openSample(t, "faults/segments").Name())
	for _, entry := range value(os.ReadDir(root))(t) {
		name := entry.Name()
		if strings.HasSuffix(name, ".md") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			tt, known := expected[name]
			if !known {
				t.Fatal("nobody has said here what is expected")
			}
			if entry.IsDir() {
				return
			}
			data := value(io.ReadAll(openSample(t, "faults/"+name)))(t)
			got, err := labelfile.Detect(name, data)
			is.Equal(got, tt.format)
			r := reading{}
			if err == nil {
				r = readFormat(got, data, labelfile.ReadOptions{Name: name})
				err = r.err
			}
			is.Equal(short(withoutExtra(r.labels)), tt.want)
			is.Equal(err != nil, tt.err != "")
			is.True(err == nil || strings.Contains(err.Error(), tt.err))
			kinds := []string{}
			for _, m := range r.report.Remarks {
				kinds = append(kinds, string(m.Kind))
			}
			is.Equal(strings.Join(kinds, ", "), tt.remarks)
		})
	}
}

// TestRead_timesOfSeveralFiles reads tables whose times count from the beginning of the first of several audio files.
func TestRead_timesOfSeveralFiles(t *testing.T) {
	t.Parallel()
	raven := func(rows ...string) string {
		return "Selection\tBegin Time (s)\tEnd Time (s)\tSpecies\tBegin File\n" + strings.Join(rows, "\n")
	}
	const offsets = "Selection,Begin Time (s),End Time (s),Species,Begin File,File Offset (s)\n"
	for name, tt := range map[string]struct {
		format  labelfile.Format
		text    string
		want    string
		assumed int64
	}{
		"an offset in a table with commas": {labelfile.CSV, offsets + "1,65,66.5,x,b.wav,5\n", "b.wav x 5000-6500\n", 0},
		"an offset of another program":     {labelfile.CSV, "file,start_s,end_s,label,file_offset\na,65,66,x,5\n", `a x 65000-66000{"file_offset":"5"}` + "\n", 0},
		"times that go on":                 {labelfile.Raven, raven("1\t1\t2\tx\ta.wav", "2\t65\t66\tx\tb.wav", "3\t165\t166\tx\tc.wav"), "a.wav x 1000-2000\nb.wav x 65000-66000\nc.wav x 165000-166000\n", 1},
		"times that begin again":           {labelfile.Raven, raven("1\t1\t2\tx\ta.wav", "2\t1\t2\tx\tb.wav"), "a.wav x 1000-2000\nb.wav x 1000-2000\n", 0},
		"one file":                         {labelfile.Raven, raven("1\t1\t2\tx\ta.wav", "2\t3\t4\tx\ta.wav"), "a.wav x 1000-2000\na.wav x 3000-4000\n", 0},
		"a table that is not of Raven":     {labelfile.CSV, "file,start_s,end_s,label\na,1,2,x\nb,3,4,x\n", "a x 1000-2000\nb x 3000-4000\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "t.x"})
			is.NoErr(r.err)
			for i := range r.labels {
				if strings.Contains(string(r.labels[i].ExtraData), "selection") {
					r.labels[i].ExtraData = nil
				}
			}
			is.Equal(short(r.labels), tt.want)
			is.Equal(remarked(r.report.Remarks, "origin assumed"), tt.assumed)
			if tt.assumed > 0 {
				is.Equal(r.report.Remarks[0].First[0], annoset.Place{File: "t.x", Line: 3, Column: 3,
					Text: "b.wav at 65: taken for the time in this file, not in all of them"})
			}
		})
	}
}

// TestCSV_endsThatBelongToTheStart reads tables with several columns that may be ends.
func TestCSV_endsThatBelongToTheStart(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"start_time,stop_time,offset,label": "t x 1000-2000" + `{"offset":"3"}`, // an offset of something else
		"onset,offset,end,label":            "t x 1000-2000" + `{"end":"3"}`,
		"start,stop,offset,label":           "t x 1000-2000" + `{"offset":"3"}`,
		"start,duration,offset,label":       "t x 1000-3000" + `{"offset":"3"}`,
		"start,offset,end,label":            "t x 1000-3000" + `{"offset":"2"}`,
		"start_s,stop_s,offset_s,label":     "t x 1000-2000" + `{"offset_s":"3"}`,
		"onset,end,duration,label":          "t x 1000-2000" + `{"duration":"3"}`,
		"start,offset,note,label":           "t x 1000-2000" + `{"note":"3"}`, // there is no other end
	} {
		is := is.New(t)
		r := readFormat(labelfile.CSV, []byte(header+"\n1,2,3,x\n"), labelfile.ReadOptions{Name: "t.csv"})
		is.NoErr(r.err)
		is.Equal(short(r.labels), want+"\n")
	}
}

// TestWrite_differentFilesStayDifferent writes names that formats cannot hold, and that would become one.
func TestWrite_differentFilesStayDifferent(t *testing.T) {
	t.Parallel()
	for _, ids := range [][]string{
		{"my file.wav", "my_file.wav", "my\tfile.wav"}, {"my_file.wav", "my_file.wav_", "my file.wav"}, {"a\tb", "a b", "a_b"}, {";;x", "_;;x", "x"},
		{" ", "_", "__"},
	} {
		for _, f := range labelfile.Formats() {
			is := is.New(t)
			if names := strings.Contains("audacity simple-seq textgrid eaf webvtt srt jams", string(f)); names {
				continue
			}
			labels := []annoset.Annotation{}
			for _, id := range append(ids, ids...) {
				labels = append(labels, label(id, "x", 0, 1))
			}
			table := labelfile.TableOptions{LiteralQuotes: f == labelfile.TSV}
			out, report := writeFormat(t, f, labels, &labelfile.WriteOptions{Table: table})
			r := readFormat(f, out, labelfile.ReadOptions{Table: table})
			is.NoErr(r.err)
			files, changed := map[string]string{}, int64(0)
			for i, a := range r.labels {
				id := labels[i].AudioFileID
				if other, known := files[a.AudioFileID]; known && other != id {
					t.Errorf("%s: %q and %q both become %q", f, other, id, a.AudioFileID)
				}
				if files[a.AudioFileID] = id; id != a.AudioFileID {
					changed++
				}
			}
			is.Equal(remarked(report.Remarks, labelfile.RemarkNameChanged), changed)
		}
	}
}
