// Package sqlite keeps the rows of an annoset store in one SQLite file. All SQL is here.
//
// It handles rows and knows no rules: each method of [ReadTx] and [WriteTx] runs a statement, or a few in a fixed
// order. The triggers of its schema enforce the store's invariants against every program that writes to the file.
package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// Errors of opening and of waiting. Those of the database itself keep their codes: see [Code].
var (
	ErrNotAStore   = errors.New("sqlite: not a store of this kind")
	ErrNewerSchema = errors.New("sqlite: the schema is newer than this program")
	ErrReadOnly    = errors.New("sqlite: opened read-only")
	ErrBusy        = errors.New("sqlite: another writer is at work")
	ErrChanged     = errors.New("sqlite: the file changed while it was read")
	// ErrDamaged is returned when rows contradict one another, or the totals and digests that were stored for them.
	ErrDamaged = errors.New("sqlite: the contents are damaged")
	ErrMoved   = errors.New("sqlite: the file that was opened is no longer at its path")
)

// Config configures [Open].
type Config struct {
	Path        string // empty: in memory
	ReadOnly    bool
	Normal      bool // synchronous=NORMAL: a power loss may cost the last commits
	BusyTimeout time.Duration
	Logger      *slog.Logger // nil: nothing is logged
	// Wrap, if not nil, wraps the driver: the seam for injecting faults.
	Wrap func(driver.Connector) driver.Connector
}

// DB is an open database: one writer connection and several read-only ones. It is safe for concurrent use.
type DB struct {
	cfg     Config
	writer  *sqlx.DB // nil if read-only
	readers *sqlx.DB // the same as writer if in memory
	anchor  *sqlx.DB // keeps a database in memory alive while the writer's connection is replaced
	turn    chan struct{}
	tidying sync.Mutex // held by log while it has the turn, which nobody's busy timeout counts
	log     logKeeper

	// Guarded by turn: when the last write ended, when the current run of writes began, and whether the file's first page
	// was written since the last checkpoint of this package's own.
	wrote, began time.Time
	stamped      bool

	mu    sync.Mutex  // guards readers, still and file of a read-only database
	still *fileState  // of a file that is read without locks
	file  os.FileInfo // of the file that was opened; nil in memory
}

// Open opens the database, creates it if there is none, and migrates its schema.
func Open(ctx context.Context, cfg Config) (_ *DB, err error) {
	db := &DB{cfg: cfg, turn: make(chan struct{}, 1)}
	db.log.db = db
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	switch {
	case cfg.Path == "":
		err = db.openMemory(ctx)
	case cfg.ReadOnly:
		err = db.openReadOnly(ctx)
	default:
		err = db.openFile(ctx)
	}
	return db, err
}

func (db *DB) openMemory(ctx context.Context) (err error) {
	dsn := memoryDSN(db.cfg)
	if db.anchor, err = db.pool(dsn, 1); err != nil {
		return err
	}
	if err = db.anchor.PingContext(ctx); err != nil {
		return err
	}
	if db.writer, err = db.pool(dsn, 1); err != nil {
		return err
	}
	db.readers = db.writer
	return db.migrate(ctx)
}

func (db *DB) openReadOnly(ctx context.Context) error {
	state := stateOf(db.cfg)
	head, err := peek(ctx, db.cfg)
	if err != nil {
		return err
	}
	if err := head.check(); err != nil {
		return err
	}
	if head.version < schemaVersion() {
		return fmt.Errorf("%w: its schema %d must be brought to %d by opening it for writing", ErrReadOnly,
			head.version, schemaVersion())
	}
	pool, err := db.pool(head.dsn, 0)
	if err != nil {
		return err
	}
	if db.file, err = os.Stat(db.cfg.Path); err != nil {
		return errors.Join(err, pool.Close())
	}
	db.readers, db.still = pool, nil
	if head.immutable {
		db.still = &state
	}
	return nil
}

// fileState is what shows whether a file that is read without locks has changed: a writer keeps a write-ahead log
// beside the file, and changes its size or its time.
type fileState struct {
	size, changed int64
	wal           bool
}

// sameFile reports whether the file itself is unchanged, even if somebody has begun a write-ahead log.
func (s fileState) sameFile(other fileState) bool {
	return s.size == other.size && s.changed == other.changed
}

