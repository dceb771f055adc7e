package annoset_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

func TestStore_AddAudioFiles(t *testing.T) {
	t.Parallel()

	t.Run("is optional", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		is.NoErr(s.AddAudioFiles(t.Context(), set.DatasetID, annoset.AudioFile{ID: "b.wav", DurationMS: 500}))
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
		is.NoErr(s.MarkClean(t.Context(), set.ID, "C.wav"))

		files, err := s.AudioFiles(t.Context(), set.DatasetID)

		is.NoErr(err)
		is.Equal(files, []annoset.AudioFile{{ID: "C.wav"}, {ID: "a.wav"}, {ID: "b.wav", DurationMS: 500}}) // by bytes
		other := newDraft(t, s.Store, "b")
		files = value(s.AudioFiles(t.Context(), other.DatasetID))(t)
		is.Equal(files, []annoset.AudioFile{}) // files belong to one dataset; empty, not nil
	})

	t.Run("takes labels up to the end, and none past it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		is.NoErr(s.AddAudioFiles(t.Context(), set.DatasetID, annoset.AudioFile{ID: "a.wav", DurationMS: 500}))
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 490, 500), label("a.wav", "x", 500, 500))
		is.NoErr(err) // half open: 500 is the end
		before := dump(t, s.Store)

		_, err = s.Add(t.Context(), set.ID, label("b.wav", "x", 490, 501), label("a.wav", "x", 490, 501))

		is.Equal(badFields(is, err), []string{"1 end_ms"}) // b.wav has no known end
		a := label("a.wav", "x", 501, 501)
		a.ID = ids[0]
		is.Equal(badFields(is, s.Update(t.Context(), set.ID, a)), []string{"-1 end_ms"}) // a point past it neither
		is.Equal(dump(t, s.Store), before)                                               // nothing written
	})

	t.Run("refuses a duration shorter than a label of any set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Publish(t, s.Store, "a.wav x 0 100", "a.wav x 0 90")
		ids := idsOf(t, s.Store, set.ID)
		draft := value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
		is.NoErr(s.Delete(t.Context(), draft.ID, ids...)) // the published set keeps them
		before := dump(t, s.Store)

		err := s.AddAudioFiles(t.Context(), set.DatasetID,
			annoset.AudioFile{ID: "new.wav"}, annoset.AudioFile{ID: "a.wav", DurationMS: 99})

		is.Equal(badFields(is, err), []string{"1 duration_ms"}) // version 1 reaches up to 100
		is.Equal(dump(t, s.Store), before)                      // new.wav is not there either
		is.NoErr(s.AddAudioFiles(t.Context(), set.DatasetID, annoset.AudioFile{ID: "a.wav", DurationMS: 100}))
	})

	t.Run("changes a duration, and 0 leaves it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		for _, duration := range []int64{0, 500, 0, 400, 600, 0} {
			is.NoErr(s.AddAudioFiles(t.Context(), set.DatasetID, annoset.AudioFile{ID: "a.wav", DurationMS: duration}))
		}

		files, err := s.AudioFiles(t.Context(), set.DatasetID)

		is.NoErr(err)
		is.Equal(files, []annoset.AudioFile{{ID: "a.wav", DurationMS: 600}}) // the last one known
	})

	t.Run("frees a duration when the label that was in its way is gone", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a.wav x 0 100")
		ids := idsOf(t, s.Store, set.ID)
		other := value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
		short := annoset.AudioFile{ID: "a.wav", DurationMS: 50}

		is.NoErr(s.Delete(t.Context(), set.ID, ids...))
		is.True(errors.Is(s.AddAudioFiles(t.Context(), set.DatasetID, short), annoset.ErrInvalid)) // the other draft has it
		is.NoErr(s.DeleteSet(t.Context(), other.ID))
		is.NoErr(s.AddAudioFiles(t.Context(), set.DatasetID, short)) // now none has
	})

	t.Run("names every bad field", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		before := dump(t, s.Store)

		err := s.AddAudioFiles(t.Context(), set.DatasetID,
			annoset.AudioFile{ID: "good.wav"}, annoset.AudioFile{}, annoset.AudioFile{ID: "a", DurationMS: -1},
			annoset.AudioFile{ID: "\xff", DurationMS: annoset.MaxTimeMS + 1})

		is.Equal(badFields(is, err), []string{"1 id", "2 duration_ms", "3 id", "3 duration_ms"}) // all at once
		err = s.AddAudioFiles(t.Context(), uuid.New(), annoset.AudioFile{ID: "a"})
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such dataset
		_, err = s.AudioFiles(t.Context(), uuid.New())
		is.True(errors.Is(err, annoset.ErrNotFound)) // nothing to list either
		is.Equal(dump(t, s.Store), before)           // nothing written
	})

	t.Run("keeps registered files when a draft goes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		is.NoErr(s.AddAudioFiles(t.Context(), set.DatasetID, annoset.AudioFile{ID: "kept.wav"}))
		_, err := s.Add(t.Context(), set.ID, label("kept.wav", "x", 0, 1), label("gone.wav", "x", 0, 1))
		is.NoErr(err)

		is.NoErr(s.DeleteSet(t.Context(), set.ID))

		files := value(s.AudioFiles(t.Context(), set.DatasetID))(t)
		is.Equal(files, []annoset.AudioFile{{ID: "kept.wav"}}) // the other one was named by that draft alone
	})
}

