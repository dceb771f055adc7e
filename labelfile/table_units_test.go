package labelfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile"
)

func TestCSV_units(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		format  labelfile.Format
		text    string
		opts    labelfile.TableOptions
		want    string
		assumed int64
	}{
		"seconds of ELAN":      {labelfile.TSV, "Begin Time - ss.msec\tEnd Time - ss.msec\tannotation\n1.5\t2.0\ta\n", labelfile.TableOptions{}, "ep1 a 1500-2000\n", 0},
		"milliseconds of ELAN": {labelfile.TSV, "Begin Time - msec\tEnd Time - msec\tannotation\n1500\t2000\ta\n", labelfile.TableOptions{}, "ep1 a 1500-2000\n", 0},
		"a clock of ELAN":      {labelfile.TSV, "Begin Time - hh:mm:ss.ms\tEnd Time - hh:mm:ss.ms\tannotation\n00:00:01.500\t00:00:02.000\ta\n", labelfile.TableOptions{}, "ep1 a 1500-2000\n", 0},
		"a clock, by option": {labelfile.TSV, "Von - hh:mm:ss.ms\tBis - hh:mm:ss.ms\tannotation\n00:00:01.500\t00:00:02.000\ta\n",
			labelfile.TableOptions{Start: "Von - hh:mm:ss.ms", End: "Bis - hh:mm:ss.ms"}, "ep1 a 1500-2000\n", 0},
		"seconds, by option": {labelfile.TSV, "Von - ss.msec\tBis - ss.msec\tannotation\n1.5\t2\ta\n",
			labelfile.TableOptions{Start: "Von - ss.msec", End: "Bis - ss.msec"}, "ep1 a 1500-2000\n", 0},
		"minutes and seconds": {labelfile.CSV, "start (mm:ss),end (mm:ss),label\n01:02,01:03.5,a\n", labelfile.TableOptions{}, "ep1 a 62000-63500\n", 0},
		"Whisper":             {labelfile.TSV, "start\tend\ttext\n0\t4280\tthe door opens\n4280\t7000\tsteps\n", labelfile.TableOptions{}, "ep1 the door opens 0-4280\nep1 steps 4280-7000\n", 1},
		"whisper.cpp":         {labelfile.CSV, "start,end,text\n0,4280,\" the door opens\"\n", labelfile.TableOptions{}, "ep1  the door opens 0-4280\n", 1},
		"whisper.cpp, with speakers": {labelfile.CSV, "start,end,speaker,text\n0,4280,\"0\",\"hi\"\n", labelfile.TableOptions{},
			`ep1 hi 0-4280{"speaker":"0"}` + "\n", 1},
		"Whisper, in UTF-16":               {labelfile.TSV, asUTF16("start\tend\ttext\r\n0\t4280\thi\r\n"), labelfile.TableOptions{}, "ep1 hi 0-4280\n", 1},
		"Whisper, with the unit":           {labelfile.TSV, "start\tend\ttext\n0\t4280\thi\n", labelfile.TableOptions{Unit: labelfile.UnitMilliseconds}, "ep1 hi 0-4280\n", 0},
		"seconds, by unit":                 {labelfile.TSV, "start\tend\ttext\n0\t4280\thi\n", labelfile.TableOptions{Unit: labelfile.UnitSeconds}, "ep1 hi 0-4280000\n", 0},
		"short whole seconds of speech":    {labelfile.TSV, "start\tend\ttext\n0\t5\thi\n", labelfile.TableOptions{}, "ep1 hi 0-5000\n", 1},
		"whole seconds of something":       {labelfile.CSV, "start,end,label\n0,4280,hum\n", labelfile.TableOptions{}, "ep1 hum 0-4280000\n", 1},
		"no unit, and no decimals, at all": {labelfile.CSV, "onset,duration,label\n10,5,hum\n", labelfile.TableOptions{}, "ep1 hum 10000-15000\n", 1},
		"Whisper's with texts of several lines": {labelfile.CSV, "start,end,text\n0,4280,\"a\nb\n\"\"c\"\n4280,7000,\" d\"\n", labelfile.TableOptions{},
			"ep1 a\nb\n\"c 0-4280\nep1  d 4280-7000\n", 1},
		"less than a millisecond if it was one": {labelfile.CSV, "start,end,label\n1,30,hum\n1.5,2.25,hum\n", labelfile.TableOptions{},
			"ep1 hum 1000-30000\nep1 hum 1500-2250\n", 0},
		"decimals that could be milliseconds": {labelfile.CSV, "start,end,label\n23331.875,23395.5,a\n", labelfile.TableOptions{}, "ep1 a 23331875-23395500\n", 1},
		"a clock without a unit":              {labelfile.CSV, "start,end,label\n1:30,1:40,a\n", labelfile.TableOptions{}, "ep1 a 90000-100000\n", 0},
		"a unit on one side":                  {labelfile.CSV, "start_ms,end,label\n1500,2300,a\n", labelfile.TableOptions{}, "ep1 a 1500-2300\n", 1},
		"a unit on the other":                 {labelfile.CSV, "start,duration_ms,label\n1500,800,a\n", labelfile.TableOptions{}, "ep1 a 1500-2300\n", 1},
		"a column that is named":              {labelfile.CSV, "von,bis,label\n1500,2300,a\n", labelfile.TableOptions{Start: "von", End: "bis"}, "ep1 a 1500000-2300000\n", 1},
		"a format that says the unit":         {labelfile.DCASE, "filename\tonset\toffset\tevent_label\nf\t1\t20\ta\n", labelfile.TableOptions{}, "f a 1000-20000\n", 0},
		"a format without one":                {labelfile.SimpleSeq, "onset,offset,label\n1,20,a\n", labelfile.TableOptions{}, "ep1 a 1000-20000\n", 1},
		"no row":                              {labelfile.CSV, "start,end,label\n", labelfile.TableOptions{}, "", 0},
		"frames beside times": {labelfile.CSV, "start_frame,end_frame,begin_time_s,end_time_s,label\n1,2,3,4,a\n", labelfile.TableOptions{},
			`ep1 a 3000-4000{"start_frame":"1","end_frame":"2"}` + "\n", 0},
		"samples beside other times": {labelfile.CSV, "start_sample,end_sample,onset_s,offset_s,label\n1,2,3,4,a\n", labelfile.TableOptions{},
			`ep1 a 3000-4000{"start_sample":"1","end_sample":"2"}` + "\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "ep1.x", Table: tt.opts})
			is.NoErr(r.err)
			is.Equal(short(r.labels), tt.want)
			is.Equal(remarked(r.report.Remarks, "unit assumed"), tt.assumed)
		})
	}
}

