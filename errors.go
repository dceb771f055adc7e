package annoset

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// Errors of what a set, or a name, is. Those with facts come as a struct that unwraps to them.
var (
	// ErrPublished is returned when a published set, or what it consists of, would be changed or deleted.
	// It comes as an [*ImmutableError].
	ErrPublished = errors.New("annoset: set is published")
	// ErrDraft is returned where a published set is needed and the set is a draft. It comes as a [*DraftError].
	ErrDraft = errors.New("annoset: set is a draft")
	// ErrEmptySet is returned when a set without labels and clean audio files would be published.
	ErrEmptySet = errors.New("annoset: set is empty")
	// ErrNotFound is returned when what is asked for is not in the store. It comes as a [*NotFoundError].
	ErrNotFound = errors.New("annoset: not found")
	// ErrExists is returned when a name, an id or a file is taken. It comes as an [*ExistsError].
	ErrExists = errors.New("annoset: exists already")
	// ErrInvalid is returned for input that breaks a rule. It comes as a [*ValidationError].
	ErrInvalid = errors.New("annoset: invalid input")
	// ErrConflict is returned when a call contradicts what is in the store: marking an audio file clean that bears
	// labels, dropping an artifact type that labels bear, or a change that the database's own guards refuse.
	ErrConflict = errors.New("annoset: conflicts with what is stored")
)

// Errors of the store and its file.
var (
	// ErrClosed is returned by every method of a store that was closed.
	ErrClosed = errors.New("annoset: store is closed")
	// ErrReadOnly is returned when a store is written to that was opened read-only, or whose file or folder
	// cannot be written to.
	ErrReadOnly = errors.New("annoset: store is read-only")
	// ErrBusy is returned when another writer, of this process or of another, held the store for longer than
	// [Options.BusyTimeout], or wrote to a file that was just being read by a store that is read-only. Nothing was
	// written; the call may be tried again.
	ErrBusy = errors.New("annoset: store is busy")
	// ErrFull is returned when there is no room left on the disk.
	ErrFull = errors.New("annoset: no space left")
	// ErrCorrupt is returned when the file is damaged, or when [Store.Verify] finds that a published set is no
	// longer what it was.
	ErrCorrupt = errors.New("annoset: store is corrupt")
	// ErrNewerSchema is returned when the file was made by a later version of annoset.
	ErrNewerSchema = errors.New("annoset: store is of a newer version")
	// ErrNotAStore is returned when the file is something else than an annoset store.
	ErrNotAStore = errors.New("annoset: not an annoset store")
)

// ImmutableError tells of an attempt to change or delete a published set. errors.Is(err, [ErrPublished]).
type ImmutableError struct {
	Op          string    // what was tried, "delete set" for example
	SetID       uuid.UUID // the published set that stands in the way
	Version     int
	PublishedAt time.Time
}

func (e *ImmutableError) Error() string {
	return fmt.Sprintf("%s %q: %v: version %d was published at %s and never changes", e.Op, e.SetID, ErrPublished,
		e.Version, e.PublishedAt.Format(time.RFC3339))
}

// Unwrap returns [ErrPublished].
func (e *ImmutableError) Unwrap() error { return ErrPublished }

// DraftError tells of an attempt to use a draft where a published set is needed. errors.Is(err, [ErrDraft]).
type DraftError struct {
	Op      string
	SetID   uuid.UUID
	Version int
}

func (e *DraftError) Error() string {
	return fmt.Sprintf("%s %q: %v: version %d must be published first", e.Op, e.SetID, ErrDraft, e.Version)
}

// Unwrap returns [ErrDraft].
func (e *DraftError) Unwrap() error { return ErrDraft }

// NotFoundError tells what was not found. errors.Is(err, [ErrNotFound]).
type NotFoundError struct {
	Op   string
	Kind string // "dataset", "set", "annotation" or "published set"
	ID   string // the id, name or number that was asked for
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("%s: %s %q: %v", e.Op, e.Kind, e.ID, ErrNotFound)
}

// Unwrap returns [ErrNotFound].
func (e *NotFoundError) Unwrap() error { return ErrNotFound }

