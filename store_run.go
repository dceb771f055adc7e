package annoset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// TrainingRun is the record of one training: which labels made which model, and how good that is. What the store gives
// is not looked at by [Store.RecordTraining].
type TrainingRun struct {
	ID        uuid.UUID `json:"id"`         // given by the store
	DatasetID uuid.UUID `json:"dataset_id"` // given by the store, as the next three: the set that the model was trained on
	SetID     uuid.UUID `json:"set_id"`
	Version   int       `json:"version"`
	Digest    string    `json:"digest"`

	Model        string          `json:"model"`                // the name of what was trained, not empty
	ModelVersion string          `json:"model_version"`        // may be empty
	Parameters   json.RawMessage `json:"parameters,omitempty"` // a JSON object, kept as it was given; or none
	// Metrics are numbers by name, "f1" for example, none of them NaN or infinite. Empty, never nil, when it is read.
	Metrics   map[string]float64 `json:"metrics"`
	TrainedAt time.Time          `json:"trained_at"` // the zero time: when it is recorded; years 1 to 9999
	ExtraData json.RawMessage    `json:"extra_data,omitempty"`

	RecordedAt time.Time `json:"recorded_at"` // given by the store
	RecordedBy string    `json:"recorded_by"` // the signature of the handle, empty where there is none: see Store.As
}

// TrainingFilter narrows a list of training runs. The zero TrainingFilter is all runs; the fields narrow together.
type TrainingFilter struct {
	SetID        uuid.UUID // the zero id: any
	DatasetID    uuid.UUID // the zero id: any
	Model        string    // empty: any
	ModelVersion string    // empty: any
}

// RecordTraining writes down that a model was trained on a published set, and returns the record. Records are kept for
// ever, as the set is: they are never changed or deleted. One set may train many models, and a model be trained many
// times.
//
// Errors: [ErrNotFound]; a [*DraftError] if the set is not published; [*ValidationError].
func (s *Store) RecordTraining(ctx context.Context, setID uuid.UUID, run TrainingRun) (TrainingRun, error) {
	const op = "record training"
	if err := run.check(op); err != nil {
		return TrainingRun{}, err
	}
	metrics, err := json.Marshal(run.Metrics)
	if err != nil {
		return TrainingRun{}, fmt.Errorf("%s: %w", op, err)
	}
	if run.Metrics == nil {
		metrics = []byte("{}")
	}
	var out TrainingRun
	err = s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		set, err := findPublished(ctx, &tx.ReadTx, op, setID)
		if err != nil {
			return err
		}
		row := sqlite.RunRow{
			UUID: s.newID().String(), SetID: set.ID, Model: run.Model, ModelVersion: run.ModelVersion,
			Parameters: textOf(run.Parameters), Metrics: string(metrics), ExtraData: textOf(run.ExtraData),
			TrainedMS: run.TrainedAt.UnixMilli(), RecordedMS: s.stamp(), RecordedBy: s.signature(),
			SetUUID: set.UUID, DatasetUUID: set.DatasetUUID, Version: set.Version, Digest: *set.Digest,
		}
		if run.TrainedAt.IsZero() {
			row.TrainedMS = row.RecordedMS
		}
		if taken, err := tx.RunExists(ctx, row.UUID); err != nil {
			return err
		} else if taken {
			return &ExistsError{Op: op, Kind: "training run", Name: row.UUID}
		}
		if err := tx.InsertRun(ctx, row); err != nil {
			return err
		}
		out, err = runOf(&row)
		return err
	})
	return orZero(out, err)
}

