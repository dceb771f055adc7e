package annoset_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestViews_ShowWhatTheStoreYields(t *testing.T) {
	skipMany(t)
	t.Parallel()
	w := newWorld(t)
	raw := openRaw(t, w.path)
	names := map[string]string{w.one.ID.String(): "one", w.two.ID.String(): "two", w.three.ID.String(): "three",
		w.four.ID.String(): "four"}
	for _, set := range slices.Concat(w.published, w.drafts) {
		dataset := names[set.DatasetID.String()]
		t.Run(fmt.Sprintf("%s version %d", dataset, set.Version), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			labels := viewLabels(t, raw, dataset, set)
			is.Equal(labels, collect(t, w.Annotations(t.Context(), set.ID, annoset.Filter{}))) // the view labels
			is.Equal(int64(len(labels)), set.TotalAnnotations)
			clean := viewClean(t, raw, dataset, set)
			is.Equal(clean, collect(t, w.CleanAudioFiles(t.Context(), set.ID))) // the view clean_audio_files
			is.Equal(int64(len(clean)), set.CleanAudioFiles)
		})
	}
	t.Run("of every set and no other", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var rows, marks, labels, clean int64
		for _, set := range slices.Concat(w.published, w.drafts) {
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
	r := newReviewed(t)
	_, err := r.ann.UpdateSet(t.Context(), r.draft.ID, annoset.SetPatch{Notes: new("edited")})
	is.NoErr(err)
	set, err := r.SetByID(t.Context(), r.draft.ID)
	is.NoErr(err)
	_, err = r.bob.Approve(t.Context(), set.ID, set.Revision, "")
	is.NoErr(err)
	run, err := r.ann.RecordTraining(t.Context(), *set.ParentID, annoset.TrainingRun{
		Model: "m", ModelVersion: "2", Metrics: map[string]float64{"f1": 0.5},
	})
	is.NoErr(err)
	for _, tag := range []string{"best", "gone"} {
		is.NoErr(r.bob.Tag(t.Context(), set.DatasetID, tag, *set.ParentID))
	}
	is.NoErr(r.bob.Untag(t.Context(), set.DatasetID, "gone"))
	raw := openRaw(t, r.path)
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
	rows := value(raw.Query(`
		SELECT id, audio_file_id, artifact_type, start_ms, end_ms, confidence, extra_data
		FROM labels
		WHERE dataset = ? AND version = ? AND status = ?
		ORDER BY audio_file_id, start_ms, id`, dataset, set.Version, string(set.Status)))(t)
	defer rows.Close()
	all := []annoset.Annotation{}
	for rows.Next() {
		var a annoset.Annotation
		var extra *string
		noErr(t, rows.Scan(&a.ID, &a.AudioFileID, &a.ArtifactType, &a.StartMS, &a.EndMS, &a.Confidence, &extra))
		if extra != nil {
			a.ExtraData = json.RawMessage(*extra)
		}
		all = append(all, a)
	}
	noErr(t, rows.Err())
	return all
}

func viewClean(t testing.TB, raw *sql.DB, dataset string, set annoset.AnnotationSet) []string {
	t.Helper()
	rows := value(raw.Query(`
		SELECT audio_file_id
		FROM clean_audio_files
		WHERE dataset = ? AND version = ? AND status = ?
		ORDER BY audio_file_id`, dataset, set.Version, string(set.Status)))(t)
	defer rows.Close()
	all := []string{}
	for rows.Next() {
		var name string
		noErr(t, rows.Scan(&name))
		all = append(all, name)
	}
	noErr(t, rows.Err())
	return all
}
