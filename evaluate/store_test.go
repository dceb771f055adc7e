package evaluate_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

func TestAgainstSet(t *testing.T) {
	t.Parallel()

	t.Run("knows clean files and declared types", func(t *testing.T) {
		t.Parallel()
		inBoth(t, func(t *testing.T, s *annoset.Store) {
			is := is.New(t)
			ctx := t.Context()
			d, err := s.CreateDataset(ctx, annoset.NewDataset{
				Name: "d", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "hum"}},
			})
			is.NoErr(err)
			set, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
			is.NoErr(err)
			ids, err := s.Add(ctx, set.ID, glitchAt(0, 1000), label("gone.wav", "glitch", 0, 10))
			is.NoErr(err)
			is.NoErr(s.Delete(ctx, set.ID, ids[1])) // gone.wav is no longer examined
			is.NoErr(s.MarkClean(ctx, set.ID, "b.wav", "c.wav"))
			predicted := labels{label("c.wav", "glitch", 0, 10), label("new.wav", "glitch", 0, 10), glitchAt(0, 1000)}

			e, err := evaluate.AgainstSet(ctx, s, set.ID, pairs(predicted...), nil)

			is.NoErr(err)
			is.Equal(e.AudioFiles, int64(3))           // a, and the clean ones
			is.Equal(e.Micro.TruePositives, int64(1))  // on a
			is.Equal(e.Micro.FalsePositives, int64(1)) // on c, which is known to be empty
			is.Equal(e.SkippedPredictions, int64(1))   // on one that nobody has examined
			hums, declared := e.ByType["hum"]
			is.True(declared)                           // listed although nobody used it
			is.Equal(hums, evaluate.Score{})            // neither side has one
			is.Equal(e.Macro.F1, e.ByType["glitch"].F1) // and it does not lower the mean
		})
	})

	t.Run("takes predictions from the store, and EachMistake may write to it", func(t *testing.T) {
		t.Parallel()
		inBoth(t, func(t *testing.T, s *annoset.Store) {
			is := is.New(t)
			ctx := t.Context()
			v1 := proof.NewDraft(t, s, "d")
			_, err := s.Add(ctx, v1.ID, glitchAt(0, 1000), glitchAt(3000, 3500))
			is.NoErr(err)
			v1, err = s.Publish(ctx, v1.ID, nil)
			is.NoErr(err)
			v2, err := s.NewVersion(ctx, v1.ID, annoset.NewSet{})
			is.NoErr(err)
			other := proof.NewDraft(t, s, "model")
			_, err = s.Add(ctx, other.ID, glitchAt(0, 1000))
			is.NoErr(err)

			e, err := evaluate.AgainstSet(ctx, s, v1.ID, s.Annotations(ctx, other.ID, annoset.Filter{}), &evaluate.Options{
				EachMistake: func(m evaluate.Mistake) error { return s.Delete(ctx, v2.ID, m.Reference.ID) },
			})

			is.NoErr(err)
			is.Equal(e.Micro.FalseNegatives, int64(1))    // the second label
			is.Equal(len(proof.LabelsOf(t, s, v2.ID)), 1) // which EachMistake deleted
			is.Equal(len(proof.LabelsOf(t, s, v1.ID)), 2) // from the draft only
			e, err = evaluate.AgainstSet(ctx, s, v2.ID, s.Annotations(ctx, other.ID, annoset.Filter{}), nil)
			is.NoErr(err)
			is.Equal(e.Micro.F1, exactly(1, 1)) // a draft can be evaluated too
		})
	})

	t.Run("has the same result as without a store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ref, clean, pred := proof.DESED(t)
		s := proof.OpenStore(t, nil).Store
		set := proof.NewDraft(t, s, "desed")
		is.NoErr(s.MarkClean(t.Context(), set.ID, clean...))
		_, err := s.Import(t.Context(), set.ID, pairs(ref...), nil)
		is.NoErr(err)
		files := slices.Clone(clean)
		for _, a := range ref {
			files = append(files, a.AudioFileID)
		}
		opts := &evaluate.Options{MaxMistakes: -1}

		got, err := evaluate.AgainstSet(t.Context(), s, set.ID, pairs(pred...), opts)
		is.NoErr(err)
		opts.AudioFiles = files
		want, err := evaluate.Against(t.Context(), pairs(ref...), pairs(pred...), opts)
		is.NoErr(err)
		is.Equal(got, want)                    // where the clean files are named
		is.Equal(got.AudioFiles, int64(1_168)) // all of them
		opts.AudioFiles = files[:30]
		got, err = evaluate.AgainstSet(t.Context(), s, set.ID, pairs(pred...), opts)
		is.NoErr(err)
		is.Equal(got.AudioFiles, int64(len(slices.Compact(slices.Sorted(slices.Values(files[:30])))))) // some of them
	})

	t.Run("refuses a set that does not exist", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil).Store
		read := false
		var predicted iter.Seq2[annoset.Annotation, error] = func(func(annoset.Annotation, error) bool) { read = true }
		_, err := evaluate.AgainstSet(t.Context(), s, uuid.New(), predicted, nil)
		is.True(errors.Is(err, annoset.ErrNotFound))
		is.True(!read) // before the predictions are read
	})
}

