package labelfile_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// grid is a small TextGrid in the short form.
const grid = `File type = "ooTextFile"
Object class = "TextGrid"

0
2.5
<exists>
2
"IntervalTier"
"words"
0
2.5
3
0
0.5
""
0.5
1.25
"say ""hé"""
1.25
2.5
"line one
line two"
"TextTier"
"clicks"
0
2.5
2
0.75
"click"
2
""
`

func TestRead_TextGrid(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.TextGrid, []byte(grid), labelfile.ReadOptions{Name: "shows/ep1.TextGrid"})
	is.NoErr(r.err)
	want := []annoset.Annotation{
		label("ep1", `say "hé"`, 500, 1250), label("ep1", "line one\nline two", 1250, 2500), label("ep1", "click", 750, 750),
	}
	want[0].ExtraData = json.RawMessage(`{"tier":"words"}`)
	want[1].ExtraData, want[2].ExtraData = want[0].ExtraData, json.RawMessage(`{"tier":"clicks"}`)
	is.Equal(r.labels, want)                                                     // tier by tier; what is empty is a gap
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkBlankSkipped), int64(1)) // but a point is there, even without a text
	is.Equal(r.audio, []annoset.AudioFile{{ID: "ep1", DurationMS: 2500}})        // it begins at 0
	blank := readFormat(labelfile.TextGrid, []byte(grid), labelfile.ReadOptions{Name: "ep1", BlankType: "nothing"})
	is.Equal(len(blank.labels), 5) // gaps are labels where that is asked for
	is.Equal(blank.labels[0], withExtra(label("ep1", "nothing", 0, 500), want[0].ExtraData))
	named := readFormat(labelfile.TextGrid, []byte(grid), labelfile.ReadOptions{Name: "ep1", ArtifactType: "{tier}/{class}"})
	is.Equal(named.labels[2].ArtifactType, "clicks/TextTier")
}

func withExtra(a annoset.Annotation, extra json.RawMessage) annoset.Annotation {
	a.ExtraData = extra
	return a
}

// TestRead_TextGrid_sameGrammar reads one file as it can be spelled.
func TestRead_TextGrid_sameGrammar(t *testing.T) {
	t.Parallel()
	want := readFormat(labelfile.TextGrid, []byte(grid), labelfile.ReadOptions{Name: "ep1"}).labels
	long, _ := writeFormat(t, labelfile.TextGrid, want, nil)
	units := utf16.Encode([]rune("\ufeff" + grid))
	var big, little []byte
	for _, u := range units {
		big, little = binary.BigEndian.AppendUint16(big, u), binary.LittleEndian.AppendUint16(little, u)
	}
	commented := strings.Replace(grid, "\n2.5\n", "\n2.5 ! the \"end\" <of> 7\n", 1)
	commented = strings.Replace(commented, "<exists>", "tiers? <exists>! they do", 1)
	for name, data := range map[string][]byte{
		"short":                   []byte(grid),
		"long":                    long,
		"with a mark":             []byte("\ufeff" + grid),
		"UTF-16, big end first":   big,
		"UTF-16, without a mark":  big[2:],
		"UTF-16, the other way":   little,
		"the other, without mark": little[2:],
		"Latin-1":                 []byte(strings.ReplaceAll(grid, "é", "\xe9")),
		"CRLF":                    []byte(strings.ReplaceAll(grid, "\n", "\r\n")),
		"CR":                      []byte(strings.ReplaceAll(grid, "\n", "\r")),
		"with comments":           []byte(commented),
		"on one line":             []byte(strings.ReplaceAll(strings.ReplaceAll(grid, "one\n", "one|"), "\n", " ")),
		"an old head":             []byte(strings.Replace(grid, `ooTextFile"`, `ooTextFile short"`, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.TextGrid, bytes.ReplaceAll(data, []byte("one|"), []byte("one\n")), labelfile.ReadOptions{Name: "ep1"})
			is.NoErr(r.err)
			sameLabels(t, r.labels, want)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkRepaired) == 1, name == "Latin-1") // it is said
			f, err := labelfile.Detect("", data)
			is.NoErr(err)
			is.Equal(f, labelfile.TextGrid)
		})
	}
}

