package annoset_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/sqlite"
)

// twoVersions publishes lines, and hands a draft on top of them with the ids of the labels to edit.
func twoVersions(t testing.TB, s *annoset.Store, lines []string, edit func(draft uuid.UUID, ids []int64),
) (from, to uuid.UUID) {
	t.Helper()
	v1 := annosettest.Publish(t, s, lines...)
	v2 := value(s.NewVersion(t.Context(), v1.ID, annoset.NewSet{}))(t)
	edit(v2.ID, idsOf(t, s, v1.ID))
	return v1.ID, v2.ID
}

// inDataset makes a draft of labels in a dataset of its own.
func inDataset(t testing.TB, s *annoset.Store, name string, lines ...string) uuid.UUID {
	t.Helper()
	set := newDraft(t, s, name)
	value(s.Add(t.Context(), set.ID, annosettest.Labels(t, lines...)...))(t)
	return set.ID
}

func TestStore_Diff(t *testing.T) {
	t.Parallel()

	t.Run("compares labels by id", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		given := []string{"a.wav x 0 10", "a.wav x 20 30", "a.wav x 40 50", "a.wav x 60 70", "a.wav x 80 90", "z.wav x 5 9",
			"m.wav x 0 10", "a.wav x 95 99"}
		from, to := twoVersions(t, s.Store, given, func(draft uuid.UUID, ids []int64) {
			update := func(i int, a annoset.Annotation) { is.NoErr(s.Update(t.Context(), draft, withID(ids[i], a))) }
			update(0, label("a.wav", "y", 0, 10))
			update(1, label("a.wav", "x", 20, 31))
			update(2, sure(label("a.wav", "x", 40, 50), 0.5))
			update(3, label("a.wav", "y", 60, 71))
			update(5, label("b.wav", "x", 5, 9))
			is.NoErr(s.Delete(t.Context(), draft, ids[4], ids[6]))
			is.NoErr(s.MarkClean(t.Context(), draft, "m.wav", "quiet.wav"))
			value(s.Add(t.Context(), draft, label("a.wav", "x", 80, 90)))(t)
			update(7, sure(label("a.wav", "x", 95, 99), 1))
			update(7, label("a.wav", "x", 95, 99)) // and back again
		})

		is.Equal(changesOf(diffOf(t, s.Store, from, to)), []string{
			"a.wav relabelled: x@0-10 y@0-10",
			"a.wav moved: x@20-30 x@20-31",
			"a.wav edited: x@40-50 x@40-50",
			"a.wav rewritten: x@60-70 y@60-71",
			"a.wav removed: x@80-90 -", // though another label says the same
			"a.wav added: - x@80-90",
			"b.wav rewritten: x@5-9 x@5-9", // in the first of both audio files
			"m.wav removed: x@0-10 -",
			"m.wav marked_clean: - -",
			"quiet.wav marked_clean: - -",
		})
		checkPatch(t, s.Store, from, to)
	})

	t.Run("compares labels by content if no id is the same", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		from := inDataset(t, s.Store, "a", "a.wav x 0 10", "a.wav x 0 10", "a.wav x 0 10", "a.wav x 20 30", "a.wav x 40 50",
			"a.wav x 60 70", "a.wav x 80 90", "b.wav x 0 10")
		is.NoErr(s.MarkClean(t.Context(), from, "c.wav"))
		to := inDataset(t, s.Store, "b", "a.wav x 0 10", "a.wav y 20 30", "a.wav x 40 50 0.5", "a.wav x 61 71",
			"a.wav x 86 96", "c.wav x 0 10")

		is.Equal(changesOf(diffOf(t, s.Store, from, to)), []string{
			"a.wav removed: x@0-10 -", // one of three stays
			"a.wav removed: x@0-10 -",
			"a.wav relabelled: x@20-30 y@20-30",
			"a.wav edited: x@40-50 x@40-50",
			"a.wav moved: x@60-70 x@61-71",
			"a.wav removed: x@80-90 -", // four in sixteen milliseconds is too little of an overlap
			"a.wav added: - x@86-96",
			"b.wav removed: x@0-10 -",
			"c.wav unmarked_clean: - -",
			"c.wav added: - x@0-10",
		})
		loose := collect(t, s.Diff(t.Context(), from, to, &annoset.DiffOptions{MinIoU: 0.25}))
		is.Equal(len(loose), 9)
		is.Equal(changesOf(loose)[5], "a.wav moved: x@80-90 x@86-96") // enough, if less is asked for
		checkPatch(t, s.Store, from, to)
	})

	t.Run("takes extra data for what it says", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		given := []string{`a.wav x 0 10 {"a":1,"b":"é"}`}
		from, to := twoVersions(t, s.Store, given, func(draft uuid.UUID, ids []int64) {
			is.NoErr(s.Update(t.Context(), draft,
				withID(ids[0], extra(label("a.wav", "x", 0, 10), `{ "b": "\u00e9", "a": 1 }`))))
		})
		is.Equal(len(diffOf(t, s.Store, from, to)), 0) // spelled in another way
		other := inDataset(t, s.Store, "b", `a.wav x 0 10 {"b":"é","a":1}`)
		is.Equal(len(diffOf(t, s.Store, from, other)), 0)
		other = inDataset(t, s.Store, "c", `a.wav x 0 10 {"b":"é","a":2}`)
		is.Equal(changesOf(diffOf(t, s.Store, from, other)), []string{"a.wav edited: x@0-10 x@0-10"})
	})

	t.Run("reads no more than what lies above that which both sets stand on", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		set := annosettest.Draft(t, s.Store, several(50, "x", "a.wav", "b.wav")...) // too many to be folded
		line := []uuid.UUID{uuid.Nil}
		for i := range int64(proof.MaxLayers + 4) {
			value(s.Add(t.Context(), set.ID, label("a.wav", "x", i, i+5)))(t)
			value(s.Publish(t.Context(), set.ID, nil))(t)
			line = append(line, set.ID)
			set = value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
		}
		last := len(line) - 1
		branch := value(s.NewVersion(t.Context(), line[3], annoset.NewSet{}))(t).ID
		copied := value(s.NewVersion(t.Context(), branch, annoset.NewSet{}))(t).ID // a copy of a draft

		for _, tt := range []struct {
			name     string
			from, to uuid.UUID
			above    [2]int
		}{
			{"itself", line[2], line[2], [2]int{0, 0}},
			{"a draft on it", line[last], set.ID, [2]int{0, 1}},
			{"its parent", line[2], line[1], [2]int{1, 0}},
			{"a version on the fold of it", line[proof.MaxLayers], line[proof.MaxLayers+1], [2]int{0, 1}},
			{"a later version through the layers that were folded", line[proof.MaxLayers-1], line[proof.MaxLayers+1],
				[2]int{0, 2}},
			{"a version far off, through the fold", line[1], line[last], [2]int{0, last - proof.MaxLayers + 1}},
			{"a sibling", branch, line[4], [2]int{1, 1}},
			{"a copy", branch, copied, [2]int{1, 1}},
		} {
			above, byID, err := layersApart(t, s.Path, tt.from, tt.to)
			is.NoErr(err)
			is.True(byID)
			if above != tt.above {
				t.Errorf("%s: %v layers are read, not %v", tt.name, above, tt.above)
			}
			checkPatch(t, s.Store, tt.from, tt.to)
		}
	})

	t.Run("of many audio files, bunch by bunch", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		given := make([]string, 150)
		for i := range given {
			given[i] = fmt.Sprintf("f%03d.wav x 0 10", i)
		}
		from, to := twoVersions(t, s.Store, given, func(draft uuid.UUID, ids []int64) {
			labels := annosettest.Labels(t, given...)
			for i, id := range ids {
				switch a := withID(id, labels[i]); i % 3 {
				case 0: // to another audio file, far off
					a.AudioFileID = labels[len(labels)-1-i].AudioFileID
					noErr(t, s.Update(t.Context(), draft, a))
				case 1:
					noErr(t, s.Delete(t.Context(), draft, id))
				}
			}
		})

		changes := checkPatch(t, s.Store, from, to)

		proof.CheckIDs(t, s.Store, from, to, changes)
		is.Equal(len(changes), 100) // each label that was moved comes once
	})

	t.Run("goes by ids where a draft was copied before anything was published", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		v1 := inDataset(t, s.Store, "a", "a.wav x 0 10", "a.wav x 20 30", "z.wav x 1 2")
		gone := value(s.NewVersion(t.Context(), v1, annoset.NewSet{}))(t).ID
		v3 := value(s.NewVersion(t.Context(), gone, annoset.NewSet{}))(t).ID
		v4 := value(s.NewVersion(t.Context(), gone, annoset.NewSet{}))(t).ID
		is.NoErr(s.DeleteSet(t.Context(), gone))
		ids := labelsOf(t, s.Store, v4)
		is.NoErr(s.Update(t.Context(), v4, withID(ids[0].ID, label("a.wav", "y", 500, 600))))
		is.NoErr(s.Update(t.Context(), v4, withID(ids[2].ID, label("c.wav", "x", 1, 2))))

		is.Equal(changesOf(diffOf(t, s.Store, v3, v4)), []string{ // siblings, whose parent is gone
			"a.wav rewritten: x@0-10 y@500-600", "c.wav rewritten: x@1-2 x@1-2",
		})
		checkPatch(t, s.Store, v3, v4)
		is.Equal(len(diffOf(t, s.Store, v1, v4)), 4) // the line to v1 is broken, and content decides
	})

	t.Run("of sets in which there is little or nothing", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		empty, one := inDataset(t, s.Store, "a"), inDataset(t, s.Store, "b", "a.wav x 3 3")
		is.Equal(len(diffOf(t, s.Store, empty, empty)), 0)
		is.Equal(len(diffOf(t, s.Store, empty, inDataset(t, s.Store, "c"))), 0)
		is.Equal(changesOf(diffOf(t, s.Store, empty, one)), []string{"a.wav added: - x@3-3"})
		is.Equal(changesOf(diffOf(t, s.Store, one, empty)), []string{"a.wav removed: x@3-3 -"})
		version := value(s.NewVersion(t.Context(), empty, annoset.NewSet{}))(t).ID
		is.Equal(len(diffOf(t, s.Store, empty, version)), 0)
	})

	t.Run("shows one state, and lets the body write", func(t *testing.T) {
		t.Parallel()
		for name, open := range map[string]func(testing.TB) *annoset.Store{
			"in a file": openFile, "in memory": annosettest.New,
		} {
			is := is.New(t)
			s := open(t)
			from, to := twoVersions(t, s, []string{"a.wav x 0 10", "b.wav x 0 10"},
				func(draft uuid.UUID, ids []int64) { noErr(t, s.Delete(t.Context(), draft, ids...)) })
			n := 0
			for c, err := range s.Diff(t.Context(), from, to, nil) {
				is.NoErr(err)
				_, err = s.Add(t.Context(), to, *c.Before)
				is.NoErr(err)
				n++
			}
			if n != 2 {
				t.Errorf("%s: %d changes", name, n)
			}
			is.Equal(len(diffOf(t, s, from, to)), 4)
			for _, err := range s.Diff(t.Context(), from, to, nil) {
				is.NoErr(err)
				break // which frees what the loop holds
			}
			is.NoErr(s.Close())
		}
	})

	t.Run("refuses what it cannot compare", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := inDataset(t, s.Store, "a", "a.wav x 0 10")
		for _, pair := range [][2]uuid.UUID{{set, uuid.Max}, {uuid.Max, set}} {
			missing, ok := errors.AsType[*annoset.NotFoundError](lastErr(s.Diff(t.Context(), pair[0], pair[1], nil)))
			is.True(ok && missing.ID == uuid.Max.String()) // the one that is not there
			_, err := s.DiffSummary(t.Context(), pair[0], pair[1], nil)
			is.True(errors.Is(err, annoset.ErrNotFound))
		}
		for _, bad := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
			err := lastErr(s.Diff(t.Context(), set, set, &annoset.DiffOptions{MinIoU: bad}))
			is.Equal(badFields(is, err), []string{"-1 min_iou"}) // is not a share of anything
		}
	})
}

