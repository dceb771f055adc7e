package annoset_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/proof"
)

func TestStore_CreateSet(t *testing.T) {
	t.Parallel()

	t.Run("returns an empty draft", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		d, first := newDeclared(t, s.Store)

		set, err := s.CreateSet(t.Context(), d.ID, annoset.NewSet{Notes: "zweite\n", ExtraData: json.RawMessage(`{ }`)})

		is.NoErr(err)
		zeros := map[string]int64{"glitch": 0, "long_pause": 0, "hallucination": 0}
		want := annoset.AnnotationSet{
			ID: uuid.MustParse("00000000-0000-8000-8000-000000000003"), DatasetID: d.ID, Version: 2,
			Status: annoset.StatusDraft, Notes: "zweite\n", ExtraData: json.RawMessage(`{ }`),
			Stats:     annoset.Stats{AnnotationsByType: zeros, DurationMSByType: zeros},
			CreatedAt: annosettest.Start.Add(2 * time.Second), Revision: 1, EditedBy: []string{},
		}
		is.Equal(set, want)        // all of it
		is.Equal(first.Version, 1) // versions count from 1
		got := value(s.SetByID(t.Context(), set.ID))(t)
		is.Equal(got, want) // by id
		got = value(s.SetByVersion(t.Context(), d.ID, 2))(t)
		is.Equal(got, want) // by version
	})

	t.Run("counts versions per dataset, and gives none twice", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		first := newDraft(t, s.Store, "a")
		second := value(s.CreateSet(t.Context(), first.DatasetID, annoset.NewSet{}))(t)
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
		next := value(s.CreateSet(t.Context(), set.DatasetID, annoset.NewSet{}))(t)
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
			set := value(s.CreateSet(t.Context(), first.DatasetID, annoset.NewSet{}))(t)
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
			sets := value(s.Sets(t.Context(), first.DatasetID, tt.filter))(t)
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
	v2 := value(s.CreateSet(t.Context(), v1.DatasetID, annoset.NewSet{}))(t)
	_, err := s.CreateSet(t.Context(), v1.DatasetID, annoset.NewSet{})
	is.NoErr(err)
	empty := &annoset.PublishOptions{AllowEmpty: true}

	_, err = s.LatestPublished(t.Context(), v1.DatasetID)
	missing, ok := errors.AsType[*annoset.NotFoundError](err)
	is.True(ok)                             // with facts
	is.Equal(missing.Kind, "published set") // there are drafts alone
	v2 = value(s.Publish(t.Context(), v2.ID, empty))(t)
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
		set := annosettest.Draft(t, s.Store, "a.wav x 0 1")
		want := value(s.SetByID(t.Context(), set.ID))(t)

		want.Notes = "new"
		got, err := s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{Notes: new("new")})
		is.NoErr(err)
		is.True(got.Revision > want.Revision) // notes are contents
		want.Revision = got.Revision
		is.Equal(got, want) // notes
		want.ExtraData = json.RawMessage(`{"reviewed":true}`)
		got, err = s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{ExtraData: want.ExtraData})
		is.NoErr(err)
		is.True(got.Revision > want.Revision) // and so is extra data
		want.Revision = got.Revision
		is.Equal(got, want) // extra data
		want.Notes, want.ExtraData = "", nil
		got, err = s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{Notes: new(""), ExtraData: json.RawMessage("null")})
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
		set = value(s.Publish(t.Context(), set.ID, &annoset.PublishOptions{AllowEmpty: true}))(t)
		before := dump(t, s.Store)

		_, err := s.UpdateSet(t.Context(), draft.ID, annoset.SetPatch{Notes: new("\x00"), ExtraData: json.RawMessage("x")})
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