func TestAgreeSets(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := t.Context()
	s, err := annoset.OpenMemory(ctx, nil)
	is.NoErr(err)
	defer s.Close()
	first := proof.NewDraft(t, s, "d")
	second, err := s.CreateSet(ctx, first.DatasetID, annoset.NewSet{})
	is.NoErr(err)
	is.NoErr(s.AddAudioFiles(ctx, first.DatasetID,
		annoset.AudioFile{ID: "a.wav", DurationMS: 10_000}, annoset.AudioFile{ID: "none.wav", DurationMS: 5000}))
	_, err = s.Add(ctx, first.ID, glitchAt(0, 4000), label("b.wav", "glitch", 0, 1000), label("c.wav", "glitch", 0, 1000))
	is.NoErr(err)
	_, err = s.Add(ctx, second.ID, glitchAt(0, 3000), label("d.wav", "glitch", 0, 1000))
	is.NoErr(err)
	is.NoErr(s.MarkClean(ctx, second.ID, "b.wav"))

	got, err := evaluate.AgreeSets(ctx, s, first.ID, second.ID, nil)

	is.NoErr(err)
	is.Equal(got.AudioFiles, int64(2))                // a, and b, where the second found nothing
	is.Equal(got.SkippedAudioFiles, int64(2))         // c and d, which only one has examined
	is.Equal(got.DurationMS, int64(11_000))           // registered, or the end of the last label
	is.Equal(got.Overall.AgreedMS, int64(3000+6000))  // all but a second of each
	is.True(near(got.Overall.Expected, 5*3+6*8, 121)) // 5 and 3 seconds of glitch, 6 and 8 of nothing
	is.Equal(got.Overall.F1, exactly(2, 3))           // on a, 1000 ms of 4000 are within half; on b there is nothing

	got, err = evaluate.AgreeSets(ctx, s, first.ID, second.ID, &evaluate.AgreementOptions{
		AudioFiles: []string{"c.wav", "none.wav"}, DurationsMS: map[string]int64{"c.wav": 2000},
	})
	is.NoErr(err)
	is.Equal(got.AudioFiles, int64(2))               // those that the options name
	is.Equal(got.DurationMS, int64(2000+5000))       // given, and registered
	is.Equal(got.Overall.AgreedMS, int64(1000+5000)) // the second has nothing on c
	is.Equal(got.SkippedAudioFiles, int64(0))

	same, err := evaluate.AgreeSets(ctx, s, first.ID, first.ID, nil)
	is.NoErr(err)
	is.Equal(same.Overall.Kappa, exactly(1, 1)) // a set agrees with itself
	is.Equal(same.Overall.F1, exactly(1, 1))
	empty := proof.NewDraft(t, s, "empty")
	none, err := evaluate.AgreeSets(ctx, s, empty.ID, empty.ID, nil)
	is.NoErr(err)
	is.Equal(none.Overall, evaluate.TypeAgreement{}) // without audio, every figure is undefined
}

