package annoset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/valid"
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
		stats, digest, err := s.sealFiles(ctx, tx, op, &set)
		if err != nil {
			return err
		}
		if stats.TotalAnnotations == 0 && stats.CleanAudioFiles == 0 && !opts.AllowEmpty {
			return fmt.Errorf("%w: version %d could never be deleted again", ErrEmptySet, set.Version)
		}
		if opts.ChangeLog {
			if err := noteChanges(ctx, &tx.ReadTx, op, &set, &stats); err != nil {
				return err
			}
		}
		if err := tx.WeighLayer(ctx, set.LayerID); err != nil {
			return err
		}
		if err := fillPublished(&set, &stats, digest, s.stamp()); err != nil {
			return err
		}
		set.PublishedBy = s.signature()
		if err := tx.PublishSet(ctx, set); err != nil {
			return err
		}
		out, err = setOf(ctx, &tx.ReadTx, set)
		return err
	})
	if err != nil {
		return AnnotationSet{}, err
	}
	return out, nil
}

// sealFiles keeps the digest of each audio file that a draft has changed, and returns the draft's statistics and the digest
// of all its files.
func (s *Store) sealFiles(ctx context.Context, tx *sqlite.WriteTx, op string, set *sqlite.SetRow,
) (stats Stats, digest string, err error) {
	sv, err := newSurvey(ctx, &tx.ReadTx, set, false)
	if err != nil {
		return Stats{}, "", err
	}
	sv.digests = true
	var list *listing
	if sv.workers(s.db) > 1 {
		list = s.listFiles(ctx, set.LayerID)
		defer list.close()
	}
	if err := sv.runParallel(ctx, s.db, &tx.ReadTx); err != nil {
		return Stats{}, "", err
	}
	if err := keepDigests(ctx, tx, op, sv); err != nil {
		return Stats{}, "", err
	}
	if list != nil {
		digest, err = list.digest(sv)
	} else {
		digest, err = storedDigest(ctx, &tx.ReadTx, set)
	}
	if err != nil {
		return Stats{}, "", err
	}
	stats, err = sv.stats(ctx, &tx.ReadTx)
	return stats, digest, err
}

// keepDigests keeps what a survey of a draft has found of each audio file.
func keepDigests(ctx context.Context, tx *sqlite.WriteTx, op string, sv *survey) error {
	p := &problems{op: op}
	for i, f := range sv.files {
		result := &sv.results[i]
		if f.DurationMS > 0 && result.lastEndMS > f.DurationMS {
			p.Add(-1, "end_ms", "of a label is %d, past the end of %s at %d", result.lastEndMS, valid.Brief(f.Name), f.DurationMS)
		}
		if err := tx.UpdateLayerFile(ctx, sqlite.LayerFile{
			LayerID: sv.set.LayerID, FileID: f.ID, Clean: f.Clean,
			Annotations: &result.annotations, Digest: result.digest,
		}); err != nil {
			return err
		}
	}
	return p.err()
}

func fillPublished(r *sqlite.SetRow, stats *Stats, digest string, now int64) error {
	byType, err := json.Marshal(stats.AnnotationsByType)
	if err != nil {
		return err
	}
	durations, err := json.Marshal(stats.DurationMSByType)
	if err != nil {
		return err
	}
	counts, spans := string(byType), string(durations)
	r.Status, r.PublishedMS, r.Digest = sqlite.StatusPublished, &now, &digest
	r.Annotations, r.PositiveDurationMS = &stats.TotalAnnotations, &stats.TotalPositiveDurationMS
	r.AnnotatedAudioFiles, r.CleanAudioFiles = &stats.AnnotatedAudioFiles, &stats.CleanAudioFiles
	r.AnnotationsByType, r.DurationMSByType = &counts, &spans
	return nil
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
			err = s.verify(ctx, tx, &set)
		}
		return s.damage(err)
	})
}

func (s *Store) verify(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) error {
	stored, err := storedStats(set)
	if err != nil {
		return err
	}
	sv, err := newSurvey(ctx, tx, set, true)
	if err != nil {
		return err
	}
	sv.digests = true
	db := s.db
	if s.view != nil {
		db = nil // other readers would read another state
	}
	if err := sv.runParallel(ctx, db, tx); err != nil {
		return err
	}
	m := newManifest()
	var differ []error
	for i, f := range sv.files {
		digest := sv.results[i].digest
		if digest != nil {
			m.add(digest, f.Name)
		}
		if !bytes.Equal(digest, f.Digest) && len(differ) < MaxProblems {
			differ = append(differ, fmt.Errorf("the labels of audio file %s are not those that were published",
				valid.Brief(f.Name)))
		}
	}
	stats := sv.ownStats()
	differ = append(differ, statsDiffer(&stored, &stats)...)
	if m.String() != *set.Digest {
		differ = append(differ, fmt.Errorf("the digest is %s, not %s", m, *set.Digest))
	}
	if len(differ) > 0 {
		return fmt.Errorf("%w: version %d: %w", ErrCorrupt, set.Version, errors.Join(differ...))
	}
	return nil
}

// statsDiffer says which statistics are not what they were. Types that the dataset has declared since count for
// nothing.
func statsDiffer(stored, now *Stats) []error {
	var differ []error
	number := func(name string, was, is int64) {
		if was != is {
			differ = append(differ, fmt.Errorf("%s is %d, not %d", name, is, was))
		}
	}
	number("total_annotations", stored.TotalAnnotations, now.TotalAnnotations)
	number("total_positive_duration_ms", stored.TotalPositiveDurationMS, now.TotalPositiveDurationMS)
	number("annotated_audio_files", stored.AnnotatedAudioFiles, now.AnnotatedAudioFiles)
	number("clean_audio_files", stored.CleanAudioFiles, now.CleanAudioFiles)
	byType := func(name string, was, is map[string]int64) {
		was, is = maps.Clone(was), maps.Clone(is)
		none := func(_ string, n int64) bool { return n == 0 }
		maps.DeleteFunc(was, none)
		maps.DeleteFunc(is, none)
		if !maps.Equal(was, is) {
			differ = append(differ, fmt.Errorf("%s is %v, not %v", name, is, was))
		}
	}
	byType("annotations_by_type", stored.AnnotationsByType, now.AnnotationsByType)
	byType("duration_ms_by_type", stored.DurationMSByType, now.DurationMSByType)
	return differ
}
