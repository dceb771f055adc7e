package labelfile_test

import (
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

func TestRead_EAF_timeOriginOfASample(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "faults/eaf-time-origin.eaf")))(t)
	r := readFormat(labelfile.EAF, data, labelfile.ReadOptions{Name: "x.eaf"})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"door 1000-1500"})
	is.Equal(r.labels[0].AudioFileID, "scene.wav")
	out, report := writeFormat(t, labelfile.EAF, r.labels, nil)
	is.Equal(len(report.Remarks), 0)
	is.True(strings.Contains(string(out), ` TIME_ORIGIN="1000"`))
	is.True(strings.Contains(string(out), ` TIME_VALUE="0"`)) // as it was
}

// TestEAF_timeOrigin counts times from where the audio begins: the time line of a document may begin elsewhere.
func TestEAF_timeOrigin(t *testing.T) {
	skipMany(t)
	t.Parallel()
	const (
		video = `<MEDIA_DESCRIPTOR MEDIA_URL="file:///a.mp4" MIME_TYPE="video/mp4" TIME_ORIGIN="70"/>`
		plain = `<MEDIA_DESCRIPTOR MEDIA_URL="file:///a.wav" MIME_TYPE="audio/x-wav"/>`
		later = `<MEDIA_DESCRIPTOR MEDIA_URL="file:///a.wav" MIME_TYPE="audio/x-wav" TIME_ORIGIN="1000"/>`
		early = `<MEDIA_DESCRIPTOR MEDIA_URL="file:///a.wav" MIME_TYPE="audio/x-wav" TIME_ORIGIN="-5"/>`
	)
	for name, tt := range map[string]struct {
		header string
		want   []string
	}{
		"none":                    {plain, []string{"a 10-25", "b 25-40"}},
		"of the audio":            {video + later, []string{"a 1010-1025", "b 1025-1040"}},
		"of the first audio file": {plain + later, []string{"a 10-25", "b 25-40"}},
		"of a video alone":        {video, []string{"a 80-95", "b 95-110"}},
		"before 0":                {early, []string{"a 5-20", "b 20-35"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			text := []byte(eaf(tt.header, slots(10, 25, 40), eafTier("top", "top", "", aligned("a1", 1, 2, "a"))+
				eafTier("more", "top", "", aligned("a2", 2, 3, "b"))))
			r := readFormat(labelfile.EAF, text, labelfile.ReadOptions{})
			is.NoErr(r.err)
			is.Equal(spans(r.labels), tt.want)
			is.Equal(len(r.report.Remarks), 0) // nothing is lost
			readsTiersAgain(t, labelfile.EAF, text)
		})
	}
	is := is.New(t)
	read := func(header, unit string) reading {
		text := eaf(header, slots(10, 25), eafTier("top", "top", "", aligned("a1", 1, 2, "a")))
		return readFormat(labelfile.EAF, []byte(strings.Replace(text, "milliseconds", unit, 1)), labelfile.ReadOptions{})
	}
	is.Equal(spans(read(later, "PAL-frames").labels), []string{"a 1400-2000"}) // which is in milliseconds in any case
	for _, bad := range []string{"x", "1.5", "", "99999999999999999999"} {
		r := read(strings.Replace(later, "1000", bad, 1), "milliseconds")
		is.True(r.err != nil && strings.Contains(r.err.Error(), "a whole number for TIME_ORIGIN"))
	}
	r := read(strings.Replace(later, "1000", "-11", 1), "milliseconds")
	is.True(r.err != nil && strings.Contains(r.err.Error(), "before the beginning of the audio")) // that label is not in it
}

