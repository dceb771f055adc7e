package annoset_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

// vocabulary are the artifact types of a dataset that declares some.
var vocabulary = []annoset.ArtifactType{
	{Name: "glitch", Description: "a click or a drop-out", Color: "#ff0000"},
	{Name: "long_pause", Description: "silence where speech should be", Color: "blue"},
	{Name: "hallucination"},
}

// newDeclared makes a dataset "test" that declares the vocabulary, and a draft of these lines in it.
func newDeclared(t testing.TB, s *annoset.Store, lines ...string) (annoset.Dataset, annoset.AnnotationSet) {
	t.Helper()
	d := value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "test", ArtifactTypes: vocabulary}))(t)
	return d, annosettest.Draft(t, s, lines...)
}

func TestStore_CreateDataset(t *testing.T) {
	t.Parallel()

	t.Run("returns what was given, and keeps it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		want := annoset.Dataset{
			ID:   uuid.MustParse("00000000-0000-8000-8000-000000000001"),
			Name: "podcasts", Description: "höchst\nseltsam", ArtifactTypes: vocabulary,
			ExtraData: json.RawMessage(` {"b": 1, "a": [ ]} `),
			CreatedAt: annosettest.Start,
			UpdatedAt: annosettest.Start,
		}

		got, err := s.CreateDataset(t.Context(), annoset.NewDataset{
			Name: want.Name, Description: want.Description, ArtifactTypes: vocabulary, ExtraData: want.ExtraData,
		})

		is.NoErr(err)
		is.Equal(got, want) // extra data comes back byte for byte
		is.NoErr(s.Close())
		s = reopenStore(t, s.Path, nil)
		got = value(s.Dataset(t.Context(), want.ID))(t)
		is.Equal(got, want) // the file holds the same
		got, err = s.DatasetByName(t.Context(), "podcasts")
		is.NoErr(err)
		is.Equal(got, want) // and the name leads to it
	})

	t.Run("needs a name alone", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)

		d, err := s.CreateDataset(t.Context(), annoset.NewDataset{Name: "a"})

		is.NoErr(err)
		is.True(d.ArtifactTypes != nil)                // empty, not nil
		is.Equal(len(d.ArtifactTypes), 0)              // no vocabulary was declared
		is.True(d.ExtraData == nil)                    // none was given
		is.Equal(d.ID.Version().String(), "VERSION_7") // ids sort by time
	})

	t.Run("refuses a name that is taken", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		newDeclared(t, s.Store)
		before := dump(t, s.Store)

		d, err := s.CreateDataset(t.Context(), annoset.NewDataset{Name: "test"})

		is.True(errors.Is(err, annoset.ErrExists)) // the name is unique
		exists, ok := errors.AsType[*annoset.ExistsError](err)
		is.True(ok)                                                                                 // with facts
		is.Equal(*exists, annoset.ExistsError{Op: "create dataset", Kind: "dataset", Name: "test"}) // what is taken
		is.Equal(d, annoset.Dataset{})                                                              // the zero value
		is.Equal(dump(t, s.Store), before)                                                          // nothing written
	})

	t.Run("compares names by their bytes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		for _, name := range []string{"é", "e\u0301", "a", "A", "a ", "Z"} {
			_, err := s.CreateDataset(t.Context(), annoset.NewDataset{Name: name})
			is.NoErr(err) // no two of these are equal
		}

		datasets, err := s.Datasets(t.Context())

		is.NoErr(err)
		names := []string{}
		for _, d := range datasets {
			names = append(names, d.Name)
		}
		is.Equal(names, []string{"A", "Z", "a", "a ", "e\u0301", "é"}) // in order of bytes
	})

	t.Run("names every bad field", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		before := dump(t, s.Store)

		_, err := s.CreateDataset(t.Context(), annoset.NewDataset{
			Name: "", Description: "a\x00b", ExtraData: json.RawMessage(`[]`),
			ArtifactTypes: []annoset.ArtifactType{
				{Name: "glitch"}, {Name: ""}, {Name: "glitch"}, {Name: "x", Color: "\xff"},
			},
		})

		is.True(errors.Is(err, annoset.ErrInvalid)) // bad input
		want := []string{
			"-1 name", "-1 description", "1 artifact_types.name", "2 artifact_types.name", "3 artifact_types.color",
			"-1 extra_data",
		}
		is.Equal(badFields(is, err), want) // all at once
		is.Equal(dump(t, s.Store), before) // nothing written
	})
}

func TestStore_Dataset(t *testing.T) {
	t.Parallel()

	t.Run("is not found if there is none", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		id := uuid.New()

		_, err := s.Dataset(t.Context(), id)

		missing, ok := errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                                                                                    // with facts
		is.Equal(*missing, annoset.NotFoundError{Op: "get dataset", Kind: "dataset", ID: id.String()}) // what is missing
		is.True(errors.Is(err, annoset.ErrNotFound))                                                   // and the sentinel
		_, err = s.DatasetByName(t.Context(), "no' such")
		missing, ok = errors.AsType[*annoset.NotFoundError](err)
		is.True(ok)                      // by name too
		is.Equal(missing.ID, "no' such") // the name that was asked for
		datasets, err := s.Datasets(t.Context())
		is.NoErr(err)
		is.Equal(datasets, []annoset.Dataset{}) // empty, not nil
	})
}

