package labelfile_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/labelfile"
)

// truth returns the format of a real file, which its path says, or "" if it has none: a license, a report, a table that
// lacks a column.
func truth(path string) labelfile.Format {
	for _, t := range []struct {
		part   string
		format labelfile.Format
	}{
		{"SOURCE.md", ""}, {"LICENSE", ""}, {".log.saved", ""}, {".toskip", ""}, {".md", ""}, {"_f1.txt", ""},
		{"_durations.tsv", ""}, {"no_onset_or_offset", ""}, {"but_no_offset_s_column", ""}, {"broken-1-in.vtt", ""},
		{"test.eaf.tsv", ""}, {"faults/segments", ""},
		{".rttm", labelfile.RTTM}, {".ctm", labelfile.CTM}, {".vtt", labelfile.WebVTT}, {".srt", labelfile.SRT},
		{".eaf", labelfile.EAF}, {".TextGrid", labelfile.TextGrid}, {".jams", labelfile.JAMS},
		{"raven/", labelfile.Raven}, {"label-studio/", labelfile.LabelStudio}, {"ls-names", labelfile.LabelStudio},
		{"jsonl/", labelfile.Lhotse}, {"rtable", labelfile.BirdNETTable}, {"verified.csv", labelfile.CSV},
		{"rivendell", labelfile.BirdNET}, {"desed-scaper/", labelfile.Audacity}, {"desed", labelfile.DCASE},
		{"header.csv", labelfile.CSV}, {"but_no_offset_sample", labelfile.CSV}, {"steinfath", labelfile.CSV},
		{"crowsetta-csv/", labelfile.GenericSeq}, {"BirdNET.results", labelfile.CSV}, {"warbler", labelfile.CSV},
		{"whisper", labelfile.TSV}, {"elan-header2", labelfile.TSV}, {"audacity/", labelfile.Audacity},
		{"double-tab", labelfile.Audacity}, {"rec001", labelfile.Audacity},
	} {
		if strings.Contains(path, t.part) {
			return t.format
		}
	}
	return "?" + labelfile.Format(path) // a new file, which needs a line above
}

// wrongNames are names with the endings of all formats, and others.
func wrongNames(own labelfile.Format) []string {
	names := []string{"x.rttm", "x.uem", "x.ctm", "x.vtt", "x.srt", "x.eaf", "x.TextGrid", "x.jams", "x.json", "x.jsonl",
		"x.csv", "x.tsv", "x.tab", "x.ndjson", "x.csv.gz", "x.txt", "x.selections.txt", "x.selection.table.txt", "segments", "x.xml", "x"}
	rest := []string{}
	for _, name := range names {
		if strings.TrimPrefix(name, "x.") != strings.ToLower(string(own)) {
			rest = append(rest, name)
		}
	}
	return rest
}

func TestDetect_allSamples(t *testing.T) {
	skipMany(t)
	t.Parallel()
	root := filepath.Dir(filepath.Dir(openSample(t, "faults/segments").Name()))
	var table strings.Builder
	fmt.Fprintf(&table, "%-86s %-14s %-8s %-8s %s\n", "file", "format", "contents", "and name", "wrong names: right/refused/wrong")
	counts := map[string]int{}
	for _, folder := range []string{"formats", "desed", "birdnet", "voxconverse", "faults"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name := filepath.ToSlash(must(filepath.Rel(root, path)))
			want := truth(name)
			head := headOf(t, path)
			how := func(way, name string) string {
				said := "right"
				switch got, err := labelfile.Detect(name, head); {
				case err != nil && want == "":
				case err != nil:
					said = "refused"
				case got != want:
					said = "wrong"
					t.Errorf("%s is detected as %s, not %q, %s %q", path, got, want, way, name)
				}
				counts[way+": "+said]++
				return said
			}
			byContents, byName := how("by contents", ""), how("with its name", path)
			wrong := map[string]int{}
			for _, other := range wrongNames(want) {
				wrong[how("with a wrong name", other)]++
			}
			fmt.Fprintf(&table, "%-86s %-14s %-8s %-8s %d/%d/%d\n", name, want, byContents, byName, wrong["right"],
				wrong["refused"], wrong["wrong"])
			return nil
		})
		noErr(t, err)
	}
	for _, way := range []string{"by contents", "with its name", "with a wrong name"} {
		fmt.Fprintf(&table, "%s: %d right, %d refused, %d wrong\n", way, counts[way+": right"], counts[way+": refused"],
			counts[way+": wrong"])
	}
	t.Log("\n" + table.String())
	is := is.New(t)
	is.Equal(counts["with its name: refused"], 0)
	is.Equal(counts["by contents: refused"], 0)
}