// TestWrite_EAF_timeOrigin keeps the time line of a document, unless its labels no longer lie on it.
func TestWrite_EAF_timeOrigin(t *testing.T) {
	skipMany(t)
	t.Parallel()
	of := func(extra string, start int64) annoset.Annotation {
		a := label("a.wav", "x", start, start+10)
		if extra != "" {
			a.ExtraData = []byte(extra)
		}
		return a
	}
	for name, tt := range map[string]struct {
		labels []annoset.Annotation
		origin string
		lost   int64
	}{
		"all have one":               {[]annoset.Annotation{of(`{"time_origin":7}`, 7), of(`{"time_origin":7}`, 8)}, "7", 0},
		"a new label takes it":       {[]annoset.Annotation{of(`{"time_origin":7}`, 20), of("", 8)}, "7", 0},
		"below 0":                    {[]annoset.Annotation{of(`{"time_origin":-7}`, 0)}, "-7", 0},
		"none":                       {[]annoset.Annotation{of(`{"time_origin":0}`, 0)}, "", 1},
		"two of them":                {[]annoset.Annotation{of(`{"time_origin":7}`, 20), of(`{"time_origin":8}`, 20)}, "7", 1},
		"a label before it":          {[]annoset.Annotation{of(`{"time_origin":7}`, 20), of("", 6), of(`{"time_origin":7}`, 9)}, "", 2},
		"no number":                  {[]annoset.Annotation{of(`{"time_origin":"7"}`, 20)}, "", 1},
		"no whole number":            {[]annoset.Annotation{of(`{"time_origin":7.5}`, 20)}, "", 1},
		"farther than any time line": {[]annoset.Annotation{of(`{"time_origin":-9007199254740993}`, 20)}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			out, report := writeFormat(t, labelfile.EAF, tt.labels, nil)
			is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), tt.lost)
			is.Equal(strings.Contains(string(out), "TIME_ORIGIN"), tt.origin != "")
			is.True(tt.origin == "" || strings.Contains(string(out), ` TIME_ORIGIN="`+tt.origin+`"`))
			back := readFormat(labelfile.EAF, out, labelfile.ReadOptions{})
			is.NoErr(back.err)
			want := withoutExtra(tt.labels)
			sameLabels(t, withoutExtra(back.labels), want) // at the same times in any case
		})
	}
}

// TestRead_WebVTT_timestampMap moves times to where the stream has them, as HTTP Live Streaming says (RFC 8216, 3.5).
func TestRead_WebVTT_timestampMap(t *testing.T) {
	skipMany(t)
	t.Parallel()
	const cue = "\n\n00:00:01.000 --> 00:00:02.500\nhi\n"
	for name, tt := range map[string]struct {
		text           string
		want           []string
		moved, skipped int64
	}{
		"none":                        {"WEBVTT" + cue, []string{"hi 1000-2500"}, 0, 0},
		"ten seconds later":           {"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000" + cue, []string{"hi 11000-12500"}, 1, 0},
		"in the other order":          {"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00.000,MPEGTS:900000" + cue, []string{"hi 11000-12500"}, 1, 0},
		"earlier":                     {"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:01.000,MPEGTS:90" + cue, []string{"hi 1-1501"}, 1, 0},
		"at the same time":            {"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:10.000,MPEGTS:900000" + cue, []string{"hi 1000-2500"}, 0, 0},
		"below another header":        {"WEBVTT\nKind: captions\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:90000" + cue, []string{"hi 2000-3500"}, 1, 1},
		"of each segment of a stream": {"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:90000" + cue + "\nWEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:180000" + cue + "\nWEBVTT" + cue, []string{"hi 2000-3500", "hi 3000-4500", "hi 1000-2500"}, 2, 2},
		"one that cannot be read":     {"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:soon,MPEGTS:900000" + cue, []string{"hi 1000-2500"}, 0, 1},
		"of half a map":               {"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000" + cue, []string{"hi 1000-2500"}, 0, 1},
		"before the cues at once":     {"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:90000,LOCAL:00:00:00.000\n00:01.000 --> 00:02.500\nhi\n", []string{"hi 2000-3500"}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.WebVTT, []byte(tt.text), labelfile.ReadOptions{Name: "x.vtt"})
			is.NoErr(r.err)
			is.Equal(spans(r.labels), tt.want)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkTimeChanged), tt.moved)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkRecordSkipped), tt.skipped)
		})
	}
}

// TestRead_TextGrid_part remarks that a TextGrid does not begin at 0: the audio file may begin there, or may not.
func TestRead_TextGrid_part(t *testing.T) {
	t.Parallel()
	for begin, want := range map[string]int64{"0": 0, "-0": 0, "-1.3e-17": 0, "0.0004": 0, "10.5": 1, "-2": 1} {
		is := is.New(t)
		text := `"ooTextFile" "TextGrid" ` + begin + ` 20 <exists> 1 "IntervalTier" "w" ` + begin + ` 20 1 11 12 "a"`
		r := readFormat(labelfile.TextGrid, []byte(text), labelfile.ReadOptions{Name: "x"})
		is.NoErr(r.err)
		is.Equal(spans(r.labels), []string{"a 11000-12000"})
		is.Equal(remarked(r.report.Remarks, labelfile.RemarkFieldLost), want)
		is.Equal(len(r.audio) == 0, want > 0) // nobody knows how long the whole is
		if want > 0 {
			is.Equal(r.report.Remarks[0].First[0], annoset.Place{File: "x", Line: 1, Column: 25, Text: "xmin " + begin + ": the times do not count from 0"})
		}
	}
}
