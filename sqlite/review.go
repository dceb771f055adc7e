package sqlite

import "context"

// Revise increases the revision of an open layer, after a change that the triggers did not see.
func (tx *WriteTx) Revise(layerID int64) error {
	_, err := tx.dc.run(`UPDATE layer SET revision = revision + 1 WHERE id = ?`, layerID)
	return err
}

// Editors reads who changed a set, in order of name. The empty name stands for unsigned changes.
func (tx *ReadTx) Editors(setID int64) ([]string, error) {
	people := []string{}
	err := tx.each(`SELECT person FROM editor WHERE set_id = ? ORDER BY person`, func(cu *cursor) error {
		people = append(people, cu.text(0))
		return nil
	}, setID)
	return people, err
}

// SignEdit makes a person an editor of a draft, unless they are one already or nothing has changed since r.Revision.
func (tx *WriteTx) SignEdit(r SetRow, person string) error {
	_, err := tx.dc.run(`
		INSERT INTO editor (set_id, person)
		SELECT ?1, ?2
		WHERE (SELECT revision FROM layer WHERE id = ?3) <> ?4
			AND NOT EXISTS (SELECT 1 FROM editor WHERE set_id = ?1 AND person = ?2)`,
		r.ID, person, r.LayerID, r.Revision)
	return err
}

// CopyEditors makes the editors of one set editors of a draft.
func (tx *WriteTx) CopyEditors(ctx context.Context, from, to int64) error {
	return tx.exec(ctx, `
		INSERT INTO editor (set_id, person)
		SELECT ?, person FROM editor WHERE set_id = ?
		ON CONFLICT (set_id, person) DO NOTHING`, to, from)
}

// ReviewRow is a row of the table review.
type ReviewRow struct {
	SetID     int64  `db:"set_id"`
	Revision  int64  `db:"revision"`
	Person    string `db:"person"`
	Verdict   string `db:"verdict"`
	Comment   string `db:"comment"`
	CreatedMS int64  `db:"created_ms"`
}

// Reviews reads all reviews of a set in the order in which they were given.
func (tx *ReadTx) Reviews(ctx context.Context, setID int64) ([]ReviewRow, error) {
	return list[ReviewRow](ctx, tx, `
		SELECT set_id, revision, person, verdict, comment, created_ms
		FROM review
		WHERE set_id = ?
		ORDER BY id`, setID)
}

// InsertReview adds a review.
func (tx *WriteTx) InsertReview(ctx context.Context, r ReviewRow) error {
	return tx.exec(ctx, `
		INSERT INTO review (set_id, revision, person, verdict, comment, created_ms)
		VALUES (?, ?, ?, ?, ?, ?)`,
		r.SetID, r.Revision, r.Person, r.Verdict, r.Comment, r.CreatedMS)
}
