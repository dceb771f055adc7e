// Package attack_test attacks published sets: through the Store, in SQL, and through the sqlite3 shell. Every attack
// must be refused, for the reason meant, and leave the store as it was.
package attack_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func TestStore_RefusesToChangeWhatIsPublished(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	w := proof.NewWorld(t)
	ctx := context.Background()
	before := proof.Dump(t, w.Store)
	known := make(map[uuid.UUID]annoset.Annotation) // one label of each
	for _, set := range w.Published {
		known[set.ID] = proof.Value(w.Page(ctx, set.ID, annoset.Filter{}, annoset.Position{}, 1))(t).Annotations[0]
	}
	attacks := []struct {
		name, op string
		do       func(set annoset.AnnotationSet) error
	}{
		{"add", "add", func(set annoset.AnnotationSet) error {
			_, err := w.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 1))
			return err
		}},
		{"add nothing", "add", func(set annoset.AnnotationSet) error {
			_, err := w.Add(ctx, set.ID)
			return err
		}},
		{"add in bulk", "add", func(set annoset.AnnotationSet) error {
			_, err := w.Add(ctx, set.ID, make([]annoset.Annotation, proof.BulkRows)...)
			return err
		}},
		{"import", "import", func(set annoset.AnnotationSet) error {
			_, err := w.Import(ctx, set.ID, proof.DeclaredLabels("new", 10), nil)
			return err
		}},
		{"import in bulk", "import", func(set annoset.AnnotationSet) error {
			_, err := w.Import(ctx, set.ID, proof.DeclaredLabels("new", proof.BulkRows), nil)
			return err
		}},
		{"copy into it", "copy annotations", func(set annoset.AnnotationSet) error {
			_, err := w.CopyAnnotations(ctx, set.ID, w.Drafts[0].ID, annoset.Filter{})
			return err
		}},
		{"copy it into itself", "copy annotations", func(set annoset.AnnotationSet) error {
			_, err := w.CopyAnnotations(ctx, set.ID, set.ID, annoset.Filter{})
			return err
		}},
		{"update a label", "update", func(set annoset.AnnotationSet) error {
			a := known[set.ID]
			a.EndMS++
			return w.Update(ctx, set.ID, a)
		}},
		{"update a label to what it is", "update", func(set annoset.AnnotationSet) error {
			return w.Update(ctx, set.ID, known[set.ID])
		}},
		{"delete a label", "delete", func(set annoset.AnnotationSet) error {
			return w.Delete(ctx, set.ID, known[set.ID].ID)
		}},
		{"delete no label", "delete", func(set annoset.AnnotationSet) error {
			return w.Delete(ctx, set.ID)
		}},
		{"mark a file clean", "mark clean", func(set annoset.AnnotationSet) error {
			return w.MarkClean(ctx, set.ID, "new.wav")
		}},
		{"unmark a clean file", "unmark clean", func(set annoset.AnnotationSet) error {
			return w.UnmarkClean(ctx, set.ID, "quiet.wav")
		}},
		{"rewrite the notes", "update set", func(set annoset.AnnotationSet) error {
			_, err := w.UpdateSet(ctx, set.ID, annoset.SetPatch{Notes: new("better")})
			return err
		}},
		{"rewrite nothing", "update set", func(set annoset.AnnotationSet) error {
			_, err := w.UpdateSet(ctx, set.ID, annoset.SetPatch{})
			return err
		}},
		{"approve it", "approve", func(set annoset.AnnotationSet) error {
			_, err := w.As("eve").Approve(ctx, set.ID, set.Revision, "")
			return err
		}},
		{"reject it", "reject", func(set annoset.AnnotationSet) error {
			_, err := w.As("eve").Reject(ctx, set.ID, set.Revision, "")
			return err
		}},
		{"publish again", "publish", func(set annoset.AnnotationSet) error {
			_, err := w.Publish(ctx, set.ID, &annoset.PublishOptions{AllowEmpty: true})
			return err
		}},
		{"delete the set", "delete set", func(set annoset.AnnotationSet) error {
			return w.DeleteSet(ctx, set.ID)
		}},
		{"delete the dataset", "delete dataset", func(set annoset.AnnotationSet) error {
			return w.DeleteDataset(ctx, set.DatasetID)
		}},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			first := make(map[uuid.UUID]annoset.AnnotationSet)
			for _, set := range w.Published {
				if _, known := first[set.DatasetID]; !known {
					first[set.DatasetID] = set
				}
				err := a.do(set)
				is.True(errors.Is(err, annoset.ErrPublished)) // a published set never changes
				e, found := errors.AsType[*annoset.ImmutableError](err)
				is.True(found) // the error carries the facts
				named := set
				if a.op == "delete dataset" {
					named = first[set.DatasetID]
				}
				want := annoset.ImmutableError{
					Op: a.op, SetID: named.ID, Version: named.Version, PublishedAt: *named.PublishedAt,
				}
				if set.DatasetID == w.Four.ID && strings.HasPrefix(a.op, "delete ") && a.op != "delete" {
					want.Models = []string{"tagger 1"}
				}
				is.Equal(*e, want)                           // the operation and the set
				is.True(strings.Contains(err.Error(), a.op)) // also in its text
			}
		})
	}
	t.Cleanup(func() { w.Check(t, before) }) // runs after all of them
}

