package annoset_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

// newPublished makes a published set with one label in a dataset of its own.
func newPublished(t testing.TB, s *annoset.Store, name string) annoset.AnnotationSet {
	t.Helper()
	return value(s.Publish(t.Context(), inDataset(t, s, name, "a.wav hum 0 10"), nil))(t)
}

func TestStore_RecordTraining(t *testing.T) {
	t.Parallel()

	t.Run("keeps what it is told, and adds what it knows", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		set := annosettest.Publish(t, s.Store, "a.wav hum 0 10")
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
		is.Equal(run.ID, uuid.MustParse("00000000-0000-8000-8000-000000000003")) // from NewID
		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)
		runs := value(s.TrainingRuns(t.Context(), annoset.TrainingFilter{}))(t)
		is.Equal(runs, []annoset.TrainingRun{want}) // and reads as it was returned
	})

	t.Run("takes a name, and nothing else", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Publish(t, s.Store, "a.wav hum 0 10")
		run, err := s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: "tagger"})
		is.NoErr(err)
		is.Equal(run.Metrics, map[string]float64{}) // empty, never nil
		is.Equal(run.TrainedAt, run.RecordedAt)     // now
		is.Equal(run.RecordedBy, "")                // unsigned
	})

	t.Run("refuses drafts, bad input, and an id that is taken", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		opts := annosettest.Options()
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
		run := value(s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: "m"}))(t)
		before := dump(t, s.Store)

		_, err := s.RecordTraining(t.Context(), draft.ID, annoset.TrainingRun{Model: "m"})
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
		"of an unknown model":       {annoset.TrainingFilter{Model: "none"}, []annoset.TrainingRun{}},
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
	set := annosettest.Publish(t, s.Store, "a.wav hum 0 10")
	for i := range annoset.MaxModels + 1 {
		for range 2 { // trained again
			value(s.RecordTraining(t.Context(), set.ID, annoset.TrainingRun{Model: fmt.Sprintf("m%03d", i)}))(t)
		}
	}
	err := s.DeleteSet(t.Context(), set.ID)
	refused, ok := errors.AsType[*annoset.ImmutableError](err)
	is.True(ok)
	is.Equal(len(refused.Models), annoset.MaxModels)
	is.Equal(refused.Models[1], "m001") // each once
	is.True(strings.HasSuffix(err.Error(), `"m004" and others`))
}

func eightyTenTen(seed uint64) annoset.Split {
	return annoset.Split{Seed: seed, Train: 0.8, Validation: 0.1, Test: 0.1}
}

