package annoset

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/changelog"
	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/survey"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/sqlite"
)

// PublishOptions tell how to publish. The zero value, and a nil pointer, are good defaults.
type PublishOptions struct {
	// AllowEmpty publishes a set without labels and clean audio files too. It can never be deleted again.
	AllowEmpty bool
	// Check, if not nil, refuses a draft that fails [Store.Check] with these options. It reads every label of the set, those
	// that are as in the published set below too, while other writers wait.
	Check *CheckOptions
	// ChangeLog adds to the notes what was changed against the set that the draft was made from, as [Store.ChangeLog]
	// tells it; against nothing where it was made from none. If that was a draft that is gone, the published set below
	// it takes its place. What is in the notes already comes first, and an empty line between. It voids no review.
	ChangeLog bool
}

// Publish computes the statistics and the digest of a draft and locks it for ever, in one transaction that survives
// the loss of power. From then on it cannot be edited, reviewed, unpublished or deleted, and may be used for training. For
// a version that was made from a published set the work is in proportion to the audio files that it has changed.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published already; an [*ApprovalError] if it lacks approvals
// that the dataset demands, or a review rejects it; [ErrEmptySet]; a [*CheckError] with the whole report if
// PublishOptions.Check asks for a check and it fails; a [*ValidationError] if an option of that is bad, if a change log makes
// the notes too long, or if another program has written labels to the file that break a rule. After an error the set is a
// draft as before.
func (s *Store) Publish(ctx context.Context, setID uuid.UUID, opts *PublishOptions) (AnnotationSet, error) {
	const op = "publish"
	if opts == nil {
		opts = &PublishOptions{}
	}
	if opts.Check != nil {
		if err := opts.Check.check(op); err != nil {
			return AnnotationSet{}, err
		}
	}
	var out AnnotationSet
	err := s.writeSync(ctx, op, true, func(tx *sqlite.WriteTx) error {
		set, err := findDraft(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		if err := checkApproved(ctx, &tx.ReadTx, op, &set); err != nil {
			return err
		}
		if opts.Check != nil {
			if err := checkToPublish(ctx, &tx.ReadTx, op, &set, setID, opts.Check); err != nil {
				return err
			}
		}
		p := &problems{op: op}
		totals, digest, err := survey.Seal(ctx, s.db, tx, &set, &p.Problems)
		if err != nil {
			return p.or(err)
		}
		if totals.TotalAnnotations == 0 && totals.CleanAudioFiles == 0 && !opts.AllowEmpty {
			return fmt.Errorf("%w: version %d could never be deleted again", ErrEmptySet, set.Version)
		}
		if opts.ChangeLog {
			if err := noteChanges(ctx, &tx.ReadTx, op, &set, &totals); err != nil {
				return err
			}
		}
		if err := tx.WeighLayer(ctx, set.LayerID); err != nil {
			return err
		}
		if err := survey.FillPublished(&set, &totals, digest, s.stamp()); err != nil {
			return err
		}
		set.PublishedBy = s.signature()
		if err := tx.PublishSet(ctx, set); err != nil {
			return err
		}
		if out, err = bareSet(&tx.ReadTx, &set); err == nil {
			out.Stats = Stats(totals)
		}
		return err
	})
	if err != nil {
		return AnnotationSet{}, err
	}
	return out, nil
}

// Verify reads every label of a published set, recomputes statistics and digests, and compares them with those that
// publishing has stored.
//
// Errors: [ErrNotFound]; a [*DraftError]; [ErrCorrupt] with what differs, or if the file cannot be read as what it was.
func (s *Store) Verify(ctx context.Context, setID uuid.UUID) error {
	const op = "verify"
	return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findPublished(ctx, tx, op, setID)
		if err == nil {
			db := s.db
			if s.view != nil {
				db = nil // other readers would read another state
			}
			err = survey.Verify(ctx, db, tx, &set)
		}
		return s.damage(err)
	})
}

// noteChanges adds the change log of a draft that is being published to its notes.
func noteChanges(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow, totals *survey.Totals) error {
	parent, err := diff.FindPredecessor(ctx, tx, set)
	if err != nil {
		return err
	}
	log, err := changelog.Against(ctx, tx, parent.Set, set, DefaultMinIoU,
		func() (survey.Totals, error) { return *totals, nil })
	if err != nil {
		return err
	}
	if set.Notes != "" {
		end := len(strings.TrimRight(set.Notes, "\r\n"))
		// What was reviewed stays to the byte.
		log = set.Notes + "\n\n"[min(2, strings.Count(set.Notes[end:], "\n")):] + log
	}
	p := &problems{op: op}
	if p.Text(-1, "notes", log); p.err() != nil {
		return p.err()
	}
	set.Notes = log
	return nil
}

// Export writes a set to a new folder dir: for each audio file with labels, and each clean one, a file of canonical
// JSON Lines, and SHA256SUMS, by which "sha256sum -c SHA256SUMS" verifies them. The SHA-256 of SHA256SUMS is the digest
// of the set, published or, if a draft, as it would be now.
//
// Each line is one label with the keys artifact_type, start_ms, end_ms, confidence and extra_data, the last two only
// where there is something; the file of a clean audio file is empty. Files are named after the audio file id and end in
// ".jsonl"; what a file system could take amiss is percent-encoded, and a "~" with a note of upper and lower case
// follows where there is upper case, so that no two ids share a name on any system. The folder is made under another name
// beside dir, which must be possible, and moved to dir once all is there.
//
// Errors: [ErrNotFound]; [ErrExists] if there is something at dir other than an empty folder; those of the file system.
// After an error there is nothing at dir.
func (s *Store) Export(ctx context.Context, setID uuid.UUID, dir string) error {
	op := fmt.Sprintf("export to %q", dir)
	if err := s.gone(); err != nil {
		return translate(op, err)
	}
	return s.outcome(op, whole.Write(whole.Folder, dir, func(temp string) error {
		return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
			set, err := findSet(ctx, tx, op, setID)
			if err != nil {
				return err
			}
			if err := os.Mkdir(temp, 0o777); err != nil {
				return err
			}
			return survey.Export(ctx, tx, &set, temp)
		})
	}))
}
