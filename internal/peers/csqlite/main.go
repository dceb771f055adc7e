//go:build cgo

// Command csqlite is the limit: SQLite in C, annoset's own tables and the statements that suit them best, and nothing
// of the rules above them. It is run in the folder of the peers, from where it finds the schema.
package main

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/annoset/annoset/internal/peers/contest"
)

func main() {
	contest.Main(&contestant{files: newNames("audio_file"), types: newNames("artifact_type")})
}

const schemaPath = "../../sqlite/schema/0001_init.sql"

type contestant struct {
	conn         *conn
	layers       []int64              // by version, from 1
	stats        []contest.Statistics // by version: of the published
	lastID       int64
	files, types *names
}

func (*contestant) About() contest.About {
	return contest.About{
		Name:       "C SQLite",
		What:       "mattn/go-sqlite3 (cgo) without database/sql, annoset's schema, its best statements",
		Durability: "WAL, synchronous=FULL: the log is synced at each commit",
		LeavesOut:  "validation, the triggers of immutability, digest, folding of layers, concurrent readers",
	}
}

func (c *contestant) Open(_ context.Context, dir string) (err error) {
	schema, err := os.ReadFile(schemaPath)
	if err != nil {
		return err
	}
	if c.conn, err = open(filepath.Join(dir, "labels.sqlite")); err != nil {
		return err
	}
	c.layers, c.stats = []int64{0}, []contest.Statistics{{}}
	return errors.Join(
		c.conn.script(string(schema)),
		c.conn.script(`
			INSERT INTO dataset (id, uuid, name, description, created_ms, updated_ms)
			VALUES (1, '00000000-0000-0000-0000-000000000001', 'peers', '', 0, 0)`),
		c.conn.write(func() error { return c.addSet(nil) }))
}

func (c *contestant) Close() error { return c.conn.close() }

// addSet adds a draft that stands on a version, nil being none.
func (c *contestant) addSet(from *int) error {
	version := len(c.layers)
	var below, base driver.Value
	if from != nil {
		below, base = c.layers[*from], int64(*from)
	}
	layer, err := c.conn.exec(`INSERT INTO layer (dataset_id, below_id) VALUES (1, ?)`, below)
	if err != nil {
		return err
	}
	c.layers = append(c.layers, layer)
	if _, err := c.conn.exec(`
		INSERT INTO layer_stack (layer_id, depth, seen_id)
		SELECT ?1, 0, ?1
		UNION ALL
		SELECT ?1, depth + 1, seen_id FROM layer_stack WHERE layer_id = ?2`, layer, below); err != nil {
		return err
	}
	if _, err := c.conn.exec(`
		INSERT INTO annotation_set (id, uuid, dataset_id, version, layer_id, base_id, status, notes, created_ms)
		VALUES (?1, ?2, 1, ?1, ?3, ?4, 'draft', '', 0)`,
		int64(version), fmt.Sprintf("%036d", version), layer, base); err != nil {
		return err
	}
	_, err = c.conn.exec(`UPDATE dataset SET last_version = ? WHERE id = 1`, int64(version))
	return err
}

func (c *contestant) draft() int { return len(c.layers) - 1 }

func (c *contestant) layer() int64 { return c.layers[c.draft()] }

// What a bulk insert writes in one statement, and how many labels a block has, are what annoset does.
const (
	bulkRows    = 100
	blockLabels = 64
)

const insertLabel = `
	INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed, confidence)
	VALUES `

// tuple is the place of one label among the values; what is the same for all is no parameter.
func (c *contestant) tuple(indexed int) string {
	return fmt.Sprintf("(%d, ?, ?, ?, ?, ?, %d, ?)", c.layer(), indexed)
}

func (c *contestant) Import(_ context.Context, labels contest.Stream) (n int64, err error) {
	err = c.conn.write(func() error {
		b := &bulk{c: c, full: insertLabel + strings.Repeat(c.tuple(0)+",", bulkRows-1) + c.tuple(0)}
		for l, err := range labels {
			if err != nil {
				return err
			}
			n++
			if err := b.add(l); err != nil {
				return err
			}
		}
		if err := b.end(); err != nil {
			return err
		}
		_, err := c.conn.exec(`UPDATE sequence SET last_label_id = ?`, c.lastID)
		return err
	})
	return n, err
}

