package annoset

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/insert"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/internal/whole"
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
	// ErrCheckFailed is returned when a set does not pass the check that its publishing asks for. It comes as a
	// [*CheckError].
	ErrCheckFailed = errors.New("annoset: check failed")
	// ErrConflict is returned when a call contradicts what is in the store: marking an audio file clean that bears
	// labels, dropping an artifact type that labels bear, or a change that the database's own guards refuse. It comes as
	// a [*StaleError] when a draft is reviewed that has changed meanwhile.
	ErrConflict = errors.New("annoset: conflicts with what is stored")
)

// Errors of reviews.
var (
	// ErrUnsigned is returned when a set would be reviewed through a handle that does not sign: see [Store.As].
	ErrUnsigned = errors.New("annoset: handle does not sign")
	// ErrOwnWork is returned when an editor of a draft would approve it. It comes as an [*OwnWorkError].
	ErrOwnWork = errors.New("annoset: nobody approves their own work")
	// ErrNotApproved is returned when a draft would be published against its reviews. It comes as an [*ApprovalError].
	ErrNotApproved = errors.New("annoset: set is not approved")
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
	// ErrMoved is returned when the store's file was removed, or another one put in its place, while it was open. Nothing
	// was read or written. What was written before is in the file that was taken away. Put a file in the place of another
	// only while no store has that one open, and with its companions: SQLite takes the log that it finds for its own.
	ErrMoved = errors.New("annoset: store's file was removed or replaced")
	// ErrFull is returned when there is no room for what is to be written: on the disk, within a quota, or within the size
	// that a file may have. SQLite does not tell the last two from a disk that refuses to write.
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
	// Models are those that were trained on the set, where that was to be deleted, or on any set of the dataset, where
	// that was: name and version of each, in order, at most [MaxModels] of them.
	Models []string
}

// MaxModels is how many models an [ImmutableError] names at most.
const MaxModels = 100

func (e *ImmutableError) Error() string {
	text := fmt.Sprintf("%s %q: %v: version %d was published at %s and never changes", e.Op, e.SetID, ErrPublished,
		e.Version, e.PublishedAt.Format(time.RFC3339))
	if len(e.Models) > 0 {
		text += "; trained: " + few(e.Models)
	}
	return text
}

// few quotes the first ones of a list.
func few(names []string) string {
	const shown = 5
	var b strings.Builder
	for i, name := range names[:min(shown, len(names))] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(valid.Brief(name))
	}
	if len(names) > shown {
		b.WriteString(" and others")
	}
	return b.String()
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
	Kind string // "dataset", "set", "annotation", "published set" or "tag"
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
	Kind string // "dataset", "set" or "training run" (a name, or an id that NewID gave twice), "folder" or "file"
	Name string
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("%s: %s %q: %v", e.Op, e.Kind, e.Name, ErrExists)
}

// Unwrap returns [ErrExists].
func (e *ExistsError) Unwrap() error { return ErrExists }

// CheckError tells what a check found in a set that was to be published. errors.Is(err, [ErrCheckFailed]).
type CheckError struct {
	Op     string
	Report Report
}

func (e *CheckError) Error() string {
	text := fmt.Sprintf("%s %q: %v: version %d has %s", e.Op, e.Report.SetID, ErrCheckFailed, e.Report.Version,
		strings.Join(e.Report.failures(), ", "))
	if len(e.Report.Findings) > 0 {
		text += "; first, " + e.Report.Findings[0].Message
	}
	return text
}

// Unwrap returns [ErrCheckFailed].
func (e *CheckError) Unwrap() error { return ErrCheckFailed }

// Place is where something stands in a file of labels.
type Place struct {
	File   string `json:"file,omitempty"`   // its name, or its path in a folder
	Line   int    `json:"line,omitempty"`   // from 1; 0: not known
	Column int    `json:"column,omitempty"` // from 1, in characters; 0: not known
	Text   string `json:"text,omitempty"`   // what stands there, cut where it is long
}

// String returns the place in the form of compilers: "labels.csv:12:3". A line or column that is not known is left out.
func (p Place) String() string {
	at := cmp.Or(p.File, "input")
	for _, n := range []int{p.Line, p.Column} {
		if n == 0 {
			break
		}
		at += ":" + strconv.Itoa(n)
	}
	return at
}

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

// StaleError tells of a review of what a draft does not hold any more. errors.Is(err, [ErrConflict]).
type StaleError struct {
	Op       string
	SetID    uuid.UUID
	Version  int
	Seen     int64 // the revision that the reviewer saw
	Revision int64 // the one that the draft has
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%s %q: %v: version %d is at revision %d, and %d was seen", e.Op, e.SetID, ErrConflict, e.Version,
		e.Revision, e.Seen)
}

// Unwrap returns [ErrConflict].
func (e *StaleError) Unwrap() error { return ErrConflict }

// OwnWorkError tells of a person who would approve what they may have written. errors.Is(err, [ErrOwnWork]).
type OwnWorkError struct {
	Op       string
	SetID    uuid.UUID
	Version  int
	Person   string
	Unsigned bool // the person did not sign an edit, but somebody edited unsigned: it may have been anyone
}

