package labelfile_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// importedFS imports a folder into a new set, and returns how many labels each audio file has then.
func importedFS(t testing.TB, folder fstest.MapFS, f labelfile.Format, opts *labelfile.ImportOptions,
) (map[string]int, labelfile.ImportReport, error) {
	t.Helper()
	s := openMemory(t)
	draft := newDraft(t, s, "folder")
	report, err := labelfile.ImportFS(t.Context(), s, draft.ID, folder, f, opts)
	counts := map[string]int{}
	for _, a := range collect(t, s.Annotations(t.Context(), draft.ID, annoset.Filter{})) {
		counts[a.AudioFileID]++
	}
	for _, id := range collect(t, s.CleanAudioFiles(t.Context(), draft.ID)) {
		counts[id] = 0
	}
	return counts, report, err
}

func names(counts map[string]int) []string { return slices.Sorted(maps.Keys(counts)) }

func TestRead_endingsOfPrograms(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"rec1.BirdNET.results.csv": "rec1", "rec3.BirdNET.selection.table.txt": "rec3", "X.selections.txt": "X",
		"rec1.BirdNET.results.r.csv": "rec1", "rec1.BirdNET.results.kaleidoscope.csv": "rec1", "rec1.BirdNET.results.txt": "rec1",
		"rec1.BirdNET.csv": "rec1", "X.Table.1.selections.txt": "X", "X.Table.12.txt": "X", "X.selection.table.txt": "X",
		"X.Table.1.selections (1).txt": "X", "rec_HawkEars.txt": "rec", "rec_Perch.txt": "rec", "rec_BirdNET_Results.csv": "rec",
		"day.2.wav.csv": "day.2.wav", "rec1.birdnet.RESULTS.csv.gz": "rec1", "x/y/rec1.BirdNET.results.csv": "rec1",
		".selections.txt": ".selections", "birdnet.csv": "birdnet", "tables.csv": "tables", "selections.txt": "selections",
		"song_annotations.csv": "song", "rec.v1.results.csv": "rec.v1.results", "rec1.mp3.BirdNET.selections.txt": "rec1.mp3",
		"rec1.BirdNET.selections.txt": "rec1", "rec1.BirdNET.Audacity_Labels.txt": "rec1", "X.Table01.selections.txt": "X",
		"X.Table 1.selections.txt": "X", "Lab Table 3.txt": "Lab Table 3", "Lab_Table_3.txt": "Lab_Table_3", "rec1.BirdNET.results (1).csv": "rec1", "round table.txt": "round table", "timetable.3.txt": "timetable.3",
	} {
		is := is.New(t)
		for _, f := range []labelfile.Format{labelfile.TSV, labelfile.Raven, labelfile.Audacity} {
			text := "Selection\tBegin Time (s)\tEnd Time (s)\tSpecies\n1\t1\t2\tx\n"
			if f == labelfile.Audacity {
				text = "1\t2\tx\n"
			}
			r := readFormat(f, []byte(text), labelfile.ReadOptions{Name: name})
			is.NoErr(r.err)
			is.Equal(r.labels[0].AudioFileID, want) // of the file alone
			if base := filepath.Base(name); base[0] != '.' {
				packed := []byte(text)
				if strings.HasSuffix(name, ".gz") {
					packed = gzipped(t, packed)
				}
				ids, _, err := importedFS(t, fstest.MapFS{name: {Data: packed}}, f, &labelfile.ImportOptions{AnyEnding: true})
				is.NoErr(err)
				is.Equal(names(ids), []string{want}) // and in a folder
			}
		}
	}
}

