package annoset_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// reading is all that a file says.
type reading struct {
	labels []annoset.Annotation
	clean  []string
	audio  []annoset.AudioFile
	report annoset.ReadReport
	err    error
}

// readFormat reads a whole file. What opts says of Clean, Audio and Report is replaced.
func readFormat(f annoset.Format, data []byte, opts annoset.ReadOptions) reading {
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
	for a, err := range annoset.ReadLabels(bytes.NewReader(data), f, &opts) {
		if err != nil {
			r.err = err
			break
		}
		r.labels = append(r.labels, a)
	}
	return r
}

// writeFormat writes labels to memory.
func writeFormat(t testing.TB, f annoset.Format, labels []annoset.Annotation, opts *annoset.WriteOptions,
) ([]byte, annoset.WriteReport) {
	t.Helper()
	var b bytes.Buffer
	report, err := annoset.WriteLabels(&b, f, labelSeq(labels), opts)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), report
}

func labelSeq(labels []annoset.Annotation) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for _, a := range labels {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// remarked returns how often a kind of thing was remarked.
func remarked(remarks []annoset.Remark, kind annoset.RemarkKind) int64 {
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
func fuzzReader(f *testing.F, format annoset.Format, seeds ...string) {
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
			r := readFormat(format, data, annoset.ReadOptions{Name: "fuzz", BlankType: "blank", MaxBad: maxBad})
			if r.err != nil {
				e, ok := errors.AsType[*annoset.FormatError](r.err)
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
		_, _ = annoset.DetectFormat("fuzz", data)
	})
}

func TestStem(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ep1.wav": "ep1", "shows/ep1.wav": "ep1", `C:\shows\ep1.tar.gz`: "ep1.tar", ".wav": ".wav", "ep1": "ep1",
		`D:\mixed/way\ep 1.wav`: "ep 1", "folder/": "folder",
	} {
		is := is.New(t)
		is.Equal(annoset.Stem(name), want)
	}
}

func TestReadLabels_packedName(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, name := range []string{"a/Ep.1.txt", "a/Ep.1.txt.gz", `a\Ep.1.txt.GZ`} {
		r := readFormat(annoset.FormatAudacity, gzipped(t, []byte("0\t1\tx\n")), annoset.ReadOptions{Name: name})
		is.NoErr(r.err)
		is.Equal(r.labels[0].AudioFileID, "Ep.1")
	}
}

func TestPlace_String(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(annoset.Place{File: "a.csv", Line: 12, Column: 3}.String(), "a.csv:12:3")
	is.Equal(annoset.Place{File: "a.csv"}.String(), "a.csv") // what was written has no place in a file
	is.Equal(annoset.Place{Line: 2}.String(), "input:2")
}

func TestWriteLabels_editedTimes(t *testing.T) {
	t.Parallel()
	span := annoset.TableOptions{Start: "start_s", Duration: "duration_s"}
	for _, extra := range []string{
		`{"start_text":"3.0004"}`, `{"start_text":"3.0004","end_text":"3.0001"}`, `{"start_text":"3.0004","end_text":"-0.0001"}`,
		`{"start_text":"-0.0001","end_text":"3.0004"}`, `{"start_text":3,"end_text":[1]}`, `{"start_text":"1.0004","end_text":"1.9996"}`,
	} {
		edited := label("ep1", "hum", 3000, 3000)
		edited.ExtraData = []byte(extra)
		for _, f := range annoset.Formats() {
			for _, columns := range []annoset.TableOptions{{}, span} {
				is := is.New(t)
				out, _ := writeFormat(t, f, []annoset.Annotation{edited}, &annoset.WriteOptions{Table: columns})
				r := readFormat(f, out, annoset.ReadOptions{Name: "ep1"})
				is.NoErr(r.err) // what is kept of the times from before the edit is not in the way
				is.Equal(len(r.labels), 1)
				is.Equal([]int64{r.labels[0].StartMS, r.labels[0].EndMS}, []int64{3000, 3000})
			}
		}
	}
}

