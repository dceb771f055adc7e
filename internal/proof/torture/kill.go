package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// labor does the steps of a workload from one on. It prints a line when a step begins, and another when it was
// acknowledged.
func labor(ctx context.Context, t *task) error {
	w := &workload{shapes[t.Shape], t.Seed}
	fmt.Println("opening")
	s, err := w.open(ctx, t.Path)
	if err != nil {
		return err
	}
	fmt.Println("opened")
	for step := t.First; step < w.steps; step++ {
		if w.reopens(step) {
			if err := s.Close(); err != nil {
				return err
			}
			if s, err = w.open(ctx, t.Path); err != nil {
				return err
			}
		}
		fmt.Println("begin", step)
		if err := w.do(ctx, s, step); err != nil {
			return err
		}
		fmt.Println("done", step)
	}
	fmt.Println("closing")
	return s.Close()
}

// reference is what a workload leads to if no process is killed.
type reference struct {
	workload
	shape  int
	from   string          // the store that it starts from; empty: none
	states []string        // what the store holds before each step, and at the end
	kinds  []string        // what each step did
	took   []time.Duration // how long each step took
}

// Kinds of calls, beside the verbs of the steps.
const (
	opening   = "open"
	migrating = "migrate"
	folding   = "fold"
	closing   = "close"
)

// refer runs a workload without killing anybody.
func refer(ctx context.Context, path string, shape int, seed uint64, from string) (*reference, error) {
	r := &reference{workload: workload{shapes[shape], seed}, shape: shape, from: from}
	if err := copyFile(from, path); err != nil {
		return nil, err
	}
	s, err := r.open(ctx, path)
	if err != nil {
		return nil, err
	}
	folds := 0
	for step := 0; ; step++ {
		state, err := inspect.Dump(ctx, s.Store)
		if err != nil {
			return nil, err
		}
		r.states = append(r.states, state)
		if step == r.steps {
			break
		}
		began := time.Now()
		if err := r.do(ctx, s, step); err != nil {
			return nil, err
		}
		r.took = append(r.took, time.Since(began))
		kind := r.verb(step)
		n, err := countFolds(ctx, path)
		if err != nil {
			return nil, err
		}
		if n > folds {
			kind = folding
		}
		folds = n
		r.kinds = append(r.kinds, kind)
	}
	return r, s.Close()
}

// countFolds returns how many folded layers a store has.
func countFolds(ctx context.Context, path string) (n int, err error) {
	db, err := inspect.OpenRaw(path)
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `
		SELECT count(*) FROM layer WHERE folds_id IS NOT NULL`).Scan(&n)
	return n, errors.Join(err, db.Close())
}

