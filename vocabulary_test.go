package annoset_test

import (
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestStore_Vocabulary(t *testing.T) {
	t.Parallel()

	t.Run("takes declared types alone", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		_, set := newDeclared(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err) // glitch is declared
		before := dump(t, s.Store)

		_, err = s.Add(t.Context(), set.ID, label("a.wav", "glitch", 5, 10), label("a.wav", "Glitch", 0, 10))

		is.Equal(badFields(is, err), []string{"1 artifact_type"}) // by bytes, so another word
		is.Equal(dump(t, s.Store), before)                        // nothing written, the good label neither
		a := label("a.wav", "click", 0, 10)
		a.ID = ids[0]
		err = s.Update(t.Context(), set.ID, a)
		is.Equal(badFields(is, err), []string{"-1 artifact_type"}) // nor may a label become one
		is.Equal(dump(t, s.Store), before)                         // nothing written
	})

	t.Run("is free where none is declared", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")

		_, err := s.Add(t.Context(), set.ID, label("a.wav", "anything", 0, 10), label("a.wav", "ünd so", 0, 10))

		is.NoErr(err)
		stats, err := s.Stats(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(stats.AnnotationsByType, map[string]int64{"anything": 1, "ünd so": 1}) // all are counted
		d, err := s.Dataset(t.Context(), set.DatasetID)
		is.NoErr(err)
		is.Equal(d.ArtifactTypes, []annoset.ArtifactType{}) // using a type does not declare it
	})

	t.Run("can grow, and be put in another order", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
		published, err := s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		draft, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)
		types := []annoset.ArtifactType{
			{Name: "click", Color: "red"}, {Name: "hallucination"}, {Name: "glitch", Description: "new"}, {Name: "long_pause"},
		}

		d, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{ArtifactTypes: types})

		is.NoErr(err)
		is.Equal(d.ArtifactTypes, types) // as declared now
		same, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(same, published) // a published set keeps its statistics
		stats, err := s.Stats(t.Context(), draft.ID)
		is.NoErr(err)
		is.Equal(stats.AnnotationsByType, map[string]int64{"click": 0, "glitch": 1, "hallucination": 0, "long_pause": 0})
		is.NoErr(s.Verify(t.Context(), set.ID)) // the new type is no difference
		_, err = s.Add(t.Context(), draft.ID, label("a.wav", "click", 0, 10))
		is.NoErr(err) // the new word can be used
	})

	t.Run("keeps types that a label bears", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10), label("a.wav", "long_pause", 0, 10))
		is.NoErr(err)
		_, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		draft, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), draft.ID, ids...)) // in the draft no label is left
		before := dump(t, s.Store)

		_, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{
			Name: new("b"), ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "new"}},
		})

		is.True(errors.Is(err, annoset.ErrConflict)) // version 1 bears long_pause
		is.Equal(dump(t, s.Store), before)           // nothing written
	})

	t.Run("drops types that no label bears", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10), label("a.wav", "long_pause", 0, 10))
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), set.ID, ids[1])) // long_pause was borne once

		d, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{
			ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}},
		})

		is.NoErr(err)
		is.Equal(d.ArtifactTypes, []annoset.ArtifactType{{Name: "glitch"}}) // the others are gone
		before := dump(t, s.Store)
		_, err = s.Add(t.Context(), set.ID, label("a.wav", "long_pause", 0, 10))
		is.Equal(badFields(is, err), []string{"0 artifact_type"}) // and taken no more
		is.Equal(dump(t, s.Store), before)                        // nothing written
	})

	t.Run("can be given up, whatever labels bear", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)

		d, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{ArtifactTypes: []annoset.ArtifactType{}})

		is.NoErr(err)
		is.Equal(d.ArtifactTypes, []annoset.ArtifactType{}) // nothing is declared
		_, err = s.Add(t.Context(), set.ID, label("a.wav", "anything", 0, 10))
		is.NoErr(err) // any type is taken
		stats, err := s.Stats(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(stats.AnnotationsByType, map[string]int64{"glitch": 1, "anything": 1}) // no zeros any more
	})

	t.Run("must name what labels of a free dataset bear", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10), label("a.wav", "click", 0, 10))
		is.NoErr(err)
		before := dump(t, s.Store)

		_, err = s.UpdateDataset(t.Context(), set.DatasetID, annoset.DatasetPatch{ArtifactTypes: vocabulary})
		is.True(errors.Is(err, annoset.ErrConflict)) // click is left out
		is.Equal(dump(t, s.Store), before)           // nothing written
		types := append([]annoset.ArtifactType{{Name: "click"}}, vocabulary...)
		d, err := s.UpdateDataset(t.Context(), set.DatasetID, annoset.DatasetPatch{ArtifactTypes: types})
		is.NoErr(err)
		is.Equal(d.ArtifactTypes, types) // with click it is a vocabulary
	})
}
