package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// shape is the kind and size of a workload's steps.
type shape struct {
	name    string
	verbs   string // names of verbs, repeated by how often they come
	labels  int    // at most, in an import; at least half as many
	extra   int    // bytes of extra data, at most
	relaxed bool   // annoset.DurabilityRelaxed
	reopen  int    // steps after which the store is closed and reopened; 0: never
	steps   int
}

// shapes are workloads that write to the file in different ways.
var shapes = []shape{
	{name: "edits", verbs: "add add add update update delete mark unmark publish version", labels: 20, steps: 50},
	{name: "imports", verbs: "import import import publish version delete drop", labels: 400, steps: 40},
	{name: "bulk", verbs: "import publish version update drop", labels: 8400, steps: 20},
	{name: "folds", verbs: "version publish add update version publish delete mark", labels: 10, steps: 70},
	{name: "drafts", verbs: "draft version copy add drop draft version publish notes", labels: 60, steps: 40},
	{name: "datasets", verbs: "dataset types files add import publish forget forget", labels: 60, steps: 40},
	{
		name: "large values", verbs: "add add import notes publish version update delete",
		labels: 12, extra: 30_000, steps: 40,
	},
	{name: "reviews", verbs: "add reject update publish version train tag publish", labels: 20, steps: 50},
	{name: "relaxed", verbs: "add import update delete publish version mark drop", labels: 150, relaxed: true, steps: 40},
	{name: "reopened", verbs: "add import update delete publish version drop", labels: 150, reopen: 3, steps: 40},
	{name: "restores", verbs: "add import keep update publish version restore mark restore", labels: 80, steps: 40},
	{name: "everything", verbs: allVerbs, labels: 200, extra: 3000, reopen: 11, steps: 60},
}

const allVerbs = "add import update delete mark unmark publish version draft copy drop notes dataset types files " +
	"forget backup keep restore"

// workload is a sequence of steps; each is one call that writes. A step depends only on the workload, its number and
// what the store holds, so that a step done again writes the same: ids, times and all.
type workload struct {
	shape
	seed uint64
}

// scene is the store as a step finds it.
type scene struct {
	*annoset.Store
	shape *shape
	rand  *rand.Rand
	dir   string   // for backups
	open  *session // which a restore closes and reopens
	step  int
	types []string // that the dataset accepts
}

// verb is what a step does. It returns false if the store does not have what it needs.
type verb func(ctx context.Context, sc *scene) (bool, error)

