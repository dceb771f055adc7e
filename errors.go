package annoset

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/insert"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/sqlite"
)

// Errors about sets and input. Those with facts come as a struct that unwraps to them.
var (
	// ErrPublished is returned when a call would change or delete a published set or part of one. It comes as an
	// [*ImmutableError].
	ErrPublished = errors.New("annoset: set is published")
	// ErrDraft is returned when a call needs a published set and the set is a draft. It comes as a [*DraftError].
	ErrDraft = errors.New("annoset: set is a draft")
	// ErrEmptySet is returned when publishing a set that has neither labels nor clean audio files.
	ErrEmptySet = errors.New("annoset: set is empty")
	// ErrNotFound is returned when the store does not have what the call asks for. It comes as a [*NotFoundError].
	ErrNotFound = errors.New("annoset: not found")
	// ErrExists is returned when a name, an id or a path is taken. It comes as an [*ExistsError].
	ErrExists = errors.New("annoset: exists already")
	// ErrInvalid is returned for input that breaks a rule. It comes as a [*ValidationError].
	ErrInvalid = errors.New("annoset: invalid input")
	// ErrCheckFailed is returned when publishing a set that fails the check of [PublishOptions.Check]. It comes as a
	// [*CheckError].
	ErrCheckFailed = errors.New("annoset: check failed")
	// ErrConflict is returned when a call contradicts what is stored: when it marks as clean an audio file that has
	// labels, drops an artifact type that labels have, copies a set to itself, or makes a change that the triggers of the
	// file refuse. For an audio file that has labels it comes as a [*HasLabelsError], for a review of an earlier revision
	// as a [*StaleError]. [Open], and every call that writes, returns it if another program has put something into the
	// file, or beside it, that is in the way, such as a trigger on its tables. Drop or rename what the text names.
	ErrConflict = errors.New("annoset: conflicts with what is stored")
)

// Errors about reviews.
var (
	// ErrUnsigned is returned when reviewing through a handle that does not sign: see [Store.As].
	ErrUnsigned = errors.New("annoset: handle does not sign")
	// ErrOwnWork is returned when an editor of a draft approves it. It comes as an [*OwnWorkError].
	ErrOwnWork = errors.New("annoset: nobody approves their own work")
	// ErrNotApproved is returned when publishing a draft whose reviews do not allow it. It comes as an [*ApprovalError].
	ErrNotApproved = errors.New("annoset: set is not approved")
)

// Errors about the store and its file.
var (
	// ErrClosed is returned by every method of a store that is closed, or of a view that has ended.
	ErrClosed = errors.New("annoset: store is closed")
	// ErrReadOnly is returned when writing to a store that was opened read-only, or through a [Store.View], or when the
	// file or its folder cannot be written to.
	ErrReadOnly = errors.New("annoset: store is read-only")
	// ErrBusy is returned when another writer, of this process or another, held the store for longer than
	// [Options.BusyTimeout], when it wrote to the file while a read-only store was reading, or by [Restore] when a store
	// has the file open. Nothing was written; the call may be repeated.
	ErrBusy = errors.New("annoset: store is busy")
	// ErrMoved is returned when the file of an open store was removed or replaced, also of one that is read-only. Nothing
	// was read or written; earlier writes are in the file that was taken away. Replace a file with [Restore], which deals
	// with its companions: SQLite would apply an old path-wal to the new file.
	ErrMoved = errors.New("annoset: store's file was removed or replaced")
	// ErrFull is returned when there is no room to write: on the disk, within a quota, or within the maximum size of a
	// file. A disk that refuses to write is reported like the last two, because SQLite does not tell them apart.
	ErrFull = errors.New("annoset: no space left")
	// ErrCorrupt is returned when the file is damaged or lies beside the log of another, when a table or trigger was
	// changed or removed and the store is to be written to, or when [Store.Verify] finds that a published set has changed.
	ErrCorrupt = errors.New("annoset: store is corrupt")
	// ErrNewerSchema is returned when a later version of annoset made the file.
	ErrNewerSchema = errors.New("annoset: store is of a newer version")
	// ErrNotAStore is returned when the file is not an annoset store.
	ErrNotAStore = errors.New("annoset: not an annoset store")
)

