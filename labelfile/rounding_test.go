package labelfile_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile"
)

// timesIn writes a label from one time to another in a format, as other programs do. Times are in seconds.
var timesIn = map[labelfile.Format]func(start, end string) string{
	labelfile.JSONLines: func(start, end string) string { // counts milliseconds
		return fmt.Sprintf(`{"artifact_type":"hum","start_ms":%s,"end_ms":%s}`, times1000(start), times1000(end))
	},
	labelfile.CSV: func(start, end string) string { return "start,end,label\n" + start + "," + end + ",hum\n" },
	labelfile.TSV: func(start, end string) string { return "start\tend\tlabel\n" + start + "\t" + end + "\thum\n" },
	labelfile.DCASE: func(start, end string) string {
		return "filename\tonset\toffset\tevent_label\nx\t" + start + "\t" + end + "\thum\n"
	},
	labelfile.BirdNET: func(start, end string) string {
		return "Start (s),End (s),Scientific name,Common name,Confidence,File\n" + start + "," + end + ",hum,Hum,0.5,x\n"
	},
	labelfile.BirdNETTable: func(start, end string) string {
		return "filepath,start,end,scientific_name,common_name,confidence\nx," + start + "," + end + ",hum,Hum,0.5\n"
	},
	labelfile.GenericSeq: func(start, end string) string {
		return "label,onset_s,offset_s,notated_path,annot_path,sequence,annotation\nhum," + start + "," + end + ",x,x,0,0\n"
	},
	labelfile.SimpleSeq: func(start, end string) string { return "onset_s,offset_s,label\n" + start + "," + end + ",hum\n" },
	labelfile.Audacity:  func(start, end string) string { return start + "\t" + end + "\thum\n" },
	labelfile.Raven: func(start, end string) string {
		return "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\tSpectrogram 1\t1\t" + start + "\t" + end + "\thum\n"
	},
	labelfile.TextGrid: func(start, end string) string {
		return `"ooTextFile" "TextGrid" ` + start + ` 9 <exists> 1 "IntervalTier" "w" ` + start + ` 9 1 ` + start + " " + end + ` "hum"`
	},
	labelfile.UEM: func(start, end string) string { return "x 1 " + start + " " + end + "\n" },
	labelfile.LabelStudio: func(start, end string) string {
		return `[{"data":{"audio":"x"},"annotations":[{"result":[{"id":"r","type":"labels","value":{"start":` + start + `,"end":` + end + `,"labels":["hum"]}}]}]}]`
	},
}

// durationsIn writes a label with a start and a duration.
var durationsIn = map[labelfile.Format]func(start, duration string) string{
	labelfile.CSV: func(start, duration string) string {
		return "start,duration,label\n" + start + "," + duration + ",hum\n"
	},
	labelfile.Lhotse: func(start, duration string) string {
		return `{"id":"1","recording_id":"x","start":` + start + `,"duration":` + duration + `,"text":"hum"}`
	},
	labelfile.RTTM: func(start, duration string) string {
		return "SPEAKER x 1 " + start + " " + duration + " <NA> <NA> hum <NA> <NA>\n"
	},
	labelfile.CTM: func(start, duration string) string { return "x 1 " + start + " " + duration + " hum\n" },
	labelfile.JAMS: func(start, duration string) string {
		return `{"annotations":[{"namespace":"tag_open","data":[{"time":` + start + `,"duration":` + duration + `,"value":"hum","confidence":null}]}]}`
	},
}

// clocksIn writes a label with times on a clock, which have no sign.
var clocksIn = map[labelfile.Format]func(start, end string) string{
	labelfile.CSV:    func(start, end string) string { return "start,end,label\n" + start + "," + end + ",hum\n" },
	labelfile.WebVTT: func(start, end string) string { return "WEBVTT\n\n" + start + " --> " + end + "\nhum\n" },
	labelfile.SRT:    func(start, end string) string { return "1\n" + start + " --> " + end + "\nhum\n" },
}

// times1000 multiplies by 1000 in text.
func times1000(seconds string) string {
	if digits, exponent, ok := strings.Cut(seconds, "e"); ok {
		var power int
		fmt.Sscan(exponent, &power) //nolint:errcheck // the texts are those below
		return fmt.Sprintf("%se%d", digits, power+3)
	}
	return seconds + "e3"
}

