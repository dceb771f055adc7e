package labelfile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// short is a label in a few characters, for tests.
func short(labels []annoset.Annotation) string {
	var b strings.Builder
	for _, a := range labels {
		fmt.Fprintf(&b, "%s %s %d-%d", a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)
		if a.Confidence != nil {
			fmt.Fprintf(&b, " %v", *a.Confidence)
		}
		fmt.Fprintf(&b, "%s\n", a.ExtraData)
	}
	return b.String()
}

func TestCSV_reads(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		opts labelfile.TableOptions
		want string
	}{
		"a byte order mark and CRLF": {"\ufefffile,start,end,label\r\na,1,2.5,hum\r\n", labelfile.TableOptions{}, "a hum 1000-2500\n"},
		"UTF-16":                     {asUTF16("file\tstart\tend\tlabel\r\na\t1\t2,5\thum"), labelfile.TableOptions{}, "a hum 1000-2500\n"},
		"CR alone":                   {"file,start,end,label\ra,1,2,hum\r\rb,1,2,hum\r", labelfile.TableOptions{}, "a hum 1000-2000\nb hum 1000-2000\n"},
		"quotes":                     {"file,start,end,label\n\"a,\"\"b\",\"1\",2,\"two\r\nlines\"\n", labelfile.TableOptions{}, "a,\"b two\r\nlines 1000-2000\n"},
		"quotes within":              {"file,start,end,label\na,1,2,5\" pipe\n", labelfile.TableOptions{}, "a 5\" pipe 1000-2000\n"},
		"literal quotes":             {"file,start,end,label\na,1,2,\"hum\n", labelfile.TableOptions{LiteralQuotes: true}, "a \"hum 1000-2000\n"},
		"semicolons and commas":      {"file;start;end;label;score\na;1,25;2,5;a,b;0,5\n", labelfile.TableOptions{}, "a a,b 1250-2500 0.5\n"},
		"quoted commas":              {"file,start,end,label\na,\"1,25\",\"2,5\",x\n", labelfile.TableOptions{DecimalComma: true}, "a x 1250-2500\n"},
		"a separator that it says":   {"sep=|\r\nfile|start|end|label\r\na|1|2|x\r\n", labelfile.TableOptions{}, "a x 1000-2000\n"},
		"a separator that is given":  {"file|start|end|label\na|1|2|x\n", labelfile.TableOptions{Separator: '|'}, "a x 1000-2000\n"},
		"tabs":                       {"file\tstart\tend\tlabel\na\t1\t2\tx\n", labelfile.TableOptions{}, "a x 1000-2000\n"},
		"duration, added exactly":    {"file,start,duration,label\na,0.0004,0.0002,x\n", labelfile.TableOptions{}, "a x 0-1\n"},
		"a duration beside an end":   {"file,start,end,duration,label\na,1,2,1,x\n", labelfile.TableOptions{}, `a x 1000-2000{"duration":"1"}` + "\n"},
		"milliseconds by name":       {"file,start_ms,end_ms,label\na,1,2,x\n", labelfile.TableOptions{}, "a x 1-2\n"},
		"milliseconds by option":     {"file,start_s,end_s,label\na,1,2,x\n", labelfile.TableOptions{Unit: labelfile.UnitMilliseconds}, "a x 1-2\n"},
		"a clock":                    {"file,start,end,label\na,01:02.5,1:00:00.001,x\n", labelfile.TableOptions{}, "a x 62500-3600001\n"},
		"a clock with commas":        {"file,start,end,label\na,\"00:00:01,500\",\"00:00:02\",x\n", labelfile.TableOptions{}, "a x 1500-2000\n"},
		"samples":                    {"file,start_sample,end_sample,label\na,16000,32001,x\n", labelfile.TableOptions{SampleRate: 16000}, "a x 1000-2000\n"},
		"samples by option":          {"file,start,end,label\na,44100,88200,x\n", labelfile.TableOptions{Unit: labelfile.UnitSamples, SampleRate: 44100}, "a x 1000-2000\n"},
		"samples beside seconds":     {"file,start_sample,end_sample,start_s,end_s,label\na,1,2,3,4,x\n", labelfile.TableOptions{}, `a x 3000-4000{"start_sample":"1","end_sample":"2"}` + "\n"},
		"columns that are named": {"Datei;Beginn;Dauer;Was;Sicher;label\na;1;2;x;0.5;other\n", labelfile.TableOptions{AudioFileID: "Datei",
			Start: "Beginn", Duration: "Dauer", ArtifactType: "was", Confidence: "Sicher"}, `a x 1000-3000 0.5{"label":"other"}` + "\n"},
		"other columns": {"file,start,end,label,Low Freq (Hz),,low freq hz,Größe\na,1,2,x,100,y,,5\n", labelfile.TableOptions{},
			`a x 1000-2000{"low_freq_hz":"100","column_6":"y","größe":"5"}` + "\n"},
		"an index of pandas":      {",file,start,end,label\n0,a,1,2,x\n1,a,2,3,x\n7,a,3,4,x\n", labelfile.TableOptions{}, "a x 1000-2000\na x 2000-3000\n" + `a x 3000-4000{"column_1":"7"}` + "\n"},
		"no confidence":           {"file,start,end,label,score\na,1,2,x,87\na,1,2,x,NaN\na,1,2,x,\na,1,2,x,1e-3\n", labelfile.TableOptions{}, `a x 1000-2000{"score":"87"}` + "\n" + `a x 1000-2000{"score":"NaN"}` + "\na x 1000-2000\na x 1000-2000 0.001\n"},
		"extra data":              {"file,start,end,label,extra_data,k\na,1,2,x,\"{\"\"k\"\":1}\",v\na,1,2,x,no,\n", labelfile.TableOptions{}, `a x 1000-2000{"k":1}` + "\n" + `a x 1000-2000{"extra_data":"no"}` + "\n"},
		"many commas in quotes":   {"file,start,end,label\na,1,2,\"" + strings.Repeat(",", 9999) + "\"\n", labelfile.TableOptions{}, "a " + strings.Repeat(",", 9999) + " 1000-2000\n"},
		"the file of the options": {"start,end,label\n1,2,x\n", labelfile.TableOptions{}, "ep1 x 1000-2000\n"},
		"blank lines and rows":    {"\n\nfile,start,end,label\n\n,,,\na,1,2,x\n\n", labelfile.TableOptions{}, "a x 1000-2000\n"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.CSV, []byte(tt.text), labelfile.ReadOptions{Name: "shows/ep1.csv", Table: tt.opts})
			is.NoErr(r.err)
			is.Equal(short(r.labels), tt.want)
		})
	}
}

