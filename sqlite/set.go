package sqlite

import "context"

// SetRow is a row of the table annotation_set. The fields that publishing sets are nil in a draft.
type SetRow struct {
	ID         int64   `db:"id"`
	UUID       string  `db:"uuid"`
	DatasetID  int64   `db:"dataset_id"`
	Version    int     `db:"version"`
	LayerID    int64   `db:"layer_id"`
	BaseID     *int64  `db:"base_id"`
	ParentUUID *string `db:"parent_uuid"`
	Status     string  `db:"status"`
	Notes      string  `db:"notes"`
	ExtraData  *string `db:"extra_data"`
	CreatedMS  int64   `db:"created_ms"`
	CreatedBy  *string `db:"created_by"` // nil: unsigned

	PublishedMS         *int64  `db:"published_ms"`
	PublishedBy         *string `db:"published_by"`
	Digest              *string `db:"digest"`
	Annotations         *int64  `db:"total_annotations"`
	PositiveDurationMS  *int64  `db:"total_positive_duration_ms"`
	AnnotatedAudioFiles *int64  `db:"annotated_audio_files"`
	CleanAudioFiles     *int64  `db:"clean_audio_files"`
	AnnotationsByType   *string `db:"annotations_by_type"`
	DurationMSByType    *string `db:"duration_ms_by_type"`

	DatasetUUID       string `db:"dataset_uuid"`
	RequiredApprovals int    `db:"required_approvals"` // of the dataset
	Revision          int64  `db:"revision"`           // of the layer
}

// StatusDraft and StatusPublished are the two values of the column status.
const (
	StatusDraft     = "draft"
	StatusPublished = "published"
)

const selectSet = `
	SELECT
		s.id, s.uuid, s.dataset_id, s.version, s.layer_id, s.base_id, s.parent_uuid, s.status, s.notes, s.extra_data,
		s.created_ms, s.created_by, s.published_ms, s.published_by, s.digest,
		s.total_annotations, s.total_positive_duration_ms, s.annotated_audio_files, s.clean_audio_files,
		s.annotations_by_type, s.duration_ms_by_type,
		d.uuid AS dataset_uuid, d.required_approvals, y.revision
	FROM annotation_set s
	JOIN dataset d ON d.id = s.dataset_id
	JOIN layer y ON y.id = s.layer_id `

// SetByUUID reads a set by its public id.
func (tx *ReadTx) SetByUUID(ctx context.Context, uuid string) (SetRow, bool, error) {
	return get[SetRow](ctx, tx, selectSet+`WHERE s.uuid = ?`, uuid)
}

// SetByID reads a set by its row id.
func (tx *ReadTx) SetByID(ctx context.Context, id int64) (SetRow, bool, error) {
	return get[SetRow](ctx, tx, selectSet+`WHERE s.id = ?`, id)
}

// SetByVersion reads the set that has a version number in a dataset.
func (tx *ReadTx) SetByVersion(ctx context.Context, datasetID int64, version int) (SetRow, bool, error) {
	return get[SetRow](ctx, tx, selectSet+`WHERE s.dataset_id = ? AND s.version = ?`, datasetID, version)
}

// LatestPublished reads the published set of a dataset with the highest version.
func (tx *ReadTx) LatestPublished(ctx context.Context, datasetID int64) (SetRow, bool, error) {
	return get[SetRow](ctx, tx, selectSet+`
		WHERE s.dataset_id = ? AND s.status = 'published'
		ORDER BY s.version DESC
		LIMIT 1`, datasetID)
}

// Sets reads the sets of a dataset after a version, in order of version, at most limit of them. An empty status means
// any, a negative limit none.
func (tx *ReadTx) Sets(ctx context.Context, datasetID int64, status string, after, limit int) ([]SetRow, error) {
	return list[SetRow](ctx, tx, selectSet+`
		WHERE s.dataset_id = ?1 AND s.version > ?2 AND (?3 = '' OR s.status = ?3)
		ORDER BY s.version
		LIMIT ?4`, datasetID, after, status, limit)
}

// InsertSet adds a draft with the next version number of its dataset and returns its row id.
func (tx *WriteTx) InsertSet(ctx context.Context, r SetRow) (int64, error) {
	return tx.insert(ctx, `
		INSERT INTO annotation_set (uuid, dataset_id, version, layer_id, base_id, parent_uuid, status, notes,
			extra_data, created_ms, created_by)
		SELECT ?, id, last_version + 1, ?, ?, ?, 'draft', ?, ?, ?, ?
		FROM dataset
		WHERE id = ?`,
		r.UUID, r.LayerID, r.BaseID, r.ParentUUID, r.Notes, r.ExtraData, r.CreatedMS, r.CreatedBy,
		r.DatasetID)
}

// UpdateSet writes the columns of a draft that may change.
func (tx *WriteTx) UpdateSet(ctx context.Context, r SetRow) error {
	return tx.exec(ctx, `
		UPDATE annotation_set
		SET notes = ?, extra_data = ?
		WHERE id = ?`,
		r.Notes, r.ExtraData, r.ID)
}

// PublishSet writes what publishing computed; a trigger then seals the layer.
func (tx *WriteTx) PublishSet(ctx context.Context, r SetRow) error {
	return tx.exec(ctx, `
		UPDATE annotation_set
		SET status = 'published', notes = ?, published_ms = ?, published_by = ?, digest = ?, total_annotations = ?,
			total_positive_duration_ms = ?, annotated_audio_files = ?, clean_audio_files = ?,
			annotations_by_type = ?, duration_ms_by_type = ?
		WHERE id = ?`,
		r.Notes, r.PublishedMS, r.PublishedBy, r.Digest, r.Annotations, r.PositiveDurationMS, r.AnnotatedAudioFiles,
		r.CleanAudioFiles, r.AnnotationsByType, r.DurationMSByType, r.ID)
}

// DeleteSet removes a draft with its editors and reviews, but not its layer.
func (tx *WriteTx) DeleteSet(ctx context.Context, id int64) error {
	return tx.exec(ctx, `DELETE FROM annotation_set WHERE id = ?`, id)
}
