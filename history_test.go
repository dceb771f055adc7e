package annoset_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

// several are the lines of n labels, one after the other, the last ones in the last audio files.
func several(n int, artifactType string, files ...string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("%s %s %d %d", files[i*len(files)/n], artifactType, i*100, i*100+50)
	}
	return lines
}

func TestStore_ChangeLog(t *testing.T) {
	t.Parallel()

	t.Run("has a sentence for each kind of change", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		given := append(several(6, "long_pause", "a.wav", "b.wav"), several(3, "*hum*", "c.wav")...)
		given = append(given, given[0], given[0], given[3]) // duplicates
		from, to := twoVersions(t, s.Store, given, func(draft uuid.UUID, ids []int64) {
			labels := annosettest.Labels(t, given...)
			change := func(i int, edit func(*annoset.Annotation)) {
				a := withID(ids[i], labels[i])
				edit(&a)
				noErr(t, s.Update(t.Context(), draft, a))
			}
			more := append(several(70, "glitch", "a.wav", "b.wav", "d.wav"), "e.wav click 0 1")
			value(s.Add(t.Context(), draft, annosettest.Labels(t, more...)...))(t)
			noErr(t, s.Delete(t.Context(), draft, ids[0], ids[9], ids[11])) // of three equal ones, one stays
			change(1, func(a *annoset.Annotation) { a.ArtifactType = "hallucination" })
			change(4, func(a *annoset.Annotation) { a.ArtifactType = "hallucination" })
			change(2, func(a *annoset.Annotation) { a.EndMS++ })
			change(5, func(a *annoset.Annotation) { a.EndMS++; a.ArtifactType = "hallucination" })
			change(6, func(a *annoset.Annotation) { a.AudioFileID = "f.wav" })
			change(7, func(a *annoset.Annotation) { a.Confidence = new(0.5) })
			noErr(t, s.Delete(t.Context(), draft, ids[8]))
			noErr(t, s.MarkClean(t.Context(), draft, "q.wav", "r.wav"))
		})

		log, err := s.ChangeLog(t.Context(), from, to)

		is.NoErr(err)
		is.Equal("\n"+log+"\n", `
- Added 70 glitch labels in 3 files.
- Added 1 click label in 1 file.
- Relabelled 2 long_pause as hallucination in 2 files.
- Moved 1 long_pause label in 1 file.
- Moved 1 \*hum\* label to another file.
- Relabelled and moved 1 long_pause as hallucination in 1 file.
- Edited confidence or extra data of 1 \*hum\* label in 1 file.
- Removed 1 \*hum\* label in 1 file.
- Removed 3 duplicates in 2 files.
- Marked 2 files as clean.
`)
		log, err = s.ChangeLog(t.Context(), to, to)
		is.NoErr(err)
		is.Equal(log, "No changes.")
		back, err := s.ChangeLog(t.Context(), to, from)
		is.NoErr(err)
		is.True(strings.HasSuffix(back, "\n- Took the clean mark from 2 files."))
	})

	t.Run("counts as a duplicate only a label whose twin stays", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		x := `a.wav x 0 10 0.5 {"a":1,"b":2}`
		from, to := twoVersions(t, s.Store, []string{x, x}, func(draft uuid.UUID, ids []int64) {
			noErr(t, s.Delete(t.Context(), draft, ids...))                   // both
			value(s.Add(t.Context(), draft, annosettest.Labels(t, x)...))(t) // which this one is not
		})
		is.Equal(value(s.ChangeLog(t.Context(), from, to))(t), "- Added 1 x label in 1 file.\n- Removed 2 x labels in 1 file.")

		spelled := `a.wav x 0 10 0.5 {"b": 2, "a": 1}`
		once, twice := inDataset(t, s.Store, "b", x), inDataset(t, s.Store, "c", spelled, x)
		is.Equal(value(s.ChangeLog(t.Context(), twice, once))(t), "- Removed 1 duplicate in 1 file.") // by content
		other := openStore(t, nil)
		elsewhere := inDataset(t, other.Store, "a", spelled)
		log, err := annoset.ChangeLogStores(t.Context(), s.Store, twice, other.Store, elsewhere)
		is.NoErr(err)
		is.Equal(log, "- Removed 1 duplicate in 1 file.") // of two stores
	})

	t.Run("stays short", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		var given, renamed []string
		for i := range 30 {
			given = append(given, fmt.Sprintf(`a.wav "from %d" %d %d`, i, i, i+1))
			renamed = append(renamed, fmt.Sprintf(`a.wav "to %d" %d %d`, i, i, i+1))
		}
		long := fmt.Sprintf("a.wav %s 99 100", strings.Repeat("é", 1000))
		log := value(s.ChangeLog(t.Context(), inDataset(t, s.Store, "a", given...),
			inDataset(t, s.Store, "b", append(renamed, long)...)))(t)
		is.Equal(strings.Count(log, "\n"), 11)
		is.True(strings.HasPrefix(log, "- Added 1 "+strings.Repeat("é", 40)+"… label in 1 file.\n")) // cut between letters
		is.True(strings.HasSuffix(log, "\n- Relabelled 20 labels of 20 other pairs of types."))
	})

	t.Run("refuses sets that are not there", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := inDataset(t, s.Store, "a")
		_, err := s.ChangeLog(t.Context(), set, uuid.Max)
		is.True(errors.Is(err, annoset.ErrNotFound))
		_, err = annoset.ChangeLogStores(t.Context(), s.Store, uuid.Max, s.Store, set)
		is.True(errors.Is(err, annoset.ErrNotFound))
		_, err = s.DatasetChangeLog(t.Context(), uuid.Max)
		is.True(errors.Is(err, annoset.ErrNotFound))
	})
}

