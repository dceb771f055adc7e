package labelfile_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// threeCues are three cues in both formats of subtitles, the second with times of its own.
func threeCues(f labelfile.Format, times string) string {
	if f == labelfile.WebVTT {
		times = strings.NewReplacer(",000", ".000", "，", ".").Replace(times)
		return "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nfirst\n\nid\n" + times + "\nsecond\n\n00:00:05.000 --> 00:00:06.000\nthird\n"
	}
	return "1\n00:00:01,000 --> 00:00:02,000\nfirst\n\n2\n" + times + "\nsecond\n\n3\n00:00:05,000 --> 00:00:06,000\nthird\n"
}

var subtitles = []labelfile.Format{labelfile.SRT, labelfile.WebVTT}

func TestRead_singleArrow(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.SRT, value(io.ReadAll(openSample(t, "faults/single-arrow.srt")))(t), labelfile.ReadOptions{Name: "x.srt"})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"first 1000-2000", "second 3000-4000", "third 5000-6000"})
	is.Equal(r.report.Remarks, []labelfile.Remark{{Kind: labelfile.RemarkRepaired, Count: 1,
		First: []annoset.Place{{File: "x.srt", Line: 6, Column: 1, Text: "00:00:03,000 -> 00:00:04,000"}}}})
}

// TestRead_timesAsTheyWereMeant reads times that people, translators and word processors have spoiled. It never takes
// them for a text.
func TestRead_timesAsTheyWereMeant(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, times := range []string{
		"00:00:03,000 -> 00:00:04,000", "00:00:03,000->00:00:04,000", "00:00:03,000 > 00:00:04,000", "00:00:03,000 => 00:00:04,000",
		"00:00:03,000 ---> 00:00:04,000", "00:00:03,000 - -> 00:00:04,000", "00:00:03,000 -- > 00:00:04,000", "00:00:03,000 ->> 00:00:04,000",
		"00:00:03,000 – 00:00:04,000", "00:00:03,000 — 00:00:04,000", "00:00:03,000 –> 00:00:04,000", "00:00:03,000 —> 00:00:04,000",
		"00:00:03,000 −−> 00:00:04,000", "00:00:03,000 - 00:00:04,000", "00:00:03,000 -- 00:00:04,000", "00:00:03,000-00:00:04,000",
		"00:00:03,000 --&gt; 00:00:04,000", "00:00:03,000 -&gt; 00:00:04,000", "00:00:03,000 --&#62; 00:00:04,000",
		"00:00:03,000 → 00:00:04,000", "00:00:03,000 ⟶ 00:00:04,000", "00:00:03,000 ➔ 00:00:04,000", "00:00:03,000 ⇒ 00:00:04,000",
		"00:00:03,000 －－＞ 00:00:04,000", "００：００：０３，０００ --> ００：００：０４，０００", "٠٠:٠٠:٠٣,٠٠٠ --> ٠٠:٠٠:٠٤,٠٠٠",
		"\u200e00:00:03,000 --> 00:00:04,000", "00:00:03,000\u00a0-->\u00a000:00:04,000", "00:00:03,000 --> 00:00:04,000\u200f",
		"\ufeff00:00:03,000 --> 00:00:04,000", "00:00:03,000 \u200b-->\u200b 00:00:04,000", "00:00:03,000 ‑‑> 00:00:04,000",
		"00:00:03,000 00:00:04,000", "00:00:03,000\t00:00:04,000", "00:00:03,000,00:00:04,000", "00:00:03 - 00:00:04", "0:00:03 -> 0:00:04",
		"00:03 -> 00:04", "  00:00:03,000 ->   00:00:04,000  ",
	} {
		for _, f := range subtitles {
			t.Run(fmt.Sprintf("%s %q", f, times), func(t *testing.T) {
				is := is.New(t)
				r := readFormat(f, []byte(threeCues(f, times)), labelfile.ReadOptions{Name: "x"})
				is.NoErr(r.err)
				is.Equal(spans(r.labels), []string{"first 1000-2000", "second 3000-4000", "third 5000-6000"})
				is.Equal(remarked(r.report.Remarks, labelfile.RemarkRepaired), int64(1)) // not in silence
			})
		}
	}
	for _, times := range []string{
		"00:00:03:000 -> 00:00:04:000", "00:00:3x,000 --> 00:00:04,000", "[00:00:03,000 --> 00:00:04,000]", "00:00:03,000 -> -00:00:04,000",
		"00:00:61,000 - 00:00:62,000", "(00:00:03,000 – 00:00:04,000)", "00:00:03,000 -->", "--> 00:00:04,000", "00:00:03;000 -> 00:00:04;000",
		"00:00:03,000 -> 0x:00:04,000", "00:00:3x,000 -> 00:00:04,000", "00:00:03,000 – later", "O0:00:03,000 -> 00:00:04,000", "00:00:03,000 -> ",
		"00:00:03,000 to 00:00:04,000", "00:00:03,000 bis 00:00:04,000", "00:00:03,000 ＝> 00:00:04,000", "00:00:03,000", "00:00:03,000 second",
		"-00:00:03,000 --> 00:00:04,000", "00.00.03,000 -> 00.00.04,000", "00.00.03.000 - 00.00.04.000", "00;00;03,000 => 00;00;04,000",
		"00h00m03s -> 00h00m04s", "3.5 -> 4.5", "3 -> 4", "00.00.03,000 → 00.00.04,000", "00,00,03,000 -&gt; 00,00,04,000",
	} {
		for _, f := range subtitles {
			t.Run(fmt.Sprintf("%s refuses %q", f, times), func(t *testing.T) {
				is := is.New(t)
				r := readFormat(f, []byte(threeCues(f, times)), labelfile.ReadOptions{Name: "x", MaxBad: 1})
				is.NoErr(r.err)
				is.Equal(spans(r.labels), []string{"first 1000-2000", "third 5000-6000"}) // and nothing of it is in the first
				is.Equal(badLines(r.report), []int{map[labelfile.Format]int{labelfile.SRT: 6, labelfile.WebVTT: 7}[f]})
			})
		}
	}
}

