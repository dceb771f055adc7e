package labelfile_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/labelfile"
)

// What these tests share with those of other packages is in package proof.
var (
	openStore, openStoreIn, dump = proof.OpenStore, proof.OpenStoreIn, proof.Dump
	label, pairs, newDraft       = proof.Label, proof.Pairs, proof.NewDraft
	openSample                   = proof.OpenSample
	full, skipMany, noErr        = proof.Full, proof.SkipMany, proof.NoErr
	badFields, nothingAt         = proof.BadFields, proof.NothingAt
	rowsOf, millis, rttm         = proof.Rows, proof.Millis, proof.RTTM
)

const raceDetector = proof.Race

func value[T any](v T, err error) func(testing.TB) T { return proof.Value(v, err) }

func must[T any](v T, err error) T { return proof.Must(v, err) }

func errOf[T any](_ T, err error) error { return err }

func lastErr[T any](seq iter.Seq2[T, error]) error {
	_, err := proof.All(seq)
	return err
}

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	return proof.Collect(t, seq)
}

func openFile(t testing.TB) *annoset.Store { return openStore(t, nil).Store }

func openMemory(t testing.TB) *annoset.Store {
	s := value(annoset.OpenMemory(t.Context(), nil))(t)
	t.Cleanup(func() { s.Close() })
	return s
}

// kitchen is a table of labels and a clean mark.
const kitchen = "filename\tonset\toffset\tevent_label\n" +
	"a.wav\t0.5\t1.25\tDishes\n" +
	"b.wav\t2\t3\tSpeech\n" +
	"empty.wav\t\t\t\n" +
	"a.wav\t0.5\t1.25\tDishes\n"

// reading is all that a file says.
type reading struct {
	labels []annoset.Annotation
	clean  []string
	audio  []annoset.AudioFile
	report labelfile.ReadReport
	err    error
}

// readFormat reads a whole file. What opts says of Clean, Audio and Report is replaced.
func readFormat(f labelfile.Format, data []byte, opts labelfile.ReadOptions) reading {
	r := reading{labels: []annoset.Annotation{}}
	opts.Clean = func(id string) error {
		r.clean = append(r.clean, id)
		return nil
	}
	opts.Audio = func(a annoset.AudioFile) error {
		r.audio = append(r.audio, a)
		return nil
	}
	opts.Report = &r.report
	for a, err := range labelfile.Read(bytes.NewReader(data), f, &opts) {
		if err != nil {
			r.err = err
			break
		}
		r.labels = append(r.labels, a)
	}
	return r
}

// writeFormat writes labels to memory.
func writeFormat(t testing.TB, f labelfile.Format, labels []annoset.Annotation, opts *labelfile.WriteOptions,
) ([]byte, labelfile.WriteReport) {
	t.Helper()
	var b bytes.Buffer
	report, err := labelfile.Write(&b, f, pairs(labels...), opts)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

// remarked returns how often a kind of thing was remarked.
func remarked(remarks []labelfile.Remark, kind labelfile.RemarkKind) int64 {
	for _, r := range remarks {
		if r.Kind == kind {
			return r.Count
		}
	}
	return 0
}

// sameLabels compares two multisets of labels, ids aside, and says the first that differ.
func sameLabels(t testing.TB, got, want []annoset.Annotation) {
	t.Helper()
	keys := func(labels []annoset.Annotation) []string {
		out := make([]string, len(labels))
		for i, a := range labels {
			a.ID = 0
			out[i] = string(mustJSON(t, a))
		}
		slices.Sort(out)
		return out
	}
	g, w := keys(got), keys(want)
	for i := range max(len(g), len(w)) {
		switch {
		case i >= len(g):
			t.Fatalf("%d labels instead of %d: %s is missing", len(g), len(w), w[i])
		case i >= len(w):
			t.Fatalf("%d labels instead of %d: %s is new", len(g), len(w), g[i])
		case g[i] != w[i]:
			t.Fatalf("%s instead of %s", g[i], w[i])
		}
	}
}

// fuzzReader feeds a reader with anything: it never panics, its errors name a place, and what it reads are labels that a
// store would take.
func fuzzReader(f *testing.F, format labelfile.Format, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		if slices.Contains(tierFormats, format) {
			readsTiersAgain(t, format, data)
		}
		for _, maxBad := range []int{0, 1 << 20} {
			r := readFormat(format, data, labelfile.ReadOptions{Name: "fuzz", BlankType: "blank", MaxBad: maxBad})
			if r.err != nil {
				e, ok := errors.AsType[*labelfile.SyntaxError](r.err)
				if !ok {
					t.Fatalf("an error that names no place: %v", r.err)
				}
				if e.Line < 1 || e.Column < 1 || e.Found == "" || e.Expected == "" {
					t.Fatalf("half an error: %+v", *e)
				}
			}
			for _, a := range r.labels {
				if a.StartMS < 0 || a.EndMS < a.StartMS || a.EndMS > annoset.MaxTimeMS || a.ArtifactType == "" ||
					a.AudioFileID == "" {
					t.Fatalf("no label: %+v", a)
				}
			}
			if r.err == nil && slices.Contains(tableFormats, format) {
				sameAgain(t, format, r)
			}
		}
		_, _ = labelfile.Detect("fuzz", data)
	})
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	return value(json.Marshal(v))(t)
}
