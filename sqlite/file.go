package sqlite

import "context"

// FileRow is a row of the table audio_file.
type FileRow struct {
	ID         int64  `db:"id"`
	DatasetID  int64  `db:"dataset_id"`
	Name       string `db:"name"`
	DurationMS int64  `db:"duration_ms"`
	Registered bool   `db:"registered"`
}

const fileColumns = `
	id, dataset_id, name, duration_ms, registered`

// FileByName reads an audio file of a dataset.
func (tx *ReadTx) FileByName(datasetID int64, name string) (row FileRow, found bool, err error) {
	err = tx.each(`
		SELECT`+fileColumns+`
		FROM audio_file
		WHERE dataset_id = ? AND name = ?`, func(cu *cursor) error {
		row = FileRow{
			ID: cu.int(0), DatasetID: cu.int(1), Name: cu.text(2), DurationMS: cu.int(3), Registered: cu.int(4) == 1,
		}
		found = true
		return nil
	}, datasetID, name)
	return row, found, err
}

// FileByID reads an audio file that must exist.
func (tx *ReadTx) FileByID(ctx context.Context, id int64) (FileRow, error) {
	row, _, err := get[FileRow](ctx, tx, `
		SELECT`+fileColumns+`
		FROM audio_file
		WHERE id = ?`, id)
	return row, err
}

// Files reads the audio files of a dataset in order of name.
func (tx *ReadTx) Files(ctx context.Context, datasetID int64) ([]FileRow, error) {
	return list[FileRow](ctx, tx, `
		SELECT`+fileColumns+`
		FROM audio_file
		WHERE dataset_id = ?
		ORDER BY name`, datasetID)
}

// EachRegisteredFile calls fn for each audio file of a dataset that the user registered, in order of name.
func (tx *ReadTx) EachRegisteredFile(ctx context.Context, datasetID int64, fn func(id int64, name string) error) error {
	return tx.each(`
		SELECT id, name
		FROM audio_file
		WHERE dataset_id = ? AND registered = 1
		ORDER BY name`, func(cu *cursor) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return fn(cu.int(0), cu.text(1))
	}, datasetID)
}

// InsertFile adds an audio file and returns its row id.
func (tx *WriteTx) InsertFile(ctx context.Context, r FileRow) (int64, error) {
	return tx.insert(ctx, `
		INSERT INTO audio_file (dataset_id, name, duration_ms, registered)
		VALUES (?, ?, ?, ?)`,
		r.DatasetID, r.Name, r.DurationMS, r.Registered)
}

// UpdateFile writes the columns of an audio file that may change.
func (tx *WriteTx) UpdateFile(ctx context.Context, r FileRow) error {
	return tx.exec(ctx, `
		UPDATE audio_file
		SET duration_ms = ?, registered = ?
		WHERE id = ?`,
		r.DurationMS, r.Registered, r.ID)
}

// LastEnd returns the latest end of all labels that any set has in an audio file, or 0 if there are none.
func (tx *ReadTx) LastEnd(ctx context.Context, fileID int64) (int64, error) {
	end, _, err := get[int64](ctx, tx, `
		SELECT coalesce(max(l.end_ms), 0)
		FROM layer_file lf
		JOIN label l ON l.layer_id = lf.layer_id AND l.file_id = lf.file_id
		WHERE lf.file_id = ?`, fileID)
	return end, err
}

// DeleteOrphanFiles removes the audio files of a dataset that nobody registered and no set mentions.
func (tx *WriteTx) DeleteOrphanFiles(ctx context.Context, datasetID int64) error {
	return tx.exec(ctx, `
		DELETE FROM audio_file
		WHERE dataset_id = ? AND registered = 0
			AND NOT EXISTS (SELECT 1 FROM layer_file WHERE file_id = audio_file.id)`, datasetID)
}

// DeleteFiles removes all audio files of a dataset that has no sets left.
func (tx *WriteTx) DeleteFiles(ctx context.Context, datasetID int64) error {
	return tx.exec(ctx, `DELETE FROM audio_file WHERE dataset_id = ?`, datasetID)
}
