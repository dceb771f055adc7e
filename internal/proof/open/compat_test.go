package open_test

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// makeStores writes the store of the current schema to testdata. The file of a released schema is never written again.
var makeStores = flag.Bool("make-stores", false, "write testdata/schema2.annoset and the SHA-256 of what it holds")

// storesMade are the stores in testdata, and the fields that their schema did not have, as they are read today.
var storesMade = []struct {
	name   string
	unread []string
}{
	{"schema1", []string{`,"revision":1,"created_by":"","edited_by":[""],"published_by":""`, `,"required_approvals":0`}},
	{"schema2", nil},
}

// TestOpen_aStoreOfEachSchema opens what earlier versions of annoset wrote, and continues it.
func TestOpen_aStoreOfEachSchema(t *testing.T) {
	t.Parallel()
	for i, made := range storesMade {
		t.Run(made.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			dir := filepath.Join(proof.Root(t), "testdata") // the root's
			file, text := filepath.Join(dir, made.name+".annoset"), filepath.Join(dir, made.name+".sha256")
			if *makeStores && i == len(storesMade)-1 {
				makeStore(t, file, text)
			}
			data, err := os.ReadFile(file)
			is.NoErr(err)
			want, err := os.ReadFile(text)
			is.NoErr(err)
			path := filepath.Join(t.TempDir(), "old.annoset")
			is.NoErr(os.WriteFile(path, data, 0o600))

			s := proof.ReopenStore(t, path, nil) // verifies what is published at the end of the test

			held := proof.Dump(t, s.Store)
			for _, field := range made.unread {
				is.True(strings.Contains(held, field))
				held = strings.ReplaceAll(held, field, "")
			}
			is.Equal(sumOf(held), string(want)) // all that it held
			d, err := s.DatasetByName(t.Context(), "old")
			is.NoErr(err)
			latest, err := s.LatestPublished(t.Context(), d.ID)
			is.NoErr(err)
			next, err := s.NewVersion(t.Context(), latest.ID, annoset.NewSet{}) // and it can be continued
			is.NoErr(err)
			_, err = s.Add(t.Context(), next.ID, proof.Label("new.wav", "glitch", 0, 10))
			is.NoErr(err)
			next, err = s.SetByID(t.Context(), next.ID)
			is.NoErr(err)
			_, err = s.As("eve").Reject(t.Context(), next.ID, next.Revision, "") // with what newer schemas have
			is.NoErr(err)
			_, err = s.Publish(t.Context(), next.ID, nil)
			is.True(errors.Is(err, annoset.ErrNotApproved))
			is.NoErr(s.Delete(t.Context(), next.ID, 30))
			if d.RequiredApprovals > 0 {
				_, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{RequiredApprovals: new(0)})
				is.NoErr(err)
			}
			_, err = s.Publish(t.Context(), next.ID, nil)
			is.NoErr(err)
		})
	}
}

// makeStore writes a store with some of everything: a vocabulary, durations, a bulk import, two published versions, a
// clean file, extra data, a draft, signatures, reviews (one of them void), training runs, and tags that were moved.
func makeStore(t *testing.T, file, text string) {
	t.Helper()
	is := is.New(t)
	path := filepath.Join(t.TempDir(), "new.annoset")
	s, err := annoset.Open(t.Context(), path, proof.Reproducible())
	is.NoErr(err)
	defer s.Close()
	s = s.As("ann")
	d, err := s.CreateDataset(t.Context(), annoset.NewDataset{
		Name: "old", Description: "kept for ever", ExtraData: []byte(`{"made": "once"}`),
		ArtifactTypes:     []annoset.ArtifactType{{Name: "glitch", Color: "#f00"}, {Name: "hum"}, {Name: "never"}},
		RequiredApprovals: 1,
	})
	is.NoErr(err)
	is.NoErr(s.AddAudioFiles(t.Context(), d.ID, annoset.AudioFile{ID: "a.wav", DurationMS: 60_000_000},
		annoset.AudioFile{ID: "silent.wav", DurationMS: 1000}))
	v1, err := s.CreateSet(t.Context(), d.ID, annoset.NewSet{Notes: "first"})
	is.NoErr(err)
	_, err = s.Import(t.Context(), v1.ID, func(yield func(annoset.Annotation, error) bool) {
		for i := range int64(proof.BulkRows) {
			if !yield(proof.Label([]string{"a.wav", "b.wav"}[i%2], []string{"glitch", "hum"}[i/3%2], i*10, i*10+i%40), nil) {
				return
			}
		}
	}, nil)
	is.NoErr(err)
	is.NoErr(s.MarkClean(t.Context(), v1.ID, "silent.wav"))
	review(t, s.As("bob"), v1.ID)
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
	review(t, s.As("bob"), v2.ID)
	_, err = s.As("cid").Publish(t.Context(), v2.ID, nil)
	is.NoErr(err)
	_, err = s.RecordTraining(t.Context(), v1.ID, annoset.TrainingRun{Model: "tagger"})
	is.NoErr(err)
	_, err = s.RecordTraining(t.Context(), v2.ID, annoset.TrainingRun{
		Model: "tagger", ModelVersion: "2", Parameters: []byte(`{"lr": 1e-3}`), Metrics: map[string]float64{"f1": 0.8125},
		ExtraData: []byte(`{"gpu": 1}`),
	})
	is.NoErr(err)
	is.NoErr(s.Tag(t.Context(), d.ID, "best", v1.ID))
	is.NoErr(s.Tag(t.Context(), d.ID, "best", v2.ID))
	is.NoErr(s.Tag(t.Context(), d.ID, "old", v1.ID))
	is.NoErr(s.Untag(t.Context(), d.ID, "old"))
	draft, err := s.NewVersion(t.Context(), v2.ID, annoset.NewSet{Notes: "third"})
	is.NoErr(err)
	review(t, s.As("bob"), draft.ID)
	is.NoErr(s.UnmarkClean(t.Context(), draft.ID, "silent.wav"))
	review(t, s.As("cid"), draft.ID)
	is.NoErr(os.WriteFile(text, []byte(sumOf(proof.Dump(t, s))), 0o644))
	is.NoErr(os.RemoveAll(file))
	is.NoErr(s.Backup(t.Context(), file))
}

// review approves a draft as it is.
func review(t *testing.T, s *annoset.Store, id uuid.UUID) {
	t.Helper()
	set := proof.Value(s.SetByID(t.Context(), id))(t)
	proof.Value(s.Approve(t.Context(), id, set.Revision, "heard it"))(t)
}

func sumOf(text string) string { return fmt.Sprintf("%x\n", sha256.Sum256([]byte(text))) }
