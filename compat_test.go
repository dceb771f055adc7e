package annoset_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// makeStores writes the store of the current schema to testdata. A file that was released stays as it is.
var makeStores = flag.Bool("make-stores", false, "write testdata/schema1.annoset and the SHA-256 of what it holds")

// TestOpen_aStoreOfEachSchema opens what earlier versions of annoset have written.
func TestOpen_aStoreOfEachSchema(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"schema1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			file, text := filepath.Join("testdata", name+".annoset"), filepath.Join("testdata", name+".sha256")
			if *makeStores {
				makeStore(t, file, text)
			}
			data, err := os.ReadFile(file)
			is.NoErr(err)
			want, err := os.ReadFile(text)
			is.NoErr(err)
			path := filepath.Join(t.TempDir(), "old.annoset")
			is.NoErr(os.WriteFile(path, data, 0o600))

			s := reopenStore(t, path, nil) // which also verifies what is published, at the end

			is.Equal(sumOf(dump(t, s.Store)), string(want)) // all it held, to the byte
			d, err := s.DatasetByName(t.Context(), "old")
			is.NoErr(err)
			latest, err := s.LatestPublished(t.Context(), d.ID)
			is.NoErr(err)
			next, err := s.NewVersion(t.Context(), latest.ID, annoset.NewSet{}) // and the work goes on
			is.NoErr(err)
			_, err = s.Add(t.Context(), next.ID, label("new.wav", "glitch", 0, 10))
			is.NoErr(err)
			_, err = s.Publish(t.Context(), next.ID, nil)
			is.NoErr(err)
		})
	}
}

// makeStore writes a store with some of everything: a vocabulary, durations, a bulk import, two published versions, a
// clean file, extra data, and a draft.
func makeStore(t *testing.T, file, text string) {
	t.Helper()
	is := is.New(t)
	path := filepath.Join(t.TempDir(), "new.annoset")
	s, err := annoset.Open(t.Context(), path, reproducible())
	is.NoErr(err)
	defer s.Close()
	d, err := s.CreateDataset(t.Context(), annoset.NewDataset{
		Name: "old", Description: "kept for ever", ExtraData: []byte(`{"made": "once"}`),
		ArtifactTypes: []annoset.ArtifactType{{Name: "glitch", Color: "#f00"}, {Name: "hum"}, {Name: "never"}},
	})
	is.NoErr(err)
	is.NoErr(s.AddAudioFiles(t.Context(), d.ID, annoset.AudioFile{ID: "a.wav", DurationMS: 60_000_000},
		annoset.AudioFile{ID: "silent.wav", DurationMS: 1000}))
	v1, err := s.CreateSet(t.Context(), d.ID, annoset.NewSet{Notes: "first"})
	is.NoErr(err)
	_, err = s.Import(t.Context(), v1.ID, func(yield func(annoset.Annotation, error) bool) {
		for i := range int64(annoset.BulkRows) {
			if !yield(label([]string{"a.wav", "b.wav"}[i%2], []string{"glitch", "hum"}[i/3%2], i*10, i*10+i%40), nil) {
				return
			}
		}
	}, nil)
	is.NoErr(err)
	is.NoErr(s.MarkClean(t.Context(), v1.ID, "silent.wav"))
	_, err = s.Publish(t.Context(), v1.ID, nil)
	is.NoErr(err)
	v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "second", ExtraData: []byte(`{"n": 2}`)})
	is.NoErr(err)
	is.NoErr(s.Delete(t.Context(), v2.ID, 10, 11, 12))
	confidence := 0.875
	is.NoErr(s.Update(t.Context(), v2.ID, annoset.Annotation{
		ID: 20, AudioFileID: "c.wav", ArtifactType: "hum", StartMS: 5, EndMS: 5, Confidence: &confidence,
		ExtraData: []byte(`{"by":"anna <a@b>"}`),
	}))
	_, err = s.Publish(t.Context(), v2.ID, nil)
	is.NoErr(err)
	draft, err := s.NewVersion(t.Context(), v2.ID, annoset.NewSet{Notes: "third"})
	is.NoErr(err)
	is.NoErr(s.UnmarkClean(t.Context(), draft.ID, "silent.wav"))
	is.NoErr(os.MkdirAll("testdata", 0o755))
	is.NoErr(os.WriteFile(text, []byte(sumOf(dump(t, s))), 0o644))
	is.NoErr(os.RemoveAll(file))
	is.NoErr(s.Backup(t.Context(), file))
}

func sumOf(text string) string { return fmt.Sprintf("%x\n", sha256.Sum256([]byte(text))) }
