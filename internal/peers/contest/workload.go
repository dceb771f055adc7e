package contest

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
)

// Stream yields the labels of a workload, file by file in order of name, and by start in each.
type Stream = iter.Seq2[*Label, error]

// Workload is a body of labels, the same at each reading.
type Workload struct {
	Labels func() Stream
	Files  []string // in order of name
	Types  []string
}

// Types of the synthetic workload; the first is the most frequent, the last is rare.
var syntheticTypes = []string{
	"glitch", "long_pause", "hallucination", "clipping", "hum", "click", "echo", "dropout", "breath", "noise",
}

// Synthetic is made of a fixed seed: labels spread evenly over audio files, ten types of which each is about half as
// frequent as the one before, starts 0 to 3 s apart and lengths of 0 to 4 s, so that most labels overlap another, and
// confidences of four digits, as models write them.
func Synthetic(labels, files int) Workload {
	files = min(files, labels)
	w := Workload{Types: syntheticTypes, Files: make([]string, files)}
	for i := range w.Files {
		w.Files[i] = fmt.Sprintf("audio/recording-%06d.wav", i)
	}
	w.Labels = func() Stream {
		return func(yield func(*Label, error) bool) {
			r := rand.New(rand.NewPCG(1, 2))
			var l Label
			last := -1
			for i := range labels {
				file := int(int64(i) * int64(files) / int64(labels))
				if file != last {
					last, l.File, l.StartMS = file, w.Files[file], 0
				}
				l.StartMS += r.Int64N(3000)
				l.EndMS = l.StartMS + r.Int64N(4000)
				l.Type = syntheticTypes[min(int(r.ExpFloat64()*1.5), len(syntheticTypes)-1)]
				l.Confidence = float64(r.IntN(10001)) / 10000
				if !yield(&l, nil) {
					return
				}
			}
		}
	}
	return w
}

// Birdnet is what a model heard in real recordings: a gzipped CSV file of start and end in seconds, scientific and
// common name, confidence, file.
func Birdnet(path string) (Workload, error) {
	labels, err := readBirdnet(path)
	if err != nil {
		return Workload{}, err
	}
	slices.SortStableFunc(labels, func(a, b Label) int {
		switch {
		case a.before(&b):
			return -1
		case b.before(&a):
			return 1
		}
		return 0
	})
	w := Workload{Labels: func() Stream {
		return func(yield func(*Label, error) bool) {
			for i := range labels {
				if !yield(&labels[i], nil) {
					return
				}
			}
		}
	}}
	types := make(map[string]bool)
	for i := range labels {
		if l := &labels[i]; i == 0 || l.File != labels[i-1].File {
			w.Files = append(w.Files, l.File)
		}
		types[labels[i].Type] = true
	}
	for name := range types {
		w.Types = append(w.Types, name)
	}
	slices.Sort(w.Types)
	return w, nil
}

func readBirdnet(path string) ([]Label, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(unzipped)
	r.FieldsPerRecord = 6
	if _, err := r.Read(); err != nil { // the names of the columns
		return nil, err
	}
	names := make(map[string]string) // one string for each name, not one a row
	one := func(s string) string {
		if _, there := names[s]; !there {
			names[s] = s
		}
		return names[s]
	}
	var labels []Label
	for {
		row, err := r.Read()
		if err == io.EOF {
			return labels, nil
		}
		if err != nil {
			return nil, err
		}
		l := Label{File: one(row[5]), Type: one(row[3])}
		start, err1 := strconv.ParseFloat(row[0], 64)
		end, err2 := strconv.ParseFloat(row[1], 64)
		confidence, err3 := strconv.ParseFloat(row[4], 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		l.StartMS, l.EndMS = int64(math.Round(start*1000)), int64(math.Round(end*1000))
		l.Confidence = confidence
		labels = append(labels, l)
	}
}
