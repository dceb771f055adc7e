package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// What is promised of a store's write-ahead log, in bytes and seconds.
const (
	mostLog   = 64 << 20 // while readers come and go
	smallLog  = 4 << 20  // after logSettles
	logSettle = 2 * time.Second
)

// scribe edits one draft as fast as it can while readers overlap.
type scribe struct {
	*annoset.Store
	path   string
	set    uuid.UUID
	labels []annoset.Annotation
	writes atomic.Int64
	reads  atomic.Int64
	most   atomic.Int64 // size of the log
	slow   atomic.Int64 // the longest call that wrote
}

// writeLog has one writer edit while readers overlap, then while one reader stays, then has several processes do the
// first at once. The log must stay small, or become small.
func writeLog(ctx context.Context, o *options) (string, error) {
	path := filepath.Join(o.dir, "log.annoset")
	sc, err := newScribe(ctx, path)
	if err != nil {
		return "", err
	}
	if err := sc.overlapping(ctx, o.long); err != nil {
		return "", err
	}
	after, err := sc.settles()
	if err != nil {
		return "", err
	}
	first := fmt.Sprintf("%v beside three readers: %d writes, longest %v, %d reads, at most %.1f MB of log, "+
		"%.1f MB %v later", o.long, sc.writes.Load(), time.Duration(sc.slow.Load()).Round(time.Millisecond),
		sc.reads.Load(), mb(sc.most.Load()), mb(after), logSettle)
	o.progress("%s", first)
	if sc.most.Load() > mostLog || after > smallLog {
		return "", errors.New(first)
	}
	second, err := sc.besideOne(ctx, min(o.long/4, 10*time.Second))
	if err != nil {
		return "", err
	}
	o.progress("%s", second)
	if err := sc.Close(); err != nil {
		return "", err
	}
	third, err := o.scribes(ctx, path, sc.set)
	if err != nil {
		return "", err
	}
	o.progress("%s", third)
	return first + "; " + second + "; " + third, inspect.File(ctx, path)
}

func mb(n int64) float64 { return float64(n) / 1e6 }

// newScribe makes a store with a draft of 20,000 labels on a published set.
func newScribe(ctx context.Context, path string) (*scribe, error) {
	s, err := annoset.Open(ctx, path, &annoset.Options{Durability: annoset.DurabilityRelaxed})
	if err != nil {
		return nil, err
	}
	d, err := s.CreateDataset(ctx, annoset.NewDataset{Name: "log"})
	if err != nil {
		return nil, err
	}
	set, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
	if err != nil {
		return nil, err
	}
	if _, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
		for i := range int64(20_000) {
			if !yield(annoset.Annotation{
				AudioFileID: fmt.Sprintf("file%d.wav", i%100), ArtifactType: "glitch", StartMS: i, EndMS: i + 5,
			}, nil) {
				return
			}
		}
	}, nil); err != nil {
		return nil, err
	}
	if _, err := s.Publish(ctx, set.ID, nil); err != nil {
		return nil, err
	}
	draft, err := s.NewVersion(ctx, set.ID, annoset.NewSet{})
	if err != nil {
		return nil, err
	}
	return openScribe(ctx, s, path, draft.ID)
}

func openScribe(ctx context.Context, s *annoset.Store, path string, set uuid.UUID) (*scribe, error) {
	sc := &scribe{Store: s, path: path, set: set}
	for a, err := range s.Annotations(ctx, set, annoset.Filter{}) {
		if err != nil {
			return nil, err
		}
		sc.labels = append(sc.labels, a)
	}
	return sc, nil
}