func TestExportDir_namesThatLookLikeThoseOfPrograms(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openFile(t)
	draft := newDraft(t, s, "set")
	ids := []string{"a.selections", "b_perch", "c.BirdNET", "d.table.1", "e"}
	for _, id := range ids {
		_, err := s.Add(t.Context(), draft.ID, label(id, "x", 0, 1))
		is.NoErr(err)
	}
	for _, f := range []labelfile.Format{labelfile.Audacity, labelfile.TextGrid, labelfile.EAF, labelfile.CSV} {
		dir := filepath.Join(t.TempDir(), "out")
		report, err := labelfile.ExportDir(t.Context(), s, draft.ID, dir, f, nil)
		is.NoErr(err)
		back := newDraft(t, s, string(f))
		_, err = labelfile.ImportFS(t.Context(), s, back.ID, os.DirFS(dir), f, nil)
		is.NoErr(err)
		lost := int64(0)
		for i, a := range collect(t, s.Annotations(t.Context(), back.ID, annoset.Filter{})) {
			if a.AudioFileID != ids[i] {
				lost++
			}
		}
		is.Equal(remarked(report.Remarks, labelfile.RemarkNameLost), lost) // those that do not come back
	}
}

func TestImportFS_equalNamesInDifferentFolders(t *testing.T) {
	t.Parallel()
	one := []annoset.Annotation{label("rec001", "robin", 1000, 2000)}
	for _, f := range labelfile.Formats() {
		table := labelfile.TableOptions{}
		data, _ := writeFormat(t, f, one, &labelfile.WriteOptions{Table: table})
		switch f {
		case labelfile.CSV, labelfile.TSV:
			data = []byte("start_s,end_s,label\n1,2,robin\n")
			if f == labelfile.TSV {
				data = []byte(strings.ReplaceAll(string(data), ",", "\t"))
			}
		case labelfile.Raven:
			data = []byte("Selection\tBegin Time (s)\tEnd Time (s)\tSpecies\n1\t1\t2\trobin\n")
		case labelfile.JSONLines:
			data = []byte(`{"artifact_type":"robin","start_ms":1000,"end_ms":2000}`)
		case labelfile.Audacity, labelfile.TextGrid, labelfile.WebVTT, labelfile.SRT, labelfile.SimpleSeq:
		default:
			continue // it names the audio file
		}
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			first, second := "day1/rec001.x", "day2/rec001.x"
			folder := fstest.MapFS{first: {Data: data}, second: {Data: data}}
			any := &labelfile.ImportOptions{AnyEnding: true}
			ids, _, err := importedFS(t, folder, f, any)
			is.Equal(badFields(is, err), []string{"-1 audio_file_id"})
			for _, text := range []string{first, second, "rec001", "KeepFolders"} {
				is.True(strings.Contains(err.Error(), text)) // both, and what to do
			}
			is.Equal(len(ids), 0) // and nothing was written
			any.KeepFolders = true
			ids, _, err = importedFS(t, folder, f, any)
			is.NoErr(err)
			is.Equal(names(ids), []string{"day1/rec001", "day2/rec001"})
			ids, _, err = importedFS(t, folder, f, &labelfile.ImportOptions{AnyEnding: true, ReadOptions: labelfile.ReadOptions{AudioFileID: labelfile.Stem}})
			is.NoErr(err) // as the caller wants it
			is.Equal(ids, map[string]int{"rec001": 2})
			delete(folder, second)
			folder["day1/rec001.BirdNET.results.x"] = &fstest.MapFile{Data: data}
			ids, _, err = importedFS(t, folder, f, &labelfile.ImportOptions{AnyEnding: true})
			is.NoErr(err) // two files about one recording, in one folder
			is.Equal(ids, map[string]int{"rec001": 2})
		})
	}
}

func TestImportFS_equalNamesOfCleanFiles(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	folder := fstest.MapFS{"day1/a.txt": {Data: []byte("1\t2\tx\n")}, "day2/a.txt": {}}
	_, _, err := importedFS(t, folder, labelfile.Audacity, &labelfile.ImportOptions{EmptyIsClean: true})
	is.Equal(badFields(is, err), []string{"-1 audio_file_id"})
	ids, _, err := importedFS(t, folder, labelfile.Audacity, &labelfile.ImportOptions{
		EmptyIsClean: true, ReadOptions: labelfile.ReadOptions{KeepFolders: true},
	})
	is.NoErr(err)
	is.Equal(ids, map[string]int{"day1/a": 1, "day2/a": 0})
}

