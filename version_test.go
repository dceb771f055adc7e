package annoset_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/layer"
)

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
		_, err := s.Import(t.Context(), v1.ID, stream(layer.BulkRows+10, 3), nil)
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

// chain is what a line of versions must hold, in plain maps.
type chain struct {
	t      *testing.T
	s      *annoset.Store
	r      *rand.Rand
	labels map[int64]annoset.Annotation
	clean  map[string]bool
}

func (c *chain) file() string { return fmt.Sprintf("file%02d.wav", c.r.IntN(12)) }

func (c *chain) random() annoset.Annotation {
	start := c.r.Int64N(2000)
	a := label(c.file(), fmt.Sprint("type", c.r.IntN(3)), start, start+c.r.Int64N(300))
	if c.r.IntN(2) == 0 {
		a = sure(a, c.r.Float64())
	}
	return a
}

// edit changes a draft and the maps alike.
func (c *chain) edit(setID uuid.UUID, adds, updates, deletes int) {
	c.t.Helper()
	is, ctx := is.New(c.t), c.t.Context()
	for range adds {
		a := c.random()
		ids, err := c.s.Add(ctx, setID, a)
		is.NoErr(err)
		c.labels[ids[0]] = withID(ids[0], a)
		delete(c.clean, a.AudioFileID)
	}
	ids := slices.Sorted(maps.Keys(c.labels))
	c.r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids[:min(updates, len(ids))] {
		a := withID(id, c.random())
		is.NoErr(c.s.Update(ctx, setID, a))
		c.labels[id] = a
		delete(c.clean, a.AudioFileID)
	}
	for _, id := range ids[len(ids)-min(deletes, len(ids)):] {
		is.NoErr(c.s.Delete(ctx, setID, id))
		delete(c.labels, id)
	}
	file := c.file()
	switch err := c.s.MarkClean(ctx, setID, file); {
	case c.bears(file):
		is.True(errors.Is(err, annoset.ErrConflict)) // labels and a mark exclude each other
	default:
		is.NoErr(err)
		c.clean[file] = true
	}
}

func (c *chain) bears(file string) bool {
	for _, a := range c.labels {
		if a.AudioFileID == file {
			return true
		}
	}
	return false
}

// snapshot is what a set holds.
type snapshot struct {
	labels []annoset.Annotation
	clean  []string
	stats  annoset.Stats
}

// want is the snapshot that the maps foretell, with statistics counted millisecond by millisecond.
func (c *chain) want() snapshot {
	w := snapshot{
		labels: slices.SortedFunc(maps.Values(c.labels), byPlace), clean: slices.Sorted(maps.Keys(c.clean)),
		stats: annoset.Stats{AnnotationsByType: map[string]int64{}, DurationMSByType: map[string]int64{}},
	}
	if w.labels == nil {
		w.labels = []annoset.Annotation{}
	}
	if w.clean == nil {
		w.clean = []string{}
	}
	type moment struct {
		file, typ string
		ms        int64
	}
	covered, files := map[moment]bool{}, map[string]bool{}
	for _, a := range w.labels {
		w.stats.TotalAnnotations++
		w.stats.AnnotationsByType[a.ArtifactType]++
		w.stats.DurationMSByType[a.ArtifactType] += 0
		files[a.AudioFileID] = true
		for ms := a.StartMS; ms < a.EndMS; ms++ {
			if m := (moment{a.AudioFileID, "", ms}); !covered[m] {
				covered[m] = true
				w.stats.TotalPositiveDurationMS++
			}
			if m := (moment{a.AudioFileID, a.ArtifactType, ms}); !covered[m] {
				covered[m] = true
				w.stats.DurationMSByType[a.ArtifactType]++
			}
		}
	}
	w.stats.AnnotatedAudioFiles, w.stats.CleanAudioFiles = int64(len(files)), int64(len(w.clean))
	return w
}

func (c *chain) got(setID uuid.UUID) snapshot {
	c.t.Helper()
	stats, err := c.s.Stats(c.t.Context(), setID)
	is.New(c.t).NoErr(err)
	return snapshot{labels: labelsOf(c.t, c.s, setID), clean: cleanOf(c.t, c.s, setID), stats: stats}
}

func TestStore_NewVersion_ManyTimes(t *testing.T) {
	skipMany(t)
	t.Parallel()

	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("keeps every earlier version, seed %d", seed), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
			set := newDraft(t, s.Store, "a")
			c := &chain{
				t: t, s: s.Store, r: rand.New(rand.NewPCG(seed, 1)),
				labels: map[int64]annoset.Annotation{}, clean: map[string]bool{},
			}
			c.edit(set.ID, 40, 0, 0)
			type version struct {
				id   uuid.UUID
				want snapshot
			}
			var versions []version
			for v := range 3*layer.Max + 6 {
				want := c.want()
				is.Equal(c.got(set.ID), want) // the draft is what was written
				published, err := s.Publish(t.Context(), set.ID, nil)
				is.NoErr(err)
				is.Equal(published.Stats, want.stats)   // as they were counted
				is.Equal(c.got(set.ID), want)           // publishing changes nothing
				is.NoErr(s.Verify(t.Context(), set.ID)) // and what it kept is right
				versions = append(versions, version{set.ID, want})

				set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
				is.NoErr(err)
				is.Equal(c.got(set.ID), want) // folded or not, a reader sees no difference
				for id, a := range c.labels {
					got, err := s.Annotation(t.Context(), set.ID, id)
					is.NoErr(err)
					is.Equal(got, a) // each label is found by its id
				}
				c.edit(set.ID, c.r.IntN(4), c.r.IntN(4), c.r.IntN(4))
				if v%5 == 4 { // go on with a copy of the draft
					first := set.ID
					set, err = s.NewVersion(t.Context(), first, annoset.NewSet{})
					is.NoErr(err)
					is.NoErr(s.DeleteSet(t.Context(), first))
					c.edit(set.ID, 2, 2, 2)
				}
			}
			for _, v := range versions {
				is.Equal(c.got(v.id), v.want) // all earlier versions read as they did
			}
			for _, v := range versions[len(versions)-layer.Max:] {
				branch, err := s.NewVersion(t.Context(), v.id, annoset.NewSet{})
				is.NoErr(err)
				is.Equal(c.got(branch.ID), v.want) // each can be gone on from
				is.NoErr(s.DeleteSet(t.Context(), branch.ID))
				is.Equal(c.got(v.id), v.want) // and what was folded for it goes alone
			}
		})
	}
}

func TestStore_NewVersion_foldsOnce(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "a")
	for i := range layer.Max {
		_, err := s.Add(t.Context(), set.ID, label("a.wav", "x", int64(i), int64(i+5)))
		is.NoErr(err)
		set, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		if i < layer.Max-1 {
			set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
			is.NoErr(err)
		}
	}

	a, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
	is.NoErr(err)
	b, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
	is.NoErr(err)

	var folds int
	is.NoErr(openRaw(t, s.path).QueryRow(`SELECT count(*) FROM layer WHERE folds_id IS NOT NULL`).Scan(&folds))
	is.Equal(folds, 1)                       // both stand on the same
	is.NoErr(s.DeleteSet(t.Context(), a.ID)) // one goes
	is.Equal(len(labelsOf(t, s.Store, b.ID)), layer.Max)
	is.NoErr(s.DeleteSet(t.Context(), b.ID)) // the other goes, and the folded layer with it
	is.NoErr(openRaw(t, s.path).QueryRow(`SELECT count(*) FROM layer WHERE folds_id IS NOT NULL`).Scan(&folds))
	is.Equal(folds, 0)
}
