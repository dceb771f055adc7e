package annoset

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// MarkClean marks audio files of a draft as clean: examined, and without any artifact, unlike those that nobody has
// looked at yet. Marks are contents as labels are: versioned, copied by [Store.NewVersion], locked by publishing. A
// file that is marked already stays so. All are marked, or none.
//
// Errors: [ErrNotFound] if there is no such set; an [*ImmutableError] if it is published; [ErrConflict] if one of the
// files bears labels; [*ValidationError].
func (s *Store) MarkClean(ctx context.Context, setID uuid.UUID, audioFileIDs ...string) error {
	const op = "mark clean"
	return s.eachFile(ctx, op, setID, audioFileIDs, func(tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error {
		return markClean(ctx, tx, set, name)
	})
}

// markClean marks one audio file, unless it bears labels.
func markClean(ctx context.Context, tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error {
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
	seen, err := seenFile(ctx, &tx.ReadTx, set, name)
	if err != nil || seen != nil && seen.Clean {
		return err
	}
	if seen != nil {
		stack, err := tx.Stack(ctx, set.LayerID)
		if err != nil {
			return err
		}
		bears, err := bearsLabels(ctx, &tx.ReadTx, stack, seen)
		if err != nil {
			return err
		}
		if bears {
			return fmt.Errorf("%w: audio file %s bears labels", ErrConflict, brief(name))
		}
	}
	return setClean(ctx, tx, set.LayerID, file.ID, true)
}

// UnmarkClean takes the clean marks of audio files away from a draft. A file without a mark stays as it is. All are
// unmarked, or none.
//
// Errors: [ErrNotFound] if there is no such set; an [*ImmutableError] if it is published; [*ValidationError].
func (s *Store) UnmarkClean(ctx context.Context, setID uuid.UUID, audioFileIDs ...string) error {
	const op = "unmark clean"
	return s.eachFile(ctx, op, setID, audioFileIDs, func(tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error {
		seen, err := seenFile(ctx, &tx.ReadTx, set, name)
		if err != nil || seen == nil || !seen.Clean {
			return err
		}
		return setClean(ctx, tx, set.LayerID, seen.ID, false)
	})
}

func (s *Store) eachFile(ctx context.Context, op string, setID uuid.UUID, names []string,
	fn func(tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error,
) error {
	p := &problems{op: op}
	for i, name := range names {
		p.name(i, "audio_file_id", name)
	}
	if err := p.err(); err != nil {
		return err
	}
	return s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fn(tx, set, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// seenFile returns what a set sees of an audio file; nil: nothing.
func seenFile(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, name string) (*sqlite.SeenFile, error) {
	var seen *sqlite.SeenFile
	err := tx.SeenFileByName(ctx, set.LayerID, set.DatasetID, name, func(f *sqlite.SeenFile) error {
		file := *f
		seen = &file
		return nil
	})
	return seen, err
}

func bearsLabels(ctx context.Context, tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile) (bool, error) {
	err := tx.EachLabel(ctx, stack, f, sqlite.Span{}, func(r *sqlite.LabelRow) error {
		if !r.Hidden {
			return errStop
		}
		return nil
	})
	if errors.Is(err, errStop) {
		return true, nil
	}
	return false, err
}

// CleanAudioFiles yields the audio files that a set marks as clean, in order of id (by bytes). It reads as
// [Store.Annotations] does.
//
// Errors: [ErrNotFound].
func (s *Store) CleanAudioFiles(ctx context.Context, setID uuid.UUID) iter.Seq2[string, error] {
	return s.cleanAudioFiles(ctx, "read clean audio files", setID, findSet)
}

func (s *Store) cleanAudioFiles(ctx context.Context, op string, setID uuid.UUID,
	find func(context.Context, *sqlite.ReadTx, string, uuid.UUID) (sqlite.SetRow, error),
) iter.Seq2[string, error] {
	return sequence(s, ctx, op, func(tx *sqlite.ReadTx, yield func(string) error) error {
		set, err := find(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		return tx.SeenFiles(ctx, set.LayerID, func(f *sqlite.SeenFile) error {
			if !f.Clean {
				return nil
			}
			return yield(f.Name)
		})
	})
}