// attacker is a program that knows SQL and nothing of annoset.
type attacker struct {
	*proof.World
	conn  *sql.Conn
	watch *sql.DB
}

func newAttacker(t testing.TB, w *proof.World, path string) *attacker {
	t.Helper()
	a := &attacker{World: w, conn: proof.Value(proof.OpenRaw(t, path).Conn(t.Context()))(t), watch: proof.OpenRaw(t, path)}
	a.exec(t, "PRAGMA synchronous = OFF")
	return a
}

func (a *attacker) exec(t testing.TB, query string) {
	t.Helper()
	if _, err := a.conn.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%v: %s", err, query)
	}
}

// commits returns a number that changes whenever something is written to the file.
func (a *attacker) commits(t testing.TB) (n int64) {
	t.Helper()
	proof.NoErr(t, a.watch.QueryRow(`PRAGMA data_version`).Scan(&n))
	return n
}

// try runs an attack in a transaction of its own. A refused attack is followed by a commit, as in a program that
// ignores errors. One that goes through is rolled back, so that later attacks find the store as it was.
func (a *attacker) try(t testing.TB, prepare, query string) (rows int64, refused error) {
	t.Helper()
	a.exec(t, "BEGIN IMMEDIATE")
	defer a.conn.ExecContext(context.Background(), "ROLLBACK") //nolint:errcheck // there may be nothing to undo
	a.exec(t, a.SQL(t, prepare))
	res, refused := a.conn.ExecContext(t.Context(), a.SQL(t, query))
	if refused != nil && prepare == "" {
		a.exec(t, "COMMIT")
	}
	if refused == nil {
		rows = proof.Value(res.RowsAffected())(t)
	}
	return rows, refused
}

// attackVariants returns the ways in which SQL can ask for the same change.
func attackVariants(query string) []string {
	all := []string{query}
	verb, rest, _ := strings.Cut(strings.TrimSpace(query), " ")
	if !proof.Race && (verb == "INSERT" || verb == "UPDATE") {
		for _, or := range []string{"REPLACE", "IGNORE"} {
			all = append(all, verb+" OR "+or+" "+rest)
		}
	}
	return all
}

func TestSchema_RefusesAttacksInSQL(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	w := proof.NewWorld(t)
	before := proof.Dump(t, w.Store)
	a := newAttacker(t, w, w.Path)
	for _, attack := range attacks() {
		t.Run(attack.name, func(t *testing.T) { // not in parallel: they share a connection
			is := is.New(t)
			commits := a.commits(t)
			for _, query := range attackVariants(attack.sql) {
				rows, err := a.try(t, attack.prepare, query)
				if err == nil && attack.skips && strings.Contains(query, " OR IGNORE ") {
					is.Equal(rows, int64(0)) // OR IGNORE skips a row that breaks a constraint, without an error
					continue
				}
				if err == nil {
					t.Errorf("went through, %d rows: %s", rows, query)
					continue
				}
				is.True(strings.Contains(err.Error(), attack.says)) // refused for the reason meant
			}
			if a.commits(t) != commits {
				w.Check(t, before)
			}
		})
	}
	w.Check(t, before)
}

