package annoset

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// DefaultBusyTimeout is how long a call waits for another writer when [Options.BusyTimeout] is 0.
const DefaultBusyTimeout = 5 * time.Second

// Durability says what the writes of a call that has returned survive.
type Durability int

const (
	// DurabilityFull is the default: writes survive a loss of power.
	DurabilityFull Durability = iota
	// DurabilityRelaxed is faster, for work that can be repeated: writes survive a crash of the program, but a loss of
	// power may undo the last calls. It undoes them whole and in reverse order, and the file stays sound. A set that
	// [Store.Publish] has published survives, and so does everything written before it.
	DurabilityRelaxed
)

// Options configure [Open] and [OpenMemory]. Nil and the zero value mean the defaults.
type Options struct {
	// ReadOnly opens an existing store and never writes to it: every method that writes returns [ErrReadOnly]. No
	// permission to write to the file or its folder is needed.
	ReadOnly bool
	// Now is the clock, by default time.Now. Times are kept in UTC, in milliseconds. A time before 1970 or after the year
	// 9999 is refused by the methods that write, with a [*ValidationError].
	Now func() time.Time
	// NewID makes the ids of datasets, sets and training runs, by default uuid.NewV7. It is called by one goroutine at a
	// time.
	NewID func() uuid.UUID
	// BusyTimeout is how long a call that writes waits for the other writers of this process, and then again for those of
	// other processes, before it returns [ErrBusy]. 0 means [DefaultBusyTimeout]; negative means not to wait. It also
	// bounds the wait for a log that has become large, which ends without an error: see [Open].
	BusyTimeout time.Duration
	// Durability is [DurabilityFull] by default.
	Durability Durability
	// Logger receives what the results of calls do not say; nil logs nothing. The messages, with their attributes:
	//
	//   - "waited to write", Debug, from one second on and with ErrBusy Warn: waited (a duration), for ("this process",
	//     "another process" or "the log to shrink"), busy (the call returns [ErrBusy]);
	//   - "checkpoint", Debug: log_bytes before it, whole (all of the log is in the file now), took (a duration);
	//   - "the log cannot shrink: a read stays open", Warn, each time that the log has doubled: log_bytes;
	//   - "schema migrated", Info: from, to (schema versions), took;
	//   - "layers folded", Debug, when what several versions changed is folded together: layers (how many), took.
	//
	// Nothing that the store contains is logged. The handler may use the store, but must not close it.
	Logger *slog.Logger
}

// Store keeps datasets and their annotation sets in one SQLite file, or in memory. It is safe for concurrent use by
// many goroutines, and several stores, also in several processes, may use one file. One call writes at a time; any
// number read meanwhile, each seeing one state of the file.
//
// What is done through the store that [Open] returns is unsigned; see [Store.As].
type Store struct {
	db     *sqlite.DB
	now    func() time.Time
	newID  func() uuid.UUID
	opened int64        // how many stores this process had opened then
	closed *atomic.Bool // shared by all handles
	person string       // who signs; empty: nobody
	view   *view        // the state that this handle reads; nil: the latest
}

// opened counts the stores that were opened.
var opened atomic.Int64

// view is one state of a store that a function is reading. All handles made from it share it.
type view struct {
	tx    *sqlite.ReadTx
	ended atomic.Bool
}

