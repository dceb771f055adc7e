package annoset_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

// reviewed is a draft in a dataset that demands an approval: a version of a published set with a change of its own, edited
// by ann, whose revision bob has approved. ids are those of a label that is inherited, and of one that is not.
type reviewed struct {
	*testStore
	ann, bob *annoset.Store
	draft    annoset.AnnotationSet
	ids      [2]int64
}

func newReviewed(t testing.TB) *reviewed {
	t.Helper()
	ctx := t.Context()
	s := openStore(t, nil)
	r := &reviewed{testStore: s, ann: s.As("ann"), bob: s.As("bob")}
	v1 := annosettest.Publish(t, r.ann, "a.wav hum 0 10", "a.wav hum 20 30", "quiet.wav clean")
	r.ids[0] = idsOf(t, s.Store, v1.ID)[0]
	value(s.UpdateDataset(ctx, v1.DatasetID, annoset.DatasetPatch{RequiredApprovals: new(1)}))(t)
	r.draft = value(r.ann.NewVersion(ctx, v1.ID, annoset.NewSet{Notes: "second"}))(t)
	r.ids[1] = value(r.ann.Add(ctx, r.draft.ID, annosettest.Labels(t, "b.wav hum 0 10", "b.wav hum 0 10")...))(t)[0]
	noErr(t, r.ann.MarkClean(ctx, r.draft.ID, "silent.wav"))
	r.draft = value(s.SetByID(ctx, r.draft.ID))(t)
	value(r.bob.Approve(ctx, r.draft.ID, r.draft.Revision, "good"))(t)
	return r
}

// editsOf are all ways to change what a draft holds, and some that change nothing.
func (r *reviewed) editsOf(ctx context.Context, s *annoset.Store) (edits, others map[string]func() error) {
	id := r.draft.ID
	inherited, own := r.ids[0], r.ids[1]
	edits = map[string]func() error{
		"add":         func() error { return errOf(s.Add(ctx, id, label("c.wav", "hum", 0, 1))) },
		"add in bulk": func() error { return errOf(s.Add(ctx, id, sliceOf(proof.BulkRows)...)) },
		"import":      func() error { return errOf(s.Import(ctx, id, stream(1, 1), nil)) },
		"import in bulk": func() error {
			return errOf(s.Import(ctx, id, stream(proof.BulkRows, 3), nil))
		},
		"copy": func() error { return errOf(s.CopyAnnotations(ctx, id, *r.draft.ParentID, annoset.Filter{})) },
		"update an inherited label": func() error {
			return s.Update(ctx, id, withID(inherited, label("a.wav", "hum", 0, 11)))
		},
		"update a label of its own": func() error {
			return s.Update(ctx, id, withID(own, label("b.wav", "hum", 0, 11)))
		},
		"delete an inherited label": func() error { return s.Delete(ctx, id, inherited) },
		"delete a label of its own": func() error { return s.Delete(ctx, id, own) },
		"mark clean":                func() error { return s.MarkClean(ctx, id, "new.wav") },
		"unmark clean":              func() error { return s.UnmarkClean(ctx, id, "silent.wav") },
		"unmark clean what is inherited": func() error {
			return s.UnmarkClean(ctx, id, "quiet.wav")
		},
		"rewrite the notes": func() error { return errOf(s.UpdateSet(ctx, id, annoset.SetPatch{Notes: new("other")})) },
		"rewrite the extra data": func() error {
			return errOf(s.UpdateSet(ctx, id, annoset.SetPatch{ExtraData: json.RawMessage(`{}`)}))
		},
	}
	others = map[string]func() error{
		"add nothing":    func() error { return errOf(s.Add(ctx, id)) },
		"import nothing": func() error { return errOf(s.Import(ctx, id, stream(0, 1), nil)) },
		"copy nothing": func() error {
			return errOf(s.CopyAnnotations(ctx, id, *r.draft.ParentID, annoset.Filter{ArtifactTypes: []string{"none"}}))
		},
		"update a label to what it is": func() error {
			return s.Update(ctx, id, withID(own, label("b.wav", "hum", 0, 10)))
		},
		"delete nothing":           func() error { return s.Delete(ctx, id) },
		"mark clean what is clean": func() error { return s.MarkClean(ctx, id, "silent.wav", "quiet.wav") },
		"unmark clean what is not": func() error { return s.UnmarkClean(ctx, id, "a.wav", "unheard.wav") },
		"rewrite the notes as they are": func() error {
			return errOf(s.UpdateSet(ctx, id, annoset.SetPatch{Notes: new("second")}))
		},
		"make a version of it": func() error { return errOf(s.NewVersion(ctx, id, annoset.NewSet{})) },
		"be refused": func() error {
			if err := s.Delete(ctx, id, own, 1<<40); !errors.Is(err, annoset.ErrNotFound) {
				return errors.New("it was not refused")
			}
			return nil
		},
	}
	return edits, others
}

