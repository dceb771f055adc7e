package labelfile_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/labelfile"
)

// BenchmarkRead_task reads each format, and beside it the same bytes with the standard library alone.
func BenchmarkRead_task(b *testing.B) {
	birds := readFormat(labelfile.BirdNET, unpackedSample(b, birdnetSample), labelfile.ReadOptions{})
	if birds.err != nil {
		b.Fatal(birds.err)
	}
	labels := birds.labels[:100_000]
	for _, f := range []labelfile.Format{labelfile.LabelStudio, labelfile.JAMS} {
		some := labels
		if f == labelfile.JAMS { // which holds one audio file
			some = make([]annoset.Annotation, len(labels))
			for i, a := range labels {
				a.AudioFileID = labels[0].AudioFileID
				some[i] = a
			}
		}
		data, _ := writeFormat(b, f, some, nil)
		b.Run(string(f), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range labelfile.Read(bytes.NewReader(data), f, nil) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run(string(f)+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var all any
				if err := json.NewDecoder(bytes.NewReader(data)).Decode(&all); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
