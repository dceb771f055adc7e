package annoset

import (
	"context"
	"iter"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// TrainingPart is one part of a published set, by audio file. Safe for concurrent use if the split's Group is; good as
// long as its store is open.
type TrainingPart struct {
	Set   AnnotationSet
	Split Split
	Part  Part

	store *Store
}

// Part opens one part of the set: of its labels and clean audio files, those on the audio files that the split puts there.
//
// Errors: a [*ValidationError] if there is no such part, or the fractions are none.
func (t *TrainingSet) Part(split Split, part Part) (*TrainingPart, error) {
	const op = "train from part"
	if err := split.check(op); err != nil {
		return nil, err
	}
	switch part {
	case Train, Validation, Test:
		return &TrainingPart{Set: t.Set, Split: split, Part: part, store: t.store}, nil
	}
	p := &problems{op: op}
	p.Add(-1, "part", "is %s, not a part", valid.Brief(string(part)))
	return nil, p.err()
}

// Annotations yields the labels of the part as [Store.Annotations] does. It does not read those of other parts.
//
// Errors: a [*ValidationError] if the filter is bad.
func (t *TrainingPart) Annotations(ctx context.Context, f Filter) iter.Seq2[Annotation, error] {
	const op = "train from part"
	return sequence(t.store, ctx, op, func(tx *sqlite.ReadTx, yield func(Annotation) error) error {
		if err := f.check(op); err != nil {
			return err
		}
		return t.files(ctx, tx, op, &f, func(r *reader, file *sqlite.SeenFile) error {
			return r.labels(ctx, file, Position{}, func(_ *sqlite.SeenFile, row *sqlite.LabelRow) error {
				return yield(r.annotation(file, row))
			})
		})
	})
}

// AudioFiles yields the audio files of the part, those with labels and the clean ones, in order of id (by bytes). It
// reads as [Store.Annotations] does. Collected into a slice
// that is not nil, this is what [EvaluateOptions.AudioFiles] takes.
func (t *TrainingPart) AudioFiles(ctx context.Context) iter.Seq2[string, error] {
	const op = "train from part"
	return sequence(t.store, ctx, op, func(tx *sqlite.ReadTx, yield func(string) error) error {
		return t.files(ctx, tx, op, &Filter{}, func(r *reader, file *sqlite.SeenFile) error {
			bears, err := bearsLabels(ctx, tx, r.stack, file)
			if err != nil || !bears && !file.Clean {
				return err
			}
			return yield(file.Name)
		})
	})
}

// CleanAudioFiles yields the clean audio files of the part in order of id (by bytes): its negatives. It reads as
// [Store.Annotations] does.
func (t *TrainingPart) CleanAudioFiles(ctx context.Context) iter.Seq2[string, error] {
	const op = "train from part"
	return sequence(t.store, ctx, op, func(tx *sqlite.ReadTx, yield func(string) error) error {
		return t.files(ctx, tx, op, &Filter{}, func(_ *reader, file *sqlite.SeenFile) error {
			if !file.Clean {
				return nil
			}
			return yield(file.Name)
		})
	})
}

// Examined yields the examined audio files of the part as [Store.Examined] does. It does not read the labels of other
// parts.
func (t *TrainingPart) Examined(ctx context.Context, f Filter) iter.Seq2[Examined, error] {
	return t.store.examine(ctx, "train from part", t.Set.ID, f, findPublished, func(audioFileID string) bool {
		return t.Split.partOf(audioFileID) == t.Part
	})
}

// files calls fn for the audio files of the part that the filter names.
func (t *TrainingPart) files(ctx context.Context, tx *sqlite.ReadTx, op string, f *Filter,
	fn func(*reader, *sqlite.SeenFile) error,
) error {
	set, err := findPublished(ctx, tx, op, t.Set.ID)
	if err != nil {
		return err
	}
	r, err := newReader(ctx, tx, &set, f)
	if err != nil {
		return err
	}
	return r.files(ctx, Position{}, func(file *sqlite.SeenFile) error {
		if t.Split.partOf(file.Name) != t.Part {
			return nil
		}
		return fn(r, file)
	})
}