func sliceOf(n int) []annoset.Annotation {
	all := make([]annoset.Annotation, n)
	for i := range all {
		all[i] = label("bulk.wav", "hum", int64(i), int64(i)+5)
	}
	return all
}

func TestStore_Approve(t *testing.T) {
	t.Parallel()

	t.Run("is what publishing asks for", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := newReviewed(t)
		published, err := r.ann.Publish(t.Context(), r.draft.ID, nil)
		is.NoErr(err)
		is.Equal(published.Revision, r.draft.Revision) // what was published is what was approved
		reviews := value(r.Reviews(t.Context(), r.draft.ID))(t)
		is.Equal(len(reviews), 1)
		is.Equal(reviews[0].Person, "bob")
		is.Equal(reviews[0].Verdict, annoset.VerdictApproved)
		is.True(!reviews[0].Void)
		is.Equal(reviews[0].Comment, "good")
	})

	edits, others := newReviewed(t).editsOf(t.Context(), nil)
	for name := range edits {
		t.Run("is void once somebody does "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := newReviewed(t)
			edits, _ := r.editsOf(t.Context(), r.As("cid"))

			is.NoErr(edits[name]())

			set := value(r.SetByID(t.Context(), r.draft.ID))(t)
			is.True(set.Revision > r.draft.Revision)
			is.Equal(set.EditedBy, []string{"ann", "cid"}) // who did it is known
			reviews := value(r.Reviews(t.Context(), r.draft.ID))(t)
			is.True(reviews[0].Void)
			_, err := r.Publish(t.Context(), r.draft.ID, nil)
			refused, ok := errors.AsType[*annoset.ApprovalError](err)
			is.True(ok) // it says what is missing
			is.Equal(*refused, annoset.ApprovalError{
				Op: "publish", SetID: set.ID, Version: set.Version, Revision: set.Revision, Need: 1, VoidBy: []string{"bob"},
			})
			_, err = r.bob.Approve(t.Context(), r.draft.ID, r.draft.Revision, "")
			stale, ok := errors.AsType[*annoset.StaleError](err)
			is.True(ok) // nobody approves what is not there any more
			is.Equal(*stale, annoset.StaleError{
				Op: "approve", SetID: set.ID, Version: set.Version, Seen: r.draft.Revision, Revision: set.Revision,
			})
			is.True(errors.Is(err, annoset.ErrConflict))
			_, err = r.As("cid").Approve(t.Context(), r.draft.ID, set.Revision, "")
			is.True(errors.Is(err, annoset.ErrOwnWork)) // whoever did it is no reviewer any more
			_, err = r.bob.Approve(t.Context(), r.draft.ID, set.Revision, "")
			is.NoErr(err) // but bob is
			_, err = r.Publish(t.Context(), r.draft.ID, nil)
			is.NoErr(err)
		})
	}
	for name := range others {
		t.Run("stands when somebody does "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := newReviewed(t)
			_, others := r.editsOf(t.Context(), r.As("cid"))

			is.NoErr(others[name]())

			set := value(r.SetByID(t.Context(), r.draft.ID))(t)
			is.Equal(set, r.draft) // cid is no editor either
			_, err := r.Publish(t.Context(), r.draft.ID, nil)
			is.NoErr(err)
		})
	}

	t.Run("does not pass to another version", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := newReviewed(t)
		next := value(r.As("cid").NewVersion(t.Context(), r.draft.ID, annoset.NewSet{}))(t)
		is.Equal(next.EditedBy, []string{"ann"}) // her work all the same
		_, err := r.Publish(t.Context(), next.ID, nil)
		is.True(errors.Is(err, annoset.ErrNotApproved)) // a version of a draft
		_, err = r.ann.Approve(t.Context(), next.ID, next.Revision, "")
		is.True(errors.Is(err, annoset.ErrOwnWork)) // and nobody approves own work that went through another's hands
		published := value(r.Publish(t.Context(), r.draft.ID, nil))(t)
		next = value(r.NewVersion(t.Context(), published.ID, annoset.NewSet{}))(t)
		is.Equal(next.EditedBy, []string{})
		_, err = r.Publish(t.Context(), next.ID, nil)
		is.True(errors.Is(err, annoset.ErrNotApproved)) // a version of what was approved and published
		reviews := value(r.Reviews(t.Context(), next.ID))(t)
		is.Equal(reviews, []annoset.Review{})
	})

	t.Run("is refused where labels were copied from a draft of one's own", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := newReviewed(t)
		set := value(r.CreateSet(t.Context(), r.draft.DatasetID, annoset.NewSet{}))(t)
		_, err := r.As("cid").CopyAnnotations(t.Context(), set.ID, r.draft.ID, annoset.Filter{})
		is.NoErr(err)
		set = value(r.SetByID(t.Context(), set.ID))(t)
		is.Equal(set.EditedBy, []string{"ann", "cid"})
		_, err = r.ann.Approve(t.Context(), set.ID, set.Revision, "")
		is.True(errors.Is(err, annoset.ErrOwnWork))
	})

	t.Run("is refused where somebody edited unsigned, until somebody answers for it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := newReviewed(t)
		_, err := r.Add(t.Context(), r.draft.ID, label("a.wav", "hum", 0, 10))
		is.NoErr(err)
		set := value(r.SetByID(t.Context(), r.draft.ID))(t)
		is.Equal(set.EditedBy, []string{"", "ann"})

		_, err = r.bob.Approve(t.Context(), set.ID, set.Revision, "")

		own, ok := errors.AsType[*annoset.OwnWorkError](err)
		is.True(ok) // it may have been bob
		is.Equal(*own, annoset.OwnWorkError{
			Op: "approve", SetID: set.ID, Version: set.Version, Person: "bob", Unsigned: true,
		})
		_, err = r.Publish(t.Context(), set.ID, nil)
		refused, ok := errors.AsType[*annoset.ApprovalError](err)
		is.True(ok)
		is.True(refused.Unsigned)
		is.True(strings.Contains(err.Error(), `0 of 1 required approvals`))
		is.True(strings.Contains(err.Error(), `edited since it was approved by "bob"; edited unsigned`))
		own2 := value(r.ann.CreateSet(t.Context(), set.DatasetID, annoset.NewSet{}))(t)
		_, err = r.ann.Import(t.Context(), own2.ID, r.Annotations(t.Context(), set.ID, annoset.Filter{}), nil)
		is.NoErr(err)
		own2 = value(r.SetByID(t.Context(), own2.ID))(t)
		_, err = r.bob.Approve(t.Context(), own2.ID, own2.Revision, "")
		is.NoErr(err) // ann has answered for all of it
		_, err = r.Publish(t.Context(), own2.ID, nil)
		is.NoErr(err)
	})

	t.Run("needs a signature, a draft and a good comment", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := newReviewed(t)
		before := dump(t, r.Store)
		_, err := r.Approve(t.Context(), r.draft.ID, r.draft.Revision, "")
		is.True(errors.Is(err, annoset.ErrUnsigned))
		_, err = r.As("").Reject(t.Context(), r.draft.ID, r.draft.Revision, "")
		is.True(errors.Is(err, annoset.ErrUnsigned))
		_, err = r.bob.Approve(t.Context(), *r.draft.ParentID, 1, "")
		is.True(errors.Is(err, annoset.ErrPublished))
		_, err = r.bob.Approve(t.Context(), uuid.New(), 1, "")
		is.True(errors.Is(err, annoset.ErrNotFound))
		_, err = r.Reviews(t.Context(), uuid.New())
		is.True(errors.Is(err, annoset.ErrNotFound))
		_, err = r.bob.Approve(t.Context(), r.draft.ID, r.draft.Revision, "\x00")
		is.Equal(badFields(is, err), []string{"-1 comment"})
		is.Equal(dump(t, r.Store), before) // nothing was written
	})

	t.Run("speaks of an empty set as of any", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d := value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "d", RequiredApprovals: 1}))(t)
		set := value(s.CreateSet(t.Context(), d.ID, annoset.NewSet{}))(t)
		_, err := s.As("bob").Approve(t.Context(), set.ID, set.Revision, "nothing there, rightly")
		is.NoErr(err)
		_, err = s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true})
		is.NoErr(err)
	})
}

