package evaluate_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

func TestAgainstPart(t *testing.T) {
	t.Parallel()

	t.Run("is the set's evaluation on the files of the part", func(t *testing.T) {
		t.Parallel()
		inBoth(t, func(t *testing.T, s *annoset.Store) {
			ctx := t.Context()
			training, predicted := trained(t, s)
			for _, m := range []evaluate.Matching{
				{}, {By: evaluate.MatchIoU}, {By: evaluate.MatchSegments, SegmentMS: 100},
			} {
				is := is.New(t)
				files, skipped := int64(0), int64(0)
				for _, name := range []annoset.Part{annoset.Train, annoset.Validation, annoset.Test} {
					part := partOf(t, training, name)
					opts := &evaluate.Options{Matching: m}

					got, err := evaluate.AgainstPart(ctx, part, pairs(predicted...), opts)

					is.NoErr(err)
					opts.AudioFiles = append([]string{}, proof.Collect(t, part.AudioFiles(ctx))...)
					want, err := evaluate.AgainstSet(ctx, s, training.Set.ID, pairs(predicted...), opts)
					is.NoErr(err)
					is.Equal(got, want)         // to the last mistake
					is.True(got.AudioFiles > 0) // no part is empty here
					files += got.AudioFiles     // each file is in one part
					skipped += got.SkippedPredictions
				}
				is.Equal(files, int64(40))                 // with and without labels, all that were examined
				is.Equal(skipped, 2*int64(len(predicted))) // and each prediction counts in one of the three
			}
		})
	})

	t.Run("knows the clean files of the part", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := t.Context()
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "d")
		is.NoErr(s.MarkClean(ctx, set.ID, "a.wav"))
		part := partOf(t, published(t, s.Store, set.ID), "only")

		e, err := evaluate.AgainstPart(ctx, part, pairs(glitchAt(0, 10), label("b.wav", "glitch", 0, 10)), nil)

		is.NoErr(err)
		is.Equal(e.AudioFiles, int64(1))           // the clean one
		is.Equal(e.Micro.FalsePositives, int64(1)) // where every prediction is wrong
		is.Equal(e.SkippedPredictions, int64(1))   // on b, which nobody has examined
	})

	t.Run("evaluates no file of an empty part", func(t *testing.T) {
		t.Parallel()
		inBoth(t, func(t *testing.T, s *annoset.Store) {
			is := is.New(t)
			training, predicted := trained(t, s)
			part := proof.Value(training.Part(annoset.Split{Train: 1}, annoset.Test))(t)

			e, err := evaluate.AgainstPart(t.Context(), part, pairs(predicted...), nil)

			is.NoErr(err)
			is.Equal(e.AudioFiles, int64(0))                      // none, and not all
			is.Equal(e.Micro, evaluate.Score{})                   // so nothing is right or wrong
			is.Equal(e.SkippedPredictions, int64(len(predicted))) // no prediction lies in it
			is.Equal(e.Mistakes, []evaluate.Mistake{})
			is.Equal(slices.Sorted(maps.Keys(e.ByType)), []string{"glitch", "hum", "never"}) // the vocabulary all the same
		})
	})

	t.Run("refuses a part that is empty though its fraction is not 0", func(t *testing.T) {
		t.Parallel()
		inBoth(t, func(t *testing.T, s *annoset.Store) {
			is := is.New(t)
			set := proof.NewDraft(t, s, "few")
			_, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			is.NoErr(s.MarkClean(t.Context(), set.ID, "b.wav"))
			training := proof.Value(s.TrainingSet(t.Context(), published(t, s, set.ID).Set.ID))(t)
			part := proof.Value(training.Part(annoset.Split{Train: 0.999999, Test: 0.000001}, annoset.Test))(t)

			_, err = evaluate.AgainstPart(t.Context(), part, pairs(), nil)

			is.Equal(badFields(is, err), []string{"-1 part"})
			is.True(strings.Contains(err.Error(), "2 examined audio files")) // how few there are
		})
	})

	t.Run("scores the types that were declared when the set was published", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := t.Context()
		s := proof.OpenStore(t, nil)
		training, predicted := trained(t, s.Store)
		_, err := s.UpdateDataset(ctx, training.Set.DatasetID, annoset.DatasetPatch{
			ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "hum"}, {Name: "never"}, {Name: "later"}},
		})
		is.NoErr(err)
		part := partOf(t, proof.Value(s.TrainingSet(ctx, training.Set.ID))(t), annoset.Test)

		e, err := evaluate.AgainstPart(ctx, part, pairs(predicted...), nil)

		is.NoErr(err)
		never, scored := e.ByType["never"]
		is.True(scored)                   // nobody labeled or predicted it
		is.Equal(never, evaluate.Score{}) // so no figure is defined
		_, scored = e.ByType["later"]
		is.True(!scored) // a published set means the same in years
		segments, err := evaluate.AgainstPart(ctx, part, pairs(), &evaluate.Options{
			Matching: evaluate.Matching{By: evaluate.MatchSegments},
		})
		is.NoErr(err)
		is.Equal(segments.ByType["never"].Specificity, exactly(1, 1)) // rightly absent from every segment
	})

	t.Run("scores the types of the set where none is declared", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "d")
		for _, kind := range []string{"glitch", "hum"} {
			for i := range 8 {
				_, err := s.Add(t.Context(), set.ID, label(fmt.Sprint(kind, i), kind, 0, 10))
				is.NoErr(err)
			}
		}
		training := published(t, s.Store, set.ID)
		part := proof.Value(training.Part(annoset.Split{Train: 1}, annoset.Test))(t) // an empty one

		e, err := evaluate.AgainstPart(t.Context(), part, pairs(), nil)

		is.NoErr(err)
		is.Equal(slices.Sorted(maps.Keys(e.ByType)), []string{"glitch", "hum"}) // so the parts of a set have the same types
	})

	t.Run("takes predictions from the store, and EachMistake may write to it", func(t *testing.T) {
		t.Parallel()
		inBoth(t, func(t *testing.T, s *annoset.Store) {
			is := is.New(t)
			ctx := t.Context()
			training, predicted := trained(t, s)
			next, err := s.NewVersion(ctx, training.Set.ID, annoset.NewSet{})
			is.NoErr(err)
			model := proof.NewDraft(t, s, "model")
			_, err = s.Add(ctx, model.ID, predicted...)
			is.NoErr(err)
			mended := 0

			e, err := evaluate.AgainstPart(ctx, partOf(t, training, annoset.Train),
				s.Annotations(ctx, model.ID, annoset.Filter{}), &evaluate.Options{
					EachMistake: func(m evaluate.Mistake) error {
						if m.Reference == nil {
							return nil
						}
						mended++
						return s.Delete(ctx, next.ID, m.Reference.ID)
					},
				})

			is.NoErr(err)
			is.True(mended > 0)
			is.Equal(int64(mended), e.Micro.FalseNegatives)
			is.Equal(int64(len(proof.LabelsOf(t, s, next.ID))), training.Set.TotalAnnotations-int64(mended))
		})
	})

	t.Run("refuses options that choose other files", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		training, _ := trained(t, proof.OpenStore(t, nil).Store)
		part := partOf(t, training, annoset.Test)
		read := false
		predicted := func(func(annoset.Annotation, error) bool) { read = true }
		for _, opts := range []evaluate.Options{{AudioFiles: []string{"00.wav"}}, {AudioFiles: []string{}}} {
			_, err := evaluate.AgainstPart(t.Context(), part, predicted, &opts)
			is.Equal(badFields(is, err), []string{"-1 audio_files"}) // an empty list too
		}
		_, err := evaluate.AgainstPart(t.Context(), nil, predicted, &evaluate.Options{
			Everywhere: true, Matching: evaluate.Matching{By: "ear"},
		})
		is.Equal(badFields(is, err), []string{"-1 part", "-1 everywhere", "-1 by"}) // all that is wrong at once
		is.True(!read)                                                              // before the predictions are read
	})

	t.Run("returns errors of the predictions and of the context", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		training, predicted := trained(t, proof.OpenStore(t, nil).Store)
		part := partOf(t, training, annoset.Train)
		broken := errors.New("broken")
		_, err := evaluate.AgainstPart(t.Context(), part, func(yield func(annoset.Annotation, error) bool) {
			_ = yield(glitchAt(0, 1), nil) && yield(annoset.Annotation{}, broken)
		}, nil)
		is.True(errors.Is(err, broken))
		is.Equal(err.Error(), "annoset: evaluate part predictions: label 1 of the stream: broken")
		_, err = evaluate.AgainstPart(t.Context(), part, pairs(glitchAt(5, 1)), nil)
		is.Equal(badFields(is, err), []string{"0 end_ms"})
		_, err = evaluate.AgainstPart(t.Context(), part, nil, nil)
		is.Equal(badFields(is, err), []string{"-1 labels"})
		ctx, cancel := context.WithCancel(t.Context())
		e, err := evaluate.AgainstPart(ctx, part, pairs(predicted...), &evaluate.Options{
			EachMistake: func(evaluate.Mistake) error {
				cancel()
				return nil
			},
		})
		is.True(errors.Is(err, context.Canceled)) // between two files
		is.Equal(e, evaluate.Result{})            // no half result
	})

	t.Run("a draft has no parts", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		training, err := s.TrainingSet(t.Context(), proof.NewDraft(t, s.Store, "d").ID)
		is.True(errors.Is(err, annoset.ErrDraft)) // so predictions cannot be measured by a part of one
		is.True(training == nil)
	})
}