// TestRead_timesBehindTheirNumber are no text of the cue before, although the number stands on their line.
func TestRead_timesBehindTheirNumber(t *testing.T) {
	t.Parallel()
	for _, times := range []string{"2 00:00:03,000 -> 00:00:04,000", "2. 00:00:03,000 – 00:00:04,000", "2) 00:00:03,000 --&gt; 00:00:04,000",
		"2\t00:00:03,000 → 00:00:04,000", "2 00:00:03,000 --> 00:00:04,000"} {
		for _, f := range subtitles {
			is := is.New(t)
			text := strings.Replace(threeCues(f, "times"), "2\ntimes", times, 1)
			if f == labelfile.WebVTT {
				text = strings.Replace(threeCues(f, strings.ReplaceAll(times, ",000", ".000")), "id\n", "", 1)
			}
			r := readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x", MaxBad: 1})
			is.NoErr(r.err)
			is.Equal(spans(r.labels), []string{"first 1000-2000", "third 5000-6000"}) // and nothing of it is in the first
			is.Equal(remarked(r.report.Remarks, labelfile.RemarkBadSkipped), int64(1))
		}
	}
}

// TestRead_cuesWithoutABlankLine begins a cue wherever its times are.
func TestRead_cuesWithoutABlankLine(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, arrow := range []string{"-->", "->", "–>", "--&gt;", "–"} {
		for f, text := range map[labelfile.Format]string{
			labelfile.SRT:    "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 " + arrow + " 00:00:04,000\nb\n00:00:05,000 " + arrow + " 00:00:06,000\nc",
			labelfile.WebVTT: "WEBVTT\n00:01.000 " + arrow + " 00:02.000\na\n00:03.000 " + arrow + " 00:04.000\nb\n00:05.000 " + arrow + " 00:06.000\nc",
		} {
			r := readFormat(f, []byte(text), labelfile.ReadOptions{Name: "x"})
			is.NoErr(r.err)
			is.Equal(spans(r.labels), []string{"a 1000-2000", "b 3000-4000", "c 5000-6000"})
		}
	}
	// Blocks that are no cue, and bad cues, end there too.
	r := readFormat(labelfile.WebVTT, []byte("WEBVTT\n\nno\ncue\n00:01.000 --> 00:02.000\na\n\nx --> y\nbad\n00:03.000 -> 00:04.000\nb"), labelfile.ReadOptions{Name: "x", MaxBad: 1})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"a 1000-2000", "b 3000-4000"})
}

// TestSubtitles_textsLikeTimes are texts that have times in them, and stay texts.
func TestSubtitles_textsLikeTimes(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, text := range []string{
		"open 10:30 - 11:45", "10:30 - 11:45", "10:30 -> 11:45", "it is 12:30:00", "a -> b", "look -> 00:00:03,000", "score 1:2 -> 3:4", "1:2 -> 3:4", "John 3:16–17",
		"at 00:00:03,000 -> 00:00:04,000", "12:00:00 - 13:00:00", "12:00:00 - 13:00:00 is lunch", "00:00:03,5 - 00:00:04,5 was cut", "::",
	} {
		for _, f := range subtitles {
			is := is.New(t)
			file := strings.Replace(threeCues(f, "00:00:03,000 --> 00:00:04,000"), "first", "first\n"+text, 1)
			r := readFormat(f, []byte(file), labelfile.ReadOptions{Name: "x"})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 3)
			is.Equal(r.labels[0].ArtifactType, "first\n"+text)
			is.Equal(len(r.report.Remarks), 0)
		}
	}
	for _, text := range []string{ // which a file says with entities
		"00:00:03,000 --> 00:00:04,000", "00:00:03,000 -> 00:00:04,000", "00:00:03.000 – 00:00:04.000", "2\n\n3\n12:00:00 - 13:00:00", "００：００：０３ → ００：００：０４",
		"x\n00:00:03.000 00:00:04.000\ny", "00:00:03,000 --&gt; 00:00:04,000", "00:00:03,000 -->", "--> 00:00:04,000", "00:00:03,000 -> later",
		"x -> 00:00:04,000", "00:00:03,5 - later", "x\n\n7\n12:00:00 it was", "12:00:00 it was", "x\n\n7.", "7.", "x\n\n#7",
		"x\n\n7\n3 -> 4", "7\n00.00.03 -> 00.00.04", "7 00:00:03,000 -> 00:00:04,000", "x\n7 00:00:03,000 – 00:00:04,000",
		"7\n00:00:03,000 to 00:00:04,000", "x\n7\n00:00:03,000 it was", "x\n\n2", "x\n2\n\ny", "2", "x\n\n\n2",
	} {
		for _, f := range subtitles {
			is := is.New(t)
			labels := []annoset.Annotation{label("x", text, 0, 1), label("x", text, 1, 2)}
			out, report := writeFormat(t, f, labels, nil)
			is.Equal(len(report.Remarks), 0)
			r := readFormat(f, out, labelfile.ReadOptions{Name: "x"})
			is.NoErr(r.err)
			sameLabels(t, r.labels, labels)
			is.Equal(len(r.report.Remarks), 0)
		}
	}
}

