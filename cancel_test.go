package annoset_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/layer"
)

// TestStore_whenTheContextEnds cancels the context at each call of the driver that a verb makes, or at some of them.
func TestStore_whenTheContextEnds(t *testing.T) {
	skipMany(t)
	t.Parallel()
	for _, tales := range []struct {
		name  string
		verbs []verb
		some  int
	}{
		{"of few labels", story(), 2},
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
					calls := newRand(t).Perm(c.count(t, dir))
					if !full() {
						calls = calls[:min(len(calls), tales.some)]
					}
					for n, i := range calls {
						if c.whenCanceled(t, dir, i+1, n%2 == 1); t.Failed() {
							return
						}
					}
				})
			}
		})
	}
}

// whenCanceled runs the verb while its context ends right before the i-th call of the driver, or as that goes on.
func (c *chapter) whenCanceled(t *testing.T, dir string, i int, meanwhile bool) {
	t.Helper()
	defer noPanic(t)
	is := is.New(t)
	s, clock := &hook.Seam{}, &replay{}
	store, path := c.open(t, dir, s, clock)
	defer func() {
		is.NoErr(store.Close())
		checkFile(t, path)
	}()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n, what := 0, ""
	s.Set(func(call, query string) (before, after error) {
		if n++; n != i {
			return nil, nil
		}
		what = call + " " + strings.Join(strings.Fields(query), " ")
		if meanwhile {
			go cancel()
		} else {
			cancel()
		}
		return nil, nil
	})
	own := c.tale.clone(store, dir)
	clock.rewind(c.number)
	_, err := c.run(ctx, &own)
	s.Set(nil)
	now := dump(t, store)
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: canceled at call %d (%.80s): %s", c.name, i, what, fmt.Sprintf(format, args...))
	}
	switch {
	case err == nil && now != c.after: // it was late enough to go through
		fail("it returned no error and did not happen")
	case err == nil:
	case errors.Is(err, errLeft), !errors.Is(err, context.Canceled):
		fail("%v", err)
	case now != c.before:
		fail("it failed, and the store is not as before")
	}
	if now != c.before || c.before == c.after {
		return
	}
	own = c.tale.clone(store, dir)
	clock.rewind(c.number)
	if _, err := c.run(context.Background(), &own); err != nil || dump(t, store) != c.after {
		fail("tried again: %v", err)
	}
}

func TestStore_Import_whenTheContextEnds(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1, 1023, 1024, 1025, layer.BulkRows, 1 << 15, 1<<15 + 1} {
		t.Run(fmt.Sprintf("ends soon after label %d", at), func(t *testing.T) {
			t.Parallel()
			if at > 1025 {
				skipMany(t)
			}
			is := is.New(t)
			s := openStore(t, nil)
			set := newDraft(t, s.Store, "a")
			before := dump(t, s.Store)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			taken := 0
			n, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				for a, err := range stream(1<<30, 3) { // it would never end
					if taken == at {
						cancel()
					}
					taken++
					if !yield(a, err) {
						return
					}
				}
			}, nil)
			is.True(errors.Is(err, context.Canceled))
			is.Equal(n, 0)
			is.True(taken <= at+1025) // the context is looked at every 1024 labels
			is.Equal(dump(t, s.Store), before)
			n, err = s.Import(context.Background(), set.ID, stream(10, 3), nil)
			is.NoErr(err)
			is.Equal(n, 10)
		})
	}
	t.Run("writes nothing if that was after the last label", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		before := dump(t, s.Store)
		for _, n := range []int{0, 10, layer.BulkRows} {
			ctx, cancel := context.WithCancel(context.Background())
			_, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				stream(n, 3)(yield)
				cancel()
			}, nil)
			is.True(errors.Is(err, context.Canceled))
			is.Equal(dump(t, s.Store), before)
		}
	})
	t.Run("writes nothing if that was in a report of progress", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		before := dump(t, s.Store)
		for _, n := range []int{10, layer.BulkRows} {
			ctx, cancel := context.WithCancel(context.Background())
			_, err := s.Import(ctx, set.ID, stream(n, 3), &annoset.ImportOptions{Progress: func(int) { cancel() }})
			is.True(errors.Is(err, context.Canceled))
			is.Equal(dump(t, s.Store), before)
		}
	})
	t.Run("ends in the middle of bad labels too", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		taken := 0
		_, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
			for ok := true; ok; taken++ { // one that is bad, and then only good ones
				a := label("a.wav", "glitch", 1, int64(min(taken, 2)))
				if ok = yield(a, nil); taken == 2000 {
					cancel()
				}
			}
		}, nil)
		is.True(errors.Is(err, context.Canceled))
		is.True(taken < 2000+1030)
	})
}