// Publish keeps a digest of zeros, for the schema wants one.
func (c *contestant) Publish(ctx context.Context) error {
	return c.conn.write(func() error {
		s, err := c.Statistics(ctx)
		if err != nil {
			return err
		}
		byType, err1 := json.Marshal(s.ByType)
		covered, err2 := json.Marshal(s.CoveredType)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		c.stats = append(c.stats, s)
		if _, err := c.conn.exec(`
			UPDATE annotation_set
			SET status = 'published', published_ms = 0, digest = 'sha256:' || ?, total_annotations = ?,
				total_positive_duration_ms = ?, annotated_audio_files = ?, clean_audio_files = 0,
				annotations_by_type = ?, duration_ms_by_type = ?
			WHERE id = ?`, strings.Repeat("0", 64), s.Labels, s.CoveredMS, s.Files, string(byType), string(covered),
			int64(c.draft())); err != nil {
			return err
		}
		_, err = c.conn.exec(`UPDATE layer SET sealed = 1 WHERE id = ?`, c.layer())
		return err
	})
}

func (c *contestant) NewVersion(_ context.Context, from int) error {
	return c.conn.write(func() error { return c.addSet(&from) })
}

func (c *contestant) Edit(_ context.Context, edits []contest.Edit) error {
	return c.conn.write(func() error {
		for i := range edits {
			if err := c.edit(&edits[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// edit writes a removal and a row to the draft's layer. The workload edits no label twice in a draft, so there is no
// row of its own to look for.
func (c *contestant) edit(e *contest.Edit) error {
	l := e.New
	if e.Kind == contest.Remove {
		l = e.Old
	}
	file, kind := c.files.ids[l.File], c.types.ids[l.Type]
	if _, err := c.conn.exec(`
		INSERT INTO layer_file (layer_id, file_id, clean)
		VALUES (?, ?, 0)
		ON CONFLICT DO NOTHING`, c.layer(), file); err != nil {
		return err
	}
	if e.Kind == contest.Add {
		c.lastID++
		l.ID = c.lastID
		if _, err := c.conn.exec(`UPDATE sequence SET last_label_id = ?`, c.lastID); err != nil {
			return err
		}
	} else if _, err := c.conn.exec(`
		INSERT INTO removal (layer_id, file_id, id)
		VALUES (?, ?, ?)`, c.layer(), file, l.ID); err != nil {
		return err
	}
	if e.Kind == contest.Remove {
		return nil
	}
	_, err := c.conn.exec(insertLabel+`(?, ?, ?, ?, ?, ?, 1, ?)`,
		c.layer(), file, l.StartMS, l.ID, l.EndMS, kind, l.Confidence)
	return err
}

// Statistics takes those of the version below, and reads the audio files that changed.
func (c *contestant) Statistics(context.Context) (contest.Statistics, error) {
	var old, now contest.Survey
	draft := c.draft()
	err := c.eachFile(c.layer(), 0, func(file int64) error {
		if draft > 1 {
			if err := c.readFile(draft-1, file, old.Add); err != nil {
				return err
			}
		}
		return c.readFile(draft, file, now.Add)
	})
	return c.stats[draft-1].Replace(old.Statistics(), now.Statistics()), err
}

// eachFile calls fn for the audio files that a layer, and those below it down to a depth, speak of, in order of name.
func (c *contestant) eachFile(layer int64, depth int, fn func(file int64) error) error {
	var files []int64
	if err := c.conn.query(`
		SELECT DISTINCT lf.file_id
		FROM layer_stack k
		JOIN layer_file lf ON lf.layer_id = k.seen_id
		WHERE k.layer_id = ? AND k.depth <= ?`, func(row []driver.Value) { files = append(files, row[0].(int64)) },
		layer, int64(depth)); err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b int64) int { return strings.Compare(c.files.texts[a], c.files.texts[b]) })
	for _, file := range files {
		if err := fn(file); err != nil {
			return err
		}
	}
	return nil
}

// Diff reads the layer of a version on the one it was made from.
func (c *contestant) Diff(_ context.Context, from, to int) (changes contest.Changes, err error) {
	if to != from+1 {
		return contest.Changes{}, errors.New("only a version and the one below it")
	}
	err = c.conn.query(`
		SELECT l.file_id, l.start_ms, l.id, l.end_ms, l.type_id, l.confidence, r.id
		FROM label l
		LEFT JOIN removal r ON r.layer_id = l.layer_id AND r.file_id = l.file_id AND r.id = l.id
		WHERE l.layer_id = ?`, func(row []driver.Value) {
		if row[6] == nil {
			changes.Added++
		} else {
			changes.Changed++
		}
	}, c.layers[to])
	if err != nil {
		return contest.Changes{}, err
	}
	err = c.conn.query(`
		SELECT r.file_id, r.id
		FROM removal r
		WHERE r.layer_id = ?1 AND NOT EXISTS (SELECT 1 FROM label WHERE layer_id = ?1 AND id = r.id AND indexed = 1)`,
		func([]driver.Value) { changes.Removed++ }, c.layers[to])
	return changes, err
}

func (c *contestant) ReadAll(_ context.Context, version int, fn func(*contest.Label)) error {
	return c.eachFile(c.layers[version], version, func(file int64) error { return c.readFile(version, file, fn) })
}

func (c *contestant) ReadFile(_ context.Context, version int, file string, fn func(*contest.Label)) error {
	return c.readFile(version, c.files.ids[file], fn)
}

const selectLayersOfFile = `
	SELECT lf.layer_id
	FROM layer_stack k
	JOIN layer_file lf ON lf.layer_id = k.seen_id AND lf.file_id = ?2
	WHERE k.layer_id = ?1
	ORDER BY k.depth`

const selectLabels = `
	SELECT start_ms, id, end_ms, type_id, confidence
	FROM label
	WHERE layer_id = ? AND file_id = ?
	ORDER BY start_ms, id`

// readFile calls fn at once where one layer has all labels, and merges them otherwise.
func (c *contestant) readFile(version int, file int64, fn func(*contest.Label)) error {
	var layers []int64
	if err := c.conn.query(selectLayersOfFile, func(row []driver.Value) { layers = append(layers, row[0].(int64)) },
		c.layers[version], file); err != nil {
		return err
	}
	l := contest.Label{File: c.files.texts[file]}
	if len(layers) == 1 {
		return c.conn.query(selectLabels, func(row []driver.Value) {
			c.fill(&l, row)
			fn(&l)
		}, layers[0], file)
	}
	var labels []contest.Label
	hidden := make(map[int64]bool)
	for _, layer := range layers {
		if err := c.conn.query(selectLabels, func(row []driver.Value) {
			if c.fill(&l, row); !hidden[l.ID] {
				labels = append(labels, l)
			}
		}, layer, file); err != nil {
			return err
		}
		if err := c.conn.query(`SELECT id FROM removal WHERE layer_id = ? AND file_id = ?`,
			func(row []driver.Value) { hidden[row[0].(int64)] = true }, layer, file); err != nil {
			return err
		}
	}
	slices.SortFunc(labels, func(a, b contest.Label) int {
		return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID))
	})
	for i := range labels {
		fn(&labels[i])
	}
	return nil
}

func (c *contestant) fill(l *contest.Label, row []driver.Value) {
	l.StartMS, l.ID, l.EndMS = row[0].(int64), row[1].(int64), row[2].(int64)
	l.Type, l.Confidence = c.types.texts[row[3].(int64)], row[4].(float64)
}

// Settle empties the write-ahead log into the file.
func (c *contestant) Settle(context.Context) error {
	return c.conn.script(`PRAGMA wal_checkpoint(TRUNCATE)`)
}