func TestStore_DatasetChangeLog(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, annosettest.Options())
	d := value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "pod*casts"}))(t)
	empty := value(s.DatasetChangeLog(t.Context(), d.ID))(t)
	is.Equal(empty, "# Change log of pod\\*casts\n") // nothing yet

	v1 := value(s.CreateSet(t.Context(), d.ID, annoset.NewSet{Notes: "First round.\n"}))(t)
	labels := annosettest.Labels(t, append(several(3, "glitch", "a.wav", "b.wav"), "a.wav hum 0 9")...)
	ids := value(s.Add(t.Context(), v1.ID, labels...))(t)
	noErr(t, s.MarkClean(t.Context(), v1.ID, "c.wav"))
	v1 = value(s.Publish(t.Context(), v1.ID, nil))(t)
	v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "Checked by *Ann*."}))(t)
	noErr(t, s.Delete(t.Context(), v2.ID, ids[0]))
	v2 = value(s.Publish(t.Context(), v2.ID, &annoset.PublishOptions{ChangeLog: true}))(t)
	v3 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
	v4 := value(s.NewVersion(t.Context(), v3.ID, annoset.NewSet{}))(t)
	value(s.Add(t.Context(), v4.ID, label("c.wav", "hum", 0, 9)))(t)
	noErr(t, s.DeleteSet(t.Context(), v3.ID))
	v5 := value(s.CreateSet(t.Context(), d.ID, annoset.NewSet{}))(t)
	v6 := value(s.NewVersion(t.Context(), v5.ID, annoset.NewSet{}))(t)
	noErr(t, s.DeleteSet(t.Context(), v5.ID))

	log, err := s.DatasetChangeLog(t.Context(), d.ID)

	is.NoErr(err)
	is.Equal(log, `# Change log of pod\*casts

## Version 6 (draft of `+v6.CreatedAt.Format("2006-01-02")+`)

Made from a draft that was deleted.

No changes.

## Version 4 (draft of 2026-01-01)

Made from a draft that was deleted, on version 1.

- Added 1 hum label in 1 file.
- Took the clean mark from 1 file.

## Version 2 (2026-01-01)

Digest `+"`"+v2.Digest+"`"+`. Made from version 1.

Checked by *Ann*.

- Removed 1 glitch label in 1 file.

## Version 1 (2026-01-01)

Digest `+"`"+v1.Digest+"`"+`.

First round.

- Added 4 labels in 2 files: 3 glitch, 1 hum.
- Marked 1 file as clean.
`)
}

