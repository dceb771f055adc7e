package annoset

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/valid"
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
			return fmt.Errorf("%w: audio file %s bears labels", ErrConflict, valid.Brief(name))
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
		p.Name(i, "audio_file_id", name)
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

// Examined yields the audio files that a set has examined, in order of id (by bytes), each with its labels that pass the
// filter. Filter.AudioFileIDs chooses the files; the other fields choose labels only, so a file none of whose labels
// passes is yielded without labels, and is not Clean. It reads as [Store.Annotations] does: all comes from one state of
// the store, and an error comes as the last pair. The labels of one file are in memory at a time (in a store in memory,
// those of all files), and belong to the caller.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the filter is bad.
func (s *Store) Examined(ctx context.Context, setID uuid.UUID, f Filter) iter.Seq2[Examined, error] {
	return s.examine(ctx, "read examined audio files", setID, f, findSet, nil)
}

// examine yields the examined audio files that belong, or all of them if belongs is nil.
func (s *Store) examine(ctx context.Context, op string, setID uuid.UUID, f Filter,
	find func(context.Context, *sqlite.ReadTx, string, uuid.UUID) (sqlite.SetRow, error), belongs func(string) bool,
) iter.Seq2[Examined, error] {
	return sequence(s, ctx, op, func(tx *sqlite.ReadTx, yield func(Examined) error) error {
		if err := f.check(op); err != nil {
			return err
		}
		set, err := find(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		r, err := newReader(ctx, tx, &set, &f)
		if err != nil {
			return err
		}
		return r.files(ctx, Position{}, func(file *sqlite.SeenFile) error {
			if belongs != nil && !belongs(file.Name) {
				return nil
			}
			out, examined, err := r.examined(ctx, file)
			if err != nil || !examined {
				return err
			}
			return yield(out)
		})
	})
}

// examined reads the labels of an audio file that pass, and reports whether the set has examined it.
func (r *reader) examined(ctx context.Context, f *sqlite.SeenFile) (Examined, bool, error) {
	out := Examined{
		AudioFile: AudioFile{ID: f.Name, DurationMS: f.DurationMS}, Clean: f.Clean, Annotations: []Annotation{},
	}
	err := r.labels(ctx, f, Position{}, func(_ *sqlite.SeenFile, row *sqlite.LabelRow) error {
		out.Annotations = append(out.Annotations, r.annotation(f, row))
		return nil
	})
	if err != nil || f.Clean || len(out.Annotations) > 0 {
		return out, true, err
	}
	bears, err := bearsLabels(ctx, r.tx, r.stack, f)
	return out, bears, err
}
