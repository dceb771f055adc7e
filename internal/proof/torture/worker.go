package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// throng is one process of the crowd.
type throng struct {
	*annoset.Store
	path     string
	datasets []annoset.Dataset
	until    time.Time

	mu      sync.Mutex // guards what follows
	out     *json.Encoder
	reads   int64
	longest time.Duration
	digests map[uuid.UUID]string // of the published sets that were read
}

// worker is one process of the crowd: goroutines that write, as many that read, and one that reopens the store.
func worker(ctx context.Context, t *task) error {
	s, err := annoset.Open(ctx, t.Path, nil)
	if err != nil {
		return err
	}
	th := &throng{
		Store: s, path: t.Path, until: time.Now().Add(t.For), out: json.NewEncoder(os.Stdout),
		digests: map[uuid.UUID]string{},
	}
	if th.datasets, err = s.Datasets(ctx); err != nil {
		return err
	}
	errs := make(chan error)
	began := 0
	begin := func(fn func(ctx context.Context, r *rand.Rand, number int) error) {
		number := t.Worker*1000 + began
		began++
		r := rand.New(rand.NewPCG(t.Seed, uint64(number)))
		go func() { errs <- fn(ctx, r, number) }()
	}
	for range t.Workers {
		begin(th.write)
		begin(th.read)
	}
	begin(th.reopen)
	for range began {
		if err := <-errs; err != nil {
			return err // the process ends, and all its goroutines
		}
	}
	if err := th.say(ack{Do: "count", Calls: th.reads, Longest: th.longest}); err != nil {
		return err
	}
	return s.Close()
}

// say prints what was acknowledged.
func (th *throng) say(a ack) error {
	th.mu.Lock()
	defer th.mu.Unlock()
	return th.out.Encode(a)
}

// timed records how long a call takes.
func (th *throng) timed(call func() error) error {
	began := time.Now()
	err := call()
	th.mu.Lock()
	defer th.mu.Unlock()
	th.longest = max(th.longest, time.Since(began))
	return err
}

// outrun reports whether a call came too late: another goroutine had published or deleted the set.
func outrun(err error) bool {
	return errors.Is(err, annoset.ErrPublished) || errors.Is(err, annoset.ErrNotFound) ||
		errors.Is(err, annoset.ErrEmptySet)
}

// recent returns the newest sets of a random dataset.
func (th *throng) recent(ctx context.Context, r *rand.Rand, s *annoset.Store) (
	annoset.Dataset, []annoset.AnnotationSet, error,
) {
	d := th.datasets[r.IntN(len(th.datasets))]
	after := 0
	latest, err := s.LatestPublished(ctx, d.ID)
	switch {
	case err == nil:
		after = max(0, latest.Version-8)
	case !errors.Is(err, annoset.ErrNotFound):
		return d, nil, err
	}
	sets, err := s.Sets(ctx, d.ID, annoset.SetFilter{AfterVersion: after})
	return d, sets, err
}

// writing is what a writing goroutine remembers.
type writing struct {
	*throng
	rand   *rand.Rand
	number int
	next   int64 // where its next pair starts
	mine   []owned
}

// owned is a pair that one goroutine has written, and that no other changes or deletes.
type owned struct {
	set   uuid.UUID
	ids   []int64
	start int64
}

// write edits, makes versions, publishes and deletes until the time is up.
func (th *throng) write(ctx context.Context, r *rand.Rand, number int) error {
	w := &writing{throng: th, rand: r, number: number}
	for time.Now().Before(th.until) {
		d, sets, err := th.recent(ctx, r, th.Store)
		if err != nil {
			return err
		}
		for range 1 + r.IntN(30) { // listing costs more than most writes
			err := th.timed(func() error { return w.act(ctx, d.ID, sets) })
			if outrun(err) {
				break
			}
			if err != nil {
				return fmt.Errorf("goroutine %d: %w", number, err)
			}
		}
	}
	return nil
}

// grown is the number of labels above which no new version is made of a set.
const grown = 600

