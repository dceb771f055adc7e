package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

// findingsOf says what a report lists, a line each: the kind, and the ids of the labels or the name that it is about.
func findingsOf(r annoset.Report) []string {
	lines := []string{}
	for _, f := range r.Findings {
		line := string(f.Kind)
		for _, a := range f.Annotations {
			line += fmt.Sprint(" ", a.ID)
		}
		if len(f.Annotations) == 0 {
			line += " " + f.AudioFileID + f.ArtifactType
		}
		lines = append(lines, line)
	}
	return lines
}

func TestStore_Check(t *testing.T) {
	t.Parallel()
	seconds := &annoset.CheckOptions{Lengths: map[string]annoset.Length{
		"glitch": {MinMS: 10, MaxMS: 1000}, "hum": {MinMS: 10}, "pause": {MaxMS: 1000},
	}}
	tests := []struct {
		name  string
		opts  *annoset.CheckOptions
		lines []string // whose labels get the ids 1, 2, 3…
		want  []string
	}{
		{"nothing", nil, nil, []string{}},
		{"one label", nil, []string{"a hum 0 10"}, []string{}},
		{"duplicates", nil, []string{"a hum 0 10", "a hum 0 10", "b hum 0 10", "a hum 0 10"},
			[]string{"duplicate 1 2", "duplicate 1 4"}},
		{"duplicates down to confidence and extra data", nil, []string{
			`a hum 5 5 0.5 {"by":"anna","n":1}`, "a hum 5 5 0.5", `a hum 5 5 0.5 {"n":1, "by":"anna"}`,
			`a hum 5 5 0.5 {"n":2}`,
		}, []string{"duplicate 1 3", "point 1", "point 2", "point 3", "point 4"}},
		{"overlaps within a type", nil, []string{
			"a hum 0 100", "a hum 99 200", "a hum 200 300", // 200 is touched
			"a glitch 50 250", "b hum 0 1000",
		}, []string{"overlap 1 2"}},
		{"an overlap with one far back", nil, []string{"a hum 0 1000", "a hum 10 20", "a hum 999 1001"},
			[]string{"overlap 1 2", "overlap 1 3"}},
		{"contradictions", nil, []string{"a hum 0 10", "a glitch 0 10", "a pause 0 11", "b pause 0 10"},
			[]string{"contradiction 1 2"}},
		{"points", nil, []string{"a hum 0 100", "a hum 50 50", "a hum 100 101"}, []string{"point 2"}},
		{"lengths", seconds, []string{
			"a glitch 0 9", "b glitch 0 10", "c glitch 0 1000", "d glitch 0 1001", "e hum 0 9", "f hum 0 5000",
			"g pause 7 8", "h pause 7 1008", "i echo 0 1", "j glitch 3 3",
		}, []string{"too_short 1", "too_short 5", "too_short 10", "too_long 4", "too_long 8", "point 10"}},
		{"low confidence", &annoset.CheckOptions{MinConfidence: new(0.5)}, []string{
			"a hum 0 1 0.5", "b hum 0 1 0.49999", "c hum 0 1", "d hum 0 1 0",
		}, []string{"low_confidence 2", "low_confidence 4"}},
		{"confidences that nobody asked about", nil, []string{"a hum 0 1 0"}, []string{}},
	}
	for _, test := range tests {
		t.Run("finds "+test.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			draft := annosettest.Draft(t, s.Store, test.lines...)
			before := dump(t, s.Store)

			r := checked(t, s.Store, draft.ID, test.opts)

			is.Equal(findingsOf(r), test.want) // and nothing else
			is.Equal(r.SetID, draft.ID)
			is.Equal(r.Version, 1)
			is.Equal(r.TotalAnnotations, int64(len(test.lines)))
			is.Equal(r.FailAt, annoset.SeverityError)                           // the default
			is.Equal(r.Failed, r.FindingsBySeverity[annoset.SeverityError] > 0) // errors alone fail
			is.Equal(dump(t, s.Store), before)                                  // looking changes nothing
			value(s.Publish(t.Context(), draft.ID, &annoset.PublishOptions{AllowEmpty: true}))(t)
			is.Equal(checked(t, s.Store, draft.ID, test.opts), r) // of the published set the same
			next := value(s.NewVersion(t.Context(), draft.ID, annoset.NewSet{}))(t)
			of := checked(t, s.Store, next.ID, test.opts)
			is.Equal(of.Findings, r.Findings) // and of one that stands on it
			is.Equal(of.Version, 2)
		})
	}

	t.Run("finds types that no label has", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		_, v1 := newDeclared(t, s.Store)
		want := []string{"unused_type glitch", "unused_type long_pause", "unused_type hallucination"}
		is.Equal(findingsOf(checked(t, s.Store, v1.ID, nil)), want) // as they were declared
		v2 := annosettest.Publish(t, s.Store, "a.wav glitch 0 10", "a.wav hallucination 10 20")
		is.Equal(findingsOf(checked(t, s.Store, v2.ID, nil)), []string{"unused_type long_pause"})
		v3 := value(s.NewVersion(t.Context(), v2.ID, annoset.NewSet{}))(t)
		is.NoErr(s.Delete(t.Context(), v3.ID, idsOf(t, s.Store, v2.ID)[0]))
		is.Equal(findingsOf(checked(t, s.Store, v3.ID, nil)), []string{"unused_type glitch", "unused_type long_pause"})
	})

	t.Run("finds registered audio files that nobody examined", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		other, set := newDraft(t, s.Store, "b"), annosettest.Draft(t, s.Store,
			"labelled hum 0 10", "unregistered hum 0 10", "emptied hum 0 10", "gone hum 0 10", "clean clean", "unmarked clean")
		is.NoErr(s.AddAudioFiles(t.Context(), other.DatasetID, annoset.AudioFile{ID: "elsewhere"}))
		is.NoErr(s.AddAudioFiles(t.Context(), set.DatasetID, annoset.AudioFile{ID: "labelled"}, annoset.AudioFile{ID: "clean"},
			annoset.AudioFile{ID: "new"}, annoset.AudioFile{ID: "emptied"}, annoset.AudioFile{ID: "unmarked"}))
		is.NoErr(s.Delete(t.Context(), set.ID, idsOf(t, s.Store, set.ID)[2:]...))
		is.NoErr(s.UnmarkClean(t.Context(), set.ID, "unmarked"))

		r := checked(t, s.Store, set.ID, nil)

		want := []string{"unlabelled_audio_file emptied", "unlabelled_audio_file new", "unlabelled_audio_file unmarked"}
		is.Equal(findingsOf(r), want) // not gone, which nobody registered
	})

	t.Run("finds labels that another program wrote past the end", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a hum 0 100", "a hum 100 101", "b hum 0 999")
		_, err := openRaw(t, s.Path).Exec(`UPDATE audio_file SET duration_ms = 100 WHERE name = 'a'`)
		is.NoErr(err)

		r := checked(t, s.Store, set.ID, nil)

		is.Equal(findingsOf(r), []string{"past_end 2"}) // up to the end is within
		is.True(r.Failed)
	})

	t.Run("says what it found in sentences", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store,
			"a glitch 0 10", "a long_pause 0 10", "a glitch 5 25 0.25", "a glitch 30 30", "a glitch 30 30")
		is.NoErr(s.AddAudioFiles(t.Context(), d.ID, annoset.AudioFile{ID: "new"}))

		r := checked(t, s.Store, set.ID, &annoset.CheckOptions{
			Lengths: map[string]annoset.Length{"glitch": {MinMS: 1, MaxMS: 15}}, MinConfidence: new(0.5),
		})

		said := []string{}
		for _, f := range r.Findings {
			said = append(said, f.Message)
		}
		is.Equal(said, []string{
			`label 5 ("glitch" at [30, 30) ms of "a") says the same as label 4 ("glitch" at [30, 30) ms of "a")`,
			`label 3 ("glitch" at [5, 25) ms of "a") overlaps label 1 ("glitch" at [0, 10) ms of "a")`,
			`label 2 ("long_pause" at [0, 10) ms of "a") has the same span as label 1 ("glitch" at [0, 10) ms of "a")`,
			`label 4 ("glitch" at [30, 30) ms of "a") is 0 ms long, shorter than 1`,
			`label 5 ("glitch" at [30, 30) ms of "a") is 0 ms long, shorter than 1`,
			`label 3 ("glitch" at [5, 25) ms of "a") is 20 ms long, longer than 15`,
			`label 3 ("glitch" at [5, 25) ms of "a") has a confidence of 0.25, lower than 0.5`,
			`type "hallucination" is declared, and no label has it`,
			`audio file "new" has no label and is not marked as clean`,
			`label 4 ("glitch" at [30, 30) ms of "a") has no length`,
			`label 5 ("glitch" at [30, 30) ms of "a") has no length`,
		})
		labels := labelsOf(t, s.Store, set.ID)
		is.Equal(r.Findings[1].Annotations, []annoset.Annotation{labels[0], labels[2]}) // whole, the one it met first
	})

	t.Run("counts all and lists some", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		var lines []string
		for i := range 150 {
			lines = append(lines, fmt.Sprintf("%03d glitch %d 10", i/2, i%2*5))
		}
		_, set := newDeclared(t, s.Store, append(lines, lines...)...)

		r := checked(t, s.Store, set.ID, nil)
		is.Equal(r.FindingsByKind[annoset.FindingDuplicate], int64(150))
		is.Equal(r.FindingsByKind[annoset.FindingOverlap], int64(75))
		is.Equal(r.FindingsBySeverity[annoset.SeverityWarning], int64(75+2)) // two types are not used
		is.Equal(len(r.Findings), annoset.DefaultMaxListed+75+2)

		few := checked(t, s.Store, set.ID, &annoset.CheckOptions{MaxListed: 1})
		is.Equal(few.FindingsByKind, r.FindingsByKind) // the counts are as before
		is.Equal(findingsOf(few), []string{"duplicate 1 151", "overlap 1 2", "unused_type long_pause"})

		many := checked(t, s.Store, set.ID, &annoset.CheckOptions{MaxListed: 1000})
		is.Equal(many.FindingsByKind, r.FindingsByKind)
		is.Equal(len(many.Findings), 150+75+2)
		is.Equal(many.Findings[:annoset.DefaultMaxListed], r.Findings[:annoset.DefaultMaxListed]) // the first of them
	})

	t.Run("counts many that all overlap", func(t *testing.T) {
		t.Parallel()
		skipMany(t)
		is := is.New(t)
		const n = 20_000
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), set.ID, func(yield func(annoset.Annotation, error) bool) {
			for i := range int64(n) {
				if !yield(label("a", "hum", i, 2*n-i), nil) {
					return
				}
			}
		}, nil)
		is.NoErr(err)

		r := checked(t, s.Store, set.ID, nil)

		is.Equal(r.FindingsByKind[annoset.FindingOverlap], int64(n-1)) // each but the first, once
		is.Equal(r.FindingsBySeverity[annoset.SeverityWarning], int64(n-1))
		is.Equal(len(r.Findings), annoset.DefaultMaxListed)
	})

	t.Run("fails at the severity that is asked for", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		fails := func(at annoset.Severity) bool {
			r := checked(t, s.Store, set.ID, &annoset.CheckOptions{FailAt: at})
			is.Equal(r.FailAt, at)
			return r.Failed
		}
		add := func(line string) { value(s.Add(t.Context(), set.ID, annosettest.Labels(t, line)...))(t) }
		is.True(!fails("info") && !fails("warning") && !fails("error")) // nothing there
		add("a hum 5 5")
		is.True(fails("info") && !fails("warning") && !fails("error")) // a point
		add("a glitch 5 5")
		is.True(fails("info") && fails("warning") && !fails("error")) // and another type at it
		add("a hum 5 5")
		is.True(fails("info") && fails("warning") && fails("error")) // and a duplicate
	})

	t.Run("works in memory", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		set := annosettest.Draft(t, s, "a hum 0 10", "a hum 5 15")
		is.Equal(findingsOf(checked(t, s, set.ID, nil)), []string{"overlap 1 2"})
	})

	t.Run("refuses what is no set or no option", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		_, set := newDeclared(t, s.Store)
		_, err := s.Check(t.Context(), uuid.New(), nil)
		is.True(errors.Is(err, annoset.ErrNotFound))
		r, err := s.Check(t.Context(), set.ID, &annoset.CheckOptions{
			FailAt: "fatal", MinConfidence: new(1.5), MaxListed: -1, Lengths: map[string]annoset.Length{
				"glitch": {MinMS: -1}, "long_pause": {MinMS: 10, MaxMS: 9}, "hallucination": {MinMS: 9, MaxMS: 9},
			},
		})
		is.Equal(badFields(is, err), []string{"-1 fail_at", "-1 lengths", "-1 lengths", "-1 min_confidence", "-1 max_listed"})
		is.Equal(r.Findings, nil) // the zero value
		misspelled := &annoset.CheckOptions{Lengths: map[string]annoset.Length{"glich": {MinMS: 1}}}
		_, err = s.Check(t.Context(), set.ID, misspelled)
		is.Equal(badFields(is, err), []string{"-1 lengths"}) // which would be a check of nothing
		open := newDraft(t, s.Store, "b")
		_, err = s.Check(t.Context(), open.ID, misspelled)
		is.NoErr(err) // where any type may come, this one may
	})

	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a hum 0 10")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Check(ctx, set.ID, nil)
		is.True(errors.Is(err, context.Canceled))
	})
}

