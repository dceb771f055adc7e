package annoset_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	_ "modernc.org/sqlite"

	"github.com/annoset/annoset"
)

// testStore is a store in a file whose contents are checked at the end of the test.
type testStore struct {
	*annoset.Store
	path string
}

// openStore opens a store in a new file. At the end of the test the file is sound and keeps every invariant.
func openStore(t testing.TB, opts *annoset.Options) *testStore {
	t.Helper()
	path := filepath.Join(t.TempDir(), "labels.annoset")
	return reopenStore(t, path, opts)
}

func reopenStore(t testing.TB, path string, opts *annoset.Options) *testStore {
	t.Helper()
	s, err := annoset.Open(context.Background(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		checkFile(t, path)
	})
	return &testStore{Store: s, path: path}
}

// openRaw opens the file of a store as any SQLite program would: without foreign keys.
func openRaw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()+
		"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

// invariants are queries that find something only where an invariant is broken.
var invariants = map[string]string{
	"a published set has a stamp, statistics and a digest": `
		SELECT uuid FROM annotation_set WHERE (status = 'published') <> (published_ms IS NOT NULL AND digest IS NOT NULL
			AND total_annotations IS NOT NULL AND annotations_by_type IS NOT NULL)`,
	"a version is given once, and no higher than the last": `
		SELECT s.uuid FROM annotation_set s JOIN dataset d ON d.id = s.dataset_id WHERE s.version > d.last_version`,
	"a published set has a sealed layer, a draft an open one": `
		SELECT s.uuid FROM annotation_set s JOIN layer y ON y.id = s.layer_id WHERE y.sealed <> (s.status = 'published')`,
	"a layer stands on sealed layers of its own dataset": `
		SELECT y.id FROM layer y JOIN layer b ON b.id = y.below_id WHERE b.sealed = 0 OR b.dataset_id <> y.dataset_id`,
	"a label lies in a file and has a type of its own dataset": `
		SELECT l.id FROM label l JOIN layer y ON y.id = l.layer_id
		LEFT JOIN audio_file f ON f.id = l.file_id AND f.dataset_id = y.dataset_id
		LEFT JOIN artifact_type t ON t.id = l.type_id AND t.dataset_id = y.dataset_id
		WHERE f.id IS NULL OR t.id IS NULL`,
	"a label's file is known to its layer": `
		SELECT l.id FROM label l LEFT JOIN layer_file lf ON lf.layer_id = l.layer_id AND lf.file_id = l.file_id
		WHERE lf.file_id IS NULL`,
	"an id is visible once in a set": `
		SELECT id FROM labels GROUP BY dataset, version, id HAVING count(*) > 1`,
	"no file is clean and labelled": `
		SELECT c.audio_file_id FROM clean_audio_files c WHERE EXISTS (
			SELECT 1 FROM labels l
			WHERE l.dataset = c.dataset AND l.version = c.version AND l.audio_file_id = c.audio_file_id)`,
	"no id is above the highest one given": `
		SELECT id FROM label WHERE id > (SELECT last_label_id FROM sequence)`,
	"every label that is not indexed is in its block": `
		SELECT l.id FROM label l WHERE l.indexed = 0 AND NOT EXISTS (
			SELECT 1 FROM label_block b
			WHERE b.layer_id = l.layer_id AND b.last_id >= l.id AND b.file_id = l.file_id
				AND l.start_ms BETWEEN b.from_ms AND b.to_ms
				AND b.first_id = (SELECT max(first_id) FROM label_block WHERE layer_id = l.layer_id AND first_id <= l.id))`,
	"every layer is some set's, or below one": `
		SELECT y.id FROM layer y WHERE NOT EXISTS (
			SELECT 1 FROM layer_stack k JOIN annotation_set s ON s.layer_id = k.layer_id WHERE k.seen_id = y.id)`,
	"nothing is left of layers that are gone": `
		SELECT layer_id FROM label WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM removal WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM label_block WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM layer_stack WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM layer_file WHERE layer_id NOT IN (SELECT id FROM layer)`,
	"every guard is there": `
		SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' HAVING count(*) < 58`,
	"nothing is left of sets that are gone": `
		SELECT set_id FROM review WHERE set_id NOT IN (SELECT id FROM annotation_set)
		UNION ALL SELECT set_id FROM editor WHERE set_id NOT IN (SELECT id FROM annotation_set)`,
	"no review is of what is yet to come": `
		SELECT r.id FROM review r JOIN annotation_set s ON s.id = r.set_id JOIN layer y ON y.id = s.layer_id
		WHERE r.revision > y.revision`,
	"nobody approved their own work": `
		SELECT v.id FROM reviews v JOIN review r ON r.id = v.id JOIN editor e ON e.set_id = r.set_id
		WHERE v.void = 0 AND v.verdict = 'approved' AND e.person IN (v.person, '')`,
	"training runs and tags are of published sets": `
		SELECT set_id FROM training_run WHERE set_id NOT IN (SELECT id FROM annotation_set WHERE status = 'published')
		UNION ALL SELECT set_id FROM tag_move WHERE set_id IS NOT NULL AND set_id NOT IN (
			SELECT id FROM annotation_set s WHERE status = 'published' AND s.dataset_id = tag_move.dataset_id)`,
}