func TestSplit_PartOf(t *testing.T) {
	skipMany(t)
	t.Parallel()

	t.Run("is what a Python program computes by the documented rule", func(t *testing.T) {
		t.Parallel()
		tests := []struct {
			seed                 uint64
			id                   string
			of80_10_10, of502525 annoset.Part
		}{
			{0, "ep1.wav", annoset.Validation, annoset.Test},       // 0.816011866410964
			{0, "ep2.wav", annoset.Train, annoset.Train},           // 0.13389100633152673
			{0, "ep3.wav", annoset.Train, annoset.Validation},      // 0.523155875277732
			{0, "ep6.wav", annoset.Test, annoset.Test},             // 0.977234152848367
			{1, "ep1.wav", annoset.Train, annoset.Train},           // 0.19740817695890078
			{2026, "folder/ünï.wav", annoset.Train, annoset.Train}, // 0.4642165963139626
			{math.MaxUint64, "a", annoset.Test, annoset.Test},      // 0.9980051455944007
			{7, "speaker 4", annoset.Train, annoset.Validation},    // 0.7489760919641811
		}
		for _, tt := range tests {
			is := is.New(t)
			is.Equal(value(eightyTenTen(tt.seed).PartOf(tt.id))(t), tt.of80_10_10)
			quarters := annoset.Split{Seed: tt.seed, Train: 0.5, Validation: 0.25, Test: 0.25}
			is.Equal(value(quarters.PartOf(tt.id))(t), tt.of502525)
		}
	})

	t.Run("honours the fractions", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		const n = 50_000
		r := proof.Rand(t)
		for _, f := range [][3]float64{{0.8, 0.1, 0.1}, {0.5, 0.25, 0.25}, {0.99, 0.005, 0.005}, {0.34, 0.33, 0.33}} {
			split := annoset.Split{Seed: r.Uint64(), Train: f[0], Validation: f[1], Test: f[2]}
			counts := map[annoset.Part]float64{}
			for i := range n {
				part := value(split.PartOf(fmt.Sprintf("recording-%05d.wav", i)))(t)
				counts[part]++
			}
			for i, part := range []annoset.Part{annoset.Train, annoset.Validation, annoset.Test} {
				// Six standard deviations of a binomial distribution: one run in 500 million is further off.
				bound := 6 * math.Sqrt(n*f[i]*(1-f[i]))
				is.True(math.Abs(counts[part]-n*f[i]) <= bound) // within 1.3 % of all files at the most
			}
		}
	})

	t.Run("gives a part of 0 nothing", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		for part, split := range map[annoset.Part]annoset.Split{
			annoset.Train: {Train: 1 - 1e-10}, annoset.Validation: {Validation: 1}, annoset.Test: {Test: 1},
		} {
			for i := range 1000 {
				got := value(split.PartOf(fmt.Sprint(i)))(t)
				is.Equal(got, part) // all of it
			}
		}
		both := annoset.Split{Train: 0.7, Test: 0.3}
		for i := range 1000 {
			got := value(both.PartOf(fmt.Sprint(i)))(t)
			is.True(got != annoset.Validation)
		}
	})

	t.Run("keeps groups together", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		split := eightyTenTen(3)
		split.Group = func(id string) string {
			speaker, _, grouped := strings.Cut(id, "/")
			if !grouped {
				return ""
			}
			return speaker
		}
		parts := map[annoset.Part]bool{}
		for speaker := range 50 {
			want := value(eightyTenTen(3).PartOf(fmt.Sprintf("speaker%d", speaker)))(t)
			parts[want] = true
			for take := range 5 {
				got := value(split.PartOf(fmt.Sprintf("speaker%d/take%d.wav", speaker, take)))(t)
				is.Equal(got, want) // the group's name decides
			}
		}
		is.Equal(len(parts), 3) // and the groups are divided
		alone := value(split.PartOf("ep6.wav"))(t)
		want := value(eightyTenTen(3).PartOf("ep6.wav"))(t)
		is.Equal(alone, want) // without a group, its own name
	})

	t.Run("refuses invalid fractions", func(t *testing.T) {
		t.Parallel()
		tests := map[string]annoset.Split{
			"-1 train, validation and test": {Train: 0.8, Validation: 0.1, Test: 0.1 + 1e-8},
			"-1 train":                      {Train: -0.1, Validation: 0.6, Test: 0.5},
			"-1 validation":                 {Train: 0.5, Validation: math.NaN(), Test: 0.5},
			"-1 test":                       {Test: math.Inf(1)},
		}
		for field, split := range tests {
			is := is.New(t)
			part, err := split.PartOf("a.wav")
			is.Equal(badFields(is, err), []string{field})
			is.Equal(part, annoset.Part(""))
		}
		is := is.New(t)
		_, err := annoset.Split{}.PartOf("a.wav")
		is.True(errors.Is(err, annoset.ErrInvalid)) // nothing adds up to 0
	})
}

