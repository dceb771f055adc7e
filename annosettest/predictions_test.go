package annosettest_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/evaluate"
)

// matchings are those for which the counts are exact.
var matchings = []evaluate.Matching{
	{},
	{OnsetCollarMS: -1, OffsetCollarMS: -1, OffsetPercent: -1},
	{OnsetCollarMS: 999, OffsetCollarMS: 1 << 20, OffsetPercent: 100},
	{OnsetCollarMS: 999, OnsetOnly: true},
	{By: evaluate.MatchIoU},
	{By: evaluate.MatchIoU, MinIoU: 0.01},
	{By: evaluate.MatchIoU, MinIoU: 1},
}

// checkScores evaluates predictions of a set of n labels and compares the scores with the mistakes.
func checkScores(t *testing.T, s *annoset.Store, set annoset.AnnotationSet, m annosettest.Mistakes,
	predictions iter.Seq2[annoset.Annotation, error],
) {
	t.Helper()
	for _, matching := range matchings {
		e, err := evaluate.AgainstSet(context.Background(), s, set.ID, predictions, &evaluate.Options{Matching: matching})
		if err != nil {
			t.Fatal(err)
		}
		n := set.TotalAnnotations
		got := [...]int64{e.Micro.TruePositives, e.Micro.FalseNegatives, e.Micro.FalsePositives, e.Micro.Deletions,
			e.Micro.Insertions, e.Micro.Substitutions, e.SkippedPredictions, e.AudioFiles}
		d, i, sub := int64(m.Deletions), int64(m.Insertions), int64(m.Substitutions)
		want := [...]int64{n - d - sub, d + sub, i + sub, d, i, sub, 0, set.AnnotatedAudioFiles + set.CleanAudioFiles}
		if got != want {
			t.Errorf("%+v, %+v: TP FN FP D I S skipped files: %v, want %v", m, matching, got, want)
		}
	}
}

func TestPredictions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	t.Run("of generated labels have the scores of their mistakes", func(t *testing.T) {
		t.Parallel()
		s := annosettest.New(t)
		for seed := range uint64(6) {
			set := annosettest.Draft(t, s, "clean.wav clean")
			shape := annosettest.Shape{ArtifactTypes: []string{"a", "b", "c"}[:2+seed%2], Confidence: seed%3 == 0}
			if _, err := s.Import(ctx, set.ID, annosettest.Generate(seed, shape), nil); err != nil {
				t.Fatal(err)
			}
			set, err := s.Publish(ctx, set.ID, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []annosettest.Mistakes{
				{},
				{Deletions: 200},
				{Insertions: 1000},
				{Substitutions: 60},
				{Deletions: 1, Insertions: 1, Substitutions: 1},
				{Deletions: 40, Insertions: 50, Substitutions: 60},
			} {
				checkScores(t, s, set, m, annosettest.Predictions(t, s, set.ID, seed+1, m))
			}
		}
	})
	t.Run("of any labels too", func(t *testing.T) {
		t.Parallel()
		s := annosettest.New(t)
		for seed := range uint64(30) {
			set, most := crowded(t, s, seed)
			r := rand.New(rand.NewPCG(seed, 2))
			for range 3 {
				m := annosettest.Mistakes{Insertions: r.IntN(10)}
				m.Substitutions = r.IntN(most.Substitutions + 1)
				m.Deletions = r.IntN(most.Deletions + 1)
				checkScores(t, s, set, m, annosettest.Predictions(t, s, set.ID, seed, m))
			}
			checkScores(t, s, set, most, annosettest.Predictions(t, s, set.ID, seed, most))
		}
	})
	t.Run("are the labels where nothing is wrong", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		lines := []string{`a.wav click 5 10 0.5 {"k":1}`, "a.wav glitch 5 11", "b.wav clean", "c.wav click 0 0"}
		v1 := annosettest.Publish(t, s, lines...)
		got, err := s.CreateSet(ctx, v1.DatasetID, annoset.NewSet{})
		is.NoErr(err)
		_, err = s.Import(ctx, got.ID, annosettest.Predictions(t, s, v1.ID, 1, annosettest.Mistakes{}), nil)
		is.NoErr(err)
		is.Equal(annosettest.Lines(t, s, got.ID), append(lines[:2:2], lines[3]))
	})
	t.Run("are the same for the same contents, seed and mistakes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var prints []string
		for _, seed := range []uint64{1, 1, 2} {
			s := annosettest.New(t)
			lines := slices.Collect(func(yield func(string) bool) {
				for a, err := range annosettest.Generate(1, annosettest.Shape{Confidence: true}) {
					is.NoErr(err)
					if !yield(fmt.Sprint(a.AudioFileID, " ", a.ArtifactType, " ", a.StartMS, " ", a.EndMS, " ", *a.Confidence)) {
						return
					}
				}
			})
			if len(prints) == 1 {
				slices.Reverse(lines) // other ids
				annosettest.Draft(t, s, "x.wav y 0 1")
			}
			set := annosettest.Draft(t, s, lines...)
			predictions := annosettest.Predictions(t, s, set.ID, seed, annosettest.Mistakes{20, 20, 20})
			prints = append(prints, fingerprint(t, predictions))
			is.Equal(fingerprint(t, predictions), prints[len(prints)-1]) // in each loop
		}
		is.Equal(prints[0], prints[1])
		is.True(prints[0] != prints[2])
	})
	t.Run("fit into the set's own dataset, in order and without ids", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		d, err := s.CreateDataset(ctx, annoset.NewDataset{
			Name: "test", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "never used"}},
		})
		is.NoErr(err)
		is.NoErr(s.AddAudioFiles(ctx, d.ID, annoset.AudioFile{ID: "a.wav", DurationMS: 10_000}))
		set := annosettest.Draft(t, s, "a.wav glitch 3000 5000 0.5", "b.wav clean")
		m := annosettest.Mistakes{Substitutions: 1, Insertions: 3} // one before it, two behind
		predictions := annosettest.Predictions(t, s, set.ID, 1, m)
		checkScores(t, s, set, m, predictions)
		var all []annoset.Annotation
		for a, err := range predictions {
			is.NoErr(err)
			all = append(all, a)
			is.Equal(a.ID, int64(0))
			is.Equal(a.AudioFileID, "a.wav")
			is.Equal(*a.Confidence, 0.5)
		}
		is.True(slices.IsSortedFunc(all, func(a, b annoset.Annotation) int { return int(a.StartMS - b.StartMS) }))
		is.Equal(all[1].ArtifactType, "never used")
		n, err := s.Import(ctx, annosettest.Draft(t, s).ID, predictions, nil)
		is.NoErr(err)
		is.Equal(n, 4)
		r := record(t, func(tb testing.TB) {
			annosettest.Predictions(tb, s, set.ID, 1, annosettest.Mistakes{Insertions: 100})
		})
		is.Equal(r.said(), "annosettest.Predictions: 100 insertions are too many: the set has 2 audio files, and room for 3 "+
			"insertions, each 1000 ms away from every label and within the known durations")
	})
	t.Run("of a set of clean audio files alone are insertions", func(t *testing.T) {
		t.Parallel()
		s := annosettest.New(t)
		set := annosettest.Publish(t, s, "a.wav clean", "b.wav clean")
		m := annosettest.Mistakes{Insertions: 50}
		checkScores(t, s, set, m, annosettest.Predictions(t, s, set.ID, 1, m))
	})
}

