package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/jmoiron/sqlx"
)

// ReadTx reads one consistent state of the database. It must be used by one goroutine at a time.
type ReadTx struct {
	conn *sqlx.Conn
	dc   *conn // the same connection, below database/sql
}

// WriteTx is a [ReadTx] that holds the write lock.
type WriteTx struct {
	ReadTx
	unguarded bool // the schema was changed and changed back
	notes     *notes
}

// Note tells the logger something once the transaction is committed.
func (tx *WriteTx) Note(level slog.Level, text string, attrs ...slog.Attr) {
	tx.notes.add(level, text, attrs...)
}

// get reads one row. If there is none, found is false and the row zero.
func get[T any](ctx context.Context, tx *ReadTx, query string, args ...any) (row T, found bool, err error) {
	err = tx.conn.GetContext(ctx, &row, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		var zero T // sqlx has allocated values for the pointers in row
		return zero, false, nil
	}
	return row, err == nil, err
}

// list reads all rows. It is for queries with few.
func list[T any](ctx context.Context, tx *ReadTx, query string, args ...any) ([]T, error) {
	rows := []T{}
	err := tx.conn.SelectContext(ctx, &rows, query, args...)
	return rows, err
}

func (tx *WriteTx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.conn.ExecContext(ctx, query, args...)
	return err
}

func (tx *WriteTx) insert(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// driverConn returns the driver's connection, for statements that run once for each label: database/sql would convert
// every value of every row again. It is used outside the callback that provides it. That is sound while c is held and
// used by one goroutine: nothing else can reach the connection.
func driverConn(c *sqlx.Conn) (dc *conn, err error) {
	err = c.Raw(func(v any) error {
		var ok bool
		if dc, ok = v.(*conn); !ok {
			return fmt.Errorf("sqlite: foreign connection %T", v)
		}
		return nil
	})
	return dc, err
}

// Hold begins to read. SQLite takes the state that a transaction reads at its first read.
func (tx *ReadTx) Hold(ctx context.Context) error {
	_, _, err := get[int64](ctx, tx, `SELECT id FROM sequence`)
	return err
}

// Interrupt ends all reads in progress, so that none uses the connection once somebody else has it.
func (tx *ReadTx) Interrupt() error {
	var errs []error
	for rows := range tx.dc.reading {
		errs = append(errs, rows.Close())
	}
	return errors.Join(errs...)
}

// schemaCookie returns the number that SQLite changes with the schema, whoever does so.
func (tx *ReadTx) schemaCookie() (cookie int64, err error) {
	err = tx.each("PRAGMA schema_version", func(cu *cursor) error {
		cookie = cu.int(0)
		return nil
	})
	return cookie, err
}

// cursor steps through the rows of one query. The values of a row are valid until the next one.
type cursor struct {
	rows driver.Rows
	vals []driver.Value
}

// open runs a query on the driver's connection, and its first step with it. The driver starts a goroutine to watch a
// context that can end, and callers check it at each step, so they hand over [context.Background] unless the first step
// can be long: SQLite sorts in it, or looks for a row that is rare.
func (c *conn) open(ctx context.Context, query string, args ...driver.Value) (*cursor, error) {
	rows, err := c.QueryContext(ctx, query, named(args))
	if err != nil {
		return nil, err
	}
	return &cursor{rows: rows, vals: make([]driver.Value, len(rows.Columns()))}, nil
}

// next reports whether there was another row.
func (cu *cursor) next() (bool, error) {
	err := cu.rows.Next(cu.vals)
	if err == io.EOF {
		return false, nil
	}
	return err == nil, err
}

func (cu *cursor) close() error { return cu.rows.Close() }

func (cu *cursor) int(i int) int64 { n, _ := cu.vals[i].(int64); return n }

func (cu *cursor) text(i int) string { s, _ := cu.vals[i].(string); return s }

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// checkEvery is the number of rows after which the context is checked.
const checkEvery = 256

// bulkGuards are the triggers on single labels, which cost as much as the insert itself, and the one that lets only
// publishing and folding seal a layer.
var bulkGuards = []string{
	"label_insert", "label_inserted", "label_delete", "label_deleted", "label_block_insert", "label_block_delete",
	"layer_update",
}

// WithoutGuards runs fn without the triggers of bulkGuards, and puts them back. Other connections always see them: the
// schema is part of the transaction. The caller must keep the rules that the triggers enforce. No cursor may be open
// when it begins or ends.
func (tx *WriteTx) WithoutGuards(ctx context.Context, fn func() error) error {
	query, args, err := sqlx.In("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name IN (?) ORDER BY name",
		bulkGuards)
	if err != nil {
		return err
	}
	texts, err := list[string](ctx, &tx.ReadTx, query, args...)
	if err != nil {
		return err
	}
	if len(texts) != len(bulkGuards) {
		return fmt.Errorf("%w: %d of the triggers %v are there", ErrDamaged, len(texts),
			slices.Sorted(slices.Values(bulkGuards)))
	}
	tx.unguarded = true
	for _, name := range bulkGuards {
		if err := tx.exec(ctx, "DROP TRIGGER "+name); err != nil {
			return err
		}
	}
	if err := fn(); err != nil {
		return err // the transaction is rolled back, and the triggers with it
	}
	for _, text := range texts {
		if err := tx.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// each runs a query below database/sql and calls fn for each row.
func (tx *ReadTx) each(query string, fn func(*cursor) error, args ...driver.Value) error {
	return tx.eachUntil(context.Background(), query, fn, args...)
}

// eachUntil is each for a query whose first step may be long: it ends with the context.
func (tx *ReadTx) eachUntil(ctx context.Context, query string, fn func(*cursor) error, args ...driver.Value) error {
	return tx.dc.each(ctx, query, fn, args...)
}

// each runs a query and calls fn for each row.
func (c *conn) each(ctx context.Context, query string, fn func(*cursor) error, args ...driver.Value) (err error) {
	cu, err := c.open(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cu.close()) }()
	for {
		more, err := cu.next()
		if err != nil || !more {
			return err
		}
		if err := fn(cu); err != nil {
			return err
		}
	}
}

// run executes a statement below database/sql.
func (c *conn) run(query string, args ...driver.Value) (driver.Result, error) {
	return c.ExecContext(context.Background(), query, named(args))
}