// A draft is counted before the call writes. What changes in between is counted too.
func TestStore_countsWhatChangesMeanwhile(t *testing.T) {
	t.Parallel()
	edits := map[string]func(*annoset.Store, annoset.AnnotationSet) error{
		"a label is added": func(s *annoset.Store, set annoset.AnnotationSet) error {
			_, err := s.Add(t.Context(), set.ID, label("b.wav", "glitch", 0, 10))
			return err
		},
		"a type is declared": func(s *annoset.Store, set annoset.AnnotationSet) error {
			_, err := s.UpdateDataset(t.Context(), set.DatasetID, annoset.DatasetPatch{
				ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "hum"}, {Name: "pop"}},
			})
			return err
		},
		"a type is removed": func(s *annoset.Store, set annoset.AnnotationSet) error {
			_, err := s.UpdateDataset(t.Context(), set.DatasetID, annoset.DatasetPatch{
				ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}},
			})
			return err
		},
	}
	calls := map[string]func(*annoset.Store, uuid.UUID) (annoset.AnnotationSet, error){
		"UpdateSet": func(s *annoset.Store, id uuid.UUID) (annoset.AnnotationSet, error) {
			return s.UpdateSet(t.Context(), id, annoset.SetPatch{Notes: new("x")})
		},
		"NewVersion": func(s *annoset.Store, id uuid.UUID) (annoset.AnnotationSet, error) {
			return s.NewVersion(t.Context(), id, annoset.NewSet{})
		},
	}
	for what, edit := range edits {
		for name, call := range calls {
			t.Run(name+" while "+what, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				other := openStore(t, nil)
				d := value(other.CreateDataset(t.Context(), annoset.NewDataset{
					Name: "one", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "hum"}},
				}))(t)
				set := value(other.CreateSet(t.Context(), d.ID, annoset.NewSet{}))(t)
				_, err := other.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
				is.NoErr(err)
				seam := &hook.Seam{}
				s := value(annoset.Open(seam.In(t.Context()), other.Path, nil))(t)
				defer s.Close()
				edited := false
				seam.Set(func(_, query string) (before, after error) {
					if strings.Contains(query, "BEGIN IMMEDIATE") && !edited { // it has counted, and begins to write
						edited = true
						is.NoErr(edit(other.Store, set))
					}
					return nil, nil
				})
				got, err := call(s, set.ID)
				is.NoErr(err)
				is.True(edited)
				is.Equal(got.Stats, value(s.Stats(t.Context(), got.ID))(t))
			})
		}
	}
}

func TestStore_DeleteSet(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	v1 := newDraft(t, s.Store, "a")
	_, err := s.Import(t.Context(), v1.ID, stream(proof.BulkRows, 3), nil)
	is.NoErr(err)
	v1 = value(s.Publish(t.Context(), v1.ID, nil))(t)
	before := dump(t, s.Store)
	v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
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
	d := value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "a"}))(t)
	_, err := s.CreateSet(t.Context(), d.ID, annoset.NewSet{})
	is.NoErr(err)

	_, err = s.CreateDataset(t.Context(), annoset.NewDataset{Name: "b"})
	is.True(errors.Is(err, annoset.ErrExists)) // the id of a dataset
	_, err = s.CreateSet(t.Context(), d.ID, annoset.NewSet{})
	is.True(errors.Is(err, annoset.ErrExists)) // the id of a set
}