// checkFile checks integrity, foreign keys and invariants of a store's file, and that what is published verifies.
func checkFile(t testing.TB, path string) {
	t.Helper()
	db := openRaw(t, path)
	defer db.Close()
	var verdict string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %v %v", verdict, err)
	}
	found := func(what, query string) {
		rows, err := db.Query(query)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		defer rows.Close()
		if rows.Next() {
			var id any
			if cols, _ := rows.Columns(); len(cols) == 1 {
				rows.Scan(&id)
			}
			t.Errorf("broken: %s (%v)", what, id)
		}
		if err := rows.Err(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	found("foreign keys", `PRAGMA foreign_key_check`)
	for what, query := range invariants {
		found(what, query)
	}
	checkSets(t, path)
}

// checkSets verifies what is published, and that the statistics of drafts are those of their labels.
func checkSets(t testing.TB, path string) {
	t.Helper()
	ctx := context.Background()
	s, err := annoset.Open(ctx, path, nil)
	if err != nil {
		t.Errorf("reopen: %v", err)
		return
	}
	defer s.Close()
	datasets, err := s.Datasets(ctx)
	if err != nil {
		t.Errorf("datasets: %v", err)
	}
	for _, d := range datasets {
		sets, err := s.Sets(ctx, d.ID, annoset.SetFilter{})
		if err != nil {
			t.Errorf("sets: %v", err)
		}
		for _, set := range sets {
			if set.Status == annoset.StatusPublished {
				if err := s.Verify(ctx, set.ID); err != nil {
					t.Errorf("version %d: %v", set.Version, err)
				}
				continue
			}
			n := int64(0)
			for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				if err != nil {
					t.Errorf("version %d: %v", set.Version, err)
				}
				n++
			}
			if n != set.TotalAnnotations {
				t.Errorf("version %d: total_annotations is %d, and %d are read", set.Version, set.TotalAnnotations, n)
			}
		}
	}
}

// dump writes down all that a store holds, for comparing before and after.
func dump(t testing.TB, s *annoset.Store) string {
	t.Helper()
	ctx := context.Background()
	var b strings.Builder
	line := func(v any) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	datasets, err := s.Datasets(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range datasets {
		line(d)
		files, err := s.AudioFiles(ctx, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		line(files)
		dumpBeside(t, s, d, line)
		sets, err := s.Sets(ctx, d.ID, annoset.SetFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range sets {
			line(set)
			for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				if err != nil {
					t.Fatal(err)
				}
				line(a)
			}
			for f, err := range s.CleanAudioFiles(ctx, set.ID) {
				if err != nil {
					t.Fatal(err)
				}
				line(f)
			}
		}
	}
	return b.String()
}

// dumpBeside writes down what a store keeps beside its sets, where there is anything.
func dumpBeside(t testing.TB, s *annoset.Store, d annoset.Dataset, line func(any)) {
	t.Helper()
	ctx := context.Background()
	for _, set := range value(s.Sets(ctx, d.ID, annoset.SetFilter{}))(t) {
		if reviews := value(s.Reviews(ctx, set.ID))(t); len(reviews) > 0 {
			line(reviews)
		}
	}
	if runs := value(s.TrainingRuns(ctx, annoset.TrainingFilter{DatasetID: d.ID}))(t); len(runs) > 0 {
		line(runs)
	}
	for _, tag := range value(s.Tags(ctx, d.ID))(t) {
		line(value(s.TagHistory(ctx, d.ID, tag.Tag))(t))
	}
}

// reproducible are options under which a store returns the same each time: a clock that goes a second a look, and
// ids that count.
func reproducible() *annoset.Options {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var n uint64
	return &annoset.Options{
		Now: func() time.Time {
			now = now.Add(time.Second)
			return now
		},
		NewID: func() uuid.UUID {
			n++
			var id uuid.UUID
			binary.BigEndian.PutUint64(id[8:], n)
			return id
		},
	}
}

// label makes an annotation.
func label(file, artifactType string, startMS, endMS int64) annoset.Annotation {
	return annoset.Annotation{AudioFileID: file, ArtifactType: artifactType, StartMS: startMS, EndMS: endMS}
}

// newDraft makes a dataset that takes any type, and an empty draft in it.
func newDraft(t testing.TB, s *annoset.Store, name string) annoset.AnnotationSet {
	t.Helper()
	ctx := context.Background()
	d, err := s.CreateDataset(ctx, annoset.NewDataset{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	set, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// collect reads all that an iterator yields.
func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	all := []T{}
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// stream yields n labels spread over files, as an import would read them.
func stream(n, files int) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for i := range n {
			start := int64(i/files) * 700
			a := label(fmt.Sprintf("file%05d.wav", i%files), fmt.Sprintf("type%d", i%7), start, start+int64(i%5)*300)
			if i%3 == 0 {
				c := float64(i%1000) / 999
				a.Confidence = &c
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

func TestOpenMemory(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	s, err := annoset.OpenMemory(ctx, nil)
	is.NoErr(err)
	defer s.Close()
	set := newDraft(t, s, "a")
	_, err = s.Add(ctx, set.ID, label("a.wav", "glitch", 0, 10))
	is.NoErr(err)
	for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
		is.NoErr(err)
		a.EndMS = 20
		is.NoErr(s.Update(ctx, set.ID, a)) // a write inside the loop over a read goes through
	}
	n, err := s.Import(ctx, set.ID, s.Annotations(ctx, set.ID, annoset.Filter{}), nil)
	is.NoErr(err) // an import may read from the store that it writes to
	is.Equal(n, 1)
}