func TestRead_TextGrid_refuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text         string
		line, column int
		found        string
	}{
		"nothing":               {"", 1, 1, "the end of the file"},
		"something else":        {"a,b\n1,2\n", 2, 1, `a number, "1,2"`},
		"a binary file":         {"ooBinaryFile\x08TextGrid\x00\x00", 1, 1, "ooBinaryFile"},
		"a chronological file":  {"\"Praat chronological TextGrid text file\"\n0 2\n", 1, 1, "chronological"},
		"a collection":          {"File type = \"ooTextFile\"\nObject class = \"Collection\"\n", 2, 16, "Collection"},
		"no end":                {grid[:strings.Index(grid, "\"TextTier")], 23, 1, "the end of the file"},
		"a quote without end":   {strings.Replace(grid, "two\"", "two", 1), 23, 2, `"T" right after a quote`},
		"the last quote":        {strings.TrimSuffix(grid, "\"\n"), 31, 1, "never closed"},
		"a quote that ends":     {strings.Replace(grid, `say ""hé""`, `say "hé`, 1), 18, 7, `"h" right after a quote`},
		"too many intervals":    {strings.Replace(grid, "\n3\n", "\n1000000000000\n", 1), 23, 1, "a text in quotes"},
		"too few":               {strings.Replace(grid, "\n3\n", "\n2\n", 1), 19, 1, `a number, "1.25"`},
		"how many":              {strings.Replace(grid, "\n3\n", "\n3.5\n", 1), 12, 1, `"3.5"`},
		"less than none":        {strings.Replace(grid, "\n3\n", "\n-3\n", 1), 12, 1, `"-3"`},
		"another tier":          {strings.Replace(grid, "TextTier", "PitchTier", 1), 23, 1, "PitchTier"},
		"an odd flag":           {strings.Replace(grid, "<exists>", "<perhaps>", 1), 6, 1, "<perhaps>"},
		"half a flag":           {strings.Replace(grid, "<exists>", "<exists", 1), 6, 1, `"<exists"`},
		"no number":             {strings.Replace(grid, "\n1.25\n", "\n1.2.5\n", 1), 17, 1, `"1.2.5"`},
		"an end before a start": {strings.Replace(grid, "\n1.25\n", "\n0.25\n", 1), 16, 1, "before the start"},
		"a start before 0":      {strings.Replace(grid, "\n0.5\n1", "\n-0.5\n1", 1), 16, 1, "a start before the beginning"},
		"NUL":                   {strings.Replace(grid, "line", "li\x00ne", 1), 21, 4, "NUL"},
		"half of UTF-16":        {"\xff\xfeF\x00i", 1, 2, "half a character"},
		"half of a pair":        {"\xff\xfeF\x00\x3d\xd8F\x00", 1, 2, "half of a pair"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.TextGrid, []byte(tt.text), labelfile.ReadOptions{Name: "ep1"})
			e, ok := r.err.(*labelfile.SyntaxError)
			is.True(ok)
			is.Equal([2]int{e.Line, e.Column}, [2]int{tt.line, tt.column})
			if !strings.Contains(e.Found, tt.found) {
				t.Fatalf("found %s instead of %s", e.Found, tt.found)
			}
		})
	}
}

func TestRead_TextGrid_leavesOutBadIntervals(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	bad := strings.Replace(grid, "\n1.25\n", "\n1.2.5\n", 1)
	r := readFormat(labelfile.TextGrid, []byte(bad+"7 8 \"more\""), labelfile.ReadOptions{Name: "ep1", MaxBad: 1})
	is.NoErr(r.err)
	is.Equal(len(r.labels), 2)
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkBadSkipped), int64(1))
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkRecordSkipped), int64(1)) // what follows the last tier
	none := strings.Replace(grid, "<exists>", "<absent>", 1)
	r = readFormat(labelfile.TextGrid, []byte(none), labelfile.ReadOptions{Name: "ep1"})
	is.NoErr(r.err)
	is.Equal(len(r.labels), 0) // a TextGrid may have no tiers
}

