package open_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// copyOf copies a store of testdata into a folder, and lets another program change it.
func copyOf(t testing.TB, name, dir string, statements ...string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "labels.annoset")
	data := proof.Value(os.ReadFile(filepath.Join(proof.Root(t), "testdata", name+".annoset")))(t)
	proof.NoErr(t, os.WriteFile(path, data, 0o600))
	alter(t, path, statements...)
	return path
}

// alter runs statements as another program would, which has foreign keys off and trusts the schema.
func alter(t testing.TB, path string, statements ...string) {
	t.Helper()
	db := proof.OpenRaw(t, path)
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	proof.NoErr(t, db.Close())
}

// quoted quotes a name for SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// namesOfObjects are names that another program may give to what it makes. {dir} is the folder of the store.
var namesOfObjects = []string{
	"my report", "my_report", "x; DROP TABLE label; --", `it's "quoted"`, "`ticked`", "[bracketed]", "select", "",
	"line\nbreak", "ünïcödé-音声", "label ", " label", "labels;", "main.label", "label_insert2", "take",
	"IF EXISTS x; UPDATE annotation_set SET notes = 'forged'; --",
	"IF EXISTS x; DELETE FROM annotation_set; --",
	"IF EXISTS x; ATTACH '{dir}/written' AS w; CREATE TABLE w.t (x); --",
	"IF EXISTS x; COMMIT; VACUUM INTO '{dir}/written'; BEGIN; --",
	`y"; UPDATE annotation_set SET notes = 'forged'; --`,
}

// harmlessObjects are what another program may keep in the file of a store. %s is the quoted name, %[2]s one that is
// free of quotes.
var harmlessObjects = []struct {
	kind       string
	statements []string
}{
	{"view", []string{`CREATE VIEW %s AS SELECT count(*) AS n FROM label`}},
	{"view on our view", []string{`CREATE VIEW %s AS SELECT dataset FROM labels`}},
	{"broken view", []string{`CREATE VIEW %s AS SELECT missing FROM nowhere`}},
	{"view that takes", []string{`CREATE VIEW %s AS SELECT take(1, 2), writefile('{dir}/written', 'x')`}},
	{"table", []string{`CREATE TABLE %s (a, b DEFAULT (random()), c AS (a + 1), CHECK (a <> 7))`}},
	{"virtual table", []string{`CREATE VIRTUAL TABLE %s USING fts5 (a)`}},
	{"index", []string{`CREATE TABLE own (a)`, `CREATE INDEX %s ON own (abs(a))`}},
	{"index on our table", []string{`CREATE INDEX %s ON label (end_ms)`}},
	{"trigger", []string{`CREATE TABLE own (a)`, `CREATE TRIGGER %s AFTER INSERT ON own BEGIN DELETE FROM own; END`}},
	{"trigger on a view", []string{`CREATE VIEW own AS SELECT 1 AS a`,
		`CREATE TRIGGER %s INSTEAD OF INSERT ON own BEGIN SELECT 1; END`}},
}

// foreignObjects reads the schema of a file but for what a store of the same schema has.
func foreignObjects(t testing.TB, path, plain string) map[string]string {
	t.Helper()
	all, own := objectsOf(t, path), objectsOf(t, plain)
	for name := range own {
		delete(all, name)
	}
	return all
}

// objectsOf reads the schema of a file: the texts, by type and name.
func objectsOf(t testing.TB, path string) map[string]string {
	t.Helper()
	db := proof.OpenRaw(t, path)
	rows := proof.Value(db.Query(`SELECT type, name, tbl_name, sql FROM sqlite_schema`))(t)
	defer db.Close()
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var kind, name, table string
		var text sql.NullString
		proof.NoErr(t, rows.Scan(&kind, &name, &table, &text))
		all[kind+" "+name] = table + ": " + text.String
	}
	proof.NoErr(t, rows.Err())
	return all
}