// act makes one call, and prints what was acknowledged.
func (w *writing) act(ctx context.Context, dataset uuid.UUID, sets []annoset.AnnotationSet) error {
	var drafts []annoset.AnnotationSet
	for _, set := range sets {
		if set.Status == annoset.StatusDraft {
			drafts = append(drafts, set)
		}
	}
	n := w.rand.IntN(100)
	if len(drafts) == 0 || n < 2 && len(drafts) < 6 && w.rand.IntN(4) == 0 {
		return w.create(ctx, dataset, sets)
	}
	set := drafts[w.rand.IntN(len(drafts))].ID
	switch {
	case n < 50:
		return w.add(ctx, set)
	case n < 60:
		return w.importPairs(ctx, set, 20+w.rand.IntN(80))
	case n == 60 && w.rand.IntN(10) == 0: // in bulk
		return w.importPairs(ctx, set, 2200)
	case n < 75 && len(w.mine) > 0:
		return w.update(ctx)
	case n < 90 && len(w.mine) > 0:
		return w.remove(ctx)
	case n < 94:
		return w.MarkClean(ctx, set, fmt.Sprintf("clean%d.wav", w.rand.IntN(30)))
	case n < 97:
		out, err := w.Publish(ctx, set, nil)
		if err != nil {
			return err
		}
		return w.say(ack{Do: "publish", Set: set, Digest: out.Digest})
	case n == 97:
		if err := w.DeleteSet(ctx, set); err != nil {
			return err
		}
		return w.say(ack{Do: "drop", Set: set})
	}
	return w.add(ctx, set)
}

// create makes a version of one of the sets, or an empty set if that one has grown.
func (w *writing) create(ctx context.Context, dataset uuid.UUID, sets []annoset.AnnotationSet) (err error) {
	var set annoset.AnnotationSet
	if len(sets) == 0 || w.rand.IntN(8) == 0 {
		set, err = w.CreateSet(ctx, dataset, annoset.NewSet{})
	} else if from := &sets[w.rand.IntN(len(sets))]; from.TotalAnnotations > grown {
		set, err = w.CreateSet(ctx, dataset, annoset.NewSet{})
	} else {
		set, err = w.NewVersion(ctx, from.ID, annoset.NewSet{})
		if err == nil && from.Status == annoset.StatusPublished && set.TotalAnnotations != from.TotalAnnotations {
			err = fmt.Errorf("a version of a set with %d labels has %d", from.TotalAnnotations, set.TotalAnnotations)
		}
	}
	if err != nil {
		return err
	}
	return w.say(ack{Do: "create", Dataset: dataset, Set: set.ID, Version: set.Version})
}

// pairs yields n new pairs of labels.
func (w *writing) pairs(n int) iter.Seq2[annoset.Annotation, error] {
	from := w.next
	w.next += int64(n)
	return func(yield func(annoset.Annotation, error) bool) {
		for start := from; start < from+int64(n); start++ {
			for _, file := range []string{"x.wav", "y.wav"} {
				if !yield(annoset.Annotation{
					AudioFileID: file, ArtifactType: fmt.Sprint("worker", w.number), StartMS: start, EndMS: start + 10,
				}, nil) {
					return
				}
			}
		}
	}
}

func (w *writing) add(ctx context.Context, set uuid.UUID) error {
	start := w.next
	var labels []annoset.Annotation
	for a, err := range w.pairs(1) {
		if err != nil {
			return err
		}
		labels = append(labels, a)
	}
	ids, err := w.Add(ctx, set, labels...)
	if err != nil {
		return err
	}
	if w.mine = append(w.mine, owned{set, ids, start}); len(w.mine) > 50 {
		w.mine = w.mine[25:]
	}
	return w.say(ack{Do: "add", Set: set, Worker: w.number, From: start, To: start + 1})
}

func (w *writing) importPairs(ctx context.Context, set uuid.UUID, n int) error {
	start := w.next
	if _, err := w.Import(ctx, set, w.pairs(n), nil); err != nil {
		return err
	}
	return w.say(ack{Do: "add", Set: set, Worker: w.number, From: start, To: start + int64(n)})
}

