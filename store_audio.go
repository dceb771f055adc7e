package annoset

import (
	"context"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// AddAudioFiles registers audio files of a dataset, or gives those that it knows their duration. Registering is
// optional: a label may name any audio file. A file whose duration is known takes no label past its end. A duration
// of 0 leaves the one that is known.
//
// Errors: [ErrNotFound]; a [*ValidationError], also if a label of any set reaches past a new duration. All files are
// added, or none.
func (s *Store) AddAudioFiles(ctx context.Context, datasetID uuid.UUID, files ...AudioFile) error {
	const op = "add audio files"
	p := &problems{op: op}
	p.audioFiles(files)
	if err := p.err(); err != nil {
		return err
	}
	return s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		dataset, err := findDataset(ctx, &tx.ReadTx, op, datasetID)
		if err != nil {
			return err
		}
		if err := registerFiles(ctx, tx, p, dataset.ID, files); err != nil {
			return err
		}
		return p.err()
	})
}

// audioFiles checks what can be checked without the store.
func (p *problems) audioFiles(files []AudioFile) {
	for i, f := range files {
		p.Name(i, "id", f.ID)
		if f.DurationMS < 0 || f.DurationMS > MaxTimeMS {
			p.Add(i, "duration_ms", "is %d, outside [0, %d]", f.DurationMS, int64(MaxTimeMS))
		}
	}
}

func registerFiles(ctx context.Context, tx *sqlite.WriteTx, p *problems, datasetID int64, files []AudioFile) error {
	for i, f := range files {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := registerFile(ctx, tx, p, i, datasetID, f); err != nil {
			return err
		}
	}
	return nil
}

func registerFile(ctx context.Context, tx *sqlite.WriteTx, p *problems, index int, datasetID int64, f AudioFile) error {
	row, known, err := tx.FileByName(datasetID, f.ID)
	if err != nil {
		return err
	}
	if !known {
		_, err := tx.InsertFile(ctx, sqlite.FileRow{
			DatasetID: datasetID, Name: f.ID, DurationMS: f.DurationMS, Registered: true,
		})
		return err
	}
	if f.DurationMS != 0 && f.DurationMS != row.DurationMS {
		end, err := tx.LastEnd(ctx, row.ID)
		if err != nil {
			return err
		}
		if end > f.DurationMS {
			p.Add(index, "duration_ms", "is %d, and a label of %s ends at %d", f.DurationMS, valid.Brief(f.ID), end)
		}
		row.DurationMS = f.DurationMS
	}
	row.Registered = true
	return tx.UpdateFile(ctx, row)
}

// AudioFiles returns all audio files of a dataset in order of id: those that were registered, and those that a label
// or a clean mark of a set has named, even if it was taken back.
//
// Errors: [ErrNotFound].
func (s *Store) AudioFiles(ctx context.Context, datasetID uuid.UUID) ([]AudioFile, error) {
	const op = "list audio files"
	out := []AudioFile{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		dataset, err := findDataset(ctx, tx, op, datasetID)
		if err != nil {
			return err
		}
		rows, err := tx.Files(ctx, dataset.ID)
		for _, r := range rows {
			out = append(out, AudioFile{ID: r.Name, DurationMS: r.DurationMS})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
