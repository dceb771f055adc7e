package labelfile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/labelfile"
)

func TestExport(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openMemory(t)
	draft := newDraft(t, s, "set")
	_, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen), labelfile.DCASE, nil)
	is.NoErr(err)
	var b bytes.Buffer
	report, err := labelfile.Export(t.Context(), s, draft.ID, &b, labelfile.DCASE, nil)
	is.NoErr(err)
	is.Equal(report.Labels, int64(3))
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	slices.Sort(lines)
	is.Equal(lines, []string{
		"a.wav\t0.500\t1.250\tDishes", "a.wav\t0.500\t1.250\tDishes", "b.wav\t2.000\t3.000\tSpeech",
		"empty.wav\t\t\t", "filename\tonset\toffset\tevent_label",
	})
	_, err = labelfile.Export(t.Context(), s, draft.ID, &b, labelfile.Audacity, nil)
	is.True(errors.Is(err, annoset.ErrInvalid)) // two audio files do not go into one label track
	_, err = labelfile.Export(t.Context(), s, draft.ID, failing{fs.ErrPermission}, labelfile.DCASE, nil)
	is.True(errors.Is(err, fs.ErrPermission)) // the writer's own error
	is.Equal(err.Error(), "annoset: export: permission denied")
	_, err = labelfile.Export(t.Context(), s, draft.ID, failing{syscall.ENOSPC}, labelfile.DCASE, nil)
	is.True(errors.Is(err, annoset.ErrFull)) // as of the store's own disk
}

// failing is a writer that takes nothing.
type failing struct{ err error }

func (w failing) Write([]byte) (int, error) { return 0, w.err }

func TestExport_filter(t *testing.T) {
	t.Parallel()
	for _, open := range []func(testing.TB) *annoset.Store{openFile, openMemory} {
		is := is.New(t)
		s := open(t)
		draft := newDraft(t, s, "kitchen")
		_, err := labelfile.Import(t.Context(), s, draft.ID, strings.NewReader(kitchen), labelfile.DCASE, nil)
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), draft.ID, "silent.wav"))
		exported := func(f annoset.Filter) string {
			var b strings.Builder
			_, err := labelfile.Export(t.Context(), s, draft.ID, &b, labelfile.DCASE, &labelfile.ExportOptions{Filter: f})
			is.NoErr(err)
			return strings.TrimPrefix(b.String(), "filename\tonset\toffset\tevent_label\n")
		}
		is.Equal(exported(annoset.Filter{ArtifactTypes: []string{"Speech"}}),
			"b.wav\t2.000\t3.000\tSpeech\nempty.wav\t\t\t\nsilent.wav\t\t\t\n") // clean whatever the type
		is.Equal(exported(annoset.Filter{AudioFileIDs: []string{"b.wav", "silent.wav"}}),
			"b.wav\t2.000\t3.000\tSpeech\nsilent.wav\t\t\t\n")

		bad := &labelfile.ExportOptions{Filter: annoset.Filter{FromMS: -1}}
		var b strings.Builder
		_, err = labelfile.Export(t.Context(), s, draft.ID, &b, labelfile.DCASE, bad)
		is.Equal(badFields(is, err), []string{"-1 from_ms"})
		is.Equal(b.String(), "") // nothing was begun
		dir := filepath.Join(t.TempDir(), "out")
		_, err = labelfile.ExportDir(t.Context(), s, draft.ID, dir, labelfile.DCASE, bad)
		is.Equal(badFields(is, err), []string{"-1 from_ms"})
		is.NoErr(nothingAt(dir))
		_, err = labelfile.ExportDir(t.Context(), s, draft.ID, dir, labelfile.DCASE, &labelfile.ExportOptions{
			Filter: annoset.Filter{ArtifactTypes: []string{"Speech"}},
		})
		is.NoErr(err)
		is.Equal(fileNames(t, dir), []string{"b.wav.tsv", "empty.wav.tsv", "silent.wav.tsv"}) // a.wav has none that passes
	}
}

// TestExportDir_namesStayApart writes audio files under different names also where each is in a file of its own.
func TestExportDir_namesStayApart(t *testing.T) {
	t.Parallel()
	for f, ids := range map[labelfile.Format][2]string{
		labelfile.RTTM: {"my file", "my_file"}, labelfile.UEM: {"my file", "my_file"}, labelfile.CTM: {"my file", "my_file"},
		labelfile.Raven: {"my file", "my\tfile"}, labelfile.CSV: {"=a", "'=a"},
	} {
		is := is.New(t)
		s := openFile(t)
		draft, back := newDraft(t, s, "out"), newDraft(t, s, "back")
		_, err := s.Add(t.Context(), draft.ID, label(ids[0], "x", 0, 1), label(ids[1], "x", 1, 2))
		is.NoErr(err)
		dir := filepath.Join(t.TempDir(), "out")
		report, err := labelfile.ExportDir(t.Context(), s, draft.ID, dir, f, &labelfile.ExportOptions{WriteOptions: labelfile.WriteOptions{SafeFormulas: true}})
		is.NoErr(err)
		is.True(len(report.Remarks) > 0)
		_, err = labelfile.ImportFS(t.Context(), s, back.ID, os.DirFS(dir), f, nil)
		is.NoErr(err)
		seen := map[string]bool{}
		for a, err := range s.Annotations(t.Context(), back.ID, annoset.Filter{}) {
			is.NoErr(err)
			seen[a.AudioFileID] = true
		}
		is.Equal(len(seen), 2) // they are two recordings still
	}
}

