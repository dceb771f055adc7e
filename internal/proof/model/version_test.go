package model_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// TestStore_NewVersion_ManyTimes makes enough versions that layers are folded, with random edits, and reads all of
// them.
func TestStore_NewVersion_ManyTimes(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()

	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("keeps every earlier version, seed %d", seed), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
			set := proof.NewDraft(t, s.Store, "a")
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
			for v := range 3*proof.MaxLayers + 6 {
				want := c.want()
				is.Equal(c.got(set.ID), want) // the draft is what was written
				published, err := s.Publish(t.Context(), set.ID, nil)
				is.NoErr(err)
				is.Equal(published.Stats, want.stats)   // as they were counted
				is.Equal(c.got(set.ID), want)           // publishing changes nothing
				is.NoErr(s.Verify(t.Context(), set.ID)) // and what it stored is right
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
				is.Equal(c.got(v.id), v.want) // every earlier version reads as it did
			}
			for _, v := range versions[len(versions)-proof.MaxLayers:] {
				branch, err := s.NewVersion(t.Context(), v.id, annoset.NewSet{})
				is.NoErr(err)
				is.Equal(c.got(branch.ID), v.want) // a new version of it is equal
				is.NoErr(s.DeleteSet(t.Context(), branch.ID))
				is.Equal(c.got(v.id), v.want) // deleting that one leaves it
			}
		})
	}
}

func TestStore_NewVersion_foldsOnce(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "a")
	for i := range proof.MaxLayers {
		_, err := s.Add(t.Context(), set.ID, proof.Label("a.wav", "x", int64(i), int64(i+5)))
		is.NoErr(err)
		set, err = s.Publish(t.Context(), set.ID, nil)
		is.NoErr(err)
		if i < proof.MaxLayers-1 {
			set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
			is.NoErr(err)
		}
	}

	a, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
	is.NoErr(err)
	b, err := s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
	is.NoErr(err)

	var folds int
	is.NoErr(proof.OpenRaw(t, s.Path).QueryRow(`SELECT count(*) FROM layer WHERE folds_id IS NOT NULL`).Scan(&folds))
	is.Equal(folds, 1) // both stand on one fold
	is.NoErr(s.DeleteSet(t.Context(), a.ID))
	is.Equal(len(proof.LabelsOf(t, s.Store, b.ID)), proof.MaxLayers)
	is.NoErr(s.DeleteSet(t.Context(), b.ID)) // the fold goes with the last of them
	is.NoErr(proof.OpenRaw(t, s.Path).QueryRow(`SELECT count(*) FROM layer WHERE folds_id IS NOT NULL`).Scan(&folds))
	is.Equal(folds, 0)
}

// chain is what a line of versions must hold, in maps.
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
	a := proof.Label(c.file(), fmt.Sprint("type", c.r.IntN(3)), start, start+c.r.Int64N(300))
	if c.r.IntN(2) == 0 {
		a = proof.Sure(a, c.r.Float64())
	}
	return a
}

// edit makes the same random edits in a draft and in the maps.
func (c *chain) edit(setID uuid.UUID, adds, updates, deletes int) {
	c.t.Helper()
	is, ctx := is.New(c.t), c.t.Context()
	for range adds {
		a := c.random()
		ids, err := c.s.Add(ctx, setID, a)
		is.NoErr(err)
		c.labels[ids[0]] = proof.WithID(ids[0], a)
		delete(c.clean, a.AudioFileID)
	}
	ids := slices.Sorted(maps.Keys(c.labels))
	c.r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for _, id := range ids[:min(updates, len(ids))] {
		a := proof.WithID(id, c.random())
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
	case c.has(file):
		is.True(errors.Is(err, annoset.ErrConflict)) // labels and a mark exclude each other
	default:
		is.NoErr(err)
		c.clean[file] = true
	}
}

func (c *chain) has(file string) bool {
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

// want is the snapshot that the maps predict, with durations counted millisecond by millisecond.
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
	return snapshot{labels: proof.LabelsOf(c.t, c.s, setID), clean: proof.CleanOf(c.t, c.s, setID), stats: stats}
}

// byPlace is the order in which labels are read.
func byPlace(a, b annoset.Annotation) int {
	return cmp.Or(cmp.Compare(a.AudioFileID, b.AudioFileID), cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID))
}
