package annoset

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// TrainingSet is a published set, opened for training: what it yields is the same today and in years. Safe for
// concurrent use; good as long as its store is open.
type TrainingSet struct {
	Set AnnotationSet // with statistics and digest: what a training run should write down

	store *Store
}

// TrainingSet opens a set for training. It is the door through which training gets labels: a draft does not pass.
//
// Errors: [ErrNotFound]; a [*DraftError].
func (s *Store) TrainingSet(ctx context.Context, setID uuid.UUID) (*TrainingSet, error) {
	const op = "train from set"
	t := &TrainingSet{store: s}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, err := findPublished(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		t.Set, err = setOf(ctx, tx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Annotations yields the labels of the set as [Store.Annotations] does.
func (t *TrainingSet) Annotations(ctx context.Context, f Filter) iter.Seq2[Annotation, error] {
	return t.store.annotations(ctx, "train from set", t.Set.ID, f, findPublished)
}

// CleanAudioFiles yields the audio files known to bear no artifact as [Store.CleanAudioFiles] does: the negatives.
func (t *TrainingSet) CleanAudioFiles(ctx context.Context) iter.Seq2[string, error] {
	return t.store.cleanAudioFiles(ctx, "train from set", t.Set.ID, findPublished)
}

// Examined yields the examined audio files of the set as [Store.Examined] does.
func (t *TrainingSet) Examined(ctx context.Context, f Filter) iter.Seq2[Examined, error] {
	return t.store.examine(ctx, "train from set", t.Set.ID, f, findPublished, nil)
}
