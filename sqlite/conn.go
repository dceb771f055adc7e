package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
)

// maxCached bounds the statements that a connection keeps prepared. All of this package's statements fit.
const maxCached = 128

// connector opens connections that keep their statements prepared.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := dc.(fullConn)
	if !ok {
		return nil, errors.Join(errors.New("sqlite: the driver's connection lacks a context method"), dc.Close())
	}
	return &conn{fullConn: full, idle: make(map[string][]driver.Stmt), reading: make(map[*cachedRows]struct{})}, nil
}

// fullConn is what every connection of the driver offers, and what database/sql needs to see.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// conn is a driver connection with a cache of prepared statements behind ExecContext and QueryContext, so that
// everything above it, sqlx included, prepares each statement once. It is used by one goroutine at a time, as
// database/sql promises.
type conn struct {
	fullConn
	idle    map[string][]driver.Stmt // prepared and not in use, by text; several if cursors of one text were nested
	count   int
	reading map[*cachedRows]struct{}
	closed  bool
}

// Close first closes what is open on the connection. database/sql may close a bad connection while a cursor below it is
// still being read.
func (c *conn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	var errs []error
	for rows := range c.reading {
		errs = append(errs, rows.Close())
	}
	for _, stmts := range c.idle {
		for _, st := range stmts {
			errs = append(errs, st.Close())
		}
	}
	return errors.Join(append(errs, c.fullConn.Close())...)
}

// take returns a prepared statement, from the cache if it is there.
func (c *conn) take(ctx context.Context, query string) (driver.Stmt, error) {
	if c.closed {
		return nil, driver.ErrBadConn
	}
	if free := c.idle[query]; len(free) > 0 {
		st := free[len(free)-1]
		c.idle[query] = free[:len(free)-1]
		c.count--
		return st, nil
	}
	return c.PrepareContext(ctx, query)
}

// put returns a statement to the cache, or closes it if the cache is full.
func (c *conn) put(query string, st driver.Stmt) error {
	if c.closed || c.count >= maxCached {
		return st.Close()
	}
	c.idle[query] = append(c.idle[query], st)
	c.count++
	return nil
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	st, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := st.(driver.StmtExecContext).ExecContext(ctx, args)
	return res, errors.Join(err, c.put(query, st))
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	st, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := st.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, c.put(query, st))
	}
	r := &cachedRows{Rows: rows, c: c, query: query, st: st}
	c.reading[r] = struct{}{}
	return r, nil
}

// cachedRows returns its statement to the cache when it is closed.
type cachedRows struct {
	driver.Rows
	c      *conn
	query  string
	st     driver.Stmt
	closed bool
}

func (r *cachedRows) Next(dest []driver.Value) error {
	if r.closed {
		return driver.ErrBadConn
	}
	return r.Rows.Next(dest)
}

func (r *cachedRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	delete(r.c.reading, r)
	return errors.Join(r.Rows.Close(), r.c.put(r.query, r.st))
}
