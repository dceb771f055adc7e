package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// seekInBlock finds a label within its block by its start and its id: many may start together.
const seekInBlock = "SEARCH l USING PRIMARY KEY (layer_id=? AND file_id=? AND (start_ms,id)>(?,?) AND (start_ms,id)<(?,?))"

// TestReadTx_SeeksWhatItReads asks SQLite how it would run each statement of the hot reads: by keys, not by looking at
// every row of a table, and in the order of a key, not by sorting labels.
func TestReadTx_SeeksWhatItReads(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, prepared := openRecorded(t)
	top, file, label := twoLayers(t, db)

	tests := []struct {
		name  string
		sorts bool // as many rows as the caller asked for, which no key has in order
		read  func(tx *ReadTx) error
		want  []string // how it is to be done
	}{
		{"labels of a file", false, func(tx *ReadTx) error {
			return scan(tx, top, Span{})
		}, []string{
			"SEARCH label USING PRIMARY KEY (layer_id=? AND file_id=? AND start_ms<?)",
			"SEARCH removal USING PRIMARY KEY (layer_id=? AND file_id=?)",
		}},
		{"labels of a file from a place on", false, func(tx *ReadTx) error {
			return scan(tx, top, Span{AfterMS: 1, AfterID: 1})
		}, []string{
			"SEARCH label USING PRIMARY KEY (layer_id=? AND file_id=? AND (start_ms,id)>(?,?) AND start_ms<?)",
		}},
		{"a label by id", false, func(tx *ReadTx) error {
			_, _, found, err := tx.TopRow(ctx, top, label)
			if err == nil && !found {
				err = errors.New("the label is not there")
			}
			_, removed := tx.RemovedAbove(top, file, label, 1)
			return errors.Join(err, removed)
		}, []string{
			"SEARCH l USING INDEX label_id (id=? AND layer_id=?)",
			"SEARCH r USING PRIMARY KEY (layer_id=? AND file_id=? AND id=?)",
		}},
		{"a label by id, in a block", false, func(tx *ReadTx) error {
			_, _, _, err := tx.TopRow(ctx, top, label+1)
			return err
		}, []string{
			"SEARCH b USING PRIMARY KEY (layer_id=? AND first_id=?)",
			seekInBlock,
		}},
		{"all files", true, func(tx *ReadTx) error {
			return tx.SeenFiles(ctx, top, func(*SeenFile) error { return nil })
		}, []string{
			"SEARCH lf USING PRIMARY KEY (layer_id=?)", "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)",
		}},
		{"files from a name on", false, func(tx *ReadTx) error {
			return tx.SeenFilesFrom(ctx, top, 1, "a", func(*SeenFile) error { return nil })
		}, []string{
			"(dataset_id=? AND name>?)", "SEARCH lf USING PRIMARY KEY (layer_id=? AND file_id=?)",
		}},
		{"files that were changed", true, func(tx *ReadTx) error {
			return tx.ChangedFiles(ctx, top, func(*SeenFile) error { return nil })
		}, []string{
			"SEARCH o USING PRIMARY KEY (layer_id=?)", "SEARCH lf USING PRIMARY KEY (layer_id=? AND file_id=?)",
		}},
		{"a file by name", false, func(tx *ReadTx) error {
			return tx.SeenFileByName(ctx, top, 1, "a.wav", func(*SeenFile) error { return nil })
		}, []string{
			"(dataset_id=? AND name=?)", "SEARCH lf USING PRIMARY KEY (layer_id=? AND file_id=?)",
		}},
		{"registered files", false, func(tx *ReadTx) error {
			return tx.EachRegisteredFile(ctx, 1, func(int64, string) error { return nil })
		}, []string{"sqlite_autoindex_audio_file_1 (dataset_id=?)"}},
		{"what a layer says of a file", false, func(tx *ReadTx) error {
			_, _, err := tx.FileInLayer(top, file)
			return err
		}, []string{"SEARCH layer_file USING PRIMARY KEY (layer_id=? AND file_id=?)"}},
		{"the last end in a file", false, func(tx *ReadTx) error {
			_, err := tx.LastEnd(ctx, file)
			return err
		}, []string{
			"layer_file_by_file (file_id=?)", "SEARCH l USING PRIMARY KEY (layer_id=? AND file_id=?)",
		}},
		{"how many labels a layer has", false, func(tx *ReadTx) error {
			_, err := tx.CountLabels(ctx, top, 10)
			return err
		}, []string{"SEARCH label USING PRIMARY KEY (layer_id=?)"}},
		{"whether a layer is seen", false, func(tx *ReadTx) error {
			_, err := tx.Seen(ctx, top)
			return err
		}, []string{"INDEX layer_stack_seen (seen_id=?)"}},
		{"a set by id", false, func(tx *ReadTx) error {
			_, _, err := tx.SetByUUID(ctx, "")
			return err
		}, []string{"(uuid=?)"}},
		{"a set by version", false, func(tx *ReadTx) error {
			_, _, err := tx.SetByVersion(ctx, 1, 1)
			return err
		}, []string{"(dataset_id=? AND version=?)"}},
		{"the latest published set", false, func(tx *ReadTx) error {
			_, _, err := tx.LatestPublished(ctx, 1)
			return err
		}, []string{"annotation_set_latest (dataset_id=?)"}},
		{"the editors of a set", false, func(tx *ReadTx) error {
			_, err := tx.Editors(1)
			return err
		}, []string{"SEARCH editor USING PRIMARY KEY (set_id=?)"}},
		{"the reviews of a set", true, func(tx *ReadTx) error {
			_, err := tx.Reviews(ctx, 1)
			return err
		}, []string{"review_of_set (set_id=?)"}},
		{"training runs of a set", true, func(tx *ReadTx) error {
			_, err := tx.Runs(ctx, RunFilter{SetID: new(int64(1))})
			return err
		}, []string{"training_run_of_set (set_id=?)"}},
		{"training runs of a dataset", true, func(tx *ReadTx) error {
			_, err := tx.Runs(ctx, RunFilter{DatasetID: new(int64(1))})
			return err
		}, []string{"(dataset_id=?)", "training_run_of_set (set_id=?)"}},
		{"training runs of a model", true, func(tx *ReadTx) error {
			_, err := tx.Runs(ctx, RunFilter{Model: new("m"), ModelVersion: new("1")})
			return err
		}, []string{"training_run_of_model (model=? AND model_version=?)"}},
		{"the last move of a tag", false, func(tx *ReadTx) error {
			_, _, err := tx.LastTagMove(ctx, 1, "best")
			return err
		}, []string{"tag_move_of_name (dataset_id=? AND name=?)"}},
		{"tags of a dataset", false, func(tx *ReadTx) error {
			_, err := tx.Tags(ctx, 1)
			return err
		}, []string{"SEARCH m USING INDEX tag_move_of_name (dataset_id=?)", "(dataset_id=? AND name=? AND rowid>?)"}},
		{"the view labels", false, func(tx *ReadTx) error {
			_, _, err := get[int64](ctx, tx, `SELECT count(end_ms) FROM labels WHERE dataset = ? AND version = ?`, "a", 1)
			return err
		}, []string{"SEARCH l USING PRIMARY KEY (layer_id=?)"}},
		{"the layers that show a view", true, func(tx *ReadTx) error {
			_, err := tx.Ways(top)
			return err
		}, []string{
			"SEARCH y USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH y USING INDEX layer_folds (folds_id=?)",
			"SEARCH b USING INTEGER PRIMARY KEY (rowid=?)",
		}},
		{"files of some layers", true, func(tx *ReadTx) error {
			_, err := tx.FilesOf(ctx, []int64{top}, top, top)
			return err
		}, []string{
			"SEARCH lf USING PRIMARY KEY (layer_id=?)", "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)",
			"SEARCH k USING PRIMARY KEY (layer_id=?)", "SEARCH lf USING PRIMARY KEY (layer_id=? AND file_id=?)",
		}},
		{"labels of some files in some layers", false, func(tx *ReadTx) error {
			return tx.LabelsIn(ctx, []int64{top}, []int64{file}, func(int, *LabelRow) error { return nil })
		}, []string{"SEARCH l USING PRIMARY KEY (layer_id=? AND file_id=?)"}},
		{"removals of some files in some layers", false, func(tx *ReadTx) error {
			return tx.RemovalsIn(ctx, []int64{top}, []int64{file}, func(int, int64, int64) error { return nil })
		}, []string{"SEARCH r USING PRIMARY KEY (layer_id=? AND file_id=?)"}},
		{"labels by their ids", false, func(tx *ReadTx) error {
			wanted := []int64{label, label + 1}
			return errors.Join(tx.IndexedRows(top, wanted, func(LabelRow, bool) {}),
				tx.BlockRows(top, wanted, func(LabelRow, bool) {}))
		}, []string{
			"SEARCH l USING INDEX label_id (id=?)", "SEARCH k USING PRIMARY KEY (layer_id=?)",
			"SEARCH b USING PRIMARY KEY (layer_id=? AND first_id=?)",
			seekInBlock,
			"SEARCH r USING PRIMARY KEY (layer_id=? AND file_id=? AND id=?)",
		}},
		{"labels that went from file to file", false, func(tx *ReadTx) error {
			_, err := tx.Strays(ctx, []int64{top}, []int64{top})
			return err
		}, []string{
			"SEARCH r USING PRIMARY KEY (layer_id=?)", "SEARCH l USING COVERING INDEX label_id (id=? AND layer_id=?)",
			"SEARCH a USING PRIMARY KEY (layer_id=?)", "SEARCH b USING COVERING INDEX label_id (id=? AND layer_id=?)",
		}},
		{"layers that remove an id", true, func(tx *ReadTx) error {
			_, err := tx.RemoversOf(top, file, label)
			return err
		}, []string{
			"INDEX layer_stack_seen (seen_id=?)", "SEARCH r USING PRIMARY KEY (layer_id=? AND file_id=? AND id=?)",
		}},
		{"sets that see some layers", false, func(tx *ReadTx) error {
			_, err := tx.SetsSeeing(ctx, 1, []int64{top})
			return err
		}, []string{"(dataset_id=?)", "SEARCH layer_stack USING PRIMARY KEY (layer_id=?)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { // not in parallel: they share what is recorded
			is := is.New(t)
			*prepared = nil
			is.NoErr(db.Read(ctx, test.read))
			plan := planOf(t, db, slices.Clone(*prepared))
			is.True(len(plan) > 0)
			for _, step := range plan {
				of, scan := strings.CutPrefix(step, "SCAN ")
				list := strings.Contains(of, " VIRTUAL TABLE ")                // that was handed over
				is.True(!scan || list || of[0] == '(' || of == "CONSTANT ROW") // no table is read whole
				is.True(test.sorts || !strings.Contains(step, "TEMP B-TREE"))  // and nothing is sorted
			}
			for _, want := range test.want {
				if !slices.ContainsFunc(plan, func(step string) bool { return strings.Contains(step, want) }) {
					t.Errorf("no %q in\n%s", want, strings.Join(plan, "\n"))
				}
			}
		})
	}
}

