package annoset

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/changelog"
	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/markdown"
	"github.com/annoset/annoset/sqlite"
)

// ChangeLog describes in Markdown what [Store.Diff] yields, as a list of sentences such as people write:
//
//   - Added 70 glitch labels in 12 files.
//   - Relabelled 15 long_pause as hallucination in 9 files.
//   - Removed 5 duplicates in 3 files.
//
// A removed label is called a duplicate if an equal label stays. For each kind of change the ten most frequent artifact
// types are named, and the others summed up. Sets with equal contents give "No changes.". The text does not end with a
// line feed.
//
// Errors: [ErrNotFound].
func (s *Store) ChangeLog(ctx context.Context, from, to uuid.UUID) (string, error) {
	const op = "write change log"
	var out string
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		c, err := compare(ctx, op, tx, from, tx, to, nil)
		if err != nil {
			return err
		}
		out, err = changelog.Write(ctx, c)
		return err
	})
	return orZero(out, err)
}

// ChangeLogStores describes the changes from a set of one store to a set of another as [Store.ChangeLog] does, compared
// as by [DiffStores].
//
// Errors: those of ChangeLog, from either store.
func ChangeLogStores(ctx context.Context, a *Store, from uuid.UUID, b *Store, to uuid.UUID) (string, error) {
	const op = "write change log of two stores"
	var out string
	err := a.readWith(ctx, op, b, func(txA, txB *sqlite.ReadTx) error {
		c, err := compare(ctx, op, txA, from, txB, to, nil)
		if err != nil {
			return err
		}
		out, err = changelog.WriteByContent(ctx, c)
		return err
	})
	return orZero(out, err)
}

// DatasetChangeLog describes the whole history of a dataset in Markdown, version by version, the latest first. Each
// version has its date of publishing, digest, parent, notes as they were written, and the changes as [Store.ChangeLog]
// describes them, unless the notes end with the same text. They are the changes since the published set that the
// version stands on: that is its parent, unless that was a draft, which may have changed since. Drafts are described
// as they are now.
//
// Errors: [ErrNotFound] if there is no such dataset.
func (s *Store) DatasetChangeLog(ctx context.Context, datasetID uuid.UUID) (string, error) {
	const op = "write change log of dataset"
	var sections []string
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		dataset, err := findDataset(ctx, tx, op, datasetID)
		if err != nil {
			return err
		}
		sets, err := tx.Sets(ctx, dataset.ID, "", 0, -1)
		if err != nil {
			return err
		}
		sections = append(sections, "# Change log of "+markdown.Escape(dataset.Name))
		for i := len(sets) - 1; i >= 0; i-- {
			section, err := changelog.Version(ctx, tx, &sets[i], DefaultMinIoU)
			if err != nil {
				return err
			}
			sections = append(sections, section...)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return strings.Join(sections, "\n\n") + "\n", nil
}

// AnnotationState is the state of a label in a version that changed it.
type AnnotationState struct {
	SetID   uuid.UUID `json:"set_id"`
	Version int       `json:"version"`
	Status  Status    `json:"status"`
	// Time is when the version was published or, for a draft, when it was created.
	Time time.Time `json:"time"`
	// Kind is the change since the parent: [ChangeAdded] if the parent did not have the label, [ChangeRemoved] if this
	// version no longer has it.
	Kind ChangeKind `json:"kind"`
	// Annotation is the label in this version; nil if it was removed.
	Annotation *Annotation `json:"annotation"`
}

// AnnotationHistory returns what became of the label with this id, in order of version. There is one state for each
// version, draft or published, in which the label differs from that of the parent. If the parent was a draft that is
// deleted, the published set below it is used.
//
// Errors: [ErrNotFound] if no set has, or had, a label with this id. Deleted drafts do not count.
func (s *Store) AnnotationHistory(ctx context.Context, id int64) ([]AnnotationState, error) {
	const op = "get history of annotation"
	states := []AnnotationState{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		found, err := diff.History(ctx, tx, id)
		if err != nil {
			return err
		}
		for i := range found {
			state, err := stateOf(&found[i])
			if err != nil {
				return err
			}
			states = append(states, state)
		}
		if len(states) == 0 {
			return &NotFoundError{Op: op, Kind: "annotation", ID: strconv.FormatInt(id, 10)}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return states, nil
}

// stateOf converts a state of package diff.
func stateOf(s *diff.State) (AnnotationState, error) {
	id, err := idOf("set", s.Set.UUID)
	if err != nil {
		return AnnotationState{}, err
	}
	out := AnnotationState{
		SetID: id, Version: s.Set.Version, Status: Status(s.Set.Status), Time: timeOf(s.Set.CreatedMS),
		Kind: ChangeKind(s.Kind),
	}
	if s.Set.PublishedMS != nil {
		out.Time = timeOf(*s.Set.PublishedMS)
	}
	if s.Label != nil {
		a := annotationOf(s.Label)
		out.Annotation = &a
	}
	return out, nil
}