// TestOpen_LeavesWhatOthersKeepInTheFile opens, and brings up to date, files in which other programs keep objects of
// each kind under names that do harm where they are run as SQL.
func TestOpen_LeavesWhatOthersKeepInTheFile(t *testing.T) {
	t.Parallel()
	for _, made := range storesMade {
		plain := copyOf(t, made.name, t.TempDir())
		s := proof.ReopenStore(t, plain, nil)
		want := proof.Dump(t, s.Store)
		proof.NoErr(t, s.Close())
		for i, object := range harmlessObjects {
			t.Run(made.name+", "+object.kind, func(t *testing.T) {
				t.Parallel()
				for j, name := range namesOfObjects {
					dropped := made.name == "schema1" && (object.kind == "view" || object.kind == "trigger") // it once was
					if !dropped && (i+j)%5 > 0 && !proof.Full() {
						continue
					}
					leaves(t, made.name, plain, want, name, object.statements)
				}
			})
		}
	}
}

func leaves(t *testing.T, made, plain, want, name string, statements []string) {
	t.Helper()
	dir := t.TempDir()
	in := func(text string) string { return strings.ReplaceAll(text, "{dir}", dir) }
	name = in(name)
	var run []string
	for _, q := range statements {
		run = append(run, strings.ReplaceAll(in(q), "%s", quoted(name)))
	}
	if strings.HasPrefix(run[0], "CREATE VIRTUAL") && strings.ContainsAny(name, "\"'`[") {
		return // the names of its own tables are not quoted well by that module
	}
	path := copyOf(t, made, dir, run...)
	kept := foreignObjects(t, path, plain)
	if len(kept) == 0 {
		t.Errorf("%q: nothing was made", name)
	}

	s, err := annoset.Open(t.Context(), path, nil)
	if err != nil {
		t.Errorf("%q: %v", name, err)
		return
	}
	if proof.Dump(t, s) != want {
		t.Errorf("%q: the store holds something else", name)
	}
	d := proof.Value(s.DatasetByName(t.Context(), "old"))(t)
	set := proof.Value(s.CreateSet(t.Context(), d.ID, annoset.NewSet{}))(t)
	proof.Value(s.Add(t.Context(), set.ID, proof.Label("a.wav", "glitch", 0, 10)))(t)
	if n := len(proof.LabelsOf(t, s, set.ID)); n != 1 {
		t.Errorf("%q: %d labels after one was added", name, n)
	}
	proof.NoErr(t, s.Close())
	if now := foreignObjects(t, path, plain); fmt.Sprint(now) != fmt.Sprint(kept) {
		t.Errorf("%q: of %v %v is left", name, kept, now)
	}
	if names := namesOf(t, dir); len(names) != 1 {
		t.Errorf("%q: files were written: %v", name, names)
	}
}

func namesOf(t testing.TB, dir string) (names []string) {
	t.Helper()
	for name := range proof.FolderSums(t, dir) {
		names = append(names, name)
	}
	return names
}

// ownTables are the tables of each schema.
var ownTables = map[string][]string{
	"schema1": {"annotation_set", "artifact_type", "audio_file", "dataset", "label", "label_block", "layer", "layer_file",
		"layer_stack", "removal", "sequence"},
	"schema2": {"annotation_set", "artifact_type", "audio_file", "dataset", "editor", "label", "label_block", "layer",
		"layer_file", "layer_stack", "removal", "review", "sequence", "tag_move", "training_run"},
}

// TestOpen_RefusesForeignTriggers opens files in which another program has a trigger on one of the store's tables.
func TestOpen_RefusesForeignTriggers(t *testing.T) {
	t.Parallel()
	for made, tables := range ownTables {
		for i, table := range tables {
			t.Run(made+", "+table, func(t *testing.T) {
				t.Parallel()
				for j, event := range []string{"BEFORE INSERT", "AFTER INSERT", "BEFORE UPDATE", "AFTER DELETE"} {
					dir := t.TempDir()
					name := strings.ReplaceAll(namesOfObjects[(i*4+j)%len(namesOfObjects)], "{dir}", dir)
					path := copyOf(t, made, dir, `CREATE TRIGGER `+quoted(name)+` `+event+` ON `+table+
						` BEGIN SELECT RAISE(IGNORE); END`)
					err := refused(t, path)
					if !errors.Is(err, annoset.ErrConflict) {
						t.Errorf("%q: %v", name, err)
					}
					if err != nil && !(strings.Contains(err.Error(), fmt.Sprintf("%q", name)) &&
						strings.Contains(err.Error(), table)) {
						t.Errorf("%q on %s is not named: %v", name, table, err)
					}
					if made == "schema2" { // a reader fires no trigger
						s, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
						proof.NoErr(t, err)
						proof.Dump(t, s)
						proof.NoErr(t, s.Close())
					}
				}
			})
		}
	}
}