func TestReadLabels_unknownFormat(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat("morse", nil, annoset.ReadOptions{})
	is.True(errors.Is(r.err, annoset.ErrInvalid)) // there is no such format
	_, err := annoset.WriteLabels(&bytes.Buffer{}, "morse", labelSeq(nil), nil)
	is.True(errors.Is(err, annoset.ErrInvalid))
	is.True(strings.Contains(err.Error(), "morse")) // it says which
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

func TestReadLabels_artifactTypeTemplate(t *testing.T) {
	t.Parallel()
	text := []byte("1\t2\thum\n\\\t100\t200\n3\t4\t\n")
	for template, want := range map[string][]string{
		"":                     {"hum"},
		"{text}":               {"hum"},
		"noise: {text}":        {"noise: hum"}, // a record without a text stays a blank one
		"scored":               {"scored", "scored"},
		"{text}/{low_freq_hz}": {"hum/100"},
	} {
		is := is.New(t)
		r := readFormat(annoset.FormatAudacity, text, annoset.ReadOptions{Name: "a.txt", ArtifactType: template})
		is.NoErr(r.err)
		got := []string{}
		for _, a := range r.labels {
			got = append(got, a.ArtifactType)
		}
		is.Equal(got, want)
	}
	for _, template := range []string{"{", "}", "{}", "{a{b}}", "a}b"} {
		is := is.New(t)
		r := readFormat(annoset.FormatAudacity, text, annoset.ReadOptions{Name: "a.txt", ArtifactType: template})
		is.True(errors.Is(r.err, annoset.ErrInvalid)) // it is no template
	}
}

func TestFormats_sayTheSameAsTheirCodecs(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, texts := range annoset.SameTexts {
		is.Equal(texts[0], texts[1])
	}
}

// TestReadLabels_cutAnywhere reads files of each format that end too soon, at each byte: with an error or with fewer labels,
// but never with a panic.
func TestReadLabels_cutAnywhere(t *testing.T) {
	t.Parallel()
	confidence := 0.5
	labels := []annoset.Annotation{
		{AudioFileID: "ä.wav", ArtifactType: `"hum" \ é`, StartMS: 1500, EndMS: 2250, Confidence: &confidence,
			ExtraData: []byte(`{"by":"ann \"x\"","n":[1,{"é":null}]}`)},
		{AudioFileID: "ä.wav", ArtifactType: "hum", StartMS: 2000, EndMS: 2000},
	}
	for _, f := range annoset.Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			whole, _ := writeFormat(t, f, labels, nil)
			for n := range whole {
				for _, maxBad := range []int{0, 100} {
					r := readFormat(f, whole[:n], annoset.ReadOptions{Name: "ä", MaxBad: maxBad})
					if _, ok := errors.AsType[*annoset.FormatError](r.err); r.err != nil && !ok {
						t.Fatalf("cut at %d: an error that names no place: %v", n, r.err)
					}
				}
			}
		})
	}
}

func TestNothingToReadOrWrite(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "nothing")
	for field, do := range map[string]func() error{
		"Import labels": func() error { _, err := s.Import(ctx, set.ID, nil, nil); return err },
		"ImportFrom reader": func() error {
			_, err := s.ImportFrom(ctx, set.ID, nil, annoset.FormatCSV, nil)
			return err
		},
		"ImportFromFS folder": func() error {
			_, err := s.ImportFromFS(ctx, set.ID, nil, annoset.FormatCSV, nil)
			return err
		},
		"ExportTo writer": func() error {
			_, err := s.ExportTo(ctx, set.ID, nil, annoset.FormatCSV, nil)
			return err
		},
		"ReadLabels reader": func() (err error) {
			for _, err = range annoset.ReadLabels(nil, annoset.FormatCSV, nil) {
			}
			return err
		},
		"WriteLabels writer": func() error {
			_, err := annoset.WriteLabels(nil, annoset.FormatCSV, labelSeq(nil), nil)
			return err
		},
		"WriteLabels labels": func() error {
			_, err := annoset.WriteLabels(io.Discard, annoset.FormatCSV, nil, nil)
			return err
		},
	} {
		t.Run(field, func(t *testing.T) {
			is := is.New(t)
			err, ok := errors.AsType[*annoset.ValidationError](do())
			is.True(ok) // and no panic
			is.Equal(err.Problems[0].Field, strings.Fields(field)[1])
		})
	}
}