func TestStore_Approve_whenAnotherProgramEdits(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := newReviewed(t)
	_, err := openRaw(t, r.Path).Exec(`DELETE FROM label WHERE id = ?`, r.ids[1])
	is.NoErr(err)
	reviews := value(r.Reviews(t.Context(), r.draft.ID))(t)
	is.True(reviews[0].Void)
	_, err = r.Publish(t.Context(), r.draft.ID, nil)
	is.True(errors.Is(err, annoset.ErrNotApproved))
}

func TestStore_Reject(t *testing.T) {
	t.Parallel()

	t.Run("keeps a draft from being published until the person approves", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := newReviewed(t)
		_, err := r.As("cid").Reject(t.Context(), r.draft.ID, r.draft.Revision, "the pause at 3 s")
		is.NoErr(err)
		_, err = r.Publish(t.Context(), r.draft.ID, nil)
		refused, ok := errors.AsType[*annoset.ApprovalError](err)
		is.True(ok)
		is.Equal(refused.ApprovedBy, []string{"bob"}) // that is enough, but
		is.Equal(refused.RejectedBy, []string{"cid"}) // one rejection stands
		_, err = r.As("cid").Approve(t.Context(), r.draft.ID, r.draft.Revision, "heard it again")
		is.NoErr(err)
		_, err = r.Publish(t.Context(), r.draft.ID, nil)
		is.NoErr(err)
	})

	t.Run("takes one's own approval back", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := newReviewed(t)
		_, err := r.bob.Reject(t.Context(), r.draft.ID, r.draft.Revision, "")
		is.NoErr(err)
		_, err = r.Publish(t.Context(), r.draft.ID, nil)
		refused, ok := errors.AsType[*annoset.ApprovalError](err)
		is.True(ok)
		is.Equal(len(refused.ApprovedBy), 0)
	})

	t.Run("is open to editors, counts without a demand too, and ends with an edit", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		ann := s.As("ann")
		set := annosettest.Draft(t, ann, "a.wav hum 0 10")
		_, err := ann.Reject(t.Context(), set.ID, set.Revision, "not ready")
		is.NoErr(err)
		_, err = s.Publish(t.Context(), set.ID, nil)
		is.True(errors.Is(err, annoset.ErrNotApproved))
		_, err = ann.UpdateSet(t.Context(), set.ID, annoset.SetPatch{Notes: new("ready")})
		is.NoErr(err)
		_, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
	})
}