// refused opens a file for writing and checks that nothing was changed in it or beside it.
func refused(t testing.TB, path string) error {
	t.Helper()
	before := fmt.Sprint(proof.FolderSums(t, filepath.Dir(path)))
	s, err := annoset.Open(t.Context(), path, nil)
	if err == nil {
		proof.NoErr(t, s.Close())
		return nil
	}
	if now := fmt.Sprint(proof.FolderSums(t, filepath.Dir(path))); now != before {
		t.Errorf("%v: the folder was %s and is %s", err, before, now)
	}
	return err
}

// TestOpen_RefusesWhatStandsInTheWay opens files in which something else has the name of an object of the store.
func TestOpen_RefusesWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	const ignore = ` BEGIN SELECT RAISE(IGNORE); END`
	for _, test := range []struct {
		schema, name string // name is what the error says
		statements   []string
		want         error
	}{
		// What the migration from schema 1 makes.
		{"schema1", "review", []string{`CREATE TABLE review (a)`}, annoset.ErrConflict},
		{"schema1", "Tag_Move", []string{`CREATE TABLE Tag_Move (a)`}, annoset.ErrConflict},
		{"schema1", "editor", []string{`CREATE VIEW editor AS SELECT 1`}, annoset.ErrConflict},
		{"schema1", "reviews", []string{`CREATE VIEW reviews AS SELECT 1`}, annoset.ErrConflict},
		{"schema1", "TAGS", []string{`CREATE VIEW TAGS AS SELECT 1`}, annoset.ErrConflict},
		{"schema1", "training_runs", []string{`CREATE TABLE training_runs (a)`}, annoset.ErrConflict},
		{"schema1", "review_of_set", []string{`CREATE INDEX review_of_set ON label (end_ms)`}, annoset.ErrConflict},
		{"schema1", "tag_move_of_name", []string{`CREATE TABLE tag_move_of_name (a)`}, annoset.ErrConflict},
		{"schema1", "label_inserted", []string{`CREATE TRIGGER label_inserted AFTER INSERT ON label` + ignore},
			annoset.ErrConflict},
		{"schema1", "editor_insert", []string{`CREATE TABLE own (a)`,
			`CREATE TRIGGER editor_insert AFTER INSERT ON own` + ignore}, annoset.ErrConflict},
		{"schema1", "training_run", []string{`CREATE VIRTUAL TABLE training_run USING fts5 (a)`}, annoset.ErrConflict},
		// What it would have to drop, and did not make.
		{"schema1", "labels", []string{`DROP VIEW labels`, `CREATE VIEW labels AS SELECT 1`}, annoset.ErrConflict},
		{"schema1", "labels", []string{`DROP VIEW labels`, `CREATE TABLE labels (a)`}, annoset.ErrConflict},
		{"schema1", "mine", []string{`CREATE TRIGGER mine INSTEAD OF INSERT ON labels` + ignore}, annoset.ErrConflict},
		{"schema1", "label_insert", []string{`DROP TRIGGER label_insert`,
			`CREATE TRIGGER label_insert BEFORE INSERT ON label` + ignore}, annoset.ErrCorrupt},
		{"schema1", "label_insert", []string{`DROP TRIGGER label_insert`, `CREATE TABLE own (a)`,
			`CREATE TRIGGER label_insert BEFORE INSERT ON own` + ignore}, annoset.ErrCorrupt},
		{"schema1", "label_insert", []string{`DROP TRIGGER label_insert`, `CREATE VIEW label_insert AS SELECT 1`},
			annoset.ErrCorrupt},
		// What is not what its name says, in a store that is up to date.
		{"schema2", "label_insert", []string{`DROP TRIGGER label_insert`,
			`CREATE TRIGGER label_insert BEFORE INSERT ON label` + ignore}, annoset.ErrCorrupt},
		{"schema2", "label_insert", []string{`DROP TRIGGER label_insert`,
			`CREATE TRIGGER Label_Insert BEFORE INSERT ON label` + ignore}, annoset.ErrCorrupt},
		{"schema2", "label_block", []string{`DROP TABLE label_block`, `CREATE VIEW label_block AS SELECT 1 AS layer_id`,
			`CREATE TRIGGER mine INSTEAD OF INSERT ON label_block` + ignore}, annoset.ErrCorrupt},
		{"schema2", "removal", []string{`DROP TABLE removal`,
			`CREATE VIRTUAL TABLE removal USING fts5 (layer_id, file_id, id)`}, annoset.ErrCorrupt},
		{"schema2", "removal", []string{`DROP TABLE removal`}, annoset.ErrCorrupt},
		{"schema2", "label_id", []string{`DROP INDEX label_id`, `CREATE INDEX label_id ON dataset (id)`}, annoset.ErrCorrupt},
		{"schema2", "label", alteredTable("label",
			`PRIMARY KEY (layer_id, file_id, start_ms, id),`,
			`PRIMARY KEY (layer_id, file_id, start_ms, id) ON CONFLICT IGNORE,`), annoset.ErrCorrupt},
		{"schema2", "label", alteredTable("label",
			`id         INTEGER NOT NULL,`, `id INTEGER NOT NULL, x TEXT NOT NULL ON CONFLICT IGNORE,`), annoset.ErrCorrupt},
		{"schema2", "label", alteredTable("label",
			`id         INTEGER NOT NULL,`, `id INTEGER NOT NULL, x TEXT AS (hex(zeroblob(1000))),`), annoset.ErrCorrupt},
		{"schema2", "removal", alteredTable("removal", `id       INTEGER NOT NULL,`,
			`id INTEGER NOT NULL CHECK (writefile('written', 'x')),`), annoset.ErrCorrupt},
		{"schema1", "dataset", alteredTable("dataset", `CHECK (last_version >= 0)`,
			`CHECK (length(hex(zeroblob(1000))) > 0 AND take(1, 2))`), annoset.ErrCorrupt},
	} {
		t.Run(test.schema+", "+test.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			path := copyOf(t, test.schema, t.TempDir(), test.statements...)
			err := refused(t, path)
			if !errors.Is(err, test.want) {
				t.Errorf("%q: %v", test.statements, err)
			}
			if err != nil {
				is.True(strings.Contains(err.Error(), test.name)) // it is named
			}
		})
	}
}