// TestReadTx_RowsOf_seeks is on its own because any layer may have a block with the id, so that all layers are gone
// through.
func TestReadTx_RowsOf_seeks(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	db, prepared := openRecorded(t)
	_, _, label := twoLayers(t, db)
	*prepared = nil
	is.NoErr(db.Read(context.Background(), func(tx *ReadTx) error {
		rows, err := tx.RowsOf(label)
		is.Equal(len(rows), 1) // the label
		return err
	}))
	plan := strings.Join(planOf(t, db, slices.Clone(*prepared)), "\n")
	for _, want := range []string{
		"SEARCH l USING INDEX label_id (id=?)", "SCAN y\n", "SEARCH b USING PRIMARY KEY (layer_id=? AND first_id=?)",
		seekInBlock,
	} {
		is.True(strings.Contains(plan, want)) // the layers are read, the rest is sought
	}
}

// TestLabelInsert_seeks asks how the trigger label_insert looks for labels of the id that it is given.
func TestLabelInsert_seeks(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	db, _ := openRecorded(t)
	var text string
	is.NoErr(db.readers.pool.Get(&text, `SELECT sql FROM sqlite_schema WHERE name = 'label_insert'`))
	body := text[strings.Index(text, "SELECT"):strings.LastIndex(text, ";")]
	// RAISE is for triggers alone, and the values of the new row are as good as parameters.
	query := strings.ReplaceAll(regexp.MustCompile(`NEW\.\w+`).ReplaceAllString(body, "?1"), "RAISE(ABORT, ", "coalesce(1, ")
	plan := strings.Join(planOf(t, db, []string{query}), "\n")
	for _, want := range []string{"SEARCH l USING COVERING INDEX label_id (id=?", seekInBlock} {
		if !strings.Contains(plan, want) {
			t.Errorf("no %q in\n%s", want, plan)
		}
	}
}

