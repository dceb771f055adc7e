package annoset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/changelog"
	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/survey"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/sqlite"
)

// PublishOptions configure [Store.Publish]. Nil and the zero value mean the defaults.
type PublishOptions struct {
	// AllowEmpty also publishes a set that has neither labels nor clean audio files. It can never be deleted again.
	AllowEmpty bool `json:"allow_empty,omitempty"`
	// Check, if not nil, refuses a draft that fails [Store.Check] with these options. The check reads every label of the
	// set, unchanged ones too, while other writers wait.
	Check *CheckOptions `json:"check,omitempty"`
	// ChangeLog adds to the notes what [Store.ChangeLog] writes about the changes since the published set that the draft
	// stands on, or since an empty set if there is none. The log comes after the notes and an empty line. It voids no
	// review.
	ChangeLog bool `json:"change_log,omitempty"`
}

// Publish computes the statistics and the digest of a draft and locks it forever, in one transaction that survives a
// loss of power. From then on the set can be used for training, and can no longer be edited, reviewed, unpublished or
// deleted. For a version made from a published set, the time is proportional to the audio files that it has changed.
// Options may be nil.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published already; an [*ApprovalError] if approvals that
// the dataset requires are missing, or a review rejects the draft; [ErrEmptySet]; a [*CheckError] with the report if
// the check of PublishOptions.Check fails; a [*ValidationError] if its options are invalid, if the change log makes the
// notes too long, or if another program has written labels to the file that break a rule. After an error the set is a
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
			return fmt.Errorf("%w: once published, version %d could never be deleted", ErrEmptySet, set.Version)
		}
		if opts.ChangeLog {
			if err := noteChanges(ctx, &tx.ReadTx, op, &set, &totals); err != nil {
				return err
			}
		}
		if err := tx.WeighLayer(ctx, set.LayerID); err != nil {
			return err
		}
		now, err := s.stamp(op)
		if err != nil {
			return err
		}
		// A clock that was set back must not let a set be published before it was created.
		if err := survey.FillPublished(&set, &totals, digest, max(now, set.CreatedMS)); err != nil {
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

// Verify reads every label of a published set, recomputes the statistics and digests, and compares them with the stored
// ones.
//
// Errors: [ErrNotFound]; a [*DraftError]; [ErrCorrupt] with what differs, or if the file can no longer be read.
func (s *Store) Verify(ctx context.Context, setID uuid.UUID) error {
	const op = "verify"
	return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findPublished(ctx, tx, op, setID)
		if err == nil {
			db := s.db
			if s.view != nil {
				db = nil // further readers would read another state
			}
			err = survey.Verify(ctx, db, tx, &set)
		}
		return s.damage(err)
	})
}

