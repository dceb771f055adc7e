package annoset_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

var speechFormats = []annoset.Format{
	annoset.FormatRTTM, annoset.FormatUEM, annoset.FormatCTM, annoset.FormatWebVTT, annoset.FormatSRT,
}

// speechSamples are real files with what they hold: labels, and what else is remarked.
var speechSamples = []struct {
	path             string
	format           annoset.Format
	labels           int
	skipped, mended  int64 // records that are no label; against the letter of the format
	first, last      string
	firstMS, lastEnd int64
}{
	{"voxconverse/test-0.2.rttm", annoset.FormatRTTM, 19479, 0, 0, "spk00", "", 2500, 0},
	{"voxconverse/test-0.3.rttm", annoset.FormatRTTM, 19479, 0, 0, "spk00", "", 2500, 0},
	{"voxconverse/dev.rttm", annoset.FormatRTTM, 8268, 0, 0, "spk00", "", 400, 0},
	{"formats/rttm/voxconverse-aiqwk.rttm", annoset.FormatRTTM, 0, 0, 0, "spk00", "", 30, 0},
	{"formats/rttm/ami-ES2011a.rttm", annoset.FormatRTTM, 0, 0, 0, "FEE041", "", 34270, 0},
	{"formats/rttm/earnings21-4320211.rttm", annoset.FormatRTTM, 0, 0, 0, "0", "", 3240, 0},
	{"formats/ctm/earnings21-4320211-first400.ctm", annoset.FormatCTM, 400, 0, 0, "GOOD", "", 3240, 0},
	{"formats/ctm/lhotse/supervision.ctm", annoset.FormatCTM, 5, 0, 0, "transcript", "segment", 100, 400},
	{"formats/ctm/lhotse/supervision_with_scores.ctm", annoset.FormatCTM, 5, 0, 0, "transcript", "segment", 100, 400},
	{"formats/webvtt/example-in.vtt", annoset.FormatWebVTT, 6, 6, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/webvtt/example-in-non-utf8.vtt", annoset.FormatWebVTT, 6, 6, 7, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/webvtt/example-out.vtt", annoset.FormatWebVTT, 6, 4, 0, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/webvtt/example-in-carriage-return.vtt", annoset.FormatWebVTT, 3, 0, 0,
		"Did one of the last stories strike you as\nmore interesting than the other?", "at a busy bus stop or anywhere\nelse for that matter.", 0, 14066},
	{"formats/webvtt/example-in-html-entities.vtt", annoset.FormatWebVTT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/webvtt/example-out-html-entities.vtt", annoset.FormatWebVTT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/webvtt/example-out-styled.vtt", annoset.FormatWebVTT, 10, 0, 0, "[instrumental music]", "x^3 * x = 100", 17985, 780000},
	{"formats/srt/example-in.srt", annoset.FormatSRT, 6, 0, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/example-in-non-utf8.srt", annoset.FormatSRT, 6, 0, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/missing-sequence-in.srt", annoset.FormatSRT, 6, 0, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/example-out.srt", annoset.FormatSRT, 6, 0, 0, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/example-in-carriage-return.srt", annoset.FormatSRT, 3, 0, 3,
		"Did one of the last stories strike you as\nmore interesting than the other?", "at a busy bus stop or anywhere\nelse for that matter.", 0, 14066},
	{"formats/srt/example-in-html-entities.srt", annoset.FormatSRT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/srt/example-out-html-entities.srt", annoset.FormatSRT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/srt/example-in-styled.srt", annoset.FormatSRT, 10, 0, 0, "[instrumental music]", "x^3 * x = 100", 17985, 780000},
	{"formats/srt/example-out-styled.srt", annoset.FormatSRT, 10, 0, 0, "[instrumental music]", "x^3 * x = 100", 17985, 780000},
}

