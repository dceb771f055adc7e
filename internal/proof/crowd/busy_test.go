package crowd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// newBusyStore returns a store with a draft that has a label, whose id it returns, and a clean audio file.
func newBusyStore(t *testing.T, timeout time.Duration) (*proof.Store, annoset.AnnotationSet, int64) {
	t.Helper()
	ctx := context.Background()
	s := proof.OpenStore(t, &annoset.Options{BusyTimeout: timeout})
	set := proof.NewDraft(t, s.Store, "a")
	ids, err := s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MarkClean(ctx, set.ID, "clean.wav"); err != nil {
		t.Fatal(err)
	}
	return s, set, ids[0]
}

func TestStore_whileAnImportRuns(t *testing.T) {
	t.Parallel()
	s, set, id := newBusyStore(t, 20*time.Millisecond)
	ctx := context.Background()
	before := proof.Dump(t, s.Store)
	for name, write := range proof.Writers(s.Store, set, id) {
		t.Run(name+" from its stream returns ErrBusy, and so does the import", func(t *testing.T) {
			is := is.New(t)
			var inner error
			n, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				if !yield(proof.Label("b.wav", "pop", 1, 2), nil) {
					return
				}
				inner = write(ctx)
				yield(annoset.Annotation{}, inner)
			}, nil)
			is.True(errors.Is(inner, annoset.ErrBusy))
			is.True(errors.Is(err, annoset.ErrBusy)) // the import ends with what its stream yields
			is.Equal(n, 0)
			is.Equal(proof.Dump(t, s.Store), before)
		})
	}
	t.Run("its stream may read, and may go on after a refused write", func(t *testing.T) {
		is := is.New(t)
		n, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
			_, _ = s.CreateDataset(ctx, annoset.NewDataset{Name: "never"})
			for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				if !yield(a, err) {
					return
				}
			}
		}, nil)
		is.NoErr(err)
		is.Equal(n, 1)
		_, err = s.DatasetByName(ctx, "never")
		is.True(errors.Is(err, annoset.ErrNotFound))
	})
}

func TestStore_whileAnotherProcessWrites(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, timeout := range []time.Duration{20 * time.Millisecond, -1} {
		t.Run(fmt.Sprintf("is busy after %v", timeout), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s, set, id := newBusyStore(t, timeout)
			before := proof.Dump(t, s.Store)
			unlock := proof.Lock(t, s.Path)
			for name, write := range proof.Writers(s.Store, set, id) {
				if err := write(ctx); !errors.Is(err, annoset.ErrBusy) {
					t.Errorf("%s: %v", name, err)
				}
			}
			is.Equal(proof.Dump(t, s.Store), before) // reading works
			is.NoErr(s.Backup(ctx, filepath.Join(t.TempDir(), "backup")))
			is.NoErr(s.Export(ctx, set.ID, filepath.Join(t.TempDir(), "export")))
			other, err := annoset.Open(ctx, s.Path, &annoset.Options{BusyTimeout: timeout})
			is.NoErr(err) // and so does opening
			is.NoErr(other.Close())
			unlock()
			_, err = s.Publish(ctx, set.ID, nil)
			is.NoErr(err) // until the other one is done
		})
	}
	t.Run("goes on once that is done", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, set, _ := newBusyStore(t, time.Minute)
		unlock := proof.Lock(t, s.Path)
		waiting := make(chan struct{})
		result := make(chan error)
		go func() {
			close(waiting)
			_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 1))
			result <- err
		}()
		<-waiting
		unlock()
		is.NoErr(<-result)
	})
}

// greedy writes without a pause until its parent sends a line.
func greedy() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), &annoset.Options{
		BusyTimeout: time.Minute, Durability: annoset.DurabilityRelaxed,
	})
	if err != nil {
		return err
	}
	d, err := s.DatasetByName(ctx, "a")
	if err != nil {
		return err
	}
	set, err := s.SetByVersion(ctx, d.ID, 1)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	go func() {
		defer cancel()
		bufio.NewScanner(os.Stdin).Scan()
	}()
	err = together(2, func(i int) error {
		for ctx.Err() == nil {
			if _, err := s.Add(ctx, set.ID, proof.Label("a.wav", "greed", 0, 1)); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, s.Close())
}

func TestStore_besideAGreedyProcess(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	s := proof.OpenStore(t, &annoset.Options{BusyTimeout: time.Second, Durability: annoset.DurabilityRelaxed})
	set := proof.NewDraft(t, s.Store, "a")
	c := proof.StartChild(t, "greedy", "ANNOSET_TEST_PATH="+s.Path)
	line, _ := c.Line()
	is.Equal(line, "ready")
	const n = 50
	for i := range int64(n) {
		_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "patience", i, i))
		is.NoErr(err) // every call gets its turn before the busy timeout
		time.Sleep(5 * time.Millisecond)
	}
	_, err := fmt.Fprintln(c.Stdin, "enough")
	is.NoErr(err)
	_, err = c.Wait()
	is.NoErr(err)
	stats, err := s.Stats(ctx, set.ID)
	is.NoErr(err)
	is.Equal(stats.AnnotationsByType["patience"], int64(n))
	is.True(stats.AnnotationsByType["greed"] > n) // and the greedy one got more
}
