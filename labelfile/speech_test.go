package labelfile_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

var speechFormats = []labelfile.Format{
	labelfile.RTTM, labelfile.UEM, labelfile.CTM, labelfile.WebVTT, labelfile.SRT,
}

func TestSpeechFormats_fields(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		format      labelfile.Format
		text        string
		template    string
		want, extra string
	}{
		"speaker":   {labelfile.RTTM, "SPEAKER f 1 0 1 <NA> <NA> joe <NA> <NA>", "{type}/{channel}/{speaker}", "SPEAKER/1/joe", ""},
		"a word":    {labelfile.RTTM, "LEXEME f 2 0 1 hi lex joe 0.5", "", "hi", `{"type":"LEXEME","channel":"2","speaker":"joe"}`},
		"a subtype": {labelfile.RTTM, "su f 1 0 1 <na> question joe 0.5", "{type}/{subtype}", "SU/question", `{"type":"SU","speaker":"joe"}`},
		"no subtype": {labelfile.RTTM, "NOSCORE f 1 0 1 <NA> <NA> <NA> <NA> 0.2", "", "NOSCORE",
			`{"type":"NOSCORE","slat":"0.2"}`},
		"estimated": {labelfile.RTTM, "SPEAKER f 1 1* 1* <NA> <NA> joe <NA>", "", "joe", `{"estimated":"start duration"}`},
		"all at once": {labelfile.RTTM, "SPEAKER f 1 0 1 hi male joe <NA>", "{speaker}: {ortho}", "joe: hi",
			`{"ortho":"hi","subtype":"male"}`},
		"examined":     {labelfile.UEM, "f 1 0 1", "", labelfile.UEMExamined, ""},
		"of a channel": {labelfile.UEM, "f NA 0 1", "{text} {channel}", "examined NA", `{"channel":"NA"}`},
		"CTM":          {labelfile.CTM, "f A 0 1 hi 0.5 fp joe", "{speaker}: {text}", "joe: hi", `{"channel":"A","subtype":"fp","speaker":"joe"}`},
		"a score":      {labelfile.CTM, "f 1 0 1 hi -0.5", "", "hi", `{"conf":"-0.5"}`},
		"no number":    {labelfile.CTM, "f 1 0 1 hi NaN", "", "hi", `{"conf":"NaN"}`},
		"no score":     {labelfile.CTM, "f 1 0 1 hi NA <NA> joe", "", "hi", `{"speaker":"joe"}`},
		"a voice":      {labelfile.WebVTT, "WEBVTT\n\n0:01.0 --> 0:02.0 line:1\n<v Al &amp; Bo>hi</v>", "{voice}", "Al & Bo", `{"voice":"Al & Bo","settings":"line:1"}`},
		"two voices": {labelfile.WebVTT, "WEBVTT\n\nx\n00:01.000 --> 00:02.000\n<v Al>hi</v> <v Bo>ho", "", "hi ho",
			`{"cue_id":"x","voice":"Al","markup":"<v Al>hi</v> <v Bo>ho"}`},
		"karaoke": {labelfile.WebVTT, "WEBVTT\n\n00:01.000 --> 00:02.000\n1 < 2 <00:01.500><c.red>so</c>", "", "1 < 2 so",
			`{"markup":"1 < 2 <00:01.500><c.red>so</c>"}`},
		"a number":     {labelfile.SRT, "8\n00:00:01,000 --> 00:00:02,000\nhi\n", "{cue_id} {text}", "8 hi", `{"cue_id":"8"}`},
		"number one":   {labelfile.SRT, "1\n00:00:01,000 --> 00:00:02,000\nhi\n", "{cue_id} {text}", "1 hi", ""},
		"plain text":   {labelfile.SRT, "1\n00:00:01,000 --> 00:00:02,000\nAT&T <John> &bogus; a --> b <3", "", "AT&T <John> &bogus; a --> b <3", ""},
		"blank lines":  {labelfile.SRT, "1\n00:00:01,000 --> 00:00:02,000\n\na\n\nb\n\n\n", "", "a\n\nb", ""},
		"an override":  {labelfile.SRT, `1` + "\n00:00:01,000 --> 00:00:02,000\n" + `{\an8}hi`, "", "hi", `{"markup":"{\\an8}hi"}`},
		"no blank end": {labelfile.SRT, "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\n", "", "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "f.x", ArtifactType: tt.template})
			is.NoErr(r.err)
			is.Equal(len(r.labels), 1)
			is.Equal(r.labels[0].ArtifactType, tt.want)
			is.Equal(string(r.labels[0].ExtraData), tt.extra)
			is.Equal(r.labels[0].AudioFileID, "f")
		})
	}
}

