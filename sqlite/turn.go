package sqlite

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// Who may write is settled twice: among the goroutines of this process, which queue up for the writer connection, and
// among processes, which only can try and try again to get SQLite's write lock. A process that writes without a pause
// would leave the others no moment to get it: SQLite's own tries are up to 100 ms apart, and between two transactions
// are some microseconds. So whoever waits tries often, and whoever writes on and on makes a pause that they find.
const (
	tryEvery   = time.Millisecond
	pauseAfter = 100 * time.Millisecond
	pauseFor   = 3 * tryEvery
)

// takeTurn waits for this process's other users of the writer connection, as long as patiently waits for those of
// other processes.
func (db *DB) takeTurn(ctx context.Context) error {
	select {
	case db.turn <- struct{}{}:
		return nil
	default:
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

// giveWay pauses where this process has written for long without a pause. The caller has the turn.
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

// beginWrite begins a transaction that holds the write lock, for which it waits.
func (db *DB) beginWrite(ctx context.Context, c *sqlx.Conn) error {
	return db.patiently(ctx, func() error {
		_, err := c.ExecContext(ctx, "BEGIN IMMEDIATE")
		return err
	})
}

// patiently tries again and again what fails because another process is at work, until the busy timeout is over.
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
