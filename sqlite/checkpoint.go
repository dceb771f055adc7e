package sqlite

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// SQLite writes to a log beside the file, and moves the log into the file at checkpoints. It starts the log over only
// when all of it has been moved and no reader needs any of it. Readers that overlap never leave such a moment while
// somebody writes: each needs the log as it was when the reader began. So writes pause when the log has become large.
// Then the readers that began before the pause end, all of the log is moved, readers that begin from then on read the
// file alone, and once those in between have ended too the log can be truncated.
const (
	logSmall = 4_000_000 // bytes; a larger log is truncated once nobody writes
	logLarge = 8 << 20   // a larger log is truncated as soon as possible
	logMost  = 32 << 20  // from this size on writes wait for the log to shrink

	logPatience = 2500 * time.Millisecond // how long they wait
	logHope     = 1500 * time.Millisecond // how long they wait at least once all of the log is in the file
	logEvery    = 100 * time.Millisecond  // time between two tries to truncate it
)

// logKeeper keeps the log of a database small. While the log is large it has a goroutine of its own.
type logKeeper struct {
	db *DB

	mu      sync.Mutex
	size    int64         // of the log, as last seen
	stuck   bool          // waiting did not help: nobody waits until the log has shrunk
	warned  int64         // the size that the logger was last warned of
	pause   *logPause     // nil: no write waits
	running chan struct{} // closed when the goroutine ends; nil: there is none
	cancel  context.CancelFunc
	closed  bool
}

// logPause is a time in which writes wait for the log to shrink.
type logPause struct {
	over   chan struct{} // closed at its end
	until  time.Time     // when it ends in any case
	last   time.Time     // that until is not moved beyond
	writes int           // that wait
	hoped  bool          // all of the log is in the file: until was moved
}

// wait makes a write wait while the log is too large, if waiting may help.
func (k *logKeeper) wait(ctx context.Context, n *notes) error {
	k.mu.Lock()
	patience := min(logPatience, k.db.cfg.BusyTimeout)
	if k.size < logMost || k.stuck || k.closed || patience <= 0 {
		k.mu.Unlock()
		return nil
	}
	began := time.Now()
	if k.pause == nil {
		k.pause = &logPause{
			over: make(chan struct{}), until: began.Add(patience), last: began.Add(k.db.cfg.BusyTimeout),
		}
	}
	p := k.pause
	p.writes++
	k.start()
	k.mu.Unlock()
	err := k.sit(ctx, p)
	n.waited(began, "the log to shrink", nil)
	return err
}

// sit waits for the end of a pause.
func (k *logKeeper) sit(ctx context.Context, p *logPause) error {
	for {
		k.mu.Lock()
		left := time.Until(p.until)
		if left <= 0 && k.pause == p {
			k.stuck = true
			k.end()
		}
		k.mu.Unlock()
		timer := time.NewTimer(left)
		select {
		case <-p.over:
			timer.Stop()
			return nil
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			k.mu.Lock()
			defer k.mu.Unlock()
			if p.writes--; p.writes == 0 && k.pause == p {
				k.end()
			}
			return ctx.Err()
		}
	}
}

// end ends the pause, if there is one. The caller holds mu.
func (k *logKeeper) end() {
	if k.pause != nil {
		close(k.pause.over)
		k.pause = nil
	}
}

// look finds out how large the log is, and starts the goroutine if that is too much.
func (k *logKeeper) look() {
	size := sizeOf(k.db.cfg.Path + "-wal")
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.saw(size); size > logSmall {
		k.start()
	}
}

// saw takes note of the size of the log. The caller holds mu.
func (k *logKeeper) saw(size int64) {
	if k.size = size; size < logMost {
		k.stuck, k.warned = false, 0
		k.end()
	}
}

// start starts the goroutine if there is none. The caller holds mu.
func (k *logKeeper) start() {
	if k.running != nil || k.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	k.running, k.cancel = make(chan struct{}), cancel
	go k.run(ctx, k.running)
}

// stop ends the goroutine and all waiting, for good.
func (k *logKeeper) stop() {
	k.mu.Lock()
	k.closed = true
	k.end()
	running := k.running
	if running != nil {
		k.cancel()
	}
	k.mu.Unlock()
	if running != nil {
		<-running
	}
}