func TestCSV_unitsThatAreNotRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text         string
		opts         labelfile.TableOptions
		line, column int
	}{
		"minutes":                      {"start_min,end_min,label\n1,2,a\n", labelfile.TableOptions{}, 1, 1},
		"minutes, by option":           {"von (min),bis (min),label\n1,2,a\n", labelfile.TableOptions{Start: "von (min)", End: "bis (min)"}, 1, 1},
		"frames":                       {"label,start_frame,end_frame\na,1,2\n", labelfile.TableOptions{}, 1, 7},
		"microseconds":                 {"label,start (µs),end (µs)\na,1,2\n", labelfile.TableOptions{}, 1, 7},
		"frames of a clock":            {"Begin Time - hh:mm:ss:ff,End Time - hh:mm:ss:ff,label\n00:00:01:12,00:00:02:00,a\n", labelfile.TableOptions{}, 1, 1},
		"hours and minutes":            {"start (hh:mm),end (hh:mm),label\n01:30,01:40,a\n", labelfile.TableOptions{}, 1, 1},
		"decimals after Whisper's own": {"start,end,text\n" + strings.Repeat("0,4280,a\n", 2000) + "4280,7000.5,b\n", labelfile.TableOptions{}, 2002, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := readFormat(labelfile.CSV, []byte(tt.text), labelfile.ReadOptions{Name: "ep1.x", Table: tt.opts})
			e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
			if !ok {
				t.Fatalf("%v, %s", r.err, short(r.labels))
			}
			is.Equal([]int{e.Line, e.Column}, []int{tt.line, tt.column})
			is.True(strings.Contains(e.Expected, "unit")) // it says what to do
			if tt.line == 1 {
				tt.opts.Unit = labelfile.UnitClock
				r = readFormat(labelfile.CSV, []byte(tt.text), labelfile.ReadOptions{Name: "ep1.x", Table: tt.opts})
				e, ok = errors.AsType[*labelfile.SyntaxError](r.err)
				is.True(!ok || e.Line == 2) // the unit of the options is taken
			}
		})
	}
	for _, name := range []string{"start (min)", "start_frames"} {
		is := is.New(t)
		_, err := labelfile.Write(io.Discard, labelfile.CSV, pairs(), &labelfile.WriteOptions{Table: labelfile.TableOptions{Start: name}})
		is.Equal(badFields(is, err), []string{"-1 table.start"})
	}
}