// alteredTable returns the statements that write another text of a table into the schema.
func alteredTable(table, old, now string) []string {
	now, old = strings.ReplaceAll(now, "'", "''"), strings.ReplaceAll(old, "'", "''")
	return []string{
		`PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '` + old + `', '` + now + `')
		WHERE name = '` + table + `'; PRAGMA writable_schema = RESET`,
	}
}

// TestOpen_LeavesViewsOfOurNames opens a store that is up to date and whose views somebody replaced or dropped: nothing
// needs them.
func TestOpen_LeavesViewsOfOurNames(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	path := copyOf(t, "schema2", t.TempDir(), `DROP VIEW labels`, `CREATE VIEW labels AS SELECT 1 AS one`, `DROP VIEW tags`,
		`CREATE TRIGGER mine INSTEAD OF INSERT ON reviews BEGIN SELECT RAISE(IGNORE); END`)
	before := objectsOf(t, path)
	s, err := annoset.Open(t.Context(), path, nil)
	is.NoErr(err)
	proof.NewDraft(t, s, "new")
	is.NoErr(s.Close())
	is.Equal(objectsOf(t, path), before)
}

// TestOpen_LeavesColumnsThatOthersAdded migrates and writes to tables to which another program added columns.
func TestOpen_LeavesColumnsThatOthersAdded(t *testing.T) {
	t.Parallel()
	for _, made := range storesMade {
		t.Run(made.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			path := copyOf(t, made.name, t.TempDir(), `ALTER TABLE annotation_set ADD COLUMN "my note" TEXT`,
				`ALTER TABLE annotation_set ADD COLUMN stars INTEGER NOT NULL DEFAULT 3`,
				`ALTER TABLE dataset ADD COLUMN owner TEXT DEFAULT 'nobody'`, `ALTER TABLE removal ADD COLUMN x ANY`)
			s := proof.ReopenStore(t, path, nil)
			set := proof.NewDraft(t, s.Store, "new")
			proof.Value(s.Add(t.Context(), set.ID, proof.Label("a.wav", "glitch", 0, 10)))(t)
			is.NoErr(s.Close())
			var stars int
			is.NoErr(proof.OpenRaw(t, path).QueryRow(`SELECT stars FROM annotation_set WHERE "my note" IS NULL`).Scan(&stars))
			is.Equal(stars, 3)
			proof.ReopenStore(t, path, nil)
		})
	}
	t.Run("but not those that do something", func(t *testing.T) {
		t.Parallel()
		for _, column := range []string{`x TEXT AS (hex(zeroblob(1000)))`, `x TEXT CHECK (length(hex(zeroblob(1000))) > 0)`,
			`x INTEGER REFERENCES label ON DELETE CASCADE`, `x TEXT NOT NULL ON CONFLICT IGNORE DEFAULT 'x'`,
			`required_approvals INTEGER`} {
			made := "schema2"
			if strings.HasPrefix(column, "required") {
				made = "schema1" // the migration makes one of that name
			}
			path := copyOf(t, made, t.TempDir(), `ALTER TABLE dataset ADD COLUMN `+column)
			if err := refused(t, path); !errors.Is(err, annoset.ErrCorrupt) && !errors.Is(err, annoset.ErrConflict) {
				t.Errorf("%s: %v", column, err)
			}
		}
	})
}

