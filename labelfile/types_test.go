package labelfile_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/labelfile"
)

// manyTypes fills a draft with labels whose types are words: as many types as there are, over some files.
func manyTypes(t testing.TB, s *annoset.Store, files, labels, types int) uuid.UUID {
	t.Helper()
	draft := newDraft(t, s, fmt.Sprintf("%d types", types))
	value(s.Import(t.Context(), draft.ID, func(yield func(annoset.Annotation, error) bool) {
		for i := range labels {
			a := label(fmt.Sprintf("f%04d.wav", i%files), fmt.Sprintf("word%06d", i%types), int64(i)*100, int64(i)*100+90)
			if !yield(a, nil) {
				return
			}
		}
	}, nil))(t)
	return draft.ID
}

// TestExportDir_manyTypes counts the calls that fetch rows from the store, where types and labels come in batches. There
// are a few for each file, and for each new type: nothing reads all types once for each file.
func TestExportDir_manyTypes(t *testing.T) {
	skipMany(t)
	t.Parallel()
	const files, labels, types = 50, 2000, 1000
	is := is.New(t)
	seam, rows := &hook.Seam{}, 0
	s := proof.OpenStoreIn(t, seam.In(t.Context()), nil).Store
	id := manyTypes(t, s, files, labels, types)
	read := func(what string, most int, do func() error) {
		rows = 0
		seam.Set(func(call, _ string) (before, after error) {
			if call == "Next" {
				rows++
			}
			return nil, nil
		})
		noErr(t, do())
		seam.Set(nil)
		if rows > most {
			t.Errorf("%s fetches %d times, more than %d", what, rows, most)
		}
	}
	dir := t.TempDir()
	const most = 3*files + 100
	for _, f := range labelfile.Formats() {
		read("ExportDir of "+string(f), most, func() error {
			return errOf(labelfile.ExportDir(t.Context(), s, id, filepath.Join(dir, string(f)), f, nil))
		})
		if f == labelfile.JSONLines || f == labelfile.CSV || f == labelfile.LabelStudio {
			read("Export of "+string(f), most, func() error { return errOf(labelfile.Export(t.Context(), s, id, io.Discard, f, nil)) })
		}
		again := newDraft(t, s, "back from "+string(f))
		folder := os.DirFS(filepath.Join(dir, string(f)))
		read("ImportFS of "+string(f), types+most, func() error {
			report, err := labelfile.ImportFS(t.Context(), s, again.ID, folder, f, nil)
			is.Equal(report.Files, files)
			return err
		})
		read("ImportFS again of "+string(f), most, func() error {
			return errOf(labelfile.ImportFS(t.Context(), s, again.ID, folder, f, &labelfile.ImportOptions{SkipExisting: true}))
		})
	}
}

// BenchmarkExportDir_types writes 1,000 files of 50 labels each, and reads them again, with few types and with as many
// as there are labels.
func BenchmarkExportDir_types(b *testing.B) {
	for _, types := range []int{50, 50_000} {
		ctx := context.Background()
		s := must(annoset.Open(ctx, filepath.Join(b.TempDir(), "types.annoset"), nil))
		defer s.Close()
		const files, labels = 1000, 50_000
		id := manyTypes(b, s, files, labels, types)
		for _, f := range []labelfile.Format{labelfile.TextGrid, labelfile.CTM} {
			var dir string
			b.Run(fmt.Sprintf("%s/write/types=%d", f, types), func(b *testing.B) {
				for b.Loop() {
					dir = filepath.Join(b.TempDir(), "out")
					os.RemoveAll(dir)
					must(labelfile.ExportDir(ctx, s, id, dir, f, nil))
				}
				b.ReportMetric(labels*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
			})
			b.Run(fmt.Sprintf("%s/read/types=%d", f, types), func(b *testing.B) {
				dir := filepath.Join(b.TempDir(), "out")
				must(labelfile.ExportDir(ctx, s, id, dir, f, nil))
				b.ResetTimer()
				for i := 0; b.Loop(); i++ {
					draft := newDraft(b, s, fmt.Sprint(f, types, i, b.N))
					must(labelfile.ImportFS(ctx, s, draft.ID, os.DirFS(dir), f, nil))
				}
				b.ReportMetric(labels*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
			})
		}
		var out bytes.Buffer
		b.Run(fmt.Sprintf("jsonl/one-file/types=%d", types), func(b *testing.B) {
			for b.Loop() {
				out.Reset()
				must(labelfile.Export(ctx, s, id, &out, labelfile.JSONLines, nil))
			}
			b.ReportMetric(labels*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
		})
	}
}
