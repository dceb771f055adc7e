package sqlite

import (
	"context"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/jmoiron/sqlx"
	lib "modernc.org/sqlite/lib"
)

// applicationID marks a file as a store: "anno" in ASCII.
const applicationID = 0x616e6e6f

//go:embed schema
var schema embed.FS

// steps returns the names of the numbered files in order. Step i brings a file from user_version i to i+1.
func steps() []string {
	names, err := fs.Glob(schema, "schema/0*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return names
}

func schemaVersion() int { return len(steps()) }

// header is what the header of a file says.
type header struct {
	application, version, tables int
	objects                      []object    // of a store
	file                         os.FileInfo // nil: there was none
	pool                         *sqlx.DB    // that it was read through; nil: none
	immutable                    bool        // the pool reads without locks
}

func (h header) close() error {
	if h.pool == nil {
		return nil
	}
	return h.pool.Close()
}

// blank reports whether the file is empty.
func (h header) blank() bool { return h.application == 0 && h.version == 0 && h.tables == 0 }

func (h header) check() error {
	switch {
	case h.application != applicationID:
		return fmt.Errorf("%w: a SQLite database with application id %#x", ErrNotAStore, h.application)
	case h.version > schemaVersion():
		return fmt.Errorf("%w: it has schema %d, this program knows up to %d", ErrNewerSchema, h.version,
			schemaVersion())
	case h.version == 0:
		return fmt.Errorf("%w: it has no schema version", ErrNotAStore)
	case h.version < 0:
		return fmt.Errorf("%w: it has schema version %d", ErrNotAStore, h.version)
	}
	return nil
}

// smallestFile is the smallest page of SQLite. It must be checked: SQLite treats a file of one byte as empty.
const smallestFile = 512

// peek reads the header of the file and, where possible, changes nothing in it or beside it. For a missing or an empty
// file it returns a blank header, unless the database is opened read-only.
//
// It reads through SQLite and never opens the file itself: closing a second descriptor would drop the locks that
// another store of this process holds on the file.
func peek(ctx context.Context, cfg Config) (header, error) {
	info, err := os.Stat(cfg.Path)
	isNew := errors.Is(err, fs.ErrNotExist) && !cfg.ReadOnly
	switch {
	case isNew:
	case err != nil:
		return header{}, err
	case !info.Mode().IsRegular():
		return header{}, fmt.Errorf("%w: not a regular file", ErrNotAStore)
	}
	if err := checkBeside(cfg); err != nil || isNew {
		return header{}, err
	}
	switch {
	case info.Size() == 0 && !cfg.ReadOnly:
		return header{file: info}, nil
	case info.Size() < smallestFile:
		return header{}, fmt.Errorf("%w: %d bytes", ErrNotAStore, info.Size())
	}
	for range 3 { // in case somebody begins to write just now
		state := stateOf(cfg)
		if state.log {
			break
		}
		// Nobody has it open for writing, so it can be read without locks and without a file beside it.
		h, err := readHeader(ctx, cfg, immutableDSN(cfg))
		if state.same(stateOf(cfg)) {
			h.file, h.immutable = state.info, true
			return h, err
		}
		if err := h.close(); err != nil {
			return header{}, err
		}
	}
	if err := checkLog(ctx, cfg); err != nil {
		return header{}, err
	}
	h, err := readHeader(ctx, cfg, readerDSN(cfg)) // the log may have a newer header than the file
	if code, _ := Code(err); code == lib.SQLITE_READONLY_ROLLBACK && !cfg.ReadOnly {
		// A program without a log crashed here, and SQLite puts the file in order as soon as it may write to it.
		if err := markedAsStore(cfg.Path); err != nil {
			return h, err
		}
		h, err = readHeader(ctx, cfg, writerDSN(cfg))
	}
	h.file = info
	return h, err
}

// markedAsStore returns an error unless the header of a file, which may be torn, says that it is a store. It may open
// the file: a journal that a crash has left is there only if no store of this process has it open.
func markedAsStore(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	const offset = 68
	var id [4]byte
	if _, err := f.ReadAt(id[:], offset); err != nil {
		return err
	}
	if n := binary.BigEndian.Uint32(id[:]); n != applicationID {
		return fmt.Errorf("%w: a SQLite database with application id %#x", ErrNotAStore, n)
	}
	return nil
}

// readHeader reads the header of a file, and its schema if it is a store. Without an error, the pool that it was read
// through is still open.
func readHeader(ctx context.Context, cfg Config, dsn string) (h header, err error) {
	pool, err := newPool(dsn, 0, cfg.Wrap)
	if err != nil {
		return header{}, err
	}
	defer func() {
		if h.pool = pool; err != nil {
			err = errors.Join(err, pool.Close())
			h.pool = nil
		}
	}()
	c, err := pool.Connx(ctx)
	if err != nil {
		return header{}, headerFault(err)
	}
	defer c.Close()                           // it goes back to the pool
	if err := beginRead(ctx, c); err != nil { // header and schema are of one state
		return header{}, err
	}
	defer rollback(c)
	if h, err = headerOf(ctx, c); err != nil {
		return h, headerFault(err)
	}
	if h.check() != nil {
		return h, nil
	}
	dc, err := driverConn(c)
	if err != nil {
		return h, err
	}
	h.objects, err = dc.objects()
	return h, err
}

// headerFault says of an error in reading the header what is wrong with the file.
func headerFault(err error) error {
	switch code, _ := Code(err); code & 0xff {
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrNotAStore, err)
	case lib.SQLITE_ERROR: // the format is one that SQLite does not know
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// getter is a pool, or one connection of it.
type getter interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
}

// headerOf reads the header in one statement, and so of one state: another process may be making the store just now.
func headerOf(ctx context.Context, db getter) (header, error) {
	var row struct {
		Tables      int `db:"tables"`
		Application int `db:"application_id"`
		Version     int `db:"user_version"`
	}
	err := db.GetContext(ctx, &row, `
		SELECT (SELECT count(*) FROM sqlite_schema) AS tables, application_id, user_version
		FROM pragma_application_id, pragma_user_version`)
	return header{tables: row.Tables, application: row.Application, version: row.Version}, err
}

// enterWAL switches the file to write-ahead logging. Two processes that create one store at the same time may both try,
// and SQLite does not call its busy handler for that.
func (db *DB) enterWAL(ctx context.Context) error {
	return db.patiently(ctx, func() error {
		var mode string
		err := db.writer.GetContext(ctx, &mode, "PRAGMA journal_mode = WAL")
		if err == nil && mode != "wal" {
			err = fmt.Errorf("%w: no write-ahead log on this file system: journal mode %q", errors.ErrUnsupported, mode)
		}
		return err
	})
}

// migrate brings the schema up to date. All steps run in one transaction, because the guards refer to the tables of the
// last step and a file is never without guards. The version is read again inside the write lock: another process may
// have been faster. A store that is up to date opens without the lock.
func (db *DB) migrate(ctx context.Context) error {
	var h header
	if err := db.patiently(ctx, func() (err error) {
		h, err = headerOf(ctx, db.writer)
		return err
	}); err == nil && h.version == schemaVersion() {
		return h.check()
	}
	n := &notes{logger: db.cfg.Logger}
	defer n.tell(ctx)
	began, from := time.Now(), 0
	if err := inTx(ctx, db.writer, db.beginWrite, func(tx ReadTx) (err error) {
		from, err = migrateAll(ctx, tx.conn)
		return err
	}); err != nil {
		return err
	}
	if from > 0 && from < schemaVersion() {
		n.add(slog.LevelInfo, "schema migrated", slog.Int("from", from), slog.Int("to", schemaVersion()),
			slog.Duration("took", time.Since(began)))
	}
	db.checkpoint(ctx, n)
	return nil
}

// migrateAll runs the steps that a file lacks.
func migrateAll(ctx context.Context, c *sqlx.Conn) (from int, err error) {
	h, err := headerOf(ctx, c)
	if err != nil {
		return 0, err
	}
	var found []object
	if !h.blank() {
		if err := h.check(); err != nil {
			return 0, err
		}
		dc, err := driverConn(c)
		if err != nil {
			return 0, err
		}
		if found, err = dc.objects(); err != nil {
			return 0, err
		}
		if err := checkObjects(h.version, found); err != nil {
			return 0, err
		}
	}
	if h.version == schemaVersion() {
		return h.version, nil
	}
	if err := dropRepeatable(ctx, c, h.version, found); err != nil {
		return 0, err
	}
	for _, name := range append(steps()[h.version:], "schema/views.sql", "schema/guards.sql") {
		text, err := schema.ReadFile(name)
		if err != nil {
			return 0, err
		}
		if _, err := c.ExecContext(ctx, string(text)); FaultOf(err) == FaultOther {
			return 0, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err) // the file is not what it says
		} else if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	_, err = c.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID,
		schemaVersion()))
	return h.version, err
}
