package crowd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// Sizes of a write-ahead log, in bytes.
const (
	mostLog  = 64 << 20 // never more while readers come and go
	smallLog = 4 << 20  // never more two seconds after the last write
	fullLog  = 32 << 20 // from here on writes wait
)

// logSize returns the size of a store's write-ahead log.
func logSize(path string) int64 {
	info, err := os.Stat(path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// falls reports whether the log of a store falls below a size within two seconds.
func falls(path string, size int64) bool {
	for deadline := time.Now().Add(2 * time.Second); logSize(path) > size; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// heavy adds labels to a set whose extra data makes about half a megabyte of log.
func heavy(ctx context.Context, s *annoset.Store, set annoset.AnnotationSet, n int) error {
	labels := make([]annoset.Annotation, 30)
	for i := range labels {
		labels[i] = proof.Extra(proof.Label("a.wav", "pop", int64(n), int64(n)), `{"x":"`+strings.Repeat("x", 16_000)+`"}`)
	}
	ids, err := s.Add(ctx, set.ID, labels...)
	if err != nil {
		return err
	}
	return s.Delete(ctx, set.ID, ids...)
}

// readFor reads one state of a store for some time.
func readFor(ctx context.Context, s *annoset.Store, set annoset.AnnotationSet, d time.Duration) error {
	return s.View(ctx, func(view *annoset.Store) error {
		for deadline := time.Now().Add(d); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			if _, err := view.Page(ctx, set.ID, annoset.Filter{}, annoset.Position{}, 3); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestStore_logStaysSmallBesideReaders(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	for _, processes := range []int{1, 2} {
		t.Run(fmt.Sprintf("of %d stores", processes), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := context.Background()
			opts := &annoset.Options{Durability: annoset.DurabilityRelaxed, BusyTimeout: time.Minute}
			s := proof.OpenStore(t, opts)
			set := proof.NewDraft(t, s.Store, "a")
			stores := []*annoset.Store{s.Store}
			for len(stores) < processes {
				stores = append(stores, proof.ReopenStore(t, s.Path, opts).Store)
			}
			until := time.Now().Add(5 * time.Second)
			writes, most := make([]int, processes), int64(0)
			is.NoErr(together(3+processes, func(i int) error {
				if i < 3 { // readers that overlap: the log is in use all the time
					time.Sleep(time.Duration(i) * 70 * time.Millisecond)
					for time.Now().Before(until) {
						if err := readFor(ctx, stores[i%processes], set, 210*time.Millisecond); err != nil {
							return err
						}
					}
					return nil
				}
				for i -= 3; time.Now().Before(until); writes[i]++ {
					if err := heavy(ctx, stores[i], set, i); err != nil {
						return err
					}
					if i == 0 {
						most = max(most, logSize(s.Path))
					}
				}
				return nil
			}))
			t.Logf("%v writes, the log was never larger than %d bytes", writes, most)
			is.True(most <= mostLog)
			is.True(falls(s.Path, smallLog))
			for _, n := range writes {
				is.True(n > 3) // and everybody could write
			}
		})
	}
}

func TestStore_logOfAReaderThatStays(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	ctx := context.Background()
	t.Run("shrinks once that has ended, though nobody writes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		set := proof.NewDraft(t, s.Store, "a")
		letGo := hold(t, s.Store, set)
		waited := 0
		for n := 0; logSize(s.Path) < fullLog+16<<20; n++ { // it grows, and writes go on
			began := time.Now()
			is.NoErr(heavy(ctx, s.Store, set, n))
			if time.Since(began) > 2*time.Second {
				waited++
			}
		}
		is.True(waited <= 1) // after they have waited once, in vain
		letGo()
		is.True(falls(s.Path, smallLog))
	})
	t.Run("keeps neither Publish nor Close waiting, nor readers", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		set, other := proof.NewDraft(t, s.Store, "a"), proof.NewDraft(t, s.Store, "b")
		is.NoErr(s.MarkClean(ctx, other.ID, "a.wav"))
		letGo := hold(t, s.Store, set)
		var writes atomic.Int64
		written := make(chan error, 1)
		go func() {
			for n := 0; ; n++ {
				if err := heavy(ctx, s.Store, set, n); err != nil {
					written <- err
					return
				}
				writes.Add(1)
			}
		}()
		for logSize(s.Path) < fullLog {
			time.Sleep(time.Millisecond)
		}
		before, began := writes.Load(), time.Now()
		_, err := s.Publish(ctx, other.ID, nil)
		is.NoErr(err)
		is.NoErr(readFor(ctx, s.Store, set, 0))
		is.NoErr(s.Close())
		is.True(time.Since(began) < 2*time.Second) // writes wait longer
		is.True(errors.Is(<-written, annoset.ErrClosed))
		is.True(writes.Load() <= before+1) // which they did
		letGo()
	})
}

// hold begins a read of a store that stays until it is let go.
func hold(t *testing.T, s *annoset.Store, set annoset.AnnotationSet) (letGo func()) {
	t.Helper()
	reading, done, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.View(context.Background(), func(view *annoset.Store) error {
			_, err := view.SetByID(context.Background(), set.ID)
			close(reading)
			<-done
			return err
		})
	}()
	<-reading
	return sync.OnceFunc(func() {
		close(done)
		if err := <-ended; err != nil && !errors.Is(err, annoset.ErrClosed) {
			t.Error(err)
		}
	})
}
