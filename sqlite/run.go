package sqlite

import (
	"context"
	"strings"
)

// RunRow is a row of the table training_run, with the names of its set.
type RunRow struct {
	UUID         string  `db:"uuid"`
	SetID        int64   `db:"set_id"`
	Model        string  `db:"model"`
	ModelVersion string  `db:"model_version"`
	Parameters   *string `db:"parameters"`
	Metrics      string  `db:"metrics"`
	ExtraData    *string `db:"extra_data"`
	TrainedMS    int64   `db:"trained_ms"`
	RecordedMS   int64   `db:"recorded_ms"`
	RecordedBy   *string `db:"recorded_by"` // nil: unsigned

	SetUUID     string `db:"set_uuid"`
	DatasetUUID string `db:"dataset_uuid"`
	Version     int    `db:"version"`
	Digest      string `db:"digest"`
}

// RunFilter narrows a list of training runs. Nil fields match any.
type RunFilter struct {
	SetID, DatasetID    *int64
	Model, ModelVersion *string
}

// where writes the filter as conditions on a training run r of the set s.
func (f *RunFilter) where() (string, []any) {
	conditions, args := []string{"TRUE"}, []any{}
	add := func(condition string, arg any) {
		conditions, args = append(conditions, condition), append(args, arg)
	}
	if f.SetID != nil {
		add("r.set_id = ?", *f.SetID)
	}
	if f.DatasetID != nil {
		add("s.dataset_id = ?", *f.DatasetID)
	}
	if f.Model != nil {
		add("r.model = ?", *f.Model)
	}
	if f.ModelVersion != nil {
		add("r.model_version = ?", *f.ModelVersion)
	}
	return strings.Join(conditions, " AND "), args
}

// Runs reads training runs in the order in which they were recorded.
func (tx *ReadTx) Runs(ctx context.Context, f RunFilter) ([]RunRow, error) {
	where, args := f.where()
	return list[RunRow](ctx, tx, `
		SELECT
			r.uuid, r.set_id, r.model, r.model_version, r.parameters, r.metrics, r.extra_data, r.trained_ms,
			r.recorded_ms, r.recorded_by,
			s.uuid AS set_uuid, d.uuid AS dataset_uuid, s.version, s.digest
		FROM training_run r
		JOIN annotation_set s ON s.id = r.set_id
		JOIN dataset d ON d.id = s.dataset_id
		WHERE `+where+`
		ORDER BY r.id`, args...)
}

// ModelRow names a model.
type ModelRow struct {
	Model        string `db:"model"`
	ModelVersion string `db:"model_version"`
}

// Models reads the models of training runs, each once, in order of name, at most limit of them.
func (tx *ReadTx) Models(ctx context.Context, f RunFilter, limit int) ([]ModelRow, error) {
	where, args := f.where()
	return list[ModelRow](ctx, tx, `
		SELECT DISTINCT r.model, r.model_version
		FROM training_run r
		JOIN annotation_set s ON s.id = r.set_id
		WHERE `+where+`
		ORDER BY r.model, r.model_version
		LIMIT ?`, append(args, limit)...)
}

// RunExists reports whether a training run has a public id.
func (tx *ReadTx) RunExists(ctx context.Context, uuid string) (bool, error) {
	exists, _, err := get[bool](ctx, tx, `SELECT EXISTS (SELECT 1 FROM training_run WHERE uuid = ?)`, uuid)
	return exists, err
}

// InsertRun adds a training run.
func (tx *WriteTx) InsertRun(ctx context.Context, r RunRow) error {
	return tx.exec(ctx, `
		INSERT INTO training_run (uuid, set_id, model, model_version, parameters, metrics, extra_data, trained_ms,
			recorded_ms, recorded_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.UUID, r.SetID, r.Model, r.ModelVersion, r.Parameters, r.Metrics, r.ExtraData, r.TrainedMS, r.RecordedMS,
		r.RecordedBy)
}