// verbs are all verbs that write, by name. A new one of the store belongs here and in a shape.
var verbs = map[string]verb{
	"add": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		_, err := sc.Add(ctx, set.ID, slices.Collect(sc.labels(1+sc.rand.IntN(8)))...)
		return err
	}),
	"import": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		n := sc.shape.labels/2 + sc.rand.IntN(sc.shape.labels/2+1)
		_, err := sc.Import(ctx, set.ID, sound(sc.labels(n)), nil)
		return err
	}),
	"update": onLabels(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet, some []annoset.Annotation) error {
		a := sc.label()
		a.ID = some[0].ID
		return sc.Update(ctx, set.ID, a)
	}),
	"delete": onLabels(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet, some []annoset.Annotation) error {
		ids := make([]int64, len(some))
		for i, a := range some {
			ids[i] = a.ID
		}
		return sc.Delete(ctx, set.ID, ids...)
	}),
	"mark": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		err := sc.MarkClean(ctx, set.ID, sc.audioFile(), fmt.Sprintf("clean%d.wav", sc.step))
		if errors.Is(err, annoset.ErrConflict) { // it has labels
			err = sc.MarkClean(ctx, set.ID, fmt.Sprintf("clean%d.wav", sc.step))
		}
		return err
	}),
	"unmark": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		return sc.UnmarkClean(ctx, set.ID, sc.audioFile())
	}),
	"publish": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		_, err := sc.Publish(ctx, set.ID, &annoset.PublishOptions{AllowEmpty: true})
		if errors.Is(err, annoset.ErrNotApproved) { // an old store may require approvals
			_, err = sc.UpdateDataset(ctx, set.DatasetID, annoset.DatasetPatch{RequiredApprovals: new(0)})
		}
		return err
	}),
	"reject": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		_, err := sc.As("eve").Reject(ctx, set.ID, set.Revision, "no")
		return err
	}),
	"train": onPublished(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		_, err := sc.RecordTraining(ctx, set.ID, annoset.TrainingRun{
			Model: "detector", ModelVersion: fmt.Sprint(sc.step), Metrics: map[string]float64{"f1": 0.5},
		})
		return err
	}),
	"tag": onPublished(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		return sc.As("ann").Tag(ctx, set.DatasetID, "production", set.ID)
	}),
	"notes": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		data := sc.extraData()
		_, err := sc.UpdateSet(ctx, set.ID, annoset.SetPatch{Notes: new(string(data)), ExtraData: data})
		return err
	}),
	"drop": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		return sc.DeleteSet(ctx, set.ID)
	}),
	"version": onDataset(newVersion),
	"draft": onDataset(func(ctx context.Context, sc *scene, d *annoset.Dataset, _ []annoset.AnnotationSet) error {
		_, err := sc.CreateSet(ctx, d.ID, annoset.NewSet{Notes: "draft", ExtraData: sc.extraData()})
		return err
	}),
	"copy": onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		sets, err := sc.Sets(ctx, set.DatasetID, annoset.SetFilter{})
		if err != nil || sets[0].ID == set.ID {
			return err // nothing to copy from
		}
		_, err = sc.CopyAnnotations(ctx, set.ID, sets[0].ID, annoset.Filter{ArtifactTypes: []string{"glitch", "hum"}})
		return err
	}),
	"files": onDataset(func(ctx context.Context, sc *scene, d *annoset.Dataset, _ []annoset.AnnotationSet) error {
		return sc.AddAudioFiles(ctx, d.ID, annoset.AudioFile{ID: sc.audioFile(), DurationMS: longest},
			annoset.AudioFile{ID: fmt.Sprintf("registered%d.wav", sc.step)})
	}),
	"types": onDataset(func(ctx context.Context, sc *scene, d *annoset.Dataset, _ []annoset.AnnotationSet) error {
		types := d.ArtifactTypes
		for _, name := range append(artifactTypes, fmt.Sprintf("type of step %d", sc.step)) {
			if !slices.ContainsFunc(types, func(t annoset.ArtifactType) bool { return t.Name == name }) {
				types = append(types, annoset.ArtifactType{Name: name})
			}
		}
		_, err := sc.UpdateDataset(ctx, d.ID, annoset.DatasetPatch{ArtifactTypes: types})
		return err
	}),
	"dataset": func(ctx context.Context, sc *scene) (bool, error) { return true, sc.newDataset(ctx) },
	"forget": onDataset(func(ctx context.Context, sc *scene, d *annoset.Dataset, sets []annoset.AnnotationSet) error {
		if slices.ContainsFunc(sets, func(s annoset.AnnotationSet) bool { return s.Status == annoset.StatusPublished }) {
			return sc.newDataset(ctx)
		}
		return sc.DeleteDataset(ctx, d.ID)
	}),
	"backup": func(ctx context.Context, sc *scene) (bool, error) {
		return true, sc.Backup(ctx, backupPath(sc.dir, sc.step))
	},
	"keep": keep,
	"restore": func(ctx context.Context, sc *scene) (bool, error) {
		for step := sc.step - 1; step >= 0; step-- {
			if _, err := os.Stat(keptPath(sc.dir, step)); err == nil {
				return true, sc.open.restore(ctx, keptPath(sc.dir, step))
			}
		}
		return keep(ctx, sc)
	},
}

