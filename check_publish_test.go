package annoset_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

func TestStore_Publish_ifTheCheckPasses(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T) (*testStore, annoset.AnnotationSet, []int64) {
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), set.ID, label("a", "hum", 0, 10), label("a", "hum", 5, 15), label("a", "hum", 5, 15))
		if err != nil {
			t.Fatal(err)
		}
		return s, set, ids
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
		is.Equal(err.Error(), fmt.Sprintf(`publish %q: annoset: check failed: version 1 has 1 duplicate; first, %s`,
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
		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)
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