func TestSpeechFormats_samples(t *testing.T) {
	t.Parallel()
	for _, s := range speechSamples {
		t.Run(s.path, func(t *testing.T) {
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, s.path)))(t)
			if s.labels == 0 {
				s.labels = bytes.Count(data, []byte("SPEAKER ")) // as grep counts them
			}
			head := data[:min(len(data), annoset.DetectBytes)]
			is.Equal(value(annoset.DetectFormat("", head))(t), s.format)     // by its contents alone
			is.Equal(value(annoset.DetectFormat(s.path, head))(t), s.format) // and with its name
			r := readFormat(s.format, data, annoset.ReadOptions{Name: s.path})
			is.NoErr(r.err)
			is.Equal(len(r.labels), s.labels)
			is.Equal(remarked(r.report.Remarks, annoset.RemarkRecordSkipped), s.skipped)
			is.Equal(remarked(r.report.Remarks, annoset.RemarkRepaired), s.mended)
			first, last := r.labels[0], r.labels[len(r.labels)-1]
			is.Equal([]any{first.ArtifactType, first.StartMS}, []any{s.first, s.firstMS})
			if s.lastEnd != 0 {
				is.Equal([]any{last.ArtifactType, last.EndMS}, []any{s.last, s.lastEnd})
			}
			is.Equal(len(r.clean), 0) // none of them says that a file is clean
			packed := readFormat(s.format, gzipped(t, data), annoset.ReadOptions{Name: s.path})
			is.NoErr(packed.err)
			sameLabels(t, packed.labels, r.labels) // packed or not

			out, report := writeFormat(t, s.format, r.labels, nil)
			is.Equal(report.Remarks, []annoset.Remark{}) // nothing is lost
			back := readFormat(s.format, out, annoset.ReadOptions{Name: s.path})
			is.NoErr(back.err)
			sameLabels(t, back.labels, r.labels)
			again, _ := writeFormat(t, s.format, back.labels, nil)
			is.True(bytes.Equal(again, out)) // write, read, write gives the same
		})
	}
}

// TestSpeechFormats_voxConverse has each format that can hold them hold all turns of two releases.
func TestSpeechFormats_voxConverse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"test-0.2", "test-0.3", "dev"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, "voxconverse/"+name+".rttm")))(t)
			r := readFormat(annoset.FormatRTTM, data, annoset.ReadOptions{})
			is.NoErr(r.err)
			for _, f := range []annoset.Format{annoset.FormatRTTM, annoset.FormatCTM} {
				out, report := writeFormat(t, f, r.labels, nil)
				is.Equal(report.Remarks, []annoset.Remark{})
				back := readFormat(f, out, annoset.ReadOptions{})
				is.NoErr(back.err)
				sameLabels(t, back.labels, r.labels)
			}
			if testing.Short() {
				return
			}
			byFile := map[string][]annoset.Annotation{}
			for _, a := range r.labels {
				byFile[a.AudioFileID] = append(byFile[a.AudioFileID], a)
			}
			is.Equal(len(byFile), map[string]int{"test-0.2": 232, "test-0.3": 232, "dev": 216}[name])
			for id, labels := range byFile { // these hold one recording each
				for _, f := range []annoset.Format{annoset.FormatWebVTT, annoset.FormatSRT} {
					out, report := writeFormat(t, f, labels, nil)
					is.Equal(report.Remarks, []annoset.Remark{})
					back := readFormat(f, out, annoset.ReadOptions{Name: id})
					is.NoErr(back.err)
					sameLabels(t, back.labels, labels)
				}
			}
		})
	}
}

