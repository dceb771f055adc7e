//go:build cgo

package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// conn is the driver's own connection, without database/sql above it, with its statements kept prepared.
type conn struct {
	dc    driver.Conn
	stmts map[string]driver.Stmt
}

func open(path string) (*conn, error) {
	dc, err := (&sqlite3.SQLiteDriver{}).Open("file:" + path + "?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000")
	if err != nil {
		return nil, err
	}
	return &conn{dc: dc, stmts: make(map[string]driver.Stmt)}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, stmt := range c.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.dc.Close())...)
}

// script runs statements without parameters.
func (c *conn) script(text string) error {
	_, err := c.dc.(driver.ExecerContext).ExecContext(context.Background(), text, nil)
	return err
}

func (c *conn) stmt(text string) (driver.Stmt, error) {
	if s := c.stmts[text]; s != nil {
		return s, nil
	}
	s, err := c.dc.Prepare(text)
	if err == nil {
		c.stmts[text] = s
	}
	return s, err
}

// exec runs one statement and returns the id of the row that it inserted last.
func (c *conn) exec(text string, args ...driver.Value) (int64, error) {
	s, err := c.stmt(text)
	if err != nil {
		return 0, err
	}
	result, err := s.Exec(args) //nolint:staticcheck // the way with a context starts a goroutine a statement
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// query calls fn for each row. fn may query, but not the same text.
func (c *conn) query(text string, fn func(row []driver.Value), args ...driver.Value) error {
	s, err := c.stmt(text)
	if err != nil {
		return err
	}
	rows, err := s.Query(args) //nolint:staticcheck // as above
	if err != nil {
		return err
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); err {
		case nil:
			fn(row)
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// write runs fn in a transaction.
func (c *conn) write(fn func() error) error {
	if _, err := c.exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	if err := fn(); err != nil {
		_, undo := c.exec(`ROLLBACK`)
		return errors.Join(err, undo)
	}
	_, err := c.exec(`COMMIT`)
	return err
}
