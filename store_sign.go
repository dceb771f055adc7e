package annoset

import (
	"context"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// As returns a handle on the same store that signs what is done through it with the name of a person: who created,
// edited, published and reviewed a set, recorded a training run, moved a tag. Any text will do that names the person for
// you, and names compare by bytes; it is taken on trust, as the author of a commit is. An empty name signs nothing.
//
// A handle costs nothing, needs no Close of its own, and is as safe for concurrent use as the store. [Store.Close] of one
// closes all.
//
// Errors come with the methods that write: a [*ValidationError] if the name has more than [MaxNameBytes] bytes or is not
// valid UTF-8 without NUL.
func (s *Store) As(person string) *Store {
	handle := *s
	handle.person = person
	return &handle
}

func (s *Store) checkPerson(op string) error {
	if s.person == "" {
		return nil
	}
	p := &problems{op: op}
	p.Name(-1, "person", s.person)
	return p.err()
}

// signature is the name to sign with; nil: none.
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

// edit runs fn over a draft in one transaction, and signs what it changed.
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