func (r *TrainingRun) check(op string) error {
	p := &problems{op: op}
	p.Name(-1, "model", r.Model)
	p.Within(-1, "model_version", r.ModelVersion, MaxNameBytes)
	p.Object(-1, "parameters", r.Parameters)
	p.extra(-1, r.ExtraData)
	bytes := 0
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		bytes += len(name)
		if v := r.Metrics[name]; p.Name(-1, "metrics", name) && (math.IsNaN(v) || math.IsInf(v, 0)) {
			p.Add(-1, "metrics."+valid.Brief(name), "is not a number: %v", v)
		}
	}
	if bytes > MaxTextBytes {
		p.Add(-1, "metrics", "have names of %d bytes, more than %d", bytes, MaxTextBytes)
	}
	if year := r.TrainedAt.UTC().Year(); year < 1 || year > 9999 {
		p.Add(-1, "trained_at", "is in the year %d, outside [1, 9999]", year)
	}
	return p.err()
}

// TrainingRuns returns the training runs that pass the filter, in the order in which they were recorded: those of a set,
// of a dataset, of a model. So it answers both "which models did this set make" and "which labels made this model".
//
// Errors: [ErrNotFound] if the filter names a set or a dataset that there is not.
func (s *Store) TrainingRuns(ctx context.Context, f TrainingFilter) ([]TrainingRun, error) {
	const op = "list training runs"
	out := []TrainingRun{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		rowFilter, err := f.row(ctx, tx, op)
		if err != nil {
			return err
		}
		rows, err := tx.Runs(ctx, rowFilter)
		if err != nil {
			return err
		}
		for i := range rows {
			run, err := runOf(&rows[i])
			if err != nil {
				return err
			}
			out = append(out, run)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// row finds what the filter names.
func (f *TrainingFilter) row(ctx context.Context, tx *sqlite.ReadTx, op string) (out sqlite.RunFilter, err error) {
	if f.SetID != uuid.Nil {
		set, err := findSet(ctx, tx, op, f.SetID)
		if err != nil {
			return out, err
		}
		out.SetID = &set.ID
	}
	if f.DatasetID != uuid.Nil {
		dataset, err := findDataset(ctx, tx, op, f.DatasetID)
		if err != nil {
			return out, err
		}
		out.DatasetID = &dataset.ID
	}
	if f.Model != "" {
		out.Model = &f.Model
	}
	if f.ModelVersion != "" {
		out.ModelVersion = &f.ModelVersion
	}
	return out, nil
}

func runOf(r *sqlite.RunRow) (TrainingRun, error) {
	run := TrainingRun{
		Version: r.Version, Digest: r.Digest, Model: r.Model, ModelVersion: r.ModelVersion,
		Parameters: jsonOf(r.Parameters), ExtraData: jsonOf(r.ExtraData), TrainedAt: timeOf(r.TrainedMS),
		RecordedAt: timeOf(r.RecordedMS), RecordedBy: nameOf(r.RecordedBy),
	}
	for _, id := range []struct {
		name string
		text string
		to   *uuid.UUID
	}{{"training run", r.UUID, &run.ID}, {"set", r.SetUUID, &run.SetID}, {"dataset", r.DatasetUUID, &run.DatasetID}} {
		var err error
		if *id.to, err = uuid.Parse(id.text); err != nil {
			return TrainingRun{}, fmt.Errorf("%w: %s id: %w", ErrCorrupt, id.name, err)
		}
	}
	if err := json.Unmarshal([]byte(r.Metrics), &run.Metrics); err != nil {
		return TrainingRun{}, fmt.Errorf("%w: metrics: %w", ErrCorrupt, err)
	}
	return run, nil
}

// nameModels adds to an [*ImmutableError] the models that were trained on what was to be deleted.
func nameModels(ctx context.Context, tx *sqlite.ReadTx, refused error, f sqlite.RunFilter) error {
	e, ok := errors.AsType[*ImmutableError](refused)
	if !ok {
		return refused
	}
	rows, err := tx.Models(ctx, f, MaxModels)
	if err != nil {
		return err
	}
	for _, r := range rows {
		name := r.Model
		if r.ModelVersion != "" {
			name += " " + r.ModelVersion
		}
		e.Models = append(e.Models, name)
	}
	return e
}