func TestStore_DiffSummary(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	given := []string{"a.wav x 0 10", "b.wav x 0 10", "b.wav y 0 10"}
	from, to := twoVersions(t, s.Store, given, func(draft uuid.UUID, ids []int64) {
		noErr(t, s.Update(t.Context(), draft, withID(ids[0], label("a.wav", "y", 0, 10))))
		noErr(t, s.Update(t.Context(), draft, withID(ids[1], label("c.wav", "x", 0, 10))))
		noErr(t, s.Delete(t.Context(), draft, ids[2]))
		noErr(t, s.MarkClean(t.Context(), draft, "b.wav"))
	})

	got, err := s.DiffSummary(t.Context(), from, to, nil)

	is.NoErr(err)
	is.Equal(got, annoset.DiffSummary{
		ChangeCounts: annoset.ChangeCounts{Relabelled: 1, Rewritten: 1, Removed: 1, MarkedClean: 1},
		ByType: map[string]annoset.ChangeCounts{
			"x": {Relabelled: 1, Rewritten: 1}, "y": {Relabelled: 1, Removed: 1}, // both types of what was relabelled
		},
		ByAudioFile: map[string]annoset.ChangeCounts{
			"a.wav": {Relabelled: 1}, "b.wav": {Rewritten: 1, Removed: 1, MarkedClean: 1}, "c.wav": {Rewritten: 1},
		},
	})
	same, err := annoset.SummarizeDiff(s.Diff(t.Context(), from, to, nil))
	is.NoErr(err)
	is.Equal(same, got) // and of a stream
	text, err := json.Marshal(got)
	is.NoErr(err)
	var back annoset.DiffSummary
	is.NoErr(json.Unmarshal(text, &back))
	is.Equal(back, got) // JSON and back
	_, err = annoset.SummarizeDiff(s.Diff(t.Context(), from, uuid.Max, nil))
	is.True(errors.Is(err, annoset.ErrNotFound)) // what the changes end with
}