// validatorSamples are the files of the test suite of NIST's rttmValidator, with the lines that are bad here. Its log names
// more of them where it looks at several records, which is not the business of a reader.
var validatorSamples = []struct {
	number int
	bad    []int
	labels int // when the bad ones are left out
	blank  int64
}{
	{number: 1, labels: 13},
	{number: 2, bad: []int{8}, labels: 12}, // with ten fields line 10 is good
	{number: 3, bad: []int{8}, labels: 12},
	{number: 5, bad: []int{10, 13}, labels: 11}, // in 7 and 11 the channels are 3 and 2: recorders have more than two, and nobody knows the domain
	{number: 6, bad: []int{5, 8, 10, 11}, labels: 11},
	{number: 7, bad: []int{5, 8, 9, 11, 12}, labels: 9},
	{number: 8, bad: []int{16}, labels: 12},
	{number: 9, bad: []int{5}, labels: 13},
	{number: 10, bad: []int{12}, labels: 12},
	{number: 11, labels: 13}, // the log warns of figures in a word
	{number: 12, bad: []int{8, 11, 13}, labels: 10},
	{number: 13, bad: []int{11, 17}, labels: 12},
	{number: 14, labels: 13},           // a speaker without SPKR-INFO
	{number: 15, labels: 13},           // words of a speaker overlap
	{number: 16, labels: 15},           // 16 to 19: an SU without words
	{number: 17, labels: 15},           //
	{number: 18, labels: 14},           //
	{number: 19, labels: 13},           //
	{number: 20, labels: 13},           // 20 and 21: a word that an SU covers in part
	{number: 21, labels: 13},           //
	{number: 22, labels: 14},           // 22 and 23: a word that no SU covers
	{number: 23, labels: 17},           //
	{number: 24, labels: 14},           // an SU without words
	{number: 25, labels: 13},           //
	{number: 26, labels: 19},           // 26 to 31: EDIT and FILLER without the IP that belongs to them
	{number: 27, labels: 19},           //
	{number: 28, labels: 17},           //
	{number: 29, labels: 17},           //
	{number: 30, labels: 18},           //
	{number: 31, labels: 18},           //
	{number: 32, labels: 36},           // records that lie in a NOSCORE in part
	{number: 33, labels: 15},           //
	{number: 34, labels: 39, blank: 3}, // words that nobody wrote down
	{number: 35, labels: 10},           //
	{number: 36, labels: 16},           //
}

func TestFormatRTTM_validatorSamples(t *testing.T) {
	t.Parallel()
	for _, s := range validatorSamples {
		name := fmt.Sprintf("test%02d.rttm", s.number)
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, "formats/rttm/sctk-validator/"+name)))(t)
			is.Equal(value(annoset.DetectFormat("", data))(t), annoset.FormatRTTM)
			strict := readFormat(annoset.FormatRTTM, data, annoset.ReadOptions{Name: name})
			e, refused := errors.AsType[*annoset.FormatError](strict.err)
			is.Equal(refused, len(s.bad) > 0)
			if refused {
				is.Equal([]any{e.Name, e.Line}, []any{name, s.bad[0]}) // the first one ends it
			}
			r := readFormat(annoset.FormatRTTM, data, annoset.ReadOptions{Name: name, MaxBad: 100})
			is.NoErr(r.err)
			is.Equal(badLines(r.report), s.bad)
			is.Equal(len(r.labels), s.labels)
			is.Equal(remarked(r.report.Remarks, annoset.RemarkBlankSkipped), s.blank)
			out, report := writeFormat(t, annoset.FormatRTTM, r.labels, nil)
			is.Equal(report.Remarks, []annoset.Remark{}) // all types of records can be written
			back := readFormat(annoset.FormatRTTM, out, annoset.ReadOptions{})
			is.NoErr(back.err)
			sameLabels(t, back.labels, r.labels)
		})
	}
}

// badLines are the lines of the records that were left out.
func badLines(report annoset.ReadReport) (lines []int) {
	for _, r := range report.Remarks {
		if r.Kind == annoset.RemarkBadSkipped {
			for _, place := range r.First {
				lines = append(lines, place.Line)
			}
		}
	}
	return lines
}

// TestFormatCTM_validatorSample reads the file of the test suite of NIST's ctmValidator. Of the lines that its log names, 9,
// 11, 18 and 35 are good here: they have other names and words than evaluations allow.
func TestFormatCTM_validatorSample(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "formats/ctm/sctk-validator/test00.ctm")))(t)
	strict := readFormat(annoset.FormatCTM, data, annoset.ReadOptions{})
	e, ok := errors.AsType[*annoset.FormatError](strict.err)
	is.True(ok)
	is.Equal([]int{e.Line, e.Column}, []int{2, 1})
	r := readFormat(annoset.FormatCTM, data, annoset.ReadOptions{MaxBad: 100})
	is.NoErr(r.err)
	is.Equal(badLines(r.report), []int{2, 4, 13, 15, 28, 30, 32, 40, 41, 46})     // the first ten
	is.Equal(remarked(r.report.Remarks, annoset.RemarkBadSkipped), int64(11))     // and 57
	is.Equal(len(r.labels), 28)                                                   // 59 lines less 16 comments, 11 and 4 around alternatives
	is.Equal(string(r.labels[25].ExtraData), `{"alternation":1,"alternative":3}`) // HAS
	out, report := writeFormat(t, annoset.FormatCTM, r.labels, nil)
	is.Equal(report.Remarks, []annoset.Remark{})
	is.True(strings.Contains(string(out), "1 * * <ALT_BEGIN>\nES2009b-Headset-18_T0 1 7.95 0.17 S.'S 0\nES2009b"))
	back := readFormat(annoset.FormatCTM, out, annoset.ReadOptions{})
	is.NoErr(back.err)
	sameLabels(t, back.labels, r.labels)
}

