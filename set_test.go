package annoset_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func TestStore_CreateSet(t *testing.T) {
	t.Parallel()

	t.Run("returns an empty draft", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, reproducible())
		d, first := newDeclared(t, s.Store, "a")

		set, err := s.CreateSet(t.Context(), d.ID, annoset.NewSet{Notes: "zweite\n", ExtraData: json.RawMessage(`{ }`)})

		is.NoErr(err)
		zeros := map[string]int64{"glitch": 0, "long_pause": 0, "hallucination": 0}
		want := annoset.AnnotationSet{
			ID: uuid.MustParse("00000000-0000-0000-0000-000000000003"), DatasetID: d.ID, Version: 2,
			Status: annoset.StatusDraft, Notes: "zweite\n", ExtraData: json.RawMessage(`{ }`),
			Stats:     annoset.Stats{AnnotationsByType: zeros, DurationMSByType: zeros},
			CreatedAt: time.Date(2026, 1, 2, 3, 4, 8, 0, time.UTC), Revision: 1, EditedBy: []string{},
		}
		is.Equal(set, want)        // all of it
		is.Equal(first.Version, 1) // versions count from 1
		got, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)
		is.Equal(got, want) // by id
		got, err = s.SetByVersion(t.Context(), d.ID, 2)
		is.NoErr(err)
		is.Equal(got, want) // by version
	})

	t.Run("counts versions per dataset, and gives none twice", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		first := newDraft(t, s.Store, "a")
		second, err := s.CreateSet(t.Context(), first.DatasetID, annoset.NewSet{})
		is.NoErr(err)
		is.Equal(second.Version, 2)                    // counts up
		is.Equal(newDraft(t, s.Store, "b").Version, 1) // another dataset has its own count
		is.NoErr(s.DeleteSet(t.Context(), second.ID))
		is.NoErr(s.DeleteSet(t.Context(), first.ID))
		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)

		third, err := s.CreateSet(t.Context(), first.DatasetID, annoset.NewSet{})

		is.NoErr(err)
		is.Equal(third.Version, 3) // not after the drafts that had them are gone
		_, err = s.SetByVersion(t.Context(), first.DatasetID, 2)
		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                                                                            // with facts
		is.Equal(*missing, annoset.NotFoundError{Op: "get set", Kind: "set", ID: "version 2"}) // gone for ever
	})

	t.Run("refuses bad input and unknown datasets", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		bad := annoset.NewSet{Notes: "\xff", ExtraData: json.RawMessage(`1`)}
		before := dump(t, s.Store)

		_, err := s.CreateSet(t.Context(), set.DatasetID, bad)
		is.Equal(badFields(is, err), []string{"-1 notes", "-1 extra_data"}) // all at once
		_, err = s.NewVersion(t.Context(), set.ID, bad)
		is.Equal(badFields(is, err), []string{"-1 notes", "-1 extra_data"}) // here too
		_, err = s.CreateSet(t.Context(), set.ID, annoset.NewSet{})
		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                       // with facts
		is.Equal(missing.Kind, "dataset") // a set is no dataset
		_, err = s.NewVersion(t.Context(), uuid.New(), annoset.NewSet{})
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
		is.Equal(dump(t, s.Store), before)           // nothing written
		next, err := s.CreateSet(t.Context(), set.DatasetID, annoset.NewSet{})
		is.NoErr(err)
		is.Equal(next.Version, 2) // what was refused has no version
	})
}

func TestStore_Sets(t *testing.T) {
	t.Parallel()

	t.Run("narrows by status, and pages", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		first := newDraft(t, s.Store, "a")
		newDraft(t, s.Store, "b") // which must not show
		all := []annoset.AnnotationSet{first}
		for range 5 {
			set, err := s.CreateSet(t.Context(), first.DatasetID, annoset.NewSet{})
			is.NoErr(err)
			all = append(all, set)
		}
		for _, i := range []int{1, 4} {
			var err error
			all[i], err = s.Publish(t.Context(), all[i].ID, &annoset.PublishOptions{AllowEmpty: true})
			is.NoErr(err)
		}
		tests := []struct {
			filter annoset.SetFilter
			want   []annoset.AnnotationSet
		}{
			{annoset.SetFilter{}, all},
			{annoset.SetFilter{Status: annoset.StatusPublished}, []annoset.AnnotationSet{all[1], all[4]}},
			{annoset.SetFilter{Status: annoset.StatusDraft, Limit: 2}, []annoset.AnnotationSet{all[0], all[2]}},
			{annoset.SetFilter{Status: annoset.StatusDraft, AfterVersion: 3, Limit: 2}, []annoset.AnnotationSet{all[3], all[5]}},
			{annoset.SetFilter{AfterVersion: 4}, all[4:]},
			{annoset.SetFilter{AfterVersion: -4, Limit: 1}, all[:1]},
			{annoset.SetFilter{AfterVersion: 6}, []annoset.AnnotationSet{}},
		}
		for _, tt := range tests {
			sets, err := s.Sets(t.Context(), first.DatasetID, tt.filter)
			is.NoErr(err)
			is.Equal(sets, tt.want) // in order of version
		}
	})

	t.Run("refuses what makes no sense", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")

		_, err := s.Sets(t.Context(), set.DatasetID, annoset.SetFilter{Status: "Draft", Limit: -1})
		is.Equal(badFields(is, err), []string{"-1 status", "-1 limit"}) // all at once
		_, err = s.Sets(t.Context(), uuid.New(), annoset.SetFilter{})
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such dataset
	})
}

