package crowd_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func TestStore_Close_whileOthersWork(t *testing.T) {
	t.Parallel()
	for round := range 6 {
		t.Run(fmt.Sprintf("ends every call with nil or ErrClosed, round %d", round), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := context.Background()
			s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed, BusyTimeout: time.Minute})
			set := proof.NewDraft(t, s.Store, "a")
			_, err := s.Import(ctx, set.ID, proof.Stream(2000, 3), nil)
			is.NoErr(err)
			published, err := s.NewVersion(ctx, set.ID, annoset.NewSet{})
			is.NoErr(err)
			_, err = s.Publish(ctx, published.ID, nil)
			is.NoErr(err)
			dir := t.TempDir()
			work := []func(n int) error{
				func(n int) error {
					_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "pop", int64(n), int64(n)))
					return err
				},
				func(int) error {
					_, err := s.Import(ctx, set.ID, proof.Stream(100, 3), nil)
					return err
				},
				func(int) error {
					_, err := proof.All(s.Annotations(ctx, set.ID, annoset.Filter{}))
					return err
				},
				func(int) error { return s.Verify(ctx, published.ID) },
				func(n int) error { return s.Backup(ctx, filepath.Join(dir, fmt.Sprintf("backup%d", n))) },
				func(n int) error { return s.Export(ctx, published.ID, filepath.Join(dir, fmt.Sprintf("export%d", n))) },
				func(int) error {
					_, err := s.Datasets(ctx)
					return err
				},
			}
			calls := make(chan struct{}, 1<<16)
			closed := make(chan error, 1)
			go func() {
				for range 20 + 5*round {
					<-calls
				}
				closed <- s.Close()
			}()
			is.NoErr(together(len(work), func(i int) error {
				for n := 0; ; n++ {
					err := work[i](n)
					if errors.Is(err, annoset.ErrClosed) {
						return nil
					}
					if err != nil {
						return fmt.Errorf("work %d: %w", i, err)
					}
					calls <- struct{}{}
				}
			}))
			is.NoErr(<-closed)
			_, err = s.Datasets(ctx)
			is.True(errors.Is(err, annoset.ErrClosed))
			is.NoErr(s.Close()) // closing twice is no error
		})
	}
	t.Run("lets a read go on, or ends it with ErrClosed", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		_, err := s.Import(ctx, set.ID, proof.Stream(2000, 3), nil)
		is.NoErr(err)
		read := 0
		var last error
		for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
			if last = err; err != nil {
				break
			}
			if read++; read == 1 {
				is.NoErr(s.Close())
			}
		}
		is.True(last == nil && read == 2000 || errors.Is(last, annoset.ErrClosed)) // never fewer labels without an error
	})
	t.Run("ends a call that begins at the same moment with nil or ErrClosed", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		for round := range 10 {
			s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
			set := proof.NewDraft(t, s.Store, "a")
			dir := t.TempDir()
			is.NoErr(together(5, func(i int) error {
				var err error
				switch i {
				case 0:
					for range round % 3 {
						runtime.Gosched()
					}
					return s.Close()
				case 1:
					err = s.Backup(ctx, filepath.Join(dir, "backup"))
				case 2:
					_, err = s.Add(ctx, set.ID, proof.Label("a.wav", "pop", 1, 2))
				case 3:
					err = s.Export(ctx, set.ID, filepath.Join(dir, "export"))
				case 4:
					_, err = proof.All(s.Annotations(ctx, set.ID, annoset.Filter{}))
				}
				if errors.Is(err, annoset.ErrClosed) {
					return nil
				}
				return err
			}))
		}
	})
}
