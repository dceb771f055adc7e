package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jmoiron/sqlx"
)

// readers are connections to read through.
type readers struct {
	pool    *sqlx.DB
	still   *fileState // of a file that is read without locks; nil: with locks
	users   int        // reads that are under way
	retired bool       // others took their place: the last user closes them
}

// fileState is what shows whether a file that is read without locks has changed: a writer keeps a log beside the file,
// and changes its size or its time.
type fileState struct {
	info os.FileInfo // nil: there is no file
	log  bool
}

func stateOf(cfg Config) fileState {
	info, err := os.Stat(cfg.Path)
	if err != nil {
		return fileState{}
	}
	return fileState{info: info, log: hasLog(cfg.Path)}
}

// same reports whether nothing happened to the file, and nobody has begun to write to it.
func (s fileState) same(other fileState) bool { return s.untouched(other) && s.log == other.log }

// untouched reports whether the file itself is unchanged, even if somebody has begun a log.
func (s fileState) untouched(other fileState) bool {
	return s.info != nil && other.info != nil && os.SameFile(s.info, other.info) && s.info.Size() == other.info.Size() &&
		s.info.ModTime().Equal(other.info.ModTime())
}

// openReaders opens a file that is there to be read only: without locks as long as nobody writes to it.
func (db *DB) openReaders(ctx context.Context) (_ *readers, _ os.FileInfo, err error) {
	state := stateOf(db.cfg)
	head, err := peek(ctx, db.cfg)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, head.close())
		}
	}()
	if err := head.check(); err != nil {
		return nil, nil, err
	}
	if head.version < schemaVersion() {
		return nil, nil, fmt.Errorf("%w: its schema %d must be brought to %d by opening it for writing", ErrReadOnly,
			head.version, schemaVersion())
	}
	if err := checkTables(head.version, head.objects); err != nil {
		return nil, nil, err
	}
	r := &readers{pool: head.pool}
	if head.immutable {
		r.still = &state
	}
	now, err := os.Stat(db.cfg.Path)
	if err == nil && !os.SameFile(head.file, now) {
		err = fmt.Errorf("%w: another one was put there", ErrMoved)
	}
	return r, now, err
}

// enter begins a read. A file that is read without locks is opened anew once somebody has written to it; it must be the
// same file.
func (db *DB) enter(ctx context.Context) (*readers, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, ErrClosed
	}
	if db.readers.still != nil && !db.readers.still.same(stateOf(db.cfg)) {
		if err := db.inPlace(); err != nil {
			return nil, err
		}
		anew, file, err := db.openReaders(ctx)
		if err != nil {
			return nil, err
		}
		if !os.SameFile(db.file, file) {
			return nil, errors.Join(fmt.Errorf("%w: another one is there", ErrMoved), anew.pool.Close())
		}
		old := db.readers
		if old.retired = true; old.users == 0 {
			old.pool.Close() //nolint:errcheck // it was only read through
		}
		db.readers = anew
	}
	db.users++
	db.readers.users++
	return db.readers, nil
}

// leave ends a read. After Close the last one closes the database.
func (db *DB) leave(r *readers) {
	db.mu.Lock()
	db.users--
	r.users--
	old := r.retired && r.users == 0
	last := db.closed && db.users == 0
	db.mu.Unlock()
	if old {
		r.pool.Close() //nolint:errcheck // it was only read through
	}
	if last {
		db.shut() //nolint:errcheck // Close has returned; nothing is lost that was committed
	}
}

// readThrough runs fn with the pool to read through, and finds out whether what it read counts.
func (db *DB) readThrough(ctx context.Context, fn func(*sqlx.DB) error) error {
	if db.InMemory() {
		if err := db.takeTurn(ctx); err != nil {
			return err
		}
		defer func() { <-db.turn }()
	}
	r, err := db.enter(ctx)
	if err != nil {
		return db.why(err)
	}
	defer db.leave(r)
	err = fn(r.pool)
	if r.still != nil {
		if now := stateOf(db.cfg); !r.still.untouched(now) {
			return errors.Join(db.inPlace(), ErrChanged, err)
		}
	}
	return db.orMoved(err)
}

// Read runs fn over one consistent state of the database.
func (db *DB) Read(ctx context.Context, fn func(*ReadTx) error) error {
	return db.readThrough(ctx, func(pool *sqlx.DB) error {
		return inTx(ctx, pool, beginRead, func(tx ReadTx) error {
			if err := db.inPlace(); err != nil {
				return err
			}
			return fn(&tx)
		})
	})
}