// Export writes a set to a new folder dir: a file of canonical JSON Lines for each audio file that has labels or is
// clean, and SHA256SUMS, with which "sha256sum -c SHA256SUMS" verifies them. The SHA-256 of SHA256SUMS is the digest of
// the set, or, for a draft, the digest that publishing it now would give.
//
// Each line is one label, with the keys artifact_type, start_ms, end_ms, and where present confidence and extra_data.
// The file of a clean audio file is empty. Files are named after the audio file id and end in ".jsonl". Characters that
// a file system may reject are percent-encoded, and "~" and a note of the upper-case letters follow a name that has
// any, so no two ids share a file name on any system. The folder is made under another name beside dir, and moved to
// dir when complete and synced.
//
// Errors: [ErrNotFound]; [ErrExists] if there is something at dir other than an empty folder; a [*ValidationError] if
// dir is ""; those of the file system. After an error nothing was written to dir.
func (s *Store) Export(ctx context.Context, setID uuid.UUID, dir string) error {
	op := fmt.Sprintf("export to %q", dir)
	if err := cmp.Or(s.ready(ctx, op), named(op, dir)); err != nil {
		return err
	}
	return s.outcome(op, whole.Write(ctx, whole.Folder, dir, func(temp string) error {
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
		// Reviewers saw the notes: they stay as they are, to the byte.
		log = set.Notes + "\n\n"[min(2, strings.Count(set.Notes[end:], "\n")):] + log
	}
	p := &problems{op: op}
	if p.Text(-1, "notes", log); p.err() != nil {
		return p.err()
	}
	set.Notes = log
	return nil
}

// Backup writes a complete, consistent copy of the store to a new file at path, while others read and write. The copy
// is synced to disk, has the same ids, versions and digests, and takes no more room than it needs. It is made in a
// folder ".annoset-*" beside path, which is left behind only if the process is killed.
//
// Errors: [ErrExists] if there is something at path; [ErrReadOnly] in a [Store.View]; a [*ValidationError] if path is
// empty; those of the file system. After an error nothing was written to path.
func (s *Store) Backup(ctx context.Context, path string) error {
	op := fmt.Sprintf("back up to %q", path)
	if err := cmp.Or(s.ready(ctx, op), named(op, path)); err != nil {
		return err
	}
	if err := s.refuse(op); err != nil {
		return err
	}
	return s.outcome(op, whole.Write(ctx, whole.File, path, func(temp string) error { return s.db.Backup(ctx, temp) }))
}

// Restore puts a copy of a backup in the place of the store at path, or makes the store if there is none. The backup
// is a file that [Store.Backup] wrote, or any other store that nobody writes to; it stays as it is. Whatever file is
// at path is replaced, even one that is damaged or not a store.
//
// Nobody may have the store at path open. Restore detects stores in any process that do, except those of a file that is
// no longer a database, and read-only ones opened while nobody wrote: they return [ErrMoved] or [ErrBusy].
//
// Do not copy a backup by hand: SQLite would take the log path-wal beside the file for the log of that file. Restore
// checks that the backup is a store and sound, and writes a synced copy in a folder ".annoset-*" beside path, with the
// permissions of the file at path. It then locks the old store, moves its log into it, removes the companions and moves
// the copy to path. A crash at any moment leaves the old store or the new one at path, each whole; only the log of a
// damaged old store, or one not its own, may be lost before.
//
// Errors: a [*ValidationError] if a path is empty or both name the same file; [ErrBusy] if the store at path is open or
// the backup is written to; [ErrNotAStore], [ErrNewerSchema] or [ErrCorrupt] for the backup; [ErrReadOnly] if the file
// at path cannot be written to; [ErrExists] if a folder is at path or where a companion would be, or a file was made at
// path; those of the file system. After an error the old store is as it was, but its log may be in its file; if the
// last sync failed, it is the new one.
func Restore(ctx context.Context, backup, path string) error {
	op := fmt.Sprintf("restore %q from %q", path, backup)
	p := &problems{op: op}
	if ctx == nil {
		p.Add(-1, "ctx", "is nil")
	}
	for _, file := range []struct{ field, path string }{{"backup", backup}, {"path", path}} {
		if file.path == "" {
			p.Add(-1, file.field, "is empty")
		}
	}
	if err := p.err(); err != nil {
		return err
	}
	return translate(op, restore(ctx, p, op, backup, path))
}

func restore(ctx context.Context, p *problems, op, backup, path string) error {
	path, err := sqlite.Resolve(path)
	if err != nil {
		return err
	}
	from, err := os.Stat(backup)
	if err != nil {
		return err
	}
	to, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case to.IsDir():
		return &ExistsError{Op: op, Kind: "folder", Name: path}
	case os.SameFile(from, to):
		p.Add(-1, "backup", "is the file that it would replace")
		return p.err()
	}
	return whole.Replace(ctx, &whole.Replacement{
		Path:   path,
		Beside: sqlite.Companions,
		Write:  func(temp string) error { return sqlite.Copy(ctx, configOf(ctx, backup), temp) },
		Hold: func(temp string) (func() error, error) {
			release, folded, err := sqlite.Hold(ctx, configOf(ctx, path), temp)
			if folded {
				whole.Synced(ctx, path)
			}
			return release, err
		},
	})
}
