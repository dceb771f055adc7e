package annosettest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("the clock begins at Start and goes on by a second each time", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := annosettest.New(t)
		ctx := context.Background()
		d, err := s.CreateDataset(ctx, annoset.NewDataset{Name: "a"})
		is.NoErr(err)
		is.Equal(d.CreatedAt, annosettest.Start)
		v1, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
		is.NoErr(err)
		is.Equal(v1.CreatedAt, annosettest.Start.Add(time.Second))
	})
	t.Run("stores return the same in each run", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		published := func() annoset.AnnotationSet {
			return annosettest.Publish(t, annosettest.New(t), "a.wav glitch 0 10 0.5", "b.wav clean")
		}
		v1 := published()
		is.Equal(v1, published())
		is.Equal(v1.ID.String(), "00000000-0000-8000-8000-000000000002") // the dataset has the first
		is.Equal(v1.ID.Version().String(), "VERSION_8")
	})
	t.Run("the store is closed when the test ends", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		var s *annoset.Store
		r := record(t, func(tb testing.TB) { s = annosettest.New(tb) })
		is.Equal(r.Failed(), false)
		_, err := s.Datasets(context.Background())
		is.True(errors.Is(err, annoset.ErrClosed))
	})
	t.Run("a test may close its store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		r := record(t, func(tb testing.TB) { is.NoErr(annosettest.New(tb).Close()) })
		is.Equal(r.Failed(), false)
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	path := filepath.Join(t.TempDir(), "a.annoset")
	s, err := annoset.Open(context.Background(), path, annosettest.Options())
	is.NoErr(err)
	v1 := annosettest.Publish(t, s, "a.wav glitch 0 10")
	is.Equal(v1, annosettest.Publish(t, annosettest.New(t), "a.wav glitch 0 10")) // as in memory
	is.NoErr(s.Close())
}

// TestKeep sets variables of the environment, so it is not parallel.
func TestKeep(t *testing.T) {
	ctx := context.Background()
	fails := func(tb testing.TB) {
		annosettest.Draft(tb, annosettest.New(tb), "a.wav glitch 0 10")
		tb.Errorf("it failed")
	}
	t.Run("the store of a failed test is kept", func(t *testing.T) {
		is := is.New(t)
		dir := filepath.Join(t.TempDir(), "kept", "here") // is made
		t.Setenv("ANNOSET_KEEP", dir)
		var paths []string
		for range 2 {
			r := record(t, fails)
			_, path, found := strings.Cut(r.said(), "the store was kept in ")
			is.True(found)
			paths = append(paths, path)
		}
		is.Equal(paths[0], filepath.Join(dir, "TestKeep_the_store_of_a_failed_test_is_kept.annoset"))
		is.Equal(paths[1], filepath.Join(dir, "TestKeep_the_store_of_a_failed_test_is_kept-2.annoset")) // the first stays
		s, err := annoset.Open(ctx, paths[0], nil)
		is.NoErr(err)
		defer s.Close()
		d, err := s.DatasetByName(ctx, "test")
		is.NoErr(err)
		v1, err := s.SetByVersion(ctx, d.ID, 1)
		is.NoErr(err)
		is.Equal(annosettest.Lines(t, s, v1.ID), []string{"a.wav glitch 0 10"})
	})
	t.Run("that of a test that passed is not", func(t *testing.T) {
		is := is.New(t)
		dir := t.TempDir()
		t.Setenv("ANNOSET_KEEP", dir)
		r := record(t, func(tb testing.TB) { annosettest.New(tb) })
		is.Equal(r.said(), "")
		entries, err := os.ReadDir(dir)
		is.NoErr(err)
		is.Equal(len(entries), 0)
	})
	t.Run("nothing is kept without the variable", func(t *testing.T) {
		is := is.New(t)
		t.Setenv("ANNOSET_KEEP", "")
		is.Equal(record(t, fails).said(), "it failed")
	})
	t.Run("a store with faults is kept without them", func(t *testing.T) {
		is := is.New(t)
		t.Setenv("ANNOSET_KEEP", t.TempDir())
		r := record(t, func(tb testing.TB) {
			_, faults := annosettest.NewFaulty(tb)
			faults.FailAt(1, errors.New("disk on fire"))
			tb.Errorf("it failed")
		})
		is.True(strings.Contains(r.said(), "the store was kept in "))
	})
	t.Run("what cannot be kept is said", func(t *testing.T) {
		is := is.New(t)
		file := filepath.Join(t.TempDir(), "file")
		is.NoErr(os.WriteFile(file, nil, 0o666))
		t.Setenv("ANNOSET_KEEP", file)
		is.True(strings.Contains(record(t, fails).said(), "the store was not kept: "))
		t.Setenv("ANNOSET_KEEP", t.TempDir())
		r := record(t, func(tb testing.TB) {
			is.NoErr(annosettest.New(tb).Close())
			tb.Errorf("it failed")
		})
		is.True(strings.Contains(r.said(), "the store was not kept: ")) // it was closed
	})
	t.Run("a name of any length makes a file", func(t *testing.T) {
		is := is.New(t)
		dir := t.TempDir()
		t.Setenv("ANNOSET_KEEP", dir)
		r := record(t, func(tb testing.TB) {
			tb.(*recorder).name = strings.Repeat("Tést/../", 100)
			fails(tb)
		})
		is.True(strings.Contains(r.said(), "the store was kept in "+dir+string(filepath.Separator)+"T_st_"))
	})
}
