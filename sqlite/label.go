package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"
)

// LabelRow is a row of the table label. Where it lies within the stack of the set that is read, and how it is seen
// from there, stands in Depth, Hidden and HiddenBelow.
type LabelRow struct {
	ID, FileID, StartMS, EndMS, TypeID int64

	Confidence    float64
	HasConfidence bool
	ExtraData     string // empty: none

	Depth       int  // of its layer; 0 is the set's own
	Hidden      bool // a layer above removes it
	HiddenBelow bool // a layer above removes it, other than the topmost
}

// values writes the row as the statements below bind it.
func (r *LabelRow) values(dst []driver.NamedValue, layerID int64, indexed bool) {
	var confidence, extra driver.Value
	if r.HasConfidence {
		confidence = r.Confidence
	}
	if r.ExtraData != "" {
		extra = r.ExtraData
	}
	flag := int64(0)
	if indexed {
		flag = 1
	}
	dst[0].Value, dst[1].Value, dst[2].Value = layerID, r.FileID, r.StartMS
	dst[3].Value, dst[4].Value, dst[5].Value = r.ID, r.EndMS, r.TypeID
	dst[6].Value, dst[7].Value, dst[8].Value = flag, confidence, extra
}

const (
	labelParams = 9
	// rowsAStatement is where more rows a statement stop to help.
	rowsAStatement = 100
	// blockLabels bounds a block, and with it the search for one id.
	blockLabels = 64
)

const insertLabelHead = `
	INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed, confidence, extra_data)
	VALUES `

var (
	insertOneLabel   = insertLabelHead + labelTuples(1)
	insertManyLabels = insertLabelHead + labelTuples(rowsAStatement)
)

func labelTuples(n int) string {
	return strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, ?, ?), ", n), ", ")
}

// NextLabelIDs gives out n label ids, which are never given out again, and returns the first.
func (tx *WriteTx) NextLabelIDs(ctx context.Context, n int) (int64, error) {
	last, _, err := get[int64](ctx, &tx.ReadTx, `
		UPDATE sequence
		SET last_label_id = last_label_id + ?
		WHERE id = 1
		RETURNING last_label_id`, n)
	return last - int64(n) + 1, err
}

// InsertLabels writes labels that have their ids to an open layer, each found by its own index entry.
func (tx *WriteTx) InsertLabels(ctx context.Context, layerID int64, rows []LabelRow) error {
	return tx.insertLabels(ctx, layerID, rows, true)
}

// InsertBlocks writes labels to an open layer, found through blocks. They must be in order of file, start and id,
// their ids without a gap, and the guards off.
func (tx *WriteTx) InsertBlocks(ctx context.Context, layerID int64, rows []LabelRow) error {
	for i := 0; i < len(rows); {
		n := 1
		for n < blockLabels && i+n < len(rows) && rows[i+n].FileID == rows[i].FileID {
			n++
		}
		first, last := &rows[i], &rows[i+n-1]
		if _, err := tx.dc.run(`
			INSERT INTO label_block (layer_id, first_id, last_id, file_id, from_ms, to_ms)
			VALUES (?, ?, ?, ?, ?, ?)`,
			layerID, first.ID, last.ID, first.FileID, first.StartMS, last.StartMS); err != nil {
			return err
		}
		i += n
	}
	return tx.insertLabels(ctx, layerID, rows, false)
}

func (tx *WriteTx) insertLabels(ctx context.Context, layerID int64, rows []LabelRow, indexed bool) error {
	args := named(make([]driver.Value, min(len(rows), rowsAStatement)*labelParams))
	for len(rows) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		query, n := insertOneLabel, 1
		if len(rows) >= rowsAStatement {
			query, n = insertManyLabels, rowsAStatement
		}
		for i := range n {
			rows[i].values(args[i*labelParams:], layerID, indexed)
		}
		if _, err := tx.dc.ExecContext(context.Background(), query, args[:n*labelParams]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// DeleteLabel removes a row from an open layer.
func (tx *WriteTx) DeleteLabel(ctx context.Context, layerID int64, r LabelRow) error {
	_, err := tx.exec(ctx, `
		DELETE FROM label
		WHERE layer_id = ? AND file_id = ? AND start_ms = ? AND id = ?`,
		layerID, r.FileID, r.StartMS, r.ID)
	return err
}

// InsertRemoval hides a label of the layers below an open layer.
func (tx *WriteTx) InsertRemoval(ctx context.Context, layerID int64, r LabelRow) error {
	_, err := tx.exec(ctx, `
		INSERT INTO removal (layer_id, file_id, id)
		VALUES (?, ?, ?)`,
		layerID, r.FileID, r.ID)
	return err
}

const selectIndexedLabel = `
	SELECT k.depth, l.id, l.file_id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data
	FROM layer_stack k
	JOIN label l ON l.id = ?2 AND l.layer_id = k.seen_id AND l.indexed = 1
	WHERE k.layer_id = ?1
	ORDER BY k.depth
	LIMIT 1`

const selectBlockLabel = `
	SELECT k.depth, l.id, l.file_id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data
	FROM layer_stack k
	JOIN label_block b ON b.layer_id = k.seen_id AND b.last_id >= ?2 AND b.first_id = (
		SELECT max(first_id) FROM label_block WHERE layer_id = k.seen_id AND first_id <= ?2)
	JOIN label l ON l.layer_id = k.seen_id AND l.file_id = b.file_id
		AND (l.start_ms, l.id) BETWEEN (b.from_ms, ?2) AND (b.to_ms, ?2)
		AND l.id = ?2 AND l.indexed = 0
	WHERE k.layer_id = ?1
	LIMIT 1`

const selectRemovalAbove = `
	SELECT 1
	FROM layer_stack a
	JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = ?2 AND r.id = ?3
	WHERE a.layer_id = ?1 AND a.depth < ?4
	LIMIT 1`

// LabelByID finds the label of an id that is seen from a layer. The topmost row of the id is the one that counts, for
// what hides it hides those further down too; a row in a block is the first that was written, and so the lowest.
func (tx *ReadTx) LabelByID(ctx context.Context, layerID, id int64) (row LabelRow, found bool, err error) {
	for _, query := range []string{selectIndexedLabel, selectBlockLabel} {
		if err := ctx.Err(); err != nil {
			return LabelRow{}, false, err
		}
		if err := tx.each(query, func(cu *cursor) error {
			row = LabelRow{Depth: int(cu.int(0)), FileID: cu.int(2)}
			row.scan(cu, 1, 3)
			found = true
			return nil
		}, layerID, id); err != nil {
			return LabelRow{}, false, err
		}
		if found {
			break
		}
	}
	if !found || row.Depth == 0 {
		return row, found, nil
	}
	err = tx.each(selectRemovalAbove, func(cu *cursor) error {
		row, found = LabelRow{}, false
		return nil
	}, layerID, row.FileID, id, int64(row.Depth))
	return row, found, err
}

// scan reads the id from column id, and start, end, type, confidence and extra data from column rest on.
func (r *LabelRow) scan(cu *cursor, id, rest int) {
	r.ID = cu.int(id)
	r.StartMS, r.EndMS, r.TypeID = cu.int(rest), cu.int(rest+1), cu.int(rest+2)
	switch v := cu.vals[rest+3].(type) {
	case float64:
		r.Confidence, r.HasConfidence = v, true
	default:
		r.Confidence, r.HasConfidence = 0, false
	}
	r.ExtraData = cu.text(rest + 4)
}