func TestFormatWebVTT_brokenSample(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "formats/webvtt/broken-1-in.vtt")))(t)
	r := readFormat(annoset.FormatWebVTT, data, annoset.ReadOptions{})
	is.Equal(r.err.Error(), `webvtt: annoset: invalid input: input:1:1: found " ", expected WEBVTT`)
	_, err := annoset.DetectFormat("x.vtt", data)
	is.True(errors.Is(err, annoset.ErrInvalid))
}

func TestSpeechFormats_fields(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		format      annoset.Format
		text        string
		template    string
		want, extra string
	}{
		"speaker":   {annoset.FormatRTTM, "SPEAKER f 1 0 1 <NA> <NA> joe <NA> <NA>", "{type}/{channel}/{speaker}", "SPEAKER/1/joe", ""},
		"a word":    {annoset.FormatRTTM, "LEXEME f 2 0 1 hi lex joe 0.5", "", "hi", `{"type":"LEXEME","channel":"2","speaker":"joe"}`},
		"a subtype": {annoset.FormatRTTM, "su f 1 0 1 <na> question joe 0.5", "{type}/{subtype}", "SU/question", `{"type":"SU","speaker":"joe"}`},
		"no subtype": {annoset.FormatRTTM, "NOSCORE f 1 0 1 <NA> <NA> <NA> <NA> 0.2", "", "NOSCORE",
			`{"type":"NOSCORE","slat":"0.2"}`},
		"estimated": {annoset.FormatRTTM, "SPEAKER f 1 1* 1* <NA> <NA> joe <NA>", "", "joe", `{"estimated":"start duration"}`},
		"all at once": {annoset.FormatRTTM, "SPEAKER f 1 0 1 hi male joe <NA>", "{speaker}: {ortho}", "joe: hi",
			`{"ortho":"hi","subtype":"male"}`},
		"examined":     {annoset.FormatUEM, "f 1 0 1", "", annoset.UEMExamined, ""},
		"of a channel": {annoset.FormatUEM, "f NA 0 1", "{text} {channel}", "examined NA", `{"channel":"NA"}`},
		"CTM":          {annoset.FormatCTM, "f A 0 1 hi 0.5 fp joe", "{speaker}: {text}", "joe: hi", `{"channel":"A","subtype":"fp","speaker":"joe"}`},
		"a score":      {annoset.FormatCTM, "f 1 0 1 hi -0.5", "", "hi", `{"conf":"-0.5"}`},
		"no number":    {annoset.FormatCTM, "f 1 0 1 hi NaN", "", "hi", `{"conf":"NaN"}`},
		"no score":     {annoset.FormatCTM, "f 1 0 1 hi NA <NA> joe", "", "hi", `{"speaker":"joe"}`},
		"a voice":      {annoset.FormatWebVTT, "WEBVTT\n\n0:01.0 --> 0:02.0 line:1\n<v Al &amp; Bo>hi</v>", "{voice}", "Al & Bo", `{"voice":"Al & Bo","settings":"line:1"}`},
		"two voices": {annoset.FormatWebVTT, "WEBVTT\n\nx\n00:01.000 --> 00:02.000\n<v Al>hi</v> <v Bo>ho", "", "hi ho",
			`{"cue_id":"x","voice":"Al","markup":"<v Al>hi</v> <v Bo>ho"}`},
		"karaoke": {annoset.FormatWebVTT, "WEBVTT\n\n00:01.000 --> 00:02.000\n1 < 2 <00:01.500><c.red>so</c>", "", "1 < 2 so",
			`{"markup":"1 < 2 <00:01.500><c.red>so</c>"}`},
		"a number":     {annoset.FormatSRT, "8\n00:00:01,000 --> 00:00:02,000\nhi\n", "{cue_id} {text}", "8 hi", `{"cue_id":"8"}`},
		"number one":   {annoset.FormatSRT, "1\n00:00:01,000 --> 00:00:02,000\nhi\n", "{cue_id} {text}", "1 hi", ""},
		"plain text":   {annoset.FormatSRT, "1\n00:00:01,000 --> 00:00:02,000\nAT&T <John> &bogus; a --> b <3", "", "AT&T <John> &bogus; a --> b <3", ""},
		"blank lines":  {annoset.FormatSRT, "1\n00:00:01,000 --> 00:00:02,000\n\na\n\nb\n\n\n", "", "a\n\nb", ""},
		"an override":  {annoset.FormatSRT, `1` + "\n00:00:01,000 --> 00:00:02,000\n" + `{\an8}hi`, "", "hi", `{"markup":"{\\an8}hi"}`},
		"no blank end": {annoset.FormatSRT, "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\n", "", "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), annoset.ReadOptions{Name: "f.x", ArtifactType: tt.template})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 1)
			is.Equal(r.labels[0].ArtifactType, tt.want)
			is.Equal(string(r.labels[0].ExtraData), tt.extra)
			is.Equal(r.labels[0].AudioFileID, "f")
		})
	}
}

