package labelfile_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/labelfile"
)

func TestImport(t *testing.T) {
	t.Parallel()
	t.Run("adds labels and clean marks, in a file and in memory", func(t *testing.T) {
		t.Parallel()
		for _, open := range []func(testing.TB) *annoset.Store{openFile, openMemory} {
			is := is.New(t)
			s := open(t)
			draft := newDraft(t, s, "kitchen")
			report, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen), labelfile.DCASE, nil)
			is.NoErr(err)
			is.Equal(report.Labels, int64(3))
			is.Equal(report.Clean, int64(1))
			is.Equal(report.Files, 1)
			sameLabels(t, collect(t, s.Annotations(t.Context(), draft.ID, annoset.Filter{})), []annoset.Annotation{
				label("a.wav", "Dishes", 500, 1250), label("a.wav", "Dishes", 500, 1250), label("b.wav", "Speech", 2000, 3000),
			})
			is.Equal(collect(t, s.CleanAudioFiles(t.Context(), draft.ID)), []string{"empty.wav"})
		}
	})
	t.Run("finds the format out, packed or not", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openMemory(t)
		draft := newDraft(t, s, "kitchen")
		for _, data := range [][]byte{[]byte(kitchen), gzipped(t, []byte(kitchen))} {
			report, err := labelfile.Import(t.Context(), s, draft.ID, bytes.NewReader(data), "",
				&labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: "kitchen.tsv"}})
			is.NoErr(err)
			is.Equal(report.Labels, int64(3))
		}
		_, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader("\x00\x01\x02"), "", nil)
		is.True(errors.Is(err, annoset.ErrInvalid)) // it looks like nothing
		_, err = labelfile.Import(t.Context(), s, draft.ID, iotest.ErrReader(errors.New("broken")), labelfile.CSV, nil)
		is.Equal(err.Error(), "annoset: import: broken") // the file is no stream of labels to the caller
	})
	t.Run("skips the labels that are there, each as often as it is", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		draft := newDraft(t, s, "kitchen")
		again := &labelfile.ImportOptions{SkipExisting: true}
		_, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen), labelfile.DCASE, again)
		is.NoErr(err)
		before := dump(t, s)
		report, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen), labelfile.DCASE, again)
		is.NoErr(err)
		is.Equal(report.Skipped, int64(3))
		is.Equal(dump(t, s), before) // not one more
		grown := kitchen + "a.wav\t0.5\t1.25\tDishes\nc.wav\t1\t2\tSpeech\n"
		report, err = labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(grown), labelfile.DCASE, again)
		is.NoErr(err)
		is.Equal(report.Skipped, int64(3)) // the third copy of a label that is there twice is new
		is.Equal(len(collect(t, s.Annotations(t.Context(), draft.ID, annoset.Filter{}))), 5)
	})
	t.Run("says where a label stands that the store refuses, and writes nothing", func(t *testing.T) {
		t.Parallel()
		for _, open := range []func(testing.TB) *annoset.Store{openFile, openMemory} {
			is := is.New(t)
			s := open(t)
			d, err := s.CreateDataset(t.Context(), annoset.NewDataset{
				Name: "kitchen", ArtifactTypes: []annoset.ArtifactType{{Name: "Dishes"}},
			})
			is.NoErr(err)
			draft, err := s.CreateSet(t.Context(), d.ID, annoset.NewSet{})
			is.NoErr(err)
			before := dump(t, s)
			_, err = labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen), labelfile.DCASE,
				&labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: "kitchen.tsv"}})
			e, ok := errors.AsType[*annoset.ValidationError](err)
			is.True(ok) // Speech is not declared
			is.Equal(len(e.Problems), 1)
			is.Equal(e.Problems[0].At.File, "kitchen.tsv")
			is.Equal(e.Problems[0].At.Line, 3)
			is.True(strings.Contains(err.Error(), "kitchen.tsv:3:")) // and so does the text
			is.Equal(dump(t, s), before)
		}
	})
	t.Run("refuses a bad record, a set that is published, and a clean mark on labels", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		draft := newDraft(t, s, "kitchen")
		before := dump(t, s)
		_, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen+"a.wav\tx\t2\tSpeech\n"),
			labelfile.DCASE, nil)
		e, ok := errors.AsType[*labelfile.SyntaxError](err)
		is.True(ok)
		is.Equal(e.Line, 6)
		_, err = labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen+"b.wav\t\t\t\n"), labelfile.DCASE, nil)
		is.True(errors.Is(err, annoset.ErrConflict)) // b.wav bears a label
		broken := errors.New("broken")
		_, err = labelfile.Import(t.Context(), s, draft.ID, iotest.ErrReader(broken), labelfile.DCASE, nil)
		is.True(errors.Is(err, broken))
		is.Equal(dump(t, s), before) // nothing was written
		_, err = s.Publish(t.Context(), draft.ID, &annoset.PublishOptions{AllowEmpty: true})
		is.NoErr(err)
		_, err = labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen), labelfile.DCASE, nil)
		is.True(errors.Is(err, annoset.ErrPublished))
	})
}

func TestImport_fullDisk(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	between := &hook.Seam{}
	s := openStoreIn(t, between.In(context.Background()), nil)
	draft := newDraft(t, s.Store, "kitchen")
	_, err := labelfile.Import(t.Context(), s.Store, draft.ID, strings.NewReader(kitchen), labelfile.DCASE, nil)
	is.NoErr(err)
	before := dump(t, s.Store)
	for failing, failed := 0, true; failed; failing++ {
		calls := 0
		failed = false
		between.Set(func(what, _ string) (error, error) {
			if what != "Query" && what != "Exec" && what != "Next" {
				return nil, nil
			}
			if calls++; calls != failing+1 {
				return nil, nil
			}
			failed = true
			return syscall.ENOSPC, nil
		})
		_, err := labelfile.Import(t.Context(), s.Store, draft.ID, strings.NewReader(kitchen), labelfile.DCASE,
			&labelfile.ImportOptions{SkipExisting: true})
		between.Set(nil)
		is.Equal(errors.Is(err, annoset.ErrFull), failed) // whichever call it is, also while it looks for what is there
		is.Equal(dump(t, s.Store), before)
	}
}