// update changes the end of one label of a pair.
func (w *writing) update(ctx context.Context) error {
	o := w.mine[w.rand.IntN(len(w.mine))]
	end := o.start + w.rand.Int64N(1000)
	if err := w.Update(ctx, o.set, annoset.Annotation{
		ID: o.ids[0], AudioFileID: "x.wav", ArtifactType: fmt.Sprint("worker", w.number), StartMS: o.start, EndMS: end,
	}); err != nil {
		return err
	}
	return w.say(ack{Do: "update", Set: o.set, ID: o.ids[0], EndMS: end})
}

// remove deletes both labels of a pair.
func (w *writing) remove(ctx context.Context) error {
	i := w.rand.IntN(len(w.mine))
	o := w.mine[i]
	w.mine[i] = w.mine[len(w.mine)-1]
	w.mine = w.mine[:len(w.mine)-1]
	if err := w.Delete(ctx, o.set, o.ids...); err != nil {
		return err
	}
	return w.say(ack{Do: "delete", Set: o.set, Worker: w.number, From: o.start, ID: o.ids[0]})
}

// read reads whole sets until the time is up. Each must be of one state.
func (th *throng) read(ctx context.Context, r *rand.Rand, number int) error {
	s := th.Store
	if number%4 == 1 {
		var err error
		if s, err = annoset.Open(ctx, th.path, &annoset.Options{ReadOnly: true}); err != nil {
			return err
		}
		defer s.Close()
	}
	for time.Now().Before(th.until) {
		if err := th.readOne(ctx, r, s); err != nil && !outrun(err) {
			return fmt.Errorf("goroutine %d: %w", number, err)
		}
		time.Sleep(time.Duration(r.Int64N(int64(80 * time.Millisecond)))) // leave the processors to others
	}
	return nil
}

func (th *throng) readOne(ctx context.Context, r *rand.Rand, s *annoset.Store) error {
	_, sets, err := th.recent(ctx, r, s)
	if err != nil || len(sets) == 0 {
		return err
	}
	for _, set := range sets {
		if set.TotalAnnotations%2 != 0 {
			return fmt.Errorf("set %v counts %d labels", set.ID, set.TotalAnnotations)
		}
	}
	set := sets[r.IntN(len(sets))]
	count, starts := map[string]int{}, map[string]int64{}
	err = th.timed(func() error {
		for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
			if err != nil {
				return err
			}
			count[a.AudioFileID]++
			starts[a.AudioFileID] += a.StartMS
		}
		return nil
	})
	if err != nil {
		return err
	}
	if count["x.wav"] != count["y.wav"] || starts["x.wav"] != starts["y.wav"] {
		return fmt.Errorf("set %v: read %v labels whose starts sum up to %v: not one state", set.ID, count, starts)
	}
	th.mu.Lock()
	th.reads++
	known := th.digests[set.ID]
	if set.Status == annoset.StatusPublished {
		th.digests[set.ID] = set.Digest
	}
	th.mu.Unlock()
	switch {
	case set.Status == annoset.StatusDraft:
		return nil
	case known != "" && known != set.Digest:
		return fmt.Errorf("set %v was published with digest %s, and now has %s", set.ID, known, set.Digest)
	case int64(count["x.wav"]+count["y.wav"]) != set.TotalAnnotations:
		return fmt.Errorf("set %v was published with %d labels, and %v are read", set.ID, set.TotalAnnotations, count)
	case r.IntN(4) == 0:
		return s.Verify(ctx, set.ID)
	}
	return nil
}

// reopen opens and closes the store while the others work on it.
func (th *throng) reopen(ctx context.Context, r *rand.Rand, number int) error {
	for time.Now().Before(th.until) {
		s, err := annoset.Open(ctx, th.path, &annoset.Options{ReadOnly: r.IntN(2) == 0})
		if err != nil {
			return fmt.Errorf("goroutine %d: %w", number, err)
		}
		if err := errors.Join(th.readOne(ctx, r, s), s.Close()); err != nil && !outrun(err) {
			return fmt.Errorf("goroutine %d: %w", number, err)
		}
		time.Sleep(time.Duration(r.Int64N(int64(300 * time.Millisecond))))
	}
	return nil
}