func TestExport_refusals(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openFile(t)
	draft := newDraft(t, s, "kitchen")
	dir := filepath.Join(t.TempDir(), "out")
	nobody := uuid.New()
	for op, export := range map[string]func() error{
		"export": func() error {
			return errOf(labelfile.Export(t.Context(), s, nobody, io.Discard, labelfile.DCASE, nil))
		},
		fmt.Sprintf("export to %q", dir): func() error {
			return errOf(labelfile.ExportDir(t.Context(), s, nobody, dir, labelfile.DCASE, nil))
		},
	} {
		e, ok := errors.AsType[*annoset.NotFoundError](export())
		is.True(ok)
		is.Equal(*e, annoset.NotFoundError{Op: op, Kind: "set", ID: nobody.String()})
	}
	is.NoErr(nothingAt(dir))

	is.NoErr(os.Mkdir(dir, 0o777))
	_, err := labelfile.ExportDir(t.Context(), s, draft.ID, dir, labelfile.DCASE, nil)
	is.NoErr(err) // an empty folder may be replaced
	is.NoErr(os.WriteFile(filepath.Join(dir, "mine"), nil, 0o666))
	_, err = labelfile.ExportDir(t.Context(), s, draft.ID, dir, labelfile.DCASE, nil)
	e, ok := errors.AsType[*annoset.ExistsError](err)
	is.True(ok)
	is.Equal(*e, annoset.ExistsError{Op: fmt.Sprintf("export to %q", dir), Kind: "folder", Name: dir})
	is.Equal(fileNames(t, dir), []string{"mine"})

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = labelfile.ExportDir(ctx, s, draft.ID, dir+"2", labelfile.DCASE, nil)
	is.True(errors.Is(err, context.Canceled))
	is.NoErr(nothingAt(dir + "2"))
}

func TestExport_durations(t *testing.T) {
	t.Parallel()
	for _, open := range []func(testing.TB) *annoset.Store{openFile, openMemory} {
		is := is.New(t)
		s := open(t)
		draft := newDraft(t, s, "durations")
		is.NoErr(s.AddAudioFiles(t.Context(), draft.DatasetID, annoset.AudioFile{ID: "a.wav", DurationMS: 9000},
			annoset.AudioFile{ID: "b.wav", DurationMS: 9000}))
		_, err := s.Add(t.Context(), draft.ID, label("a.wav", "hum", 0, 1000), label("b.wav", "hum", 0, 1000))
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), draft.ID, "c.wav"))
		own := labelfile.WriteOptions{Durations: map[string]int64{"a.wav": 7000}}
		for _, f := range []labelfile.Format{labelfile.TextGrid, labelfile.JAMS, labelfile.LabelStudio} {
			for id, want := range map[string]int64{"a.wav": 7000, "b.wav": 9000} { // the caller's come first
				var b bytes.Buffer
				_, err := labelfile.Export(t.Context(), s, draft.ID, &b, f, &labelfile.ExportOptions{
					WriteOptions: own, Filter: annoset.Filter{AudioFileIDs: []string{id}},
				})
				is.NoErr(err)
				r := readFormat(f, b.Bytes(), labelfile.ReadOptions{Name: id, AudioFileID: func(string) string { return id }})
				is.NoErr(r.err)
				is.Equal(r.audio[0].DurationMS, want)
			}
			dir := filepath.Join(t.TempDir(), "out")
			_, err := labelfile.ExportDir(t.Context(), s, draft.ID, dir, f, &labelfile.ExportOptions{WriteOptions: own})
			is.NoErr(err)
			lengths := map[string]int64{}
			back := newDraft(t, s, string(f))
			_, err = labelfile.ImportFS(t.Context(), s, back.ID, os.DirFS(dir), f, &labelfile.ImportOptions{
				ReadOptions: labelfile.ReadOptions{Audio: func(a annoset.AudioFile) error {
					lengths[a.ID] = a.DurationMS
					return nil
				}},
			})
			is.NoErr(err)
			is.Equal(lengths["a.wav"], int64(7000))
			is.Equal(lengths["b.wav"], int64(9000))
		}
		is.Equal(own.Durations, map[string]int64{"a.wav": 7000}) // the caller's map is as it was
	}
}