func TestStore_Publish_ifTheCheckPasses(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T) (*testStore, annoset.AnnotationSet, []int64) {
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a hum 0 10", "a hum 5 15", "a hum 5 15")
		return s, set, idsOf(t, s.Store, set.ID)
	}

	t.Run("refuses a set that fails", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, set, ids := setUp(t)
		before := dump(t, s.Store)
		want := checked(t, s.Store, set.ID, nil)

		got, err := s.Publish(t.Context(), set.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{}})

		is.True(errors.Is(err, annoset.ErrCheckFailed))
		failed, ok := errors.AsType[*annoset.CheckError](err)
		is.True(ok) // with facts
		is.Equal(*failed, annoset.CheckError{Op: "publish", Report: want})
		is.Equal(err.Error(), fmt.Sprintf(`annoset: publish %q: check failed: version 1 has 1 duplicate; first, %s`,
			set.ID, want.Findings[0].Message)) // what fails, and no more
		is.Equal(got, annoset.AnnotationSet{})
		is.Equal(dump(t, s.Store), before) // a draft as before

		is.NoErr(s.Delete(t.Context(), set.ID, ids[2]))
		_, err = s.Publish(t.Context(), set.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{}})
		is.NoErr(err) // the overlap is a warning
	})

	t.Run("refuses warnings where that is asked for", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, set, ids := setUp(t)
		clean := &annoset.PublishOptions{Check: &annoset.CheckOptions{FailAt: annoset.SeverityInfo}}
		is.NoErr(s.Delete(t.Context(), set.ID, ids[2]))
		_, err := s.Publish(t.Context(), set.ID, clean)
		is.True(errors.Is(err, annoset.ErrCheckFailed))
		is.NoErr(s.Delete(t.Context(), set.ID, ids[1]))
		_, err = s.Publish(t.Context(), set.ID, clean)
		is.NoErr(err)
	})

	t.Run("checks a version as a whole", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, v1, _ := setUp(t)
		_, err := s.Publish(t.Context(), v1.ID, nil)
		is.NoErr(err) // nobody asked
		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		_, err = s.Publish(t.Context(), v2.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{}})
		is.True(errors.Is(err, annoset.ErrCheckFailed)) // what it stands on counts
	})

	t.Run("refuses bad options", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, set, _ := setUp(t)
		_, err := s.Publish(t.Context(), set.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{MaxListed: -1}})
		is.Equal(badFields(is, err), []string{"-1 max_listed"})
	})

	t.Run("refuses a published set as ever", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, set, _ := setUp(t)
		_, err := s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		_, err = s.Publish(t.Context(), set.ID, &annoset.PublishOptions{Check: &annoset.CheckOptions{}})
		is.True(errors.Is(err, annoset.ErrPublished))
	})
}