// trained publishes a set of 40 audio files with labels of two of three declared types, eight of the files clean, and
// returns it with the predictions of a model that errs in several ways.
func trained(t *testing.T, s *annoset.Store) (*annoset.TrainingSet, labels) {
	t.Helper()
	ctx := t.Context()
	d := proof.Value(s.CreateDataset(ctx, annoset.NewDataset{
		Name: "trained", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "hum"}, {Name: "never"}},
	}))(t)
	set := proof.Value(s.CreateSet(ctx, d.ID, annoset.NewSet{}))(t)
	var predicted labels
	for i := range 40 {
		file := fmt.Sprintf("%02d.wav", i)
		kind := []string{"glitch", "hum"}[i%2]
		switch i % 5 {
		case 0:
			proof.NoErr(t, s.MarkClean(ctx, set.ID, file))
		default:
			proof.Value(s.Add(ctx, set.ID, label(file, kind, 100, 900), label(file, "hum", 2000, 2500)))(t)
		}
		switch i % 4 {
		case 0, 1:
			predicted = append(predicted, label(file, kind, 150, 950)) // right, but wrong on clean files
		case 2:
			predicted = append(predicted, label(file, "hum", 100, 900), label(file, "glitch", 2000, 2500))
		}
	}
	return published(t, s, set.ID), predicted
}

