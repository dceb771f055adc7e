package labelfile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

func TestRead_strict(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		format labelfile.Format
		text   string
		opts   labelfile.ReadOptions
		kind   labelfile.RemarkKind
		before int // labels that were read before
		line   int
	}{
		"digits":        {labelfile.CSV, "file,start_s,end_s,label\na,1,2,x\na,1.00049,2,x\na,3,4,x\n", labelfile.ReadOptions{}, labelfile.RemarkDigitsLost, 1, 3},
		"a point":       {labelfile.CSV, "file,start_s,end_s,label\na,1,1.0001,x\n", labelfile.ReadOptions{}, labelfile.RemarkCollapsed, 0, 2},
		"blanks":        {labelfile.Audacity, "1\t2\tx\n1\t2\t\n1\t2\tx\n", labelfile.ReadOptions{}, labelfile.RemarkBlankSkipped, 1, 2},
		"points":        {labelfile.Audacity, "1\t1\tx\n", labelfile.ReadOptions{SkipPoints: true}, labelfile.RemarkPointSkipped, 0, 1},
		"a comment":     {labelfile.RTTM, ";; hi\nSPEAKER f 1 0 1 <NA> <NA> joe <NA> <NA>\n", labelfile.ReadOptions{}, labelfile.RemarkRecordSkipped, 0, 1},
		"the last line": {labelfile.RTTM, "SPEAKER f 1 0 1 <NA> <NA> joe <NA> <NA>\n;; hi\n", labelfile.ReadOptions{}, labelfile.RemarkRecordSkipped, 1, 2},
		"bad records":   {labelfile.Audacity, "x\n1\t2\tx\n", labelfile.ReadOptions{MaxBad: 9}, labelfile.RemarkBadSkipped, 0, 1},
		"a repair":      {labelfile.RTTM, "SPEAKER f 1 0 1 hi <NA> joe <NA> <NA>\n", labelfile.ReadOptions{}, labelfile.RemarkRepaired, 0, 1},
		"a spreadsheet": {labelfile.CSV, "file,start_s,end_s,label\n#REF!,,,\na,1,2,x\n", labelfile.ReadOptions{}, labelfile.RemarkSpoiled, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			tt.opts.Name = "dir/ep1.x"
			none := []labelfile.RemarkKind{labelfile.RemarkFormulaEscaped, labelfile.RemarkTimeChanged}
			tt.opts.Strict = append(tt.opts.Strict, none...) // of which there is none
			r := readFormat(tt.format, []byte(tt.text), tt.opts)
			is.NoErr(r.err)
			is.True(remarked(r.report.Remarks, tt.kind) > 0)
			tt.opts.Strict = append(tt.opts.Strict, tt.kind)
			r = readFormat(tt.format, []byte(tt.text), tt.opts)
			e, ok := errors.AsType[*labelfile.RemarkError](r.err)
			if !ok {
				t.Fatalf("%v", r.err)
			}
			is.Equal([]any{e.Format, e.Kind, e.At.File, e.At.Line}, []any{tt.format, tt.kind, "dir/ep1.x", tt.line})
			is.Equal(len(r.labels), tt.before)
			is.Equal(len(r.clean), 0)
			is.True(errors.Is(r.err, annoset.ErrInvalid))
			is.True(strings.Contains(r.err.Error(), string(tt.kind)))
			is.Equal(remarked(r.report.Remarks, tt.kind), int64(1)) // the first one
		})
	}
}