func TestSpeechFormats_errors(t *testing.T) {
	t.Parallel()
	const vtt = "WEBVTT\n\n"
	for name, tt := range map[string]struct {
		format       annoset.Format
		text         string
		line, column int
		found        string
	}{
		"no record":             {annoset.FormatRTTM, "\n;; x\nhello world\n", 3, 1, `"hello"`},
		"too few fields":        {annoset.FormatRTTM, "SPEAKER é 1 0 1 <NA> <NA> joe\n", 1, 30, "8 fields"},
		"too many fields":       {annoset.FormatRTTM, "SPEAKER é 1 0 1 <NA> <NA> joe <NA> <NA> x\n", 1, 41, "11 fields"},
		"no start":              {annoset.FormatRTTM, "SPEAKER é 1 <NA> 1 <NA> <NA> joe <NA>\n", 1, 13, `"<NA>"`},
		"a point for a turn":    {annoset.FormatRTTM, "SPEAKER é 1 0 <NA> <NA> <NA> joe <NA>\n", 1, 15, `"<NA>"`},
		"NaN":                   {annoset.FormatRTTM, "SPEAKER é 1 NaN 1 <NA> <NA> joe <NA>\n", 1, 13, `"NaN"`},
		"a huge number":         {annoset.FormatRTTM, "SPEAKER é 1 " + strings.Repeat("9", 99) + " 1 <NA> <NA> joe <NA>\n", 1, 13, "digits"},
		"too late":              {annoset.FormatRTTM, "SPEAKER é 1 0 1e30 <NA> <NA> joe <NA>\n", 1, 1, "out of range"},
		"no lookahead":          {annoset.FormatRTTM, "SPEAKER é 1 0 1 <NA> <NA> joe <NA> soon\n", 1, 36, `"soon"`},
		"an end in the IP":      {annoset.FormatRTTM, "IP é 1 0 1 <NA> edit joe <NA>\n", 1, 10, `"1"`},
		"not UTF-8":             {annoset.FormatRTTM, "SPEAKER \xff 1 0 1 <NA> <NA> joe <NA>\n", 1, 9, "UTF-8"},
		"a NUL":                 {annoset.FormatRTTM, "SPEAKER f 1 0 1 <NA> <NA> j\x00 <NA>\n", 1, 1, "NUL"},
		"three fields":          {annoset.FormatUEM, "é 1 0\n", 1, 6, "3 fields"},
		"the end first":         {annoset.FormatUEM, "é 1 2 1\n", 1, 1, "before the start"},
		"no end":                {annoset.FormatUEM, "é 1 2 x\n", 1, 7, `"x"`},
		"no word":               {annoset.FormatCTM, "é 1 0 1\n", 1, 8, "4 fields"},
		"stars":                 {annoset.FormatCTM, "é 1 * * word\n", 1, 5, `"*"`},
		"<ALT> alone":           {annoset.FormatCTM, "é 1 * * <ALT>\n", 1, 5, `"*"`},
		"alternatives within":   {annoset.FormatCTM, "é 1 * * <ALT_BEGIN>\né 1 * * <ALT_BEGIN>\n", 2, 5, `"*"`},
		"an endless one":        {annoset.FormatCTM, "é 1 * * <ALT_BEGIN>\né 1 0 1 a\n", 1, 1, "never ends"},
		"of another file":       {annoset.FormatCTM, "é 1 * * <ALT_BEGIN>\ne 1 0 1 a\n", 2, 1, `"e"`},
		"a negative duration":   {annoset.FormatCTM, "é 1 1 -1 a\n", 1, 7, `"-1"`},
		"nothing":               {annoset.FormatWebVTT, "", 1, 1, "empty"},
		"no WEBVTT":             {annoset.FormatWebVTT, "WEBVTTX\n", 1, 1, `"WEBVTTX"`},
		"half an arrow":         {annoset.FormatWebVTT, vtt + "00:01.000 -> 00:02.000\nx\n", 3, 1, "->"},
		"no minutes":            {annoset.FormatWebVTT, vtt + "id\n01.000 --> 00:02.000\nx\n", 4, 1, `"01.000"`},
		"sixty minutes":         {annoset.FormatWebVTT, vtt + "é00:01.000 --> 60:02.000\nx\n", 3, 1, `"é00`},
		"a minute of 60":        {annoset.FormatWebVTT, vtt + "00:01.000 --> 00:60.000\nx\n", 3, 15, `"00:60.000"`},
		"hours for ever":        {annoset.FormatWebVTT, vtt + strings.Repeat("9", 99) + ":00:01.000 --> 00:60.000\nx\n", 3, 1, "out of range"},
		"digits for ever":       {annoset.FormatWebVTT, vtt + "00:01." + strings.Repeat("9", 99) + " --> 00:50.000\nx\n", 3, 1, "digits"},
		"a text of Latin-1":     {annoset.FormatWebVTT, vtt + "00:01.000 --> 00:02.000\né\xe9\n", 4, 2, "UTF-8"},
		"a text for ever":       {annoset.FormatWebVTT, vtt + "00:01.000 --> 00:02.000\n" + strings.Repeat("x\n", 1<<20), 524292, 1, "bytes"},
		"the end of a cue":      {annoset.FormatWebVTT, vtt + "00:02.000 --> 00:01.000\nx\n", 3, 1, "before the start"},
		"no subtitle":           {annoset.FormatSRT, "\nhello\n", 2, 1, `"hello"`},
		"a number alone":        {annoset.FormatSRT, "1\n", 2, 1, "end of the file"},
		"no time":               {annoset.FormatSRT, "1\n00:00:0x,000 --> 00:00:02,000\nx\n", 2, 1, `"00:00:0x,000"`},
		"a time before 0":       {annoset.FormatSRT, "1\n00:00:00,000 --> 00:00:02,000\nx\n\n2\n-00:00:01,000 --> 00:00:02,000\n", 6, 1, `"-00`},
		"no UTF-8":              {annoset.FormatSRT, "1\n00:00:00,000 --> 00:00:02,000\nx\nx\xe9\n", 4, 2, "UTF-8"},
		"a subtitle for ever":   {annoset.FormatSRT, "1\n00:00:00,000 --> 00:00:02,000\n" + strings.Repeat("x\n", 1<<20), 524291, 1, "bytes"},
		"WebVTT for a subtitle": {annoset.FormatSRT, "WEBVTT\n", 1, 1, `"WEBVTT"`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), annoset.ReadOptions{Name: "x.txt"})
			e, ok := errors.AsType[*annoset.FormatError](r.err)
			if !ok {
				t.Fatalf("%v instead of an error of the format", r.err)
			}
			is.Equal([]any{e.Format, e.Name, e.Line, e.Column}, []any{tt.format, "x.txt", tt.line, tt.column})
			is.True(strings.Contains(e.Found, tt.found)) // e.Found
		})
	}
}

