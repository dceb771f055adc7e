package sqlite

import "context"

// DatasetRow is a row of the table dataset.
type DatasetRow struct {
	ID          int64   `db:"id"`
	UUID        string  `db:"uuid"`
	Name        string  `db:"name"`
	Description string  `db:"description"`
	ExtraData   *string `db:"extra_data"`
	CreatedMS   int64   `db:"created_ms"`
	UpdatedMS   int64   `db:"updated_ms"`

	RequiredApprovals int `db:"required_approvals"`
}

// TypeRow is a row of the table artifact_type.
type TypeRow struct {
	ID          int64  `db:"id"`
	DatasetID   int64  `db:"dataset_id"`
	Name        string `db:"name"`
	Description string `db:"description"`
	Color       string `db:"color"`
	Declared    bool   `db:"declared"`
	Place       int    `db:"place"`
}

const datasetColumns = `
	id, uuid, name, description, extra_data, created_ms, updated_ms, required_approvals`

// InsertDataset adds a dataset and returns its row id.
func (tx *WriteTx) InsertDataset(ctx context.Context, r DatasetRow) (int64, error) {
	return tx.insert(ctx, `
		INSERT INTO dataset (uuid, name, description, extra_data, created_ms, updated_ms, required_approvals)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.UUID, r.Name, r.Description, r.ExtraData, r.CreatedMS, r.UpdatedMS, r.RequiredApprovals)
}

// UpdateDataset writes the columns of a dataset that may change.
func (tx *WriteTx) UpdateDataset(ctx context.Context, r DatasetRow) error {
	return tx.exec(ctx, `
		UPDATE dataset
		SET name = ?, description = ?, extra_data = ?, updated_ms = ?, required_approvals = ?
		WHERE id = ?`,
		r.Name, r.Description, r.ExtraData, r.UpdatedMS, r.RequiredApprovals, r.ID)
}

// DeleteDataset removes a dataset that nothing refers to any more.
func (tx *WriteTx) DeleteDataset(ctx context.Context, id int64) error {
	return tx.exec(ctx, `DELETE FROM dataset WHERE id = ?`, id)
}

// DatasetByUUID reads a dataset by its public id.
func (tx *ReadTx) DatasetByUUID(ctx context.Context, uuid string) (DatasetRow, bool, error) {
	return get[DatasetRow](ctx, tx, `SELECT`+datasetColumns+` FROM dataset WHERE uuid = ?`, uuid)
}

// DatasetByName reads a dataset by its name.
func (tx *ReadTx) DatasetByName(ctx context.Context, name string) (DatasetRow, bool, error) {
	return get[DatasetRow](ctx, tx, `SELECT`+datasetColumns+` FROM dataset WHERE name = ?`, name)
}

// Datasets reads all datasets in order of name.
func (tx *ReadTx) Datasets(ctx context.Context) ([]DatasetRow, error) {
	return list[DatasetRow](ctx, tx, `SELECT`+datasetColumns+` FROM dataset ORDER BY name`)
}

const typeColumns = `
	id, dataset_id, name, description, color, declared, place`

// Types reads the artifact types of a dataset, the declared ones first and in their order.
func (tx *ReadTx) Types(ctx context.Context, datasetID int64) ([]TypeRow, error) {
	rows := []TypeRow{}
	err := tx.eachUntil(ctx, `
		SELECT id, name, description, color, declared, place
		FROM artifact_type
		WHERE dataset_id = ?
		ORDER BY declared DESC, place, name`, func(cu *cursor) error {
		rows = append(rows, TypeRow{
			ID: cu.int(0), DatasetID: datasetID, Name: cu.text(1), Description: cu.text(2), Color: cu.text(3),
			Declared: cu.int(4) == 1, Place: int(cu.int(5)),
		})
		return ctx.Err()
	}, datasetID)
	return rows, err
}

// DeclaredTypes reads the vocabulary of a dataset in its order.
func (tx *ReadTx) DeclaredTypes(ctx context.Context, datasetID int64) ([]TypeRow, error) {
	return list[TypeRow](ctx, tx, `
		SELECT`+typeColumns+`
		FROM artifact_type
		WHERE dataset_id = ? AND declared = 1
		ORDER BY place, name`, datasetID)
}

// TypeByID reads an artifact type that must exist.
func (tx *ReadTx) TypeByID(ctx context.Context, id int64) (TypeRow, error) {
	row, _, err := get[TypeRow](ctx, tx, `
		SELECT`+typeColumns+`
		FROM artifact_type
		WHERE id = ?`, id)
	return row, err
}

// TypeByName finds the row id of an artifact type of a dataset by its name.
func (tx *ReadTx) TypeByName(datasetID int64, name string) (id int64, found bool, err error) {
	err = tx.each(`SELECT id FROM artifact_type WHERE dataset_id = ? AND name = ?`, func(cu *cursor) error {
		id, found = cu.int(0), true
		return nil
	}, datasetID, name)
	return id, found, err
}

// HasVocabulary reports whether a dataset declares its artifact types.
func (tx *ReadTx) HasVocabulary(datasetID int64) (declared bool, err error) {
	err = tx.each(`SELECT 1 FROM artifact_type WHERE dataset_id = ? AND declared = 1 LIMIT 1`, func(*cursor) error {
		declared = true
		return nil
	}, datasetID)
	return declared, err
}

// InsertType adds an artifact type and returns its row id.
func (tx *WriteTx) InsertType(ctx context.Context, r TypeRow) (int64, error) {
	return tx.insert(ctx, `
		INSERT INTO artifact_type (dataset_id, name, description, color, declared, place)
		VALUES (?, ?, ?, ?, ?, ?)`,
		r.DatasetID, r.Name, r.Description, r.Color, r.Declared, r.Place)
}

// UpdateType writes the columns of an artifact type that may change.
func (tx *WriteTx) UpdateType(ctx context.Context, r TypeRow) error {
	return tx.exec(ctx, `
		UPDATE artifact_type
		SET description = ?, color = ?, declared = ?, place = ?
		WHERE id = ?`,
		r.Description, r.Color, r.Declared, r.Place, r.ID)
}

// DeleteType removes an artifact type that no label has.
func (tx *WriteTx) DeleteType(ctx context.Context, id int64) error {
	return tx.exec(ctx, `DELETE FROM artifact_type WHERE id = ?`, id)
}

// DeleteTypes removes all artifact types of a dataset that has no labels left.
func (tx *WriteTx) DeleteTypes(ctx context.Context, datasetID int64) error {
	return tx.exec(ctx, `DELETE FROM artifact_type WHERE dataset_id = ?`, datasetID)
}

// TypesInUse returns the ids of the artifact types that labels of a dataset have, in any layer.
// It reads every label of the dataset.
func (tx *ReadTx) TypesInUse(ctx context.Context, datasetID int64) (map[int64]bool, error) {
	ids, err := list[int64](ctx, tx, `
		SELECT DISTINCT l.type_id
		FROM layer y
		JOIN label l ON l.layer_id = y.id
		WHERE y.dataset_id = ?`, datasetID)
	used := make(map[int64]bool, len(ids))
	for _, id := range ids {
		used[id] = true
	}
	return used, err
}
