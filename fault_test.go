package annoset_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/layer"
)

// replay is a clock and a source of ids that give the same again after a rewind, so that a verb which is tried again
// must write the very same.
type replay struct {
	base, n uint64
}

func (r *replay) rewind(base int) { r.base, r.n = uint64(base)*1000, 0 }

func (r *replay) options() *annoset.Options {
	return &annoset.Options{
		Now: func() time.Time {
			r.n++
			return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(r.base+r.n) * time.Second)
		},
		NewID: func() uuid.UUID {
			r.n++
			return uuid.MustParse(fmt.Sprintf("00000000-0000-7000-8000-%012d", r.base+r.n))
		},
	}
}

// verb is one call of a story. What it returns is written down, so that a result can be compared too.
type verb struct {
	name string
	run  func(ctx context.Context, t *tale) (any, error)
}

// tale is what the verbs of a story know of each other.
type tale struct {
	*annoset.Store
	dir     string // for files that verbs write
	dataset uuid.UUID
	sets    map[string]uuid.UUID
	ids     []int64
}

// keep keeps a set under a name.
func (t *tale) keep(name string, set annoset.AnnotationSet, err error) (any, error) {
	if err == nil {
		t.sets[name] = set.ID
	}
	return set, err
}

// beginning is how both stories begin.
func beginning() []verb {
	return []verb{
		{"create dataset", func(ctx context.Context, t *tale) (any, error) {
			d, err := t.CreateDataset(ctx, annoset.NewDataset{Name: "speech", Description: "d"})
			t.dataset = d.ID
			return d, err
		}},
		{"create set", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.CreateSet(ctx, t.dataset, annoset.NewSet{Notes: "first"})
			return t.keep("v1", set, err)
		}},
		{"add", func(ctx context.Context, t *tale) (any, error) {
			ids, err := t.Add(ctx, t.sets["v1"], label("a.wav", "glitch", 0, 10), label("a.wav", "pop", 5, 20),
				label("b.wav", "glitch", 7, 7))
			t.ids = ids
			return ids, err
		}},
	}
}

// story goes through every verb that writes, with few labels, and then through those that read.
func story() []verb {
	verbs := append(beginning(), []verb{
		{"import", func(ctx context.Context, t *tale) (any, error) {
			return t.Import(ctx, t.sets["v1"], stream(12, 3), nil)
		}},
		{"mark clean", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.MarkClean(ctx, t.sets["v1"], "c.wav", "d.wav")
		}},
		{"publish", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v1"], nil)
		}},
		{"new version", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v1"], annoset.NewSet{})
			return t.keep("v2", set, err)
		}},
		{"update an inherited label", func(ctx context.Context, t *tale) (any, error) {
			a := label("d.wav", "click", 30, 40) // was in a.wav; d.wav was clean
			a.ID = t.ids[0]
			return nil, t.Update(ctx, t.sets["v2"], a)
		}},
		{"update a label of the draft", func(ctx context.Context, t *tale) (any, error) {
			a := label("a.wav", "click", 35, 45)
			a.ID = t.ids[0]
			return nil, t.Update(ctx, t.sets["v2"], a)
		}},
		{"delete", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Delete(ctx, t.sets["v2"], t.ids[2], t.ids[0])
		}},
		{"mark clean what was freed", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.MarkClean(ctx, t.sets["v2"], "b.wav")
		}},
		{"unmark clean", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.UnmarkClean(ctx, t.sets["v2"], "c.wav")
		}},
		{"new version of a draft", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v2"], annoset.NewSet{})
			return t.keep("v3", set, err)
		}},
		{"copy", func(ctx context.Context, t *tale) (any, error) {
			return t.CopyAnnotations(ctx, t.sets["v3"], t.sets["v1"], annoset.Filter{AudioFileIDs: []string{"a.wav"}})
		}},
		{"update set", func(ctx context.Context, t *tale) (any, error) {
			notes := "third"
			return t.UpdateSet(ctx, t.sets["v3"], annoset.SetPatch{Notes: &notes})
		}},
		{"publish a version", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v2"], &annoset.PublishOptions{ChangeLog: true})
		}},
		{"delete set", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteSet(ctx, t.sets["v3"])
		}},
		{"add audio files", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.AddAudioFiles(ctx, t.dataset, annoset.AudioFile{ID: "a.wav", DurationMS: 100},
				annoset.AudioFile{ID: "z.wav"})
		}},
		{"update dataset", func(ctx context.Context, t *tale) (any, error) {
			name := "sound"
			return t.UpdateDataset(ctx, t.dataset, annoset.DatasetPatch{Name: &name})
		}},
		{between, func(ctx context.Context, t *tale) (any, error) { // leads up to a fold
			id := t.sets["v2"]
			for n := range layer.Max - 2 {
				set, err := t.NewVersion(ctx, id, annoset.NewSet{})
				if err != nil {
					return nil, err
				}
				if _, err := t.Add(ctx, set.ID, label("e.wav", "pop", int64(n), 100)); err != nil {
					return nil, err
				}
				if _, err := t.Publish(ctx, set.ID, nil); err != nil {
					return nil, err
				}
				id = set.ID
			}
			t.sets["chain"] = id
			return nil, nil
		}},
		{"new version that folds", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["chain"], annoset.NewSet{})
			return t.keep("folded", set, err)
		}},
		{"delete set with what was folded", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteSet(ctx, t.sets["folded"])
		}},
		{between, func(ctx context.Context, t *tale) (any, error) {
			d, err := t.CreateDataset(ctx, annoset.NewDataset{Name: "noise", ArtifactTypes: []annoset.ArtifactType{{Name: "pop"}}})
			if err != nil {
				return nil, err
			}
			set, err := t.CreateSet(ctx, d.ID, annoset.NewSet{})
			if err != nil {
				return nil, err
			}
			t.dataset = d.ID
			return t.Add(ctx, set.ID, label("n.wav", "pop", 1, 2))
		}},
		{"delete dataset", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteDataset(ctx, t.dataset)
		}},
	}...)
	return append(append(verbs, reviewStory()...), readers()...)
}