// run tries to truncate the log until it is small.
func (k *logKeeper) run(ctx context.Context, running chan struct{}) {
	defer close(running)
	pool, err := newPool(keeperDSN(k.db.cfg), 1, k.db.cfg.Wrap)
	if err != nil {
		return
	}
	defer pool.Close()
	n := &notes{logger: k.db.cfg.Logger}
	ticks := time.NewTicker(logEvery)
	defer ticks.Stop()
	var before time.Time
	for {
		size, changed := stateOfLog(k.db.cfg)
		wanted, done := k.consider(size, changed.Equal(before), n)
		n.tell(ctx)
		if done {
			return
		}
		before = changed
		if wanted && k.try(ctx, pool, size, n) {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// consider decides whether to try to truncate the log now, and whether there is nothing left to do.
func (k *logKeeper) consider(size int64, quiet bool, n *notes) (wanted, done bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.saw(size); size <= logSmall || k.closed {
		k.running = nil
		k.cancel()
		return false, true
	}
	if (k.stuck || k.db.cfg.BusyTimeout <= 0) && size >= logMost && size >= 2*k.warned {
		k.warned = size
		n.add(slog.LevelWarn, "the log cannot shrink: a read stays open", slog.Int64("log_bytes", size))
	}
	return k.pause != nil || quiet || size > logLarge, false
}

// try moves the log into the file and truncates it, and reports whether the log was truncated. Moving it keeps nobody
// from writing. Truncating it takes the write lock for a moment, and is done only while no other call has the turn.
func (k *logKeeper) try(ctx context.Context, pool *sqlx.DB, size int64, n *notes) bool {
	began := time.Now()
	if k.db.inPlace() != nil {
		return false
	}
	whole, err := checkpoint(ctx, pool, "PASSIVE")
	if err != nil || !whole {
		return false
	}
	k.hope()
	k.db.tidying.Lock()
	defer k.db.tidying.Unlock()
	select {
	case k.db.turn <- struct{}{}:
	default:
		return false
	}
	whole, err = checkpoint(ctx, pool, "TRUNCATE")
	<-k.db.turn
	if err != nil || !whole {
		return false
	}
	n.add(slog.LevelDebug, "checkpoint", slog.Int64("log_bytes", size), slog.Bool("whole", true),
		slog.Duration("took", time.Since(began)))
	return true
}

// hope prolongs a pause, once: all of the log is in the file, so it can be truncated as soon as the readers have ended
// that are reading now.
func (k *logKeeper) hope() {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.pause
	if p == nil || p.hoped {
		return
	}
	p.hoped = true
	if until := time.Now().Add(logHope); until.After(p.until) {
		p.until = until
	}
	if p.until.After(p.last) {
		p.until = p.last
	}
}

// checkpoint moves the log into the file, as far as other connections allow that, and reports whether all of it was
// moved; in mode TRUNCATE, whether the log is empty now.
func checkpoint(ctx context.Context, pool *sqlx.DB, mode string) (whole bool, err error) {
	var row struct {
		Busy         int `db:"busy"`
		Log          int `db:"log"`
		Checkpointed int `db:"checkpointed"`
	}
	err = pool.GetContext(ctx, &row, "PRAGMA wal_checkpoint("+mode+")")
	return err == nil && row.Busy == 0 && row.Log == row.Checkpointed, err
}

// checkpoint moves the log into the file, so that the file alone has all that is in the store. The caller has the turn.
// If it fails, or a reader of an older state keeps part of the log from being moved, nothing is lost.
//
// The next write stamps the file.
func (db *DB) checkpoint(ctx context.Context, n *notes) {
	if db.InMemory() {
		return
	}
	began, size := time.Now(), int64(0)
	if n.logger != nil {
		size = sizeOf(db.cfg.Path + "-wal")
	}
	ctx = context.WithoutCancel(ctx)
	whole, err := checkpoint(ctx, db.writer, "PASSIVE")
	// SQLite increments the change counter that it has read, not the one that it has written: it must read it again.
	_, shrunk := db.writer.ExecContext(ctx, "PRAGMA shrink_memory")
	db.stamped = shrunk != nil
	if n.logger != nil {
		n.add(slog.LevelDebug, "checkpoint", slog.Int64("log_bytes", size), slog.Bool("whole", whole && err == nil),
			slog.Duration("took", time.Since(began)))
	}
}

// stamp writes the file's first page, once after each opening and each checkpoint: its change counter then tells the
// file as it is from copies that were made of it before. See checkLog.
func (db *DB) stamp(ctx context.Context, c *sqlx.Conn) error {
	if db.stamped || db.InMemory() {
		return nil
	}
	_, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)) // which it is already
	return err
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// stateOfLog returns the size of the log, and when it was last written to.
func stateOfLog(cfg Config) (size int64, changed time.Time) {
	info, err := os.Stat(cfg.Path + "-wal")
	if err != nil {
		return 0, time.Time{}
	}
	return info.Size(), info.ModTime()
}
