package annosettest

import (
	"context"
	"sync"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
)

// Faults makes statements of one store fail, to see what a program does when its store fails at any point. A statement
// is one that the store has SQLite run, to write or to read: also those that begin and commit a transaction. Preparing
// one and reading its rows do not count. It is safe for concurrent use.
type Faults struct {
	mu    sync.Mutex
	left  int // statements to the one that fails; 0: none does
	err   error
	fired bool
}

// NewFaulty is [New] with faults, which are off at first.
func NewFaulty(tb testing.TB) (*annoset.Store, *Faults) {
	tb.Helper()
	f, seam := &Faults{}, &hook.Seam{}
	seam.Set(f.before)
	s := open(seam.In(context.Background()), tb)
	tb.Cleanup(func() { f.FailAt(0, nil) }) // before the store is kept and closed
	return s, f
}

// FailAt makes the nth statement from now, counted from 1, return err instead of being run. It fails one statement;
// those after it run. The method of the store returns an error that wraps err, such as [annoset.ErrBusy] or
// [annoset.ErrFull], and has written nothing. Each call replaces the one before; n of 0, or a nil err, turns faults
// off. Do that before you look at the outcome: reading runs statements too.
func (f *Faults) FailAt(n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		n = 0
	}
	f.left, f.err, f.fired = max(n, 0), err, false
}

// Fired reports whether a statement failed since the last call of FailAt.
func (f *Faults) Fired() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fired
}

// before is asked before each call of the driver.
func (f *Faults) before(what, _ string) (before, after error) {
	if what != "Exec" && what != "Query" {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		return nil, nil
	}
	if f.left--; f.left > 0 {
		return nil, nil
	}
	f.fired = true
	return f.err, nil
}
