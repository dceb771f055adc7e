package table

import (
	"testing"

	"github.com/matryer/is"
)

func TestName(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for header, want := range map[string]string{
		"Begin Time (s)": "begin_time_s", "  Größe ": "größe", "recordingID": "recordingid", "a__b": "a_b", "()": "", "": "", "e\u0301": "e\u0301",
	} {
		is.Equal(Name(header), want)
	}
	is.Equal(UnitOf("Start (ms)"), Milliseconds)
	is.Equal(UnitOf("onset_sample"), Samples)
	is.Equal(UnitOf("stop seconds"), Seconds)
	is.Equal(UnitOf("(s)"), Unit("")) // a unit of nothing
}

func TestParseClock(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for text, want := range map[string]int64{
		"5": 5000, "5.5": 5500, "0:05": 5000, "1:02.5": 62_500, "61:00": 3_660_000, "1:01:01,001": 3_661_001, "100:00:00": 360_000_000,
	} {
		n, err := parseClock(text)
		is.NoErr(err)
		ms, exact, err := n.MS()
		is.NoErr(err)
		is.True(exact)
		is.Equal(ms, want)
	}
	for _, text := range []string{
		"", ":", "1:", ":05", "1:5", "1:60", "1:60:00", "1:5:00", "1:02:03:04", "-1:00", "1:-05", "1:05e1", "1:.55", "a:05", "99999999999:00",
		"1:0x", "1 :05",
	} {
		_, err := parseClock(text)
		is.True(err != nil) // text
	}
}

func TestAppendTime(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, tt := range []struct {
		unit Unit
		ms   int64
		want string
	}{
		{Clock, 0, "00:00:00.000"}, {Clock, 3_661_001, "01:01:01.001"}, {Clock, 360_000_000, "100:00:00.000"}, {Milliseconds, 7, "7"},
		{Seconds, 1500, "1.5"}, {Samples, 1, "44"}, {Samples, 1 << 43, "387907702279373"},
	} {
		text := string(appendTime(nil, tt.ms, tt.unit, 44_100, 1))
		is.Equal(text, tt.want)
		n, err := parseTime(text, tt.unit, 44_100, false)
		is.NoErr(err)
		ms, _, err := n.MS()
		is.NoErr(err)
		is.Equal(ms, tt.ms) // and back
	}
}

func TestSpoiled(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for text, want := range map[string]bool{
		"#NAME?": true, "#REF!": true, "#DIV/0!": true, "#N/A": true, "#WERT!": true, "#SPILL!": true,
		"#1": false, "#": false, "": false, "#abc!": false, "#tag": false, "NAME?": false, "#!": false,
	} {
		is.Equal(spoiled(text), want)
	}
}