// reviewStory goes on with what people say of a draft, and what is kept beside a published set.
func reviewStory() []verb {
	return []verb{
		{between, func(ctx context.Context, t *tale) (any, error) {
			set, err := t.As("ann").NewVersion(ctx, t.sets["v2"], annoset.NewSet{})
			t.dataset = set.DatasetID
			return t.keep("reviewed", set, err)
		}},
		{"add signed", func(ctx context.Context, t *tale) (any, error) {
			return t.As("ann").Add(ctx, t.sets["reviewed"], label("r.wav", "pop", 0, 10))
		}},
		{"reject", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.SetByID(ctx, t.sets["reviewed"])
			if err != nil {
				return nil, err
			}
			return t.As("bob").Reject(ctx, set.ID, set.Revision, "not yet")
		}},
		{"update set that was reviewed", func(ctx context.Context, t *tale) (any, error) {
			return t.As("ann").UpdateSet(ctx, t.sets["reviewed"], annoset.SetPatch{Notes: new("better")})
		}},
		{"approve", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.SetByID(ctx, t.sets["reviewed"])
			if err != nil {
				return nil, err
			}
			return t.As("bob").Approve(ctx, set.ID, set.Revision, "now it is")
		}},
		{"demand an approval", func(ctx context.Context, t *tale) (any, error) {
			return t.UpdateDataset(ctx, t.dataset, annoset.DatasetPatch{RequiredApprovals: new(1)})
		}},
		{"publish what is approved", func(ctx context.Context, t *tale) (any, error) {
			return t.As("cid").Publish(ctx, t.sets["reviewed"], nil)
		}},
		{"record training", func(ctx context.Context, t *tale) (any, error) {
			return t.RecordTraining(ctx, t.sets["reviewed"], annoset.TrainingRun{
				Model: "tagger", Metrics: map[string]float64{"f1": 0.5},
			})
		}},
		{"tag", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Tag(ctx, t.dataset, "best", t.sets["v2"])
		}},
		{"move tag", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Tag(ctx, t.dataset, "best", t.sets["reviewed"])
		}},
		{between, func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Tag(ctx, t.dataset, "old", t.sets["v1"])
		}},
		{"untag", func(ctx context.Context, t *tale) (any, error) { return nil, t.Untag(ctx, t.dataset, "old") }},
		{"list reviews", func(ctx context.Context, t *tale) (any, error) { return t.Reviews(ctx, t.sets["reviewed"]) }},
		{"list training runs", func(ctx context.Context, t *tale) (any, error) {
			return t.TrainingRuns(ctx, annoset.TrainingFilter{SetID: t.sets["reviewed"]})
		}},
		{"get tagged set", func(ctx context.Context, t *tale) (any, error) { return t.Tagged(ctx, t.dataset, "best") }},
		{"list tags", func(ctx context.Context, t *tale) (any, error) { return t.Tags(ctx, t.dataset) }},
		{"list tag moves", func(ctx context.Context, t *tale) (any, error) { return t.TagHistory(ctx, t.dataset, "old") }},
		{"refuse to delete what was trained", func(ctx context.Context, t *tale) (any, error) {
			err := t.DeleteSet(ctx, t.sets["reviewed"])
			if refused, ok := errors.AsType[*annoset.ImmutableError](err); ok {
				return refused.Models, nil
			}
			return nil, err
		}},
	}
}

