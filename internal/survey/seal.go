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

// Seal stores the digest of each audio file that a draft has changed, and returns the draft's totals and the digest of
// all its files. What breaks a rule is added to p. The caller has not written anything that the set sees.
func Seal(ctx context.Context, db *sqlite.DB, tx *sqlite.WriteTx, set *sqlite.SetRow, p *valid.Problems,
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

// keepDigests stores what a survey of a draft found in each audio file.
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

// Publish fills in the fields of a row that a published set has.
func Publish(r *sqlite.SetRow, totals *Totals, digest string, nowMS int64) error {
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

// Verify reads every label of a published set and compares totals and digests with those that publishing stored. What
// differs is an error that wraps [sqlite.ErrDamaged]. With db it reads through several readers at once; nil: through tx
// alone.
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