func TestSchema_RefusesAttacksThroughTheShell(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("the sqlite3 shell is not installed")
	}
	version, err := exec.Command(shell, "--version").Output()
	if err != nil {
		t.Skipf("the sqlite3 shell does not run: %v", err)
	}
	t.Logf("sqlite3 %s", version)
	w := proof.NewWorld(t)
	before := proof.Dump(t, w.Store)
	for name, query := range map[string]string{
		"unpublish":                  `UPDATE annotation_set SET status = 'draft' WHERE id = {one.v1}`,
		"rewrite the notes":          `UPDATE annotation_set SET notes = 'better' WHERE id = {one.v1}`,
		"delete a published set":     `DELETE FROM annotation_set WHERE id = {one.v2}`,
		"delete its dataset":         `DELETE FROM dataset WHERE id = {one}`,
		"delete all labels":          `DELETE FROM label`,
		"move a label":               `UPDATE OR REPLACE label SET start_ms = 1, end_ms = 2 WHERE id = {A1}`,
		"add a label":                insertLabel("{one.l1}", "{a.wav}", 0, "{free}", "{glitch}"),
		"unmark a clean file":        `UPDATE layer_file SET clean = 0 WHERE layer_id = {one.l1} AND clean = 1`,
		"rename an audio file":       `UPDATE audio_file SET name = 'z.wav' WHERE id = {a.wav}`,
		"replace an audio file":      `REPLACE INTO audio_file SELECT id, {two}, name, 0, 0 FROM audio_file`,
		"give a version again":       `UPDATE dataset SET last_version = 0`,
		"open a layer":               `UPDATE layer SET sealed = 0`,
		"write through the view":     `UPDATE labels SET end_ms = 0`,
		"stand on a draft's layer":   `INSERT INTO layer (dataset_id, below_id) VALUES ({one}, {one.l3})`,
		"give an id twice":           insertLabel("{one.l3}", "{n.wav}", 0, "{K0}", "{glitch}"),
		"let a file be of two kinds": `UPDATE layer_file SET clean = 1 WHERE layer_id = {one.l3} AND file_id = {n.wav}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			out, err := exec.Command(shell, "-cmd", ".timeout 20000", w.Path, w.SQL(t, query)).CombinedOutput()
			_, failed := errors.AsType[*exec.ExitError](err)
			is.True(failed) // the shell reports an error
			guarded := strings.Contains(string(out), "annoset: ") || strings.Contains(string(out), "cannot modify")
			is.True(guarded) // from a guard
		})
	}
	t.Run("and it can read", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		count := `SELECT count(*) FROM labels WHERE dataset = 'one' AND version = 1`
		out, err := exec.Command(shell, "-cmd", ".timeout 20000", w.Path, count).Output()
		is.NoErr(err)
		is.Equal(strings.TrimSpace(string(out)), fmt.Sprint(proof.BulkRows+5)) // an old shell reads the views
	})
	t.Cleanup(func() { w.Check(t, before) })
}

// servants are the triggers that refuse nothing: they write what other triggers check. The text names an attack that
// goes through without the servant.
var servants = map[string]string{
	"annotation_set_publish": "change what a published set sees once it was published in SQL",
	"annotation_set_version": "insert the version of a draft deleted just now",
	"annotation_set_deleted": "", // it cleans up
	"annotation_set_edited":  "publish notes that nobody approved",
	"label_inserted":         "publish a label that nobody approved",
	"label_deleted":          "publish without a label that was approved",
	"removal_inserted":       "publish without an inherited label that was approved",
	"removal_deleted":        "publish with a label whose removal was approved",
	"layer_file_inserted":    "publish a clean mark that nobody approved",
	"layer_file_updated":     "publish without a clean mark that was approved",
	"layer_file_deleted":     "publish without a word on a file that was approved to be clean",
	"layer_inserted":         "twice through a set begun in SQL",
	"layer_deleted":          "", // it cleans up: what it leaves would show when a row id is used again
}

var raisePattern = regexp.MustCompile(`RAISE\(ABORT, 'annoset: ([^']*)'\)`)

