package labelfile_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// TestRTTM_python splits what is written in Python, as the programs that score speakers do.
func TestRTTM_python(t *testing.T) {
	skipMany(t)
	t.Parallel()
	program, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to read with")
	}
	is := is.New(t)
	labels := []annoset.Annotation{}
	for i, text := range nasty {
		labels = append(labels, annoset.Annotation{AudioFileID: "f " + text, ArtifactType: "a" + text, StartMS: int64(i), EndMS: 10_000})
	}
	out, _ := writeFormat(t, labelfile.RTTM, labels, nil)
	run := exec.Command(program, "-c", "import sys\n"+
		"for line in open(0, encoding='utf-8'): print(len(line.split()), float(line.split()[3]) + float(line.split()[4]))")
	run.Stdin = bytes.NewReader(out)
	said, err := run.Output()
	is.NoErr(err)
	is.Equal(string(said), strings.Repeat("10 10.0\n", len(labels))) // ten fields each, whatever its blanks
}

// BenchmarkRead_speech reads the turns of VoxConverse in each format, beside encoding/csv on the same RTTM.
func BenchmarkRead_speech(b *testing.B) {
	data := value(io.ReadAll(openSample(b, "voxconverse/test-0.3.rttm")))(b)
	turns := readFormat(labelfile.RTTM, data, labelfile.ReadOptions{}).labels
	for i := range turns {
		turns[i].AudioFileID = "one"
	}
	for _, f := range speechFormats {
		text, _ := writeFormat(b, f, turns, nil)
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range labelfile.Read(bytes.NewReader(text), f, &labelfile.ReadOptions{Name: "one"}) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != len(turns) {
					b.Fatal(n)
				}
			}
		})
		b.Run(string(f)+"-write", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := labelfile.Write(io.Discard, f, pairs(turns...), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("csv", func(b *testing.B) {
		text, _ := writeFormat(b, labelfile.RTTM, turns, nil)
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(text))
			r.Comma, r.ReuseRecord = ' ', true
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