func TestStore_RequiredApprovals(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := newReviewed(t)
	d, err := r.UpdateDataset(t.Context(), r.draft.DatasetID, annoset.DatasetPatch{RequiredApprovals: new(2)})
	is.NoErr(err)
	is.Equal(d.RequiredApprovals, 2)
	_, err = r.bob.Approve(t.Context(), r.draft.ID, r.draft.Revision, "again")
	is.NoErr(err)
	_, err = r.Publish(t.Context(), r.draft.ID, nil)
	is.True(errors.Is(err, annoset.ErrNotApproved)) // one person counts once
	_, err = r.As("cid").Approve(t.Context(), r.draft.ID, r.draft.Revision, "")
	is.NoErr(err)
	_, err = r.Publish(t.Context(), r.draft.ID, nil)
	is.NoErr(err) // two do

	_, err = r.UpdateDataset(t.Context(), r.draft.DatasetID, annoset.DatasetPatch{RequiredApprovals: new(-1)})
	is.Equal(badFields(is, err), []string{"-1 required_approvals"})
	_, err = r.CreateDataset(t.Context(), annoset.NewDataset{Name: "other", RequiredApprovals: -1})
	is.Equal(badFields(is, err), []string{"-1 required_approvals"})
}

func TestStore_DeleteSet_dropsReviews(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := newReviewed(t)
	is.NoErr(r.DeleteSet(t.Context(), r.draft.ID))
	var left int
	is.NoErr(openRaw(t, r.Path).QueryRow(`SELECT count(*) FROM review`).Scan(&left))
	is.Equal(left, 0)
}

func TestStore_As_names(t *testing.T) {
	t.Parallel()
	s := openStore(t, nil)
	t.Run("one name typed in two ways is one person", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		draft := newDraft(t, s.Store, "one")
		_, err := s.As(" Jose\u0301\t").Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10)) // e and an accent
		is.NoErr(err)
		set := value(s.SetByID(t.Context(), draft.ID))(t)
		is.Equal(set.EditedBy, []string{"Jos\u00e9"})
		_, err = s.As("Jos\u00e9").Approve(t.Context(), draft.ID, set.Revision, "") // one character
		own, ok := errors.AsType[*annoset.OwnWorkError](err)
		is.True(ok)
		is.True(!own.Unsigned)
	})
	t.Run("a name that an earlier version wrote is compared in its one form", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		draft := newDraft(t, s.Store, "one")
		_, err := s.As("Jos\u00e9").Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
		raw := openRaw(t, s.Path)
		_, err = raw.Exec("INSERT INTO editor (set_id, person) SELECT set_id, ' Zoe\u0308' FROM editor")
		is.NoErr(err)
		set := value(s.SetByID(t.Context(), draft.ID))(t)
		_, err = s.As("Zo\u00eb").Approve(t.Context(), draft.ID, set.Revision, "")
		is.True(errors.Is(err, annoset.ErrOwnWork))
	})
	t.Run("a name of blanks is refused by what writes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		draft := newDraft(t, s.Store, "two")
		before := dump(t, s.Store)
		for _, blank := range []string{" ", "\t\n", "\u00a0\u2003"} {
			_, err := s.As(blank).Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
			bad, ok := errors.AsType[*annoset.ValidationError](err)
			is.True(ok)
			is.Equal(bad.Problems[0].Field, "person")
			_, err = s.As(blank).SetByID(t.Context(), draft.ID)
			is.NoErr(err) // it reads
		}
		is.Equal(dump(t, s.Store), before)
		_, err := s.As("").Add(t.Context(), draft.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err) // the empty one signs nothing
	})
}