func TestCSV_templates(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	text := ",file,start,end,species,call\n0,a,1,2,owl,hoot\n1,a,2,3,owl,\n"
	r := readFormat(labelfile.CSV, []byte(text), labelfile.ReadOptions{ArtifactType: "{column_1}:{text}/{call}"})
	is.NoErr(r.err)
	is.Equal(short(r.labels), "a 0:owl/hoot 1000-2000"+`{"call":"hoot"}`+"\na 1:owl/ 2000-3000\n")
	r = readFormat(labelfile.CSV, []byte("file,start,end\na,1,2\n"), labelfile.ReadOptions{BlankType: "event"})
	is.NoErr(r.err)
	is.Equal(short(r.labels), "a event 1000-2000\n") // a table of times alone
}

func TestCSV_clean(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.CSV, []byte("file,start,end,label,by\na,,,,\nb,1,2,x,\nc,,,,me\n"), labelfile.ReadOptions{})
	is.NoErr(r.err)
	is.Equal(r.clean, []string{"a"}) // of c it says who, and not that it was clean
	for _, f := range []labelfile.Format{labelfile.CSV, labelfile.TSV, labelfile.DCASE, labelfile.JSONLines} {
		out, report := writeFormat(t, f, r.labels, &labelfile.WriteOptions{Clean: []string{"=a", "c,\td"}, SafeFormulas: true})
		again := readFormat(f, out, labelfile.ReadOptions{})
		is.NoErr(again.err)
		if f == labelfile.JSONLines {
			is.Equal(again.clean, []string{"=a", "c,\td"})
			continue
		}
		is.Equal(again.clean, []string{"'=a", "c,\td"})
		is.Equal(remarked(report.Remarks, labelfile.RemarkFormulaEscaped), int64(1))
	}
}

