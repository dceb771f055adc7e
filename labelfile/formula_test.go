package labelfile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// spreadsheetFormats are the formats that spreadsheets open as tables.
var spreadsheetFormats = []labelfile.Format{
	labelfile.CSV, labelfile.TSV, labelfile.DCASE, labelfile.BirdNET, labelfile.BirdNETTable, labelfile.GenericSeq, labelfile.SimpleSeq,
	labelfile.Raven, labelfile.Audacity,
}

// TestWrite_SafeFormulas leaves no formula in a cell, whichever separator a spreadsheet splits the line at: which one it
// takes depends on the country of its user, and not on the file.
func TestWrite_SafeFormulas(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for text, want := range map[string]string{
		"=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "＝1": "'＝1", "x;=1": "x;'=1", "x,=1": "x,'=1", "x|@a": "x|'@a", "x\t=1": "x\t'=1",
		"x\n=1": "x\n'=1", "x\r+1": "x\r'+1", "x;-1;＋2": "x;'-1;'＋2", `x;"=1"`: `x;'"=1"`, `"=1"`: `'"=1"`, `""=1`: `'""=1`, "=a;=b": "'=a;'=b",
		"x;'=1": "x;'=1", "x=1": "x=1", "x; =1": "x; =1", "a-b": "a-b", "x;y": "x;y", "": "", "x;": "x;", `x"`: `x"`,
	} {
		if text == "" {
			continue
		}
		for _, f := range spreadsheetFormats {
			is := is.New(t)
			opts := &labelfile.WriteOptions{SafeFormulas: true}
			out, report := writeFormat(t, f, []annoset.Annotation{label("x", text, 0, 1)}, opts)
			noFormula(t, f, out)
			r := readFormat(f, out, labelfile.ReadOptions{Name: "x"})
			is.NoErr(r.err)
			if (f == labelfile.Raven || f == labelfile.Audacity) && strings.ContainsAny(text, "\t\r\n") {
				continue // they cannot hold tabs and line ends
			}
			is.Equal(remarked(report.Remarks, labelfile.RemarkFormulaEscaped) > 0, want != text)
			is.Equal(r.labels[0].ArtifactType, want)
		}
	}
}

// TestWrite_SafeFormulas_extraData keeps the values of extra data, which are JSON in a cell.
func TestWrite_SafeFormulas_extraData(t *testing.T) {
	t.Parallel()
	for extra, escaped := range map[string]int64{
		`{"a":"=1","b":"x;=2","c":["x,@y|-z","+"],"=k":"＝"}`: 1, `{"a":"\"=1","b":"x;\"=1\""}`: 1, `{"a":-1,"b":[1,-2]}`: 0, `{"a":"x=1"}`: 0,
	} {
		is := is.New(t)
		a := label("x", "y", 0, 1)
		a.ExtraData = json.RawMessage(extra)
		for _, table := range []labelfile.TableOptions{{}, {Separator: ';'}, {Separator: '|'}, {ExtraColumns: []string{"a"}}} {
			out, report := writeFormat(t, labelfile.CSV, []annoset.Annotation{a}, &labelfile.WriteOptions{SafeFormulas: true, Table: table})
			r := readFormat(labelfile.CSV, out, labelfile.ReadOptions{Table: labelfile.TableOptions{Separator: table.Separator}})
			is.NoErr(r.err)
			if table.ExtraColumns != nil {
				continue // a column of its own is a text
			}
			var got, want any
			noErr(t, json.Unmarshal(r.labels[0].ExtraData, &got))
			noErr(t, json.Unmarshal(a.ExtraData, &want))
			is.Equal(got, want) // the same values
			is.Equal(remarked(report.Remarks, labelfile.RemarkFormulaEscaped), escaped)
			if escaped > 0 {
				noFormula(t, labelfile.CSV, out)
			}
		}
	}
}

// noFormula fails if a spreadsheet that splits a line at some separator finds a formula. Numbers are none.
func noFormula(t *testing.T, f labelfile.Format, out []byte) {
	t.Helper()
	for line := range strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' || r == '\r' }) {
		for _, separator := range []string{",", ";", "\t", "|"} {
			for cell := range strings.SplitSeq(line, separator) {
				cell = strings.TrimLeft(cell, `"`)
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@") || strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "＋") {
					t.Fatalf("%s: %q has the formula %q", f, line, cell)
				}
			}
		}
	}
}