// bulkStory goes through the verbs that do otherwise with many labels.
func bulkStory() []verb {
	const many = layer.BulkRows + 10
	return append(beginning(), []verb{
		{"import in bulk", func(ctx context.Context, t *tale) (any, error) {
			return t.Import(ctx, t.sets["v1"], stream(many, 5), nil)
		}},
		{"publish many", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v1"], nil)
		}},
		{"new version of many", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v1"], annoset.NewSet{})
			return t.keep("v2", set, err)
		}},
		{"update one of many", func(ctx context.Context, t *tale) (any, error) {
			a := label("b.wav", "click", 30, 40)
			a.ID = t.ids[2] + 1 // the first one that was imported
			return nil, t.Update(ctx, t.sets["v2"], a)
		}},
		{"copy in bulk", func(ctx context.Context, t *tale) (any, error) {
			return t.CopyAnnotations(ctx, t.sets["v2"], t.sets["v1"], annoset.Filter{})
		}},
		{"new version of a large draft", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v2"], annoset.NewSet{})
			return t.keep("v3", set, err)
		}},
		{"delete set of many", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteSet(ctx, t.sets["v3"])
		}},
		{"publish a large version", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v2"], nil)
		}},
		{"read many", func(ctx context.Context, t *tale) (any, error) {
			return all(t.Annotations(ctx, t.sets["v2"], annoset.Filter{}))
		}},
		{"verify many", func(ctx context.Context, t *tale) (any, error) { return nil, t.Verify(ctx, t.sets["v2"]) }},
	}...)
}

// between is the name of what only leads from one verb to the next, and is not tried with faults.
const between = ""

