package annoset_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
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
		files, err = s.AudioFiles(t.Context(), other.DatasetID)
		is.NoErr(err)
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
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 100), label("a.wav", "x", 0, 90))
		is.NoErr(err)
		_, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		draft, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), draft.ID, ids...)) // the published set keeps them
		before := dump(t, s.Store)

		err = s.AddAudioFiles(t.Context(), set.DatasetID,
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
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 100))
		is.NoErr(err)
		other, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)
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

		files, err := s.AudioFiles(t.Context(), set.DatasetID)
		is.NoErr(err)
		is.Equal(files, []annoset.AudioFile{{ID: "kept.wav"}}) // the other one was named by that draft alone
	})
}
