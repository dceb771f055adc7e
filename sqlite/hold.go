package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// holdPatience is how long Hold waits for those who have the file open for a moment, to look at it.
const holdPatience = 100 * time.Millisecond

// Hold keeps all others from opening the database in a file until release is called. It returns ErrBusy if anybody has
// it open, in this process or in another, except for those who read it without locks. Then it moves the log into the
// file, if it is the log of that file, and reports whether the file is whole without it. Nobody can be kept from a file
// that is damaged.
func Hold(ctx context.Context, path string) (release func() error, whole bool, err error) {
	cfg := Config{Path: path}
	foreign := checkLog(ctx, cfg)
	pool, err := newPool(holdDSN(cfg), 1, nil)
	if err != nil {
		return nil, false, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, pool.Close())
		}
	}()
	db := &DB{cfg: Config{BusyTimeout: holdPatience}}
	err = db.patiently(ctx, func() error {
		_, err := pool.ExecContext(ctx, "BEGIN EXCLUSIVE")
		return err
	})
	switch {
	case isBusy(err):
		return nil, false, fmt.Errorf("%w: the store is open", ErrBusy)
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case err != nil:
		return pool.Close, false, nil
	}
	if _, err := pool.ExecContext(ctx, "ROLLBACK"); err != nil { // which does not give up the lock
		return nil, false, err
	}
	if foreign == nil {
		whole, err = checkpoint(ctx, pool, "TRUNCATE")
	}
	return pool.Close, whole && err == nil, nil
}