func TestWrite_TextGrid(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	labels := []annoset.Annotation{
		label("ep1.wav", "a", 500, 1000), label("ep1.wav", "b", 900, 1200), label("ep1.wav", "a \"c\"", 1000, 1500), label("ep1.wav", "p", 700, 700),
	}
	out, _ := writeFormat(t, labelfile.TextGrid, labels, &labelfile.WriteOptions{Durations: map[string]int64{"ep1.wav": 2000}})
	is.Equal(strings.ReplaceAll(string(out), " \n", "\n"), `File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "default"
        xmin = 0
        xmax = 2
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1
            text = "a"
        intervals [3]:
            xmin = 1
            xmax = 1.5
            text = "a ""c"""
        intervals [4]:
            xmin = 1.5
            xmax = 2
            text = ""
    item [2]:
        class = "IntervalTier"
        name = "default"
        xmin = 0
        xmax = 2
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 0.9
            text = ""
        intervals [2]:
            xmin = 0.9
            xmax = 1.2
            text = "b"
        intervals [3]:
            xmin = 1.2
            xmax = 2
            text = ""
    item [3]:
        class = "TextTier"
        name = "default"
        xmin = 0
        xmax = 2
        points: size = 1
        points [1]:
            number = 0.7
            mark = "p"
`)
	out, report := writeFormat(t, labelfile.TextGrid, []annoset.Annotation{label("ep1.wav", "a\r\nb", 0, 1)}, nil)
	is.True(strings.Contains(string(out), "\"a\nb\""))
	is.Equal(remarked(report.Remarks, labelfile.RemarkTypeChanged), int64(1)) // Praat has one kind of line end
}

// TestTextGrid_equalTierNames tells tiers of one name apart where they are not one that was spread.
func TestTextGrid_equalTierNames(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	apart := func(first, second string) []annoset.Annotation {
		text := "\"ooTextFile\" \"TextGrid\" 0 9 <exists> 2 \"IntervalTier\" \"w\" 0 9 1 " + first + " \"IntervalTier\" \"w\" 0 9 1 " + second
		readsTiersAgain(t, labelfile.TextGrid, []byte(text))
		return readFormat(labelfile.TextGrid, []byte(text), labelfile.ReadOptions{Name: "ep1", ArtifactType: "{tier_index}{text}"}).labels
	}
	is.Equal(apart(`0 2 "a"`, `1 3 "b"`), []annoset.Annotation{ // they overlap, and fall into these tiers by themselves
		withExtra(label("ep1", "1a", 0, 2000), json.RawMessage(`{"tier":"w"}`)), withExtra(label("ep1", "2b", 1000, 3000), json.RawMessage(`{"tier":"w"}`))})
	is.Equal(apart(`0 1 "a"`, `1 3 "b"`), []annoset.Annotation{ // there would be room for both in one
		withExtra(label("ep1", "1a", 0, 1000), json.RawMessage(`{"tier":"w","tier_index":1}`)),
		withExtra(label("ep1", "2b", 1000, 3000), json.RawMessage(`{"tier":"w","tier_index":2}`))})
	for extra, lost := range map[string]int64{`{"tier_index":1}`: 1, `{"tier_index":2}`: 0, `{"tier":"w","tier_index":3}`: 0} {
		want := []annoset.Annotation{withExtra(label("ep1", "a", 0, 1), json.RawMessage(extra))}
		out, report := writeFormat(t, labelfile.TextGrid, want, nil)
		is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), lost) // one tier needs no number
		back := readFormat(labelfile.TextGrid, out, labelfile.ReadOptions{Name: "ep1"})
		is.NoErr(back.err)
		is.Equal(string(back.labels[0].ExtraData) == extra, lost == 0)
	}
}

// TestTextGrid_duration is the end of the widest tier, which some programs write beyond that of the file.
func TestTextGrid_duration(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	narrow := strings.Replace(grid, "0\n2.5\n<exists>", "0\n2\n<exists>", 1)
	r := readFormat(labelfile.TextGrid, []byte(narrow), labelfile.ReadOptions{Name: "ep1"})
	is.NoErr(r.err)
	is.Equal(r.audio, []annoset.AudioFile{{ID: "ep1", DurationMS: 2500}})
}

