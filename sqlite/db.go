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
	"log/slog"
	"os"
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
	// ErrInTheWay is returned when something that another program put into the file, or beside it, would do harm.
	ErrInTheWay = errors.New("sqlite: something of another program is in the way")
	ErrClosed   = errors.New("sqlite: closed")
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
	writer  *sqlx.DB // nil if read-only; in memory it reads, too
	anchor  *sqlx.DB // keeps a database in memory alive while the writer's connection is replaced
	turn    chan struct{}
	tidying sync.Mutex // held by log while it has the turn, which nobody's busy timeout counts
	log     logKeeper

	// Guarded by turn: when the last write ended, when the current run of writes began, and whether the file's first page
	// was written since the last checkpoint of this package's own.
	wrote, began time.Time
	stamped      bool

	cookie int64 // of the schema that was checked last; guarded by turn

	file os.FileInfo // of the file that was opened; nil in memory

	mu      sync.Mutex // guards what follows
	readers *readers
	users   int // reads that are under way
	closed  bool
}

// Open opens the database, creates it if there is none, and migrates its schema.
func Open(ctx context.Context, cfg Config) (_ *DB, err error) {
	if cfg.Path != "" {
		if cfg.Path, err = Resolve(cfg.Path); err != nil {
			return nil, err
		}
	}
	db := &DB{cfg: cfg, turn: make(chan struct{}, 1)}
	db.log.db = db
	defer func() {
		if err != nil {
			err = errors.Join(db.why(err), db.Close())
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
	db.readers = &readers{pool: db.writer}
	return db.migrate(ctx)
}

func (db *DB) openReadOnly(ctx context.Context) (err error) {
	db.readers, db.file, err = db.openReaders(ctx)
	return err
}

func (db *DB) openFile(ctx context.Context) error {
	head, err := peek(ctx, db.cfg)
	if err != nil {
		return err
	}
	if err := head.close(); err != nil {
		return err
	}
	if !head.blank() {
		if err := head.check(); err != nil {
			return err
		}
		if err := checkObjects(head.version, head.objects); err != nil {
			return err
		}
	}
	if err := checkWritable(db.cfg.Path); err != nil {
		return err
	}
	if db.writer, err = db.pool(writerDSN(db.cfg), 1); err != nil {
		return err
	}
	if err := db.enterWAL(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if db.file, err = os.Stat(db.cfg.Path); err != nil {
		return err
	}
	if head.file != nil && !os.SameFile(head.file, db.file) {
		return fmt.Errorf("%w: another one was put there", ErrMoved)
	}
	pool, err := db.pool(readerDSN(db.cfg), 0)
	if err != nil {
		return err
	}
	db.readers = &readers{pool: pool}
	db.log.look() // that of a process which was killed may be large
	return nil
}

// pool opens at most open connections. 0 means no limit: a read inside the loop over another read must not wait for
// it.
func (db *DB) pool(dsn string, open int) (*sqlx.DB, error) {
	return newPool(dsn, open, db.cfg.Wrap)
}

// Close waits for the writer, checkpoints and closes. Reads that are under way may go on; then the last of them to end
// does what is left to do.
func (db *DB) Close() error {
	db.log.stop()
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	db.mu.Lock()
	last := !db.closed && db.users == 0
	db.closed = true
	db.mu.Unlock()
	if !last {
		return nil
	}
	return db.shut()
}

// shut closes all connections. The writer's is the last one: it moves the log into the file, which a reader's cannot.
func (db *DB) shut() error {
	var errs []error
	if db.readers != nil && db.readers.pool != db.writer {
		errs = append(errs, db.readers.pool.Close())
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

// MayWrite returns [ErrReadOnly] if the database was opened read-only.
func (db *DB) MayWrite() error {
	if db.writer == nil {
		return ErrReadOnly
	}
	return nil
}

// Write runs fn in a transaction that holds the write lock from the start, and commits it if fn returns nil. If full is
// set, the commit is synced to disk whatever the configuration says.
func (db *DB) Write(ctx context.Context, full bool, fn func(*WriteTx) error) error {
	if err := db.MayWrite(); err != nil {
		return err
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
	if db.isClosed() {
		return ErrClosed
	}
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
		return db.orMoved(err)
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
	var cookie int64
	err := inTx(ctx, db.writer, func(ctx context.Context, c *sqlx.Conn) error {
		began := time.Now()
		err := db.beginWrite(ctx, c)
		n.waited(began, "another process", err)
		return err
	}, func(tx ReadTx) (err error) {
		if err := db.inPlace(); err != nil {
			return err
		}
		if cookie, err = db.checkSchema(ctx, &tx); err != nil {
			return err
		}
		if err := db.stamp(ctx, tx.conn); err != nil {
			return err
		}
		wtx := &WriteTx{ReadTx: tx, notes: &own}
		if err := fn(wtx); err != nil || !wtx.unguarded {
			return err
		}
		cookie, err = tx.schemaCookie()
		return err
	})
	if err == nil {
		db.cookie, db.stamped = cookie, true
		n.list = append(n.list, own.list...)
	}
	return err
}

// checkSchema makes sure that nothing of another program's changes what is written. The schema is looked at only if
// somebody has changed it since.
func (db *DB) checkSchema(ctx context.Context, tx *ReadTx) (cookie int64, err error) {
	if db.InMemory() {
		return 0, nil
	}
	if cookie, err = tx.schemaCookie(); err != nil || cookie == db.cookie {
		return cookie, err
	}
	h, err := headerOf(ctx, tx.conn)
	if err != nil {
		return 0, err
	}
	if err := h.check(); err != nil {
		return 0, err
	}
	found, err := tx.dc.objects()
	if err != nil {
		return 0, err
	}
	if err := checkObjects(schemaVersion(), found); err != nil {
		return 0, err
	}
	if name := missing(found); name != "" {
		return 0, fmt.Errorf("%w: trigger %q is missing", ErrDamaged, name)
	}
	return cookie, nil
}

func (db *DB) isClosed() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.closed
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
