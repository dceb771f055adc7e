package sqlite

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// The right to write is settled twice: among the goroutines of this process, which queue for the writer connection, and
// among processes, which retry until they get SQLite's write lock. A process that writes without a break would never
// let the others in: SQLite's own retries are up to 100 ms apart, and two transactions only microseconds. So a waiting
// process retries often, and a process that writes without a break pauses so that others get in.
const (
	tryEvery   = time.Millisecond
	pauseAfter = 100 * time.Millisecond
	pauseFor   = 3 * tryEvery
)

// takeTurn waits for the other users of the writer connection in this process, as long as patiently waits for other
// processes.
func (db *DB) takeTurn(ctx context.Context) error {
	select {
	case db.turn <- struct{}{}:
		return nil
	default:
	}
	if db.takeTidied() {
		return nil
	}
	timer := time.NewTimer(db.cfg.BusyTimeout)
	defer timer.Stop()
	select {
	case db.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ErrBusy
	}
}

// takeTidied waits until the log is truncated, if that is being done just now, and takes the turn if it is free.
func (db *DB) takeTidied() bool {
	db.tidying.Lock()
	defer db.tidying.Unlock()
	select {
	case db.turn <- struct{}{}:
		return true
	default:
		return false
	}
}

// giveWay pauses if this process has written for long without a break. The caller must have the turn.
func (db *DB) giveWay(ctx context.Context) error {
	switch now := time.Now(); {
	case db.InMemory():
		return nil
	case now.Sub(db.wrote) >= pauseFor:
		db.began = now // there was a pause
		return nil
	case now.Sub(db.began) < pauseAfter:
		return nil
	}
	if err := sleep(ctx, pauseFor); err != nil {
		return err
	}
	db.began = time.Now()
	return nil
}

// beginWrite waits for the write lock and begins a transaction that holds it.
func (db *DB) beginWrite(ctx context.Context, c *sqlx.Conn) error {
	return db.patiently(ctx, func() error {
		_, err := c.ExecContext(ctx, "BEGIN IMMEDIATE")
		return err
	})
}

// patiently retries what fails because another process holds the lock, until the busy timeout is over.
func (db *DB) patiently(ctx context.Context, try func() error) error {
	deadline := time.Now().Add(db.cfg.BusyTimeout)
	for {
		err := try()
		if err == nil || !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		if err := sleep(ctx, tryEvery); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