func stateOf(cfg Config) fileState {
	info, err := os.Stat(cfg.Path)
	if err != nil {
		return fileState{size: -1}
	}
	return fileState{size: info.Size(), changed: info.ModTime().UnixNano(), wal: hasWAL(cfg)}
}

// readUnlocked reads a file that is open read-only. While nobody writes to it, reading needs no locks and leaves no
// file beside it. Once somebody has written, the file is opened again, and what was read meanwhile is discarded.
func (db *DB) readUnlocked(ctx context.Context, fn func(*ReadTx) error) error {
	db.mu.Lock()
	if db.still != nil && *db.still != stateOf(db.cfg) {
		old := db.readers
		if err := db.openReadOnly(ctx); err != nil {
			db.mu.Unlock()
			return err
		}
		old.Close() //nolint:errcheck // it was only read through
	}
	pool, still, file := db.readers, db.still, db.file
	db.mu.Unlock()
	err := inTx(ctx, pool, beginRead, func(tx ReadTx) error {
		if err := db.inPlace(file); err != nil && still == nil {
			return err
		}
		return fn(&tx)
	})
	if still != nil && !still.sameFile(stateOf(db.cfg)) {
		return errors.Join(ErrChanged, err)
	}
	if still != nil {
		return err
	}
	return db.orMoved(file, err)
}

func (db *DB) openFile(ctx context.Context) error {
	head, err := peek(ctx, db.cfg)
	if err != nil {
		return err
	}
	if err := head.check(); err != nil && !head.blank() {
		return err
	}
	if err := checkWritable(db.cfg.Path); err != nil {
		return err
	}
	if db.writer, err = db.pool(writerDSN(db.cfg), 1); err != nil {
		return err
	}
	if err := db.enterWAL(ctx); err != nil {
		return reason(db.cfg, err)
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if db.file, err = os.Stat(db.cfg.Path); err != nil {
		return err
	}
	if db.readers, err = db.pool(readerDSN(db.cfg), 0); err != nil {
		return err
	}
	db.log.look() // that of a process which was killed may be large
	return nil
}

// inPlace returns an error if the path no longer names the file that was opened: a new connection would open another
// file, and writes to a removed file are lost. Call it while holding a connection.
func (db *DB) inPlace(file os.FileInfo) error {
	if file == nil || runtime.GOOS == "windows" { // Windows does not let an open file be removed
		return nil
	}
	now, err := os.Stat(db.cfg.Path)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMoved, err)
	case !os.SameFile(now, file):
		return fmt.Errorf("%w: another one is there", ErrMoved)
	}
	return nil
}

// orMoved adds ErrMoved to err if the file is no longer in place, where no connection can be opened.
func (db *DB) orMoved(file os.FileInfo, err error) error {
	if err != nil && FaultOf(err) != FaultNone && !errors.Is(err, ErrMoved) {
		return errors.Join(db.inPlace(file), err)
	}
	return err
}

// checkWritable detects at opening what SQLite would only detect at the first write.
func checkWritable(path string) error {
	_, err := os.Stat(path)
	switch dir := filepath.Dir(path); {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(dir); err != nil {
			return err
		}
		if !canWrite(dir) {
			return &fs.PathError{Op: "create", Path: path, Err: fs.ErrPermission}
		}
		return nil
	case err != nil:
		return err
	case !canWrite(path):
		return fmt.Errorf("%w: the file cannot be written to", ErrReadOnly)
	case !canWrite(dir):
		return fmt.Errorf("%w: its folder cannot be written to, which the write-ahead log needs", ErrReadOnly)
	}
	for _, companion := range []string{path + "-wal", path + "-shm"} {
		if _, err := os.Stat(companion); err == nil && !canWrite(companion) {
			return fmt.Errorf("%w: %s cannot be written to", ErrReadOnly, filepath.Base(companion))
		}
	}
	return nil
}

// pool opens at most open connections. 0 means no limit: a read inside the loop over another read must not wait for
// it.
func (db *DB) pool(dsn string, open int) (*sqlx.DB, error) {
	return newPool(dsn, open, db.cfg.Wrap)
}

// Close waits for the writer, checkpoints and closes.
func (db *DB) Close() error {
	db.log.stop()
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	db.mu.Lock()
	defer db.mu.Unlock()
	var errs []error
	if db.readers != nil && db.readers != db.writer {
		errs = append(errs, db.readers.Close())
	}
	for _, p := range []*sqlx.DB{db.writer, db.anchor} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(errs...)
}