func TestSpeechFormats_goOnAfterBadRecords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format annoset.Format
		text   string
		bad    []int
	}{
		{annoset.FormatRTTM, "SPEAKER f 1 x 1 <NA> <NA> bad <NA>\nSPEAKER f 1 0 1 <NA> <NA> good <NA>\n\xff\nSPEAKER f 1 2 1 <NA> <NA> good <NA>", []int{1, 3}},
		{annoset.FormatCTM, "f 1 x 1 bad\nf 1 0 1 good\n\xff\nf 1 2 1 good", []int{1, 3}},
		{annoset.FormatWebVTT, "WEBVTT\n\nx --> y\nbad\nbad\n\n00:01.000 --> 00:02.000\ngood\n\n00:01.000 --> 00:02.000\nba\xffd\nbad\n\nid\n" +
			"00:01.000 --> 00:02.000\ngood\n", []int{3, 11}},
		{annoset.FormatSRT, "bad\n\n1\n00:00:01,000 --> 00:00:02,000\ngood\n\n2\n0 --> 1\nbad\n\n3\n00:00:03,000 --> 00:00:04,000\ngood\n", []int{1, 8}},
	} {
		is := is.New(t)
		opts := annoset.ReadOptions{Name: "x.txt", MaxBad: 2}
		r := readFormat(tt.format, []byte(tt.text), opts)
		is.NoErr(r.err)
		is.Equal(badLines(r.report), tt.bad)
		is.Equal(len(r.labels), 2)
		for _, a := range r.labels {
			is.Equal(a.ArtifactType, "good")
		}
		opts.MaxBad = 1
		is.True(readFormat(tt.format, []byte(tt.text), opts).err != nil) // one too many
	}
}

