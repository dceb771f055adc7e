package reader

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/sqlite"
)

// rowsOf says which rows EachLabel calls its function with.
func rowsOf(t *testing.T, s *stacked, from int, span sqlite.Span) []string {
	t.Helper()
	is := is.New(t)
	out := []string{}
	s.read(t, from, func(tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile) {
		is.NoErr(EachLabel(t.Context(), tx, stack, f, span, func(r *Row) error {
			is.Equal(r.FileID, s.file)
			said := fmt.Sprintf("%d at %d, depth %d", r.ID, r.StartMS, r.Depth)
			if r.Hidden {
				said += ", hidden"
			}
			if r.HiddenBelow {
				said += " below"
			}
			out = append(out, said)
			return nil
		}))
	})
	return out
}

func TestEachLabel(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := writeStack(t, threeLayers(true)...)

	is.Equal(rowsOf(t, s, 0, sqlite.Span{}), []string{
		"2 at 5, depth 1, hidden", // by the topmost layer alone: the one below sees it
		"1 at 10, depth 2, hidden",
		"2 at 20, depth 2, hidden below", // by the layer in between too
		"4 at 20, depth 0",
		"3 at 30, depth 2",
	})
	is.Equal(rowsOf(t, s, 1, sqlite.Span{}), []string{
		"2 at 5, depth 0", "1 at 10, depth 1", "2 at 20, depth 1, hidden", "3 at 30, depth 1",
	})
	is.Equal(rowsOf(t, s, 2, sqlite.Span{}), []string{"1 at 10, depth 0", "2 at 20, depth 0", "3 at 30, depth 0"})

	is.Equal(rowsOf(t, s, 0, sqlite.Span{AfterMS: 20, AfterID: 2}), []string{"4 at 20, depth 0", "3 at 30, depth 2"})
	is.Equal(rowsOf(t, s, 0, sqlite.Span{BeforeMS: 10}), []string{"2 at 5, depth 1, hidden"})
	is.Equal(rowsOf(t, s, 0, sqlite.Span{AfterMS: 5, AfterID: 2, BeforeMS: 20}), []string{"1 at 10, depth 2, hidden"})
	is.Equal(rowsOf(t, s, 0, sqlite.Span{AfterMS: 30, AfterID: 3}), []string{})
}

// A cursor that is left open would keep the guards from being dropped.
func TestEachLabel_closesItsCursors(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := writeStack(t, threeLayers(false)...)
	is.NoErr(s.Write(t.Context(), false, func(tx *sqlite.WriteTx) error {
		stack, err := tx.Stack(t.Context(), s.layers[0])
		is.NoErr(err)
		f := &sqlite.SeenFile{ID: s.file, Layers: []int{0, 1, 2}}
		err = EachLabel(t.Context(), &tx.ReadTx, stack, f, sqlite.Span{}, func(*Row) error { return ErrStop })
		is.True(errors.Is(err, ErrStop))
		has, err := HasLabels(t.Context(), &tx.ReadTx, stack, f)
		is.NoErr(err)
		is.True(has)
		func() {
			defer func() { is.Equal(recover(), "lost") }()
			_ = EachLabel(t.Context(), &tx.ReadTx, stack, f, sqlite.Span{}, func(*Row) error { panic("lost") })
		}()
		return tx.WithoutGuards(t.Context(), func() error { return nil })
	}))
}

func TestEachLabel_checksTheContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	many := make([]sqlite.LabelRow, 3*checkEvery)
	for i := range many {
		many[i] = at(int64(i+1), int64(i))
	}
	s := writeStack(t, layerOf{labels: many, blocks: true})
	s.read(t, 0, func(tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		err := EachLabel(ctx, tx, stack, f, sqlite.Span{}, func(*Row) error {
			cancel()
			n++
			return nil
		})
		is.True(errors.Is(err, context.Canceled))
		is.True(n < checkEvery)
	})
}

func TestEachLabel_whereMuchIsRemoved(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const label, many = 1, fewRemovals + maxLooks
	removed := make([]int64, many)
	for i := range removed {
		removed[i] = label + 2*int64(i)
	}
	s := writeStack(t, layerOf{labels: []sqlite.LabelRow{at(label, 0)}}, layerOf{removed: removed})
	s.read(t, 0, func(tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile) {
		removals, err := newRemovals(t.Context(), tx, stack, f)
		is.NoErr(err)
		is.Equal(len(removals.hidden), fewRemovals) // a page does not need all of them
		for i, id := range removed {
			is.Equal(removals.whole, i > maxLooks/2) // two looks each, and then all are read
			h, err := removals.of(t.Context(), id)
			is.NoErr(err)
			is.Equal(h, hiding{top: 0, below: nowhere}) // by the topmost layer alone
			h, err = removals.of(t.Context(), id+1)
			is.NoErr(err)
			is.Equal(h, visible)
		}
		is.Equal(len(removals.hidden), many)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		is.True(errors.Is(removals.read(ctx, many), context.Canceled))
	})
	is.Equal(rowsOf(t, s, 0, sqlite.Span{}), []string{"1 at 0, depth 1, hidden"})
}