func TestDiffStores(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a, memory := openStore(t, nil), annosettest.New(t)
	inDataset(t, memory, "other", "o.wav z 0 1") // so that ids and types have other numbers
	from := inDataset(t, a.Store, "a", "a.wav x 0 10", "a.wav x 20 30")
	to := inDataset(t, memory, "a", "a.wav y 0 10", "a.wav x 20 30", "b.wav x 0 1")
	want := []string{"a.wav relabelled: x@0-10 y@0-10", "b.wav added: - x@0-1"}

	for c, err := range annoset.DiffStores(t.Context(), a.Store, from, memory, to, nil) {
		is.NoErr(err)
		_, err = memory.Add(t.Context(), to, label("c.wav", c.After.ArtifactType, 0, 1))
		is.NoErr(err) // the body may write to a store in memory too
	}
	is.Equal(changesOf(collect(t, annoset.DiffStores(t.Context(), a.Store, from, memory, to, nil))),
		append(want, "c.wav added: - x@0-1", "c.wav added: - y@0-1"))
	is.Equal(len(collect(t, annoset.DiffStores(t.Context(), memory, to, memory, to, nil))), 0) // one store, once

	missing := lastErr(annoset.DiffStores(t.Context(), a.Store, from, memory, from, nil))
	is.True(errors.Is(missing, annoset.ErrNotFound)) // each id in its own store
	is.NoErr(memory.Close())
	is.True(errors.Is(lastErr(annoset.DiffStores(t.Context(), a.Store, from, memory, to, nil)), annoset.ErrClosed))
	is.True(errors.Is(lastErr(annoset.DiffStores(t.Context(), memory, to, a.Store, from, nil)), annoset.ErrClosed))
}