// Open opens the store in the file at path. It creates the store if there is no file, or an empty one. While the store
// is open, the file has two companions, path-wal and path-shm. Options may be nil.
//
// The path is resolved once, with all links: the store stays with the file that it named, wherever the working folder
// or a link goes later, and the companions are beside that file.
//
// path-wal is the log of the last writes. It is moved into the file now and then, so also by [Store.Publish] before it
// returns, and is then started over, unless a read needs it. Reads that come and go but always overlap would let it
// grow without end: from 32 MB on, calls that write wait up to 2.5 seconds (4 seconds if that is about to succeed) for
// the reads to end. Publish, Close and reads never wait. While one read stays open (the loop over an iterator,
// [Store.View], a backup), the log cannot shrink, and grows with every write; it shrinks within two seconds of the end
// of that read.
//
// Other programs may keep tables, views, indexes and triggers of their own in the file, and may add columns without
// constraints; a migration leaves them. Open refuses, with an [ErrConflict] that names it, a trigger on a table of the
// store, because it would change what is written, and what has a name that a migration needs. A store that is open
// refuses to write when another program adds such a trigger. A read-only store runs no triggers, so it opens.
//
// Errors: a [*ValidationError] if path is empty; [ErrNotAStore] if the file is not an annoset store, or no regular
// file; [ErrNewerSchema] if a later version of annoset made it; [ErrReadOnly] if the file or its folder cannot be
// written to and Options.ReadOnly is not set, or if the log of a file that is opened read-only cannot be read without
// writing beside it; [ErrConflict], as above, or if something that is no regular file has the name of a companion;
// [ErrCorrupt], also if a table or trigger of the store was changed, or if the log beside the file is not of it;
// [ErrMoved] if the file was replaced meanwhile; [ErrBusy]; those of the file system, such as fs.ErrNotExist for a
// missing folder, fs.ErrPermission, syscall.ENAMETOOLONG and syscall.EMFILE. A file that is refused is left as it was,
// byte for byte.
func Open(ctx context.Context, path string, opts *Options) (*Store, error) {
	op := fmt.Sprintf("open %q", path)
	if err := named(op, path); err != nil {
		return nil, err
	}
	return open(ctx, op, path, opts)
}

// OpenMemory opens a new, empty in-memory store; [Store.Close] discards it. It behaves as a store in a file, and is
// meant for tests: it opens in a few milliseconds, and no other store shares it. Its iterators buffer all results
// first.
//
// Errors: [ErrReadOnly] if Options.ReadOnly is set.
func OpenMemory(ctx context.Context, opts *Options) (*Store, error) {
	const op = "open in memory"
	if opts != nil && opts.ReadOnly {
		return nil, valid.Failed(op, fmt.Errorf("%w: there would be nothing to read", ErrReadOnly))
	}
	return open(ctx, op, "", opts)
}

func open(ctx context.Context, op, path string, opts *Options) (*Store, error) {
	if err := given(op, "ctx", ctx != nil); err != nil {
		return nil, err
	}
	if opts == nil {
		opts = &Options{}
	}
	s := &Store{now: opts.Now, newID: opts.NewID, opened: opened.Add(1), closed: &atomic.Bool{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	}
	timeout := opts.BusyTimeout
	if timeout == 0 {
		timeout = DefaultBusyTimeout
	}
	var err error
	cfg := configOf(ctx, path)
	cfg.ReadOnly, cfg.Normal = opts.ReadOnly, opts.Durability == DurabilityRelaxed
	cfg.BusyTimeout, cfg.Logger = timeout, opts.Logger
	if s.db, err = sqlite.Open(ctx, cfg); err != nil {
		return nil, translate(op, err)
	}
	return s, nil
}

// configOf configures a database without options.
func configOf(ctx context.Context, path string) sqlite.Config {
	return sqlite.Config{Path: path, Wrap: hook.Driver(ctx)}
}

// As returns a handle on the same store that signs what is done through it with the name of a person: who created,
// edited, published and reviewed a set, recorded a training run or moved a tag. Any text that identifies the person
// will do; it is taken on trust, as the author of a commit is. White space around the name is removed, and the rest is
// brought to Unicode Normalization Form C, so that one name typed in two ways is one person. Upper and lower case
// differ. An empty name does not sign.
//
// A handle costs nothing, needs no Close of its own, and is safe for concurrent use, as the store is.
//
// The methods that write check the name: they return a [*ValidationError] if it is only white space, has more than
// [MaxNameBytes] bytes, or is not valid UTF-8 without NUL.
func (s *Store) As(person string) *Store {
	if s == nil {
		return nil
	}
	handle := *s
	handle.person = personOf(person)
	if handle.person == "" {
		handle.person = person // blanks alone, which the methods that write refuse
	}
	return &handle
}

// View calls fn with a handle that reads one state of the store, whatever others write meanwhile. It returns the error
// of fn as it is.
//
// Only the goroutine that runs fn may use the handle and what is made from it ([Store.As], [Store.TrainingSet],
// iterators); once fn has returned, they return [ErrClosed]. The methods of the handle that write, and [Store.Backup],
// return [ErrReadOnly]. Its Close does nothing, and its View reads the same state.
//
// With a store in a file, fn may also use the store itself, and write to it. A store in memory has one connection,
// which View holds: there fn must not use the store itself, which would wait and return [ErrBusy], or close it, which
// would wait forever.
//
// Errors: that of fn; a [*ValidationError] if fn is nil.
func (s *Store) View(ctx context.Context, fn func(view *Store) error) error {
	const op = "view"
	if err := given(op, "fn", fn != nil); err != nil {
		return err
	}
	var failed error
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		if s.view != nil {
			failed = fn(s)
			return failed
		}
		if err := tx.Hold(ctx); err != nil {
			return err
		}
		handle := *s
		handle.view = &view{tx: tx}
		defer func() {
			handle.view.ended.Store(true)
			_ = tx.Interrupt() // of reads whose loop was left open
		}()
		failed = fn(&handle)
		return failed
	})
	if failed != nil && (!errors.Is(err, sqlite.ErrChanged) || errors.Is(failed, sqlite.ErrChanged)) {
		return failed
	}
	return err
}

