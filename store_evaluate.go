package annoset

import (
	"context"
	"iter"
	"maps"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// Evaluate compares predictions with a set, a draft or a published one, as [Evaluate] does. By default it evaluates the
// audio files that the set has examined: a prediction on a clean one is wrong. The predictions may come in any order, and
// from this store too; they are held in memory, with some 140 bytes each. The set is read file by file, in one state.
// EachMistake may use the store. Options may be nil.
//
// Errors: [ErrNotFound]; and those of [Evaluate].
func (s *Store) Evaluate(ctx context.Context, setID uuid.UUID, predictions iter.Seq2[Annotation, error],
	opts *EvaluateOptions,
) (Evaluation, error) {
	const op = "evaluate"
	e, err := newEvaluator(op, opts)
	if err != nil {
		return Evaluation{}, err
	}
	err = s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findSet(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		declared, err := tx.DeclaredTypes(ctx, set.DatasetID)
		for _, t := range declared {
			e.score(t.Name)
		}
		return err
	})
	if err != nil {
		return Evaluation{}, err
	}
	predicted, err := hold(ctx, op+" predictions", predictions)
	if err != nil {
		return Evaluation{}, err
	}
	return e.run(ctx, s.examined(ctx, setID, e.opts.AudioFiles), predicted)
}

// MeasureAgreement compares two sets as [MeasureAgreement] does: two versions, or the drafts of two annotators. By default
// it compares the audio files that both have examined; those that only one has, which the other may not have got to yet,
// are counted. Durations are those registered with the dataset of the first set, where the options give none. The second
// set is held in memory, the first one is read file by file; each is read in one state. Options may be nil.
//
// Errors: [ErrNotFound]; a [*ValidationError] for bad options; that of the context.
func (s *Store) MeasureAgreement(ctx context.Context, firstSetID, secondSetID uuid.UUID, opts *AgreementOptions,
) (Agreement, error) {
	const op = "measure agreement"
	m, err := newAgreementMeter(op, opts)
	if err != nil {
		return Agreement{}, err
	}
	if err := s.addDurations(ctx, op, firstSetID, m); err != nil {
		return Agreement{}, err
	}
	second, err := holdExamined(s.examined(ctx, secondSetID, m.opts.AudioFiles))
	if err != nil {
		return Agreement{}, err
	}
	files, seen := m.scope(), int64(0)
	if m.opts.AudioFiles == nil {
		files = scope{only: make(map[string]bool, len(second.files))}
		for name := range second.files {
			files.only[name] = true
		}
	}
	first := func(yield func(examined, error) bool) {
		for f, err := range s.examined(ctx, firstSetID, m.opts.AudioFiles) {
			seen++
			if !yield(f, err) {
				return
			}
		}
	}
	out, err := m.run(ctx, files, first, second)
	if err == nil && m.opts.AudioFiles == nil {
		out.SkippedAudioFiles = seen - out.AudioFiles + int64(len(second.files)) - out.AudioFiles
	}
	return out, err
}

// addDurations finds the durations of the audio files that the options name, which neither set need have.
func (s *Store) addDurations(ctx context.Context, op string, setID uuid.UUID, m *agreementMeter) error {
	durations := maps.Clone(m.opts.DurationsMS)
	if durations == nil {
		durations = make(map[string]int64)
	}
	m.opts.DurationsMS = durations
	return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findSet(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		for _, name := range m.opts.AudioFiles {
			if err := ctx.Err(); err != nil {
				return err
			}
			file, known, err := tx.FileByName(set.DatasetID, name)
			if err != nil {
				return err
			}
			if _, given := durations[name]; known && !given {
				durations[name] = file.DurationMS
			}
		}
		return nil
	})
}

// examined yields the audio files of a set that have labels or a clean mark, in order of id; if any are named, those
// alone.
func (s *Store) examined(ctx context.Context, setID uuid.UUID, audioFileIDs []string) iter.Seq2[examined, error] {
	return func(yield func(examined, error) bool) {
		for f, err := range s.Examined(ctx, setID, Filter{AudioFileIDs: audioFileIDs}) {
			if !yield(examined{name: f.ID, durationMS: f.DurationMS, labels: f.Annotations}, err) {
				return
			}
		}
	}
}