func TestSpeechFormats_keepTimes(t *testing.T) {
	t.Parallel()
	for f, text := range map[annoset.Format]string{
		annoset.FormatRTTM: "SPEAKER f 1 0.00049 0.00002 <NA> <NA> joe <NA> <NA>\nSPEAKER f 1 1.5000 2.25 <NA> <NA> joe <NA> <NA>\n",
		annoset.FormatUEM:  "f 1 0.00049 5.00051\nf 1 6.000 7.000\n",
		annoset.FormatCTM:  "f 1 0.00049 0.00002 hi\nf 1 1.50 2.25 ho\n",
	} {
		is := is.New(t)
		r := readFormat(f, []byte(text), annoset.ReadOptions{KeepTimes: true})
		is.NoErr(r.err)
		is.Equal(r.labels[0].StartMS, int64(0))
		out, report := writeFormat(t, f, r.labels, nil)
		is.Equal(report.Remarks, []annoset.Remark{})
		is.Equal(string(out), strings.Replace(text, "1.5000 2.25", "1.500 2.250", 1))
		moved := slices.Clone(r.labels)
		moved[0].EndMS += 1000
		_, report = writeFormat(t, f, moved, nil)
		is.Equal(remarked(report.Remarks, annoset.RemarkExtraLost), int64(1)) // they are true no longer
	}
}

func TestSpeechFormats_sayWhatIsLost(t *testing.T) {
	t.Parallel()
	for _, f := range speechFormats {
		is := is.New(t)
		_, report := writeFormat(t, f, []annoset.Annotation{{AudioFileID: "f", ArtifactType: "x", ExtraData: []byte(`{"k":[1]}`)}},
			&annoset.WriteOptions{Clean: []string{"g"}})
		is.Equal(remarked(report.Remarks, annoset.RemarkExtraLost), int64(1))
		is.Equal(remarked(report.Remarks, annoset.RemarkCleanLost), int64(1))
	}
}

func TestSpeechFormats_boundMemory(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format annoset.Format
		begin  string
		rest   io.Reader
	}{
		{annoset.FormatRTTM, "SPEAKER ", endless{}}, {annoset.FormatUEM, "f 1 ", endless{}}, {annoset.FormatCTM, "f 1 ", endless{}},
		{annoset.FormatWebVTT, "WEBVTT\n\n00:01.000 --> 00:02.000\n", endless{}},
		{annoset.FormatWebVTT, "WEBVTT\n\n00:01.000 --> 00:02.000\n", &endlessLines{}},
		{annoset.FormatSRT, "1\n00:00:01,000 --> 00:00:02,000\n", endless{}},
		{annoset.FormatSRT, "1\n00:00:01,000 --> 00:00:02,000\n", &endlessLines{}},
	} {
		is := is.New(t)
		n := &counting{r: io.MultiReader(strings.NewReader(tt.begin), tt.rest)}
		var err error
		for _, e := range annoset.ReadLabels(n, tt.format, &annoset.ReadOptions{Name: "x"}) {
			err = e
		}
		_, ok := errors.AsType[*annoset.FormatError](err)
		is.True(ok)           // it ends
		is.True(n.n < 40<<20) // soon
	}
}