// tasks are tasks of Label Studio, one for each address, with a label each.
func tasks(addresses ...string) string {
	all := []string{}
	for _, a := range addresses {
		all = append(all, fmt.Sprintf(`{"data":{"audio":%q},"annotations":[{"result":[{"id":"r","from_name":"l","to_name":"a",`+
			`"type":"labels","value":{"start":0,"end":1,"labels":["x"]}}]}]}`, a))
	}
	return "[" + strings.Join(all, ",\n") + "]"
}

func TestRead_equalNamesInPaths(t *testing.T) {
	t.Parallel()
	const raven = "Selection\tBegin Time (s)\tEnd Time (s)\tSpecies\tBegin File\tBegin Path\n"
	for name, tt := range map[string]struct {
		format labelfile.Format
		text   string
		keeps  []string // with KeepFolders
		clash  bool
	}{
		"keys of an object store":    {labelfile.LabelStudio, tasks("s3://b/x/take.wav", "s3://b/y/take.wav"), []string{"s3://b/x/take.wav", "s3://b/y/take.wav"}, true},
		"addresses":                  {labelfile.LabelStudio, tasks("https://h/x/take.wav", "https://h/y/take.wav"), []string{"https://h/x/take.wav", "https://h/y/take.wav"}, true},
		"one address, signed twice":  {labelfile.LabelStudio, tasks("https://h/x/take.wav?sig=1", "https://h/x/take.wav?sig=2"), []string{"https://h/x/take.wav", "https://h/x/take.wav"}, false},
		"local files":                {labelfile.LabelStudio, tasks("/data/local-files/?d=a/take#2.wav", "/data/local-files/?d=b/take#2.wav"), []string{"a/take#2.wav", "b/take#2.wav"}, true},
		"one local file, spelled so": {labelfile.LabelStudio, tasks("/data/local-files/?d=a/c+b.wav", "/data/local-files/?d=a/c%2Bb.wav"), []string{"a/c+b.wav", "a/c+b.wav"}, false},
		"uploads of equal names": {labelfile.LabelStudio, tasks("/data/upload/3/01234567-take.wav", "/data/upload/3/89abcdef-take.wav"),
			[]string{"/data/upload/3/01234567-take.wav", "/data/upload/3/89abcdef-take.wav"}, true},
		"clean tasks": {labelfile.LabelStudio, `[{"data":{"audio":"s3://b/x/t.wav"},"annotations":[{"result":[]}]},` + tasks("s3://b/y/t.wav")[1:],
			[]string{"s3://b/y/t.wav"}, true},
		"a selection table": {labelfile.Raven, raven + "1\t1\t2\tx\tt.wav\tC:\\a\\t.wav\n2\t1\t2\tx\tt.wav\tC:\\b\\t.wav\n",
			[]string{`C:\a\t.wav`, `C:\b\t.wav`}, true},
		"one file of a selection table": {labelfile.Raven, raven + "1\t1\t2\tx\tt.wav\t/a/t.wav\n2\t1\t2\tx\tt.wav\t/a/t.wav\n",
			[]string{"/a/t.wav", "/a/t.wav"}, false},
		"a table with names and paths": {labelfile.CSV, "filename,filepath,start_s,end_s,label\nt.wav,a/t.wav,1,2,x\nt.wav,b/t.wav,1,2,x\n",
			[]string{"a/t.wav", "b/t.wav"}, true},
		"names and folders": {labelfile.CSV, "indir,folder,in file,start_s,end_s,label\n/x,d1,t.wav,1,2,x\n/x,d2/,t.wav,1,2,x\n",
			[]string{"/x/d1/t.wav", "/x/d2/t.wav"}, true},
		"names and paths of folders": {labelfile.CSV, "path,filename,start_s,end_s,label\n/d1,t.wav,1,2,x\n/d2/,t.wav,1,2,x\n",
			[]string{"/d1/t.wav", "/d2/t.wav"}, true},
		"folders of other names": {labelfile.CSV, "audio_dir,Data Folder,filename,start_s,end_s,label\n/x,d1,t.wav,1,2,x\n/x,d2,t.wav,1,2,x\n",
			[]string{"/x/d1/t.wav", "/x/d2/t.wav"}, true},
		"a selection table with folders": {labelfile.Raven, raven + "1\t1\t2\tx\tt.wav\tC:\\a\\\n2\t1\t2\tx\tt.wav\tC:\\b\\\n",
			[]string{`C:\a/t.wav`, `C:\b/t.wav`}, true},
		"names without endings, and paths": {labelfile.CSV, "recording,wav,start_s,end_s,label\nt,d1/t.wav,1,2,x\nt,d2/t.wav,1,2,x\n",
			[]string{"d1/t.wav", "d2/t.wav"}, true},
		"names, and paths without endings": {labelfile.CSV, "filename,full_path,start_s,end_s,label\nt.wav,d1/t,1,2,x\nt.wav,d2/t,1,2,x\n",
			[]string{"d1/t", "d2/t"}, true},
		"paths that end in paths": {labelfile.CSV, "filename,full_path,start_s,end_s,label\ns/t.wav,d1/s/t.wav,1,2,x\ns/t.wav,d2/s/t.wav,1,2,x\n",
			[]string{"d1/s/t.wav", "d2/s/t.wav"}, true},
		"folders of something else": {labelfile.CSV, "outdir,annot_path,model_dir,filename,start_s,end_s,label\nd1,e,f,t.wav,1,2,x\nd2,g,h,t.wav,1,2,x\n",
			[]string{"t.wav", "t.wav"}, false},
		"one folder":                 {labelfile.CSV, "folder,file,start_s,end_s,label\nd1,t.wav,1,2,x\nd1,t.wav,,,\nd1,u.wav,1,2,x\n", []string{"d1/t.wav", "d1/u.wav"}, false},
		"a name alone, and in a key": {labelfile.LabelStudio, tasks("t.wav", "s3://b/x/t.wav"), []string{"t.wav", "s3://b/x/t.wav"}, true},
		"marks with names and paths": {labelfile.CSV, "filename,filepath,start_s,end_s,label\nt.wav,a/t.wav,,,\nt.wav,b/t.wav,1,2,x\n",
			[]string{"b/t.wav"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "t.x", MaxBad: 9})
			if tt.clash {
				is.Equal(badFields(is, r.err), []string{"-1 audio_file_id"})
				is.True(strings.Contains(r.err.Error(), "KeepFolders"))
			} else {
				is.NoErr(r.err)
			}
			r = readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "t.x", KeepFolders: true})
			is.NoErr(r.err)
			ids := []string{}
			for _, a := range r.labels {
				ids = append(ids, a.AudioFileID)
			}
			is.Equal(ids, tt.keeps)
			r = readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "t.x", AudioFileID: labelfile.Base})
			is.NoErr(r.err) // as the caller wants it
		})
	}
}