func TestStore_Annotations_whenTheContextEnds(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "a")
	const n = 3000
	_, err := s.Import(context.Background(), set.ID, stream(n, 3), nil)
	is.NoErr(err)
	before := dump(t, s.Store)
	for _, at := range []int{1, 255, 256, 257, 1000, n} {
		t.Run(fmt.Sprintf("ends soon after label %d", at), func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			read := 0
			var last error
			for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				if last = err; err != nil {
					continue // an error is the last pair
				}
				if read++; read == at {
					cancel()
				}
			}
			is.True(errors.Is(last, context.Canceled))
			is.True(read <= at+256) // the context is looked at every 256 rows
		})
	}
	t.Run("begins with the error if it ended before", func(t *testing.T) {
		is := is.New(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		pairs := 0
		for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
			is.True(errors.Is(err, context.Canceled))
			pairs++
		}
		is.Equal(pairs, 1)
		dir := filepath.Join(t.TempDir(), "new")
		is.True(errors.Is(s.Export(ctx, set.ID, dir), context.Canceled))
		is.True(errors.Is(s.Backup(ctx, dir), context.Canceled))
		is.NoErr(nothingAt(dir))
	})
	is.Equal(dump(t, s.Store), before)
}

// TestStore_whenTheContextEndsWhileItWaits is about the lock that another process holds: the deadline is what is
// tested.
func TestStore_whenTheContextEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, &annoset.Options{BusyTimeout: 10 * time.Second})
	set := newDraft(t, s.Store, "a")
	unlock := lock(t, s.path)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := s.Add(ctx, set.ID, label("a.wav", "glitch", 0, 1))
	is.True(errors.Is(err, context.DeadlineExceeded))
	is.True(time.Since(began) < 5*time.Second) // not only when BusyTimeout is over
	unlock()
	_, err = s.Add(context.Background(), set.ID, label("a.wav", "glitch", 0, 1))
	is.NoErr(err)
}

// panicking calls fn and returns what it panicked with.
func panicking(fn func()) (with any) {
	defer func() { with = recover() }()
	fn()
	return nil
}