// endlessLines is lines without end.
type endlessLines struct{}

func (*endlessLines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "abcdefg\n"[i%8]
	}
	return len(p), nil
}

// TestFormatRTTM_python has Python take apart what is written, as the programs that score speakers do.
func TestFormatRTTM_python(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to read with")
	}
	is := is.New(t)
	labels := []annoset.Annotation{}
	for i, text := range nasty {
		labels = append(labels, annoset.Annotation{AudioFileID: "f " + text, ArtifactType: "a" + text, StartMS: int64(i), EndMS: 10_000})
	}
	out, _ := writeFormat(t, annoset.FormatRTTM, labels, nil)
	run := exec.Command(program, "-c", "import sys\n"+
		"for line in open(0, encoding='utf-8'): print(len(line.split()), float(line.split()[3]) + float(line.split()[4]))")
	run.Stdin = bytes.NewReader(out)
	said, err := run.Output()
	is.NoErr(err)
	is.Equal(string(said), strings.Repeat("10 10.0\n", len(labels))) // ten fields each, whatever its blanks
}

func ExampleReadLabels_clean() {
	const who = "SPEAKER ep1 1 0.50 2.25 <NA> <NA> ada <NA> <NA>\n" +
		"SPEAKER ep1 1 2.75 1.00 <NA> <NA> bob 0.9 <NA>\n"
	const looked = "ep1 1 0.000 4.000\nep2 1 0.000 60.000\n"

	heard := map[string]bool{}
	for a, err := range annoset.ReadLabels(strings.NewReader(who), annoset.FormatRTTM, nil) {
		if err != nil {
			panic(err)
		}
		heard[a.AudioFileID] = true
		fmt.Println(a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)
	}
	for a, err := range annoset.ReadLabels(strings.NewReader(looked), annoset.FormatUEM, nil) {
		if err != nil {
			panic(err)
		}
		if !heard[a.AudioFileID] {
			fmt.Println(a.AudioFileID, "is clean") // for Store.MarkClean
		}
	}
	// Output:
	// ep1 ada 500 2750
	// ep1 bob 2750 3750
	// ep2 is clean
}

func ExampleWriteLabels_webVTT() {
	labels := []annoset.Annotation{
		{AudioFileID: "ep1", ArtifactType: "Fish & chips?", StartMS: 500, EndMS: 2750, ExtraData: []byte(`{"voice":"Ada"}`)},
		{AudioFileID: "ep1", ArtifactType: "two\nlines", StartMS: 3_600_000, EndMS: 3_601_500},
	}
	report, err := annoset.WriteLabels(os.Stdout, annoset.FormatWebVTT, labelSeq(labels), nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Labels, len(report.Remarks))
	// Output:
	// WEBVTT
	//
	// 00:00:00.500 --> 00:00:02.750
	// <v Ada>Fish &amp; chips?
	//
	// 01:00:00.000 --> 01:00:01.500
	// two
	// lines
	// 2 0
}

// BenchmarkReadLabels_speech reads the turns of VoxConverse in each format, beside encoding/csv on the same RTTM.
func BenchmarkReadLabels_speech(b *testing.B) {
	data := value(io.ReadAll(openSample(b, "voxconverse/test-0.3.rttm")))(b)
	turns := readFormat(annoset.FormatRTTM, data, annoset.ReadOptions{}).labels
	for i := range turns {
		turns[i].AudioFileID = "one"
	}
	for _, f := range speechFormats {
		text, _ := writeFormat(b, f, turns, nil)
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range annoset.ReadLabels(bytes.NewReader(text), f, &annoset.ReadOptions{Name: "one"}) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != len(turns) {
					b.Fatal(n)
				}
			}
		})
		b.Run(string(f)+"-write", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := annoset.WriteLabels(io.Discard, f, labelSeq(turns), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("csv", func(b *testing.B) {
		text, _ := writeFormat(b, annoset.FormatRTTM, turns, nil)
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(text))
			r.Comma, r.ReuseRecord = ' ', true
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