func TestSpeechFormats_errors(t *testing.T) {
	skipMany(t)
	t.Parallel()
	const vtt = "WEBVTT\n\n"
	for name, tt := range map[string]struct {
		format       labelfile.Format
		text         string
		line, column int
		found        string
	}{
		"no record":             {labelfile.RTTM, "\n;; x\nhello world\n", 3, 1, `"hello"`},
		"too few fields":        {labelfile.RTTM, "SPEAKER é 1 0 1 <NA> <NA> joe\n", 1, 30, "8 fields"},
		"too many fields":       {labelfile.RTTM, "SPEAKER é 1 0 1 <NA> <NA> joe <NA> <NA> x\n", 1, 41, "11 fields"},
		"fields for ever":       {labelfile.UEM, strings.Repeat("x ", 1<<20), 1, 9, "16 fields or more"},
		"no start":              {labelfile.RTTM, "SPEAKER é 1 <NA> 1 <NA> <NA> joe <NA>\n", 1, 13, `"<NA>"`},
		"a point for a turn":    {labelfile.RTTM, "SPEAKER é 1 0 <NA> <NA> <NA> joe <NA>\n", 1, 15, `"<NA>"`},
		"NaN":                   {labelfile.RTTM, "SPEAKER é 1 NaN 1 <NA> <NA> joe <NA>\n", 1, 13, `"NaN"`},
		"a huge number":         {labelfile.RTTM, "SPEAKER é 1 " + strings.Repeat("9", 99) + " 1 <NA> <NA> joe <NA>\n", 1, 13, "digits"},
		"too late":              {labelfile.RTTM, "SPEAKER é 1 0 1e30 <NA> <NA> joe <NA>\n", 1, 1, "out of range"},
		"no lookahead":          {labelfile.RTTM, "SPEAKER é 1 0 1 <NA> <NA> joe <NA> soon\n", 1, 36, `"soon"`},
		"an end in the IP":      {labelfile.RTTM, "IP é 1 0 1 <NA> edit joe <NA>\n", 1, 10, `"1"`},
		"not UTF-8":             {labelfile.RTTM, "SPEAKER \xff 1 0 1 <NA> <NA> joe <NA>\n", 1, 9, "UTF-8"},
		"a NUL":                 {labelfile.RTTM, "SPEAKER f 1 0 1 <NA> <NA> j\x00 <NA>\n", 1, 1, "NUL"},
		"three fields":          {labelfile.UEM, "é 1 0\n", 1, 6, "3 fields"},
		"the end first":         {labelfile.UEM, "é 1 2 1\n", 1, 1, "before the start"},
		"no end":                {labelfile.UEM, "é 1 2 x\n", 1, 7, `"x"`},
		"no word":               {labelfile.CTM, "é 1 0 1\n", 1, 8, "4 fields"},
		"stars":                 {labelfile.CTM, "é 1 * * word\n", 1, 5, `"*"`},
		"<ALT> alone":           {labelfile.CTM, "é 1 * * <ALT>\n", 1, 5, `"*"`},
		"alternatives within":   {labelfile.CTM, "é 1 * * <ALT_BEGIN>\né 1 * * <ALT_BEGIN>\n", 2, 5, `"*"`},
		"an endless one":        {labelfile.CTM, "é 1 * * <ALT_BEGIN>\né 1 0 1 a\n", 1, 1, "never ends"},
		"of another file":       {labelfile.CTM, "é 1 * * <ALT_BEGIN>\ne 1 0 1 a\n", 2, 1, `"e"`},
		"a negative duration":   {labelfile.CTM, "é 1 1 -1 a\n", 1, 7, `"-1"`},
		"nothing":               {labelfile.WebVTT, "", 1, 1, "empty"},
		"no WEBVTT":             {labelfile.WebVTT, "WEBVTTX\n", 1, 1, `"WEBVTTX"`},
		"half an arrow":         {labelfile.WebVTT, vtt + "00:01.000 -> 0x:02.000\nx\n", 3, 1, "->"},
		"no minutes":            {labelfile.WebVTT, vtt + "id\n01.000 --> 00:02.000\nx\n", 4, 1, `"01.000"`},
		"sixty minutes":         {labelfile.WebVTT, vtt + "é00:01.000 --> 60:02.000\nx\n", 3, 1, `"é00`},
		"a minute of 60":        {labelfile.WebVTT, vtt + "00:01.000 --> 00:60.000\nx\n", 3, 15, `"00:60.000"`},
		"hours for ever":        {labelfile.WebVTT, vtt + strings.Repeat("9", 99) + ":00:01.000 --> 00:60.000\nx\n", 3, 1, "out of range"},
		"digits for ever":       {labelfile.WebVTT, vtt + "00:01." + strings.Repeat("9", 99) + " --> 00:50.000\nx\n", 3, 1, "digits"},
		"a text of Latin-1":     {labelfile.WebVTT, vtt + "00:01.000 --> 00:02.000\né\xe9\n", 4, 2, "UTF-8"},
		"a text for ever":       {labelfile.WebVTT, vtt + "00:01.000 --> 00:02.000\n" + strings.Repeat("x\n", 1<<20), 524292, 1, "bytes"},
		"the end of a cue":      {labelfile.WebVTT, vtt + "00:02.000 --> 00:01.000\nx\n", 3, 1, "before the start"},
		"no subtitle":           {labelfile.SRT, "\nhello\n", 2, 1, `"hello"`},
		"a number alone":        {labelfile.SRT, "1\n", 2, 1, "end of the file"},
		"no time":               {labelfile.SRT, "1\n00:00:0x,000 --> 00:00:02,000\nx\n", 2, 1, `"00:00:0x,000"`},
		"a time before 0":       {labelfile.SRT, "1\n00:00:00,000 --> 00:00:02,000\nx\n\n2\n-00:00:01,000 --> 00:00:02,000\n", 6, 1, `"-00`},
		"no UTF-8":              {labelfile.SRT, "1\n00:00:00,000 --> 00:00:02,000\nx\nx\xe9\n", 4, 2, "UTF-8"},
		"a subtitle for ever":   {labelfile.SRT, "1\n00:00:00,000 --> 00:00:02,000\n" + strings.Repeat("x\n", 1<<20), 524291, 1, "bytes"},
		"WebVTT for a subtitle": {labelfile.SRT, "WEBVTT\n", 1, 1, `"WEBVTT"`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(tt.format, []byte(tt.text), labelfile.ReadOptions{Name: "x.txt"})
			e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
			if !ok {
				t.Fatalf("%v instead of an error of the format", r.err)
			}
			is.Equal([]any{e.Format, e.Name, e.Line, e.Column}, []any{tt.format, "x.txt", tt.line, tt.column})
			is.True(strings.Contains(e.Found, tt.found)) // e.Found
		})
	}
}

