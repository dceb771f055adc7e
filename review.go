package annoset

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// Verdict is what a review says.
type Verdict string

// The two verdicts.
const (
	VerdictApproved Verdict = "approved"
	VerdictRejected Verdict = "rejected"
)

// Review is what a person said of exactly what a draft held.
type Review struct {
	Person    string    `json:"person"`
	Verdict   Verdict   `json:"verdict"`
	Comment   string    `json:"comment"`
	Revision  int64     `json:"revision"` // of the set, as the reviewer saw it
	Void      bool      `json:"void"`     // the set was edited since: it counts no more
	CreatedAt time.Time `json:"created_at"`
}

// Approve says, in the name of the handle's person (see [Store.As]), that a draft is good as it is. The revision is
// that of the set as the person saw it, [AnnotationSet.Revision]: if the draft has changed since, the call is refused, and
// any later edit, by whatever program, voids the approval. It speaks of this version alone and does not pass to another
// one that is made from it. Run [Store.Check] before asking for a review: mending what it finds voids the approvals.
//
// A dataset may demand approvals, see [NewDataset.RequiredApprovals]: then [Store.Publish] refuses a draft that has not
// that many. One person counts once, and of what they said of a revision the last counts. A rejection that stands keeps
// the draft from being published in any dataset; it ends when the person approves, or with an edit.
//
// Nobody approves their own work, which is what [AnnotationSet.EditedBy] tells: to add, import, copy, change or delete
// labels, clean marks, notes or extra data is to edit, and to create a draft is not. Labels that come from another draft
// bring its editors along. Where somebody edited unsigned, it may have been anyone, and so nobody can approve. To answer
// for such labels, import them through a signed handle into a new draft.
//
// Errors: [ErrUnsigned] if the handle does not sign; [ErrNotFound]; an [*ImmutableError] if the set is published; a
// [*StaleError] if it has another revision; an [*OwnWorkError]; a [*ValidationError] if the comment is bad.
func (s *Store) Approve(ctx context.Context, setID uuid.UUID, revision int64, comment string) (Review, error) {
	return s.review(ctx, "approve", setID, Review{Verdict: VerdictApproved, Revision: revision, Comment: comment})
}

// Reject says, in the name of the handle's person, that a draft is not good as it is, and keeps it from being published
// until the same person approves that revision, or an edit voids the rejection. Those who edited the draft may reject it
// too. For all else see [Store.Approve].
//
// Errors: [ErrUnsigned] if the handle does not sign; [ErrNotFound]; an [*ImmutableError] if the set is published; a
// [*StaleError] if it has another revision; a [*ValidationError] if the comment is bad.
func (s *Store) Reject(ctx context.Context, setID uuid.UUID, revision int64, comment string) (Review, error) {
	return s.review(ctx, "reject", setID, Review{Verdict: VerdictRejected, Revision: revision, Comment: comment})
}

func (s *Store) review(ctx context.Context, op string, setID uuid.UUID, r Review) (Review, error) {
	p := &problems{op: op}
	p.Text(-1, "comment", r.Comment)
	if err := p.err(); err != nil {
		return Review{}, err
	}
	err := s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		if s.person == "" {
			return ErrUnsigned
		}
		set, err := findDraft(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		if r.Revision != set.Revision {
			return &StaleError{Op: op, SetID: setID, Version: set.Version, Seen: r.Revision, Revision: set.Revision}
		}
		if r.Verdict == VerdictApproved {
			if err := s.checkOthersWork(tx, op, setID, &set); err != nil {
				return err
			}
		}
		row := sqlite.ReviewRow{
			SetID: set.ID, Revision: r.Revision, Person: s.person, Verdict: string(r.Verdict), Comment: r.Comment,
			CreatedMS: s.stamp(),
		}
		r = reviewOf(&row, set.Revision)
		return tx.InsertReview(ctx, row)
	})
	return orZero(r, err)
}

// checkOthersWork makes sure that the person has not edited the draft.
func (s *Store) checkOthersWork(tx *sqlite.WriteTx, op string, setID uuid.UUID, set *sqlite.SetRow) error {
	editors, err := tx.Editors(set.ID)
	if err != nil {
		return err
	}
	own, unsigned := slices.Contains(editors, s.person), slices.Contains(editors, "")
	if own || unsigned {
		return &OwnWorkError{Op: op, SetID: setID, Version: set.Version, Person: s.person, Unsigned: !own}
	}
	return nil
}

// Reviews returns all reviews of a set in the order in which they were given, those that an edit has voided included. Of
// a published set, those that are not void are what it was published with.
//
// Errors: [ErrNotFound].
func (s *Store) Reviews(ctx context.Context, setID uuid.UUID) ([]Review, error) {
	const op = "list reviews"
	out := []Review{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findSet(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		rows, err := tx.Reviews(ctx, set.ID)
		for i := range rows {
			out = append(out, reviewOf(&rows[i], set.Revision))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func reviewOf(r *sqlite.ReviewRow, revision int64) Review {
	return Review{
		Person: r.Person, Verdict: Verdict(r.Verdict), Comment: r.Comment, Revision: r.Revision,
		Void: r.Revision != revision, CreatedAt: timeOf(r.CreatedMS),
	}
}

// checkApproved makes sure that the reviews of a draft let it be published.
func checkApproved(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow) error {
	rows, err := tx.Reviews(ctx, set.ID)
	if err != nil || len(rows) == 0 && set.RequiredApprovals == 0 {
		return err
	}
	editors, err := tx.Editors(set.ID)
	if err != nil {
		return err
	}
	e := approvalsOf(rows, set.Revision, editors)
	e.Op, e.Version, e.Revision, e.Need = op, set.Version, set.Revision, set.RequiredApprovals
	if e.SetID, err = idOf("set", set.UUID); err != nil {
		return err
	}
	if len(e.RejectedBy) == 0 && len(e.ApprovedBy) >= e.Need {
		return nil
	}
	return e
}

// approvalsOf tells who approves a revision, and who does not, by all reviews of a set in their order.
func approvalsOf(rows []sqlite.ReviewRow, revision int64, editors []string) *ApprovalError {
	last := make(map[string]*sqlite.ReviewRow, len(rows))
	for i := range rows {
		last[rows[i].Person] = &rows[i]
	}
	unsigned := slices.Contains(editors, "")
	e := &ApprovalError{Unsigned: unsigned}
	for person, r := range last {
		switch {
		case r.Revision == revision && r.Verdict == string(VerdictRejected):
			e.RejectedBy = append(e.RejectedBy, person)
		case r.Verdict != string(VerdictApproved):
		case r.Revision != revision:
			e.VoidBy = append(e.VoidBy, person)
		case !unsigned && !slices.Contains(editors, person):
			e.ApprovedBy = append(e.ApprovedBy, person)
		}
	}
	for _, people := range [][]string{e.ApprovedBy, e.RejectedBy, e.VoidBy} {
		slices.Sort(people)
	}
	return e
}