func TestWrite_strict(t *testing.T) {
	t.Parallel()
	half := 0.5
	for kind, tt := range map[labelfile.RemarkKind]struct {
		format labelfile.Format
		label  annoset.Annotation
		opts   labelfile.WriteOptions
	}{
		labelfile.RemarkConfidenceLost: {labelfile.DCASE, annoset.Annotation{Confidence: &half}, labelfile.WriteOptions{}},
		labelfile.RemarkExtraLost:      {labelfile.EAF, annoset.Annotation{ExtraData: []byte(`{"k":1}`)}, labelfile.WriteOptions{}},
		labelfile.RemarkTypeChanged:    {labelfile.CTM, annoset.Annotation{ArtifactType: "two words"}, labelfile.WriteOptions{}},
		labelfile.RemarkNameChanged:    {labelfile.RTTM, annoset.Annotation{AudioFileID: "my file.wav"}, labelfile.WriteOptions{}},
		labelfile.RemarkCleanLost:      {labelfile.TextGrid, annoset.Annotation{}, labelfile.WriteOptions{Clean: []string{"b.wav"}}},
		labelfile.RemarkFormulaEscaped: {labelfile.CSV, annoset.Annotation{ArtifactType: "=1"}, labelfile.WriteOptions{SafeFormulas: true}},
		labelfile.RemarkTimeChanged: {labelfile.CSV, annoset.Annotation{EndMS: 1001}, labelfile.WriteOptions{
			Table: labelfile.TableOptions{Unit: labelfile.UnitSamples, SampleRate: 10},
		}},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			l := label("a.wav", "hum", 0, 2000)
			bad := tt.label
			bad.AudioFileID, bad.EndMS = orElse(bad.AudioFileID, "a.wav"), max(bad.EndMS, 1000)
			bad.ArtifactType = orElse(bad.ArtifactType, "hum")
			labels := []annoset.Annotation{bad}
			if tt.format == labelfile.CSV {
				labels = []annoset.Annotation{l, bad, l}
			}
			opts := tt.opts
			opts.Strict = []labelfile.RemarkKind{labelfile.RemarkNameLost}
			_, report := writeFormat(t, tt.format, labels, &opts)
			is.True(remarked(report.Remarks, kind) > 0)
			opts.Strict = []labelfile.RemarkKind{kind}
			_, err := labelfile.Write(&bytes.Buffer{}, tt.format, pairs(labels...), &opts)
			e, ok := errors.AsType[*labelfile.RemarkError](err)
			if !ok {
				t.Fatalf("%v", err)
			}
			is.Equal([]any{e.Format, e.Kind}, []any{tt.format, kind})
			want := bad.AudioFileID
			if kind == labelfile.RemarkCleanLost {
				want = "b.wav"
			}
			is.Equal(e.At.File, want)
			is.True(errors.Is(err, annoset.ErrInvalid))
		})
	}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func TestStrict_inAStore(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openFile(t)
	draft := newDraft(t, s, "strict")
	before := dump(t, s)
	text := "1\t2\tx\n2\t3\t\n"
	refuse := func(kinds ...labelfile.RemarkKind) *labelfile.ImportOptions {
		return &labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: "ep1.txt", Strict: kinds}}
	}
	_, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(text), "", refuse(labelfile.RemarkBlankSkipped))
	e, ok := errors.AsType[*labelfile.RemarkError](err)
	is.True(ok)
	is.Equal(e.At.String(), "ep1.txt:2:1")
	is.Equal(dump(t, s), before) // nothing was written
	folder := fstest.MapFS{"a.txt": {Data: []byte("1\t2\tx\n")}, "notes.md": {Data: []byte("# no labels")}}
	_, err = labelfile.ImportFS(t.Context(), s, draft.ID, folder, "", refuse(labelfile.RemarkFileSkipped))
	e, ok = errors.AsType[*labelfile.RemarkError](err)
	is.True(ok)
	is.Equal(e.At.File, "notes.md")
	is.Equal(e.Format, labelfile.Format("")) // it has none
	is.Equal(dump(t, s), before)

	_, err = s.Add(t.Context(), draft.ID, label(strings.Repeat("long", 100), "two words", 0, 1))
	is.NoErr(err)
	dir := filepath.Join(t.TempDir(), "out")
	for kind, f := range map[labelfile.RemarkKind]labelfile.Format{
		labelfile.RemarkNameLost: labelfile.Audacity, labelfile.RemarkTypeChanged: labelfile.CTM,
	} {
		opts := &labelfile.ExportOptions{WriteOptions: labelfile.WriteOptions{Strict: []labelfile.RemarkKind{kind}}}
		_, err = labelfile.ExportDir(t.Context(), s, draft.ID, dir, f, opts)
		e, ok = errors.AsType[*labelfile.RemarkError](err)
		is.True(ok)
		is.Equal(e.Kind, kind)
		is.Equal(e.At.File, strings.Repeat("long", 100))
		_, err = os.Stat(dir)
		is.True(os.IsNotExist(err)) // and there is nothing
	}
}

func TestStrict_unknownKind(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	kinds := []labelfile.RemarkKind{labelfile.RemarkDigitsLost, "digit lost"}
	r := readFormat(labelfile.CSV, []byte("start,end,label\n"), labelfile.ReadOptions{Strict: kinds})
	is.Equal(badFields(is, r.err), []string{"-1 strict"})
	_, err := labelfile.Write(&bytes.Buffer{}, labelfile.CSV, pairs(), &labelfile.WriteOptions{Strict: kinds})
	is.Equal(badFields(is, err), []string{"-1 strict"})
}
