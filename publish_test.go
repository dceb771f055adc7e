package annoset_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestStore_Publish(t *testing.T) {
	t.Parallel()

	t.Run("computes the statistics", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, reproducible())
		_, set := newDeclared(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID,
			label("a.wav", "glitch", 0, 100), label("a.wav", "glitch", 50, 150), // 150 of glitch
			label("a.wav", "long_pause", 140, 300),                              // 160, of which 10 are covered already
			label("a.wav", "glitch", 500, 500),                                  // a point
			label("a.wav", "glitch", 300, 310),                                  // touches, and adds 10
			label("b.wav", "glitch", 0, 1000), label("b.wav", "glitch", 10, 20), // one within another: 1,000
			label("b.wav", "glitch", 0, 1000),       // twice the same
			label("c.wav", "long_pause", 7, 7),      // a file of one point
			label("d.wav", "long_pause", 999, 1000), // 1
		)
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), set.ID, "e.wav", "f.wav"))
		want := annoset.Stats{
			TotalAnnotations:        10,
			TotalPositiveDurationMS: 310 + 1000 + 0 + 1,
			AnnotationsByType:       map[string]int64{"glitch": 7, "long_pause": 3, "hallucination": 0},
			DurationMSByType:        map[string]int64{"glitch": 160 + 1000, "long_pause": 160 + 1, "hallucination": 0},
			AnnotatedAudioFiles:     4,
			CleanAudioFiles:         2,
		}
		draft, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(draft.Stats, want) // of a draft they are computed when asked for

		got, err := s.Publish(t.Context(), set.ID, nil)

		is.NoErr(err)
		is.Equal(got.Stats, want)                     // by hand
		is.Equal(got.Status, annoset.StatusPublished) // locked
		is.Equal(len(got.Digest), len("sha256:")+64)  // with a digest
		at := time.Date(2026, 1, 2, 3, 4, 8, 0, time.UTC)
		is.Equal(*got.PublishedAt, at) // the third look at the clock
		draft.Stats, draft.Status, draft.Digest, draft.PublishedAt = want, annoset.StatusPublished, got.Digest, &at
		is.Equal(got, draft) // all else is as it was
		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)
		kept, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(kept, got) // the file holds it
		stats, err := s.Stats(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(stats, want) // as it was stored
	})

	t.Run("counts files by themselves", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 100), label("b.wav", "x", 0, 100))
		is.NoErr(err)

		set, err = s.Publish(t.Context(), set.ID, nil)

		is.NoErr(err)
		is.Equal(set.TotalPositiveDurationMS, int64(200))          // the same span of two files is no overlap
		is.Equal(set.DurationMSByType, map[string]int64{"x": 200}) // of a type neither
	})

	t.Run("sums up long spans", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, annoset.MaxTimeMS), label("b.wav", "x", 0, annoset.MaxTimeMS))
		is.NoErr(err)

		set, err = s.Publish(t.Context(), set.ID, nil)

		is.NoErr(err)
		is.Equal(set.TotalPositiveDurationMS, int64(2*annoset.MaxTimeMS)) // no overflow
	})

	t.Run("refuses a second time", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, reproducible())
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, filtered...)
		is.NoErr(err)
		published, err := s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		before := dump(t, s.Store)

		got, err := s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true})

		is.True(errors.Is(err, annoset.ErrPublished)) // it is published already
		immutable, ok := errors.AsType[*annoset.ImmutableError](err)
		is.True(ok) // with facts
		want := annoset.ImmutableError{Op: "publish", SetID: set.ID, Version: 1, PublishedAt: *published.PublishedAt}
		is.Equal(*immutable, want)             // what was tried, on what
		is.Equal(got, annoset.AnnotationSet{}) // the zero value
		is.Equal(dump(t, s.Store), before)     // the stamp is as it was
	})

	t.Run("refuses an empty set, unless asked by name", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		_, set := newDeclared(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 1))
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), set.ID, ids...)) // empty again
		before := dump(t, s.Store)

		_, err = s.Publish(t.Context(), set.ID, nil)
		is.True(errors.Is(err, annoset.ErrEmptySet)) // it could never be deleted
		_, err = s.Publish(t.Context(), set.ID, &annoset.PublishOptions{})
		is.True(errors.Is(err, annoset.ErrEmptySet)) // the zero value does not ask
		is.Equal(dump(t, s.Store), before)           // nothing written
		set, err = s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true})
		is.NoErr(err)
		is.Equal(set.TotalAnnotations, int64(0))                                                            // nothing in it
		is.Equal(set.AnnotationsByType, map[string]int64{"glitch": 0, "long_pause": 0, "hallucination": 0}) // and no type missing
		is.Equal(set.Digest, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")     // of no lines
	})

	t.Run("refuses a version that has removed all", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), v1.ID, label("a.wav", "x", 0, 1))
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), v1.ID, "b.wav"))
		_, err = s.Publish(t.Context(), v1.ID, nil)
		is.NoErr(err)
		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), v2.ID, ids...))
		is.NoErr(s.UnmarkClean(t.Context(), v2.ID, "b.wav"))
		before := dump(t, s.Store)

		_, err = s.Publish(t.Context(), v2.ID, nil)

		is.True(errors.Is(err, annoset.ErrEmptySet)) // what it stands on does not count
		is.Equal(dump(t, s.Store), before)           // nothing written
	})

	t.Run("locks all that the set consists of", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, filtered...)
		is.NoErr(err)
		set, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		before := dump(t, s.Store)

		_, added := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1))
		for op, err := range map[string]error{
			"add":        added,
			"update":     s.Update(t.Context(), set.ID, withID(ids[0], label("a.wav", "x", 0, 1))),
			"delete":     s.Delete(t.Context(), set.ID, ids[0]),
			"mark clean": s.MarkClean(t.Context(), set.ID, "new.wav"),
			"delete set": s.DeleteSet(t.Context(), set.ID),
		} {
			immutable, ok := errors.AsType[*annoset.ImmutableError](err)
			is.True(ok) // with facts
			is.Equal(*immutable, annoset.ImmutableError{Op: op, SetID: set.ID, Version: 1, PublishedAt: *set.PublishedAt})
		}
		is.Equal(dump(t, s.Store), before) // nothing written
	})

	t.Run("does not find an unknown set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		id := uuid.New()

		_, err := s.Publish(t.Context(), id, nil)

		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                                                                            // with facts
		is.Equal(*missing, annoset.NotFoundError{Op: "publish", Kind: "set", ID: id.String()}) // what is missing
	})
}