// TestTextGrid_keptTimes gives times back as they were written, as long as they are right.
func TestTextGrid_keptTimes(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	text := strings.NewReplacer("\n0.5\n", "\n0.50004999\n", "\n0.75\n", "\n0.74999\n").Replace(grid)
	r := readFormat(labelfile.TextGrid, []byte(text), labelfile.ReadOptions{Name: "ep1", KeepTimes: true})
	is.NoErr(r.err)
	out, _ := writeFormat(t, labelfile.TextGrid, r.labels, nil)
	is.Equal(strings.Count(string(out), " 0.50004999 \n"), 2) // the end of the gap before, too
	is.Equal(strings.Count(string(out), " 0.74999 \n"), 1)
	r.labels[0].StartMS++ // a person knows better
	out, report := writeFormat(t, labelfile.TextGrid, r.labels, nil)
	is.Equal(strings.Count(string(out), "0.50004999"), 0)
	is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(1))
}

// praatScript saves each TextGrid of a list again, in all forms that Praat has, and as a table.
const praatScript = `form Resave
	sentence Folder
	integer Count
endform
for i to count
	grid = Read from file: folder$ + "/" + string$ (i) + ".TextGrid"
	Text writing preferences: "UTF-8"
	Save as text file: folder$ + "/" + string$ (i) + ".long8"
	Save as short text file: folder$ + "/" + string$ (i) + ".short8"
	Text writing preferences: "UTF-16"
	Save as text file: folder$ + "/" + string$ (i) + ".long16"
	Save as short text file: folder$ + "/" + string$ (i) + ".short16"
	Text writing preferences: "try ASCII, then UTF-16"
	Save as text file: folder$ + "/" + string$ (i) + ".plain"
	Save as binary file: folder$ + "/" + string$ (i) + ".binary"
	table = Down to Table: "no", 12, "yes", "no"
	Text writing preferences: "UTF-8"
	nocheck Save as tab-separated file: folder$ + "/" + string$ (i) + ".tsv"
	removeObject: grid, table
endfor
`