func TestCSV_writes(t *testing.T) {
	t.Parallel()
	half := 0.5
	labels := []annoset.Annotation{
		{AudioFileID: "a", ArtifactType: "x", StartMS: 1500, EndMS: 62_000, Confidence: &half, ExtraData: []byte(`{"by":"me", "n":1}`)},
		{AudioFileID: "a", ArtifactType: "y", StartMS: 2000, EndMS: 2000},
	}
	for name, tt := range map[string]struct {
		opts labelfile.TableOptions
		want string
	}{
		"by default": {labelfile.TableOptions{}, "audio_file_id,artifact_type,start_ms,end_ms,confidence,extra_data\n" +
			"a,x,1500,62000,0.5,\"{\"\"by\"\":\"\"me\"\",\"\"n\"\":1}\"\na,y,2000,2000,,\n"},
		"seconds and decimal commas": {labelfile.TableOptions{Unit: labelfile.UnitSeconds, DecimalComma: true},
			"audio_file_id;artifact_type;start_s;end_s;confidence;extra_data\n" +
				"a;x;1,500;62,000;0,5;\"{\"\"by\"\":\"\"me\"\",\"\"n\"\":1}\"\na;y;2,000;2,000;;\n"},
		"a clock, and a column of extra data": {labelfile.TableOptions{Unit: labelfile.UnitClock, ExtraColumns: []string{"by", "n"}},
			"audio_file_id,artifact_type,start,end,confidence,extra_data,by,n\n" +
				"a,x,00:00:01.500,00:01:02.000,0.5,\"{\"\"n\"\":1}\",me,\na,y,00:00:02.000,00:00:02.000,,,,\n"},
		"samples": {labelfile.TableOptions{Unit: labelfile.UnitSamples, SampleRate: 44100, Separator: '|'},
			"audio_file_id|artifact_type|start_sample|end_sample|confidence|extra_data\n" +
				"a|x|66150|2734200|0.5|\"{\"\"by\"\":\"\"me\"\",\"\"n\"\":1}\"\na|y|88200|88200||\n"},
		"other names": {labelfile.TableOptions{AudioFileID: "Datei", ArtifactType: "Was", Start: "Beginn", Duration: "Dauer (ms)"},
			"Datei,Was,Beginn,Dauer (ms),confidence,extra_data\n" +
				"a,x,1.500,60500,0.5,\"{\"\"by\"\":\"\"me\"\",\"\"n\"\":1}\"\na,y,2.000,0,,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			out, report := writeFormat(t, labelfile.CSV, labels, &labelfile.WriteOptions{Table: tt.opts})
			is.Equal(string(out), tt.want)
			is.Equal(report, labelfile.WriteReport{Labels: 2, Remarks: []labelfile.Remark{}})
			back := readFormat(labelfile.CSV, out, labelfile.ReadOptions{Table: tt.opts})
			is.NoErr(back.err)
			sameLabels(t, back.labels, labels) // and it reads back
		})
	}
}