// Close waits for the call that is writing, if any, and closes the store. Closing any handle closes them all: every
// later call returns [ErrClosed]. Closing again has no effect. The stream and the functions of an import must not call
// Close.
//
// Close does not wait for reads: the body of a loop may call it. A loop in progress over a store in a file ends with
// [ErrClosed] at its next step; another read finishes, or returns [ErrClosed]. The file is released, and its companions
// are removed, when the last of them has ended, which is before Close returns if there is none.
func (s *Store) Close() error {
	if err := given("close", "store", s != nil); err != nil {
		return err
	}
	if s.view != nil || s.closed.Swap(true) {
		return nil
	}
	return translate("close", s.db.Close())
}

// ready returns an error if a call cannot begin: without a store or a context, on a closed store, or after the end of a
// view.
func (s *Store) ready(ctx context.Context, op string) error {
	if err := cmp.Or(given(op, "store", s != nil), given(op, "ctx", ctx != nil)); err != nil {
		return err
	}
	if err := s.gone(); err != nil {
		return translate(op, err)
	}
	return nil
}

// gone returns an error if the store is closed or the view has ended.
func (s *Store) gone() error {
	switch {
	case s.view != nil && s.view.ended.Load():
		return fmt.Errorf("%w: the view has ended", ErrClosed)
	case s.closed.Load():
		return ErrClosed
	}
	return nil
}

// refuse returns an error if the store is a view, which is read-only.
func (s *Store) refuse(op string) error {
	if s.view == nil || s.gone() != nil {
		return nil //nolint:nilerr // a handle that is gone is refused with that, by the read or the write itself
	}
	return valid.Failed(op, fmt.Errorf("%w: a view only reads", ErrReadOnly))
}

// read runs fn over one state of the store.
func (s *Store) read(ctx context.Context, op string, fn func(*sqlite.ReadTx) error) error {
	if err := s.ready(ctx, op); err != nil {
		return err
	}
	if s.view != nil {
		err := ctx.Err()
		if err == nil {
			err = fn(s.view.tx)
		}
		return s.outcome(op, err)
	}
	return s.outcome(op, s.db.Read(ctx, fn))
}

// write runs fn in one transaction: all of it happens, or nothing.
func (s *Store) write(ctx context.Context, op string, fn func(*sqlite.WriteTx) error) error {
	return s.writeSync(ctx, op, false, fn)
}

// writeSync is write; with full, what is written survives a loss of power whatever the store's durability.
func (s *Store) writeSync(ctx context.Context, op string, full bool, fn func(*sqlite.WriteTx) error) error {
	if err := s.mayWrite(ctx, op); err != nil {
		return err
	}
	return s.outcome(op, s.db.Write(ctx, full, fn))
}

// mayWrite returns an error if a call that writes cannot begin.
func (s *Store) mayWrite(ctx context.Context, op string) error {
	if err := s.ready(ctx, op); err != nil {
		return err
	}
	if err := s.refuse(op); err != nil {
		return err
	}
	if err := s.checkPerson(op); err != nil {
		return err
	}
	return translate(op, s.db.MayWrite())
}

// edit runs fn over a draft in one transaction, and signs the change.
func (s *Store) edit(ctx context.Context, op string, setID uuid.UUID,
	fn func(tx *sqlite.WriteTx, set *sqlite.SetRow) error,
) error {
	return s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		set, err := findDraft(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		if err := fn(tx, &set); err != nil {
			return err
		}
		return tx.SignEdit(set, s.person)
	})
}