// keep makes a backup for restoring.
func keep(ctx context.Context, sc *scene) (bool, error) {
	path := keptPath(sc.dir, sc.step)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a process that was killed
		return true, err
	}
	return true, sc.Backup(ctx, path)
}

func keptPath(dir string, step int) string {
	return filepath.Join(dir, fmt.Sprintf("kept%d.annoset", step))
}

func backupPath(dir string, step int) string {
	return filepath.Join(dir, fmt.Sprintf("backup%d.annoset", step))
}

// onDataset runs fn on a random dataset.
func onDataset(fn func(context.Context, *scene, *annoset.Dataset, []annoset.AnnotationSet) error) verb {
	return func(ctx context.Context, sc *scene) (bool, error) {
		datasets, err := sc.Datasets(ctx)
		if err != nil || len(datasets) == 0 {
			return false, err
		}
		d := &datasets[sc.rand.IntN(len(datasets))]
		sets, err := sc.Sets(ctx, d.ID, annoset.SetFilter{})
		if err != nil {
			return false, err
		}
		sc.types = artifactTypes
		if len(d.ArtifactTypes) > 0 {
			sc.types = nil
			for _, t := range d.ArtifactTypes {
				sc.types = append(sc.types, t.Name)
			}
		}
		return true, fn(ctx, sc, d, sets)
	}
}

// onPublished runs fn on the last published set of a dataset. If there is none it adds a dataset instead.
func onPublished(fn func(context.Context, *scene, *annoset.AnnotationSet) error) verb {
	return onDataset(func(ctx context.Context, sc *scene, _ *annoset.Dataset, sets []annoset.AnnotationSet) error {
		for _, set := range slices.Backward(sets) {
			if set.Status == annoset.StatusPublished {
				return fn(ctx, sc, &set)
			}
		}
		return sc.newDataset(ctx)
	})
}

// onDraft runs fn on the last draft of a dataset. If there is none it makes one instead.
func onDraft(fn func(context.Context, *scene, *annoset.AnnotationSet) error) verb {
	return onDataset(func(ctx context.Context, sc *scene, d *annoset.Dataset, sets []annoset.AnnotationSet) error {
		for _, set := range slices.Backward(sets) {
			if set.Status == annoset.StatusDraft {
				return fn(ctx, sc, &set)
			}
		}
		return newVersion(ctx, sc, d, sets)
	})
}

// newVersion makes a version of the last set, or an empty set if there is none or it has grown large.
func newVersion(ctx context.Context, sc *scene, d *annoset.Dataset, sets []annoset.AnnotationSet) error {
	if len(sets) > 0 && sets[len(sets)-1].TotalAnnotations < 3*int64(sc.shape.labels)/2 {
		_, err := sc.NewVersion(ctx, sets[len(sets)-1].ID, annoset.NewSet{})
		return err
	}
	_, err := sc.CreateSet(ctx, d.ID, annoset.NewSet{})
	return err
}

// onLabels runs fn on some labels of a draft. If there are none it adds a label instead.
func onLabels(fn func(context.Context, *scene, *annoset.AnnotationSet, []annoset.Annotation) error) verb {
	return onDraft(func(ctx context.Context, sc *scene, set *annoset.AnnotationSet) error {
		after := annoset.Position{AudioFileID: sc.audioFile(), StartMS: sc.rand.Int64N(longest)}
		page, err := sc.Page(ctx, set.ID, annoset.Filter{}, after, 1+sc.rand.IntN(4))
		switch {
		case err != nil:
			return err
		case len(page.Annotations) == 0:
			_, err := sc.Add(ctx, set.ID, sc.label())
			return err
		}
		return fn(ctx, sc, set, page.Annotations)
	})
}

func (sc *scene) newDataset(ctx context.Context) error {
	_, err := sc.CreateDataset(ctx, annoset.NewDataset{Name: fmt.Sprintf("dataset of step %d", sc.step),
		ExtraData: sc.extraData()})
	return err
}