// ExistsError tells what exists already. errors.Is(err, [ErrExists]).
type ExistsError struct {
	Op   string
	Kind string // "dataset" or "set" (a name, or an id that NewID gave twice), "folder" or "file"
	Name string
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("%s: %s %q: %v", e.Op, e.Kind, e.Name, ErrExists)
}

// Unwrap returns [ErrExists].
func (e *ExistsError) Unwrap() error { return ErrExists }

// Problem is one bad field of the input.
type Problem struct {
	Index  int    // which one of a bulk, counted from 0; -1 where there is no bulk
	Field  string // as in JSON: "end_ms"
	Reason string
	At     Place // where it stands in the file that is imported; zero where there is none
}

func (p Problem) String() string {
	switch {
	case p.At != Place{}:
		return fmt.Sprintf("%s: %s %s", p.At, p.Field, p.Reason)
	case p.Index < 0:
		return p.Field + " " + p.Reason
	}
	return fmt.Sprintf("#%d: %s %s", p.Index, p.Field, p.Reason)
}

// MaxProblems is how many problems a [ValidationError] lists at most.
const MaxProblems = 100

// ValidationError names each bad field of the input, up to [MaxProblems]. errors.Is(err, [ErrInvalid]).
type ValidationError struct {
	Op       string
	Problems []Problem // in order of Index, never empty
	More     bool      // there were more than are listed
}

func (e *ValidationError) Error() string {
	const shown = 5
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v: ", e.Op, ErrInvalid)
	for i, p := range e.Problems[:min(shown, len(e.Problems))] {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(p.String())
	}
	switch rest := len(e.Problems) - shown; {
	case e.More:
		fmt.Fprintf(&b, "; and more than %d others", max(rest, 0))
	case rest > 0:
		fmt.Fprintf(&b, "; and %d more", rest)
	}
	return b.String()
}

// Unwrap returns [ErrInvalid].
func (e *ValidationError) Unwrap() error { return ErrInvalid }

// factual marks the errors that are final as they are: they bear what was tried.
type factual interface {
	error
	factual()
}

func (*ImmutableError) factual()  {}
func (*DraftError) factual()      {}
func (*NotFoundError) factual()   {}
func (*ExistsError) factual()     {}
func (*ValidationError) factual() {}

// typed tells whether an error needs no more words.
func typed(err error) bool {
	_, ok := errors.AsType[factual](err)
	return ok
}

// streamError is what the caller's own stream of labels yielded. Whatever it wraps is no error of this store.
type streamError struct {
	label int
	err   error
}

func (e *streamError) Error() string {
	return fmt.Sprintf("label %d of the stream: %v", e.label, e.err)
}

func (e *streamError) Unwrap() error { return e.err }

// translate makes a caller's error of what came up from below. It is the one place that knows the errors of the
// database, and it goes by their codes.
func translate(op string, err error) error {
	if foreign, ok := errors.AsType[*streamError](err); ok {
		return fmt.Errorf("%s: %w", op, foreign)
	}
	switch {
	case err == nil || typed(err):
		return err
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", op, err)
	}
	if sentinel := sentinelOf(err); sentinel != nil {
		return fmt.Errorf("%s: %w: %w", op, sentinel, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

func sentinelOf(err error) error {
	switch {
	case errors.Is(err, sqlite.ErrNotAStore):
		return ErrNotAStore
	case errors.Is(err, sqlite.ErrNewerSchema):
		return ErrNewerSchema
	case errors.Is(err, sqlite.ErrReadOnly):
		return ErrReadOnly
	case errors.Is(err, sqlite.ErrBusy), errors.Is(err, sqlite.ErrChanged):
		return ErrBusy
	}
	switch sqlite.FaultOf(err) {
	case sqlite.FaultBusy:
		return ErrBusy
	case sqlite.FaultReadOnly:
		return ErrReadOnly
	case sqlite.FaultCorrupt:
		return ErrCorrupt
	case sqlite.FaultConstraint:
		return ErrConflict
	case sqlite.FaultFull:
		return ErrFull
	case sqlite.FaultTooBig:
		return ErrInvalid
	}
	return nil
}
