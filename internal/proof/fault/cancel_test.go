package fault_test

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
	"github.com/annoset/annoset/internal/proof"
)

// TestStore_whenTheContextEnds cancels the context at some of the driver's calls that a verb makes, or at all of them.
func TestStore_whenTheContextEnds(t *testing.T) {
	proof.SkipMany(t)
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
				proof.SkipMany(t)
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
					calls := proof.Rand(t).Perm(c.count(t, dir))
					if !proof.Full() {
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

// whenCanceled runs the verb while its context ends right before the i-th call of the driver, or during it.
func (c *chapter) whenCanceled(t *testing.T, dir string, i int, meanwhile bool) {
	t.Helper()
	defer proof.NoPanic(t)
	is := is.New(t)
	s, clock := &hook.Seam{}, &proof.Replay{}
	store, path := c.open(t, dir, s, clock)
	defer func() {
		is.NoErr(store.Close())
		proof.CheckFile(t, path)
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
	clock.Rewind(c.number)
	_, err := c.run(ctx, &own)
	s.Set(nil)
	now := proof.Dump(t, store)
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: canceled at call %d (%.80s): %s", c.name, i, what, fmt.Sprintf(format, args...))
	}
	switch {
	case err == nil && now != c.after: // late enough to go through
		fail("it returned no error and did not happen")
	case err == nil:
	case errors.Is(err, proof.ErrLeft), !errors.Is(err, context.Canceled):
		fail("%v", err)
	case now != c.before:
		fail("it failed, and the store is not as before")
	}
	if now != c.before || c.before == c.after {
		return
	}
	own = c.tale.clone(store, dir)
	clock.Rewind(c.number)
	if _, err := c.run(context.Background(), &own); err != nil || proof.Dump(t, store) != c.after {
		fail("tried again: %v", err)
	}
}

func TestStore_Import_whenTheContextEnds(t *testing.T) {
	t.Parallel()
	for _, at := range []int{0, 1, 1023, 1024, 1025, proof.BulkRows, 1 << 15, 1<<15 + 1} {
		t.Run(fmt.Sprintf("ends soon after label %d", at), func(t *testing.T) {
			t.Parallel()
			if at > 1025 {
				proof.SkipMany(t)
			}
			is := is.New(t)
			s := proof.OpenStore(t, nil)
			set := proof.NewDraft(t, s.Store, "a")
			before := proof.Dump(t, s.Store)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			taken := 0
			n, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				for a, err := range proof.Stream(1<<30, 3) { // endless
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
			is.True(taken <= at+1025) // the context is checked every 1024 labels
			is.Equal(proof.Dump(t, s.Store), before)
			n, err = s.Import(context.Background(), set.ID, proof.Stream(10, 3), nil)
			is.NoErr(err)
			is.Equal(n, 10)
		})
	}
	t.Run("writes nothing if that was after the last label", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		before := proof.Dump(t, s.Store)
		for _, n := range []int{0, 10, proof.BulkRows} {
			ctx, cancel := context.WithCancel(context.Background())
			_, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				proof.Stream(n, 3)(yield)
				cancel()
			}, nil)
			is.True(errors.Is(err, context.Canceled))
			is.Equal(proof.Dump(t, s.Store), before)
		}
	})
	t.Run("writes nothing if that was in a report of progress", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		before := proof.Dump(t, s.Store)
		for _, n := range []int{10, proof.BulkRows} {
			ctx, cancel := context.WithCancel(context.Background())
			_, err := s.Import(ctx, set.ID, proof.Stream(n, 3), &annoset.ImportOptions{Progress: func(int) { cancel() }})
			is.True(errors.Is(err, context.Canceled))
			is.Equal(proof.Dump(t, s.Store), before)
		}
	})
	t.Run("ends in the middle of bad labels too", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		taken := 0
		_, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
			for ok := true; ok; taken++ { // one bad label, then only good ones
				a := proof.Label("a.wav", "glitch", 1, int64(min(taken, 2)))
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
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "a")
	const n = 3000
	_, err := s.Import(context.Background(), set.ID, proof.Stream(n, 3), nil)
	is.NoErr(err)
	before := proof.Dump(t, s.Store)
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
			is.True(read <= at+256) // the context is checked every 256 rows
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
		is.NoErr(proof.NothingAt(dir))
	})
	is.Equal(proof.Dump(t, s.Store), before)
}

