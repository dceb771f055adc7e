package annoset_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/layer"
)

// stations writes a history down, a state a line.
func stations(states []annoset.AnnotationState) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = fmt.Sprintf("v%d %s %s", s.Version, s.Status, s.Kind)
		if a := s.Annotation; a != nil {
			out[i] += fmt.Sprintf(": %s %s %d-%d", a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)
		}
	}
	return out
}

func TestStore_AnnotationHistory(t *testing.T) {
	t.Parallel()

	t.Run("tells each change in order of version", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, reproducible())
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 10), label("a.wav", "x", 0, 10))
		is.NoErr(err)
		edits := []func() error{
			nil, // v1 stays as it is
			func() error { return s.Update(t.Context(), set.ID, withID(ids[0], label("a.wav", "y", 0, 10))) },
			func() error { return s.Delete(t.Context(), set.ID, ids[1]) }, // another label
			func() error { return s.Update(t.Context(), set.ID, withID(ids[0], label("b.wav", "y", 5, 10))) },
			func() error { return s.Delete(t.Context(), set.ID, ids[0]) },
		}
		var published time.Time
		for i, edit := range edits {
			if i > 0 {
				set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
				is.NoErr(err)
				is.NoErr(edit())
			}
			if i < len(edits)-1 {
				set, err = s.Publish(t.Context(), set.ID, nil)
				is.NoErr(err)
				published = *set.PublishedAt
			}
		}

		states, err := s.AnnotationHistory(t.Context(), ids[0])

		is.NoErr(err)
		is.Equal(stations(states), []string{
			"v1 published added: a.wav x 0-10",
			"v2 published relabelled: a.wav y 0-10",
			"v4 published rewritten: b.wav y 5-10", // v3 left it alone
			"v5 draft removed",
		})
		is.Equal(states[2].Time, published)       // when the version was published
		is.Equal(states[3].Time, set.CreatedAt)   // or begun, where it is a draft
		is.Equal(states[3].SetID, set.ID)         // the set
		is.Equal(states[2].Annotation.ID, ids[0]) // and the label itself
	})

	t.Run("follows each branch from where it began", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), v1.ID, label("a.wav", "x", 0, 10))
		is.NoErr(err)
		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}) // a copy of a draft
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), v2.ID, ids[0])) // of which nothing is left
		v1, err = s.Publish(t.Context(), v1.ID, nil)
		is.NoErr(err)
		v3, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Update(t.Context(), v3.ID, withID(ids[0], label("a.wav", "A", 0, 10))))
		_, err = s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}) // v4 leaves it as it is in v1
		is.NoErr(err)
		_, err = s.NewVersion(t.Context(), v3.ID, annoset.NewSet{}) // v5 as it is in v3
		is.NoErr(err)
		other, err := s.CreateSet(t.Context(), v1.DatasetID, annoset.NewSet{}) // v6 never had it
		is.NoErr(err)
		_, err = s.CopyAnnotations(t.Context(), other.ID, v1.ID, annoset.Filter{}) // but a copy with an id of its own
		is.NoErr(err)
		v7, err := s.NewVersion(t.Context(), v3.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.DeleteSet(t.Context(), v3.ID))
		is.NoErr(s.Update(t.Context(), v7.ID, withID(ids[0], label("a.wav", "B", 0, 10))))

		states, err := s.AnnotationHistory(t.Context(), ids[0])

		is.NoErr(err)
		is.Equal(stations(states), []string{
			"v1 published added: a.wav x 0-10",
			"v2 draft removed",
			"v5 draft relabelled: a.wav A 0-10", // its parent is gone, so it is told against v1
			"v7 draft relabelled: a.wav B 0-10",
		})
	})

	t.Run("reads through folded layers and blocks", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		s := openStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		set := newDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), set.ID, stream(layer.BulkRows, 3), nil)
		is.NoErr(err)
		a := labelsOf(t, s.Store, set.ID)[77]
		want := []string{fmt.Sprintf("v1 published added: %s %s %d-%d", a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)}
		for v := 2; v <= 2*layer.Max+1; v++ {
			_, err := s.Publish(t.Context(), set.ID, nil)
			is.NoErr(err)
			set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
			is.NoErr(err)
			if v%3 == 0 {
				a.EndMS++
				is.NoErr(s.Update(t.Context(), set.ID, a))
				want = append(want, fmt.Sprintf("v%d published moved: %s %s %d-%d", v, a.AudioFileID, a.ArtifactType, a.StartMS,
					a.EndMS))
			}
		}
		is.NoErr(s.Delete(t.Context(), set.ID, a.ID))
		want = append(want, fmt.Sprintf("v%d draft removed", set.Version))

		states, err := s.AnnotationHistory(t.Context(), a.ID)

		is.NoErr(err)
		is.Equal(stations(states), want)
	})

	t.Run("knows no label that no set ever had", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 10))
		is.NoErr(err)
		for _, id := range []int64{0, -1, ids[0] + 1} {
			states, err := s.AnnotationHistory(t.Context(), id)
			missing, ok := errors.AsType[*annoset.NotFoundError](err)
			is.True(ok && missing.Kind == "annotation" && states == nil)
			is.Equal(missing.ID, fmt.Sprint(id)) // and says which
		}
		is.NoErr(s.DeleteSet(t.Context(), set.ID))
		_, err = s.AnnotationHistory(t.Context(), ids[0])
		is.True(errors.Is(err, annoset.ErrNotFound)) // gone with its draft
	})
}