// readers are the verbs that leave the store as it is.
func readers() []verb {
	return []verb{
		{"read annotations", func(ctx context.Context, t *tale) (any, error) {
			return all(t.Annotations(ctx, t.sets["v2"], annoset.Filter{}))
		}},
		{"read one file's annotations", func(ctx context.Context, t *tale) (any, error) {
			return all(t.Annotations(ctx, t.sets["v2"], annoset.Filter{AudioFileIDs: []string{"a.wav", "file00001.wav"}}))
		}},
		{"read one annotation", func(ctx context.Context, t *tale) (any, error) {
			return t.Annotation(ctx, t.sets["v2"], t.ids[1])
		}},
		{"read a page", func(ctx context.Context, t *tale) (any, error) {
			return t.Page(ctx, t.sets["v2"], annoset.Filter{}, annoset.Position{AudioFileID: "a.wav", StartMS: 1}, 20)
		}},
		{"read clean audio files", func(ctx context.Context, t *tale) (any, error) {
			return all(t.CleanAudioFiles(ctx, t.sets["v2"]))
		}},
		{"evaluate", func(ctx context.Context, t *tale) (any, error) {
			return t.Evaluate(ctx, t.sets["v2"], stream(20, 2), &annoset.EvaluateOptions{Everywhere: true})
		}},
		{"measure agreement", func(ctx context.Context, t *tale) (any, error) {
			return t.MeasureAgreement(ctx, t.sets["v1"], t.sets["v2"], nil)
		}},
		{"read audio files of a part", func(ctx context.Context, t *tale) (any, error) {
			training, err := t.TrainingSet(ctx, t.sets["v2"])
			if err != nil {
				return nil, err
			}
			part, err := training.Part(annoset.Split{Train: 0.5, Test: 0.5}, annoset.Train)
			if err != nil {
				return nil, err
			}
			return all(part.AudioFiles(ctx))
		}},
		{"get set", func(ctx context.Context, t *tale) (any, error) { return t.SetByID(ctx, t.sets["v2"]) }},
		{"get statistics", func(ctx context.Context, t *tale) (any, error) { return t.Stats(ctx, t.sets["v2"]) }},
		{"list sets", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.SetByID(ctx, t.sets["v2"])
			if err != nil {
				return nil, err
			}
			return t.Sets(ctx, set.DatasetID, annoset.SetFilter{})
		}},
		{"list audio files of the latest", func(ctx context.Context, t *tale) (any, error) {
			d, err := t.DatasetByName(ctx, "sound")
			if err != nil {
				return nil, err
			}
			if _, err := t.LatestPublished(ctx, d.ID); err != nil {
				return nil, err
			}
			return t.AudioFiles(ctx, d.ID)
		}},
		{"train", func(ctx context.Context, t *tale) (any, error) {
			training, err := t.TrainingSet(ctx, t.sets["v2"])
			if err != nil {
				return nil, err
			}
			return all(training.Annotations(ctx, annoset.Filter{}))
		}},
		{"list datasets", func(ctx context.Context, t *tale) (any, error) { return t.Datasets(ctx) }},
		{"check", func(ctx context.Context, t *tale) (any, error) {
			return t.Check(ctx, t.sets["v2"], &annoset.CheckOptions{MinConfidence: new(1.0)})
		}},
		{"verify", func(ctx context.Context, t *tale) (any, error) { return nil, t.Verify(ctx, t.sets["v2"]) }},
		{"diff by id", func(ctx context.Context, t *tale) (any, error) {
			return all(t.Diff(ctx, t.sets["v1"], t.sets["v2"], nil))
		}},
		{"diff by content", func(ctx context.Context, t *tale) (any, error) {
			return all(annoset.DiffStores(ctx, t.Store, t.sets["v1"], t.Store, t.sets["v2"], nil))
		}},
		{"write change log", func(ctx context.Context, t *tale) (any, error) {
			return t.ChangeLog(ctx, t.sets["v1"], t.sets["v2"])
		}},
		{"get history", func(ctx context.Context, t *tale) (any, error) { return t.AnnotationHistory(ctx, t.ids[1]) }},
		{"export", func(ctx context.Context, t *tale) (any, error) {
			dir := filepath.Join(t.dir, "export")
			if err := t.Export(ctx, t.sets["v2"], dir); err != nil {
				return nil, errors.Join(err, nothingAt(dir))
			}
			sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
			return string(sums), errors.Join(err, os.RemoveAll(dir))
		}},
		{"backup", func(ctx context.Context, t *tale) (any, error) {
			path := filepath.Join(t.dir, "backup.annoset")
			if err := t.Backup(ctx, path); err != nil {
				return nil, errors.Join(err, nothingAt(path))
			}
			copied, err := annoset.Open(ctx, path, nil)
			if err != nil {
				return nil, err
			}
			set, err := copied.SetByID(ctx, t.sets["v2"])
			return set.Digest, errors.Join(err, copied.Close(), os.Remove(path))
		}},
	}
}

var errLeft = errors.New("something was left behind")

// nothingAt makes sure that a failed verb left nothing at path, nor beside it.
func nothingAt(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: %s", errLeft, path)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".annoset-*")); err != nil || len(left) > 0 {
		return fmt.Errorf("%w: %v %v", errLeft, left, err)
	}
	return nil
}

func all[T any](seq func(func(T, error) bool)) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// chapter is one verb of a story with the store before and after it.
type chapter struct {
	verb
	number        int
	file          []byte // the store's file before
	before, after string // what the store holds, as dump writes it
	result        string
	tale          tale // as it was before
}

// shelf keeps the stories that were told, by name.
var shelf = struct {
	sync.Mutex
	stories map[string][]chapter
}{stories: map[string][]chapter{}}

// told runs a story without faults, once for all tests, and writes down every chapter of it.
func told(t *testing.T, name string, verbs []verb) []chapter {
	t.Helper()
	shelf.Lock()
	defer shelf.Unlock()
	if shelf.stories[name] == nil {
		shelf.stories[name] = tell(t, verbs)
	}
	return shelf.stories[name]
}