var artifactTypes = []string{"glitch", "hum", "pop", "long_pause"}

// longest is the end of the audio files, in milliseconds.
const longest = 100_000

func (sc *scene) label() annoset.Annotation {
	start := sc.rand.Int64N(longest - 2000)
	a := annoset.Annotation{
		AudioFileID: sc.audioFile(), ArtifactType: sc.types[sc.rand.IntN(len(sc.types))],
		StartMS: start, EndMS: start + sc.rand.Int64N(2000),
	}
	switch sc.rand.IntN(5) {
	case 0, 1:
		a.Confidence = new(float64(sc.rand.IntN(1001)) / 1000)
	case 2:
		a.ExtraData = sc.extraData()
	}
	return a
}

func (sc *scene) audioFile() string { return fmt.Sprintf("file%d.wav", sc.rand.IntN(12)) }

func (sc *scene) labels(n int) iter.Seq[annoset.Annotation] {
	return func(yield func(annoset.Annotation) bool) {
		for range n {
			if !yield(sc.label()) {
				return
			}
		}
	}
}

func (sc *scene) extraData() json.RawMessage {
	text := strings.Repeat("x", sc.rand.IntN(sc.shape.extra+1))
	return json.RawMessage(fmt.Sprintf(`{"step": %d, "text": "%s"}`, sc.step, text))
}

// sound adds nil errors to a stream of labels.
func sound(labels iter.Seq[annoset.Annotation]) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for a := range labels {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// verb returns the name of the verb of a step.
func (w *workload) verb(step int) string {
	names := strings.Fields(w.verbs)
	return names[w.rand(step).IntN(len(names))]
}

func (w *workload) rand(step int) *rand.Rand { return rand.New(rand.NewPCG(w.seed, uint64(step))) }

// do does one step.
func (w *workload) do(ctx context.Context, s *session, step int) error {
	s.clock.rewind(step)
	sc := &scene{Store: s.Store, shape: &w.shape, rand: w.rand(step), dir: filepath.Dir(s.path), step: step, open: s}
	sc.rand.Uint64() // verb has used this number
	name := w.verb(step)
	done, err := verbs[name](ctx, sc)
	if err == nil && !done {
		err = sc.newDataset(ctx)
	}
	if err != nil {
		return fmt.Errorf("step %d, %s: %w", step, name, err)
	}
	return nil
}

// session is a store opened for a workload.
type session struct {
	*annoset.Store
	path  string
	clock *clock
	opts  *annoset.Options
}

// restore puts a backup in the place of the store.
func (s *session) restore(ctx context.Context, backup string) error {
	if err := s.Close(); err != nil {
		return err
	}
	err := annoset.Restore(ctx, backup, s.path)
	var opening error
	s.Store, opening = annoset.Open(ctx, s.path, s.opts)
	return errors.Join(err, opening)
}

func (w *workload) open(ctx context.Context, path string) (*session, error) {
	s := &session{path: path, clock: &clock{}}
	s.opts = &annoset.Options{Now: s.clock.now, NewID: s.clock.newID}
	if w.relaxed {
		s.opts.Durability = annoset.DurabilityRelaxed
	}
	var err error
	s.Store, err = annoset.Open(ctx, path, s.opts)
	return s, err
}

// reopens reports whether the store is closed and reopened before a step.
func (w *workload) reopens(step int) bool { return w.reopen > 0 && step > 0 && step%w.reopen == 0 }

// clock returns times and ids that depend on the number of a step, so that a step done again writes the same.
type clock struct{ step, n uint64 }

func (c *clock) rewind(step int) { c.step, c.n = uint64(step), 0 }

func (c *clock) now() time.Time {
	c.n++
	return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(c.step*1000+c.n) * time.Second)
}

func (c *clock) newID() (id uuid.UUID) {
	c.n++
	binary.BigEndian.PutUint64(id[:], c.step+1)
	binary.BigEndian.PutUint64(id[8:], c.n)
	return id
}
