package annosettest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"iter"
	"math"
	"runtime"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

// fingerprint is the SHA-256 of labels as JSON.
func fingerprint(t *testing.T, labels iter.Seq2[annoset.Annotation, error]) string {
	t.Helper()
	h := sha256.New()
	for a, err := range labels {
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(h).Encode(a); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestGenerate(t *testing.T) {
	t.Parallel()
	t.Run("is the same on every machine", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		big := annosettest.Shape{
			AudioFiles: 123, LabelsPerFile: 45, ArtifactTypes: []string{"a", "b", "c d"}, Confidence: true,
		}
		is.Equal(fingerprint(t, annosettest.Generate(0, annosettest.Shape{})),
			"db19c5ab78877185ccf1ddd24b9768e6de7949b9d3e0efd6ff9e626faf693f5b")
		is.Equal(fingerprint(t, annosettest.Generate(math.MaxUint64, big)),
			"1e146375f0064c62ca3447dfe977a0dfdd8d177f2c3f34fe1ced554d225b001e")
		labels := annosettest.Generate(7, big)
		is.Equal(fingerprint(t, labels), fingerprint(t, labels)) // in each loop
		is.True(fingerprint(t, annosettest.Generate(8, big)) != fingerprint(t, labels))
	})
	t.Run("the zero shape is 10 audio files, 20 labels each, two types", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		perFile, types := map[string]int{}, map[string]int{}
		for a, err := range annosettest.Generate(1, annosettest.Shape{}) {
			is.NoErr(err)
			perFile[a.AudioFileID]++
			types[a.ArtifactType]++
			is.True(a.Confidence == nil)
		}
		is.Equal(len(perFile), 10)
		is.Equal(perFile["audio-01.wav"], 20)
		is.Equal(perFile["audio-10.wav"], 20)
		is.Equal(len(types), 2)
		is.True(types["glitch"] > 50 && types["long_pause"] > 50)
	})
	t.Run("comes in order, and labels of one type are a second apart", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		type key struct{ file, artifactType string }
		ends := map[key]int64{}
		var last annoset.Annotation
		overlaps, n := 0, 0
		for a, err := range annosettest.Generate(2, annosettest.Shape{
			AudioFiles: 101, LabelsPerFile: 100, ArtifactTypes: []string{"a", "b", "a", "c"}, Confidence: true,
		}) {
			is.NoErr(err)
			n++
			is.True(last.AudioFileID < a.AudioFileID || last.AudioFileID == a.AudioFileID && last.StartMS <= a.StartMS)
			if last.AudioFileID == a.AudioFileID && a.StartMS < last.EndMS {
				overlaps++
			}
			k := key{a.AudioFileID, a.ArtifactType}
			if end, there := ends[k]; there {
				is.True(a.StartMS-end >= 1000)
			}
			ends[k] = a.EndMS
			is.True(a.EndMS-a.StartMS >= 100 && a.EndMS-a.StartMS <= 2500)
			is.True(*a.Confidence >= 0 && *a.Confidence <= 1)
			last = a
		}
		is.Equal(n, 101*100)
		is.True(overlaps > n/20) // of different types
	})
	t.Run("stops when the loop does", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		for _, err := range annosettest.Generate(4, annosettest.Shape{}) {
			is.NoErr(err)
			break
		}
	})
	t.Run("a shape that cannot be is an error", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		for _, shape := range []annosettest.Shape{{AudioFiles: -1}, {LabelsPerFile: -1}, {LabelsPerFile: math.MaxInt32}} {
			n := 0
			for _, err := range annosettest.Generate(1, shape) {
				is.True(err != nil)
				n++
			}
			is.Equal(n, 1)
		}
		s := annosettest.New(t)
		_, err := s.Import(context.Background(), annosettest.Draft(t, s).ID,
			annosettest.Generate(1, annosettest.Shape{AudioFiles: -1}), nil)
		is.Equal(err.Error(), "annoset: import: label 0 of the stream: annosettest.Generate: AudioFiles is -1")
	})
}

func TestGenerate_memory(t *testing.T) { //nolint:paralleltest // others would allocate meanwhile
	is := is.New(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for a, err := range annosettest.Generate(3, annosettest.Shape{AudioFiles: 1, LabelsPerFile: 1 << 20}) {
		is.NoErr(err)
		if n++; n == 1<<20 {
			runtime.ReadMemStats(&after)
			is.True(a.EndMS < annoset.MaxTimeMS)
		}
	}
	is.True(after.TotalAlloc-before.TotalAlloc < 1<<20) // it does not hold what it makes
}
