package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// ack is what a process of the crowd prints about an acknowledged call.
type ack struct {
	Do      string // "create", "add", "update", "delete", "publish", "drop", "read"; "count" at the end
	Dataset uuid.UUID
	Set     uuid.UUID
	Version int
	Worker  int
	From    int64 // the pairs of labels that start in [From, To)
	To      int64
	ID      int64
	EndMS   int64
	Digest  string
	Calls   int64
	Longest time.Duration
}

// crowdDatasets is the number of datasets that the crowd works on.
const crowdDatasets = 3

// silence is how long a process may print nothing. After that it counts as deadlocked.
const silence = time.Minute

// crowd has processes of many goroutines work on one store, and then checks everything that they were told.
func crowd(ctx context.Context, o *options) (string, error) {
	path := filepath.Join(o.dir, "crowd.annoset")
	s, err := annoset.Open(ctx, path, nil)
	if err != nil {
		return "", err
	}
	for n := range crowdDatasets {
		if _, err := s.CreateDataset(ctx, annoset.NewDataset{Name: fmt.Sprint("crowd", n)}); err != nil {
			return "", err
		}
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	acks, err := o.gather(ctx, path)
	if err != nil {
		return "", err
	}
	o.progress("%d acknowledgements: checking", len(acks))
	t := newTrial(acks)
	if err := t.check(ctx, path); err != nil {
		return "", err
	}
	o.progress("checking the file")
	if err := inspect.File(ctx, path); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d processes for %v: %d writes, %d reads of whole sets, longest call %v; 0 acknowledged lost, "+
		"0 versions given twice, %d published sets verified, 0 busy, 0 deadlocks, 0 mixed states", o.processes, o.long,
		t.calls, t.reads, t.longest.Round(time.Millisecond), len(t.digests)), nil
}

// gather runs the processes and returns what they print.
func (o *options) gather(ctx context.Context, path string) ([]ack, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var acks []ack
	var all sync.WaitGroup
	for n := range o.processes {
		c, err := start(ctx, &task{Program: "worker", Path: path, Seed: o.seed, Worker: n, Workers: o.workers, For: o.long})
		if err != nil {
			return nil, err
		}
		var last atomic.Int64
		last.Store(time.Now().UnixNano())
		done := make(chan struct{})
		go func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(time.Second):
				}
				if time.Since(time.Unix(0, last.Load())) > silence {
					c.stack()
					cancel(fmt.Errorf("process %d has printed nothing for %v: a deadlock", n, silence))
				}
			}
		}()
		all.Go(func() {
			defer close(done)
			for {
				line, ok := c.line()
				if !ok {
					break
				}
				last.Store(time.Now().UnixNano())
				var a ack
				if err := json.Unmarshal([]byte(line), &a); err != nil {
					cancel(fmt.Errorf("process %d printed %q: %w", n, line, err))
				}
				mu.Lock()
				acks = append(acks, a)
				mu.Unlock()
			}
			if err := c.wait(); err != nil {
				cancel(fmt.Errorf("process %d: %w", n, err))
			}
		})
	}
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(30 * time.Second):
				mu.Lock()
				o.progress("%d acknowledgements", len(acks))
				mu.Unlock()
			}
		}
	}()
	all.Wait()
	close(stop)
	return acks, context.Cause(ctx)
}

// trial is all that the crowd was told, for comparison with the store.
type trial struct {
	versions map[uuid.UUID][]int             // by dataset
	dropped  map[uuid.UUID]bool              // sets
	digests  map[uuid.UUID]string            // of published sets
	pairs    map[uuid.UUID]map[pair]struct{} // by set
	ends     map[uuid.UUID]map[int64]int64   // by set and label

	calls, reads int64
	longest      time.Duration
}

// pair is two labels of one call, at the same time in two audio files.
type pair struct {
	worker int
	start  int64
}