// crowded makes a set whose labels lie over one another, and returns how many mistakes it has room for.
func crowded(t *testing.T, s *annoset.Store, seed uint64) (annoset.AnnotationSet, annosettest.Mistakes) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var lines []string
	for range 1 + r.IntN(60) {
		start, length := r.IntN(1000*(2+r.IntN(40))), r.IntN(3000)
		if r.IntN(4) == 0 {
			length = 0
		}
		line := fmt.Sprintf("%d.wav %c %d %d", r.IntN(4), 'a'+rune(r.IntN(5)), start, start+length)
		lines = append(lines, line)
		if r.IntN(10) == 0 {
			lines = append(lines, line)
		}
	}
	set := annosettest.Publish(t, s, lines...)
	room := func(m annosettest.Mistakes, kind string) (n int) {
		said := record(t, func(tb testing.TB) { annosettest.Predictions(tb, s, set.ID, seed, m) }).said()
		_, after, found := strings.Cut(said, "and room for ")
		if _, err := fmt.Sscanf(after, "%d "+kind, &n); !found || err != nil {
			t.Fatalf("%q: %v", said, err)
		}
		return n
	}
	most := annosettest.Mistakes{Insertions: 20}
	most.Substitutions = room(annosettest.Mistakes{Substitutions: 1000}, "substitutions")
	most.Deletions = room(annosettest.Mistakes{Substitutions: most.Substitutions, Deletions: 1000}, "deletions")
	return set, most
}

func TestPredictions_refuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		lines []string
		m     annosettest.Mistakes
		want  string
	}{
		{"more deletions than labels", []string{"a.wav x 0 1", "b.wav x 0 1"}, annosettest.Mistakes{Deletions: 3},
			"3 deletions are too many: the set has 2 labels, and room for 2 deletions beside 0 substitutions"},
		{"substitutions without a second type", []string{"a.wav x 0 1"}, annosettest.Mistakes{Substitutions: 1},
			"1 substitutions are too many: the set has 1 labels, and it has no second type, and room for 0 substitutions"},
		{"substitutions where labels lie over one another", []string{"a.wav x 0 10", "a.wav y 5 15"},
			annosettest.Mistakes{Substitutions: 2},
			"2 substitutions are too many: the set has 2 labels, and room for 1 substitutions"},
		{"both", []string{"a.wav x 0 10", "a.wav y 5 15"}, annosettest.Mistakes{Substitutions: 1, Deletions: 1},
			"1 deletions are too many: the set has 2 labels, and room for 0 deletions beside 1 substitutions"},
		{"insertions without an audio file", nil, annosettest.Mistakes{Insertions: 1},
			"1 insertions are too many: the set has 0 audio files, and room for 0 insertions, " +
				"each 1000 ms away from every label and within the known durations"},
		{"numbers below 0", []string{"a.wav x 0 1"}, annosettest.Mistakes{Deletions: -1},
			"mistakes below 0: {Deletions:-1 Insertions:0 Substitutions:0}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := record(t, func(tb testing.TB) {
				s := annosettest.New(tb)
				annosettest.Predictions(tb, s, annosettest.Draft(tb, s, test.lines...).ID, 1, test.m)
			})
			is.True(r.Failed())
			is.Equal(r.said(), "annosettest.Predictions: "+test.want)
		})
	}
	t.Run("a set that does not exist", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := record(t, func(tb testing.TB) {
			annosettest.Predictions(tb, annosettest.New(tb), annoset.AnnotationSet{}.ID, 1, annosettest.Mistakes{})
		})
		is.True(strings.Contains(r.said(), "not found"))
	})
}