// planOf is how SQLite would run statements.
func planOf(t *testing.T, db *DB, queries []string) []string {
	t.Helper()
	var plan []string
	for _, query := range queries {
		if strings.HasPrefix(query, "BEGIN") || query == "COMMIT" || query == "ROLLBACK" {
			continue
		}
		rows, err := db.readers.pool.Query("EXPLAIN QUERY PLAN "+query, make([]any, params(query))...)
		if err != nil {
			t.Fatalf("%v: %s", err, query)
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, step)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return plan
}

var param = regexp.MustCompile(`\?(\d*)`)

// params counts the parameters of a statement.
func params(query string) int {
	n := 0
	for _, m := range param.FindAllStringSubmatch(query, -1) {
		if number, err := strconv.Atoi(m[1]); err == nil {
			n = max(n, number)
		} else {
			n++
		}
	}
	return n
}

// scan reads the labels and removals of a file in the two layers of a stack.
func scan(tx *ReadTx, top int64, span Span) error {
	stack, err := tx.Stack(context.Background(), top)
	if err != nil {
		return err
	}
	for _, layer := range stack {
		labels, err := tx.OpenLabels(layer.ID, 1, span)
		if err != nil {
			return err
		}
		_, err = labels.Next()
		_, removes := tx.Removes(layer.ID, 1, 1)
		removed := tx.RemovedIDs(context.Background(), layer.ID, 1, 10, func(int64) {})
		if err := errors.Join(err, labels.Close(), removes, removed); err != nil {
			return err
		}
	}
	return nil
}

// twoLayers writes a layer with a label in a file, and one on top that has the file too.
func twoLayers(t *testing.T, db *DB) (top, file, label int64) {
	t.Helper()
	ctx := context.Background()
	if err := db.Write(ctx, false, func(tx *WriteTx) error {
		dataset, err1 := tx.InsertDataset(ctx, DatasetRow{UUID: strings.Repeat("0", 36), Name: "one"})
		id, err2 := tx.InsertFile(ctx, FileRow{DatasetID: dataset, Name: "a.wav"})
		artifact, err3 := tx.InsertType(ctx, TypeRow{DatasetID: dataset, Name: "glitch"})
		below, err4 := tx.InsertLayer(ctx, dataset, nil, nil)
		next, err5 := tx.NextLabelIDs(ctx, 1)
		file, label = id, next
		err := errors.Join(err1, err2, err3, err4, err5,
			tx.InsertLayerFile(ctx, LayerFile{LayerID: below, FileID: file}),
			tx.InsertLabels(ctx, below, []LabelRow{{ID: label, FileID: file, TypeID: artifact}}),
			tx.WithoutGuards(ctx, func() error { return tx.SealLayer(ctx, below) }))
		if err != nil {
			return err
		}
		top, err = tx.InsertLayer(ctx, dataset, &below, nil)
		return errors.Join(err, tx.InsertLayerFile(ctx, LayerFile{LayerID: top, FileID: file}))
	}); err != nil {
		t.Fatal(err)
	}
	return top, file, label
}

// openRecorded opens a new database, and records the statements that its connections prepare.
func openRecorded(t *testing.T) (*DB, *[]string) {
	t.Helper()
	r := &recorder{}
	db, err := Open(context.Background(), Config{
		Path: filepath.Join(t.TempDir(), "plan.annoset"), BusyTimeout: time.Second,
		Wrap: func(c driver.Connector) driver.Connector { return recordingConnector{c, r} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, &r.texts
}

// recorder writes down what is prepared, by one goroutine.
type recorder struct{ texts []string }

type recordingConnector struct {
	driver.Connector
	r *recorder
}

func (c recordingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return recordingConn{dc.(fullConn), c.r}, nil
}

type recordingConn struct {
	fullConn
	r *recorder
}

func (c recordingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.r.texts = append(c.r.texts, query)
	return c.fullConn.PrepareContext(ctx, query)
}