// TestRead_whatRoundsToALawfulTime reads what float arithmetic in other programs leaves: starts a hair below 0, ends a
// hair before their starts.
func TestRead_whatRoundsToALawfulTime(t *testing.T) {
	t.Parallel()
	type span struct {
		start, second  string
		wantMS, wantTo int64 // -1: an error
	}
	spans := []span{
		{"-1.3877787807814457e-17", "1", 0, 1000},
		{"-4.9e-324", "1", 0, 1000},                               // the least that a float can say
		{"-0.0004", "1", 0, 1000},                                 // which is 0 ms
		{"-0.0005", "1", -1, -1},                                  // which is -1 ms
		{"0.3", "0.2999999999999998", 300, 300},                   // the end is 2e-16 before
		{"0.3005", "0.30049999999999993", 301, 301},               // wherever that is
		{"1", "0.9994", -1, -1},                                   // which is more than half a millisecond
		{"-1.4e-17", "-2.8e-17", 0, 0},                            // both
		{"1", "1.0000000000000000000000000001", 1000, 1000},       // digits that a float does not have
		{"0.99999999999999999999999999", "2e0", 1000, 2000},       // likewise
		{"2.220446049250313e-16", "1e-308", 0, 0},                 // zero, twice
		{"0", "1.7976931348623157e+308", -1, -1},                  // later than any time
		{"8796093022.20849", "8796093022.2084", 1 << 43, 1 << 43}, // the last time, as it is rounded
	}
	durations := []span{
		{"-1.3877787807814457e-17", "1", 0, 1000}, {"-0.0005", "1", -1, -1}, {"0.3", "-2.220446049250313e-16", 300, 300},
		{"0.3005", "-5e-17", 301, 301}, {"0.3", "-0.0006", -1, -1}, {"-0.0004", "0.0008", 0, 0},
	}
	clocks := []span{
		{"00:00:01.00000000000001", "00:00:01.00000000000000", 1000, 1000}, {"00:01:00.5005", "00:01:00.50049999999999", 60501, 60501},
		{"00:00:01.000", "00:00:00.999", -1, -1},
	}
	check := func(f labelfile.Format, text string, s span) {
		is := is.New(t)
		r := readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x"})
		if f == labelfile.Audacity && s.second == "0.9994" {
			is.NoErr(r.err) // it swaps them, as the program does
			return
		}
		if s.wantMS < 0 {
			_, refused := r.err.(*labelfile.SyntaxError)
			is.True(refused) // this is no time
			return
		}
		is.NoErr(r.err)
		is.Equal(len(r.labels), 1)
		is.Equal([]int64{r.labels[0].StartMS, r.labels[0].EndMS}, []int64{s.wantMS, s.wantTo}) // rounded first of all
		is.Equal(remarked(r.report.Remarks, labelfile.RemarkDigitsLost), int64(1))             // and not in silence
	}
	for f, write := range timesIn {
		for _, s := range spans {
			check(f, write(s.start, s.second), s)
		}
	}
	for f, write := range durationsIn {
		for _, s := range durations {
			check(f, write(s.start, s.second), s)
		}
	}
	for f, write := range clocksIn {
		for _, s := range clocks {
			check(f, write(s.start, s.second), s)
		}
	}
}

func TestRead_tinyNegative(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "faults/tiny-negative.TextGrid")))(t)
	r := readFormat(labelfile.TextGrid, data, labelfile.ReadOptions{Name: "x.TextGrid"})
	is.NoErr(r.err)
	is.Equal(len(r.labels), 2)
	is.Equal([]int64{r.labels[0].StartMS, r.labels[0].EndMS, r.labels[1].StartMS, r.labels[1].EndMS}, []int64{0, 1000, 1000, 2000})
	is.Equal(r.audio[0].DurationMS, int64(2000)) // it begins at 0, as far as a millisecond goes
}

// TestRead_clocksAHairBelow0 reads what programs make of it: a zero with a sign.
func TestRead_clocksAHairBelow0(t *testing.T) {
	t.Parallel()
	for start, ok := range map[string]bool{"-00:00:00.000": true, "-00:00:00.0004": true, "-00:00:00.001": false, "-00:00:01": false, "--00:00:00.000": false} {
		for f, text := range map[labelfile.Format]string{
			labelfile.WebVTT: "WEBVTT\n\n" + start + " --> 00:00:02.000\nx\n",
			labelfile.SRT:    "1\n" + strings.Replace(start, ".", ",", 1) + " --> 00:00:02,000\nx\n",
			labelfile.CSV:    "start,end,label\n" + start + ",00:00:02.000,x\n",
		} {
			is := is.New(t)
			r := readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x"})
			if is.Equal(r.err == nil, ok); ok {
				is.Equal(spans(r.labels), []string{"x 0-2000"})
			}
		}
	}
}
