// Package fault_test breaks the floor under a store: a call of its driver fails, its context ends, its disk is full,
// its file is damaged. Every verb must then have happened whole or not at all, and say why.
package fault_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/proof"
)

var errInjected = errors.New("injected fault")

// fault is a way in which a call of the driver fails.
type fault struct {
	name string
	err  error
	done bool // the call is made all the same
	stay bool // every later call fails too
}

var faults = []fault{
	{"fails", errInjected, false, false},
	{"fails after it was done", errInjected, true, false},
	{"and all later ones fail", errInjected, false, true},
	{"finds its connection lost", driver.ErrBadConn, false, false},
	{"loses its connection once done", driver.ErrBadConn, true, false},
}

// at makes the i-th call fail. fired returns what call that was, or the empty string.
func (f fault) at(s *hook.Seam, i int) (fired func() string) {
	n, what := 0, ""
	s.Set(func(call, query string) (before, after error) {
		n++
		if n != i && (n < i || !f.stay) {
			return nil, nil
		}
		if what == "" {
			what = call + " " + strings.Join(strings.Fields(query), " ")
			what = what[:min(len(what), 80)]
		}
		if f.done {
			return nil, f.err
		}
		return f.err, nil
	})
	return func() string {
		s.Set(nil)
		return what
	}
}

// trial is one call that fails in one way.
type trial struct {
	fault
	i int
}

// trials returns ways in which a verb of n calls can fail, in random order: some of them, and the last calls, of which
// one is COMMIT, failing after they were made. With ANNOSET_TEST_FULL set it returns twenty times as many.
func trials(t testing.TB, n, some int) []trial {
	var all []trial
	for _, f := range faults {
		for i := range n {
			all = append(all, trial{f, i + 1})
		}
	}
	proof.Rand(t).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	switch {
	case proof.Full():
		some *= 20
	case proof.Brief():
		some = (some + 2) / 3
	}
	if some >= len(all) {
		return all
	}
	return append(all[:some], trial{faults[1], n}, trial{faults[1], max(1, n-1)})
}

func TestStore_whenTheDriverFails(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	for _, tales := range []struct {
		name  string
		verbs []verb
		some  int
	}{
		{"of few labels", story(), 3},
		{"of many labels", bulkStory(), 1},
	} {
		t.Run(tales.name, func(t *testing.T) {
			t.Parallel()
			if tales.name == "of many labels" {
				proof.SkipMany(t)
			}
			chapters := told(t, tales.name, tales.verbs)
			for i := range chapters {
				c := &chapters[i]
				if c.name == between {
					continue
				}
				t.Run(c.name+" happens whole or not at all", func(t *testing.T) {
					t.Parallel()
					dir := t.TempDir()
					for _, trial := range trials(t, c.count(t, dir), tales.some) {
						if c.withFault(t, dir, trial.fault, trial.i); t.Failed() {
							return
						}
					}
				})
			}
		})
	}
}

// withFault runs the verb while the i-th call fails. The store must then hold what it did before; where the call was
// made before it failed, it may also hold what it should after. It goes on working, and the verb succeeds when tried
// again.
func (c *chapter) withFault(t *testing.T, dir string, f fault, i int) {
	t.Helper()
	defer proof.NoPanic(t)
	is := is.New(t)
	ctx := context.Background()
	s, clock := &hook.Seam{}, &proof.Replay{}
	store, path := c.open(t, dir, s, clock)
	defer func() { is.NoErr(store.Close()) }()
	own := c.tale.clone(store, dir)
	clock.Rewind(c.number)
	fired := f.at(s, i)
	result, err := c.run(ctx, &own)
	what := fired()
	if what == "" {
		t.Errorf("there is no call %d", i)
	}
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: call %d (%s) %s: %s", c.name, i, what, f.name, fmt.Sprintf(format, args...))
	}
	if i%2 == 0 { // reopen it, as another process would
		is.NoErr(store.Close())
		proof.CheckFile(t, path)
		store, err2 := annoset.Open(ctx, path, clock.Options())
		is.NoErr(err2)
		defer func() { is.NoErr(store.Close()) }()
		own.Store = store
	}
	now := proof.Dump(t, own.Store)
	switch {
	case errors.Is(err, proof.ErrLeft):
		fail("%v", err)
	case err == nil && now != c.after:
		fail("it returned no error and did not happen")
	case err == nil && proof.Written(result) != c.result:
		fail("it returned %.300s, not %.300s", proof.Written(result), c.result)
	case err == nil:
	case !errors.Is(err, f.err) && f.err == errInjected:
		fail("the cause is lost: %v", err)
	case now != c.before && (!f.done || now != c.after):
		fail("it failed, and the store is neither as before nor as after")
	}
	if now == c.before {
		clock.Rewind(c.number)
		again := c.tale.clone(own.Store, dir)
		result, err := c.run(ctx, &again)
		switch {
		case err != nil:
			fail("tried again: %v", err)
		case proof.Written(result) != c.result:
			fail("tried again, it returned %.300s, not %.300s", proof.Written(result), c.result)
		case proof.Dump(t, own.Store) != c.after:
			fail("tried again, it did something else")
		}
	}
	is.NoErr(own.Store.Close())
	if i%2 == 1 {
		proof.CheckFile(t, path)
	}
}

func TestOpen_whenTheDriverFails(t *testing.T) {
	t.Parallel()
	story := told(t, "of the beginning", story()[:4])
	for _, start := range []struct {
		name, holds string
		file        []byte
	}{
		{"a new store", "", nil},
		{"a store that exists", story[3].before, story[3].file},
	} {
		t.Run("leaves "+start.name+" as good as it was", func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			calls := 0
			counting := &hook.Seam{}
			counting.Set(func(string, string) (before, after error) {
				calls++
				return nil, nil
			})
			openOver(t, filepath.Join(dir, "count.annoset"), start.file, counting, func(s *annoset.Store, err error) {
				counting.Set(nil)
				if err != nil || calls < 5 {
					t.Fatalf("%d calls, %v: the seam is not in place", calls, err)
				}
			})
			for n, trial := range trials(t, calls, 20) {
				if openWithFault(t, dir, n, trial, start.file, start.holds); t.Failed() {
					return
				}
			}
		})
	}
}

// openOver writes a file, opens a store on it, calls then, and closes the store.
func openOver(t *testing.T, path string, file []byte, s *hook.Seam, then func(*annoset.Store, error)) {
	t.Helper()
	if file != nil {
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	store, err := annoset.Open(s.In(context.Background()), path, nil)
	then(store, err)
	if err != nil {
		return
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func openWithFault(t *testing.T, dir string, n int, trial trial, file []byte, holds string) {
	t.Helper()
	is := is.New(t)
	path := filepath.Join(dir, fmt.Sprintf("%d.annoset", n))
	s := &hook.Seam{}
	fired := trial.at(s, trial.i)
	var what string
	openOver(t, path, file, s, func(store *annoset.Store, err error) {
		what = fired()
		if err == nil {
			is.Equal(proof.Dump(t, store), holds) // opened in spite of a fault
		} else if trial.err == errInjected && !errors.Is(err, errInjected) {
			t.Errorf("open: call %d (%s) %s: the cause is lost: %v", trial.i, what, trial.name, err)
		}
	})
	again, err := annoset.Open(context.Background(), path, nil)
	if err != nil {
		t.Errorf("open: call %d (%s) %s: opened again: %v", trial.i, what, trial.name, err)
		return
	}
	is.Equal(proof.Dump(t, again), holds) // opened again
	is.NoErr(again.Close())
	proof.CheckFile(t, path)
}
