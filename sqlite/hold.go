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
// into the file, if it is the log of that file, and reports whether the file is whole without it. It is not if it is
// damaged, or the log is of another file; nobody can be kept from a file that is damaged.
//
// SQLite would read the log of another file, and move it into this one on release. So the file is then opened under
// another name, alias, which the caller removes after release; it must be on the same disk.
func Hold(ctx context.Context, cfg Config, alias string) (release func() error, whole bool, err error) {
	before, err := os.Stat(cfg.Path)
	if err != nil {
		return nil, false, err
	}
	foreign := checkLog(ctx, cfg)
	if foreign != nil && !errors.Is(foreign, ErrDamaged) {
		return nil, false, foreign
	}
	path := cfg.Path
	if foreign != nil && os.Link(path, alias) == nil { // not all file systems have hard links
		cfg.Path = alias
	}
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
	if now, err := os.Stat(path); err != nil || !os.SameFile(before, now) {
		return nil, false, errors.Join(fmt.Errorf("%w: the file was replaced meanwhile", ErrBusy), err)
	}
	if _, err := pool.ExecContext(ctx, "ROLLBACK"); err != nil { // which does not give up the lock
		return nil, false, err
	}
	if foreign != nil {
		return pool.Close, false, nil
	}
	whole, err = checkpoint(ctx, pool, "TRUNCATE")
	switch {
	case damaged(err):
		return pool.Close, false, nil
	case err == nil && !whole:
		err = fmt.Errorf("%w: its log cannot be moved into the file", ErrBusy)
	}
	if err != nil {
		return nil, false, err // the log is needed
	}
	return pool.Close, true, nil
}

// damaged reports whether an error says that a file cannot be read as a database, and not that it cannot be opened,
// locked or written to.
func damaged(err error) bool {
	code, ok := Code(err)
	switch code {
	case lib.SQLITE_IOERR_READ, lib.SQLITE_IOERR_SHORT_READ, lib.SQLITE_IOERR_DATA, lib.SQLITE_IOERR_CORRUPTFS:
		return ok
	}
	switch code & 0xff {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_ERROR:
		return ok
	}
	return false
}
