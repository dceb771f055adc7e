package labelfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// speechSamples are real files with what they hold: labels, and what else is remarked.
var speechSamples = []struct {
	path             string
	format           labelfile.Format
	labels           int
	skipped, mended  int64 // records that are no label; against the letter of the format
	first, last      string
	firstMS, lastEnd int64
}{
	{"voxconverse/test-0.2.rttm", labelfile.RTTM, 19479, 0, 0, "spk00", "", 2500, 0},
	{"voxconverse/test-0.3.rttm", labelfile.RTTM, 19479, 0, 0, "spk00", "", 2500, 0},
	{"voxconverse/dev.rttm", labelfile.RTTM, 8268, 0, 0, "spk00", "", 400, 0},
	{"formats/rttm/voxconverse-aiqwk.rttm", labelfile.RTTM, 0, 0, 0, "spk00", "", 30, 0},
	{"formats/rttm/ami-ES2011a.rttm", labelfile.RTTM, 0, 0, 0, "FEE041", "", 34270, 0},
	{"formats/rttm/earnings21-4320211.rttm", labelfile.RTTM, 0, 0, 0, "0", "", 3240, 0},
	{"formats/ctm/earnings21-4320211-first400.ctm", labelfile.CTM, 400, 0, 0, "GOOD", "", 3240, 0},
	{"formats/ctm/lhotse/supervision.ctm", labelfile.CTM, 5, 0, 0, "transcript", "segment", 100, 400},
	{"formats/ctm/lhotse/supervision_with_scores.ctm", labelfile.CTM, 5, 0, 0, "transcript", "segment", 100, 400},
	{"formats/webvtt/example-in.vtt", labelfile.WebVTT, 6, 6, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/webvtt/example-in-non-utf8.vtt", labelfile.WebVTT, 6, 6, 7, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/webvtt/example-out.vtt", labelfile.WebVTT, 6, 4, 0, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/webvtt/example-in-carriage-return.vtt", labelfile.WebVTT, 3, 0, 0,
		"Did one of the last stories strike you as\nmore interesting than the other?", "at a busy bus stop or anywhere\nelse for that matter.", 0, 14066},
	{"formats/webvtt/example-in-html-entities.vtt", labelfile.WebVTT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/webvtt/example-out-html-entities.vtt", labelfile.WebVTT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/webvtt/example-out-styled.vtt", labelfile.WebVTT, 10, 0, 0, "[instrumental music]", "x^3 * x = 100", 17985, 780000},
	{"formats/srt/example-in.srt", labelfile.SRT, 6, 0, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/example-in-non-utf8.srt", labelfile.SRT, 6, 0, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/missing-sequence-in.srt", labelfile.SRT, 6, 0, 6, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/example-out.srt", labelfile.SRT, 6, 0, 0, "(deep rumbling)", "(computer playing\nelectronic melody)", 99000, 153440},
	{"formats/srt/example-in-carriage-return.srt", labelfile.SRT, 3, 0, 3,
		"Did one of the last stories strike you as\nmore interesting than the other?", "at a busy bus stop or anywhere\nelse for that matter.", 0, 14066},
	{"formats/srt/example-in-html-entities.srt", labelfile.SRT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/srt/example-out-html-entities.srt", labelfile.SRT, 3, 0, 0,
		"The man in black fled across the desert, \u00a0\n& the gunslinger followed.", "there are other < worlds than these.", 331, 9675},
	{"formats/srt/example-in-styled.srt", labelfile.SRT, 10, 0, 0, "[instrumental music]", "x^3 * x = 100", 17985, 780000},
	{"formats/srt/example-out-styled.srt", labelfile.SRT, 10, 0, 0, "[instrumental music]", "x^3 * x = 100", 17985, 780000},
}

func TestSpeechFormats_samples(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, s := range speechSamples {
		t.Run(s.path, func(t *testing.T) {
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, s.path)))(t)
			if s.labels == 0 {
				s.labels = bytes.Count(data, []byte("SPEAKER ")) // as grep counts them
			}
			head := data[:min(len(data), labelfile.DetectBytes)]
			is.Equal(value(labelfile.Detect("", head))(t), s.format)     // by its contents alone
			is.Equal(value(labelfile.Detect(s.path, head))(t), s.format) // and with its name
			r := readFormat(s.format, data, labelfile.ReadOptions{Name: s.path})
			is.NoErr(r.err)
			is.Equal(len(r.labels), s.labels)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkRecordSkipped), s.skipped)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkRepaired), s.mended)
			first, last := r.labels[0], r.labels[len(r.labels)-1]
			is.Equal([]any{first.ArtifactType, first.StartMS}, []any{s.first, s.firstMS})
			if s.lastEnd != 0 {
				is.Equal([]any{last.ArtifactType, last.EndMS}, []any{s.last, s.lastEnd})
			}
			is.Equal(len(r.clean), 0) // none of them says that a file is clean
			packed := readFormat(s.format, gzipped(t, data), labelfile.ReadOptions{Name: s.path})
			is.NoErr(packed.err)
			sameLabels(t, packed.labels, r.labels) // packed or not

			out, report := writeFormat(t, s.format, r.labels, nil)
			is.Equal(report.Remarks, []labelfile.Remark{}) // nothing is lost
			back := readFormat(s.format, out, labelfile.ReadOptions{Name: s.path})
			is.NoErr(back.err)
			sameLabels(t, back.labels, r.labels)
			again, _ := writeFormat(t, s.format, back.labels, nil)
			is.True(bytes.Equal(again, out)) // write, read, write gives the same
		})
	}
}

