package annoset_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

func TestStore_Tag(t *testing.T) {
	t.Parallel()

	t.Run("moves, and every move is kept", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		v1 := annosettest.Publish(t, s.Store, "a.wav hum 0 10")
		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		v2 = value(s.Publish(t.Context(), v2.ID, nil))(t)
		d := v1.DatasetID

		is.NoErr(s.As("ann").Tag(t.Context(), d, "production", v1.ID))
		is.NoErr(s.Tag(t.Context(), d, "best-f1", v1.ID))
		is.NoErr(s.As("bob").Tag(t.Context(), d, "production", v2.ID))
		is.NoErr(s.As("cid").Tag(t.Context(), d, "production", v2.ID)) // it is there already
		got := value(s.Tagged(t.Context(), d, "production"))(t)
		is.Equal(got, v2)
		tags := value(s.Tags(t.Context(), d))(t)
		is.Equal(len(tags), 2)
		is.Equal(tags[0].Tag, "best-f1") // in order of name
		is.Equal(*tags[1].SetID, v2.ID)

		is.NoErr(s.As("ann").Untag(t.Context(), d, "production"))
		_, err := s.Tagged(t.Context(), d, "production")
		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)
		is.Equal(*missing, annoset.NotFoundError{Op: "get tagged set", Kind: "tag", ID: "production"})
		tags = value(s.Tags(t.Context(), d))(t)
		is.Equal(len(tags), 1)                               // it is gone
		is.NoErr(s.Tag(t.Context(), d, "production", v1.ID)) // and comes back

		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)
		moves := value(s.TagHistory(t.Context(), d, "production"))(t)
		at := moves[0].MovedAt
		is.Equal(moves, []annoset.TagMove{
			{Tag: "production", SetID: &v1.ID, Version: 1, MovedAt: at, MovedBy: "ann"},
			{Tag: "production", SetID: &v2.ID, Version: 2, MovedAt: at.Add(2 * time.Second), MovedBy: "bob"},
			{Tag: "production", MovedAt: at.Add(3 * time.Second), MovedBy: "ann"},
			{Tag: "production", SetID: &v1.ID, Version: 1, MovedAt: at.Add(4 * time.Second)},
		})
	})

	t.Run("refuses drafts, sets of other datasets, and what does not exist", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set, other, draft := newPublished(t, s.Store, "a"), newPublished(t, s.Store, "b"), newDraft(t, s.Store, "c")
		before := dump(t, s.Store)

		err := s.Tag(t.Context(), draft.DatasetID, "best", draft.ID)
		refused, ok := errors.AsType[*annoset.DraftError](err)
		is.True(ok)
		is.Equal(*refused, annoset.DraftError{Op: "tag", SetID: draft.ID, Version: 1})
		err = s.Tag(t.Context(), set.DatasetID, "best", other.ID)
		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok) // in that dataset there is no such set
		is.Equal(missing.Kind, "set")
		is.True(errors.Is(s.Tag(t.Context(), uuid.New(), "best", set.ID), annoset.ErrNotFound))
		is.True(errors.Is(s.Tag(t.Context(), set.DatasetID, "best", uuid.New()), annoset.ErrNotFound))
		is.True(errors.Is(s.Untag(t.Context(), set.DatasetID, "best"), annoset.ErrNotFound))
		is.True(errors.Is(s.Untag(t.Context(), uuid.New(), "best"), annoset.ErrNotFound))
		is.Equal(badFields(is, s.Tag(t.Context(), set.DatasetID, "", set.ID)), []string{"-1 tag"})
		is.Equal(badFields(is, s.Untag(t.Context(), set.DatasetID, "\x00")), []string{"-1 tag"})
		_, err = s.Tagged(t.Context(), set.DatasetID, "best")
		is.True(errors.Is(err, annoset.ErrNotFound))
		_, err = s.Tags(t.Context(), uuid.New())
		is.True(errors.Is(err, annoset.ErrNotFound))
		_, err = s.TagHistory(t.Context(), uuid.New(), "best")
		is.True(errors.Is(err, annoset.ErrNotFound))
		moves := value(s.TagHistory(t.Context(), set.DatasetID, "best"))(t)
		is.Equal(moves, []annoset.TagMove{}) // never given
		is.Equal(dump(t, s.Store), before)
	})

	t.Run("is each dataset's own", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		a, b := newPublished(t, s.Store, "a"), newPublished(t, s.Store, "b")
		is.NoErr(s.Tag(t.Context(), a.DatasetID, "best", a.ID))
		is.NoErr(s.Tag(t.Context(), b.DatasetID, "best", b.ID))
		got := value(s.Tagged(t.Context(), a.DatasetID, "best"))(t)
		is.Equal(got.ID, a.ID)
	})
}
