package insert

import (
	"context"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// HasLabelsError says that an audio file cannot be clean.
type HasLabelsError struct{ File string }

func (e *HasLabelsError) Error() string { return "audio file " + valid.Brief(e.File) + " has labels" }

// MarkClean marks an audio file as clean in a draft. It adds a file that the dataset does not have yet. If the file has
// labels, the error is a [*HasLabelsError].
func MarkClean(ctx context.Context, tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error {
	file, known, err := tx.FileByName(set.DatasetID, name)
	if err != nil {
		return err
	}
	if !known {
		file.ID, err = tx.InsertFile(ctx, sqlite.FileRow{DatasetID: set.DatasetID, Name: name})
		if err != nil {
			return err
		}
	}
	seen, err := reader.SeenFile(ctx, &tx.ReadTx, set, name)
	if err != nil || seen != nil && seen.Clean {
		return err
	}
	if seen != nil {
		stack, err := tx.Stack(ctx, set.LayerID)
		if err != nil {
			return err
		}
		has, err := reader.HasLabels(ctx, &tx.ReadTx, stack, seen)
		if err != nil {
			return err
		}
		if has {
			return &HasLabelsError{File: name}
		}
	}
	return setClean(ctx, tx, set.LayerID, file.ID, true)
}

// UnmarkClean removes the clean mark of an audio file in a draft, if it has one.
func UnmarkClean(ctx context.Context, tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error {
	seen, err := reader.SeenFile(ctx, &tx.ReadTx, set, name)
	if err != nil || seen == nil || !seen.Clean {
		return err
	}
	return setClean(ctx, tx, set.LayerID, seen.ID, false)
}

// setClean adds an audio file to an open layer, with a clean mark or without, or changes its mark there.
func setClean(ctx context.Context, tx *sqlite.WriteTx, layerID, fileID int64, clean bool) error {
	state, known, err := tx.FileInLayer(layerID, fileID)
	switch {
	case err != nil:
		return err
	case !known:
		return tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: layerID, FileID: fileID, Clean: clean})
	case state.Clean == clean:
		return nil
	}
	state.Clean = clean
	return tx.UpdateLayerFile(ctx, state)
}

// Register adds an audio file to its dataset as registered by the user, or updates the one of that name. A duration of
// 0 leaves the known one. If a label of any set ends after the new duration, a problem is added to p.
func Register(ctx context.Context, tx *sqlite.WriteTx, p *valid.Problems, index int, f sqlite.FileRow) error {
	row, known, err := tx.FileByName(f.DatasetID, f.Name)
	if err != nil {
		return err
	}
	if !known {
		f.Registered = true
		_, err := tx.InsertFile(ctx, f)
		return err
	}
	if f.DurationMS != 0 && f.DurationMS != row.DurationMS {
		end, err := tx.LastEnd(ctx, row.ID)
		if err != nil {
			return err
		}
		if end > f.DurationMS {
			p.Add(index, "duration_ms", "is %d, and a label of %s ends at %d", f.DurationMS, valid.Brief(f.Name), end)
		}
		row.DurationMS = f.DurationMS
	}
	row.Registered = true
	return tx.UpdateFile(ctx, row)
}