func TestStore_Publish_withChangeLog(t *testing.T) {
	t.Parallel()

	t.Run("keeps what was changed with the set", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := annosettest.Draft(t, s.Store, "a.wav x 0 10")
		opts := &annoset.PublishOptions{ChangeLog: true, AllowEmpty: true}
		v1 = value(s.Publish(t.Context(), v1.ID, opts))(t)
		is.Equal(v1.Notes, "- Added 1 label in 1 file: 1 x.") // against nothing

		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{Notes: "By Ann.\n\n"}))(t)
		value(s.Add(t.Context(), v2.ID, label("a.wav", "x", 5, 10)))(t)
		v2 = value(s.Publish(t.Context(), v2.ID, opts))(t)
		is.Equal(v2.Notes, "By Ann.\n\n- Added 1 x label in 1 file.") // notes come first
		is.Equal(value(s.SetByID(t.Context(), v2.ID))(t), v2)         // as it is kept

		v3 := value(s.NewVersion(t.Context(), v2.ID, annoset.NewSet{}))(t)
		v3 = value(s.Publish(t.Context(), v3.ID, opts))(t)
		is.Equal(v3.Notes, "No changes.")
		is.Equal(v3.Digest, v2.Digest) // notes are no part of the digest

		gone := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		v5 := value(s.NewVersion(t.Context(), gone.ID, annoset.NewSet{}))(t)
		noErr(t, s.DeleteSet(t.Context(), gone.ID))
		noErr(t, s.MarkClean(t.Context(), v5.ID, "c.wav"))
		v5 = value(s.Publish(t.Context(), v5.ID, opts))(t)
		is.Equal(v5.Notes, "- Marked 1 file as clean.") // against the published set below the draft that is gone

		v6 := value(s.Publish(t.Context(), annosettest.Draft(t, s.Store).ID, opts))(t)
		is.Equal(v6.Notes, "No changes.") // nothing from nothing
	})

	t.Run("refuses notes that get too long", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a.wav x 0 10")
		set = value(s.UpdateSet(t.Context(), set.ID, annoset.SetPatch{Notes: new(strings.Repeat("x", annoset.MaxTextBytes))}))(t)

		_, err := s.Publish(t.Context(), set.ID, &annoset.PublishOptions{ChangeLog: true})

		is.Equal(badFields(is, err), []string{"-1 notes"})
		is.Equal(value(s.SetByID(t.Context(), set.ID))(t), set) // a draft as before
	})
}

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

	t.Run("lists each change in order of version", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, annosettest.Options())
		set := annosettest.Draft(t, s.Store, "a.wav x 0 10", "a.wav x 0 10")
		ids := idsOf(t, s.Store, set.ID)
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
				set = value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
				is.NoErr(edit())
			}
			if i < len(edits)-1 {
				set = value(s.Publish(t.Context(), set.ID, nil))(t)
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
		v1 := annosettest.Draft(t, s.Store, "a.wav x 0 10")
		ids := idsOf(t, s.Store, v1.ID)
		v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t) // a copy of a draft
		is.NoErr(s.Delete(t.Context(), v2.ID, ids[0]))                     // which has no label left
		v1 = value(s.Publish(t.Context(), v1.ID, nil))(t)
		v3 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
		is.NoErr(s.Update(t.Context(), v3.ID, withID(ids[0], label("a.wav", "A", 0, 10))))
		value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)             // v4 leaves it as it is in v1
		value(s.NewVersion(t.Context(), v3.ID, annoset.NewSet{}))(t)             // v5 as it is in v3
		v6 := annosettest.Draft(t, s.Store)                                      // never had it
		value(s.CopyAnnotations(t.Context(), v6.ID, v1.ID, annoset.Filter{}))(t) // but a copy with an id of its own
		v7 := value(s.NewVersion(t.Context(), v3.ID, annoset.NewSet{}))(t)
		is.NoErr(s.DeleteSet(t.Context(), v3.ID))
		is.NoErr(s.Update(t.Context(), v7.ID, withID(ids[0], label("a.wav", "B", 0, 10))))

		states, err := s.AnnotationHistory(t.Context(), ids[0])

		is.NoErr(err)
		is.Equal(stations(states), []string{
			"v1 published added: a.wav x 0-10",
			"v2 draft removed",
			"v5 draft relabelled: a.wav A 0-10", // its parent is gone, so it is compared with v1
			"v7 draft relabelled: a.wav B 0-10",
		})
	})

	t.Run("reads through folded layers and blocks", func(t *testing.T) {
		skipMany(t)
		t.Parallel()
		is := is.New(t)
		s := openStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		set := newDraft(t, s.Store, "a")
		_, err := s.Import(t.Context(), set.ID, stream(proof.BulkRows, 3), nil)
		is.NoErr(err)
		a := labelsOf(t, s.Store, set.ID)[77]
		want := []string{fmt.Sprintf("v1 published added: %s %s %d-%d", a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS)}
		for v := 2; v <= 2*proof.MaxLayers+1; v++ {
			_, err := s.Publish(t.Context(), set.ID, nil)
			is.NoErr(err)
			set = value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
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

	t.Run("does not find a label that no set ever had", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := annosettest.Draft(t, s.Store, "a.wav x 0 10")
		ids := idsOf(t, s.Store, set.ID)
		for _, id := range []int64{0, -1, ids[0] + 1} {
			states, err := s.AnnotationHistory(t.Context(), id)
			missing, ok := errors.AsType[*annoset.NotFoundError](err)
			is.True(ok && missing.Kind == "annotation" && states == nil)
			is.Equal(missing.ID, fmt.Sprint(id)) // and says which
		}
		is.NoErr(s.DeleteSet(t.Context(), set.ID))
		_, err := s.AnnotationHistory(t.Context(), ids[0])
		is.True(errors.Is(err, annoset.ErrNotFound)) // gone with its draft
	})
}

func TestStore_Publish_changeLogWithApprovals(t *testing.T) {
	t.Parallel()
	for notes, want := range map[string]string{
		"":            "- Added 1 label in 1 file: 1 hum.",
		"fixed":       "fixed\n\n- Added 1 label in 1 file: 1 hum.",
		"fixed\n":     "fixed\n\n- Added 1 label in 1 file: 1 hum.",
		"fixed\r\n":   "fixed\r\n\n- Added 1 label in 1 file: 1 hum.",
		"fixed\n\n\n": "fixed\n\n\n- Added 1 label in 1 file: 1 hum.",
	} {
		is := is.New(t)
		s := openStore(t, nil)
		d := value(s.CreateDataset(t.Context(), annoset.NewDataset{Name: "d", RequiredApprovals: 1}))(t)
		draft := value(s.CreateSet(t.Context(), d.ID, annoset.NewSet{Notes: notes}))(t)
		value(s.As("ann").Add(t.Context(), draft.ID, label("a.wav", "hum", 0, 10)))(t)
		draft = value(s.SetByID(t.Context(), draft.ID))(t)
		value(s.As("ben").Approve(t.Context(), draft.ID, draft.Revision, ""))(t)
		set, err := s.As("ann").Publish(t.Context(), draft.ID, &annoset.PublishOptions{ChangeLog: true})
		is.NoErr(err) // the log comes after what was approved, to the byte
		is.Equal(set.Notes, want)
		is.True(!value(s.Reviews(t.Context(), set.ID))(t)[0].Void) // and voids nothing
		is.Equal(set.Revision, draft.Revision)
	}
}

// A version that was made from a draft is compared with the published set that both stand on: what became of the draft
// afterwards is none of its changes.
func TestStore_DatasetChangeLog_madeFromADraft(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	v1 := annosettest.Publish(t, s.Store, "a.wav x 0 10", "b.wav x 0 10")
	v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
	_, err := s.Add(t.Context(), v2.ID, label("c.wav", "y", 0, 10))
	is.NoErr(err)
	v3 := value(s.NewVersion(t.Context(), v2.ID, annoset.NewSet{}))(t) // a copy of the draft
	_, err = s.Add(t.Context(), v2.ID, label("d.wav", "z", 0, 10))     // which goes on by itself
	is.NoErr(err)
	ids := idsOf(t, s.Store, v1.ID)
	is.NoErr(s.Delete(t.Context(), v2.ID, ids[0]))
	value(s.Publish(t.Context(), v2.ID, nil))(t)
	got := value(s.Publish(t.Context(), v3.ID, &annoset.PublishOptions{ChangeLog: true}))(t)
	is.Equal(got.Notes, "- Added 1 y label in 1 file.") // and neither removed z nor added x again

	text := value(s.DatasetChangeLog(t.Context(), v1.DatasetID))(t)

	section := text[strings.Index(text, "## Version 3"):strings.Index(text, "## Version 2")]
	is.True(strings.Contains(section, "Made from version 2 when that was a draft, on version 1."))
	is.True(strings.Contains(section, "- Added 1 y label in 1 file."))
	is.Equal(strings.Count(section, "- "), 1) // the notes end with the log, which is not repeated
}