func TestSpeechFormats_goOnAfterBadRecords(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, tt := range []struct {
		format labelfile.Format
		text   string
		bad    []int
	}{
		{labelfile.RTTM, "SPEAKER f 1 x 1 <NA> <NA> bad <NA>\nSPEAKER f 1 0 1 <NA> <NA> good <NA>\n\xff\nSPEAKER f 1 2 1 <NA> <NA> good <NA>", []int{1, 3}},
		{labelfile.CTM, "f 1 x 1 bad\nf 1 0 1 good\n\xff\nf 1 2 1 good", []int{1, 3}},
		{labelfile.WebVTT, "WEBVTT\n\nx --> y\nbad\nbad\n\n00:01.000 --> 00:02.000\ngood\n\n00:01.000 --> 00:02.000\nba\xffd\nbad\n\nid\n" +
			"00:01.000 --> 00:02.000\ngood\n", []int{3, 11}},
		{labelfile.SRT, "bad\n\n1\n00:00:01,000 --> 00:00:02,000\ngood\n\n2\n0 --> 1\nbad\n\n3\n00:00:03,000 --> 00:00:04,000\ngood\n", []int{1, 8}},
	} {
		is := is.New(t)
		opts := labelfile.ReadOptions{Name: "x.txt", MaxBad: 2}
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
	skipMany(t)
	t.Parallel()
	for f, text := range map[labelfile.Format]string{
		labelfile.RTTM: "SPEAKER f 1 0.00049 0.00002 <NA> <NA> joe <NA> <NA>\nSPEAKER f 1 1.5000 2.25 <NA> <NA> joe <NA> <NA>\n",
		labelfile.UEM:  "f 1 0.00049 5.00051\nf 1 6.000 7.000\n",
		labelfile.CTM:  "f 1 0.00049 0.00002 hi\nf 1 1.50 2.25 ho\n",
	} {
		is := is.New(t)
		r := readFormat(f, []byte(text), labelfile.ReadOptions{KeepTimes: true})
		is.NoErr(r.err)
		is.Equal(r.labels[0].StartMS, int64(0))
		out, report := writeFormat(t, f, r.labels, nil)
		is.Equal(report.Remarks, []labelfile.Remark{})
		is.Equal(string(out), strings.Replace(text, "1.5000 2.25", "1.500 2.250", 1))
		moved := slices.Clone(r.labels)
		moved[0].EndMS += 1000
		_, report = writeFormat(t, f, moved, nil)
		is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(1)) // they are true no longer
	}
}