func TestStore_TrainingSet(t *testing.T) {
	t.Parallel()

	t.Run("lets no draft pass", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, filtered...)
		is.NoErr(err)

		training, err := s.TrainingSet(t.Context(), set.ID)

		is.True(training == nil)                  // nothing to train from
		is.True(errors.Is(err, annoset.ErrDraft)) // it may still change
		draft, ok := errors.AsType[*annoset.DraftError](err)
		is.True(ok)                                                                           // with facts
		is.Equal(*draft, annoset.DraftError{Op: "train from set", SetID: set.ID, Version: 1}) // which one
		_, err = s.TrainingSet(t.Context(), uuid.New())
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
	})

	t.Run("reads a published set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, filtered...)
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), set.ID, "clean.wav"))
		set, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)

		training, err := s.TrainingSet(t.Context(), set.ID)

		is.NoErr(err)
		is.Equal(training.Set, set) // with digest and statistics
		all := labelsOf(t, s.Store, set.ID)
		is.Equal(collect(t, training.Annotations(t.Context(), annoset.Filter{})), all) // all labels
		f := annoset.Filter{AudioFileIDs: []string{"b.wav"}}
		is.Equal(collect(t, training.Annotations(t.Context(), f)), all[5:6])               // or some
		is.Equal(collect(t, training.CleanAudioFiles(t.Context())), []string{"clean.wav"}) // and the negatives
	})
}

func TestStore_Verify(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "a")
	_, err := s.Add(t.Context(), set.ID, filtered...)
	is.NoErr(err)
	_, ok := errors.AsType[*annoset.DraftError](s.Verify(t.Context(), set.ID))
	is.True(ok) // a draft has nothing to be compared with
	_, err = s.Publish(t.Context(), set.ID, nil)
	is.NoErr(err)
	is.NoErr(s.Verify(t.Context(), set.ID))                                    // as it was published
	is.True(errors.Is(s.Verify(t.Context(), uuid.New()), annoset.ErrNotFound)) // no such set

	before := dump(t, s.Store)
	is.NoErr(s.Close()) // all is in one file then
	whole, err := os.ReadFile(s.Path)
	is.NoErr(err)
	for name, harm := range map[string]string{
		"label":      `UPDATE label SET end_ms = end_ms + 1 WHERE id = 5`,
		"confidence": `UPDATE label SET confidence = 0.75 WHERE id = 5`,
		"statistics": `UPDATE annotation_set SET total_positive_duration_ms = total_positive_duration_ms + 1`,
		"digest":     `UPDATE annotation_set SET digest = 'sha256:' || hex(zeroblob(32))`,
		"file":       `UPDATE layer_file SET digest = zeroblob(32)`,
	} {
		path := filepath.Join(t.TempDir(), "harmed")
		is.NoErr(os.WriteFile(path, whole, 0o600))
		db := openRaw(t, path)
		_, err := db.Exec(`DROP TRIGGER label_update; DROP TRIGGER annotation_set_update; DROP TRIGGER layer_file_update; ` + harm)
		is.NoErr(err)
		is.NoErr(db.Close())
		harmed, err := annoset.Open(t.Context(), path, nil)
		is.NoErr(err)
		err = harmed.Verify(t.Context(), set.ID)
		if !errors.Is(err, annoset.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		is.NoErr(harmed.Close())
	}
	s = reopenStore(t, s.Path, nil)
	is.Equal(dump(t, s.Store), before) // looking changes nothing
}

func TestStore_Publish_throughSeveralReaders(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	memory, err := annoset.OpenMemory(t.Context(), nil) // reads through one connection
	is.NoErr(err)
	defer memory.Close()
	var published []annoset.AnnotationSet
	for _, s := range []*annoset.Store{memory, openStore(t, nil).Store} {
		set := newDraft(t, s, "a")
		_, err := s.Import(t.Context(), set.ID, stream(600, 100), nil)
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), set.ID, "clean1.wav", "clean2.wav"))
		set, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		is.NoErr(s.Verify(t.Context(), set.ID)) // which reads through several, too
		published = append(published, set)
	}
	is.Equal(published[0].Stats, published[1].Stats)
	is.Equal(published[0].Digest, published[1].Digest)
}
