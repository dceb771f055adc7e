package attack_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func TestViews_ShowWhatTheStoreYields(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	w := proof.NewWorld(t)
	raw := proof.OpenRaw(t, w.Path)
	names := map[string]string{w.One.ID.String(): "one", w.Two.ID.String(): "two", w.Three.ID.String(): "three",
		w.Four.ID.String(): "four"}
	for _, set := range slices.Concat(w.Published, w.Drafts) {
		dataset := names[set.DatasetID.String()]
		t.Run(fmt.Sprintf("%s version %d", dataset, set.Version), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			labels := viewLabels(t, raw, dataset, set)
			is.Equal(labels, proof.Collect(t, w.Annotations(t.Context(), set.ID, annoset.Filter{}))) // the view labels
			is.Equal(int64(len(labels)), set.TotalAnnotations)
			clean := viewClean(t, raw, dataset, set)
			is.Equal(clean, proof.Collect(t, w.CleanAudioFiles(t.Context(), set.ID))) // the view clean_audio_files
			is.Equal(int64(len(clean)), set.CleanAudioFiles)
		})
	}
	t.Run("of every set and no other", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var rows, marks, labels, clean int64
		for _, set := range slices.Concat(w.Published, w.Drafts) {
			labels += set.TotalAnnotations
			clean += set.CleanAudioFiles
		}
		is.NoErr(raw.QueryRow(`SELECT count(*) FROM labels`).Scan(&rows))
		is.NoErr(raw.QueryRow(`SELECT count(*) FROM clean_audio_files`).Scan(&marks))
		is.Equal(rows, labels)
		is.Equal(marks, clean)
	})
}

func TestViews_ShowWhatIsBesideSets(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := t.Context()
	s := proof.OpenStore(t, nil)
	ann, bob := s.As("ann"), s.As("bob")
	d, err := s.CreateDataset(ctx, annoset.NewDataset{Name: "d"})
	is.NoErr(err)
	v1, err := ann.CreateSet(ctx, d.ID, annoset.NewSet{})
	is.NoErr(err)
	_, err = ann.Add(ctx, v1.ID, proof.Label("a.wav", "hum", 0, 10))
	is.NoErr(err)
	_, err = ann.Publish(ctx, v1.ID, nil)
	is.NoErr(err)
	draft, err := ann.NewVersion(ctx, v1.ID, annoset.NewSet{})
	is.NoErr(err)
	for _, notes := range []string{"first", "edited"} { // the second edit makes the first approval void
		draft, err = ann.UpdateSet(ctx, draft.ID, annoset.SetPatch{Notes: &notes})
		is.NoErr(err)
		_, err = bob.Approve(ctx, draft.ID, draft.Revision, "")
		is.NoErr(err)
	}
	run, err := ann.RecordTraining(ctx, v1.ID, annoset.TrainingRun{
		Model: "m", ModelVersion: "2", Metrics: map[string]float64{"f1": 0.5},
	})
	is.NoErr(err)
	for _, tag := range []string{"best", "gone"} {
		is.NoErr(bob.Tag(ctx, d.ID, tag, v1.ID))
	}
	is.NoErr(bob.Untag(ctx, d.ID, "gone"))
	raw := proof.OpenRaw(t, s.Path)
	for view, want := range map[string]string{
		`SELECT group_concat(dataset || version || status || person || verdict || void, ' ') FROM (
			SELECT * FROM reviews ORDER BY id)`: "d2draftbobapproved1 d2draftbobapproved0",
		`SELECT dataset || version || model || model_version || (metrics ->> 'f1') || recorded_by || digest
			FROM training_runs`: "d1m20.5ann" + run.Digest,
		`SELECT dataset || tag || version || moved_by FROM tags`: "dbest1bob",
	} {
		var got string
		is.NoErr(raw.QueryRow(view).Scan(&got))
		is.Equal(got, want)
	}
}

func viewLabels(t testing.TB, raw *sql.DB, dataset string, set annoset.AnnotationSet) []annoset.Annotation {
	t.Helper()
	rows := proof.Value(raw.Query(`
		SELECT id, audio_file_id, artifact_type, start_ms, end_ms, confidence, extra_data
		FROM labels
		WHERE dataset = ? AND version = ? AND status = ?
		ORDER BY audio_file_id, start_ms, id`, dataset, set.Version, string(set.Status)))(t)
	defer rows.Close()
	all := []annoset.Annotation{}
	for rows.Next() {
		var a annoset.Annotation
		var extra *string
		proof.NoErr(t, rows.Scan(&a.ID, &a.AudioFileID, &a.ArtifactType, &a.StartMS, &a.EndMS, &a.Confidence, &extra))
		if extra != nil {
			a.ExtraData = json.RawMessage(*extra)
		}
		all = append(all, a)
	}
	proof.NoErr(t, rows.Err())
	return all
}

func viewClean(t testing.TB, raw *sql.DB, dataset string, set annoset.AnnotationSet) []string {
	t.Helper()
	rows := proof.Value(raw.Query(`
		SELECT audio_file_id
		FROM clean_audio_files
		WHERE dataset = ? AND version = ? AND status = ?
		ORDER BY audio_file_id`, dataset, set.Version, string(set.Status)))(t)
	defer rows.Close()
	all := []string{}
	for rows.Next() {
		var name string
		proof.NoErr(t, rows.Scan(&name))
		all = append(all, name)
	}
	proof.NoErr(t, rows.Err())
	return all
}
