// Command byhand is the contestant that a user writes in an afternoon: one table of labels with the number of their
// set, through sqlx on the same pure Go driver that annoset has.
package main

import (
	"context"
	"encoding/json"
	"path/filepath"

	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite" // the driver

	"github.com/annoset/annoset/internal/peers/contest"
)

func main() { contest.Main(&contestant{}) }

type contestant struct {
	db     *sqlx.DB
	draft  int
	lastID int64 // the highest label id ever given
}

func (*contestant) About() contest.About {
	return contest.About{
		Name:       "by hand",
		What:       "sqlx on modernc.org/sqlite, one table with a set id, one INSERT a row, a copy a version",
		Durability: "WAL, synchronous=FULL: the log is synced at each commit",
		LeavesOut:  "validation, immutability, digest",
	}
}

const schema = `
	CREATE TABLE annotation_set (
		id         INTEGER PRIMARY KEY,
		published  INTEGER NOT NULL DEFAULT 0,
		statistics TEXT
	);
	CREATE TABLE label (
		set_id        INTEGER NOT NULL REFERENCES annotation_set (id),
		id            INTEGER NOT NULL,  -- stays from version to version
		audio_file_id TEXT NOT NULL,
		artifact_type TEXT NOT NULL,
		start_ms      INTEGER NOT NULL,
		end_ms        INTEGER NOT NULL,
		confidence    REAL,
		PRIMARY KEY (set_id, id)
	) WITHOUT ROWID;
	CREATE INDEX label_by_file ON label (set_id, audio_file_id, start_ms);
	INSERT INTO annotation_set (id) VALUES (1);`

func (c *contestant) Open(ctx context.Context, dir string) (err error) {
	path := filepath.Join(dir, "labels.sqlite")
	c.db, err = sqlx.ConnectContext(ctx, "sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=foreign_keys(1)")
	if err != nil {
		return err
	}
	c.draft = 1
	_, err = c.db.ExecContext(ctx, schema)
	return err
}

func (c *contestant) Close() error { return c.db.Close() }

