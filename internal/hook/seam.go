package hook

import (
	"context"
	"database/sql/driver"
	"io"
	"sync"
)

// Seam stands between a store and its driver and lets a function fail any call. It is safe for concurrent use; the
// function is called by one goroutine at a time.
type Seam struct {
	mu    sync.Mutex
	fault Fault
}

// Fault is called before each call of the driver. what is "Connect", "Prepare", "Exec", "Query" or "Next". If before is
// not nil, it is returned instead of making the call; if after is not nil, the call is made and after is returned.
type Fault func(what, query string) (before, after error)

// Set makes f the function that is called from now on. If f is nil, no call fails.
func (s *Seam) Set(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// around makes a call unless the function fails it. undo releases what the call returned if it is failed afterwards.
func (s *Seam) around(what, query string, do func() error, undo func()) error {
	var before, after error
	s.mu.Lock()
	if s.fault != nil {
		before, after = s.fault(what, query)
	}
	s.mu.Unlock()
	if before != nil {
		return before
	}
	err := do()
	if after != nil && (err == nil || err == io.EOF) {
		undo()
		return after
	}
	return err
}

// In returns a context in which stores open with the seam.
func (s *Seam) In(ctx context.Context) context.Context {
	return WithDriver(ctx, func(c driver.Connector) driver.Connector { return seamConnector{c, s} })
}

type seamConnector struct {
	driver.Connector
	s *Seam
}

func (c seamConnector) Connect(ctx context.Context) (driver.Conn, error) {
	var conn driver.Conn
	err := c.s.around("Connect", "", func() (err error) {
		conn, err = c.Connector.Connect(ctx)
		return err
	}, func() { _ = conn.Close() })
	if err != nil {
		return nil, err
	}
	return &seamConn{conn.(wholeConn), c.s}, nil
}

// wholeConn is what a connection must implement.
type wholeConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type seamConn struct {
	wholeConn
	s *Seam
}

func (c *seamConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	var st driver.Stmt
	err := c.s.around("Prepare", query, func() (err error) {
		st, err = c.wholeConn.PrepareContext(ctx, query)
		return err
	}, func() { _ = st.Close() })
	if err != nil {
		return nil, err
	}
	return &seamStmt{st, c.s, query}, nil
}

type seamStmt struct {
	driver.Stmt
	s     *Seam
	query string
}

func (st *seamStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	err = st.s.around("Exec", st.query, func() (err error) {
		res, err = st.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	}, func() {})
	return res, err
}

func (st *seamStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	var rows driver.Rows
	err := st.s.around("Query", st.query, func() (err error) {
		rows, err = st.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
		return err
	}, func() { _ = rows.Close() })
	if err != nil {
		return nil, err
	}
	return &seamRows{Rows: rows, s: st.s, query: st.query}, nil
}

type seamRows struct {
	driver.Rows
	s     *Seam
	query string
	n     int
}

// everyRow is the interval at which the function is called for the rows of a long query, besides the first two.
const everyRow = 1000

func (r *seamRows) Next(dest []driver.Value) error {
	r.n++
	if r.n > 2 && r.n%everyRow != 0 {
		return r.Rows.Next(dest)
	}
	return r.s.around("Next", r.query, func() error { return r.Rows.Next(dest) }, func() {})
}
