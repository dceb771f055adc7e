package labelfile_test

import (
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"

	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/labelfile"
)

// Every text begins with the package's name and has it nowhere else, and every struct has the names of its fields in JSON.
func TestErrors_textsAndJSON(t *testing.T) {
	t.Parallel()
	s := annosettest.New(t)
	set := annosettest.Draft(t, s, "a.wav hum 0 10", "b.wav hum 0 10")
	published := annosettest.Publish(t, s, "a.wav hum 0 10")
	ctx := t.Context()
	failing := writerFunc(func([]byte) (int, error) { return 0, errors.New("no") })
	imported := func(r io.Reader, f labelfile.Format, opts *labelfile.ImportOptions) error {
		_, err := labelfile.Import(ctx, s, set.ID, r, f, opts)
		return err
	}
	exported := func(setID uuid.UUID, w io.Writer, f labelfile.Format) error {
		_, err := labelfile.Export(ctx, s, setID, w, f, nil)
		return err
	}
	read := func(text string, f labelfile.Format, opts *labelfile.ReadOptions) (last error) {
		for _, err := range labelfile.Read(strings.NewReader(text), f, opts) {
			last = err
		}
		return last
	}
	_, noFolder := labelfile.ImportFS(ctx, s, set.ID, fstest.MapFS{}, "", nil)
	_, noDir := labelfile.ExportDir(ctx, s, set.ID, filepath.Join(t.TempDir(), "no", "dir"), labelfile.CSV, nil)
	_, taken := labelfile.ExportDir(ctx, s, set.ID, t.TempDir()+"/..", labelfile.CSV, nil)
	_, unknown := labelfile.Detect("x", []byte("\x00\x01"))
	_, unwritten := labelfile.Write(io.Discard, labelfile.Audacity,
		proof.Pairs(annosettest.Labels(t, "a.wav hum 0 10", "b.wav hum 0 10")...), nil)
	for name, err := range map[string]error{
		"format,name,line,column,found,expected": read("{", labelfile.CSV, nil),
		"format,kind,at": read("0\t0\t\n", labelfile.Audacity,
			&labelfile.ReadOptions{Name: "a.txt", Strict: []labelfile.RemarkKind{labelfile.RemarkBlankSkipped}}),
		"a file of no format":      unknown,
		"an unknown format":        read("", "no", nil),
		"a bad file":               imported(strings.NewReader("{"), labelfile.CSV, nil),
		"a file of no kind":        imported(strings.NewReader("\x00"), "", nil),
		"a published set":          errOf(labelfile.Import(ctx, s, published.ID, strings.NewReader(""), labelfile.CSV, nil)),
		"a folder of no files":     noFolder,
		"a folder that is missing": noDir,
		"a folder that is taken":   taken,
		"a set that is missing":    exported(uuid.New(), io.Discard, labelfile.CSV),
		"a writer that fails":      exported(set.ID, failing, labelfile.CSV),
		"too many audio files":     exported(set.ID, io.Discard, labelfile.Audacity),
		"too many files to write":  unwritten,
		"a reader that fails":      imported(io.MultiReader(strings.NewReader("{"), failingReader{}), labelfile.CSV, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, "annoset: ") || strings.Count(text, "annoset: ") != 1 {
			t.Errorf("%s: %s", name, text)
		}
		if !strings.HasPrefix(name, "format,") {
			continue
		}
		data, _ := json.Marshal(err)
		for field := range strings.SplitSeq(name, ",") {
			if !strings.Contains(string(data), `"`+field+`":`) {
				t.Errorf("%s: no %s in %s", name, field, data)
			}
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("no") }