func TestStore_UpdateDataset(t *testing.T) {
	t.Parallel()

	t.Run("changes what the patch names, and nothing else", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		d, set := newDeclared(t, s.Store)
		other := value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "other"}))(t)

		got, err := s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{
			Description: new("new"), ExtraData: json.RawMessage(`{"a":1}`),
		})

		is.NoErr(err)
		want := d
		want.Description, want.ExtraData, want.UpdatedAt = "new", json.RawMessage(`{"a":1}`), got.UpdatedAt
		is.Equal(got, want)                       // the rest is as it was
		is.True(got.UpdatedAt.After(d.UpdatedAt)) // the clock went on
		got, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{ExtraData: json.RawMessage("null")})
		is.NoErr(err)
		is.True(got.ExtraData == nil) // what points to nil removes
		same := value(s.Dataset(t.Context(), other.ID))(t)
		is.Equal(same, other) // other datasets stay
		after := value(s.SetByID(t.Context(), set.ID))(t)
		is.Equal(after, set) // and so do sets
	})

	t.Run("takes a name that is free, its own included", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, _ := newDeclared(t, s.Store)
		newDraft(t, s.Store, "taken")

		got, err := s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{Name: new("test")})
		is.NoErr(err)
		is.Equal(got.Name, "test") // as before
		got, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{Name: new("b")})
		is.NoErr(err)
		is.Equal(got.Name, "b") // a new one
		before := dump(t, s.Store)
		_, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{Name: new("taken"), Description: new("lost")})

		is.True(errors.Is(err, annoset.ErrExists)) // another dataset has it
		is.Equal(dump(t, s.Store), before)         // nothing written, the description neither
	})

	t.Run("refuses bad input and unknown ids", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, _ := newDeclared(t, s.Store)
		before := dump(t, s.Store)

		_, err := s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{
			Name: new(""), Description: new(strings.Repeat("x", annoset.MaxTextBytes+1)),
			ExtraData: json.RawMessage("nil"),
		})
		is.Equal(badFields(is, err), []string{"-1 name", "-1 description", "-1 extra_data"}) // all at once
		_, err = s.UpdateDataset(t.Context(), uuid.New(), annoset.DatasetPatch{Name: new("b")})
		is.True(errors.Is(err, annoset.ErrNotFound)) // no such dataset
		is.Equal(dump(t, s.Store), before)           // nothing written
	})
}

func TestStore_DeleteDataset(t *testing.T) {
	t.Parallel()

	t.Run("takes drafts, files and types along", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		kept := newDraft(t, s.Store, "kept")
		_, err := s.Add(t.Context(), kept.ID, label("a.wav", "glitch", 0, 10))
		is.NoErr(err)
		before := dump(t, s.Store)
		d, set := newDeclared(t, s.Store, "a.wav glitch 0 10", "b.wav clean")
		is.NoErr(s.AddAudioFiles(t.Context(), d.ID, annoset.AudioFile{ID: "c.wav", DurationMS: 10}))
		_, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
		is.NoErr(err)

		is.NoErr(s.DeleteDataset(t.Context(), d.ID))

		is.Equal(dump(t, s.Store), before) // the other dataset is all there is
		_, err = s.SetByID(t.Context(), set.ID)
		is.True(errors.Is(err, annoset.ErrNotFound))                                // its sets are gone
		is.True(errors.Is(s.DeleteDataset(t.Context(), d.ID), annoset.ErrNotFound)) // and cannot go twice
		again, _ := newDeclared(t, s.Store)
		is.True(again.ID != d.ID) // the name is free again
	})

	t.Run("is refused once a set is published", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, _ := newDeclared(t, s.Store, "b.wav clean")
		set := annosettest.Publish(t, s.Store, "a.wav glitch 0 10")
		before := dump(t, s.Store)

		err := s.DeleteDataset(t.Context(), d.ID)

		is.True(errors.Is(err, annoset.ErrPublished)) // published is for ever
		immutable, ok := errors.AsType[*annoset.ImmutableError](err)
		is.True(ok) // with facts
		want := annoset.ImmutableError{Op: "delete dataset", SetID: set.ID, Version: 2, PublishedAt: *set.PublishedAt}
		is.Equal(*immutable, want)         // the first one that stands in the way
		is.Equal(dump(t, s.Store), before) // the drafts are there too
	})
}

