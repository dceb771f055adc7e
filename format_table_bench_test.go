package annoset_test

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
		n := must(s.Import(ctx, set.ID, annoset.ReadLabels(bytes.NewReader(packed), annoset.FormatBirdNET, nil), nil))
		must(s.Publish(ctx, set.ID, nil))
		if err := s.Close(); err != nil || n != birdnetRows {
			b.Fatal(n, err)
		}
		os.Remove(path)
	}
	b.ReportMetric(birdnetRows*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
}

// BenchmarkReadLabels_table reads each format, and beside it the same bytes with the standard library alone.
func BenchmarkReadLabels_table(b *testing.B) {
	birds := readFormat(annoset.FormatBirdNET, unpackedSample(b, birdnetSample), annoset.ReadOptions{})
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
				for _, err := range annoset.ReadLabels(bytes.NewReader(data), f, &annoset.ReadOptions{Name: "x"}) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		switch f {
		case annoset.FormatJSONLines, annoset.FormatLhotse:
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
		case annoset.FormatCSV, annoset.FormatTSV, annoset.FormatBirdNET, annoset.FormatDCASE:
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

func BenchmarkWriteLabels_table(b *testing.B) {
	labels := readFormat(annoset.FormatBirdNET, unpackedSample(b, birdnetSample), annoset.ReadOptions{}).labels[:50_000]
	for _, f := range []annoset.Format{annoset.FormatJSONLines, annoset.FormatCSV, annoset.FormatBirdNET, annoset.FormatRaven} {
		b.Run(string(f), func(b *testing.B) {
			data, _ := writeFormat(b, f, labels, nil)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				must(annoset.WriteLabels(io.Discard, f, labelSeq(labels), nil))
			}
		})
	}
}

func TestReadLabels_flatMemory(t *testing.T) {
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
		for _, err := range annoset.ReadLabels(io.MultiReader(readers...), annoset.FormatCSV, nil) {
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

func TestReadLabels_birdnet(t *testing.T) {
	skipMany(t)
	if testing.Short() || raceDetector {
		t.Skip("many labels")
	}
	n, confident := 0, 0
	files := map[string]bool{}
	for a, err := range annoset.ReadLabels(openSample(t, birdnetSample), annoset.FormatBirdNET, &annoset.ReadOptions{AudioFileID: annoset.Base}) {
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