func TestStore_LatestPublished(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	v1 := newDraft(t, s.Store, "a")
	v2, err := s.CreateSet(t.Context(), v1.DatasetID, annoset.NewSet{})
	is.NoErr(err)
	_, err = s.CreateSet(t.Context(), v1.DatasetID, annoset.NewSet{})
	is.NoErr(err)
	empty := &annoset.PublishOptions{AllowEmpty: true}

	_, err = s.LatestPublished(t.Context(), v1.DatasetID)
	missing, ok := errors.AsType[*annoset.NotFoundError](err)
	is.True(ok)                             // with facts
	is.Equal(missing.Kind, "published set") // there are drafts alone
	v2, err = s.Publish(t.Context(), v2.ID, empty)
	is.NoErr(err)
	_, err = s.Publish(t.Context(), v1.ID, empty)
	is.NoErr(err)
	got, err := s.LatestPublished(t.Context(), v1.DatasetID)
	is.NoErr(err)
	is.Equal(got, v2) // by version, not by date; and no draft
	_, err = s.LatestPublished(t.Context(), uuid.New())
	missing, ok = errors.AsType[*annoset.NotFoundError](err)
	is.True(ok)                       // with facts
	is.Equal(missing.Kind, "dataset") // no such dataset
}

func TestStore_UpdateSet(t *testing.T) {
	t.Parallel()

	t.Run("changes what the patch names, and nothing else", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "x", 0, 1))
		is.NoErr(err)
		want, err := s.SetByID(t.Context(), set.ID)
		is.NoErr(err)

		want.Notes = "new"
		got, err := s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{Notes: new("new")})
		is.NoErr(err)
		is.True(got.Revision > want.Revision) // notes are contents
		want.Revision = got.Revision
		is.Equal(got, want) // notes
		want.ExtraData = json.RawMessage(`{"reviewed":true}`)
		got, err = s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{ExtraData: &want.ExtraData})
		is.NoErr(err)
		is.True(got.Revision > want.Revision) // and so is extra data
		want.Revision = got.Revision
		is.Equal(got, want) // extra data
		want.Notes, want.ExtraData = "", nil
		got, err = s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{Notes: new(""), ExtraData: &want.ExtraData})
		is.NoErr(err)
		want.Revision = got.Revision
		is.Equal(got, want) // both gone
		got, err = s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{})
		is.NoErr(err)
		is.Equal(got, want) // an empty patch
	})

	t.Run("refuses bad input, unknown and published sets", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		draft, set := newDraft(t, s.Store, "a"), newDraft(t, s.Store, "b")
		set, err := s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true})
		is.NoErr(err)
		before := dump(t, s.Store)

		_, err = s.UpdateSet(t.Context(), draft.ID, annoset.SetPatch{Notes: new("\x00"), ExtraData: new(json.RawMessage("x"))})
		is.Equal(badFields(is, err), []string{"-1 notes", "-1 extra_data"}) // all at once
		_, err = s.UpdateSet(t.Context(), uuid.New(), annoset.SetPatch{})
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such set
		_, err = s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{Notes: new("x")})
		immutable, ok := errors.AsType[*annoset.ImmutableError](err)
		is.True(ok) // with facts
		want := annoset.ImmutableError{Op: "update set", SetID: set.ID, Version: 1, PublishedAt: *set.PublishedAt}
		is.Equal(*immutable, want)         // what was tried, on what
		is.Equal(dump(t, s.Store), before) // nothing written
	})
}