func TestAgainstSet_ReadsOneState(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *annoset.Store) {
		is := is.New(t)
		ctx := t.Context()
		set := proof.NewDraft(t, s, "d")
		ids, err := s.Add(ctx, set.ID, label("a.wav", "glitch", 0, 10), label("b.wav", "glitch", 0, 10))
		is.NoErr(err)
		deleted := false

		e, err := evaluate.AgainstSet(ctx, s, set.ID, pairs(), &evaluate.Options{
			EachMistake: func(m evaluate.Mistake) error {
				if deleted {
					return nil
				}
				deleted = true
				return s.Delete(ctx, set.ID, ids[1]) // before b is reported
			},
		})

		is.NoErr(err)
		is.Equal(e.Micro.Deletions, int64(2)) // both labels were there when the set was read
		is.Equal(len(proof.LabelsOf(t, s, set.ID)), 1)
	})
}

func TestView(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *annoset.Store) {
		is := is.New(t)
		ctx := t.Context()
		training, predicted := trained(t, s)
		id := training.Set.ID
		model := proof.NewDraft(t, s, "model")
		_, err := s.Add(ctx, model.ID, predicted...)
		is.NoErr(err)
		want, err := evaluate.AgainstSet(ctx, s, id, pairs(predicted...), nil)
		is.NoErr(err)
		var ended *annoset.Store
		var endedPart *annoset.TrainingPart

		err = s.View(ctx, func(view *annoset.Store) error {
			ended = view
			seen := 0
			got, err := evaluate.AgainstSet(ctx, view, id, view.Annotations(ctx, model.ID, annoset.Filter{}),
				&evaluate.Options{EachMistake: func(m evaluate.Mistake) error {
					if m.Reference != nil {
						seen++
						_, err := view.Annotation(ctx, id, m.Reference.ID)
						return err
					}
					return nil
				}})
			is.NoErr(err)
			got.Mistakes, want.Mistakes = nil, nil // predictions of the store have ids
			is.Equal(got, want)                    // the same through a view
			is.Equal(int64(seen), got.Micro.FalseNegatives)
			agreed, err := evaluate.AgreeSets(ctx, view, id, id, &evaluate.AgreementOptions{AudioFiles: []string{"00.wav"}})
			is.NoErr(err)
			is.Equal(agreed.AudioFiles, int64(1))
			endedPart = partOf(t, proof.Value(view.TrainingSet(ctx, id))(t), annoset.Test)
			_, err = evaluate.AgainstPart(ctx, endedPart, pairs(predicted...), nil)
			return err
		})

		is.NoErr(err)
		for name, err := range calls(ctx, ended, endedPart, id) {
			if !errors.Is(err, annoset.ErrClosed) {
				t.Errorf("%s after the view has ended: %v", name, err)
			}
		}
	})
}

func TestRefusesClosedStore(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *annoset.Store) {
		is := is.New(t)
		training, _ := trained(t, s)
		part := partOf(t, training, annoset.Test)
		is.NoErr(s.Close())
		for name, err := range calls(t.Context(), s, part, training.Set.ID) {
			if !errors.Is(err, annoset.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := evaluate.AgainstSet(t.Context(), nil, training.Set.ID, pairs(), nil)
		is.Equal(badFields(is, err), []string{"-1 store"}) // nor does a nil store panic
		_, err = evaluate.AgreeSets(t.Context(), nil, training.Set.ID, training.Set.ID, nil)
		is.Equal(badFields(is, err), []string{"-1 store"})
	})
}

// calls calls all functions that read a store.
func calls(ctx context.Context, s *annoset.Store, part *annoset.TrainingPart, id uuid.UUID) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		_, err := evaluate.AgainstSet(ctx, s, id, pairs(glitchAt(0, 1)), nil)
		_ = yield("AgainstSet", err)
		_, err = evaluate.AgreeSets(ctx, s, id, id, nil)
		_ = yield("AgreeSets", err)
		_, err = evaluate.AgainstPart(ctx, part, pairs(glitchAt(0, 1)), nil)
		_ = yield("AgainstPart", err)
	}
}