// published publishes a draft and opens it for training.
func published(t *testing.T, s *annoset.Store, id uuid.UUID) *annoset.TrainingSet {
	t.Helper()
	proof.Value(s.Publish(t.Context(), id, nil))(t)
	return proof.Value(s.TrainingSet(t.Context(), id))(t)
}

// partOf returns a part of a set: about half of it, a quarter and a quarter; all of it, if the part is "only".
func partOf(t *testing.T, training *annoset.TrainingSet, part annoset.Part) *annoset.TrainingPart {
	t.Helper()
	split := annoset.Split{Seed: 1, Train: 0.5, Validation: 0.25, Test: 0.25}
	if part == "only" {
		split, part = annoset.Split{Test: 1}, annoset.Test
	}
	return proof.Value(training.Part(split, part))(t)
}

// A nil context is an error of the caller's, and no panic.
func TestRefusesANilContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.OpenStore(t, nil).Store
	training, predicted := trained(t, s)
	part := partOf(t, training, annoset.Test)
	labels := pairs(predicted...)
	var none context.Context
	_, against := evaluate.Against(none, labels, labels, nil)
	_, set := evaluate.AgainstSet(none, s, training.Set.ID, labels, nil)
	_, ofPart := evaluate.AgainstPart(none, part, labels, nil)
	_, agree := evaluate.Agree(none, labels, labels, nil)
	_, sets := evaluate.AgreeSets(none, s, training.Set.ID, training.Set.ID, nil)
	for _, err := range []error{against, set, ofPart, agree, sets} {
		is.Equal(badFields(is, err), []string{"-1 ctx"})
	}
}
