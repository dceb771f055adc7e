package annosettest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

var errDisk = errors.New("the disk is on fire")

func TestNewFaulty(t *testing.T) {
	t.Parallel()
	t.Run("is New until a fault is asked for", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, faults := annosettest.NewFaulty(t)
		line := "a.wav glitch 0 1"
		is.Equal(annosettest.Publish(t, s, line), annosettest.Publish(t, annosettest.New(t), line))
		is.Equal(faults.Fired(), false)
	})
	t.Run("a story fails at each of its statements until it passes", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		n := 1
		for ; ; n++ {
			s, faults := annosettest.NewFaulty(t)
			v1 := annosettest.Publish(t, s, "a.wav glitch 0 10", "a.wav click 20 30")
			faults.FailAt(n, errDisk)
			v2, err := s.NewVersion(ctx, v1.ID, annoset.NewSet{})
			if err == nil {
				_, err = s.Add(ctx, v2.ID, annosettest.Labels(t, "b.wav hiss 5 6")...)
			}
			if err == nil {
				_, err = s.Publish(ctx, v2.ID, nil)
			}
			fired := faults.Fired()
			faults.FailAt(0, nil) // what follows looks at the outcome
			if !fired {
				is.NoErr(err)
				is.Equal(annosettest.Lines(t, s, v2.ID), []string{"a.wav glitch 0 10", "a.wav click 20 30", "b.wav hiss 5 6"})
				break
			}
			is.True(errors.Is(err, errDisk)) // no statement fails unnoticed
			is.Equal(annosettest.Lines(t, s, v1.ID), []string{"a.wav glitch 0 10", "a.wav click 20 30"})
			_, err = s.NewVersion(ctx, v1.ID, annoset.NewSet{}) // one statement fails, and those after it run
			is.NoErr(err)
		}
		is.True(n > 20)
	})
	t.Run("0, or no error, turns it off", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, faults := annosettest.NewFaulty(t)
		ctx := context.Background()
		faults.FailAt(1, errDisk)
		faults.FailAt(0, errDisk)
		_, err := s.Datasets(ctx)
		is.NoErr(err)
		faults.FailAt(-1, errDisk)
		_, err = s.Datasets(ctx)
		is.NoErr(err)
		faults.FailAt(1, nil)
		_, err = s.Datasets(ctx)
		is.NoErr(err)
		is.Equal(faults.Fired(), false)
		faults.FailAt(1, errDisk)
		_, err = s.Datasets(ctx)
		is.True(errors.Is(err, errDisk))
		is.True(faults.Fired())
		_, err = s.Datasets(ctx)
		is.NoErr(err)
		is.True(faults.Fired()) // since FailAt
		faults.FailAt(0, nil)
		is.Equal(faults.Fired(), false)
	})
	t.Run("errors of the store can be had", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, faults := annosettest.NewFaulty(t)
		faults.FailAt(1, annoset.ErrFull)
		_, err := s.CreateDataset(context.Background(), annoset.NewDataset{Name: "a"})
		is.True(errors.Is(err, annoset.ErrFull))
	})
	t.Run("faults are those of one store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		_, faults := annosettest.NewFaulty(t)
		other, _ := annosettest.NewFaulty(t)
		faults.FailAt(1, errDisk)
		_, err := other.Datasets(context.Background())
		is.NoErr(err)
	})
}