// TestStore_whenTheContextEndsWhileItWaits has another process hold the lock for longer than the context's deadline.
func TestStore_whenTheContextEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.OpenStore(t, &annoset.Options{BusyTimeout: 10 * time.Second})
	set := proof.NewDraft(t, s.Store, "a")
	unlock := proof.Lock(t, s.Path)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 1))
	is.True(errors.Is(err, context.DeadlineExceeded))
	is.True(time.Since(began) < 5*time.Second) // does not wait for BusyTimeout
	unlock()
	_, err = s.Add(context.Background(), set.ID, proof.Label("a.wav", "glitch", 0, 1))
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
	// leaving is a way in which user code never returns to a store's loop.
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
			s := proof.OpenStore(t, nil)
			set := proof.NewDraft(t, s.Store, "a")
			before := proof.Dump(t, s.Store)
			for _, at := range []int{0, 10, proof.BulkRows, 1<<15 + 10} {
				if proof.Race && at > 10 {
					continue
				}
				is.True(leaving.leave(func(leave func()) {
					_, _ = s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
						proof.Stream(at, 3)(yield)
						leave()
					}, nil)
				}))
				is.Equal(proof.Dump(t, s.Store), before)
			}
			is.True(leaving.leave(func(leave func()) {
				_, _ = s.Import(ctx, set.ID, proof.Stream(10, 3), &annoset.ImportOptions{Progress: func(int) { leave() }})
			}))
			is.Equal(proof.Dump(t, s.Store), before)
			n, err := s.Import(ctx, set.ID, proof.Stream(10, 3), nil)
			is.NoErr(err)
			is.Equal(n, 10)
		})
		t.Run(leaving.name+" in the body of a loop holds nothing open", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := proof.OpenStore(t, nil)
			set := proof.NewDraft(t, s.Store, "a")
			_, err := s.Import(ctx, set.ID, proof.Stream(30, 3), nil)
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
			is.Equal(len(proof.Collect(t, s.Annotations(ctx, set.ID, annoset.Filter{}))), 30)
			_, err = s.Add(ctx, set.ID, proof.Label("b.wav", "glitch", 0, 1))
			is.NoErr(err)
			stats, err := s.Stats(ctx, set.ID)
			is.NoErr(err)
			is.Equal(stats.TotalAnnotations, int64(31)) // no old state is seen
			is.Equal(len(proof.Collect(t, s.Annotations(ctx, set.ID, annoset.Filter{}))), 31)
			_, err = s.Publish(ctx, set.ID, nil)
			is.NoErr(err)
			is.NoErr(s.Close())
			for _, ending := range []string{"-wal", "-shm"} {
				_, err := os.Stat(s.Path + ending)
				is.True(os.IsNotExist(err)) // no connection is left open
			}
		})
	}
	t.Run("a panic in a copy's or a new version's NewID or Now leaves nothing written", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		clock := &proof.Replay{}
		o := clock.Options()
		now, armed := o.Now, false
		o.Now = func() time.Time {
			if armed {
				panic(boom)
			}
			return now()
		}
		s := proof.OpenStore(t, o)
		set := proof.NewDraft(t, s.Store, "a")
		_, err := s.Import(ctx, set.ID, proof.Stream(proof.BulkRows, 3), nil)
		is.NoErr(err)
		before := proof.Dump(t, s.Store)
		armed = true
		is.Equal(panicking(func() { _, _ = s.NewVersion(ctx, set.ID, annoset.NewSet{}) }), boom)
		is.Equal(panicking(func() { _, _ = s.Publish(ctx, set.ID, nil) }), boom)
		is.Equal(panicking(func() { _, _ = s.CreateDataset(ctx, annoset.NewDataset{Name: "b"}) }), boom)
		armed = false
		is.Equal(proof.Dump(t, s.Store), before)
		_, err = s.Publish(ctx, set.ID, nil)
		is.NoErr(err)
	})
	t.Run("leaving a loop early frees its connection", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		_, err := s.Import(ctx, set.ID, proof.Stream(600, 3), nil)
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
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "d")
	_, err := s.Import(t.Context(), set.ID, proof.Stream(2000, 200), nil) // enough files for several readers
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
			break // it finished in time
		}
		is.True(errors.Is(err, context.Canceled)) // whatever the cause
		is.True(!errors.Is(err, annoset.ErrCorrupt))
		wait += wait / 10
	}
}
