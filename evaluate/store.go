package evaluate

import (
	"context"
	"iter"
	"maps"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// AgainstSet compares predictions with a set, a draft or a published one. By default it evaluates the audio files that
// the set has examined, so a prediction on a clean one is wrong. To measure a model by what it has not learned from,
// use [AgainstPart]. Options may be nil.
//
// The predictions come in any order, from this store too, and are held in memory. The set is read after them, all of it
// in one state. EachMistake may use the store, and write to the set: that does not change the result.
//
// Errors: [annoset.ErrNotFound]; an [*annoset.ValidationError] for bad options or predictions, which are counted from 0
// in their order; the error of the predictions or of EachMistake; that of the context.
func AgainstSet(ctx context.Context, store *annoset.Store, setID uuid.UUID,
	predictions iter.Seq2[annoset.Annotation, error], opts *Options,
) (Result, error) {
	const op = "evaluate"
	p := &problems{op: op}
	p.given("ctx", ctx != nil)
	p.given("store", store != nil)
	e, err := newEvaluator(p, opts)
	if err != nil {
		return Result{}, err
	}
	declared, err := declaredTypes(ctx, store, setID)
	if err != nil {
		return Result{}, wrap(op, err)
	}
	for _, t := range declared {
		e.score(t.Name)
	}
	predicted, err := hold(ctx, op+" predictions", predictions)
	if err != nil {
		return Result{}, err
	}
	// User code runs within this loop. Unlike a view, it does not hold the one connection of a store in memory.
	files := store.Examined(ctx, setID, annoset.Filter{AudioFileIDs: e.opts.AudioFiles})
	return e.run(ctx, files, predicted)
}

// AgainstPart compares predictions with one part of a published set, such as the test part, which a model has not
// learned from. It evaluates exactly the audio files of the part that the set has examined: those with labels and the
// clean ones. Predictions on files of other parts are skipped and counted, so a model may predict on all files. Options
// may be nil, and must not set AudioFiles or Everywhere: for other files than those of a part, use [AgainstSet].
//
// The predictions come in any order, from the same store too, and are held in memory. EachMistake may use the store. A
// part whose fraction is 0 has no files, and the result is of none.
//
// Errors: an [*annoset.ValidationError] for bad options or predictions, which are counted from 0 in their order, and
// if the part is empty though its fraction is not 0: the set has too few audio files, or too few groups, for the
// split; the error of the predictions or of EachMistake; that of the context.
func AgainstPart(ctx context.Context, part *annoset.TrainingPart, predictions iter.Seq2[annoset.Annotation, error],
	opts *Options,
) (Result, error) {
	const op = "evaluate part"
	p := &problems{op: op}
	p.given("ctx", ctx != nil)
	p.given("part", part != nil)
	if opts != nil && len(opts.AudioFiles) > 0 {
		p.Add(-1, "audio_files", "is set, but the part says which audio files are evaluated")
	}
	if opts != nil && opts.Everywhere {
		p.Add(-1, "everywhere", "is set, but the part says which audio files are evaluated")
	}
	e, err := newEvaluator(p, opts)
	if err != nil {
		return Result{}, err
	}
	for name := range part.Set.AnnotationsByType { // zeros included: the vocabulary
		e.score(name)
	}
	if err := hasFiles(ctx, op, part); err != nil {
		return Result{}, err
	}
	predicted, err := hold(ctx, op+" predictions", predictions)
	if err != nil {
		return Result{}, err
	}
	return e.run(ctx, part.Examined(ctx, annoset.Filter{}), predicted)
}

// hasFiles returns an error if a part is empty that should not be.
func hasFiles(ctx context.Context, op string, part *annoset.TrainingPart) error {
	fraction := map[annoset.Part]float64{
		annoset.Train: part.Split.Train, annoset.Validation: part.Split.Validation, annoset.Test: part.Split.Test,
	}[part.Part]
	if fraction == 0 {
		return nil
	}
	for _, err := range part.AudioFiles(ctx) {
		if err != nil {
			err = wrap(op, err)
		}
		return err // there is one, or there is no reading
	}
	p := &problems{op: op}
	p.Add(-1, "part", "%s is empty: the set has %d examined audio files, and none fell into a fraction of %v", part.Part,
		part.Set.AnnotatedAudioFiles+part.Set.CleanAudioFiles, fraction)
	return p.err()
}

// declaredTypes returns the vocabulary of a set's dataset.
func declaredTypes(ctx context.Context, store *annoset.Store, setID uuid.UUID) ([]annoset.ArtifactType, error) {
	var dataset annoset.Dataset
	err := store.View(ctx, func(view *annoset.Store) error {
		set, err := view.SetByID(ctx, setID)
		if err != nil {
			return err
		}
		dataset, err = view.Dataset(ctx, set.DatasetID)
		return err
	})
	return dataset.ArtifactTypes, err
}

// AgreeSets compares two sets as [Agree] does: two versions, or the drafts of two annotators. By default it compares
// the audio files that both have examined. Files that only one has examined, which the other may not have reached yet,
// are counted. Durations that the options do not give are those registered with the datasets of the sets. Options may
// be nil.
//
// Both sets are read in one state of the store. The second one is held in memory.
//
// Errors: [annoset.ErrNotFound]; an [*annoset.ValidationError] for bad options; that of the context.
func AgreeSets(ctx context.Context, store *annoset.Store, firstSetID, secondSetID uuid.UUID, opts *AgreementOptions,
) (Agreement, error) {
	const op = "measure agreement"
	p := &problems{op: op}
	p.given("ctx", ctx != nil)
	p.given("store", store != nil)
	m, err := newAgreementMeter(p, opts)
	if err != nil {
		return Agreement{}, err
	}
	var out Agreement
	err = store.View(ctx, func(view *annoset.Store) error { // no user code runs within it
		out, err = m.compareSets(ctx, view, firstSetID, secondSetID)
		return err
	})
	if err != nil {
		return Agreement{}, wrap(op, err)
	}
	return out, nil
}

func (m *agreementMeter) compareSets(ctx context.Context, view *annoset.Store, firstSetID, secondSetID uuid.UUID,
) (Agreement, error) {
	if err := m.addDurations(ctx, view, firstSetID); err != nil {
		return Agreement{}, err
	}
	filter := annoset.Filter{AudioFileIDs: m.opts.AudioFiles}
	second, err := holdExamined(view.Examined(ctx, secondSetID, filter))
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
	first := func(yield func(annoset.Examined, error) bool) {
		for f, err := range view.Examined(ctx, firstSetID, filter) {
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

// addDurations finds the registered durations of the audio files that the options name: neither set needs to have
// examined these, so reading the sets would not find them.
func (m *agreementMeter) addDurations(ctx context.Context, view *annoset.Store, setID uuid.UUID) error {
	wanted := make(map[string]bool)
	for _, name := range m.opts.AudioFiles {
		if _, given := m.opts.DurationsMS[name]; !given {
			wanted[name] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	set, err := view.SetByID(ctx, setID)
	if err != nil {
		return err
	}
	registered, err := view.AudioFiles(ctx, set.DatasetID)
	if err != nil {
		return err
	}
	durations := maps.Clone(m.opts.DurationsMS)
	if durations == nil {
		durations = make(map[string]int64)
	}
	for _, f := range registered {
		if wanted[f.ID] && f.DurationMS > 0 {
			durations[f.ID] = f.DurationMS
		}
	}
	m.opts.DurationsMS = durations
	return nil
}