// TestCSV_clocksOfSpreadsheets refuses parts of a day, which spreadsheets write for times on a clock.
func TestCSV_clocksOfSpreadsheets(t *testing.T) {
	t.Parallel()
	const text = "Start (hh:mm:ss),Stop - hh:mm:ss.ms,label\n00:00:01.5,00:00:02,x\n0.5,0.75,y\n0,3,z\n"
	for _, f := range []labelfile.Format{labelfile.CSV, labelfile.TSV} {
		is := is.New(t)
		text := text
		if f == labelfile.TSV {
			text = strings.ReplaceAll(text, ",", "\t")
		}
		r := readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x", MaxBad: 1})
		is.NoErr(r.err)
		is.Equal(short(r.labels), "x x 1500-2000\nx z 0-3000\n")
		is.Equal(badLines(r.report), []int{3}) // half a day, and no half a second
		r = readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x", Table: labelfile.TableOptions{Unit: labelfile.UnitClock}})
		is.NoErr(r.err)
		is.Equal(short(r.labels[1:2]), "x y 500-750\n") // unless the caller says so
	}
}

func TestCSV_unitMistakeIsRefusedIfAsked(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.CSV, []byte("start,end,label\n0,4280,hum\n"), labelfile.ReadOptions{
		Name: "ep1.csv", Strict: []labelfile.RemarkKind{"unit assumed"},
	})
	e, ok := errors.AsType[*labelfile.RemarkError](r.err)
	is.True(ok)
	is.Equal(e.At.String(), "ep1.csv:1:1") // the header
}

// TestFaults_tables reads the faults that people found, which have what is expected beside them.
func TestFaults_tables(t *testing.T) {
	t.Parallel()
	for file, tt := range map[string]struct {
		table labelfile.TableOptions
		want  string
	}{
		"whisper.tsv":              {labelfile.TableOptions{}, "whisper the door opens 0-4280\nwhisper somebody walks in 4280-7000\n"},
		"elan-header2.txt":         {labelfile.TableOptions{}, "elan-header2 hello 1500-2000\n"},
		"rec1.BirdNET.results.csv": {labelfile.TableOptions{}, `rec1 Turdus merula 0-3000 0.812{"common_name":"Amsel"}` + "\n"},
		"warbler.csv": {labelfile.TableOptions{}, `rec1.wav chirp 1250-1500{"selec":"1","bottom_freq":"2.1","top_freq":"6.5","channel":"1"}` + "\n" +
			`rec2.wav chirp 750-1050{"selec":"1","bottom_freq":"2.3","top_freq":"7.1","channel":"1"}` + "\n"},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, "faults/"+file)))(t)
			f := value(labelfile.Detect(file, data))(t)
			r := readFormat(f, data, labelfile.ReadOptions{Name: file, Table: tt.table})
			is.NoErr(r.err)
			is.Equal(short(r.labels), tt.want)
		})
	}
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "faults/elan-header2.txt")))(t)
	r := readFormat(labelfile.CSV, data, labelfile.ReadOptions{Name: "elan-header2.txt", Table: labelfile.TableOptions{
		Start: "Begin Time - ss.msec", End: "End Time - ss.msec",
	}})
	is.NoErr(r.err)
	is.Equal(short(r.labels), "elan-header2 hello 1500-2000\n") // as its page calls it
	is.Equal(len(r.report.Remarks), 0)
}