func TestStore_DeleteSet(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	v1 := newDraft(t, s.Store, "a")
	_, err := s.Import(t.Context(), v1.ID, stream(proof.BulkRows, 3), nil)
	is.NoErr(err)
	v1, err = s.Publish(t.Context(), v1.ID, nil)
	is.NoErr(err)
	before := dump(t, s.Store)
	v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
	is.NoErr(err)
	_, err = s.Import(t.Context(), v2.ID, stream(proof.BulkRows, 5), nil)
	is.NoErr(err)
	is.NoErr(s.Delete(t.Context(), v2.ID, 1, 2, 3))
	is.NoErr(s.MarkClean(t.Context(), v2.ID, "clean.wav"))

	is.NoErr(s.DeleteSet(t.Context(), v2.ID))

	is.Equal(dump(t, s.Store), before)                                       // nothing of the draft is left
	is.True(errors.Is(s.DeleteSet(t.Context(), v2.ID), annoset.ErrNotFound)) // gone is gone
	immutable, ok := errors.AsType[*annoset.ImmutableError](s.DeleteSet(t.Context(), v1.ID))
	is.True(ok) // published is for ever
	want := annoset.ImmutableError{Op: "delete set", SetID: v1.ID, Version: 1, PublishedAt: *v1.PublishedAt}
	is.Equal(*immutable, want)         // what was tried, on what
	is.Equal(dump(t, s.Store), before) // nothing written
}

func TestStore_refusesAnIDThatIsTaken(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	id := uuid.New()
	s := openStore(t, &annoset.Options{NewID: func() uuid.UUID { return id }})
	d, err := s.CreateDataset(t.Context(), annoset.NewDataset{Name: "a"})
	is.NoErr(err)
	_, err = s.CreateSet(t.Context(), d.ID, annoset.NewSet{})
	is.NoErr(err)

	_, err = s.CreateDataset(t.Context(), annoset.NewDataset{Name: "b"})
	is.True(errors.Is(err, annoset.ErrExists)) // the id of a dataset
	_, err = s.CreateSet(t.Context(), d.ID, annoset.NewSet{})
	is.True(errors.Is(err, annoset.ErrExists)) // the id of a set
}

// byPlace is the order in which labels are read.
func byPlace(a, b annoset.Annotation) int {
	return cmp.Or(strings.Compare(a.AudioFileID, b.AudioFileID), cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID))
}