// outcome translates the error of a transaction. A concurrent Close may be its cause.
func (s *Store) outcome(op string, err error) error {
	if gone := s.gone(); err != nil && gone != nil && !typed(err) {
		return valid.Failed(op, gone, err)
	}
	return translate(op, err)
}

// readsAhead reports whether iterators buffer all results first. In memory they must: the loop's body could not use the
// store's one connection otherwise. A view has that connection already.
func (s *Store) readsAhead() bool { return s != nil && s.db.InMemory() && s.view == nil }

// sameState reports whether two handles read the same state of one store.
func (s *Store) sameState(other *Store) bool { return s.db == other.db && s.view == other.view }

// sequence makes an iterator of a read.
func sequence[T any](s *Store, ctx context.Context, op string, read func(*sqlite.ReadTx, func(T) error) error,
) iter.Seq2[T, error] {
	return yielding(s.readsAhead(), func(yield func(T) error) error {
		return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
			return read(tx, func(v T) error {
				err := yield(v)
				if err == nil {
					err = s.gone() // the body may have closed the store; iter.Pull may carry a loop past the end of the view
				}
				return err
			})
		})
	})
}

// yielding makes an iterator of what run yields; with readAhead, it buffers all before it yields the first.
func yielding[T any](readAhead bool, run func(yield func(T) error) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		ahead := []T(nil)
		take := func(v T) error {
			if !yield(v, nil) {
				return reader.ErrStop
			}
			return nil
		}
		if readAhead {
			take = func(v T) error {
				ahead = append(ahead, v)
				return nil
			}
		}
		err := run(take)
		if errors.Is(err, reader.ErrStop) {
			return
		}
		if err == nil {
			for _, v := range ahead {
				if !yield(v, nil) {
					return
				}
			}
			return
		}
		yield(zero, err)
	}
}

// stamp returns the current time as the store keeps it. RFC 3339 writes years of four digits, and SQLite programs read
// times from 1970 on: a clock outside of that is refused.
func (s *Store) stamp(op string) (int64, error) {
	now := s.now()
	if year := now.UTC().Year(); year < 1970 || year > 9999 {
		p := &problems{op: op}
		p.Add(-1, "now", "is in the year %d, outside [1970, 9999]: the clock of the store is wrong", year)
		return 0, p.err()
	}
	return now.UnixMilli(), nil
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// signature returns the name to sign with, or nil.
func (s *Store) signature() *string {
	if s.person == "" {
		return nil
	}
	return &s.person
}

func nameOf(signature *string) string {
	if signature == nil {
		return ""
	}
	return *signature
}

// textOf and jsonOf convert extra data. Empty data and JSON null become nil.
func textOf(data json.RawMessage) *string {
	if valid.NoJSON(data) {
		return nil
	}
	s := string(data)
	return &s
}

func jsonOf(text *string) json.RawMessage {
	if text == nil {
		return nil
	}
	return json.RawMessage(*text)
}

// idOf parses an id that the store wrote.
func idOf(kind, text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("%w: %s id: %w", ErrCorrupt, kind, err)
	}
	return id, nil
}

// orZero returns the zero value beside an error.
func orZero[T any](v T, err error) (T, error) {
	if err != nil {
		var zero T
		return zero, err
	}
	return v, nil
}

// annotationOf converts a label from below to an annotation.
func annotationOf(l *label.Label) Annotation {
	a := Annotation{ID: l.ID, AudioFileID: l.File, ArtifactType: l.Type, StartMS: l.StartMS, EndMS: l.EndMS}
	if l.HasConfidence {
		c := l.Confidence
		a.Confidence = &c
	}
	if l.ExtraData != "" {
		a.ExtraData = json.RawMessage(l.ExtraData)
	}
	return a
}

// labelOf converts an annotation to a label for below.
func labelOf(a *Annotation) label.Label {
	l := label.Label{ID: a.ID, File: a.AudioFileID, Type: a.ArtifactType, StartMS: a.StartMS, EndMS: a.EndMS}
	if a.Confidence != nil {
		l.Confidence, l.HasConfidence = *a.Confidence+0, true // -0 is 0
	}
	if !valid.NoJSON(a.ExtraData) {
		l.ExtraData = string(a.ExtraData)
	}
	return l
}
