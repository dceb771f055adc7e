package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
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
	dsn                          string // the DSN that it was read with
	immutable                    bool   // the DSN reads without locks
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
	switch {
	case errors.Is(err, fs.ErrNotExist) && !cfg.ReadOnly:
		return header{}, nil
	case err != nil:
		return header{}, err
	case !info.Mode().IsRegular():
		return header{}, fmt.Errorf("%w: not a regular file", ErrNotAStore)
	case info.Size() == 0 && !cfg.ReadOnly:
		return header{}, nil
	case info.Size() < smallestFile:
		return header{}, fmt.Errorf("%w: %d bytes", ErrNotAStore, info.Size())
	}
	if !hasWAL(cfg) {
		// Nobody has it open for writing, so it can be read without locks and without a file beside it.
		h, err := readHeader(ctx, cfg, immutableDSN(cfg))
		if h.immutable = true; !hasWAL(cfg) {
			return h, err
		}
	}
	if err := checkLog(ctx, cfg); err != nil {
		return header{}, err
	}
	return readHeader(ctx, cfg, readerDSN(cfg)) // the log may have a newer header than the file
}

func hasWAL(cfg Config) bool {
	_, err := os.Stat(cfg.Path + "-wal")
	return !errors.Is(err, fs.ErrNotExist)
}

func readHeader(ctx context.Context, cfg Config, dsn string) (header, error) {
	pool, err := newPool(dsn, 1, cfg.Wrap)
	if err != nil {
		return header{}, err
	}
	defer pool.Close()
	h, err := headerOf(ctx, pool)
	h.dsn = dsn
	if isNotADB(err) {
		err = fmt.Errorf("%w: %w", ErrNotAStore, err)
	}
	return h, reason(cfg, err)
}

// getter is a pool, or one connection of it.
type getter interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
}

func headerOf(ctx context.Context, db getter) (h header, err error) {
	return h, errors.Join(
		db.GetContext(ctx, &h.tables, "SELECT count(*) FROM sqlite_schema"),
		db.GetContext(ctx, &h.application, "PRAGMA application_id"),
		db.GetContext(ctx, &h.version, "PRAGMA user_version"),
	)
}

// reason adds to err why SQLite could not open a file, which its own error does not say.
func reason(cfg Config, err error) error {
	if code, ok := Code(err); !ok || code&0xff != lib.SQLITE_CANTOPEN {
		return err
	}
	f, openErr := os.Open(cfg.Path)
	if openErr != nil {
		return openErr
	}
	return errors.Join(err, f.Close())
}

// enterWAL switches the file to write-ahead logging. Two processes that create one store at the same time may both try,
// and SQLite does not call its busy handler for that.
func (db *DB) enterWAL(ctx context.Context) error {
	return db.patiently(ctx, func() error {
		var mode string
		err := db.writer.GetContext(ctx, &mode, "PRAGMA journal_mode = WAL")
		if err == nil && mode != "wal" {
			err = fmt.Errorf("sqlite: no write-ahead log on this file system: journal mode %q", mode)
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
	if !h.blank() {
		if err := h.check(); err != nil {
			return 0, err
		}
	}
	if h.version == schemaVersion() {
		return h.version, nil
	}
	if err := dropRepeatable(ctx, c); err != nil {
		return 0, err
	}
	for _, name := range append(steps()[h.version:], "schema/views.sql", "schema/guards.sql") {
		text, err := schema.ReadFile(name)
		if err != nil {
			return 0, err
		}
		if _, err := c.ExecContext(ctx, string(text)); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	_, err = c.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID,
		schemaVersion()))
	return h.version, err
}

// dropRepeatable drops the triggers and views, which are created again after the last step.
func dropRepeatable(ctx context.Context, c *sqlx.Conn) error {
	var drops []string
	err := c.SelectContext(ctx, &drops, `
		SELECT 'DROP ' || upper(type) || ' ' || name
		FROM sqlite_schema
		WHERE type IN ('trigger', 'view')
		ORDER BY type, name`)
	if err != nil || len(drops) == 0 {
		return err
	}
	_, err = c.ExecContext(ctx, strings.Join(drops, ";\n"))
	return err
}