func TestImportFS_equalNamesOfMedia(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	document := func(url string) *fstest.MapFile {
		data, _ := writeFormat(t, labelfile.EAF, []annoset.Annotation{label("rec.wav", "x", 0, 1000)}, nil)
		return &fstest.MapFile{Data: []byte(strings.Replace(string(data), `MEDIA_URL="rec.wav"`, fmt.Sprintf("MEDIA_URL=%q", url), 1))}
	}
	folder := fstest.MapFS{"a.eaf": document("file:///home/ann/day1/rec.wav"), "b.eaf": document("file:///home/ann/day2/rec.wav")}
	_, _, err := importedFS(t, folder, "", nil)
	is.Equal(badFields(is, err), []string{"-1 audio_file_id"})
	is.True(strings.Contains(err.Error(), "a.eaf") && strings.Contains(err.Error(), "b.eaf"))
	ids, _, err := importedFS(t, folder, "", &labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{KeepFolders: true}})
	is.NoErr(err)
	is.Equal(names(ids), []string{"/home/ann/day1/rec.wav", "/home/ann/day2/rec.wav"})
	folder["b.eaf"] = document("file:///home/ann/day1/rec.wav")
	ids, _, err = importedFS(t, folder, "", nil)
	is.NoErr(err) // two documents about one recording
	is.Equal(names(ids), []string{"rec.wav"})
}