// copyFile copies a file. If from is empty it does nothing.
func copyFile(from, to string) error {
	if from == "" {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// killing is a run of the command kill.
type killing struct {
	*options
	rand  *rand.Rand
	old   map[string]string // stores of earlier schemas, and what they hold
	run   int
	ref   *reference
	dir   string
	first int // the first step of the next process
	wreck *wreck

	kills                      map[string]int
	total, committed, leftover int
}

func kill(ctx context.Context, o *options) (string, error) {
	k := &killing{options: o, rand: rand.New(rand.NewPCG(o.seed, 0)), kills: map[string]int{}, old: map[string]string{}}
	if err := k.findOld(ctx); err != nil {
		return "", err
	}
	for round := 0; k.total < o.rounds; round++ {
		act := k.round
		switch {
		case round%10 == 9 && len(k.old) > 0:
			act = k.migration
		case round%10 == 4:
			act = k.restoration
		}
		if err := act(ctx); err != nil {
			return "", fmt.Errorf("round %d: %w", round, err)
		}
		if round%50 == 49 {
			o.progress("%d kills: %s", k.total, k.counts())
		}
	}
	o.progress("%d were killed between commit and acknowledgement, %d left a folder behind: %s", k.committed, k.leftover,
		k.counts())
	if k.wreck != nil {
		o.progress("of the restored stores that were killed %d were as before", k.wreck.before)
	}
	return fmt.Sprintf("%d kills, 0 acknowledged lost, 0 invariants broken", k.total), nil
}

// findOld finds the stores of earlier schemas, and what they hold once migrated.
func (k *killing) findOld(ctx context.Context) error {
	names, err := filepath.Glob(filepath.Join(k.testdata, "schema*.annoset"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		k.progress("no stores of earlier schemas in %s: none is migrated", k.testdata)
	}
	for _, name := range names {
		path := filepath.Join(k.options.dir, filepath.Base(name))
		if err := copyFile(name, path); err != nil {
			return err
		}
		if k.old[name], err = examined(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

func (k *killing) anyOld() string {
	names := slices.Sorted(maps.Keys(k.old))
	return names[k.rand.IntN(len(names))]
}

// migration starts a process that opens a store of an earlier schema, and kills it while it migrates the file.
func (k *killing) migration(ctx context.Context) error {
	from, path := k.anyOld(), filepath.Join(k.options.dir, "old.annoset")
	if err := copyFile(from, path); err != nil {
		return err
	}
	c, err := start(ctx, &task{Program: "labor", Path: path, First: math.MaxInt})
	if err != nil {
		return err
	}
	c.line()
	time.Sleep(time.Duration(k.rand.Int64N(int64(12 * time.Millisecond))))
	killed := c.cmd.Process.Kill() == nil
	if err := c.wait(); killed && err != nil {
		k.total++
		k.kills[migrating]++
	}
	if c.stderr.Len() > 0 {
		return fmt.Errorf("child: %s", c.stderr.String())
	}
	state, err := examined(ctx, path)
	if err == nil && state != k.old[from] {
		err = errors.New("the store does not hold what it did")
	}
	if err != nil {
		return fmt.Errorf("%s, killed while it was migrated: %w", from, err)
	}
	return os.Remove(path)
}

func (k *killing) counts() string {
	var all []string
	for kind, n := range k.kills {
		all = append(all, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (k *killing) path() string { return filepath.Join(k.dir, "labels.annoset") }

// begin starts the next run: a workload in a new file, or in a store of an earlier schema.
func (k *killing) begin(ctx context.Context) error {
	if k.dir != "" {
		if err := os.RemoveAll(k.dir); err != nil {
			return err
		}
	}
	k.dir = filepath.Join(k.options.dir, fmt.Sprintf("run%d", k.run))
	from := ""
	if k.run%2 == 1 && len(k.old) > 0 {
		from = k.anyOld()
	}
	shape := k.run % len(shapes)
	for _, dir := range []string{k.dir, filepath.Join(k.dir, "reference")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	var err error
	k.ref, err = refer(ctx, filepath.Join(k.dir, "reference", "labels.annoset"), shape, k.seed+uint64(k.run), from)
	if err != nil {
		return fmt.Errorf("without a kill, workload %q: %w", shapes[shape].name, err)
	}
	k.first = 0
	k.run++
	return copyFile(from, k.path())
}

// round starts a process, kills it in the middle of a call, and examines what it left.
func (k *killing) round(ctx context.Context) error {
	if k.ref == nil || k.first == k.ref.steps {
		if err := k.begin(ctx); err != nil {
			return err
		}
	}
	kind, line, wait := k.target()
	c, err := start(ctx, &task{Program: "labor", Path: k.path(), Shape: k.ref.shape, Seed: k.ref.seed, First: k.first})
	if err != nil {
		return err
	}
	acknowledged, finished, killed := k.first, false, false
	for {
		text, ok := c.line()
		if !ok {
			break
		}
		if text == fmt.Sprint("done ", acknowledged) {
			acknowledged++
		}
		finished = text == "closing"
		if text == line {
			time.Sleep(wait)
			killed = c.cmd.Process.Kill() == nil
		}
	}
	if err := c.wait(); err == nil {
		killed = false
	} else if c.stderr.Len() > 0 {
		return err // it failed on its own
	}
	if !killed && !finished {
		return fmt.Errorf("a process ended after %d steps, and was not killed", acknowledged)
	}
	if killed {
		k.total++
		k.kills[kind]++
	}
	if err := k.examine(ctx, acknowledged); err != nil {
		return fmt.Errorf("workload %q with seed %d, killed in %q after %d steps: %w", k.ref.name, k.ref.seed, kind,
			acknowledged, err)
	}
	return nil
}

// target chooses the call in which the next process is killed, every kind of call being equally likely. It returns the
// line that the process prints before the call, and how long to wait after it.
func (k *killing) target() (kind, line string, wait time.Duration) {
	kinds := map[string][]string{opening: {"opening"}, closing: {"closing"}}
	took := map[string]time.Duration{"opening": 5 * time.Millisecond, "closing": 3 * time.Millisecond}
	for step := k.first; step < min(k.ref.steps, k.first+25); step++ {
		line := fmt.Sprint("begin ", step)
		kinds[k.ref.kinds[step]] = append(kinds[k.ref.kinds[step]], line)
		took[line] = k.ref.took[step]
	}
	if k.first+25 < k.ref.steps {
		delete(kinds, closing)
	}
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	kind = names[k.rand.IntN(len(names))]
	if _, rare := kinds[folding]; rare && k.rand.IntN(3) == 0 {
		kind = folding
	}
	line = kinds[kind][k.rand.IntN(len(kinds[kind]))]
	return kind, line, time.Duration(k.rand.Int64N(int64(3*took[line]/2 + 200*time.Microsecond)))
}

// examine checks that the store holds what was acknowledged, or also the one step that had begun, and nothing else.
func (k *killing) examine(ctx context.Context, acknowledged int) error {
	began := k.first
	s, err := annoset.Open(ctx, k.path(), nil)
	if err != nil {
		return err
	}
	now, err := inspect.Dump(ctx, s)
	if err := errors.Join(err, inspect.Store(ctx, s), s.Close(), inspect.File(ctx, k.path())); err != nil {
		return err
	}
	switch {
	case now == k.ref.states[acknowledged]: // nothing of the step that had begun
		k.first = acknowledged
	case acknowledged < k.ref.steps && now == k.ref.states[acknowledged+1]: // committed, but not yet acknowledged
		k.first = acknowledged + 1
		k.committed++
	default:
		return errors.New("the store holds neither what was acknowledged nor one step more")
	}
	return k.examineBackups(ctx, began, acknowledged)
}

// examineBackups checks that the backups of acknowledged steps exist, and that every backup is complete.
func (k *killing) examineBackups(ctx context.Context, began, acknowledged int) error {
	left, err := filepath.Glob(filepath.Join(k.dir, ".annoset-*"))
	if err != nil {
		return err
	}
	k.leftover += len(left)
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	for step := range k.ref.steps {
		path := backupPath(k.dir, step)
		if _, err := os.Stat(path); err != nil {
			if began <= step && step < acknowledged && k.ref.kinds[step] == "backup" {
				return fmt.Errorf("the backup of step %d was acknowledged: %w", step, err)
			}
			continue
		}
		s, err := annoset.Open(ctx, path, nil)
		if err != nil {
			return fmt.Errorf("backup of step %d: %w", step, err)
		}
		copied, err := inspect.Dump(ctx, s)
		if err := errors.Join(err, inspect.Store(ctx, s), s.Close(), inspect.File(ctx, path)); err != nil {
			return fmt.Errorf("backup of step %d: %w", step, err)
		}
		if copied != k.ref.states[step] {
			return fmt.Errorf("the backup of step %d holds something else", step)
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
