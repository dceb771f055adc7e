package annoset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// CreateDataset adds a dataset.
//
// Errors: [ErrExists] if the name is taken; [*ValidationError].
func (s *Store) CreateDataset(ctx context.Context, d NewDataset) (Dataset, error) {
	const op = "create dataset"
	p := &problems{op: op}
	p.Name(-1, "name", d.Name)
	p.Text(-1, "description", d.Description)
	p.types(d.ArtifactTypes)
	p.extra(d.ExtraData)
	p.approvals(d.RequiredApprovals)
	if err := p.err(); err != nil {
		return Dataset{}, err
	}
	var out Dataset
	err := s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		if err := nameFree(ctx, tx, op, d.Name); err != nil {
			return err
		}
		now, err := s.stamp(op)
		if err != nil {
			return err
		}
		id := s.newID().String()
		if _, taken, err := tx.DatasetByUUID(ctx, id); err != nil {
			return err
		} else if taken {
			return &ExistsError{Op: op, Kind: "dataset", Name: id}
		}
		row := sqlite.DatasetRow{
			UUID: id, Name: d.Name, Description: d.Description, ExtraData: textOf(d.ExtraData),
			CreatedMS: now, UpdatedMS: now, RequiredApprovals: d.RequiredApprovals,
		}
		if row.ID, err = tx.InsertDataset(ctx, row); err != nil {
			return err
		}
		if err := declareTypes(ctx, tx, row.ID, d.ArtifactTypes); err != nil {
			return err
		}
		out, err = datasetOf(ctx, &tx.ReadTx, row)
		return err
	})
	return orZero(out, err)
}

// Dataset returns the dataset with this id.
//
// Errors: [ErrNotFound].
func (s *Store) Dataset(ctx context.Context, id uuid.UUID) (Dataset, error) {
	const op = "get dataset"
	var out Dataset
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, err := findDataset(ctx, tx, op, id)
		if err != nil {
			return err
		}
		out, err = datasetOf(ctx, tx, row)
		return err
	})
	return orZero(out, err)
}

// DatasetByName returns the dataset with this name.
//
// Errors: [ErrNotFound].
func (s *Store) DatasetByName(ctx context.Context, name string) (Dataset, error) {
	const op = "get dataset"
	var out Dataset
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, found, err := tx.DatasetByName(ctx, name)
		if err != nil {
			return err
		}
		if !found {
			return &NotFoundError{Op: op, Kind: "dataset", ID: name}
		}
		out, err = datasetOf(ctx, tx, row)
		return err
	})
	return orZero(out, err)
}