func (sc *scribe) logSize() int64 {
	info, err := os.Stat(sc.path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// edit changes one label after the other until the context ends.
func (sc *scribe) edit(ctx context.Context) error {
	for n := 0; ctx.Err() == nil; n++ {
		a := &sc.labels[n*37%len(sc.labels)]
		a.EndMS++
		began := time.Now()
		if err := sc.Update(ctx, sc.set, *a); err != nil && ctx.Err() == nil {
			return err
		}
		sc.slow.Store(max(sc.slow.Load(), int64(time.Since(began))))
		sc.writes.Add(1)
		sc.most.Store(max(sc.most.Load(), sc.logSize()))
	}
	return nil
}

// overlapping edits while three readers, each of 0.9 seconds, overlap.
func (sc *scribe) overlapping(ctx context.Context, long time.Duration) error {
	const readers, each = 3, 900 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, long)
	defer cancel()
	errs := make(chan error, readers+1)
	go func() { errs <- sc.edit(ctx) }()
	for i := range readers {
		go func() {
			time.Sleep(time.Duration(i) * each / readers)
			var err error
			for ctx.Err() == nil && err == nil {
				err = sc.read(ctx, each)
			}
			errs <- err
		}()
	}
	var all []error
	for range readers + 1 {
		err := <-errs
		if err != nil {
			cancel()
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// read reads one state for some time. It must stay that state.
func (sc *scribe) read(ctx context.Context, long time.Duration) error {
	until := time.Now().Add(long)
	return sc.View(context.WithoutCancel(ctx), func(view *annoset.Store) error {
		first := int64(-1)
		for n := 0; n == 0 || time.Now().Before(until) && ctx.Err() == nil; n++ {
			sum := int64(0)
			for a, err := range view.Annotations(context.WithoutCancel(ctx), sc.set, annoset.Filter{
				AudioFileIDs: []string{"file1.wav", "file2.wav"},
			}) {
				if err != nil {
					return err
				}
				sum += a.EndMS
			}
			if first < 0 {
				first = sum
			}
			if sum != first {
				return errors.New("a view shows two states")
			}
			sc.reads.Add(1)
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	})
}

// settles returns the size of the log once it has had time to shrink, though nobody writes.
func (sc *scribe) settles() (int64, error) {
	for until := time.Now().Add(logSettle); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if sc.logSize() == 0 {
			break
		}
	}
	if size := sc.logSize(); size > smallLog {
		return size, fmt.Errorf("%v after the last write and read the log has %d bytes", logSettle, size)
	}
	return sc.logSize(), nil
}

// besideOne edits while one reader stays. The log grows, and shrinks once the reader has ended.
func (sc *scribe) besideOne(ctx context.Context, long time.Duration) (string, error) {
	sc.most.Store(0)
	done, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- sc.View(ctx, func(view *annoset.Store) error {
			_, err := view.SetByID(ctx, sc.set)
			<-done
			return err
		})
	}()
	time.Sleep(100 * time.Millisecond)
	writing, cancel := context.WithTimeout(ctx, long)
	err := sc.edit(writing)
	cancel()
	grown := sc.logSize()
	close(done)
	if err := errors.Join(err, <-ended); err != nil {
		return "", err
	}
	began := time.Now()
	after, err := sc.settles()
	return fmt.Sprintf("%v beside one that stays: %.1f MB of log, %.1f MB %v after its end", long, mb(grown), mb(after),
		time.Since(began).Round(10*time.Millisecond)), err
}

// scribes has processes do the same as overlapping at once.
func (o *options) scribes(ctx context.Context, path string, set uuid.UUID) (string, error) {
	long := max(o.long/4, time.Second)
	var all []*child
	for n := range o.processes {
		c, err := start(ctx, &task{Program: "scribe", Path: path, Set: set, Worker: n, For: long})
		if err != nil {
			return "", err
		}
		all = append(all, c)
	}
	var said []string
	for _, c := range all {
		for {
			line, ok := c.line()
			if !ok {
				break
			}
			said = append(said, line)
		}
		if err := c.wait(); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d processes for %v, each beside its own three readers: %s", o.processes, long,
		strings.Join(said, " ")), nil
}

// scribeTask is one process of scribes. It edits as many labels of its own as others do.
func scribeTask(ctx context.Context, t *task) error {
	s, err := annoset.Open(ctx, t.Path, &annoset.Options{Durability: annoset.DurabilityRelaxed})
	if err != nil {
		return err
	}
	sc, err := openScribe(ctx, s, t.Path, t.Set)
	if err != nil {
		return err
	}
	if err := sc.overlapping(ctx, t.For); err != nil {
		return err
	}
	fmt.Printf("%d writes, longest %v, log %.1f MB;\n", sc.writes.Load(),
		time.Duration(sc.slow.Load()).Round(time.Millisecond), mb(sc.most.Load()))
	if sc.most.Load() > mostLog {
		return fmt.Errorf("the log had %d bytes", sc.most.Load())
	}
	return s.Close()
}