// ImmutableError reports an attempt to change or delete a published set. It unwraps to [ErrPublished].
type ImmutableError struct {
	Op          string    `json:"op"`     // what was tried, such as "delete set"
	SetID       uuid.UUID `json:"set_id"` // the published set that stands in the way
	Version     int       `json:"version"`
	PublishedAt time.Time `json:"published_at"`
	// Models are the models trained on the set that was to be deleted, or on any set of the dataset that was to be
	// deleted: name and version of each, in order, at most [MaxModels].
	Models []string `json:"models,omitempty"`
}

// MaxModels is the maximum number of models that an [ImmutableError] names.
const MaxModels = 100

func (e *ImmutableError) Error() string {
	text := fmt.Sprintf("annoset: %s %q: %s: version %d was published at %s and never changes", e.Op, e.SetID,
		valid.Bare(ErrPublished), e.Version, e.PublishedAt.Format(time.RFC3339))
	if len(e.Models) > 0 {
		text += "; trained: " + few(e.Models)
	}
	return text
}

// Unwrap returns [ErrPublished].
func (e *ImmutableError) Unwrap() error { return ErrPublished }

// DraftError reports the use of a draft where a published set is needed. It unwraps to [ErrDraft].
type DraftError struct {
	Op      string    `json:"op"`
	SetID   uuid.UUID `json:"set_id"`
	Version int       `json:"version"`
}

func (e *DraftError) Error() string {
	return fmt.Sprintf("annoset: %s %q: %s: version %d must be published first", e.Op, e.SetID, valid.Bare(ErrDraft),
		e.Version)
}

// Unwrap returns [ErrDraft].
func (e *DraftError) Unwrap() error { return ErrDraft }

// NotFoundError reports what was not found. It unwraps to [ErrNotFound].
type NotFoundError struct {
	Op   string `json:"op"`
	Kind string `json:"kind"` // "dataset", "set", "annotation", "published set" or "tag"
	ID   string `json:"id"`   // the id, name or number in question
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("annoset: %s: %s %q: %s", e.Op, e.Kind, e.ID, valid.Bare(ErrNotFound))
}

// Unwrap returns [ErrNotFound].
func (e *NotFoundError) Unwrap() error { return ErrNotFound }

// ExistsError reports what exists already. It unwraps to [ErrExists].
type ExistsError struct {
	Op   string `json:"op"`
	Kind string `json:"kind"` // "dataset", "set", "training run", "folder" or "file"
	Name string `json:"name"` // the name or path, or an id that Options.NewID made twice
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("annoset: %s: %s %q: %s", e.Op, e.Kind, e.Name, valid.Bare(ErrExists))
}

// Unwrap returns [ErrExists].
func (e *ExistsError) Unwrap() error { return ErrExists }

// HasLabelsError reports that an audio file to mark as clean has labels. It unwraps to [ErrConflict].
type HasLabelsError struct {
	Op          string `json:"op"`
	AudioFileID string `json:"audio_file_id"`
}

func (e *HasLabelsError) Error() string {
	return fmt.Sprintf("annoset: %s: %s: audio file %s has labels", e.Op, valid.Bare(ErrConflict),
		valid.Brief(e.AudioFileID))
}

// Unwrap returns [ErrConflict].
func (e *HasLabelsError) Unwrap() error { return ErrConflict }

// Place is a place in a file of labels.
type Place struct {
	File   string `json:"file,omitempty"`   // name, or path in a folder
	Line   int    `json:"line,omitempty"`   // from 1; 0: not known
	Column int    `json:"column,omitempty"` // from 1, in characters; 0: not known
	Text   string `json:"text,omitempty"`   // the text at this place; long text is cut
}

// String returns the place as compilers write it: "labels.csv:12:3". It leaves out a line or column that is not known.
func (p Place) String() string {
	at := cmp.Or(p.File, "input")
	switch {
	case p.Line == 0:
		return at
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", at, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", at, p.Line, p.Column)
}

