package sqlite

import "context"

// TagRow is a row of the table tag_move, with the names of its set. It has no set if the tag was removed.
type TagRow struct {
	DatasetID int64   `db:"dataset_id"`
	Name      string  `db:"name"`
	SetID     *int64  `db:"set_id"`
	MovedMS   int64   `db:"moved_ms"`
	MovedBy   *string `db:"moved_by"` // nil: unsigned

	SetUUID *string `db:"set_uuid"`
	Version *int    `db:"version"`
}

const selectTag = `
	SELECT m.dataset_id, m.name, m.set_id, m.moved_ms, m.moved_by, s.uuid AS set_uuid, s.version
	FROM tag_move m
	LEFT JOIN annotation_set s ON s.id = m.set_id `

// TagMoves reads every move of a tag, the first one first.
func (tx *ReadTx) TagMoves(ctx context.Context, datasetID int64, name string) ([]TagRow, error) {
	return list[TagRow](ctx, tx, selectTag+`
		WHERE m.dataset_id = ? AND m.name = ?
		ORDER BY m.id`, datasetID, name)
}

// LastTagMove reads the last move of a tag.
func (tx *ReadTx) LastTagMove(ctx context.Context, datasetID int64, name string) (TagRow, bool, error) {
	return get[TagRow](ctx, tx, selectTag+`
		WHERE m.dataset_id = ? AND m.name = ?
		ORDER BY m.id DESC
		LIMIT 1`, datasetID, name)
}

// Tags reads the last move of each tag of a dataset that was not removed, in order of name.
func (tx *ReadTx) Tags(ctx context.Context, datasetID int64) ([]TagRow, error) {
	return list[TagRow](ctx, tx, selectTag+`
		WHERE m.dataset_id = ? AND m.set_id IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM tag_move n WHERE n.dataset_id = m.dataset_id AND n.name = m.name AND n.id > m.id)
		ORDER BY m.name`, datasetID)
}

// InsertTagMove adds a move of a tag.
func (tx *WriteTx) InsertTagMove(ctx context.Context, r TagRow) error {
	return tx.exec(ctx, `
		INSERT INTO tag_move (dataset_id, name, set_id, moved_ms, moved_by)
		VALUES (?, ?, ?, ?, ?)`,
		r.DatasetID, r.Name, r.SetID, r.MovedMS, r.MovedBy)
}
