package annoset

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/annoset/annoset/sqlite"
)

// view is one state of a store that a function is reading. All handles that were made of it share it.
type view struct {
	tx    *sqlite.ReadTx
	ended atomic.Bool
}

// View runs fn over one state of the store: all that is read through the handle that fn gets is of one moment, whatever
// others write meanwhile. It returns the error of fn as it is.
//
// The handle, and what is made from it ([Store.As], [Store.TrainingSet], iterators), belongs to the goroutine that runs
// fn, and returns [ErrClosed] once fn has returned. Its methods that write, and [Store.Backup], return [ErrReadOnly];
// its Close does nothing; its View runs over the same state.
//
// A store in a file goes on as ever: fn may also use the store itself, and write to it. A store in memory has one
// connection, which View holds, so there fn must not use the store itself: it would wait and return [ErrBusy].
func (s *Store) View(ctx context.Context, fn func(view *Store) error) error {
	const op = "view"
	if err := given(op, "fn", fn != nil); err != nil {
		return err
	}
	var failed error
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		if s.view != nil {
			failed = fn(s)
			return failed
		}
		handle := *s
		handle.view = &view{tx: tx}
		defer func() {
			handle.view.ended.Store(true)
			_ = tx.Interrupt() // of reads whose loop was left open
		}()
		failed = fn(&handle)
		return failed
	})
	if failed != nil && (!errors.Is(err, sqlite.ErrChanged) || errors.Is(failed, sqlite.ErrChanged)) {
		return failed
	}
	return err
}

// gone returns an error if the store or the view was closed.
func (s *Store) gone() error {
	switch {
	case s.view != nil && s.view.ended.Load():
		return fmt.Errorf("%w: the view has ended", ErrClosed)
	case s.closed.Load():
		return ErrClosed
	}
	return nil
}

// readsAhead reports whether iterators read all they yield before they yield it: in memory the loop's body could not use
// the store's one connection otherwise. A view has that connection already.
func (s *Store) readsAhead() bool { return s.db.InMemory() && s.view == nil }

// sameState reports whether two handles read the same state of one store.
func (s *Store) sameState(other *Store) bool { return s.db == other.db && s.view == other.view }

// refuse returns an error if the store is a view, which only reads.
func (s *Store) refuse(op string) error {
	if s.view == nil || s.gone() != nil {
		return nil
	}
	return fmt.Errorf("%s: %w: a view only reads", op, ErrReadOnly)
}
