package sqlite

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// notes are what a call has to tell the logger. They are kept until the call holds no lock and no connection, because
// the handler is user code.
type notes struct {
	logger *slog.Logger // nil: nothing is kept
	list   []note
}

type note struct {
	level slog.Level
	text  string
	attrs []slog.Attr
}

func (n *notes) add(level slog.Level, text string, attrs ...slog.Attr) {
	if n.logger != nil {
		n.list = append(n.list, note{level, text, attrs})
	}
}

// tell hands the notes to the logger.
func (n *notes) tell(ctx context.Context) {
	list := n.list
	n.list = nil
	for _, v := range list {
		n.logger.LogAttrs(ctx, v.level, v.text, v.attrs...)
	}
}

// Waits from noteWait on are told, those from longWait on as warnings.
const (
	noteWait = 10 * time.Millisecond
	longWait = time.Second
)

// waited notes how long a write has waited since a moment, and for whom.
func (n *notes) waited(since time.Time, reason string, err error) {
	if n.logger == nil {
		return
	}
	d := time.Since(since)
	busy := errors.Is(err, ErrBusy) || isBusy(err)
	if d < noteWait && !busy {
		return
	}
	level := slog.LevelDebug
	if d >= longWait || busy {
		level = slog.LevelWarn
	}
	n.add(level, "waited to write", slog.String("for", reason), slog.Duration("waited", d), slog.Bool("busy", busy))
}