func TestSpeechFormats_sayWhatIsLost(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, f := range speechFormats {
		is := is.New(t)
		_, report := writeFormat(t, f, []annoset.Annotation{{AudioFileID: "f", ArtifactType: "x", ExtraData: []byte(`{"k":[1]}`)}},
			&labelfile.WriteOptions{Clean: []string{"g"}})
		is.Equal(remarked(report.Remarks, labelfile.RemarkExtraLost), int64(1))
		is.Equal(remarked(report.Remarks, labelfile.RemarkCleanLost), int64(1))
	}
}

func TestSpeechFormats_boundMemory(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, tt := range []struct {
		format labelfile.Format
		begin  string
		rest   io.Reader
	}{
		{labelfile.RTTM, "SPEAKER ", endless{}}, {labelfile.UEM, "f 1 ", endless{}}, {labelfile.CTM, "f 1 ", endless{}},
		{labelfile.WebVTT, "WEBVTT\n\n00:01.000 --> 00:02.000\n", endless{}},
		{labelfile.WebVTT, "WEBVTT\n\n00:01.000 --> 00:02.000\n", &endlessLines{}},
		{labelfile.SRT, "1\n00:00:01,000 --> 00:00:02,000\n", endless{}},
		{labelfile.SRT, "1\n00:00:01,000 --> 00:00:02,000\n", &endlessLines{}},
	} {
		is := is.New(t)
		n := &counting{r: io.MultiReader(strings.NewReader(tt.begin), tt.rest)}
		var err error
		for _, e := range labelfile.Read(n, tt.format, &labelfile.ReadOptions{Name: "x"}) {
			err = e
		}
		_, ok := errors.AsType[*labelfile.SyntaxError](err)
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

func TestSpeechFormats_detect(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for f, text := range map[labelfile.Format]string{
		labelfile.RTTM:   ";; a comment\n\nspeaker f 1 0 1 <NA> <NA> joe <NA>\n",
		labelfile.UEM:    ";; a comment\nf 1 0.000 60.5\n",
		labelfile.CTM:    "f A 0.1 0.2 word\n",
		labelfile.WebVTT: "WEBVTT\tof something\n\n00:01.000 --> 00:02.000\nhi\n",
		labelfile.SRT:    "\n1\n00:00:01,000 --> 00:00:02,000\nhi\n",
	} {
		for _, head := range []string{
			text, "\ufeff" + text, asUTF16(text), strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, "\n", "\r"),
			text + "cut in a char\xc3", string(gzipped(t, []byte(text))),
		} {
			is := is.New(t)
			found, err := labelfile.Detect("", []byte(head))
			is.NoErr(err)
			is.Equal(found, f)
		}
	}
	for _, text := range []string{
		"", ";; nothing but a comment\n", "SPEAKER of the house\n", "WEBVTTX\n", "1\n2\n3\n", "a text of five words\n", "a b c d\n",
	} {
		is := is.New(t)
		for _, name := range []string{"", "x.rttm", "x.uem", "x.ctm", "x.vtt", "x.srt"} {
			_, err := labelfile.Detect(name, []byte(text))
			is.True(errors.Is(err, annoset.ErrInvalid)) // the name alone is never enough
		}
	}
}