// Problem is one bad field of the input.
type Problem struct {
	Index  int    `json:"index"` // position in the list or stream, from 0; -1 if the input is not a list
	Field  string `json:"field"` // as in JSON, such as "end_ms"
	Reason string `json:"reason"`
	At     Place  `json:"at,omitzero"` // place in the imported file; zero if not known
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

// MaxProblems is the maximum number of problems that a [ValidationError] lists.
const MaxProblems = 100

// ValidationError lists every bad field of the input, at most [MaxProblems]. It unwraps to [ErrInvalid].
type ValidationError struct {
	Op       string    `json:"op"`
	Problems []Problem `json:"problems"` // in order of Index, never empty
	More     bool      `json:"more"`     // there are more than are listed
}

func (e *ValidationError) Error() string {
	const shown = 5
	var b strings.Builder
	fmt.Fprintf(&b, "annoset: %s: %s: ", e.Op, valid.Bare(ErrInvalid))
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

// few quotes the first names of a list.
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

// The limits are declared here so that the documentation shows them. These lines compile only if they equal those of
// package valid.
var (
	_ = [1]struct{}{}[MaxTimeMS-valid.MaxTimeMS]
	_ = [1]struct{}{}[MaxNameBytes-valid.MaxNameBytes]
	_ = [1]struct{}{}[MaxTextBytes-valid.MaxTextBytes]
	_ = [1]struct{}{}[MaxProblems-valid.MaxProblems]
)

// problems collects what is wrong with the input of one call.
type problems struct {
	valid.Problems
	op     string
	places []Place // of the problems, if known
}

// err returns a *ValidationError, or nil if there are no problems.
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

// or returns the problems if err is only valid.ErrInvalid, and err otherwise.
func (p *problems) or(err error) error {
	if errors.Is(err, valid.ErrInvalid) {
		return p.err()
	}
	return err
}

// given returns an error if an argument that must not be nil is missing.
func given(op, field string, there bool) error {
	p := &problems{op: op}
	if !there {
		p.Add(-1, field, "is nil")
	}
	return p.err()
}

// named returns an error if a path is empty, which would stand for the working folder.
func named(op, path string) error {
	p := &problems{op: op}
	if path == "" {
		p.Add(-1, "path", "is empty")
	}
	return p.err()
}

// extra checks extra data.
func (p *problems) extra(data json.RawMessage) { p.Object(-1, "extra_data", data) }

// factual marks the errors that already say what was tried. They are returned as they are.
type factual interface {
	error
	factual()
}

func (*ImmutableError) factual()  {}
func (*DraftError) factual()      {}
func (*NotFoundError) factual()   {}
func (*ExistsError) factual()     {}
func (*ValidationError) factual() {}
func (*HasLabelsError) factual()  {}
func (*CheckError) factual()      {}
func (*StaleError) factual()      {}
func (*OwnWorkError) factual()    {}
func (*ApprovalError) factual()   {}

// typed reports whether err already carries its facts.
func typed(err error) bool {
	_, ok := errors.AsType[factual](err)
	return ok
}

// translate turns an error from below into an error of this package. It is the only place that knows the errors of the
// database, and it goes by their codes.
func translate(op string, err error) error {
	if foreign, ok := errors.AsType[*insert.StreamError](err); ok {
		return valid.Failed(op, foreign)
	}
	if marked, ok := errors.AsType[*insert.HasLabelsError](err); ok {
		return &HasLabelsError{Op: op, AudioFileID: marked.File}
	}
	if taken, ok := errors.AsType[*whole.TakenError](err); ok {
		return &ExistsError{Op: op, Kind: string(taken.Kind), Name: taken.Path}
	}
	switch {
	case err == nil || typed(err):
		return err
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return valid.Failed(op, err)
	}
	if sentinel := sentinelOf(err); sentinel != nil {
		return valid.Failed(op, sentinel, err)
	}
	return valid.Failed(op, err)
}

func sentinelOf(err error) error {
	switch {
	case errors.Is(err, sqlite.ErrDamaged):
		return ErrCorrupt
	case errors.Is(err, sqlite.ErrInTheWay):
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
		return ErrFull // a file that is not SQLite's
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

// damage marks as corrupt an error that has no other cause. Of a damaged schema, for example, SQLite reports no more
// than that a column is missing.
func (s *Store) damage(err error) error {
	switch {
	case err == nil, typed(err), sentinelOf(err) != nil, s.gone() != nil, errors.Is(err, driver.ErrBadConn),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
