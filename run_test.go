package annoset_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// newPublished makes a published set with one label in a dataset of its own.
func newPublished(t testing.TB, s *annoset.Store, name string) annoset.AnnotationSet {
	t.Helper()
	set := newDraft(t, s, name)
	value(s.Add(t.Context(), set.ID, label("a.wav", "hum", 0, 10)))(t)
	return value(s.Publish(t.Context(), set.ID, nil))(t)
}

func TestStore_RecordTraining(t *testing.T) {
	t.Parallel()

	t.Run("keeps what it is told, and adds what it knows", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, reproducible())
		set := newPublished(t, s.Store, "d")
		at := time.Date(2025, 12, 24, 18, 0, 0, 123456789, time.FixedZone("CET", 3600))

		run, err := s.As("ann").RecordTraining(t.Context(), set.ID, annoset.TrainingRun{
			ID: uuid.New(), SetID: uuid.New(), DatasetID: uuid.New(), Version: 9, Digest: "x", RecordedBy: "eve", RecordedAt: at,
			Model: "tagger", ModelVersion: "2", Parameters: json.RawMessage(`{ "lr": 1e-3 }`),
			Metrics: map[string]float64{"f1": 0.1, "loss": -1e300}, TrainedAt: at, ExtraData: json.RawMessage(`{"gpu":"a"}`),
		})

		is.NoErr(err)
		want := annoset.TrainingRun{
			ID: run.ID, SetID: set.ID, DatasetID: set.DatasetID, Version: 1, Digest: set.Digest, RecordedBy: "ann",
			RecordedAt: run.RecordedAt, Model: "tagger", ModelVersion: "2", Parameters: json.RawMessage(`{ "lr": 1e-3 }`),
			Metrics:   map[string]float64{"f1": 0.1, "loss": -1e300},
			TrainedAt: time.Date(2025, 12, 24, 17, 0, 0, 123e6, time.UTC), ExtraData: json.RawMessage(`{"gpu":"a"}`),
		}
		is.Equal(run, want)
		is.Equal(run.ID, uuid.MustParse("00000000-0000-0000-0000-000000000003")) // from NewID
		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)
		runs, err := s.TrainingRuns(t.Context(), annoset.TrainingFilter{})
		is.NoErr(err)
		is.Equal(runs, []annoset.TrainingRun{want}) // and reads as it was returned
	})

	t.Run("takes a name, and nothing else", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newPublished(t, s.Store, "d")
		run, err := s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: "tagger"})
		is.NoErr(err)
		is.Equal(run.Metrics, map[string]float64{}) // empty, never nil
		is.Equal(run.TrainedAt, run.RecordedAt)     // now
		is.Equal(run.RecordedBy, "")                // unsigned
	})

	t.Run("refuses drafts, bad input, and an id that is taken", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		opts := reproducible()
		id := opts.NewID
		given := uuid.Nil
		opts.NewID = func() uuid.UUID {
			if given != uuid.Nil {
				return given
			}
			return id()
		}
		s := openStore(t, opts)
		draft, set := newDraft(t, s.Store, "a"), newPublished(t, s.Store, "b")
		run, err := s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: "m"})
		is.NoErr(err)
		before := dump(t, s.Store)

		_, err = s.RecordTraining(t.Context(), draft.ID, annoset.TrainingRun{Model: "m"})
		refused, ok := errors.AsType[*annoset.DraftError](err)
		is.True(ok)
		is.Equal(*refused, annoset.DraftError{Op: "record training", SetID: draft.ID, Version: 1})
		_, err = s.RecordTraining(t.Context(), uuid.New(), annoset.TrainingRun{Model: "m"})
		is.True(errors.Is(err, annoset.ErrNotFound))
		_, err = s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{
			ModelVersion: "\xff", Parameters: json.RawMessage(`[]`), ExtraData: json.RawMessage(`1`),
			Metrics: map[string]float64{"": 1, "f1": math.NaN(), "loss": math.Inf(1), "r": 1}, TrainedAt: time.Unix(1<<50, 0),
		})
		is.Equal(badFields(is, err), []string{
			"-1 model", "-1 model_version", "-1 parameters", "-1 extra_data", "-1 metrics", `-1 metrics."f1"`, `-1 metrics."loss"`,
			"-1 trained_at",
		}) // all at once
		given = run.ID
		_, err = s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: "m"})
		exists, ok := errors.AsType[*annoset.ExistsError](err)
		is.True(ok)
		is.Equal(exists.Kind, "training run")
		is.Equal(dump(t, s.Store), before)
	})
}