func TestDiffStores_ofTwoHandlesOfOneStoreInMemory(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s, err := annoset.OpenMemory(t.Context(), &annoset.Options{BusyTimeout: 100 * time.Millisecond})
	is.NoErr(err)
	defer s.Close()
	set := annosettest.Draft(t, s, "a.wav hum 0 10")
	for _, err := range annoset.DiffStores(t.Context(), s, set.ID, s.As("ann"), set.ID, nil) {
		is.NoErr(err) // they share one connection, which is taken once
	}
}

// A store in memory has one connection. Two comparisons of the same two stores must not wait for each other.
func TestDiffStores_inBothDirectionsAtOnce(t *testing.T) {
	t.Parallel()
	opts := &annoset.Options{BusyTimeout: 20 * time.Second} // far longer than all of this takes
	var stores [2]*annoset.Store
	var sets [2]uuid.UUID
	for i := range stores {
		stores[i] = value(annoset.OpenMemory(t.Context(), opts))(t)
		defer stores[i].Close()
		sets[i] = annosettest.Draft(t, stores[i], "a.wav hum 0 10", "b.wav hum 0 10", "c.wav hum 0 10").ID
	}
	began := time.Now()
	var all sync.WaitGroup
	for from := range 4 {
		all.Go(func() {
			a, b := from%2, 1-from%2
			for range 50 {
				if err := lastErr(annoset.DiffStores(t.Context(), stores[a], sets[a], stores[b], sets[b], nil)); err != nil {
					t.Error(err)
				}
				if _, err := annoset.ChangeLogStores(t.Context(), stores[a], sets[a], stores[b], sets[b]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took >= opts.BusyTimeout {
		t.Errorf("took %v", took)
	}
}

// layersApart returns how many layers of two sets a diff reads, and whether it goes by ids.
func layersApart(t *testing.T, path string, from, to uuid.UUID) (above [2]int, byID bool, err error) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, ReadOnly: true})
	if err != nil {
		return above, false, err
	}
	defer db.Close()
	err = db.Read(t.Context(), func(tx *sqlite.ReadTx) error {
		var rows [2]sqlite.SetRow
		for i, id := range []uuid.UUID{from, to} {
			if rows[i], _, err = tx.SetByUUID(t.Context(), id.String()); err != nil {
				return err
			}
		}
		c, err := diff.New(t.Context(), tx, &rows[0], tx, &rows[1], annoset.DefaultMinIoU)
		if err != nil {
			return err
		}
		above, byID, err = c.LayersApart(t.Context())
		return err
	})
	return above, byID, err
}

// The kinds of changes stand at the root, for its documentation, and in package diff.
func TestChangeKind_sameTexts(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for root, below := range map[annoset.ChangeKind]diff.Kind{
		annoset.ChangeAdded: diff.Added, annoset.ChangeRemoved: diff.Removed, annoset.ChangeRewritten: diff.Rewritten,
		annoset.ChangeRelabelled: diff.Relabelled, annoset.ChangeMoved: diff.Moved, annoset.ChangeEdited: diff.Edited,
		annoset.ChangeMarkedClean: diff.MarkedClean, annoset.ChangeUnmarkedClean: diff.UnmarkedClean,
	} {
		is.Equal(string(root), string(below))
	}
}