func TestStore_afterAPanic(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const boom = "boom"
	// leaving is how user code leaves a store's loop without coming back.
	for _, leaving := range []struct {
		name  string
		leave func(fn func(leave func())) bool
	}{
		{"a panic", func(fn func(leave func())) bool {
			return panicking(func() { fn(func() { panic(boom) }) }) == boom
		}},
		{"the end of its goroutine", func(fn func(leave func())) bool {
			ended := make(chan bool)
			go func() {
				defer close(ended)
				fn(runtime.Goexit)
			}()
			<-ended
			return true
		}},
	} {
		t.Run(leaving.name+" in a stream leaves nothing written", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			set := newDraft(t, s.Store, "a")
			before := dump(t, s.Store)
			for _, at := range []int{0, 10, layer.BulkRows, 1<<15 + 10} {
				if raceDetector && at > 10 {
					continue
				}
				is.True(leaving.leave(func(leave func()) {
					s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
						stream(at, 3)(yield)
						leave()
					}, nil)
				}))
				is.Equal(dump(t, s.Store), before)
			}
			is.True(leaving.leave(func(leave func()) {
				s.Import(ctx, set.ID, stream(10, 3), &annoset.ImportOptions{Progress: func(int) { leave() }})
			}))
			is.Equal(dump(t, s.Store), before)
			n, err := s.Import(ctx, set.ID, stream(10, 3), nil)
			is.NoErr(err)
			is.Equal(n, 10)
		})
		t.Run(leaving.name+" in the body of a loop leaves the store as it was", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := openStore(t, nil)
			set := newDraft(t, s.Store, "a")
			_, err := s.Import(ctx, set.ID, stream(30, 3), nil)
			is.NoErr(err)
			is.NoErr(s.MarkClean(ctx, set.ID, "x.wav", "y.wav"))
			for range 3 {
				is.True(leaving.leave(func(leave func()) {
					for range s.Annotations(ctx, set.ID, annoset.Filter{}) {
						leave()
					}
				}))
				is.True(leaving.leave(func(leave func()) {
					for range s.CleanAudioFiles(ctx, set.ID) {
						leave()
					}
				}))
			}
			is.Equal(len(collect(t, s.Annotations(ctx, set.ID, annoset.Filter{}))), 30)
			_, err = s.Add(ctx, set.ID, label("b.wav", "glitch", 0, 1))
			is.NoErr(err)
			stats, err := s.Stats(ctx, set.ID)
			is.NoErr(err)
			is.Equal(stats.TotalAnnotations, int64(31)) // no old state of the store is seen
			is.Equal(len(collect(t, s.Annotations(ctx, set.ID, annoset.Filter{}))), 31)
			_, err = s.Publish(ctx, set.ID, nil)
			is.NoErr(err)
			is.NoErr(s.Close())
			for _, ending := range []string{"-wal", "-shm"} {
				_, err := os.Stat(s.path + ending)
				is.True(os.IsNotExist(err)) // no connection was left open
			}
		})
	}
	t.Run("a panic in a copy's or a new version's NewID or Now leaves nothing written", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		clock := &replay{}
		o := clock.options()
		now, armed := o.Now, false
		o.Now = func() time.Time {
			if armed {
				panic(boom)
			}
			return now()
		}
		s := openStore(t, o)
		set := newDraft(t, s.Store, "a")
		_, err := s.Import(ctx, set.ID, stream(layer.BulkRows, 3), nil)
		is.NoErr(err)
		before := dump(t, s.Store)
		armed = true
		is.Equal(panicking(func() { s.NewVersion(ctx, set.ID, annoset.NewSet{}) }), boom)
		is.Equal(panicking(func() { s.Publish(ctx, set.ID, nil) }), boom)
		is.Equal(panicking(func() { s.CreateDataset(ctx, annoset.NewDataset{Name: "b"}) }), boom)
		armed = false
		is.Equal(dump(t, s.Store), before)
		_, err = s.Publish(ctx, set.ID, nil)
		is.NoErr(err)
	})
	t.Run("leaving a loop early frees what it held", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := openStore(t, nil)
		set := newDraft(t, s.Store, "a")
		_, err := s.Import(ctx, set.ID, stream(600, 3), nil)
		is.NoErr(err)
		for n := range 50 {
			for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				is.NoErr(err)
				if a.StartMS >= int64(n) {
					break
				}
			}
		}
		is.Equal(len(slices.Collect(firsts(s.Annotations(ctx, set.ID, annoset.Filter{})))), 600)
	})
}

func firsts[T any](seq func(func(T, error) bool)) func(func(T) bool) {
	return func(yield func(T) bool) { seq(func(v T, err error) bool { return err == nil && yield(v) }) }
}

func TestStore_whenTheContextEndsForACause(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := openStore(t, nil)
	set := newDraft(t, s.Store, "d")
	_, err := s.Import(t.Context(), set.ID, stream(2000, 200), nil) // enough files for several readers
	is.NoErr(err)
	_, err = s.Publish(t.Context(), set.ID, nil)
	is.NoErr(err)
	wait := 10 * time.Microsecond
	for range 200 {
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(wait, func() { cancel(errors.New("the user went away")) })
		err := s.Verify(ctx, set.ID)
		timer.Stop()
		cancel(nil)
		if err == nil {
			break // it went through
		}
		is.True(errors.Is(err, context.Canceled)) // whatever the cause
		is.True(!errors.Is(err, annoset.ErrCorrupt))
		wait += wait / 10
	}
}