func TestImportFS(t *testing.T) {
	t.Parallel()
	folder := fstest.MapFS{
		"a.txt":            {Data: []byte("0.5\t1.25\tDishes\n")},
		"deep/b.txt":       {Data: []byte("2.0\t3.0\tSpeech\n")},
		"deep/silent.txt":  {Data: nil},
		"deep/.hidden.txt": {Data: []byte("0\t1\tno\n")},
		".git/c.txt":       {Data: []byte("0\t1\tno\n")},
		"notes.md":         {Data: []byte("# no labels")},
	}
	t.Run("takes one recording a file, and an empty one as clean if asked", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		draft := newDraft(t, s, "folder")
		report, err := labelfile.ImportFS(t.Context(), s, draft.ID, folder, labelfile.Audacity,
			&labelfile.ImportOptions{EmptyIsClean: true})
		is.NoErr(err)
		is.Equal(report.Files, 3)
		sameLabels(t, collect(t, s.Annotations(t.Context(), draft.ID, annoset.Filter{})), []annoset.Annotation{
			label("a", "Dishes", 500, 1250), label("b", "Speech", 2000, 3000),
		})
		is.Equal(collect(t, s.CleanAudioFiles(t.Context(), draft.ID)), []string{"silent"})
	})
	t.Run("keeps the names that people gave their files, and reads those that an export made", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		draft := newDraft(t, s, "folder")
		const selections = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tAnnotation\n1\tSpectrogram 1\t1\t0.5\t1\tx\n"
		_, err := labelfile.ImportFS(t.Context(), s, draft.ID, fstest.MapFS{
			"Anna.txt":                          {Data: []byte("0\t1\tx\n")},
			"anna.TXT":                          {Data: []byte("0\t1\tx\n")},
			"Bo%2fC~9.txt":                      {Data: []byte("0\t1\tx\n")},
			"Day.1.txt.GZ":                      {Data: gzipped(t, []byte("0\t1\tx\n"))},
			"MSD-0003.Table.1.selections.txt":   {Data: []byte(selections)},
			"escaped%20Name~010.selections.txt": {Data: []byte(selections)},
		}, "", nil)
		is.NoErr(err)
		names := []string{}
		for a, err := range s.Annotations(t.Context(), draft.ID, annoset.Filter{}) {
			is.NoErr(err)
			names = append(names, a.AudioFileID)
		}
		is.Equal(names, []string{"Anna", "Bo/C", "Day.1", "MSD-0003", "anna", "escaped Name"})
	})
	t.Run("tells of the files whose format it does not know", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		draft := newDraft(t, s, "folder")
		report, err := labelfile.ImportFS(t.Context(), s, draft.ID, folder, "", nil)
		is.NoErr(err)
		is.Equal(report.Files, 2)
		is.Equal(report.Remarks, []labelfile.Remark{{Kind: labelfile.RemarkFileSkipped, Count: 2, First: []annoset.Place{
			{File: "deep/silent.txt"}, {File: "notes.md"},
		}}})
	})
	t.Run("names the file that is bad, and writes nothing", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openFile(t)
		draft := newDraft(t, s, "folder")
		before := dump(t, s)
		bad := fstest.MapFS{"a.txt": folder["a.txt"], "deep/z.txt": {Data: []byte("x\t0.5\tDishes\n")}}
		_, err := labelfile.ImportFS(t.Context(), s, draft.ID, bad, labelfile.Audacity, nil)
		e, ok := errors.AsType[*labelfile.SyntaxError](err)
		is.True(ok)
		is.Equal(e.Name, "deep/z.txt")
		_, err = labelfile.ImportFS(t.Context(), s, draft.ID, fstest.MapFS{"notes.md": folder["notes.md"]}, "", nil)
		is.True(errors.Is(err, annoset.ErrInvalid)) // there is nothing to import
		is.Equal(err.Error(), "annoset: import: invalid input: folder has no file of a known format")
		is.Equal(dump(t, s), before)
	})
}

func TestImport_whenTheContextEnds(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]string{
		"while all labels are there": "a\t1\t2\thum\n", "while no row has a label": "a\t\t\t\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			there := newDraft(t, s.Store, "there")
			text := "filename\tonset\toffset\tevent_label\n" + strings.Repeat(row, 20_000)
			again := &labelfile.ImportOptions{SkipExisting: true}
			_, err := labelfile.Import(t.Context(), s.Store, there.ID, strings.NewReader(text), labelfile.DCASE, again)
			is.NoErr(err)
			before, err := s.SetByID(t.Context(), there.ID)
			is.NoErr(err)

			ctx, cancel := context.WithCancel(t.Context())
			rest := strings.NewReader(text)
			_, err = labelfile.Import(ctx, s.Store, there.ID, readerFunc(func(p []byte) (int, error) {
				cancel()
				return rest.Read(p)
			}), labelfile.DCASE, again)
			is.True(errors.Is(err, context.Canceled))
			is.True(rest.Len() > 0) // and did not read on to the end
			after, err := s.SetByID(t.Context(), there.ID)
			is.NoErr(err)
			is.Equal(after, before)
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