func TestTrainingSet_Part(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := t.Context()
	s := openStore(t, nil)
	clean, lines := []string{}, []string{}
	for i := range 20 {
		clean = append(clean, fmt.Sprintf("clean%02d.wav", i))
		lines = append(lines, clean[i]+" clean")
	}
	v1 := annosettest.Draft(t, s.Store, lines...)
	_, err := s.Import(ctx, v1.ID, stream(600, 60), nil)
	is.NoErr(err)
	v1 = value(s.Publish(ctx, v1.ID, nil))(t)
	v2 := value(s.NewVersion(ctx, v1.ID, annoset.NewSet{}))(t)
	gone := labelsOf(t, s.Store, v1.ID)[0].AudioFileID
	for _, a := range labelsOf(t, s.Store, v1.ID) {
		if a.AudioFileID == gone {
			is.NoErr(s.Delete(ctx, v2.ID, a.ID))
		}
	}
	_, err = s.Add(ctx, v2.ID, label("added.wav", "type0", 0, 10))
	is.NoErr(err)
	v2 = value(s.Publish(ctx, v2.ID, nil))(t)
	// partsOf says in which part each audio file of a version is, and that the parts are the whole of it.
	partsOf := func(set annoset.AnnotationSet) map[string]annoset.Part {
		training := value(s.TrainingSet(ctx, set.ID))(t)
		parts, files := map[string]annoset.Part{}, []string{}
		all, negatives := []annoset.Annotation{}, []string{}
		for _, part := range []annoset.Part{annoset.Train, annoset.Validation, annoset.Test} {
			p := value(training.Part(annoset.Split{Seed: 5, Train: 0.5, Validation: 0.25, Test: 0.25}, part))(t)
			for _, name := range collect(t, p.AudioFiles(ctx)) {
				parts[name] = part
				files = append(files, name)
			}
			for _, a := range collect(t, p.Annotations(ctx, annoset.Filter{})) {
				is.Equal(parts[a.AudioFileID], part) // each label lies on a file of its part
				all = append(all, a)
			}
			one := collect(t, p.Annotations(ctx, annoset.Filter{ArtifactTypes: []string{"type1"}, AudioFileIDs: files[:1]}))
			is.True(len(one) <= 10) // the filter narrows
			for _, a := range one {
				is.Equal(a.ArtifactType, "type1")
			}
			negatives = append(negatives, collect(t, p.CleanAudioFiles(ctx))...)
		}
		is.Equal(len(files), len(parts))                                // a file is in one part
		is.Equal(nameless(all), nameless(labelsOf(t, s.Store, set.ID))) // the parts are all labels
		is.Equal(slices.Sorted(slices.Values(negatives)), clean)        // and all clean files
		is.Equal(int64(len(parts)), set.AnnotatedAudioFiles+set.CleanAudioFiles)
		return parts
	}

	before, after := partsOf(v1), partsOf(v2)

	_, still := after[gone]
	is.True(!still) // it has neither labels nor a mark any more
	delete(before, gone)
	delete(after, "added.wav")
	is.True(maps.Equal(before, after)) // each file keeps its part in the next version

	training := value(s.TrainingSet(ctx, v2.ID))(t)
	_, err = training.Part(eightyTenTen(0), "exam")
	is.Equal(badFields(is, err), []string{"-1 part"})
	_, err = training.Part(annoset.Split{Train: 2}, annoset.Train)
	is.Equal(badFields(is, err), []string{"-1 train"})
	p := value(training.Part(eightyTenTen(0), annoset.Train))(t)
	for _, err := range p.Annotations(ctx, annoset.Filter{FromMS: -1}) {
		is.Equal(badFields(is, err), []string{"-1 from_ms"})
	}
}

// A slow group keeps nobody from using a store in memory, and may use it too.
func TestSplit_Group_usesTheStore(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := value(annoset.OpenMemory(t.Context(), &annoset.Options{BusyTimeout: -1}))(t) // waits for nobody
	defer s.Close()
	draft := newDraft(t, s, "one")
	_, err := s.Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10), label("b.wav", "glitch", 0, 10))
	is.NoErr(err)
	is.NoErr(s.MarkClean(t.Context(), draft.ID, "c.wav"))
	v1 := value(s.Publish(t.Context(), draft.ID, nil))(t)
	training := value(s.TrainingSet(t.Context(), v1.ID))(t)
	asked := 0
	part := value(training.Part(annoset.Split{Train: 1, Group: func(string) string {
		asked++
		_, err := s.Datasets(t.Context())
		is.NoErr(err)
		return ""
	}}, annoset.Train))(t)
	is.Equal(len(collect(t, part.Annotations(t.Context(), annoset.Filter{}))), 2)
	is.Equal(len(collect(t, part.AudioFiles(t.Context()))), 3)
	is.Equal(len(collect(t, part.CleanAudioFiles(t.Context()))), 1)
	is.Equal(len(collect(t, part.Examined(t.Context(), annoset.Filter{}))), 3)
	is.Equal(asked, 12)
	for _, err := range []error{
		lastErr((&annoset.TrainingPart{}).AudioFiles(t.Context())), lastErr((&annoset.TrainingSet{}).Examined(t.Context(), annoset.Filter{})),
	} {
		is.True(errors.Is(err, annoset.ErrInvalid)) // what was not opened is no panic
	}
}
