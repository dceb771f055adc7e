package annoset

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"github.com/annoset/annoset/internal/valid"
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

// StaleError reports a review of an earlier revision of a draft. It unwraps to [ErrConflict].
type StaleError struct {
	Op       string    `json:"op"`
	SetID    uuid.UUID `json:"set_id"`
	Version  int       `json:"version"`
	Seen     int64     `json:"seen"`     // the revision that the reviewer saw
	Revision int64     `json:"revision"` // the revision of the draft
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("annoset: %s %q: %s: version %d is at revision %d, and the review is of revision %d", e.Op, e.SetID,
		valid.Bare(ErrConflict), e.Version, e.Revision, e.Seen)
}

// Unwrap returns [ErrConflict].
func (e *StaleError) Unwrap() error { return ErrConflict }

// OwnWorkError reports an approval by a person who has edited the draft, or may have. It unwraps to [ErrOwnWork].
type OwnWorkError struct {
	Op       string    `json:"op"`
	SetID    uuid.UUID `json:"set_id"`
	Version  int       `json:"version"`
	Person   string    `json:"person"`
	Unsigned bool      `json:"unsigned"` // the person signed no edit, but there are unsigned edits, which may be anybody's
}

func (e *OwnWorkError) Error() string {
	why := valid.Brief(e.Person) + " edited it"
	if e.Unsigned {
		why = "it was edited unsigned, and that may have been " + valid.Brief(e.Person)
	}
	return fmt.Sprintf("annoset: %s %q: %s: version %d: %s", e.Op, e.SetID, valid.Bare(ErrOwnWork), e.Version, why)
}

// Unwrap returns [ErrOwnWork].
func (e *OwnWorkError) Unwrap() error { return ErrOwnWork }

// ApprovalError reports why the reviews of a draft do not allow publishing it. It unwraps to [ErrNotApproved]. People
// are in order of name.
type ApprovalError struct {
	Op         string    `json:"op"`
	SetID      uuid.UUID `json:"set_id"`
	Version    int       `json:"version"`
	Revision   int64     `json:"revision"`    // the revision to approve
	Need       int       `json:"need"`        // how many approvals the dataset requires
	ApprovedBy []string  `json:"approved_by"` // people whose approvals count
	RejectedBy []string  `json:"rejected_by"` // people who reject this revision; one is enough
	VoidBy     []string  `json:"void_by"`     // people who approved an earlier revision and have not reviewed again
	Unsigned   bool      `json:"unsigned"`    // there are unsigned edits, so no approval counts
}

func (e *ApprovalError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "annoset: %s %q: %s: version %d has %d of %d required approvals of revision %d", e.Op, e.SetID,
		valid.Bare(ErrNotApproved), e.Version, len(e.ApprovedBy), e.Need, e.Revision)
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

// Approve records, in the name of the handle's person (see [Store.As]), that a draft is good as it is. The revision is
// [AnnotationSet.Revision] as the person saw it. The call is refused if the draft has changed since, and any later
// edit, by whatever program, voids the approval. An approval is for this set only; a set made from it starts without
// any. Run [Store.Check] before asking for reviews, because fixing what it finds voids them.
//
// A dataset can require approvals, see [NewDataset.RequiredApprovals]: [Store.Publish] then refuses a draft that has
// fewer. Each person counts once, and only their last review of a revision counts. A rejection of the current revision
// keeps the draft from being published in any dataset, until that person approves it or an edit voids the rejection.
// Nobody approves their own work. [AnnotationSet.EditedBy] lists the editors of a draft: those who added, imported,
// copied, changed or deleted anything in it. Creating a draft is not editing. Copying labels from another draft adds
// its editors. Unsigned edits may be anybody's, so nobody can approve a draft that has any; to take responsibility for
// such labels, import them through a signed handle into a new draft.
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

// personOf returns a name in the one form in which names are compared.
func personOf(name string) string { return norm.NFC.String(strings.TrimSpace(name)) }

// checkPerson returns what is wrong with the name that a handle signs with.
func (s *Store) checkPerson(op string) error {
	if s.person == "" {
		return nil
	}
	p := &problems{op: op}
	if p.Name(-1, "person", s.person) && personOf(s.person) == "" {
		p.Add(-1, "person", "is only white space")
	}
	return p.err()
}

// wrote reports whether a person is among the editors, however the name was spelled when it was written.
func wrote(editors []string, person string) bool {
	person = personOf(person)
	return slices.ContainsFunc(editors, func(editor string) bool { return personOf(editor) == person })
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
		now, err := s.stamp(op)
		if err != nil {
			return err
		}
		row := sqlite.ReviewRow{
			SetID: set.ID, Revision: r.Revision, Person: s.person, Verdict: string(r.Verdict), Comment: r.Comment,
			CreatedMS: now,
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
	own, unsigned := wrote(editors, s.person), slices.Contains(editors, "")
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
		last[personOf(rows[i].Person)] = &rows[i]
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
		case !unsigned && !wrote(editors, person):
			e.ApprovedBy = append(e.ApprovedBy, person)
		}
	}
	for _, people := range [][]string{e.ApprovedBy, e.RejectedBy, e.VoidBy} {
		slices.Sort(people)
	}
	return e
}