// InMemory reports whether reads and writes share one connection. User code must not run inside either then.
func (db *DB) InMemory() bool { return db.cfg.Path == "" }

// Read runs fn over one consistent state of the database.
func (db *DB) Read(ctx context.Context, fn func(*ReadTx) error) error {
	if db.cfg.ReadOnly {
		return db.readUnlocked(ctx, fn)
	}
	if db.readers == db.writer {
		if err := db.takeTurn(ctx); err != nil {
			return err
		}
		defer func() { <-db.turn }()
	}
	return db.orMoved(db.file, inTx(ctx, db.readers, beginRead, func(tx ReadTx) error {
		if err := db.inPlace(db.file); err != nil {
			return err
		}
		return fn(&tx)
	}))
}

// Write runs fn in a transaction that holds the write lock from the start, and commits it if fn returns nil. If full is
// set, the commit is synced to disk whatever the configuration says.
func (db *DB) Write(ctx context.Context, full bool, fn func(*WriteTx) error) error {
	if db.writer == nil {
		return ErrReadOnly
	}
	n := &notes{logger: db.cfg.Logger}
	defer n.tell(ctx)
	if !full {
		if err := db.log.wait(ctx, n); err != nil {
			return err
		}
	}
	began := time.Now()
	err := db.takeTurn(ctx)
	if n.waited(began, "this process", err); err != nil {
		return err
	}
	defer func() {
		db.wrote = time.Now()
		<-db.turn
	}()
	if err := db.giveWay(ctx); err != nil {
		return err
	}
	if full && db.cfg.Normal {
		if err := db.setSynchronous(ctx, "FULL"); err != nil {
			return err
		}
		defer db.setSynchronous(context.WithoutCancel(ctx), "NORMAL") //nolint:errcheck // stricter is no harm
	}
	if err := db.write(ctx, n, fn); err != nil {
		return err
	}
	if full {
		db.checkpoint(ctx, n)
	}
	if !db.InMemory() {
		db.log.look()
	}
	return nil
}

// write runs fn in a transaction. What it noted is kept if that is committed.
func (db *DB) write(ctx context.Context, n *notes, fn func(*WriteTx) error) error {
	own := notes{logger: n.logger}
	err := inTx(ctx, db.writer, func(ctx context.Context, c *sqlx.Conn) error {
		began := time.Now()
		err := db.beginWrite(ctx, c)
		n.waited(began, "another process", err)
		return err
	}, func(tx ReadTx) error {
		if err := db.inPlace(db.file); err != nil {
			return err
		}
		if err := db.stamp(ctx, tx.conn); err != nil {
			return err
		}
		return fn(&WriteTx{ReadTx: tx, notes: &own})
	})
	if err == nil {
		db.stamped = true
		n.list = append(n.list, own.list...)
	}
	return err
}

func (db *DB) setSynchronous(ctx context.Context, level string) error {
	_, err := db.writer.ExecContext(ctx, "PRAGMA synchronous = "+level)
	return err
}

func beginRead(ctx context.Context, c *sqlx.Conn) error {
	_, err := c.ExecContext(ctx, "BEGIN")
	return err
}

// inTx runs fn between begin and COMMIT on one connection. After an error or a panic it rolls back; a connection that
// cannot roll back is dropped.
func inTx(
	ctx context.Context, pool *sqlx.DB, begin func(context.Context, *sqlx.Conn) error, fn func(ReadTx) error,
) error {
	c, err := pool.Connx(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	dc, err := driverConn(c)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			rollback(c)
		}
	}()
	if err := begin(ctx, c); err != nil {
		return err
	}
	if err := fn(ReadTx{conn: c, dc: dc}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := c.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return err
	}
	done = true
	return nil
}

// rollback ends a transaction, if there is one. SQLite may have ended it by itself, which makes ROLLBACK fail too; a
// new connection costs less than telling the two apart.
func rollback(c *sqlx.Conn) {
	if _, err := c.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		c.Raw(func(any) error { return driver.ErrBadConn }) //nolint:errcheck // the way to drop a connection
	}
}

func readerLimit() int { return max(4, runtime.GOMAXPROCS(0)) }