func headOf(t testing.TB, path string) []byte {
	t.Helper()
	f := value(os.Open(path))(t)
	defer f.Close()
	return value(io.ReadAll(io.LimitReader(f, labelfile.DetectBytes)))(t)
}

func TestDetect_byName(t *testing.T) {
	t.Parallel()
	const birdNET = "Start (s),End (s),Scientific name,Common name,Confidence,File\n3,6,A b,C,0.9,x.wav\n"
	const coco = `{"info":{},"annotations":[{"id":1,"bbox":[1,2,3,4]}]}`
	for name, tt := range map[string]struct {
		name, text string
		want       labelfile.Format
		says       []string // of the error
	}{
		"a certain format under another ending":     {"labels.txt", birdNET, labelfile.BirdNET, nil},
		"a table of another separator":              {"labels.tsv", birdNET, labelfile.BirdNET, nil},
		"a packed file":                             {"labels.txt.gz", birdNET, labelfile.BirdNET, nil},
		"an RTTM that lacks fields":                 {"", "SPEAKER rec1 1 0.5 1.5 <NA> <NA> spk1\n", labelfile.RTTM, nil},
		"an RTTM that lacks fields, called a CTM":   {"x.ctm", "SPEAKER rec1 1 0.5 1.5 <NA> <NA> spk1\n", "", []string{"ctm", "rttm"}},
		"a CTM called an RTTM":                      {"x.rttm", "rec1 1 0.5 0.2 word\n", "", []string{"rttm", "ctm"}},
		"a table called a UEM":                      {"x.uem", birdNET, "", []string{"uem", "birdnet"}},
		"a document called a table":                 {"x.csv", "<ANNOTATION_DOCUMENT>", "", []string{"csv", "eaf"}},
		"a text called a table":                     {"notes.csv", "Dear diary,\n", "", []string{"csv", "Dear diary"}},
		"segments of Kaldi":                         {"", "utt-1 meeting1 0.00 4.32\nutt-2 meeting1 5.10 7.80\n", "", []string{"none of"}},
		"segments of Kaldi, called a UEM":           {"x.uem", "utt-1 meeting1 0.00 4.32\n", "", []string{"uem"}},
		"segments of Kaldi with numbers":            {"", "103-1 103 0.00 4.32\n103-2 103 5.10 7.80\n", "", []string{"none of"}},
		"segments of Kaldi that look like a UEM":    {"data/segments", "a 1 0.00 4.32\nb 1 5.10 7.80\n", "", []string{"segments", "uem"}},
		"an RTTM that lacks fields, in lower case":  {"", "speaker 1 1 0.5 1.5 <NA> <NA> spk1\n", labelfile.RTTM, nil},
		"regions of Sonic Visualiser of a second":   {"r.txt", "0.5\t1\t1\tlaugh\n", "", []string{"audacity"}},
		"samples where Audacity has seconds":        {"x.phn", "0\t2260\th#\n2260\t40700\tsh\n", "", []string{"none of"}},
		"units of 100 ns":                           {"x.lab", "0\t3200000\tsil\n", "", []string{"none of"}},
		"whole seconds":                             {"x.txt", "0\t2260\ta\n2260\t4070\tb\n", labelfile.Audacity, nil},
		"long times of Audacity":                    {"x.txt", "0.000000\t22600.000000\ta\n", labelfile.Audacity, nil},
		"a label track of hair below 0":             {"x.txt", "-1e-17\t1.0\tx\n1.0\t0.9999999999\ty\n", labelfile.Audacity, nil},
		"spans of hair below 0":                     {"x.uem", "rec1 1 -1e-17 0.5\nrec1 1 1 0.9999999\n", labelfile.UEM, nil},
		"subtitles with another arrow":              {"x.srt", "1\n00:00:01,000 -> 00:00:02,000\nfirst\n", labelfile.SRT, nil},
		"subtitles with a dash, unnamed":            {"", "1\n00:00:01,000 – 00:00:02,000\nfirst\n", labelfile.SRT, nil},
		"a document that names its audio file":      {"", `{"file_metadata":{"duration":1},"sandbox":{"audio_file_id":"a.wav"},"annotations":[]}`, labelfile.JAMS, nil},
		"a line with keys of a document":            {"", `{"audio_file_id":"a","artifact_type":"x","start_ms":1,"end_ms":2,"annotations":{"namespace":1}}`, "", []string{"jsonl", "jams"}},
		"a UEM":                                     {"x.uem", "f NA 0 60\n", labelfile.UEM, nil},
		"speakers with their text":                  {"", "rec1 ann 0.5 1.5 hello\n", "", []string{"none of"}},
		"ends for durations":                        {"", "a 1 0 5 x\na 1 5 9 y\na 1 9 12 x\na 1 12 20 z\n", "", []string{"none of"}},
		"words that follow each other":              {"", "a 1 0 .5 x\na 1 .5 .4 y\na 1 .9 .2 x\na 1 1.1 .8 z\n", labelfile.CTM, nil},
		"regions of Sonic Visualiser":               {"r.txt", "0.500000000\t1\t0.750000000\tlaugh\n", "", []string{"audacity"}},
		"regions of Sonic Visualiser, unnamed":      {"r.txt", "0.500000000\t1\t0.750000000\n1.5\t2\t0.25\n", "", []string{"audacity"}},
		"values of Sonic Visualiser":                {"r.txt", "0.500000000\t120\ttempo\n1.500000000\t118.5\t\n", "", []string{"audacity"}},
		"times of nine decimals":                    {"r.txt", "0.500000000\t1.000000000\tx\n1.500000000\t2\ty\n", labelfile.Audacity, nil},
		"notes of Sonic Visualiser":                 {"r.txt", "0.5\t60\t0.25\t0.8\tA4\n", "", []string{"audacity"}},
		"values that fall":                          {"r.txt", "0.5\t3\ta\n1.5\t0.2\tb\n", "", []string{"audacity"}},
		"numbers as labels":                         {"r.txt", "0.5\t3\t1\n1.5\t4\t2\n", labelfile.Audacity, nil},
		"numbers as labels, with confidence":        {"r.txt", "0.5\t3\t1\t0.9\n", labelfile.Audacity, nil},
		"a label track called a table":              {"r.tsv", "0.5\t3\ta\n", "", []string{"tsv", "audacity"}},
		"annotations of images":                     {"", coco, "", []string{"none of"}},
		"annotations of images, called JSON":        {"x.json", coco, "", []string{"none of"}},
		"a selection table without selections":      {"x.selections.txt", "Begin Time (s)\tEnd Time (s)\tTag\n1\t2\ta\n", labelfile.Raven, nil},
		"a table called a selection table":          {"x.selections.txt", birdNET, "", []string{"raven", "birdnet"}},
		"three columns of no unit":                  {"", "onset,offset,label\n1,2,a\n", labelfile.CSV, nil},
		"a separator before a table with tabs":      {"x.csv", "sep=\t\nfile\tstart\tend\tlabel\n", labelfile.TSV, nil},
		"supervisions in lines":                     {"x.ndjson", `{"recording_id":"a","start":0,"duration":1}`, labelfile.Lhotse, nil},
		"a label with a supervision's keys as well": {"", `{"audio_file_id":"a","recording_id":"a","start":0,"duration":1}`, "", []string{"jsonl", "lhotse"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			got, err := labelfile.Detect(tt.name, []byte(tt.text))
			if tt.says == nil {
				is.NoErr(err)
				is.Equal(got, tt.want)
				return
			}
			if err == nil {
				t.Fatalf("%s", got)
			}
			is.Equal(got, labelfile.Format(""))
			is.True(errors.Is(err, annoset.ErrInvalid))
			for _, word := range tt.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%v does not say %q", err, word)
				}
			}
		})
	}
}

func TestDetect_brokenFilesAreReadByPlace(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openMemory(t)
	draft := newDraft(t, s, "broken")
	_, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader("SPEAKER rec1 1 0.5 1.5 <NA> <NA> spk1\n"), "",
		&labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: "eight.rttm"}})
	e, ok := errors.AsType[*labelfile.SyntaxError](err)
	is.True(ok)
	is.Equal([]any{e.Format, e.Line, e.Found, e.Expected}, []any{labelfile.RTTM, 1, "8 fields", "9 or 10"})

	_, err = labelfile.Detect("x.ctm", []byte("rec1 1 zero 0.2 word\n"))
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), `1:8: found "zero", expected a start in seconds`)) // it says where
	_, err = labelfile.Detect("x.rttm", []byte(strings.Repeat("\x1b<script>", 1<<10)))
	is.True(len(err.Error()) < 1000) // however long the file
	is.True(!strings.Contains(err.Error(), "\x1b"))
	_, ok = errors.AsType[*annoset.ValidationError](err)
	is.True(ok)
	is.Equal(proof.BadFields(is, err), []string{"-1 name"})
}
