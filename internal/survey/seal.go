package survey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// Seal computes and stores the digest of each audio file that a draft has changed. It returns the totals and the digest
// of the draft. If a label breaks a rule, problems are added to p and the error is [valid.ErrInvalid]. The caller must
// not have written anything that the set sees, because Seal also reads through other connections of db.
func Seal(
	ctx context.Context, db *sqlite.DB, tx *sqlite.WriteTx, set *sqlite.SetRow, p *valid.Problems,
) (totals Totals, digest string, err error) {
	s, err := newSurvey(ctx, &tx.ReadTx, set, false)
	if err != nil {
		return Totals{}, "", err
	}
	s.digests = true
	var list *listing
	if s.workers(db) > 1 {
		list = listFiles(ctx, db, set.LayerID)
		defer list.close()
	}
	if err := s.runParallel(ctx, db, &tx.ReadTx); err != nil {
		return Totals{}, "", err
	}
	if err := s.keepDigests(ctx, tx, p); err != nil {
		return Totals{}, "", err
	}
	if list != nil {
		digest, err = list.digest(s)
	} else {
		digest, err = storedDigest(ctx, &tx.ReadTx, set)
	}
	if err != nil {
		return Totals{}, "", err
	}
	totals, err = s.totals(ctx, &tx.ReadTx)
	return totals, digest, err
}

// keepDigests stores the number of labels and the digest of each surveyed audio file.
func (s *survey) keepDigests(ctx context.Context, tx *sqlite.WriteTx, p *valid.Problems) error {
	for i, f := range s.files {
		result := &s.results[i]
		if f.DurationMS > 0 && result.lastEndMS > f.DurationMS {
			p.Add(-1, "end_ms", "of a label is %d, past the end of %s at %d", result.lastEndMS, valid.Brief(f.Name),
				f.DurationMS)
		}
		if err := tx.UpdateLayerFile(ctx, sqlite.LayerFile{
			LayerID: s.set.LayerID, FileID: f.ID, Clean: f.Clean,
			Annotations: &result.annotations, Digest: result.digest,
		}); err != nil {
			return err
		}
	}
	return p.Err()
}

// FillPublished sets the fields of a row that publishing computes. It writes nothing to the store.
func FillPublished(r *sqlite.SetRow, totals *Totals, digest string, nowMS int64) error {
	byType, err := json.Marshal(totals.AnnotationsByType)
	if err != nil {
		return err
	}
	durations, err := json.Marshal(totals.DurationMSByType)
	if err != nil {
		return err
	}
	counts, spans := string(byType), string(durations)
	r.Status, r.PublishedMS, r.Digest = sqlite.StatusPublished, &nowMS, &digest
	r.Annotations, r.PositiveDurationMS = &totals.TotalAnnotations, &totals.TotalPositiveDurationMS
	r.AnnotatedAudioFiles, r.CleanAudioFiles = &totals.AnnotatedAudioFiles, &totals.CleanAudioFiles
	r.AnnotationsByType, r.DurationMSByType = &counts, &spans
	return nil
}

// Verify reads every label of a published set and compares totals and digests with those that publishing stored. If any
// differ, the error names them and wraps [sqlite.ErrDamaged]. Verify reads through several connections of db at once;
// if db is nil, it reads through tx alone.
func Verify(ctx context.Context, db *sqlite.DB, tx *sqlite.ReadTx, set *sqlite.SetRow) error {
	was, err := stored(set)
	if err != nil {
		return err
	}
	s, err := newSurvey(ctx, tx, set, true)
	if err != nil {
		return err
	}
	s.digests = true
	if err := s.runParallel(ctx, db, tx); err != nil {
		return err
	}
	m := newManifest()
	var differ []error
	for i, f := range s.files {
		digest := s.results[i].digest
		if digest != nil {
			m.add(digest, f.Name)
		}
		if !bytes.Equal(digest, f.Digest) && len(differ) < valid.MaxProblems {
			differ = append(differ, fmt.Errorf("the labels of audio file %s are not those that were published",
				valid.Brief(f.Name)))
		}
	}
	is := s.ownTotals()
	differ = append(differ, differences(&was, &is)...)
	if set.Digest == nil || m.String() != *set.Digest {
		differ = append(differ, fmt.Errorf("the digest is %s, not %s", m, storedText(set.Digest)))
	}
	if len(differ) > 0 {
		return fmt.Errorf("%w: version %d: %w", sqlite.ErrDamaged, set.Version, errors.Join(differ...))
	}
	return nil
}

func storedText(digest *string) string {
	if digest == nil {
		return "absent"
	}
	return *digest
}