func tell(t *testing.T, verbs []verb) []chapter {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "labels.annoset")
	clock := &replay{}
	now := tale{dir: dir, sets: map[string]uuid.UUID{}}
	chapters := make([]chapter, len(verbs))
	for i, v := range verbs {
		s, err := annoset.Open(ctx, path, clock.options())
		if err != nil {
			t.Fatal(err)
		}
		before := dump(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		chapters[i] = chapter{verb: v, number: i, file: file, before: before, tale: now.clone(nil, "")}
		if s, err = annoset.Open(ctx, path, clock.options()); err != nil {
			t.Fatal(err)
		}
		now.Store = s
		clock.rewind(i)
		result, err := v.run(ctx, &now)
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		chapters[i].result = written(result)
		chapters[i].after = dump(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	checkFile(t, path)
	return chapters
}

// written writes a result down as it is compared.
func written(result any) string {
	data, err := json.Marshal(result)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// clone copies what is known, for a store of its own.
func (t *tale) clone(s *annoset.Store, dir string) tale {
	c := tale{Store: s, dir: dir, dataset: t.dataset, sets: map[string]uuid.UUID{}, ids: slices.Clone(t.ids)}
	for name, id := range t.sets {
		c.sets[name] = id
	}
	return c
}

var errInjected = errors.New("injected fault")

// fault is a way in which a call of the driver fails.
type fault struct {
	name string
	err  error
	done bool // the call is done all the same
	stay bool // every later call fails too
}

var faults = []fault{
	{"fails", errInjected, false, false},
	{"fails after it was done", errInjected, true, false},
	{"and all later ones fail", errInjected, false, true},
	{"finds its connection lost", driver.ErrBadConn, false, false},
	{"loses its connection once done", driver.ErrBadConn, true, false},
}

// at makes the i-th call fail. fired tells what call that was, or is empty.
func (f fault) at(s *hook.Seam, i int) (fired func() string) {
	n, what := 0, ""
	s.Set(func(call, query string) (before, after error) {
		n++
		if n != i && (n < i || !f.stay) {
			return nil, nil
		}
		if what == "" {
			what = call + " " + strings.Join(strings.Fields(query), " ")
			what = what[:min(len(what), 80)]
		}
		if f.done {
			return nil, f.err
		}
		return f.err, nil
	})
	return func() string {
		s.Set(nil)
		return what
	}
}

// trial is one call that is to fail in one way.
type trial struct {
	fault
	i int
}

// trials are all ways in which a verb of n calls can fail, in any order; or so many of them, among which the last
// calls, of which one is COMMIT, fail once they were done.
func trials(t testing.TB, n, some int) []trial {
	var all []trial
	for _, f := range faults {
		for i := range n {
			all = append(all, trial{f, i + 1})
		}
	}
	newRand(t).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	switch {
	case full():
		some *= 20
	case brief():
		some = (some + 2) / 3
	}
	if some >= len(all) {
		return all
	}
	return append(all[:some], trial{faults[1], n}, trial{faults[1], max(1, n-1)})
}

func TestStore_whenTheDriverFails(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, tales := range []struct {
		name  string
		verbs []verb
		some  int
	}{
		{"of few labels", story(), 3},
		{"of many labels", bulkStory(), 1},
	} {
		t.Run(tales.name, func(t *testing.T) {
			t.Parallel()
			if tales.name == "of many labels" {
				skipMany(t)
			}
			chapters := told(t, tales.name, tales.verbs)
			for i := range chapters {
				c := &chapters[i]
				if c.name == between {
					continue
				}
				t.Run(c.name+" happens whole or not at all", func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					for _, trial := range trials(t, c.count(t, dir), tales.some) {
						if c.withFault(t, dir, trial.fault, trial.i); t.Failed() {
							return
						}
					}
				})
			}
		})
	}
}

// open opens a copy of the chapter's store in dir.
func (c *chapter) open(t *testing.T, dir string, s *hook.Seam, clock *replay) (*annoset.Store, string) {
	t.Helper()
	path := filepath.Join(dir, "labels.annoset")
	for _, ending := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + ending); err == nil {
			t.Errorf("%s is left of the last time", path+ending)
		}
	}
	if err := os.WriteFile(path, c.file, 0o666); err != nil {
		t.Fatal(err)
	}
	store, err := annoset.Open(s.In(context.Background()), path, clock.options())
	if err != nil {
		t.Fatal(err)
	}
	return store, path
}