func TestStore_MarkClean(t *testing.T) {
	t.Parallel()

	t.Run("marks files in this set alone", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		other := value(s.CreateSet(t.Context(), set.DatasetID, annoset.NewSet{}))(t)

		is.NoErr(s.MarkClean(t.Context(), set.ID, "b.wav", "a.wav", "b.wav"))
		is.NoErr(s.MarkClean(t.Context(), set.ID, "a.wav")) // already marked is no error
		is.NoErr(s.MarkClean(t.Context(), set.ID))          // nor is nothing

		is.Equal(cleanOf(t, s.Store, set.ID), []string{"a.wav", "b.wav"}) // once each, in order
		is.Equal(cleanOf(t, s.Store, other.ID), []string{})               // the other draft has none
		stats := value(s.Stats(t.Context(), set.ID))(t)
		is.Equal(stats.CleanAudioFiles, int64(2))     // they count
		is.Equal(stats.AnnotatedAudioFiles, int64(0)) // and have no label
	})

	t.Run("refuses a file that has labels", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a.wav x 5 5")
		ids := idsOf(t, s.Store, set.ID)
		before := dump(t, s.Store)

		err := s.MarkClean(t.Context(), set.ID, "b.wav", "a.wav")

		is.True(errors.Is(err, annoset.ErrConflict)) // a point is a label too
		is.Equal(dump(t, s.Store), before)           // b.wav is not marked either
		is.NoErr(s.Delete(t.Context(), set.ID, ids...))
		is.Equal(cleanOf(t, s.Store, set.ID), []string{})   // a file without labels is not clean by itself
		is.NoErr(s.MarkClean(t.Context(), set.ID, "a.wav")) // but may be marked now
	})

	t.Run("refuses bad names, unknown and published sets", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set, draft := newDraft(t, s.Store, "a"), newDraft(t, s.Store, "b")
		is.NoErr(s.MarkClean(t.Context(), set.ID, "a.wav"))
		set, err := s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err) // a set of clean files is not empty
		before := dump(t, s.Store)
		calls := map[string]func(uuid.UUID, ...string) error{
			"mark clean":   func(id uuid.UUID, names ...string) error { return s.MarkClean(t.Context(), id, names...) },
			"unmark clean": func(id uuid.UUID, names ...string) error { return s.UnmarkClean(t.Context(), id, names...) },
		}
		for op, call := range calls {
			is.Equal(badFields(is, call(draft.ID, "a", "", "\xff")), []string{"1 audio_file_id", "2 audio_file_id"})
			is.True(errors.Is(call(uuid.New(), "a.wav"), annoset.ErrNotFound)) // no such set
			immutable, ok := errors.AsType[*annoset.ImmutableError](call(set.ID, "a.wav"))
			is.True(ok) // published
			is.Equal(*immutable, annoset.ImmutableError{Op: op, SetID: set.ID, Version: 1, PublishedAt: *set.PublishedAt})
		}
		for _, err := range s.CleanAudioFiles(t.Context(), uuid.New()) {
			is.True(errors.Is(err, annoset.ErrNotFound)) // nothing to read either
		}
		is.Equal(dump(t, s.Store), before) // nothing written
	})
}

