package labelfile

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/internal/whole"
)

// SyntaxError says what is wrong with a file, and where. errors.Is(err, [annoset.ErrInvalid]).
type SyntaxError struct {
	Format   Format `json:"format"`
	Name     string `json:"name"`   // ReadOptions.Name
	Line     int    `json:"line"`   // from 1
	Column   int    `json:"column"` // from 1, in characters
	Found    string `json:"found"`
	Expected string `json:"expected"`
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("annoset: %s: %s: %s:%d:%d: found %s, expected %s", e.Format, valid.Bare(annoset.ErrInvalid),
		cmp.Or(e.Name, "input"), e.Line, e.Column, e.Found, e.Expected)
}

// bounded cuts a text for an error message, and replaces what a terminal would obey. Most of the texts are quoted and
// cut where they come from.
func bounded(s string) string {
	const most = 200
	if len(s) > most {
		s = cut(s, most) + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// Unwrap returns [annoset.ErrInvalid].
func (e *SyntaxError) Unwrap() error { return annoset.ErrInvalid }

// RemarkError is a remark of a kind that [ReadOptions.Strict] or [WriteOptions.Strict] refuses. errors.Is(err,
// [annoset.ErrInvalid]).
type RemarkError struct {
	Format Format        `json:"format,omitempty"` // empty for a file of a folder whose format is not known
	Kind   RemarkKind    `json:"kind"`
	At     annoset.Place `json:"at"` // as in [Remark.First]
}

func (e *RemarkError) Error() string {
	text := valid.Prefix
	if e.Format != "" {
		text += string(e.Format) + ": "
	}
	text += fmt.Sprintf("%s: %s: %s", valid.Bare(annoset.ErrInvalid), e.At, e.Kind)
	if e.At.Text != "" {
		text += ": " + valid.Brief(e.At.Text)
	}
	return text + ", which is refused as asked for"
}

// Unwrap returns [annoset.ErrInvalid].
func (e *RemarkError) Unwrap() error { return annoset.ErrInvalid }

// invalid returns a *annoset.ValidationError of what is wrong with the input of a call, or nil if nothing is.
func invalid(op string, p *valid.Problems) error {
	if len(p.List) == 0 {
		return nil
	}
	e := &annoset.ValidationError{Op: op, Problems: make([]annoset.Problem, len(p.List)), More: p.More}
	for i, bad := range p.List {
		e.Problems[i] = annoset.Problem{Index: bad.Index, Field: bad.Field, Reason: bad.Reason}
	}
	return e
}

// given returns an error if a required argument is nil.
func given(op, field string, there bool) error {
	p := &valid.Problems{}
	if !there {
		p.Add(-1, field, "is nil")
	}
	return invalid(op, p)
}

// failed adds to an error which call it ended, unless the error says all by itself.
func failed(op string, err error) error {
	if taken, ok := errors.AsType[*whole.TakenError](err); ok {
		return &annoset.ExistsError{Op: op, Kind: string(taken.Kind), Name: taken.Path}
	}
	switch {
	case err == nil, final(err):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return valid.Failed(op, annoset.ErrFull, err)
	}
	return valid.Failed(op, err)
}

// final reports whether an error says all by itself.
func final(err error) bool {
	_, syntax := errors.AsType[*SyntaxError](err)
	_, refused := errors.AsType[*RemarkError](err)
	_, input := errors.AsType[*annoset.ValidationError](err)
	_, missing := errors.AsType[*annoset.NotFoundError](err)
	return syntax || refused || input || missing
}

// renamed gives an error of the store the name of the call that asked the store.
func renamed(op string, err error) error {
	if e, ok := errors.AsType[*annoset.NotFoundError](err); ok {
		return &annoset.NotFoundError{Op: op, Kind: e.Kind, ID: e.ID}
	}
	return err
}