func TestStore_NewVersion(t *testing.T) {
	t.Parallel()

	lines := []string{"a.wav x 0 100", "a.wav y 50 150 0.5", `b.wav x 7 7 {"k":1}`, "clean.wav clean"}
	for status, parent := range map[annoset.Status]func(testing.TB, *annoset.Store, ...string) annoset.AnnotationSet{
		annoset.StatusDraft: annosettest.Draft, annoset.StatusPublished: annosettest.Publish,
	} {
		t.Run("of a "+string(status)+" starts as that set", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			v1 := parent(t, s.Store, lines...)

			v2, err := s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "second"})

			is.NoErr(err)
			is.Equal(v2.Version, 2)                                                  // the next number
			is.Equal(v2.Status, annoset.StatusDraft)                                 // a draft
			is.Equal(*v2.ParentID, v1.ID)                                            // made from the first
			is.Equal(v2.Notes, "second")                                             // with notes of its own
			is.Equal(v2.Stats, v1.Stats)                                             // the same contents
			is.Equal(annosettest.Lines(t, s.Store, v2.ID), lines)                    // clean marks too
			is.Equal(labelsOf(t, s.Store, v2.ID), labelsOf(t, s.Store, v1.ID))       // ids are kept
			is.True(v2.PublishedAt == nil && v2.Digest == "" && v2.ExtraData == nil) // nothing of the publishing
		})

		t.Run("of a "+string(status)+" is edited by itself", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			v1 := parent(t, s.Store, lines...)
			ids := idsOf(t, s.Store, v1.ID)
			v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)

			is.NoErr(s.Delete(t.Context(), v2.ID, ids[0]))
			is.NoErr(s.Update(t.Context(), v2.ID, withID(ids[1], label("z.wav", "new", 1, 2))))
			added, err := s.Add(t.Context(), v2.ID, label("clean.wav", "x", 0, 1))
			is.NoErr(err)

			edited := []string{lines[2], "clean.wav x 0 1", "z.wav new 1 2"}
			is.Equal(annosettest.Lines(t, s.Store, v2.ID), edited)
			is.Equal(idsOf(t, s.Store, v2.ID), []int64{ids[1], ids[2], added[0]}) // ids stay
			is.Equal(annosettest.Lines(t, s.Store, v1.ID), lines)                 // the parent is as it was
			is.Equal(idsOf(t, s.Store, v1.ID), ids)
			is.Equal(value(s.SetByID(t.Context(), v1.ID))(t), v1) // all of it
			_, err = s.Annotation(t.Context(), v2.ID, ids[0])
			is.True(errors.Is(err, annoset.ErrNotFound)) // deleted here
			old := value(s.Annotation(t.Context(), v1.ID, ids[0]))(t)
			is.Equal(old, withID(ids[0], label("a.wav", "x", 0, 100)))                    // and not there
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
		v1 := annosettest.Publish(t, s.Store, "a.wav x 0 10", "a.wav x 20 30")
		ids := idsOf(t, s.Store, v1.ID)
		a := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "A"}))(t)
		b := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "B"}))(t)

		is.NoErr(s.Update(t.Context(), a.ID, withID(ids[0], label("a.wav", "A", 0, 5))))
		is.NoErr(s.Update(t.Context(), b.ID, withID(ids[0], label("a.wav", "B", 0, 7))))
		a = value(s.Publish(t.Context(), a.ID, nil))(t)
		is.NoErr(s.Delete(t.Context(), b.ID, ids[1]))
		b = value(s.Publish(t.Context(), b.ID, nil))(t)

		is.Equal(annosettest.Lines(t, s.Store, a.ID), []string{"a.wav A 0 5", "a.wav x 20 30"})
		is.Equal(annosettest.Lines(t, s.Store, b.ID), []string{"a.wav B 0 7"})
		is.Equal(idsOf(t, s.Store, a.ID), ids)
		is.Equal(idsOf(t, s.Store, b.ID), ids[:1])
		is.Equal(a.TotalPositiveDurationMS, int64(15)) // each by itself
		is.Equal(b.TotalPositiveDurationMS, int64(7))  // though they share an id
		is.Equal(*a.ParentID, *b.ParentID)             // and a parent
	})

	t.Run("remembers a parent that was deleted", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := annosettest.Draft(t, s.Store, lines...)
		labels := labelsOf(t, s.Store, v1.ID)
		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)

		is.NoErr(s.DeleteSet(t.Context(), v1.ID))

		got := value(s.SetByID(t.Context(), v2.ID))(t)
		is.Equal(got, v2)                             // its id stays as the parent
		is.Equal(labelsOf(t, s.Store, v2.ID), labels) // and nothing is lost
		v2 = value(s.Publish(t.Context(), v2.ID, nil))(t)
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

		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		is.NoErr(s.Delete(t.Context(), v1.ID, labels[0].ID))

		is.Equal(labelsOf(t, s.Store, v1.ID), labels[1:]) // one less
		is.Equal(labelsOf(t, s.Store, v2.ID), labels)     // not here
		got := value(s.Annotation(t.Context(), v2.ID, labels[2000].ID))(t)
		is.Equal(got, labels[2000]) // found by id
	})
}