// TestStore_withAForeignIndex has another program make a column unique in which the store repeats itself: a write that
// would not be whole fails.
func TestStore_withAForeignIndex(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "one")
	_, err := s.As("ann").Add(t.Context(), set.ID, proof.Label("a.wav", "glitch", 0, 10))
	is.NoErr(err)
	alter(t, s.Path, `CREATE UNIQUE INDEX mine ON editor (person)`)
	before := proof.Dump(t, s.Store)
	_, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
	is.True(errors.Is(err, annoset.ErrConflict)) // the new draft has the label, so ann is an editor of it
	is.True(proof.Dump(t, s.Store) == before)
}

// TestStore_whenAnotherProgramAddsATrigger adds one while the store is open: every write is refused then.
func TestStore_whenAnotherProgramAddsATrigger(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, test := range []struct {
		name, do, undo string
		want           error
	}{
		{"a foreign trigger", `CREATE TRIGGER mine BEFORE INSERT ON label BEGIN SELECT RAISE(IGNORE); END`,
			`DROP TRIGGER mine`, annoset.ErrConflict},
		{"one in the place of ours", `DROP TRIGGER removal_insert;
			CREATE TRIGGER removal_insert BEFORE INSERT ON removal BEGIN SELECT RAISE(IGNORE); END`, "", annoset.ErrCorrupt},
		{"ours gone", `DROP TRIGGER layer_inserted`, "", annoset.ErrCorrupt},
		{"a newer schema", `CREATE TABLE newer (a); PRAGMA user_version = 1000`, `PRAGMA user_version = 2; DROP TABLE newer`,
			annoset.ErrNewerSchema},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			path := filepath.Join(t.TempDir(), "labels.annoset")
			s, err := annoset.Open(ctx, path, nil)
			is.NoErr(err)
			defer s.Close()
			set := proof.NewDraft(t, s, "a")
			_, err = s.Import(ctx, set.ID, proof.Stream(proof.BulkRows, 3), nil) // which changes the schema for a moment
			is.NoErr(err)
			ids, err := s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			before := proof.Dump(t, s)
			alter(t, path, test.do)
			for name, write := range proof.Writers(s, set, ids[0]) {
				if err := write(ctx); !errors.Is(err, test.want) {
					t.Errorf("%s: %v", name, err)
				}
			}
			is.True(proof.Dump(t, s) == before) // what is there can be read
			if test.undo == "" {
				return
			}
			alter(t, path, test.undo)
			_, err = s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			is.NoErr(s.Close())
			proof.CheckFile(t, path)
		})
	}
}
