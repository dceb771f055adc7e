package open_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// steps makes a sequence of anything a sequence of its errors.
func steps[T any](seq iter.Seq2[T, error]) iter.Seq[error] {
	return func(yield func(error) bool) {
		for _, err := range seq {
			if !yield(err) {
				return
			}
		}
	}
}

// loops returns every iterator over a store that has more than two values to yield.
func loops(t *testing.T, s *annoset.Store) map[string]iter.Seq[error] {
	t.Helper()
	ctx := context.Background()
	set := proof.NewDraft(t, s, "a")
	proof.Value(s.Import(ctx, set.ID, proof.Stream(1000, 9), nil))(t)
	proof.NoErr(t, s.MarkClean(ctx, set.ID, "x.wav", "y.wav", "z.wav"))
	published := proof.Value(s.Publish(ctx, set.ID, nil))(t)
	empty := proof.Value(s.CreateSet(ctx, set.DatasetID, annoset.NewSet{}))(t)
	training := proof.Value(s.TrainingSet(ctx, published.ID))(t)
	other := proof.OpenStore(t, nil)
	elsewhere := proof.NewDraft(t, other.Store, "a")
	return map[string]iter.Seq[error]{
		"Annotations":                 steps(s.Annotations(ctx, set.ID, annoset.Filter{})),
		"CleanAudioFiles":             steps(s.CleanAudioFiles(ctx, set.ID)),
		"Examined":                    steps(s.Examined(ctx, set.ID, annoset.Filter{})),
		"Diff":                        steps(s.Diff(ctx, empty.ID, set.ID, nil)),
		"DiffStores":                  steps(annoset.DiffStores(ctx, other.Store, elsewhere.ID, s, set.ID, nil)),
		"TrainingSet.Annotations":     steps(training.Annotations(ctx, annoset.Filter{})),
		"TrainingSet.CleanAudioFiles": steps(training.CleanAudioFiles(ctx)),
	}
}

// TestStore_Close_whileALoopRuns closes a store while a loop over it is under way: the loop ends with ErrClosed, and then
// nothing is left beside the file.
func TestStore_Close_whileALoopRuns(t *testing.T) {
	t.Parallel()
	probe := proof.OpenStore(t, nil)
	for name := range loops(t, probe.Store) {
		t.Run("in the body of "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := proof.OpenStore(t, nil)
			n := 0
			var last error
			for err := range loops(t, s.Store)[name] {
				if n++; n == 1 {
					is.NoErr(err)
					is.NoErr(s.Close())
				}
				last = err
			}
			is.Equal(n, 2)
			is.True(errors.Is(last, annoset.ErrClosed)) // at the next step
			is.Equal(len(proof.FolderSums(t, filepath.Dir(s.Path))), 1)
		})
		t.Run("by another goroutine than "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := proof.OpenStore(t, nil)
			next, stop := iter.Pull(loops(t, s.Store)[name])
			defer stop()
			err, more := next()
			is.NoErr(err)
			is.True(more)
			closed := make(chan error, 1)
			go func() { closed <- s.Close() }()
			select {
			case err := <-closed:
				is.NoErr(err)
			case <-time.After(10 * time.Second):
				t.Fatal("Close waits for a loop that is not going on")
			}
			_, err = s.Datasets(t.Context())
			is.True(errors.Is(err, annoset.ErrClosed))
			err, more = next()
			is.True(more && errors.Is(err, annoset.ErrClosed))
			_, more = next()
			is.True(!more)
			is.Equal(len(proof.FolderSums(t, filepath.Dir(s.Path))), 1)
		})
	}
	t.Run("and is left", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		for err := range loops(t, s.Store)["Annotations"] {
			is.NoErr(err)
			is.NoErr(s.Close())
			break
		}
		is.Equal(len(proof.FolderSums(t, filepath.Dir(s.Path))), 1)
	})
	t.Run("and several others", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		var all []func()
		for _, loop := range loops(t, s.Store) {
			next, stop := iter.Pull(loop)
			_, more := next()
			is.True(more)
			all = append(all, stop)
		}
		is.NoErr(s.Close())
		is.NoErr(s.Close())
		for _, stop := range all {
			stop()
		}
		is.Equal(len(proof.FolderSums(t, filepath.Dir(s.Path))), 1) // the last one has cleared up
	})
	t.Run("of a view", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		proof.NewDraft(t, s.Store, "a")
		err := s.View(t.Context(), func(view *annoset.Store) error {
			is.NoErr(s.Close())
			_, err := view.Datasets(t.Context())
			return err
		})
		is.True(errors.Is(err, annoset.ErrClosed))
		is.Equal(len(proof.FolderSums(t, filepath.Dir(s.Path))), 1)
	})
	t.Run("of a store that is read-only", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		proof.Value(s.Import(t.Context(), set.ID, proof.Stream(1000, 9), nil))(t)
		is.NoErr(s.Close())
		reader, err := annoset.Open(t.Context(), s.Path, &annoset.Options{ReadOnly: true})
		is.NoErr(err)
		var last error
		for _, err := range reader.Annotations(t.Context(), set.ID, annoset.Filter{}) {
			last = err
			is.NoErr(reader.Close())
		}
		is.True(errors.Is(last, annoset.ErrClosed))
	})
}