// praat has Praat save TextGrids again, and returns the folder with what it made.
func praat(t *testing.T, grids [][]byte) string {
	t.Helper()
	program, err := exec.LookPath("praat")
	if err != nil {
		t.Skip("praat is not on this machine")
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "resave.praat")
	noErr(t, os.WriteFile(script, []byte(praatScript), 0o666))
	for i, data := range grids {
		noErr(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.TextGrid", i+1)), data, 0o666))
	}
	if out, err := exec.CommandContext(t.Context(), program, "--run", script, dir, fmt.Sprint(len(grids))).CombinedOutput(); err != nil {
		t.Fatalf("praat: %v\n%s", err, out)
	}
	return dir
}

func TestTextGrid_praatReadsWhatIsWritten(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	var grids [][]byte
	var want [][]annoset.Annotation
	add := func(labels []annoset.Annotation) {
		out, _ := writeFormat(t, labelfile.TextGrid, labels, nil)
		grids, want = append(grids, out), append(want, labels)
	}
	add(nil)
	add([]annoset.Annotation{label("ep1", "at the beginning", 0, 0)})
	add([]annoset.Annotation{
		label("ep1", "plain", 0, 1000), label("ep1", "twice", 500, 900), label("ep1", "twice", 500, 900), label("ep1", "p", 700, 700),
		label("ep1", "p", 700, 700), label("ep1", ` "quotes" ! and <flags> 1 `, 1000, 1001), label("ep1", "ə\tü\nlines\n", 3000, 4000)})
	add([]annoset.Annotation{label("ep1", "語 🐦 \ufeff\u2028\u0085", 123, 86_399_999)})
	for seed := range uint64(12) {
		labels := nastyTiers(t, rand.New(rand.NewPCG(seed, 7)), labelfile.TextGrid)
		for i := range labels {
			labels[i].AudioFileID = "ep1"
		}
		add(labels)
	}
	byFile := map[string][]annoset.Annotation{}
	for _, a := range rttm(t, "voxconverse/dev.rttm") {
		byFile[a.AudioFileID] = append(byFile[a.AudioFileID], a)
	}
	for _, id := range []string{"abjxc", "afjiv", "akthc"} {
		for i := range byFile[id] {
			byFile[id][i].AudioFileID = "ep1"
		}
		add(byFile[id])
	}
	dir := praat(t, grids)
	for i := range grids {
		for _, form := range []string{"long8", "short8", "long16", "short16", "plain"} {
			data := value(os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.%s", i+1, form))))(t)
			r := readFormat(labelfile.TextGrid, data, labelfile.ReadOptions{Name: "ep1"})
			is.NoErr(r.err)
			sameLabels(t, r.labels, want[i]) // through Praat and back
			if form == "long8" {
				is.Equal(string(data), string(grids[i])) // Praat itself writes the very same bytes
			}
		}
		data := value(os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.binary", i+1))))(t)
		is.Equal(value(labelfile.Detect("", data))(t), labelfile.TextGrid)
		is.True(readFormat(labelfile.TextGrid, data, labelfile.ReadOptions{Name: "ep1"}).err != nil) // refused
	}
}

// TestTextGrid_readsAsPraatDoes compares each real file with the table that Praat makes of it.
func TestTextGrid_readsAsPraatDoes(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	var grids [][]byte
	for _, s := range tierSamples {
		if s.format == labelfile.TextGrid {
			grids = append(grids, value(io.ReadAll(openSample(t, "formats/"+s.path)))(t))
		}
	}
	dir := praat(t, grids)
	for i, data := range grids {
		r := readFormat(labelfile.TextGrid, data, labelfile.ReadOptions{Name: "ep1", ArtifactType: "{tier}|{text}"})
		is.NoErr(r.err)
		table := string(value(os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.tsv", i+1))))(t))
		var want []annoset.Annotation
		for row := range strings.Lines(table) {
			f := strings.Split(strings.TrimSuffix(row, "\n"), "\t")
			if len(f) != 4 {
				want = nil // a text over lines, which the table does not quote
				break
			}
			if f[0] != "tmin" {
				want = append(want, label("ep1", f[1]+"|"+f[2], millis(t, f[0]), millis(t, f[3])))
			}
		}
		if want != nil {
			sameLabels(t, withoutExtra(r.labels), want)
		}
		for _, form := range []string{"long8", "short16"} {
			again := value(os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.%s", i+1, form))))(t)
			saved := readFormat(labelfile.TextGrid, again, labelfile.ReadOptions{Name: "ep1", ArtifactType: "{tier}|{text}"})
			is.NoErr(saved.err)
			sameLabels(t, saved.labels, r.labels) // as Praat saved it
		}
	}
}

func FuzzRead_TextGrid(f *testing.F) {
	fuzzReader(f, labelfile.TextGrid, grid, strings.ReplaceAll(grid, "é", "\xe9"), "ooBinaryFile\x08TextGrid",
		"\"ooTextFile\" \"TextGrid\" 0 9 <exists> 2 \"IntervalTier\" \"w\" 0 9 1 0 2 \"a\" \"IntervalTier\" \"w\" 0 9 2 1 3 \"b\" 3 4 \"\"",
		"\"ooTextFile\" \"TextGrid\" -0 1e1 <exists> 1 \"TextTier\" \"default\" 0 9 2 1.00049 \"a\" 1.0005 \"b\" 7",
		"\xfe\xff\x00\"\x00o\x00o")
}

func BenchmarkRead_TextGrid(b *testing.B) {
	out, _ := writeFormat(b, labelfile.TextGrid, manyTiers(20_000), nil)
	b.Run("annoset", func(b *testing.B) {
		b.SetBytes(int64(len(out)))
		b.ReportAllocs()
		for b.Loop() {
			if r := readFormat(labelfile.TextGrid, out, labelfile.ReadOptions{Name: "ep1"}); len(r.labels) != 20_000 {
				b.Fatal(len(r.labels), r.err)
			}
		}
	})
	b.Run("words alone", func(b *testing.B) {
		b.SetBytes(int64(len(out)))
		for b.Loop() {
			if n := len(bytes.Fields(out)); n == 0 {
				b.Fatal(n)
			}
		}
	})
}