// Datasets returns all datasets in order of name.
func (s *Store) Datasets(ctx context.Context) ([]Dataset, error) {
	out := []Dataset{}
	err := s.read(ctx, "list datasets", func(tx *sqlite.ReadTx) error {
		rows, err := tx.Datasets(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			d, err := datasetOf(ctx, tx, row)
			if err != nil {
				return err
			}
			out = append(out, d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateDataset applies a patch and returns the dataset as it is then. The statistics of published sets do not change:
// they have no entry for a type that is added later.
//
// Errors: [ErrNotFound]; [ErrExists] if the new name is taken; [ErrConflict] if the new vocabulary leaves out a type
// that labels have; [*ValidationError].
func (s *Store) UpdateDataset(ctx context.Context, id uuid.UUID, patch DatasetPatch) (Dataset, error) {
	const op = "update dataset"
	if err := patch.check(op); err != nil {
		return Dataset{}, err
	}
	var out Dataset
	err := s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		row, err := findDataset(ctx, &tx.ReadTx, op, id)
		if err != nil {
			return err
		}
		if patch.Name != nil && *patch.Name != row.Name {
			if err := nameFree(ctx, tx, op, *patch.Name); err != nil {
				return err
			}
			row.Name = *patch.Name
		}
		if patch.Description != nil {
			row.Description = *patch.Description
		}
		if patch.ExtraData != nil {
			row.ExtraData = textOf(patch.ExtraData)
		}
		if patch.RequiredApprovals != nil {
			row.RequiredApprovals = *patch.RequiredApprovals
		}
		if patch.ArtifactTypes != nil {
			if err := declareTypes(ctx, tx, row.ID, patch.ArtifactTypes); err != nil {
				return err
			}
		}
		if row.UpdatedMS, err = s.stamp(op); err != nil {
			return err
		}
		if err := tx.UpdateDataset(ctx, row); err != nil {
			return err
		}
		out, err = datasetOf(ctx, &tx.ReadTx, row)
		return err
	})
	return orZero(out, err)
}

// DeleteDataset removes a dataset with its drafts, audio files and artifact types.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the dataset has a published set. It names the first such set, and the
// models trained on any set of the dataset.
func (s *Store) DeleteDataset(ctx context.Context, id uuid.UUID) error {
	const op = "delete dataset"
	return s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		row, err := findDataset(ctx, &tx.ReadTx, op, id)
		if err != nil {
			return err
		}
		sets, err := tx.Sets(ctx, row.ID, "", 0, -1)
		if err != nil {
			return err
		}
		for i := range sets {
			if sets[i].Status == sqlite.StatusPublished {
				return nameModels(ctx, &tx.ReadTx, immutable(op, &sets[i]), sqlite.RunFilter{DatasetID: &row.ID})
			}
		}
		for i := range sets {
			if err := layer.DropDraft(ctx, tx, &sets[i]); err != nil {
				return err
			}
		}
		if err := tx.DeleteFiles(ctx, row.ID); err != nil {
			return err
		}
		if err := tx.DeleteTypes(ctx, row.ID); err != nil {
			return err
		}
		return tx.DeleteDataset(ctx, row.ID)
	})
}

func (p *DatasetPatch) check(op string) error {
	found := &problems{op: op}
	if p.Name != nil {
		found.Name(-1, "name", *p.Name)
	}
	if p.Description != nil {
		found.Text(-1, "description", *p.Description)
	}
	found.types(p.ArtifactTypes)
	if p.ExtraData != nil {
		found.extra(p.ExtraData)
	}
	if p.RequiredApprovals != nil {
		found.approvals(*p.RequiredApprovals)
	}
	return found.err()
}

func findDataset(ctx context.Context, tx *sqlite.ReadTx, op string, id uuid.UUID) (sqlite.DatasetRow, error) {
	row, found, err := tx.DatasetByUUID(ctx, id.String())
	if err == nil && !found {
		err = &NotFoundError{Op: op, Kind: "dataset", ID: id.String()}
	}
	return row, err
}

func nameFree(ctx context.Context, tx *sqlite.WriteTx, op, name string) error {
	_, found, err := tx.DatasetByName(ctx, name)
	if err == nil && found {
		err = &ExistsError{Op: op, Kind: "dataset", Name: name}
	}
	return err
}

// declareTypes replaces the vocabulary of a dataset.
func declareTypes(ctx context.Context, tx *sqlite.WriteTx, datasetID int64, types []ArtifactType) error {
	rows, err := tx.Types(ctx, datasetID)
	if err != nil {
		return err
	}
	gone := make(map[string]sqlite.TypeRow, len(rows))
	for _, r := range rows {
		gone[r.Name] = r
	}
	for place, t := range types {
		row, known := gone[t.Name]
		delete(gone, t.Name)
		row.DatasetID, row.Name, row.Description, row.Color = datasetID, t.Name, t.Description, t.Color
		row.Declared, row.Place = true, place
		if known {
			err = tx.UpdateType(ctx, row)
		} else {
			_, err = tx.InsertType(ctx, row)
		}
		if err != nil {
			return err
		}
	}
	return dropTypes(ctx, tx, datasetID, gone, len(types) == 0)
}

// dropTypes removes the types that the new vocabulary leaves out. If the vocabulary itself is removed, types that
// labels have stay as undeclared names.
func dropTypes(ctx context.Context, tx *sqlite.WriteTx, datasetID int64, gone map[string]sqlite.TypeRow, free bool,
) error {
	if len(gone) == 0 {
		return nil
	}
	used, err := tx.TypesInUse(ctx, datasetID)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		row := gone[name]
		switch {
		case !used[row.ID]:
			err = tx.DeleteType(ctx, row.ID)
		case free:
			row.Declared = false
			err = tx.UpdateType(ctx, row)
		default:
			err = fmt.Errorf("%w: labels have the artifact type %s, which the vocabulary leaves out", ErrConflict,
				valid.Brief(name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func datasetOf(ctx context.Context, tx *sqlite.ReadTx, r sqlite.DatasetRow) (Dataset, error) {
	id, err := idOf("dataset", r.UUID)
	if err != nil {
		return Dataset{}, err
	}
	rows, err := tx.DeclaredTypes(ctx, r.ID)
	if err != nil {
		return Dataset{}, err
	}
	d := Dataset{
		ID: id, Name: r.Name, Description: r.Description, ExtraData: jsonOf(r.ExtraData),
		CreatedAt: timeOf(r.CreatedMS), UpdatedAt: timeOf(r.UpdatedMS), RequiredApprovals: r.RequiredApprovals,
		ArtifactTypes: make([]ArtifactType, len(rows)),
	}
	for i, t := range rows {
		d.ArtifactTypes[i] = ArtifactType{Name: t.Name, Description: t.Description, Color: t.Color}
	}
	return d, nil
}

func (p *problems) types(types []ArtifactType) {
	seen := make(map[string]bool, len(types))
	for i, t := range types {
		if !p.Name(i, "artifact_types.name", t.Name) {
			continue
		}
		if seen[t.Name] {
			p.Add(i, "artifact_types.name", "is declared twice: %s", valid.Brief(t.Name))
		}
		seen[t.Name] = true
		p.Text(i, "artifact_types.description", t.Description)
		p.Within(i, "artifact_types.color", t.Color, MaxNameBytes)
	}
}

func (p *problems) approvals(n int) {
	if n < 0 {
		p.Add(-1, "required_approvals", "is negative: %d", n)
	}
}

// nameModels adds to an [*ImmutableError] the models trained on what was to be deleted.
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