// count returns how many calls of the driver the verb takes.
func (c *chapter) count(t *testing.T, dir string) int {
	t.Helper()
	s, clock := &hook.Seam{}, &replay{}
	store, _ := c.open(t, dir, s, clock)
	defer store.Close()
	n := 0
	s.Set(func(string, string) (before, after error) {
		n++
		return nil, nil
	})
	clock.rewind(c.number)
	own := c.tale.clone(store, dir)
	_, err := c.run(context.Background(), &own)
	s.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// withFault runs the verb while the i-th call fails. Then the store holds what it did before, or, where that may be,
// after; it goes on working, and the verb succeeds when it is tried again.
func (c *chapter) withFault(t *testing.T, dir string, f fault, i int) {
	t.Helper()
	defer noPanic(t)
	is := is.New(t)
	ctx := context.Background()
	s, clock := &hook.Seam{}, &replay{}
	store, path := c.open(t, dir, s, clock)
	defer func() { is.NoErr(store.Close()) }()
	own := c.tale.clone(store, dir)
	clock.rewind(c.number)
	fired := f.at(s, i)
	result, err := c.run(ctx, &own)
	what := fired()
	if what == "" {
		t.Errorf("there is no call %d", i)
	}
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: call %d (%s) %s: %s", c.name, i, what, f.name, fmt.Sprintf(format, args...))
	}
	if i%2 == 0 { // the next one to look at it is another process
		is.NoErr(store.Close())
		checkFile(t, path)
		store, err2 := annoset.Open(ctx, path, clock.options())
		is.NoErr(err2)
		defer func() { is.NoErr(store.Close()) }()
		own.Store = store
	}
	now := dump(t, own.Store)
	switch {
	case errors.Is(err, errLeft):
		fail("%v", err)
	case err == nil && now != c.after:
		fail("it returned no error and did not happen")
	case err == nil && written(result) != c.result:
		fail("it returned %.300s, not %.300s", written(result), c.result)
	case err == nil:
	case !errors.Is(err, f.err) && f.err == errInjected:
		fail("the cause is lost: %v", err)
	case now != c.before && (!f.done || now != c.after):
		fail("it failed, and the store is neither as before nor as after")
	}
	if now == c.before {
		clock.rewind(c.number)
		again := c.tale.clone(own.Store, dir)
		result, err := c.run(ctx, &again)
		switch {
		case err != nil:
			fail("tried again: %v", err)
		case written(result) != c.result:
			fail("tried again, it returned %.300s, not %.300s", written(result), c.result)
		case dump(t, own.Store) != c.after:
			fail("tried again, it did something else")
		}
	}
	is.NoErr(own.Store.Close())
	if i%2 == 1 {
		checkFile(t, path)
	}
}

func TestOpen_whenTheDriverFails(t *testing.T) {
	t.Parallel()
	story := told(t, "of the beginning", story()[:4])
	for _, start := range []struct {
		name, holds string
		file        []byte
	}{
		{"a new store", "", nil},
		{"a store that exists", story[3].before, story[3].file},
	} {
		t.Run("leaves "+start.name+" as good as it was", func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			calls := 0
			counting := &hook.Seam{}
			counting.Set(func(string, string) (before, after error) {
				calls++
				return nil, nil
			})
			openOver(t, filepath.Join(dir, "count.annoset"), start.file, counting, func(s *annoset.Store, err error) {
				counting.Set(nil)
				if err != nil || calls < 5 {
					t.Fatalf("%d calls, %v: the seam is not where it was", calls, err)
				}
			})
			for n, trial := range trials(t, calls, 20) {
				if openWithFault(t, dir, n, trial, start.file, start.holds); t.Failed() {
					return
				}
			}
		})
	}
}

// openOver opens a store over what the file held, and closes it when then has seen it.
func openOver(t *testing.T, path string, file []byte, s *hook.Seam, then func(*annoset.Store, error)) {
	t.Helper()
	if file != nil {
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	store, err := annoset.Open(s.In(context.Background()), path, nil)
	then(store, err)
	if err != nil {
		return
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func openWithFault(t *testing.T, dir string, n int, trial trial, file []byte, holds string) {
	t.Helper()
	is := is.New(t)
	path := filepath.Join(dir, fmt.Sprintf("%d.annoset", n))
	s := &hook.Seam{}
	fired := trial.at(s, trial.i)
	var what string
	openOver(t, path, file, s, func(store *annoset.Store, err error) {
		what = fired()
		if err == nil {
			is.Equal(dump(t, store), holds) // what was opened in spite of a fault
		} else if trial.err == errInjected && !errors.Is(err, errInjected) {
			t.Errorf("open: call %d (%s) %s: the cause is lost: %v", trial.i, what, trial.name, err)
		}
	})
	again, err := annoset.Open(context.Background(), path, nil)
	if err != nil {
		t.Errorf("open: call %d (%s) %s: opened again: %v", trial.i, what, trial.name, err)
		return
	}
	is.Equal(dump(t, again), holds) // opened again
	is.NoErr(again.Close())
	checkFile(t, path)
}