func TestExportDir_roundTrip(t *testing.T) {
	t.Parallel()
	names := []string{"ep1", "Deep/Ep2.wav", "con", "ÄRGER", "empty.wav"}
	for _, format := range labelfile.Formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openFile(t)
			draft := newDraft(t, s, "set")
			for i, name := range names[:4] {
				_, err := s.Add(t.Context(), draft.ID, label(name, "glitch", 1000, 2500+int64(i)), label(name, "hum", 4000, 5000))
				is.NoErr(err)
			}
			is.NoErr(s.MarkClean(t.Context(), draft.ID, names[4]))
			for _, pack := range []bool{false, true} {
				dir := filepath.Join(t.TempDir(), "out")
				report, err := labelfile.ExportDir(t.Context(), s, draft.ID, dir, format,
					&labelfile.ExportOptions{WriteOptions: labelfile.WriteOptions{Gzip: pack}})
				is.NoErr(err)
				is.Equal(report.Labels, int64(8))
				back := newDraft(t, s, fmt.Sprint("back ", pack))
				_, err = labelfile.ImportFS(t.Context(), s, back.ID, os.DirFS(dir), format, &labelfile.ImportOptions{
					EmptyIsClean: true,
				})
				is.NoErr(err)
				want := collect(t, s.Annotations(t.Context(), draft.ID, annoset.Filter{}))
				got := collect(t, s.Annotations(t.Context(), back.ID, annoset.Filter{}))
				for i := range got {
					got[i].ExtraData = nil // where a format says more than it was told
				}
				if format == labelfile.UEM { // which holds spans and no types
					for i := range want {
						want[i].ArtifactType = labelfile.UEMExamined
					}
				}
				sameLabels(t, got, want)
			}
			_, err := labelfile.ExportDir(t.Context(), s, draft.ID, t.TempDir()+"/out", "morse", nil)
			is.True(errors.Is(err, annoset.ErrInvalid))
		})
	}
}

func fileNames(t testing.TB, dir string) []string {
	t.Helper()
	names := []string{}
	for _, e := range value(os.ReadDir(dir))(t) {
		names = append(names, e.Name())
	}
	return names
}

// A slow writer keeps nobody from using a store in memory, and may use it too.
func TestExport_toASlowWriter(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.Value(annoset.OpenMemory(t.Context(), &annoset.Options{BusyTimeout: -1}))(t) // waits for nobody
	defer s.Close()
	draft := proof.NewDraft(t, s, "one")
	_, err := s.Import(t.Context(), draft.ID, proof.Stream(40_000, 10), nil)
	is.NoErr(err)
	var whole, slow bytes.Buffer
	_, err = labelfile.Export(t.Context(), s, draft.ID, &whole, labelfile.CSV, nil)
	is.NoErr(err)
	calls := 0
	_, err = labelfile.Export(t.Context(), s, draft.ID, writerFunc(func(p []byte) (int, error) {
		calls++
		if _, err := s.Datasets(t.Context()); err != nil { // as another goroutine would, while this one is slow
			return 0, err
		}
		return slow.Write(p)
	}), labelfile.CSV, nil)
	is.NoErr(err)
	is.True(calls > 1)
	is.True(whole.Len() > 1<<20)
	is.Equal(slow.Len(), whole.Len())
	is.True(bytes.Equal(slow.Bytes(), whole.Bytes()))
}

// A slow writer does not keep a call whose context has ended.
func TestExport_endsWithItsContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := annosettest.New(t)
	draft := proof.NewDraft(t, s, "one")
	_, err := s.Import(t.Context(), draft.ID, proof.Stream(80_000, 10), nil)
	is.NoErr(err)
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	_, err = labelfile.Export(ctx, s, draft.ID, writerFunc(func(p []byte) (int, error) {
		calls++
		cancel()
		return len(p), nil
	}), labelfile.CSV, nil)
	is.True(errors.Is(err, context.Canceled))
	is.Equal(calls, 1)
}

func TestExportDir_refusesAnEmptyPath(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := annosettest.New(t)
	draft := annosettest.Draft(t, s, "a.wav hum 0 10")
	_, err := labelfile.ExportDir(t.Context(), s, draft.ID, "", labelfile.CSV, nil)
	bad, ok := errors.AsType[*annoset.ValidationError](err)
	is.True(ok)
	is.Equal(bad.Problems[0].Field, "path")
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestRefusesANilContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.OpenStore(t, nil).Store
	draft := proof.NewDraft(t, s, "one")
	var none context.Context
	dir := filepath.Join(t.TempDir(), "out")
	_, one := labelfile.Import(none, s, draft.ID, strings.NewReader(""), labelfile.CSV, nil)
	_, folder := labelfile.ImportFS(none, s, draft.ID, os.DirFS(t.TempDir()), labelfile.CSV, nil)
	_, out := labelfile.Export(none, s, draft.ID, io.Discard, labelfile.CSV, nil)
	_, outDir := labelfile.ExportDir(none, s, draft.ID, dir, labelfile.CSV, nil)
	for _, err := range []error{one, folder, out, outDir} {
		bad, ok := errors.AsType[*annoset.ValidationError](err)
		is.True(ok)
		is.Equal(bad.Problems[0].Field, "ctx")
	}
	_, err := os.Stat(dir)
	is.True(errors.Is(err, fs.ErrNotExist)) // nothing was begun
}