func TestTableOptions_refuses(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]labelfile.TableOptions{
		"a separator of numbers":   {Separator: '.'},
		"a separator of two bytes": {Separator: 'é'},
		"a quote":                  {Separator: '"'},
		"an unknown unit":          {Unit: "hours"},
		"samples without rate":     {Unit: labelfile.UnitSamples},
		"samples by name":          {Start: "onset_sample"},
		"a rate of thousands":      {SampleRate: 1 << 40},
		"a negative rate":          {SampleRate: -1},
		"a name twice":             {Start: "time", End: "Time"},
		"extra that is not found":  {ExtraColumns: []string{"Low Freq (Hz)"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.CSV, []byte("start,end,label\n"), labelfile.ReadOptions{Table: opts})
			_, ok := errors.AsType[*annoset.ValidationError](r.err)
			is.True(ok)
			_, err := labelfile.Write(io.Discard, labelfile.CSV, pairs(), &labelfile.WriteOptions{Table: opts})
			is.True(errors.Is(err, annoset.ErrInvalid))
		})
	}
}

func TestTableFormats_spreadsheets(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.CSV, []byte("file,start,end,label\n#NAME?,1,2,x\na,1,2,#REF!\n#N/A,,,\na,1,2,#DIV/0!\na,1,2,#1\n"),
		labelfile.ReadOptions{})
	is.NoErr(r.err)
	is.Equal(len(r.labels), 4) // they are reported, and read
	spoiled := r.report.Remarks[0]
	is.Equal(spoiled.Kind, labelfile.RemarkSpoiled)
	is.Equal(spoiled.First, []annoset.Place{
		{Line: 2, Column: 1, Text: "#NAME?"}, {Line: 3, Column: 7, Text: "#REF!"}, {Line: 4, Column: 1, Text: "#N/A"},
		{Line: 5, Column: 7, Text: "#DIV/0!"},
	})

	labels := []annoset.Annotation{{AudioFileID: "@a", ArtifactType: "=1+1", EndMS: 1}, {AudioFileID: "a", ArtifactType: "-", EndMS: 1},
		{AudioFileID: "a", ArtifactType: "a=b", EndMS: 1}, {AudioFileID: "a", ArtifactType: "＋1", EndMS: 1}}
	out, report := writeFormat(t, labelfile.DCASE, labels, &labelfile.WriteOptions{SafeFormulas: true})
	is.Equal(string(out), "filename\tonset\toffset\tevent_label\n'@a\t0.000\t0.001\t'=1+1\na\t0.000\t0.001\t'-\na\t0.000\t0.001\ta=b\n"+
		"a\t0.000\t0.001\t'＋1\n")
	is.Equal(remarked(report.Remarks, labelfile.RemarkFormulaEscaped), int64(4))
}

func TestTableFormats_keepTimes(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, tt := range []struct {
		f    labelfile.Format
		text string
	}{
		{labelfile.DCASE, "filename\tonset\toffset\tevent_label\na\t0.12345\t1.00049\tx\nb\t0.500\t1.000\tx\n"},
		{labelfile.SimpleSeq, "onset_s,offset_s,label\n0.0029761904761904,0.141504329004329,1\n"},
		{labelfile.Audacity, "0.101385\t0.367520\tSP\n\\\t6441.064453\t-1.000000\n"},
		{labelfile.Lhotse, `{"id":"ep1-1","recording_id":"ep1","start":0.0004,"duration":0.00029,"channel":0,"text":"x"}` + "\n"},
	} {
		is := is.New(t)
		r := readFormat(tt.f, []byte(tt.text), labelfile.ReadOptions{Name: "ep1.txt", KeepTimes: true})
		is.NoErr(r.err)
		out, report := writeFormat(t, tt.f, r.labels, nil)
		is.Equal(string(out), tt.text) // to the byte
		is.Equal(report.Remarks, []labelfile.Remark{})
		r.labels[0].StartMS += 7
		r.labels[0].EndMS += 7
		out, _ = writeFormat(t, tt.f, r.labels[:1], nil)
		moved := readFormat(tt.f, out, labelfile.ReadOptions{Name: "ep1.txt"})
		is.NoErr(moved.err)
		is.Equal(moved.labels[0].StartMS, r.labels[0].StartMS) // a time that was changed is not what was kept
	}
}