// TestSchema_NeedsEachGuard removes one refusal of one trigger at a time. Without it an attack must go through: a guard
// that no attack needs is dead code.
func TestSchema_NeedsEachGuard(t *testing.T) {
	if proof.Race {
		t.Skip("one goroutine and a lot of SQL: too slow under the race detector, which would find nothing")
	}
	t.Parallel()
	w := proof.NewWorld(t)
	a := newAttacker(t, w, w.Path)

	refused := make(map[string][]attack) // by the text of the error, and by name
	for _, attack := range attacks() {
		for _, query := range attackVariants(attack.sql) {
			attack.sql = query
			if _, err := a.try(t, attack.prepare, query); err != nil {
				_, said, _ := strings.Cut(err.Error(), "annoset: ")
				said, _, _ = strings.Cut(said, " (")
				refused[said] = append(refused[said], attack)
				refused[attack.name] = append(refused[attack.name], attack)
			}
		}
	}
	for name, text := range guardTexts(t, a.watch) {
		refusals := raisePattern.FindAllStringSubmatchIndex(text, -1)
		if refusals == nil {
			t.Run(name, func(t *testing.T) {
				foils, known := servants[name]
				if !known || foils != "" && !a.anyPasses(t, "DROP TRIGGER "+name, refused[foils]) {
					t.Error("no attack goes through without the trigger")
				}
			})
		}
		for i, m := range refusals {
			said := text[m[2]:m[3]]
			t.Run(fmt.Sprintf("%s %d", name, i+1), func(t *testing.T) {
				weaker := "DROP TRIGGER " + name + ";\n" + text[:m[0]] + "NULL" + text[m[1]:]
				if !a.anyPasses(t, weaker, refused[said]) {
					t.Errorf("no attack goes through without the refusal %q", said)
				}
			})
		}
	}
}

// guardTexts returns the SQL of each trigger, by name.
func guardTexts(t testing.TB, db *sql.DB) map[string]string {
	t.Helper()
	rows := proof.Value(db.Query(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`))(t)
	defer rows.Close()
	all := make(map[string]string)
	for rows.Next() {
		var name, text string
		proof.NoErr(t, rows.Scan(&name, &text))
		all[name] = text
	}
	proof.NoErr(t, rows.Err())
	return all
}

// anyPasses weakens the schema, reports whether one of the attacks then goes through, and restores it.
func (a *attacker) anyPasses(t testing.TB, weaken string, attacks []attack) bool {
	t.Helper()
	a.exec(t, "BEGIN IMMEDIATE;\n"+weaken)
	defer a.exec(t, "ROLLBACK")
	for _, attack := range attacks {
		a.exec(t, "SAVEPOINT attack")
		_, err := a.conn.ExecContext(t.Context(), a.SQL(t, attack.prepare+";"+attack.sql))
		a.exec(t, "ROLLBACK TO attack; RELEASE attack")
		if err == nil {
			return true
		}
	}
	return false
}

func TestSchema_TakesNaNForNoConfidence(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "one")
	ids, err := s.Add(t.Context(), set.ID, proof.Label("a.wav", "glitch", 0, 10), proof.Label("a.wav", "glitch", 0, 10))
	is.NoErr(err)
	is.NoErr(s.Delete(t.Context(), set.ID, ids[1]))
	_, err = proof.OpenRaw(t, s.Path).Exec(`
		INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed, confidence)
		SELECT layer_id, file_id, start_ms, ?, end_ms, type_id, 1, 9e999 - 9e999 FROM label`, ids[1])
	is.NoErr(err)
	a, err := s.Annotation(t.Context(), set.ID, ids[1])
	is.NoErr(err)
	is.True(a.Confidence == nil) // SQLite has no NaN: it is NULL before any guard sees it
}
