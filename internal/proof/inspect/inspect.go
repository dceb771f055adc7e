// Package inspect checks a store from outside: it finds broken invariants in its file, and writes down all that it
// holds.
package inspect

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver of OpenRaw

	"github.com/annoset/annoset"
)

// OpenRaw opens the file of a store as any SQLite program would: without foreign keys.
func OpenRaw(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()+
		"?_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// File checks the integrity, foreign keys and invariants of a store's file. The error names everything that is broken.
func File(ctx context.Context, path string) (err error) {
	db, err := OpenRaw(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		return errors.Join(fmt.Errorf("integrity: %q", verdict), err)
	}
	errs := []error{finds(ctx, db, "foreign keys", `PRAGMA foreign_key_check`)}
	for what, query := range invariants {
		errs = append(errs, finds(ctx, db, what, query))
	}
	return errors.Join(errs...)
}

// finds returns an error if a query finds something.
func finds(ctx context.Context, db *sql.DB, what, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer rows.Close()
	if rows.Next() {
		var id any
		if columns, err := rows.Columns(); err == nil && len(columns) == 1 {
			err = rows.Scan(&id)
			return errors.Join(fmt.Errorf("broken: %s (%v)", what, id), err)
		}
		return fmt.Errorf("broken: %s", what)
	}
	return rows.Err()
}

// Store verifies every published set of a store, and checks that every draft has as many labels as its statistics say.
func Store(ctx context.Context, s *annoset.Store) error {
	return eachSet(ctx, s, func(set *annoset.AnnotationSet) error {
		if set.Status == annoset.StatusPublished {
			return s.Verify(ctx, set.ID)
		}
		n := int64(0)
		for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
			if err != nil {
				return err
			}
			n++
		}
		if n != set.TotalAnnotations {
			return fmt.Errorf("version %d: total_annotations is %d, and %d are read", set.Version, set.TotalAnnotations, n)
		}
		return nil
	}, nil)
}

// eachSet calls fn for every set of a store. If first is not nil, it is called for each dataset before its sets.
func eachSet(ctx context.Context, s *annoset.Store, fn func(*annoset.AnnotationSet) error,
	first func(*annoset.Dataset) error,
) error {
	datasets, err := s.Datasets(ctx)
	if err != nil {
		return err
	}
	for i := range datasets {
		if first != nil {
			if err := first(&datasets[i]); err != nil {
				return err
			}
		}
		sets, err := s.Sets(ctx, datasets[i].ID, annoset.SetFilter{})
		if err != nil {
			return err
		}
		for j := range sets {
			if err := fn(&sets[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Dump writes down all that a store holds, one value a line, for comparison.
func Dump(ctx context.Context, s *annoset.Store) (string, error) {
	var b strings.Builder
	lines := json.NewEncoder(&b)
	err := eachSet(ctx, s, func(set *annoset.AnnotationSet) error {
		if err := lines.Encode(set); err != nil {
			return err
		}
		for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
			if err := errors.Join(err, lines.Encode(inForm(a))); err != nil {
				return err
			}
		}
		for f, err := range s.CleanAudioFiles(ctx, set.ID) {
			if err := errors.Join(err, lines.Encode(f)); err != nil {
				return err
			}
		}
		return nil
	}, func(d *annoset.Dataset) error {
		files, err := s.AudioFiles(ctx, d.ID)
		if err != nil {
			return err
		}
		return errors.Join(lines.Encode(d), lines.Encode(files), beside(ctx, s, d, lines))
	})
	return b.String(), err
}

// dumped is an annotation in the form of a dump, which the sums in testdata are taken of: a field that is absent is
// left out.
type dumped struct {
	ID           int64           `json:"id"`
	AudioFileID  string          `json:"audio_file_id"`
	ArtifactType string          `json:"artifact_type"`
	StartMS      int64           `json:"start_ms"`
	EndMS        int64           `json:"end_ms"`
	Confidence   *float64        `json:"confidence,omitempty"`
	ExtraData    json.RawMessage `json:"extra_data,omitempty"`
}

func inForm(a annoset.Annotation) dumped { return dumped(a) }

// beside writes down the reviews, training runs and tags of a dataset.
func beside(ctx context.Context, s *annoset.Store, d *annoset.Dataset, lines *json.Encoder) error {
	sets, err := s.Sets(ctx, d.ID, annoset.SetFilter{})
	if err != nil {
		return err
	}
	for _, set := range sets {
		if reviews, err := s.Reviews(ctx, set.ID); err != nil || len(reviews) > 0 {
			if err := errors.Join(err, lines.Encode(reviews)); err != nil {
				return err
			}
		}
	}
	if runs, err := s.TrainingRuns(ctx, annoset.TrainingFilter{DatasetID: d.ID}); err != nil || len(runs) > 0 {
		if err := errors.Join(err, lines.Encode(runs)); err != nil {
			return err
		}
	}
	tags, err := s.Tags(ctx, d.ID)
	if err != nil {
		return err
	}
	for _, tag := range tags {
		moves, err := s.TagHistory(ctx, d.ID, tag.Tag)
		if err := errors.Join(err, lines.Encode(moves)); err != nil {
			return err
		}
	}
	return nil
}