func TestStore_TrainingRuns(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	v1 := newPublished(t, s.Store, "one")
	v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
	v2 = value(s.Publish(t.Context(), v2.ID, nil))(t)
	other, draft := newPublished(t, s.Store, "two"), newDraft(t, s.Store, "three")
	record := func(set annoset.AnnotationSet, model, version string) annoset.TrainingRun {
		return value(s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: model, ModelVersion: version}))(t)
	}
	runs := []annoset.TrainingRun{
		record(v1, "tagger", "1"), record(v2, "tagger", "2"), record(v1, "clf", "1"), record(other, "tagger", "2"),
	}
	for name, want := range map[string]struct {
		filter annoset.TrainingFilter
		runs   []annoset.TrainingRun
	}{
		"all":                       {annoset.TrainingFilter{}, runs},
		"of a set":                  {annoset.TrainingFilter{SetID: v1.ID}, []annoset.TrainingRun{runs[0], runs[2]}},
		"of a dataset":              {annoset.TrainingFilter{DatasetID: v1.DatasetID}, runs[:3]},
		"of a model":                {annoset.TrainingFilter{Model: "tagger"}, []annoset.TrainingRun{runs[0], runs[1], runs[3]}},
		"of a version of a model":   {annoset.TrainingFilter{Model: "tagger", ModelVersion: "2"}, []annoset.TrainingRun{runs[1], runs[3]}},
		"of a model in a dataset":   {annoset.TrainingFilter{Model: "tagger", DatasetID: other.DatasetID}, runs[3:]},
		"of a model there is not":   {annoset.TrainingFilter{Model: "none"}, []annoset.TrainingRun{}},
		"of a draft":                {annoset.TrainingFilter{SetID: draft.ID}, []annoset.TrainingRun{}},
		"of a set elsewhere":        {annoset.TrainingFilter{SetID: v1.ID, DatasetID: other.DatasetID}, []annoset.TrainingRun{}},
		"of a version of any model": {annoset.TrainingFilter{ModelVersion: "1"}, []annoset.TrainingRun{runs[0], runs[2]}},
	} {
		got, err := s.TrainingRuns(t.Context(), want.filter)
		is.NoErr(err)
		if fmt.Sprint(got) != fmt.Sprint(want.runs) {
			t.Errorf("%s: %v", name, got)
		}
	}
	_, err := s.TrainingRuns(t.Context(), annoset.TrainingFilter{SetID: uuid.New()})
	is.True(errors.Is(err, annoset.ErrNotFound))
	_, err = s.TrainingRuns(t.Context(), annoset.TrainingFilter{DatasetID: uuid.New()})
	is.True(errors.Is(err, annoset.ErrNotFound))

	err = s.DeleteSet(t.Context(), v1.ID)
	refused, ok := errors.AsType[*annoset.ImmutableError](err)
	is.True(ok)
	is.Equal(refused.Models, []string{"clf 1", "tagger 1"}) // what the set has trained
	is.True(strings.HasSuffix(err.Error(), `; trained: "clf 1", "tagger 1"`))
	err = s.DeleteDataset(t.Context(), v1.DatasetID)
	refused, ok = errors.AsType[*annoset.ImmutableError](err)
	is.True(ok)
	is.Equal(refused.SetID, v1.ID)
	is.Equal(refused.Models, []string{"clf 1", "tagger 1", "tagger 2"}) // what any set of the dataset has
}

func TestImmutableError_NamesSomeOfManyModels(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
	set := newPublished(t, s.Store, "d")
	for i := range annoset.MaxModels + 1 {
		for range 2 { // trained again
			_, err := s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: fmt.Sprintf("m%03d", i)})
			is.NoErr(err)
		}
	}
	err := s.DeleteSet(t.Context(), set.ID)
	refused, ok := errors.AsType[*annoset.ImmutableError](err)
	is.True(ok)
	is.Equal(len(refused.Models), annoset.MaxModels)
	is.Equal(refused.Models[1], "m001") // each once
	is.True(strings.HasSuffix(err.Error(), `"m004" and others`))
}
