package labelfile_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/labelfile"
)

func TestStem(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ep1.wav": "ep1", "shows/ep1.wav": "ep1", `C:\shows\ep1.tar.gz`: "ep1.tar", ".wav": ".wav", "ep1": "ep1",
		`D:\mixed/way\ep 1.wav`: "ep 1", "folder/": "folder",
	} {
		is := is.New(t)
		is.Equal(labelfile.Stem(name), want)
	}
}

func TestRead_packedName(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, name := range []string{"a/Ep.1.txt", "a/Ep.1.txt.gz", `a\Ep.1.txt.GZ`} {
		r := readFormat(labelfile.Audacity, gzipped(t, []byte("0\t1\tx\n")), labelfile.ReadOptions{Name: name})
		is.NoErr(r.err)
		is.Equal(r.labels[0].AudioFileID, "Ep.1")
	}
}

func TestWrite_editedTimes(t *testing.T) {
	t.Parallel()
	span := labelfile.TableOptions{Start: "start_s", Duration: "duration_s"}
	for _, extra := range []string{
		`{"start_text":"3.0004"}`, `{"start_text":"3.0004","end_text":"3.0001"}`, `{"start_text":"3.0004","end_text":"-0.0001"}`,
		`{"start_text":"-0.0001","end_text":"3.0004"}`, `{"start_text":3,"end_text":[1]}`, `{"start_text":"1.0004","end_text":"1.9996"}`,
	} {
		edited := label("ep1", "hum", 3000, 3000)
		edited.ExtraData = []byte(extra)
		for _, f := range labelfile.Formats() {
			for _, columns := range []labelfile.TableOptions{{}, span} {
				is := is.New(t)
				out, _ := writeFormat(t, f, []annoset.Annotation{edited}, &labelfile.WriteOptions{Table: columns})
				r := readFormat(f, out, labelfile.ReadOptions{Name: "ep1"})
				is.NoErr(r.err) // what is kept of the times from before the edit is not in the way
				is.Equal(len(r.labels), 1)
				is.Equal([]int64{r.labels[0].StartMS, r.labels[0].EndMS}, []int64{3000, 3000})
			}
		}
	}
}

func TestRead_unknownFormat(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := readFormat("morse", nil, labelfile.ReadOptions{})
	is.True(errors.Is(r.err, annoset.ErrInvalid)) // there is no such format
	_, err := labelfile.Write(&bytes.Buffer{}, "morse", pairs(), nil)
	is.True(errors.Is(err, annoset.ErrInvalid))
	is.True(strings.Contains(err.Error(), "morse")) // it says which
}

func TestRead_artifactTypeTemplate(t *testing.T) {
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
		r := readFormat(labelfile.Audacity, text, labelfile.ReadOptions{Name: "a.txt", ArtifactType: template})
		is.NoErr(r.err)
		got := []string{}
		for _, a := range r.labels {
			got = append(got, a.ArtifactType)
		}
		is.Equal(got, want)
	}
	for _, template := range []string{"{", "}", "{}", "{a{b}}", "a}b"} {
		is := is.New(t)
		r := readFormat(labelfile.Audacity, text, labelfile.ReadOptions{Name: "a.txt", ArtifactType: template})
		is.True(errors.Is(r.err, annoset.ErrInvalid)) // it is no template
	}
}

// TestRead_cutAnywhere reads a file of each format, cut at each byte: it gives an error or fewer labels, but no panic.
func TestRead_cutAnywhere(t *testing.T) {
	t.Parallel()
	confidence := 0.5
	labels := []annoset.Annotation{
		{AudioFileID: "ä.wav", ArtifactType: `"hum" \ é`, StartMS: 1500, EndMS: 2250, Confidence: &confidence,
			ExtraData: []byte(`{"by":"ann \"x\"","n":[1,{"é":null}]}`)},
		{AudioFileID: "ä.wav", ArtifactType: "hum", StartMS: 2000, EndMS: 2000},
	}
	for _, f := range labelfile.Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			whole, _ := writeFormat(t, f, labels, nil)
			for n := range whole {
				for _, maxBad := range []int{0, 100} {
					r := readFormat(f, whole[:n], labelfile.ReadOptions{Name: "ä", MaxBad: maxBad})
					if _, ok := errors.AsType[*labelfile.SyntaxError](r.err); r.err != nil && !ok {
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
	in, folder, out := strings.NewReader(kitchen), fstest.MapFS{}, filepath.Join(t.TempDir(), "out")
	for missing, do := range map[string]func() error{
		"Import reader":    func() error { return errOf(labelfile.Import(ctx, s.Store, set.ID, nil, labelfile.CSV, nil)) },
		"Import store":     func() error { return errOf(labelfile.Import(ctx, nil, set.ID, in, labelfile.CSV, nil)) },
		"ImportFS folder":  func() error { return errOf(labelfile.ImportFS(ctx, s.Store, set.ID, nil, labelfile.CSV, nil)) },
		"ImportFS store":   func() error { return errOf(labelfile.ImportFS(ctx, nil, set.ID, folder, labelfile.CSV, nil)) },
		"Export writer":    func() error { return errOf(labelfile.Export(ctx, s.Store, set.ID, nil, labelfile.CSV, nil)) },
		"Export store":     func() error { return errOf(labelfile.Export(ctx, nil, set.ID, io.Discard, labelfile.CSV, nil)) },
		"ExportDir store":  func() error { return errOf(labelfile.ExportDir(ctx, nil, set.ID, out, labelfile.CSV, nil)) },
		"Read reader":      func() error { return lastErr(labelfile.Read(nil, labelfile.CSV, nil)) },
		"Write writer":     func() error { return errOf(labelfile.Write(nil, labelfile.CSV, pairs(), nil)) },
		"Write labels":     func() error { return errOf(labelfile.Write(io.Discard, labelfile.CSV, nil, nil)) },
		"Export format":    func() error { return errOf(labelfile.Export(ctx, s.Store, set.ID, io.Discard, "morse", nil)) },
		"ExportDir format": func() error { return errOf(labelfile.ExportDir(ctx, s.Store, set.ID, out, "morse", nil)) },
	} {
		t.Run(missing, func(t *testing.T) {
			is := is.New(t)
			err, ok := errors.AsType[*annoset.ValidationError](do())
			is.True(ok) // and no panic
			is.Equal(err.Problems[0].Field, strings.Fields(missing)[1])
			noErr(t, proof.NothingAt(out))
		})
	}
}