func TestStore_Vocabulary(t *testing.T) {
	t.Parallel()

	t.Run("takes declared types alone", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		_, set := newDeclared(t, s.Store, "a.wav glitch 0 10") // which is declared
		ids := idsOf(t, s.Store, set.ID)
		before := dump(t, s.Store)

		_, err := s.Add(t.Context(), set.ID, label("a.wav", "glitch", 5, 10), label("a.wav", "Glitch", 0, 10))

		is.Equal(badFields(is, err), []string{"1 artifact_type"}) // by bytes, so another word
		is.Equal(dump(t, s.Store), before)                        // nothing written, the good label neither
		err = s.Update(t.Context(), set.ID, withID(ids[0], label("a.wav", "click", 0, 10)))
		is.Equal(badFields(is, err), []string{"-1 artifact_type"}) // nor may a label become one
		is.Equal(dump(t, s.Store), before)                         // nothing written
	})

	t.Run("is free where none is declared", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)

		set := annosettest.Draft(t, s.Store, "a.wav anything 0 10", `a.wav "ünd so" 0 10`)

		stats := value(s.Stats(t.Context(), set.ID))(t)
		is.Equal(stats.AnnotationsByType, map[string]int64{"anything": 1, "ünd so": 1}) // all are counted
		d := value(s.Dataset(t.Context(), set.DatasetID))(t)
		is.Equal(d.ArtifactTypes, []annoset.ArtifactType{}) // using a type does not declare it
	})

	t.Run("can grow, and be put in another order", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a.wav glitch 0 10")
		published := value(s.Publish(t.Context(), set.ID, nil))(t)
		draft := value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
		types := []annoset.ArtifactType{
			{Name: "click", Color: "red"}, {Name: "hallucination"}, {Name: "glitch", Description: "new"}, {Name: "long_pause"},
		}

		d, err := s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{ArtifactTypes: types})

		is.NoErr(err)
		is.Equal(d.ArtifactTypes, types) // as declared now
		same := value(s.SetByID(t.Context(), set.ID))(t)
		is.Equal(same, published) // a published set keeps its statistics
		stats := value(s.Stats(t.Context(), draft.ID))(t)
		is.Equal(stats.AnnotationsByType, map[string]int64{"click": 0, "glitch": 1, "hallucination": 0, "long_pause": 0})
		is.NoErr(s.Verify(t.Context(), set.ID)) // the new type is no difference
		_, err = s.Add(t.Context(), draft.ID, label("a.wav", "click", 0, 10))
		is.NoErr(err) // the new word can be used
	})

	t.Run("keeps types that a label has", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a.wav glitch 0 10", "a.wav long_pause 0 10")
		ids := idsOf(t, s.Store, set.ID)
		_, err := s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		draft := value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
		is.NoErr(s.Delete(t.Context(), draft.ID, ids...)) // in the draft no label is left
		before := dump(t, s.Store)

		_, err = s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{
			Name: new("b"), ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "new"}},
		})

		is.True(errors.Is(err, annoset.ErrConflict)) // version 1 has long_pause
		is.Equal(dump(t, s.Store), before)           // nothing written
	})

	t.Run("drops types that no label has", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a.wav glitch 0 10", "a.wav long_pause 0 10")
		ids := idsOf(t, s.Store, set.ID)
		is.NoErr(s.Delete(t.Context(), set.ID, ids[1])) // a label had long_pause once

		d, err := s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{
			ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}},
		})

		is.NoErr(err)
		is.Equal(d.ArtifactTypes, []annoset.ArtifactType{{Name: "glitch"}}) // the others are gone
		before := dump(t, s.Store)
		_, err = s.Add(t.Context(), set.ID, label("a.wav", "long_pause", 0, 10))
		is.Equal(badFields(is, err), []string{"0 artifact_type"}) // and taken no more
		is.Equal(dump(t, s.Store), before)                        // nothing written
	})

	t.Run("can be removed, whatever types labels have", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		d, set := newDeclared(t, s.Store, "a.wav glitch 0 10")

		d, err := s.UpdateDataset(t.Context(), d.ID, annoset.DatasetPatch{ArtifactTypes: []annoset.ArtifactType{}})

		is.NoErr(err)
		is.Equal(d.ArtifactTypes, []annoset.ArtifactType{}) // nothing is declared
		_, err = s.Add(t.Context(), set.ID, label("a.wav", "anything", 0, 10))
		is.NoErr(err) // any type is taken
		stats := value(s.Stats(t.Context(), set.ID))(t)
		is.Equal(stats.AnnotationsByType, map[string]int64{"glitch": 1, "anything": 1}) // no zeros any more
	})

	t.Run("must name the types that labels of a free dataset have", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a.wav glitch 0 10", "a.wav click 0 10")
		before := dump(t, s.Store)

		_, err := s.UpdateDataset(t.Context(), set.DatasetID, annoset.DatasetPatch{ArtifactTypes: vocabulary})
		is.True(errors.Is(err, annoset.ErrConflict)) // click is left out
		is.Equal(dump(t, s.Store), before)           // nothing written
		types := append([]annoset.ArtifactType{{Name: "click"}}, vocabulary...)
		d, err := s.UpdateDataset(t.Context(), set.DatasetID, annoset.DatasetPatch{ArtifactTypes: types})
		is.NoErr(err)
		is.Equal(d.ArtifactTypes, types) // with click it is a vocabulary
	})
}