// The header of these files says seconds, and their times are milliseconds. The header is believed, the user may know
// better, and where the length of the audio is known the mistake comes to light.
func TestCSV_unitMistake(t *testing.T) {
	t.Parallel()
	const path = "formats/crowsetta-csv/steinfath-et-al-2021/bl26lb16_190412_0721.20144_annotations.csv"
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, path)))(t)
	r := readFormat(labelfile.CSV, data, labelfile.ReadOptions{Name: path})
	is.NoErr(r.err)
	is.Equal([]int64{r.labels[0].StartMS, r.labels[0].EndMS}, []int64{23_331_875, 23_395_500}) // as the header says
	ms := readFormat(labelfile.CSV, data, labelfile.ReadOptions{Name: path, Table: labelfile.TableOptions{Unit: labelfile.UnitMilliseconds}})
	is.NoErr(ms.err)
	is.Equal([]int64{ms.labels[0].StartMS, ms.labels[0].EndMS}, []int64{23_332, 23_396})               // as is true
	named := labelfile.TableOptions{Start: "start_seconds", End: "stop_seconds", ArtifactType: "name"} // as crowsetta's columns_map
	simple := readFormat(labelfile.SimpleSeq, data, labelfile.ReadOptions{Name: path, Table: named})
	is.NoErr(simple.err)
	sameLabels(t, simple.labels, r.labels)

	ctx := context.Background()
	s := openStore(t, nil)
	d := value(s.CreateDataset(ctx, annoset.NewDataset{Name: "finches"}))(t)
	is.NoErr(s.AddAudioFiles(ctx, d.ID, annoset.AudioFile{ID: r.labels[0].AudioFileID, DurationMS: 60_000}))
	set := value(s.CreateSet(ctx, d.ID, annoset.NewSet{}))(t)
	_, err := s.Import(ctx, set.ID, pairs(r.labels...), nil)
	is.True(errors.Is(err, annoset.ErrInvalid)) // past the end of the audio
	_, err = s.Import(ctx, set.ID, pairs(ms.labels...), nil)
	is.NoErr(err)
}

// Python's csv and json read what is written.
func TestTableFormats_othersRead(t *testing.T) {
	skipMany(t)
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	const program = `
import csv, io, json, sys
text = sys.stdin.buffer.read().decode("utf-8")
how = sys.argv[1]
if how == "jsonl":
    rows = [json.loads(l) for l in text.split("\n") if l]
else:
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t" if how == "tsv" else ",", strict=True)
for r in rows:
    e = r.get("extra_data")
    if isinstance(e, str):
        e = json.loads(e) if e else None
    c = r.get("confidence")
    out = {"audio_file_id": r["audio_file_id"], "artifact_type": r["artifact_type"], "start_ms": int(r["start_ms"]),
        "end_ms": int(r["end_ms"]), "confidence": float(c) if c not in ("", None) else None, "extra_data": e}
    print(json.dumps(out))
`
	for _, f := range []labelfile.Format{labelfile.CSV, labelfile.TSV, labelfile.JSONLines} {
		t.Run(string(f), func(t *testing.T) {
			is := is.New(t)
			labels := nastyLabels(rand.New(rand.NewPCG(3, 3)), 300)
			out, _ := writeFormat(t, f, labels, nil)
			cmd := exec.Command(python, "-c", program, string(f))
			cmd.Stdin = bytes.NewReader(out)
			said, err := cmd.Output()
			is.NoErr(err)
			back := readFormat(labelfile.JSONLines, said, labelfile.ReadOptions{})
			is.NoErr(back.err)
			oneForm := func(labels []annoset.Annotation) []annoset.Annotation {
				out := []annoset.Annotation{}
				for _, a := range labels {
					var v any
					if len(a.ExtraData) > 0 {
						is.NoErr(json.Unmarshal(a.ExtraData, &v))
						a.ExtraData = mustJSON(t, v)
					}
					out = append(out, a)
				}
				return out
			}
			sameLabels(t, oneForm(back.labels), oneForm(labels))
		})
	}
}