func TestImportFS_anyEnding(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	folder := fstest.MapFS{"a.lab": {Data: []byte("1\t2\tx\n")}, "deep/b": {Data: []byte("1\t2\tx\n")}, ".hidden": {Data: []byte("no")}}
	_, _, err := importedFS(t, folder, labelfile.Audacity, nil)
	is.True(errors.Is(err, annoset.ErrInvalid)) // none ends as label tracks do
	is.True(strings.Contains(err.Error(), "AnyEnding"))
	ids, report, err := importedFS(t, folder, labelfile.Audacity, &labelfile.ImportOptions{AnyEnding: true})
	is.NoErr(err)
	is.Equal(ids, map[string]int{"a": 1, "b": 1})
	is.Equal(report.Files, 2)
	folder["notes.md"] = &fstest.MapFile{Data: []byte("# notes")}
	_, _, err = importedFS(t, folder, labelfile.Audacity, &labelfile.ImportOptions{AnyEnding: true})
	e, ok := errors.AsType[*labelfile.SyntaxError](err)
	is.True(ok) // all files are asked for
	is.Equal(e.Name, "notes.md")
}

func TestImportFS_saysWhyAFileIsSkipped(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, report, err := importedFS(t, fstest.MapFS{
		"a.txt": {Data: []byte("1\t2\tx\n")}, "b.rttm": {Data: []byte("f 1 0 1 word\n")}, "c.md": {Data: []byte("# notes")},
	}, "", nil)
	is.NoErr(err)
	is.Equal(report.Remarks[0].Kind, labelfile.RemarkFileSkipped)
	skipped := report.Remarks[0].First
	is.Equal([]string{skipped[0].File, skipped[1].File}, []string{"b.rttm", "c.md"})
	is.True(strings.Contains(skipped[0].Text, "ctm")) // the name contradicts the contents
	is.Equal(skipped[1].Text, "")
}

func TestFaults_folders(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	root := filepath.Dir(openSample(t, "faults/segments").Name())
	s := openMemory(t)
	draft := newDraft(t, s, "faults")
	folder := os.DirFS(filepath.Join(root, "same-basename-folder"))
	_, err := labelfile.ImportFS(t.Context(), s, draft.ID, folder, "", nil)
	is.Equal(badFields(is, err), []string{"-1 audio_file_id"})
	_, err = labelfile.ImportFS(t.Context(), s, draft.ID, folder, "", &labelfile.ImportOptions{
		ReadOptions: labelfile.ReadOptions{KeepFolders: true},
	})
	is.NoErr(err)
	is.Equal(short(withoutIDs(collect(t, s.Annotations(t.Context(), draft.ID, annoset.Filter{})))),
		"day1/rec001 robin 1000-2000\nday2/rec001 robin 1000-2000\nday2/rec001 wren 5000-6000\n")

	data := value(io.ReadAll(openSample(t, "faults/segments")))(t)
	for _, name := range []string{"segments", "x.txt", "x.uem", ""} {
		_, err = labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(string(data)), "", &labelfile.ImportOptions{
			ReadOptions: labelfile.ReadOptions{Name: name},
		})
		is.True(errors.Is(err, annoset.ErrInvalid)) // no UEM
	}
	_, err = labelfile.Import(t.Context(), s, draft.ID, openSample(t, "faults/eight.rttm"), "", &labelfile.ImportOptions{
		ReadOptions: labelfile.ReadOptions{Name: "eight.rttm"},
	})
	e, ok := errors.AsType[*labelfile.SyntaxError](err)
	is.True(ok)
	is.Equal([]string{string(e.Format), e.Found, e.Expected}, []string{"rttm", "8 fields", "9 or 10"})
}

func withoutIDs(labels []annoset.Annotation) []annoset.Annotation {
	for i := range labels {
		labels[i].ID = 0
	}
	return labels
}