func TestStore_UnmarkClean(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := annosettest.Draft(t, s.Store, "a.wav clean", "b.wav clean")
	_, err := s.Add(t.Context(), set.ID, label("c.wav", "x", 0, 1))
	is.NoErr(err)

	is.NoErr(s.UnmarkClean(t.Context(), set.ID, "a.wav", "a.wav", "c.wav", "unknown.wav"))

	is.Equal(cleanOf(t, s.Store, set.ID), []string{"b.wav"}) // files without a mark stay as they are
	stats := value(s.Stats(t.Context(), set.ID))(t)
	is.Equal(stats.CleanAudioFiles, int64(1))     // one is left
	is.Equal(stats.AnnotatedAudioFiles, int64(1)) // the label stays
}

func TestCleanMarks(t *testing.T) {
	t.Parallel()

	t.Run("give way to a label", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store,
			"a.wav clean", "b.wav clean", "c.wav clean", "d.wav clean", "file00000.wav clean")

		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1))
		is.NoErr(err)
		is.NoErr(s.Update(t.Context(), set.ID, withID(ids[0], label("b.wav", "x", 0, 1)))) // a label that moves there
		_, err = s.Import(t.Context(), set.ID, pairs(label("c.wav", "x", 0, 1)), nil)
		is.NoErr(err)
		_, err = s.Import(t.Context(), set.ID, stream(proof.BulkRows, 1), nil)
		is.NoErr(err)

		is.Equal(cleanOf(t, s.Store, set.ID), []string{"d.wav"}) // a.wav lost its mark, and does not get it back
	})

	t.Run("stay when a label is refused", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a.wav clean")
		before := dump(t, s.Store)

		_, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1), label("a.wav", "x", 1, 0))

		is.True(errors.Is(err, annoset.ErrInvalid)) // the second label is bad
		is.Equal(dump(t, s.Store), before)          // nothing written
	})

	t.Run("are inherited, and can be taken away in the new version", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := annosettest.Draft(t, s.Store, "a.wav clean", "b.wav clean", "c.wav clean")
		ids, err := s.Add(t.Context(), v1.ID, label("d.wav", "x", 0, 10))
		is.NoErr(err)
		v1 = value(s.Publish(t.Context(), v1.ID, nil))(t)
		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		is.Equal(cleanOf(t, s.Store, v2.ID), []string{"a.wav", "b.wav", "c.wav"}) // inherited
		is.Equal(v2.Stats, v1.Stats)                                              // the same contents

		is.NoErr(s.UnmarkClean(t.Context(), v2.ID, "a.wav"))
		_, err = s.Add(t.Context(), v2.ID, label("b.wav", "x", 0, 5))
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), v2.ID, ids...))
		is.NoErr(s.MarkClean(t.Context(), v2.ID, "d.wav", "e.wav")) // d.wav has no label here

		want := []string{"c.wav", "d.wav", "e.wav"}
		is.Equal(cleanOf(t, s.Store, v2.ID), want) // of the draft
		v2 = value(s.Publish(t.Context(), v2.ID, nil))(t)
		is.Equal(cleanOf(t, s.Store, v2.ID), want)                                // and once it is published
		is.Equal(v2.CleanAudioFiles, int64(3))                                    // counted
		is.Equal(v2.AnnotatedAudioFiles, int64(1))                                // b.wav
		is.Equal(v2.TotalPositiveDurationMS, int64(5))                            // d.wav has no label any more
		is.Equal(cleanOf(t, s.Store, v1.ID), []string{"a.wav", "b.wav", "c.wav"}) // the old version is as it was
		v3 := value(s.NewVersion(t.Context(), v2.ID, annoset.NewSet{}))(t)
		is.NoErr(s.MarkClean(t.Context(), v3.ID, "a.wav"))
		is.Equal(cleanOf(t, s.Store, v3.ID), append([]string{"a.wav"}, want...)) // what was taken away comes back
	})
}
