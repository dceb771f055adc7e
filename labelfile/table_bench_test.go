package labelfile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

const birdnetSample = "birdnet/birdnet_rivendell_2021.csv.gz"

// birdnetRows is how many detections there are in birdnetSample.
const birdnetRows = 386_182

func unpackedSample(t testing.TB, path string) []byte {
	t.Helper()
	return value(io.ReadAll(value(gzip.NewReader(openSample(t, path)))(t)))(t)
}

// BenchmarkBirdNET takes all detections from a packed file into a published set.
func BenchmarkBirdNET(b *testing.B) {
	ctx := context.Background()
	packed := value(io.ReadAll(openSample(b, birdnetSample)))(b)
	dir := b.TempDir()
	for i := 0; b.Loop(); i++ {
		path := filepath.Join(dir, fmt.Sprint(i, ".annoset"))
		s := must(annoset.Open(ctx, path, nil))
		d := must(s.CreateDataset(ctx, annoset.NewDataset{Name: "birds"}))
		set := must(s.CreateSet(ctx, d.ID, annoset.NewSet{}))
		n := must(s.Import(ctx, set.ID, labelfile.Read(bytes.NewReader(packed), labelfile.BirdNET, nil), nil))
		must(s.Publish(ctx, set.ID, nil))
		if err := s.Close(); err != nil || n != birdnetRows {
			b.Fatal(n, err)
		}
		os.Remove(path)
	}
	b.ReportMetric(birdnetRows*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
}

// BenchmarkRead_table reads each format, and beside it the same bytes with the standard library alone.
func BenchmarkRead_table(b *testing.B) {
	birds := readFormat(labelfile.BirdNET, unpackedSample(b, birdnetSample), labelfile.ReadOptions{})
	if birds.err != nil {
		b.Fatal(birds.err)
	}
	labels := birds.labels[:100_000]
	for _, f := range tableFormats {
		some := held(f, labels)
		if tableHolds[f].single {
			for i := range labels {
				a := labels[i]
				a.AudioFileID = labels[0].AudioFileID
				some = append(some, a)
			}
			some = held(f, some)
		}
		data, _ := writeFormat(b, f, some, nil)
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range labelfile.Read(bytes.NewReader(data), f, &labelfile.ReadOptions{Name: "x"}) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		switch f {
		case labelfile.JSONLines, labelfile.Lhotse:
			b.Run(string(f)+"/encoding-json", func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					d := json.NewDecoder(bytes.NewReader(data))
					for d.More() {
						var row map[string]json.RawMessage
						if err := d.Decode(&row); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		case labelfile.CSV, labelfile.TSV, labelfile.BirdNET, labelfile.DCASE:
			b.Run(string(f)+"/encoding-csv", func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					r := csv.NewReader(bytes.NewReader(data))
					r.ReuseRecord = true
					if bytes.IndexByte(data[:20], '\t') >= 0 {
						r.Comma = '\t'
					}
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
	}
}

func BenchmarkWrite_table(b *testing.B) {
	labels := readFormat(labelfile.BirdNET, unpackedSample(b, birdnetSample), labelfile.ReadOptions{}).labels[:50_000]
	for _, f := range []labelfile.Format{labelfile.JSONLines, labelfile.CSV, labelfile.BirdNET, labelfile.Raven} {
		b.Run(string(f), func(b *testing.B) {
			data, _ := writeFormat(b, f, labels, nil)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				must(labelfile.Write(io.Discard, f, pairs(labels...), nil))
			}
		})
	}
}

func TestRead_flatMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	if testing.Short() {
		t.Skip("short")
	}
	const head = "file,start,end,label,note\n"
	rows := strings.Repeat("shows/ep1.wav,1.5,2.5,hum,\"a, b\"\n", 1000)
	heap := func(n int) uint64 {
		readers := []io.Reader{strings.NewReader(head)}
		for range n {
			readers = append(readers, strings.NewReader(rows))
		}
		most, i := uint64(0), 0
		for _, err := range labelfile.Read(io.MultiReader(readers...), labelfile.CSV, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if i++; i%(n*1000/4) == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		return most
	}
	few, many := heap(4), heap(200)
	if many > few+1<<20 {
		t.Fatalf("%d bytes are held for 200,000 labels, %d for 4,000", many, few)
	}
}

func TestRead_birdnet(t *testing.T) {
	skipMany(t)
	t.Parallel()
	if testing.Short() || raceDetector {
		t.Skip("many labels")
	}
	n, confident := 0, 0
	files := map[string]bool{}
	for a, err := range labelfile.Read(openSample(t, birdnetSample), labelfile.BirdNET, &labelfile.ReadOptions{AudioFileID: labelfile.Base}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; a.Confidence != nil {
			confident++
		}
		files[a.AudioFileID] = true
	}
	if n != birdnetRows || confident != n || len(files) != 901 {
		t.Fatalf("%d labels, %d with a confidence, of %d files", n, confident, len(files))
	}
}
