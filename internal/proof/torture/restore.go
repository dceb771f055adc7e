package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// wreck is a store that was killed: its file and its log, what it holds, and a backup of something else.
type wreck struct {
	file, log     []byte
	state         string
	backup        string // its path
	restored      string // what the backup holds
	took          time.Duration
	before, after int // kills in a restoration that left the old store, and that left the backup's
}

// newWreck does a workload, backs it up on the way, and leaves it as a kill would.
func newWreck(ctx context.Context, dir string, seed uint64) (*wreck, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	w := &workload{shapes[1], seed}
	path := filepath.Join(dir, "wreck.annoset")
	s, err := w.open(ctx, path)
	if err != nil {
		return nil, err
	}
	wr := &wreck{backup: filepath.Join(dir, "good.annoset")}
	for step := range w.steps {
		if err := w.do(ctx, s, step); err != nil {
			return nil, err
		}
		if step == w.steps/2 {
			if wr.restored, err = inspect.Dump(ctx, s.Store); err != nil {
				return nil, err
			}
			if err := s.Backup(ctx, wr.backup); err != nil {
				return nil, err
			}
		}
	}
	if wr.state, err = inspect.Dump(ctx, s.Store); err != nil {
		return nil, err
	}
	if wr.file, err = os.ReadFile(path); err != nil {
		return nil, err
	}
	if wr.log, err = os.ReadFile(path + "-wal"); err != nil {
		return nil, err
	}
	if len(wr.log) == 0 {
		return nil, errors.New("there is no log")
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	if err := wr.lay(path); err != nil {
		return nil, err
	}
	began := time.Now()
	err = annoset.Restore(ctx, wr.backup, path)
	wr.took = time.Since(began)
	return wr, err
}

// lay leaves the wreck at a path.
func (wr *wreck) lay(path string) error {
	return errors.Join(os.WriteFile(path, wr.file, 0o600), os.WriteFile(path+"-wal", wr.log, 0o600))
}

// restorer restores a backup. It prints a line when it begins, and another when that was acknowledged.
func restorer(ctx context.Context, t *task) error {
	fmt.Println("restoring")
	if err := annoset.Restore(ctx, t.Backup, t.Path); err != nil {
		return err
	}
	fmt.Println("restored")
	time.Sleep(math.MaxInt64)
	return nil
}

// restoration starts a process that restores a store which was killed, and kills it meanwhile.
func (k *killing) restoration(ctx context.Context) error {
	if k.wreck == nil {
		var err error
		if k.wreck, err = newWreck(ctx, filepath.Join(k.options.dir, "wreck"), k.seed); err != nil {
			return err
		}
	}
	wr, path := k.wreck, filepath.Join(k.options.dir, "restored.annoset")
	if err := wr.lay(path); err != nil {
		return err
	}
	c, err := start(ctx, &task{Program: "restorer", Path: path, Backup: wr.backup})
	if err != nil {
		return err
	}
	c.line()
	time.Sleep(time.Duration(k.rand.Int64N(int64(2*wr.took + time.Millisecond))))
	if err := c.cmd.Process.Kill(); err != nil {
		return err
	}
	line, _ := c.line()
	c.wait() //nolint:errcheck // it was killed
	if c.stderr.Len() > 0 {
		return fmt.Errorf("child: %s", c.stderr.String())
	}
	k.total++
	k.kills["restore"]++
	state, err := examined(ctx, path)
	switch {
	case err != nil:
		return fmt.Errorf("killed while it was restored: %w", err)
	case state == wr.restored:
		wr.after++
	case state == wr.state && line != "restored":
		wr.before++
	default:
		return errors.New("killed while it was restored, it is neither the old store nor the backup")
	}
	left, err := filepath.Glob(filepath.Join(k.options.dir, ".annoset-*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	k.leftover += len(left)
	return errors.Join(err, os.Remove(path))
}