// TestSpeechFormats_voxConverse has each format that can hold them hold all turns of two releases.
func TestSpeechFormats_voxConverse(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, name := range []string{"test-0.2", "test-0.3", "dev"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, "voxconverse/"+name+".rttm")))(t)
			r := readFormat(labelfile.RTTM, data, labelfile.ReadOptions{})
			is.NoErr(r.err)
			for _, f := range []labelfile.Format{labelfile.RTTM, labelfile.CTM} {
				out, report := writeFormat(t, f, r.labels, nil)
				is.Equal(report.Remarks, []labelfile.Remark{})
				back := readFormat(f, out, labelfile.ReadOptions{})
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
				for _, f := range []labelfile.Format{labelfile.WebVTT, labelfile.SRT} {
					out, report := writeFormat(t, f, labels, nil)
					is.Equal(report.Remarks, []labelfile.Remark{})
					back := readFormat(f, out, labelfile.ReadOptions{Name: id})
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

func TestRTTM_validatorSamples(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, s := range validatorSamples {
		name := fmt.Sprintf("test%02d.rttm", s.number)
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			data := value(io.ReadAll(openSample(t, "formats/rttm/sctk-validator/"+name)))(t)
			is.Equal(value(labelfile.Detect("", data))(t), labelfile.RTTM)
			strict := readFormat(labelfile.RTTM, data, labelfile.ReadOptions{Name: name})
			e, refused := errors.AsType[*labelfile.SyntaxError](strict.err)
			is.Equal(refused, len(s.bad) > 0)
			if refused {
				is.Equal([]any{e.Name, e.Line}, []any{name, s.bad[0]}) // the first one ends it
			}
			r := readFormat(labelfile.RTTM, data, labelfile.ReadOptions{Name: name, MaxBad: 100})
			is.NoErr(r.err)
			is.Equal(badLines(r.report), s.bad)
			is.Equal(len(r.labels), s.labels)
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkBlankSkipped), s.blank)
			out, report := writeFormat(t, labelfile.RTTM, r.labels, nil)
			is.Equal(report.Remarks, []labelfile.Remark{}) // all types of records can be written
			back := readFormat(labelfile.RTTM, out, labelfile.ReadOptions{})
			is.NoErr(back.err)
			sameLabels(t, back.labels, r.labels)
		})
	}
}

// badLines are the lines of the records that were left out.
func badLines(report labelfile.ReadReport) (lines []int) {
	for _, r := range report.Remarks {
		if r.Kind == labelfile.RemarkBadSkipped {
			for _, place := range r.First {
				lines = append(lines, place.Line)
			}
		}
	}
	return lines
}

// TestCTM_validatorSample reads the file of the test suite of NIST's ctmValidator. Of the lines that its log names, 9,
// 11, 18 and 35 are good here: they have other names and words than evaluations allow.
func TestCTM_validatorSample(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "formats/ctm/sctk-validator/test00.ctm")))(t)
	strict := readFormat(labelfile.CTM, data, labelfile.ReadOptions{})
	e, ok := errors.AsType[*labelfile.SyntaxError](strict.err)
	is.True(ok)
	is.Equal([]int{e.Line, e.Column}, []int{2, 1})
	r := readFormat(labelfile.CTM, data, labelfile.ReadOptions{MaxBad: 100})
	is.NoErr(r.err)
	is.Equal(badLines(r.report), []int{2, 4, 13, 15, 28, 30, 32, 40, 41, 46})     // the first ten
	is.Equal(remarked(r.report.Remarks, labelfile.RemarkBadSkipped), int64(11))   // and 57
	is.Equal(len(r.labels), 28)                                                   // 59 lines less 16 comments, 11 and 4 around alternatives
	is.Equal(string(r.labels[25].ExtraData), `{"alternation":1,"alternative":3}`) // HAS
	out, report := writeFormat(t, labelfile.CTM, r.labels, nil)
	is.Equal(report.Remarks, []labelfile.Remark{})
	is.True(strings.Contains(string(out), "1 * * <ALT_BEGIN>\nES2009b-Headset-18_T0 1 7.95 0.17 S.'S 0\nES2009b"))
	back := readFormat(labelfile.CTM, out, labelfile.ReadOptions{})
	is.NoErr(back.err)
	sameLabels(t, back.labels, r.labels)
}

func TestWebVTT_brokenSample(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	data := value(io.ReadAll(openSample(t, "formats/webvtt/broken-1-in.vtt")))(t)
	r := readFormat(labelfile.WebVTT, data, labelfile.ReadOptions{})
	is.Equal(r.err.Error(), `annoset: webvtt: invalid input: input:1:1: found " ", expected WEBVTT`)
	_, err := labelfile.Detect("x.vtt", data)
	is.True(errors.Is(err, annoset.ErrInvalid))
}
