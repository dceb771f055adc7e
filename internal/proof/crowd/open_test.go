package crowd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// openAtOnce opens a file while others do, and writes to it.
func openAtOnce() error {
	ctx := context.Background()
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), &annoset.Options{BusyTimeout: time.Minute})
	if err != nil {
		return err
	}
	_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: os.Getenv("ANNOSET_TEST_FIRST")})
	return errors.Join(err, s.Close())
}

func TestOpen_byManyAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	check := func(t *testing.T, path string, n int) {
		is := is.New(t)
		s := proof.ReopenStore(t, path, nil)
		datasets, err := s.Datasets(ctx)
		is.NoErr(err)
		is.Equal(len(datasets), n)
	}
	t.Run("processes make one store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		for range 3 {
			path := filepath.Join(t.TempDir(), "labels.annoset")
			for _, c := range startTogether(t, 4, "open at once", "ANNOSET_TEST_PATH="+path) {
				_, err := c.Wait()
				is.NoErr(err)
			}
			check(t, path, 4)
		}
	})
	t.Run("goroutines make one store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		for range 5 {
			path := filepath.Join(t.TempDir(), "labels.annoset")
			is.NoErr(together(6, func(i int) error {
				s, err := annoset.Open(ctx, path, &annoset.Options{BusyTimeout: time.Minute})
				if err != nil {
					return err
				}
				_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: strconv.Itoa(i)})
				return errors.Join(err, s.Close())
			}))
			check(t, path, 6)
		}
	})
	t.Run("goroutines find the store that exists", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		first := proof.OpenStore(t, nil)
		is.NoErr(first.Close())
		is.NoErr(together(6, func(i int) error { // some open while others close
			for n := range 10 {
				s, err := annoset.Open(ctx, first.Path, &annoset.Options{
					BusyTimeout: time.Minute, ReadOnly: (i+n)%3 == 0,
				})
				if err != nil {
					return err
				}
				_, err = s.Datasets(ctx)
				for errors.Is(err, annoset.ErrBusy) && (i+n)%3 == 0 { // somebody wrote while it read without locks
					_, err = s.Datasets(ctx)
				}
				if err != nil {
					return err
				}
				if (i+n)%3 != 0 {
					_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: fmt.Sprint(i, n)})
				}
				if err := errors.Join(err, s.Close()); err != nil {
					return err
				}
			}
			return nil
		}))
		check(t, first.Path, 40)
	})
}