// TestRead_SRT_numbersAsTheyWereMeant reads numbers with more than digits, which are no text of the subtitle before.
func TestRead_SRT_numbersAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"2.", "#2", "2:", "[2]", "(2)", "2)"} {
		is := is.New(t)
		text := strings.Replace(threeCues(labelfile.SRT, "00:00:03,000 --> 00:00:04,000"), "\n2\n", "\n"+number+"\n", 1)
		r := readFormat(labelfile.SRT, []byte(text), labelfile.ReadOptions{Name: "x"})
		is.NoErr(r.err)
		is.Equal(spans(r.labels), []string{"first 1000-2000", "second 3000-4000", "third 5000-6000"})
		is.Equal(r.report.Remarks, []labelfile.Remark{{Kind: labelfile.RemarkRepaired, Count: 1,
			First: []annoset.Place{{File: "x", Line: 5, Column: 1, Text: number}}}})
	}
	is := is.New(t)
	three := threeCues(labelfile.SRT, "00:00:03,000 --> 00:00:04,000")
	for _, gap := range []string{"\n2\n\n", "\n\n2\n \n\n"} { // blank lines below the number
		r := readFormat(labelfile.SRT, []byte(strings.Replace(three, "\n2\n", gap, 1)), labelfile.ReadOptions{Name: "x"})
		is.NoErr(r.err)
		is.Equal(spans(r.labels), []string{"first 1000-2000", "second 3000-4000", "third 5000-6000"})
		is.Equal(remarked(r.report.Remarks, labelfile.RemarkRepaired), int64(1))
	}
	for text, want := range map[string]string{"\n7\n\n": "first\n\n7 1000-2000", "2\n\n": "first\n2 1000-2000"} { // which may be texts
		r := readFormat(labelfile.SRT, []byte(strings.Replace(three, "\n2\n", text, 1)), labelfile.ReadOptions{Name: "x"})
		is.Equal(spans(r.labels)[0], want)
		is.Equal(remarked(r.report.Remarks, labelfile.RemarkRepaired), int64(1))
	}
	text := strings.Replace(three, "\n2\n", "two\n", 1)
	is.Equal(spans(readFormat(labelfile.SRT, []byte(text), labelfile.ReadOptions{Name: "x"}).labels)[0], "first\ntwo 1000-2000") // a text
}

func TestRead_WebVTT_idsLikeTimes(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat(labelfile.WebVTT, []byte("WEBVTT\n\n00:00:01.000\n00:01.000 --> 00:02.000\na\n"), labelfile.ReadOptions{Name: "x"})
	is.NoErr(r.err)
	is.Equal(short(r.labels), `x a 1000-2000{"cue_id":"00:00:01.000"}`+"\n")
	r = readFormat(labelfile.WebVTT, []byte("WEBVTT\n\n00:00:01.000\n\n00:01.000 --> 00:02.000\na\n\n00:00:03.000"), labelfile.ReadOptions{Name: "x", MaxBad: 2})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"a 1000-2000"})
	is.Equal(badLines(r.report), []int{3, 8})
}

// TestRead_SRT_spoiledTimesWithoutABlankLine looks below a number that no blank line is before.
func TestRead_SRT_spoiledTimesWithoutABlankLine(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const text = "1\n00:00:01,000 --> 00:00:02,000\nfirst\n2\n00:00:03,000 to 00:00:04,000\nsecond\n3\n00:00:05,000 --> 00:00:06,000\nthird\n"
	r := readFormat(labelfile.SRT, []byte(text), labelfile.ReadOptions{Name: "x", MaxBad: 1})
	is.NoErr(r.err)
	is.Equal(spans(r.labels), []string{"first 1000-2000", "third 5000-6000"})
	is.Equal(badLines(r.report), []int{5})
}