func TestStore_NewVersion(t *testing.T) {
	t.Parallel()

	for _, status := range []annoset.Status{annoset.StatusDraft, annoset.StatusPublished} {
		t.Run("of a "+string(status)+" starts as that set", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			v1 := newDraft(t, s.Store, "a")
			_, err := s.Add(t.Context(), v1.ID, filtered...)
			is.NoErr(err)
			is.NoErr(s.MarkClean(t.Context(), v1.ID, "clean.wav"))
			if status == annoset.StatusPublished {
				_, err = s.Publish(t.Context(), v1.ID, nil)
				is.NoErr(err)
			}
			v1, err = s.SetByID(t.Context(), v1.ID)
			is.NoErr(err)
			labels := labelsOf(t, s.Store, v1.ID)

			v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "second"})

			is.NoErr(err)
			is.Equal(v2.Version, 2)                                     // the next number
			is.Equal(v2.Status, annoset.StatusDraft)                    // a draft
			is.Equal(*v2.ParentID, v1.ID)                               // made from the first
			is.Equal(v2.Notes, "second")                                // with notes of its own
			is.Equal(v2.Stats, v1.Stats)                                // the same contents
			is.Equal(labelsOf(t, s.Store, v2.ID), labels)               // ids are kept
			is.Equal(cleanOf(t, s.Store, v2.ID), []string{"clean.wav"}) // clean marks too
			is.True(v2.PublishedAt == nil && v2.Digest == "")           // nothing of the publishing
		})

		t.Run("of a "+string(status)+" is edited by itself", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			v1 := newDraft(t, s.Store, "a")
			ids, err := s.Add(t.Context(), v1.ID, filtered...)
			is.NoErr(err)
			is.NoErr(s.MarkClean(t.Context(), v1.ID, "clean.wav"))
			if status == annoset.StatusPublished {
				_, err = s.Publish(t.Context(), v1.ID, nil)
				is.NoErr(err)
			}
			v1, err = s.SetByID(t.Context(), v1.ID)
			is.NoErr(err)
			labels := labelsOf(t, s.Store, v1.ID)
			v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
			is.NoErr(err)

			is.NoErr(s.Delete(t.Context(), v2.ID, ids[0]))
			is.NoErr(s.Update(t.Context(), v2.ID, withID(ids[1], label("z.wav", "new", 1, 2))))
			added, err := s.Add(t.Context(), v2.ID, label("clean.wav", "x", 0, 1))
			is.NoErr(err)

			want := append(slices.Clone(labels[2:]), withID(added[0], label("clean.wav", "x", 0, 1)),
				withID(ids[1], label("z.wav", "new", 1, 2)))
			is.Equal(labelsOf(t, s.Store, v2.ID), want)   // as edited
			is.Equal(labelsOf(t, s.Store, v1.ID), labels) // the parent is as it was
			after, err := s.SetByID(t.Context(), v1.ID)
			is.NoErr(err)
			is.Equal(after, v1)                                         // all of it
			is.Equal(cleanOf(t, s.Store, v1.ID), []string{"clean.wav"}) // marks too
			_, err = s.Annotation(t.Context(), v2.ID, ids[0])
			is.True(errors.Is(err, annoset.ErrNotFound)) // deleted here
			old, err := s.Annotation(t.Context(), v1.ID, ids[0])
			is.NoErr(err)
			is.Equal(old, withID(ids[0], filtered[0]))                                    // and not there
			is.True(errors.Is(s.Delete(t.Context(), v2.ID, ids[0]), annoset.ErrNotFound)) // not twice
			is.NoErr(s.Delete(t.Context(), v2.ID, ids[1]))                                // what was changed can be deleted
			_, err = s.Annotation(t.Context(), v2.ID, ids[1])
			is.True(errors.Is(err, annoset.ErrNotFound)) // the old one does not come back
		})
	}

	t.Run("can be made twice, for A and B", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		ids, err := s.Add(t.Context(), v1.ID, label("a.wav", "x", 0, 10), label("a.wav", "x", 20, 30))
		is.NoErr(err)
		_, err = s.Publish(t.Context(), v1.ID, nil)
		is.NoErr(err)
		a, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "A"})
		is.NoErr(err)
		b, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "B"})
		is.NoErr(err)

		is.NoErr(s.Update(t.Context(), a.ID, withID(ids[0], label("a.wav", "A", 0, 5))))
		is.NoErr(s.Update(t.Context(), b.ID, withID(ids[0], label("a.wav", "B", 0, 7))))
		a, err = s.Publish(t.Context(), a.ID, nil)
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), b.ID, ids[1]))
		b, err = s.Publish(t.Context(), b.ID, nil)
		is.NoErr(err)

		rest := withID(ids[1], label("a.wav", "x", 20, 30))
		is.Equal(labelsOf(t, s.Store, a.ID), []annoset.Annotation{withID(ids[0], label("a.wav", "A", 0, 5)), rest})
		is.Equal(labelsOf(t, s.Store, b.ID), []annoset.Annotation{withID(ids[0], label("a.wav", "B", 0, 7))})
		is.Equal(a.TotalPositiveDurationMS, int64(15)) // each by itself
		is.Equal(b.TotalPositiveDurationMS, int64(7))  // though they share an id
		is.Equal(*a.ParentID, *b.ParentID)             // and a parent
	})

	t.Run("remembers a parent that was deleted", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		_, err := s.Add(t.Context(), v1.ID, filtered...)
		is.NoErr(err)
		labels := labelsOf(t, s.Store, v1.ID)
		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)

		is.NoErr(s.DeleteSet(t.Context(), v1.ID))

		got, err := s.SetByID(t.Context(), v2.ID)
		is.NoErr(err)
		is.Equal(got, v2)                             // its id stays as the parent
		is.Equal(labelsOf(t, s.Store, v2.ID), labels) // and nothing is lost
		v2, err = s.Publish(t.Context(), v2.ID, nil)
		is.NoErr(err)
		is.Equal(*v2.ParentID, v1.ID) // for ever
	})

	t.Run("of a large draft copies it", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := newDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), v1.ID, stream(proof.BulkRows+10, 3), nil)
		is.NoErr(err)
		labels := labelsOf(t, s.Store, v1.ID)

		v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Delete(t.Context(), v1.ID, labels[0].ID))

		is.Equal(labelsOf(t, s.Store, v1.ID), labels[1:]) // one less
		is.Equal(labelsOf(t, s.Store, v2.ID), labels)     // not here
		got, err := s.Annotation(t.Context(), v2.ID, labels[2000].ID)
		is.NoErr(err)
		is.Equal(got, labels[2000]) // found by id
	})
}
