package labelfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

func TestTableFormats_errors(t *testing.T) {
	skipMany(t)
	t.Parallel()
	const head = "filename,start,end,label\n"
	for name, tt := range map[string]struct {
		format       labelfile.Format
		text         string
		line, column int
		found        string
	}{
		"no start":            {labelfile.CSV, "filename,end,label\n", 1, 1, "header"},
		"no end":              {labelfile.CSV, "filename,start,label\n", 1, 1, "header"},
		"no type":             {labelfile.CSV, "filename,start,end\n", 1, 1, "header"},
		"no file":             {labelfile.DCASE, "onset,offset,event_label\n", 1, 1, "header"},
		"an empty file":       {labelfile.CSV, head + ",1,2,hum\n", 2, 1, "no audio file"},
		"an empty start":      {labelfile.CSV, head + "é.wav,,2,hum\n", 2, 7, `""`},
		"no number":           {labelfile.CSV, head + "é.wav,1,x2,hum\n", 2, 9, `"x2"`},
		"two commas":          {labelfile.CSV, "start;end;label\n1,2,3;4;hum\n", 2, 1, `"1,2,3"`},
		"a huge number":       {labelfile.CSV, head + "a," + strings.Repeat("9", 300) + ",2,hum\n", 2, 3, "digits"},
		"a huge power":        {labelfile.CSV, head + "a,1e999999999,2,hum\n", 2, 3, "exponent"},
		"not a number":        {labelfile.CSV, head + "a,NaN,2,hum\n", 2, 3, `"NaN"`},
		"a negative start":    {labelfile.CSV, head + "a,-1,2,hum\n", 2, 3, "before the beginning"},
		"the end first":       {labelfile.CSV, head + "a,2,1,hum\n", 2, 3, "before the start"},
		"too many cells":      {labelfile.CSV, head + "a,1,2,hum,x\n", 2, 11, "5 cells"},
		"too few cells":       {labelfile.CSV, head + "a,1,2\n", 2, 5, "3 cells"},
		"text behind quotes":  {labelfile.CSV, head + "\"a\"b,1,2,hum\n", 2, 4, "b,1"},
		"a quote never ends":  {labelfile.CSV, head + "a,1,2,hum\nb,1,2,\"hum\n\n,", 3, 7, "never closed"},
		"behind many lines":   {labelfile.CSV, head + "\"a\nb\",1,2,hum\n\"a\nb\",x,2,hum\n", 5, 4, `"x"`},
		"no UTF-8":            {labelfile.CSV, head + "a\xff,1,2,hum\n", 2, 2, "UTF-8"},
		"half of UTF-16":      {labelfile.CSV, asUTF16(head) + "\x00\xd8", 2, 1, "UTF-16"},
		"a NUL":               {labelfile.CSV, head + "a,1,2,h\x00\n", 2, 3, "NUL"},
		"too many columns":    {labelfile.CSV, strings.Repeat("a,", 1<<12), 1, 1, "cells"},
		"deep extra data":     {labelfile.CSV, "start,end,label,extra_data\n1,2,a,\"{\"\"a\"\":" + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + "}\"\n", 2, 7, "deeper"},
		"samples, no rate":    {labelfile.CSV, "start_sample,end_sample,label\n1,2,a\n", 1, 1, "samples"},
		"sixty seconds":       {labelfile.CSV, "start,end,label\n0:60,2,a\n", 2, 1, `"0:60"`},
		"no label track":      {labelfile.Audacity, "hello\n", 1, 1, `"hello"`},
		"an end of text":      {labelfile.Audacity, "1\t2\ta\n1\t1e999\ta\n", 2, 3, `"1e999"`},
		"frequencies alone":   {labelfile.Audacity, "\\\t1\t2\n", 1, 1, `\`},
		"half a frequency":    {labelfile.Audacity, "1\t2\ta\n\\\t1\n", 2, 1, `\`},
		"no frequency":        {labelfile.Audacity, "1\t2\ta\n\\\t1\tx\n", 2, 5, `"x"`},
		"no object":           {labelfile.JSONLines, "\n  [1]\n", 2, 3, "[1]"},
		"half an object":      {labelfile.JSONLines, `{"audio_file_id":"é",` + "\n", 1, 21, "unexpected"},
		"two objects a line":  {labelfile.JSONLines, `{"é":1} {}` + "\n", 1, 9, "invalid"},
		"a number for text":   {labelfile.JSONLines, `{"é":1,"artifact_type":5}`, 1, 24, "5"},
		"a text for a number": {labelfile.JSONLines, `{"start_ms":"5"}`, 1, 13, `5`},
		"keys missing":        {labelfile.JSONLines, `{"start_ms":5}`, 1, 1, "start_ms"},
		"extra data of text":  {labelfile.JSONLines, `{"extra_data":"5"}`, 1, 15, `5`},
		"deep extra data of lines": {labelfile.JSONLines,
			`{"extra_data":{"a":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}}`, 1, 15, "deeper"},
		"clean and a label":      {labelfile.JSONLines, `{"audio_file_id":"a","start_ms":1,"clean":true}`, 1, 1, "clean"},
		"an array that stays on": {labelfile.Lhotse, "[{\"recording_id\":\"a\",\n", 2, 1, "end of the file"},
		"no array of objects":    {labelfile.Lhotse, "[{},\n 5]", 1, 2, "{}"},
		"a supervision of none":  {labelfile.Lhotse, `{"recording_id":"a","start":1}`, 1, 1, "recording_id"},
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
			is.True(errors.Is(r.err, annoset.ErrInvalid))
		})
	}
}

func TestTableFormats_badSamples(t *testing.T) {
	skipMany(t)
	t.Parallel()
	const folder = "formats/crowsetta-csv/csv/"
	for name, tt := range map[string]struct {
		column          int
		found, expected string
	}{
		"invalid_fields_in_header.csv":                        {68, `"invalid"`, "those of the format"},
		"missing_fields_in_header.csv":                        {1, "header", "artifact type, such as label"},
		"no_onset_or_offset_column.csv":                       {1, "header", "start, such as onset"},
		"onset_s_column_but_no_offset_s_column.csv":           {1, "header", "end, such as offset"},
		"onset_sample_column_but_no_offset_sample_column.csv": {1, "header", "onset_sample, offset_sample"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			r := readFormat(labelfile.GenericSeq, value(io.ReadAll(openSample(t, folder+name)))(t), labelfile.ReadOptions{})
			e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
			is.True(ok)
			is.Equal([]int{e.Line, e.Column, len(r.labels)}, []int{1, tt.column, 0})
			is.True(strings.Contains(e.Found, tt.found))       // e.Found
			is.True(strings.Contains(e.Expected, tt.expected)) // e.Expected
		})
	}
}

func TestTableFormats_goOnAfterBadRecords(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, tt := range []struct {
		format labelfile.Format
		text   string
	}{
		{labelfile.CSV, "start,end,label\nx,1,bad\n0,1,good\n\"a\"b,2,bad\n2,1,bad\n\xff,1,bad\n3,4,good\n"},
		{labelfile.Audacity, "x\t1\tbad\n\\\t5\t6\n0\t1\tgood\n2\t1e999\tbad\n-2\t1\tbad\n\xff\t1\tbad\n3\t4\tgood\n"},
		{labelfile.JSONLines, `{"artifact_type":"bad"}` + "\n" + `{"artifact_type":"good","start_ms":0,"end_ms":1000}` +
			"\n{\n[]\n\xff\n" + `{"artifact_type":"good","start_ms":3000,"end_ms":4000}`},
		{labelfile.Lhotse, `[{"id":1},{"id":2},{"recording_id":"x","start":0,"duration":1,"text":"good"},{"a"},{},` +
			`{"recording_id":"x","start":3,"duration":1,"text":"good"}]`},
	} {
		is := is.New(t)
		opts := labelfile.ReadOptions{Name: "x.txt", MaxBad: 4}
		r := readFormat(tt.format, []byte(tt.text), opts)
		is.NoErr(r.err)
		is.Equal(remarked(r.report.Remarks, labelfile.RemarkBadSkipped), int64(4))
		is.Equal(len(r.labels), 2) // the good ones
		opts.MaxBad = 3
		r = readFormat(tt.format, []byte(tt.text), opts)
		_, ok := errors.AsType[*labelfile.SyntaxError](r.err)
		is.True(ok) // one too many
	}
}

func TestTableFormats_boundMemory(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for f, begin := range map[labelfile.Format]string{
		labelfile.CSV: "start,end,label\n0,1,\"", labelfile.JSONLines: `{"`, labelfile.Lhotse: "[{\n\"",
	} {
		t.Run(string(f), func(t *testing.T) {
			is := is.New(t)
			n := &counting{r: io.MultiReader(strings.NewReader(begin), endless{})}
			var err error
			for _, e := range labelfile.Read(n, f, &labelfile.ReadOptions{Name: "x", MaxBad: 1 << 30}) {
				err = e
			}
			_, ok := errors.AsType[*labelfile.SyntaxError](err)
			is.True(ok)           // it ends
			is.True(n.n < 40<<20) // soon
		})
	}
}

// asUTF16 is ASCII text in UTF-16, little end first.
func asUTF16(s string) string {
	return "\xff\xfe" + strings.ReplaceAll(s, "", "\x00")[1:]
}

// endless is text without end: lines of one word.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "abcdefg "[i%8]
	}
	return len(p), nil
}

type counting struct {
	r io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