func (e *OwnWorkError) Error() string {
	why := valid.Brief(e.Person) + " edited it"
	if e.Unsigned {
		why = "it was edited unsigned, and that may have been " + valid.Brief(e.Person)
	}
	return fmt.Sprintf("%s %q: %v: version %d: %s", e.Op, e.SetID, ErrOwnWork, e.Version, why)
}

// Unwrap returns [ErrOwnWork].
func (e *OwnWorkError) Unwrap() error { return ErrOwnWork }

// ApprovalError tells why the reviews of a draft keep it from being published. errors.Is(err, [ErrNotApproved]). The
// people are in order of name.
type ApprovalError struct {
	Op         string
	SetID      uuid.UUID
	Version    int
	Revision   int64    // that approvals are needed of
	Need       int      // how many approvals the dataset demands
	ApprovedBy []string // whose approvals count
	RejectedBy []string // whose rejections stand; one is enough to refuse
	VoidBy     []string // who approved an earlier revision, and has not reviewed the set again
	Unsigned   bool     // somebody edited the draft unsigned, so that no approval counts
}

func (e *ApprovalError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q: %v: version %d needs %d of revision %d, has %d", e.Op, e.SetID, ErrNotApproved, e.Version,
		e.Need, e.Revision, len(e.ApprovedBy))
	for _, people := range []struct {
		are   string
		names []string
	}{{"approved by", e.ApprovedBy}, {"rejected by", e.RejectedBy}, {"edited since it was approved by", e.VoidBy}} {
		if len(people.names) > 0 {
			fmt.Fprintf(&b, "; %s %s", people.are, few(people.names))
		}
	}
	if e.Unsigned {
		b.WriteString("; edited unsigned, so that nobody can approve it")
	}
	return b.String()
}

// Unwrap returns [ErrNotApproved].
func (e *ApprovalError) Unwrap() error { return ErrNotApproved }

// The limits stand in full at the root, so that its documentation shows them, and are those of package valid.
var (
	_ = [1]struct{}{}[MaxTimeMS-valid.MaxTimeMS]
	_ = [1]struct{}{}[MaxNameBytes-valid.MaxNameBytes]
	_ = [1]struct{}{}[MaxTextBytes-valid.MaxTextBytes]
	_ = [1]struct{}{}[MaxProblems-valid.MaxProblems]
)

// problems gathers what is wrong with the input of one call.
type problems struct {
	valid.Problems
	op     string
	places []Place // of the problems, where they are known
}

// err returns the *ValidationError, or nil where nothing was wrong.
func (p *problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	e := &ValidationError{Op: p.op, Problems: make([]Problem, len(p.List)), More: p.More}
	for i, bad := range p.List {
		e.Problems[i] = Problem{Index: bad.Index, Field: bad.Field, Reason: bad.Reason}
		if i < len(p.places) {
			e.Problems[i].At = p.places[i]
		}
	}
	return e
}

// or returns what was found wrong if err says no more than that something was.
func (p *problems) or(err error) error {
	if errors.Is(err, valid.ErrInvalid) {
		return p.err()
	}
	return err
}

// given checks what must not be nil.
func given(op, field string, there bool) error {
	p := &problems{op: op}
	if !there {
		p.Add(-1, field, "is nil")
	}
	return p.err()
}

// extra checks extra data.
func (p *problems) extra(index int, data json.RawMessage) { p.Object(index, "extra_data", data) }

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
func (*CheckError) factual()      {}
func (*StaleError) factual()      {}
func (*OwnWorkError) factual()    {}
func (*ApprovalError) factual()   {}

// typed tells whether an error needs no more words.
func typed(err error) bool {
	_, ok := errors.AsType[factual](err)
	return ok
}

// translate makes a caller's error of what came up from below. It is the one place that knows the errors of the
// database, and it goes by their codes.
func translate(op string, err error) error {
	if foreign, ok := errors.AsType[*insert.StreamError](err); ok {
		return fmt.Errorf("%s: %w", op, foreign)
	}
	if taken, ok := errors.AsType[*whole.TakenError](err); ok {
		return &ExistsError{Op: op, Kind: string(taken.Kind), Name: taken.Path}
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
	case errors.Is(err, sqlite.ErrDamaged):
		return ErrCorrupt
	case errors.Is(err, insert.ErrHasLabels), errors.Is(err, sqlite.ErrInTheWay):
		return ErrConflict
	case errors.Is(err, sqlite.ErrClosed):
		return ErrClosed
	case errors.Is(err, sqlite.ErrNotAStore):
		return ErrNotAStore
	case errors.Is(err, sqlite.ErrNewerSchema):
		return ErrNewerSchema
	case errors.Is(err, sqlite.ErrMoved):
		return ErrMoved
	case errors.Is(err, sqlite.ErrReadOnly):
		return ErrReadOnly
	case errors.Is(err, sqlite.ErrBusy), errors.Is(err, sqlite.ErrChanged):
		return ErrBusy
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return ErrFull // of a file that SQLite has no part in
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

// damage calls corrupt what kept a set from being read and has no other name: of a damaged schema, for example, there is
// no more to see than that a column is missing.
func (s *Store) damage(err error) error {
	switch {
	case err == nil, typed(err), sentinelOf(err) != nil, s.gone() != nil, errors.Is(err, driver.ErrBadConn),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
