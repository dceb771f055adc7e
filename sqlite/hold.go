package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	lib "modernc.org/sqlite/lib"
)

// holdPatience is how long Hold waits for those who have the file open for a moment, to look at it.
const holdPatience = 100 * time.Millisecond

// Hold keeps all others from opening the database in the file of cfg until release is called. It returns ErrBusy if
// anybody has it open, in this process or in another, except for those who read it without locks. Then it moves the log
// into the file, if it is the log of that file, and reports whether the file is whole without it. Nobody can be kept
// from a file that is damaged.
func Hold(ctx context.Context, cfg Config) (release func() error, whole bool, err error) {
	before, err := os.Stat(cfg.Path)
	if err != nil {
		return nil, false, err
	}
	foreign := checkLog(ctx, cfg)
	pool, err := newPool(holdDSN(cfg), 1, cfg.Wrap)
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
	case damaged(err):
		return pool.Close, false, nil
	case err != nil:
		return nil, false, err
	}
	if now, err := os.Stat(cfg.Path); err != nil || !os.SameFile(before, now) {
		return nil, false, errors.Join(fmt.Errorf("%w: the file was replaced meanwhile", ErrBusy), err)
	}
	if _, err := pool.ExecContext(ctx, "ROLLBACK"); err != nil { // which does not give up the lock
		return nil, false, err
	}
	if foreign == nil {
		whole, err = checkpoint(ctx, pool, "TRUNCATE")
	}
	return pool.Close, whole && err == nil, nil
}

// damaged reports whether an error says that a file cannot be read as a database, and not that it cannot be opened.
func damaged(err error) bool {
	code, ok := Code(err)
	switch code & 0xff {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_IOERR, lib.SQLITE_ERROR:
		return ok
	}
	return false
}
