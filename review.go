package annoset

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// Verdict is the result of a review.
type Verdict string

// The two verdicts.
const (
	VerdictApproved Verdict = "approved"
	VerdictRejected Verdict = "rejected"
)

// Review is what a person said about one revision of a draft.
type Review struct {
	Person    string    `json:"person"`
	Verdict   Verdict   `json:"verdict"`
	Comment   string    `json:"comment"`
	Revision  int64     `json:"revision"` // the revision that the reviewer saw
	Void      bool      `json:"void"`     // the set was edited since, so the review no longer counts
	CreatedAt time.Time `json:"created_at"`
}

// Approve records, in the name of the handle's person (see [Store.As]), that a draft is good as it is. The revision is
// [AnnotationSet.Revision] as the person saw it. The call is refused if the draft has changed since, and any later
// edit, by whatever program, voids the approval. An approval is for this set only; a set made from it starts without
// any. Run [Store.Check] before asking for reviews, because fixing what it finds voids them.
//
// A dataset can require approvals, see [NewDataset.RequiredApprovals]: [Store.Publish] then refuses a draft that has
// fewer. Each person counts once, and only their last review of a revision counts. A rejection of the current revision
// keeps the draft from being published in any dataset, until the same person approves it, or an edit voids the
// rejection.
//
// Nobody approves their own work. [AnnotationSet.EditedBy] lists the editors of a draft: those who added, imported,
// copied, changed or deleted labels, clean marks, notes or extra data. Creating a draft is not editing. Copying labels
// from another draft adds its editors. Unsigned edits may be anybody's, so nobody can approve a draft that has any; to
// take responsibility for such labels, import them through a signed handle into a new draft.
//
// Errors: [ErrUnsigned] if the handle does not sign; [ErrNotFound]; an [*ImmutableError] if the set is published; a
// [*StaleError] if it has another revision; an [*OwnWorkError] if the person has edited the draft, or it has unsigned
// edits; a [*ValidationError] if the comment is invalid.
func (s *Store) Approve(ctx context.Context, setID uuid.UUID, revision int64, comment string) (Review, error) {
	return s.review(ctx, "approve", setID, Review{Verdict: VerdictApproved, Revision: revision, Comment: comment})
}

// Reject records, in the name of the handle's person, that a draft is not good as it is. It keeps the draft from being
// published until the same person approves that revision, or an edit voids the rejection. Editors of the draft may
// reject it too. Otherwise it works as [Store.Approve] does.
//
// Errors: [ErrUnsigned] if the handle does not sign; [ErrNotFound]; an [*ImmutableError] if the set is published; a
// [*StaleError] if it has another revision; a [*ValidationError] if the comment is invalid.
func (s *Store) Reject(ctx context.Context, setID uuid.UUID, revision int64, comment string) (Review, error) {
	return s.review(ctx, "reject", setID, Review{Verdict: VerdictRejected, Revision: revision, Comment: comment})
}

// Reviews returns all reviews of a set in the order in which they were given, void ones included. For a published set,
// those that are not void are the ones it was published with.
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

// checkOthersWork returns an error if the person has edited the draft, or may have.
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

func reviewOf(r *sqlite.ReviewRow, revision int64) Review {
	return Review{
		Person: r.Person, Verdict: Verdict(r.Verdict), Comment: r.Comment, Revision: r.Revision,
		Void: r.Revision != revision, CreatedAt: timeOf(r.CreatedMS),
	}
}

// checkApproved returns an error if the reviews of a draft do not allow publishing it.
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

// approvalsOf sorts people by their last review of a set. The rows are all its reviews, in order.
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