func newTrial(acks []ack) *trial {
	t := &trial{
		versions: map[uuid.UUID][]int{}, dropped: map[uuid.UUID]bool{}, digests: map[uuid.UUID]string{},
		pairs: map[uuid.UUID]map[pair]struct{}{}, ends: map[uuid.UUID]map[int64]int64{},
	}
	for _, a := range acks {
		if a.Do != "count" {
			t.calls++
		}
		switch a.Do {
		case "create":
			t.versions[a.Dataset] = append(t.versions[a.Dataset], a.Version)
		case "drop":
			t.dropped[a.Set] = true
		case "publish":
			t.digests[a.Set] = a.Digest
		case "add":
			if t.pairs[a.Set] == nil {
				t.pairs[a.Set] = map[pair]struct{}{}
			}
			for start := a.From; start < a.To; start++ {
				t.pairs[a.Set][pair{a.Worker, start}] = struct{}{}
			}
		case "delete":
			delete(t.pairs[a.Set], pair{a.Worker, a.From})
			delete(t.ends[a.Set], a.ID)
		case "update":
			if t.ends[a.Set] == nil {
				t.ends[a.Set] = map[int64]int64{}
			}
			t.ends[a.Set][a.ID] = a.EndMS
		case "count":
			t.reads += a.Calls
			t.longest = max(t.longest, a.Longest)
		}
	}
	return t
}

// check compares what was acknowledged with what the store holds.
func (t *trial) check(ctx context.Context, path string) (err error) {
	s, err := annoset.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	there := map[uuid.UUID]bool{}
	for dataset, versions := range t.versions {
		slices.Sort(versions)
		for i, version := range versions {
			if version != i+1 {
				return fmt.Errorf("dataset %v: of %d versions one is %d, not %d", dataset, len(versions), version, i+1)
			}
		}
		sets, err := s.Sets(ctx, dataset, annoset.SetFilter{})
		if err != nil {
			return err
		}
		for _, set := range sets {
			there[set.ID] = true
			if err := t.checkSet(ctx, s, &set); err != nil {
				return fmt.Errorf("dataset %v, version %d: %w", dataset, set.Version, err)
			}
		}
		dropped := len(versions) - len(sets)
		for set := range t.dropped {
			if there[set] {
				return fmt.Errorf("set %v was deleted, and still exists", set)
			}
		}
		if dropped < 0 || dropped > len(t.dropped) {
			return fmt.Errorf("dataset %v: of %d versions %d exist", dataset, len(versions), len(sets))
		}
	}
	for set := range t.pairs {
		if !there[set] && !t.dropped[set] {
			return fmt.Errorf("set %v is gone, and nobody deleted it", set)
		}
	}
	for set := range t.digests {
		if !there[set] {
			return fmt.Errorf("set %v was published, and is gone", set)
		}
	}
	return nil
}

func (t *trial) checkSet(ctx context.Context, s *annoset.Store, set *annoset.AnnotationSet) error {
	digest, published := t.digests[set.ID]
	if published != (set.Status == annoset.StatusPublished) || digest != set.Digest {
		return fmt.Errorf("it is %s with digest %q, and was acknowledged with %q", set.Status, set.Digest, digest)
	}
	if published {
		if err := s.Verify(ctx, set.ID); err != nil {
			return err
		}
	}
	found := map[pair]int{}
	for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
		if err != nil {
			return err
		}
		var worker int
		if _, err := fmt.Sscanf(a.ArtifactType, "worker%d", &worker); err != nil {
			return err
		}
		found[pair{worker, a.StartMS}]++
		if end, ok := t.ends[set.ID][a.ID]; ok && end != a.EndMS {
			return fmt.Errorf("label %d ends at %d, and was changed to end at %d", a.ID, a.EndMS, end)
		}
	}
	for p := range t.pairs[set.ID] {
		if found[p] != 2 {
			return fmt.Errorf("of pair %v %d labels exist", p, found[p])
		}
	}
	return nil
}