// write runs fn in a transaction.
func (c *contestant) write(ctx context.Context, fn func(*sqlx.Tx) error) error {
	tx, err := c.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to undo
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

const insertLabel = `
	INSERT INTO label (set_id, id, audio_file_id, artifact_type, start_ms, end_ms, confidence)
	VALUES (?, ?, ?, ?, ?, ?, ?)`

func (c *contestant) Import(ctx context.Context, labels contest.Stream) (n int64, err error) {
	err = c.write(ctx, func(tx *sqlx.Tx) error {
		insert, err := tx.PreparexContext(ctx, insertLabel)
		if err != nil {
			return err
		}
		defer insert.Close()
		for l, err := range labels {
			if err != nil {
				return err
			}
			c.lastID++
			n++
			_, err := insert.ExecContext(ctx, c.draft, c.lastID, l.File, l.Type, l.StartMS, l.EndMS, l.Confidence)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func (c *contestant) Publish(ctx context.Context) error {
	return c.write(ctx, func(tx *sqlx.Tx) error {
		stats, err := statistics(ctx, tx, c.draft)
		if err != nil {
			return err
		}
		text, err := json.Marshal(stats)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE annotation_set SET published = 1, statistics = ? WHERE id = ?`,
			string(text), c.draft)
		return err
	})
}

func (c *contestant) NewVersion(ctx context.Context, from int) error {
	return c.write(ctx, func(tx *sqlx.Tx) error {
		c.draft++
		if _, err := tx.ExecContext(ctx, `INSERT INTO annotation_set (id) VALUES (?)`, c.draft); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO label (set_id, id, audio_file_id, artifact_type, start_ms, end_ms, confidence)
			SELECT ?, id, audio_file_id, artifact_type, start_ms, end_ms, confidence
			FROM label
			WHERE set_id = ?
			ORDER BY id`, c.draft, from)
		return err
	})
}

func (c *contestant) Edit(ctx context.Context, edits []contest.Edit) error {
	return c.write(ctx, func(tx *sqlx.Tx) error {
		for i := range edits {
			if err := c.edit(ctx, tx, &edits[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *contestant) edit(ctx context.Context, tx *sqlx.Tx, e *contest.Edit) (err error) {
	l := &e.New
	switch e.Kind {
	case contest.Change:
		_, err = tx.ExecContext(ctx, `
			UPDATE label
			SET audio_file_id = ?, artifact_type = ?, start_ms = ?, end_ms = ?, confidence = ?
			WHERE set_id = ? AND id = ?`, l.File, l.Type, l.StartMS, l.EndMS, l.Confidence, c.draft, l.ID)
	case contest.Remove:
		_, err = tx.ExecContext(ctx, `DELETE FROM label WHERE set_id = ? AND id = ?`, c.draft, e.Old.ID)
	case contest.Add:
		c.lastID++
		_, err = tx.ExecContext(ctx, insertLabel, c.draft, c.lastID, l.File, l.Type, l.StartMS, l.EndMS, l.Confidence)
	}
	return err
}

func (c *contestant) Statistics(ctx context.Context) (contest.Statistics, error) {
	return statistics(ctx, c.db, c.draft)
}

// Covered time counts overlaps once: of each label, what reaches past all that began before it.
const (
	selectTotals = `
		SELECT count(*), coalesce(sum(max(end_ms - max(start_ms, covered), 0)), 0), count(DISTINCT audio_file_id)
		FROM (
			SELECT audio_file_id, start_ms, end_ms, coalesce(max(end_ms) OVER (
				PARTITION BY audio_file_id
				ORDER BY start_ms
				ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS covered
			FROM label
			WHERE set_id = ?)`
	selectByType = `
		SELECT artifact_type, count(*), sum(max(end_ms - max(start_ms, covered), 0))
		FROM (
			SELECT artifact_type, start_ms, end_ms, coalesce(max(end_ms) OVER (
				PARTITION BY audio_file_id, artifact_type
				ORDER BY start_ms
				ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS covered
			FROM label
			WHERE set_id = ?)
		GROUP BY artifact_type`
)

func statistics(ctx context.Context, q sqlx.QueryerContext, set int) (contest.Statistics, error) {
	s := contest.Statistics{ByType: map[string]int64{}, CoveredType: map[string]int64{}}
	if err := q.QueryRowxContext(ctx, selectTotals, set).Scan(&s.Labels, &s.CoveredMS, &s.Files); err != nil {
		return contest.Statistics{}, err
	}
	rows, err := q.QueryxContext(ctx, selectByType, set) //nolint:sqlclosecheck // it is closed below
	if err != nil {
		return contest.Statistics{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n, ms int64
		if err := rows.Scan(&name, &n, &ms); err != nil {
			return contest.Statistics{}, err
		}
		s.ByType[name], s.CoveredType[name] = n, ms
	}
	return s, rows.Err()
}

const selectDiff = `
	SELECT n.id, n.audio_file_id, n.artifact_type, n.start_ms, n.end_ms, n.confidence, o.id IS NULL
	FROM label n
	LEFT JOIN label o ON o.set_id = ?1 AND o.id = n.id
	WHERE n.set_id = ?2 AND (n.audio_file_id, n.artifact_type, n.start_ms, n.end_ms, n.confidence)
		IS NOT (o.audio_file_id, o.artifact_type, o.start_ms, o.end_ms, o.confidence)`

const selectGone = `
	SELECT o.id, o.audio_file_id, o.artifact_type, o.start_ms, o.end_ms, o.confidence, 0
	FROM label o
	WHERE o.set_id = ?1 AND NOT EXISTS (SELECT 1 FROM label n WHERE n.set_id = ?2 AND n.id = o.id)`

func (c *contestant) Diff(ctx context.Context, from, to int) (changes contest.Changes, err error) {
	var l contest.Label
	var added bool
	for _, query := range []string{selectDiff, selectGone} {
		rows, err := c.db.QueryContext(ctx, query, from, to)
		if err != nil {
			return contest.Changes{}, err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&l.ID, &l.File, &l.Type, &l.StartMS, &l.EndMS, &l.Confidence, &added); err != nil {
				return contest.Changes{}, err
			}
			switch {
			case query == selectGone:
				changes.Removed++
			case added:
				changes.Added++
			default:
				changes.Changed++
			}
		}
		if err := rows.Err(); err != nil {
			return contest.Changes{}, err
		}
	}
	return changes, nil
}

func (c *contestant) ReadAll(ctx context.Context, version int, fn func(*contest.Label)) error {
	return c.read(ctx, fn, `
		SELECT id, audio_file_id, artifact_type, start_ms, end_ms, confidence
		FROM label
		WHERE set_id = ?
		ORDER BY audio_file_id, start_ms, id`, version)
}

func (c *contestant) ReadFile(ctx context.Context, version int, file string, fn func(*contest.Label)) error {
	return c.read(ctx, fn, `
		SELECT id, audio_file_id, artifact_type, start_ms, end_ms, confidence
		FROM label
		WHERE set_id = ? AND audio_file_id = ?
		ORDER BY start_ms, id`, version, file)
}

func (c *contestant) read(ctx context.Context, fn func(*contest.Label), query string, args ...any) error {
	rows, err := c.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var l contest.Label
	for rows.Next() {
		if err := rows.Scan(&l.ID, &l.File, &l.Type, &l.StartMS, &l.EndMS, &l.Confidence); err != nil {
			return err
		}
		fn(&l)
	}
	return rows.Err()
}

// Settle empties the write-ahead log into the file.
func (c *contestant) Settle(ctx context.Context) error {
	_, err := c.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}
