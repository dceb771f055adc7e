package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strings"
)

// LabelRow is a row of the table label.
type LabelRow struct {
	ID, FileID, StartMS, EndMS, TypeID int64

	Confidence    float64
	HasConfidence bool
	ExtraData     string // empty: none
}

const (
	// rowsAStatement is how many rows one statement inserts. With more it is no faster.
	rowsAStatement = 100
	// blockLabels is the greatest number of labels in a block. It bounds the search for one id.
	blockLabels = 64
)

// labelInsert is a statement that inserts labels into one layer. Binding a value costs about as much as storing it, so
// no row binds a value that follows from others.
type labelInsert struct {
	text  string
	rows  int
	block bool // the labels are indexed by block, and their ids have no gaps
	extra bool // some labels may have extra data
}

var (
	insertOneLabel   = newLabelInsert(labelInsert{rows: 1, extra: true})
	insertManyLabels = newLabelInsert(labelInsert{rows: rowsAStatement, extra: true})
	insertOneInBlock = newLabelInsert(labelInsert{rows: 1, block: true, extra: true})
	insertBlock      = newLabelInsert(labelInsert{rows: rowsAStatement, block: true, extra: true})
	insertBareBlock  = newLabelInsert(labelInsert{rows: rowsAStatement, block: true})
)

func newLabelInsert(in labelInsert) *labelInsert {
	var b strings.Builder
	b.WriteString(`
	INSERT INTO label (layer_id, id, file_id, start_ms, end_ms, type_id, confidence, extra_data, indexed)
	VALUES `)
	for i := range in.rows {
		if i > 0 {
			b.WriteString(", ")
		}
		id, extra, indexed := "?", "NULL", 1
		if in.block {
			id, indexed = fmt.Sprintf("?2 + %d", i), 0
		}
		if in.extra {
			extra = "?"
		}
		fmt.Fprintf(&b, "(?1, %s, ?, ?, ?, ?, ?, %s, %d)", id, extra, indexed)
	}
	in.text = b.String()
	return &in
}

// bind returns the values of rows in the order of the statement's parameters.
func (in *labelInsert) bind(args []driver.NamedValue, layerID int64, rows []LabelRow) []driver.NamedValue {
	args = args[:0]
	add := func(v driver.Value) { args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: v}) }
	add(layerID)
	if in.block {
		add(rows[0].ID)
	}
	for i := range rows {
		r := &rows[i]
		if !in.block {
			add(r.ID)
		}
		add(r.FileID)
		add(r.StartMS)
		add(r.EndMS)
		add(r.TypeID)
		if r.HasConfidence {
			add(r.Confidence)
		} else {
			add(nil)
		}
		switch {
		case !in.extra:
		case r.ExtraData != "":
			add(r.ExtraData)
		default:
			add(nil)
		}
	}
	return args
}

// NextLabelIDs reserves n label ids, which are never used again, and returns the first.
func (tx *WriteTx) NextLabelIDs(ctx context.Context, n int) (int64, error) {
	last, _, err := get[int64](ctx, &tx.ReadTx, `
		UPDATE sequence
		SET last_label_id = last_label_id + ?
		WHERE id = 1
		RETURNING last_label_id`, n)
	return last - int64(n) + 1, err
}

// InsertLabels writes labels with ids to an open layer, each with an index entry of its own.
func (tx *WriteTx) InsertLabels(ctx context.Context, layerID int64, rows []LabelRow) error {
	return tx.insertLabels(ctx, layerID, rows, func(rows []LabelRow) *labelInsert {
		if len(rows) < rowsAStatement {
			return insertOneLabel
		}
		return insertManyLabels
	})
}

// InsertBlocks writes labels to an open layer, indexed by block. They must be in order of file, start and id, and their
// ids must have no gaps. The guards must be off.
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
	return tx.insertLabels(ctx, layerID, rows, func(rows []LabelRow) *labelInsert {
		if len(rows) < rowsAStatement {
			return insertOneInBlock
		}
		for i := range rows[:rowsAStatement] {
			if rows[i].ExtraData != "" {
				return insertBlock
			}
		}
		return insertBareBlock
	})
}

// insertLabels writes rows. It calls choose with the rows that are left for the next statement.
func (tx *WriteTx) insertLabels(
	ctx context.Context, layerID int64, rows []LabelRow, choose func([]LabelRow) *labelInsert,
) error {
	var args []driver.NamedValue
	for len(rows) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		in := choose(rows)
		args = in.bind(args, layerID, rows[:in.rows])
		if _, err := tx.dc.ExecContext(context.Background(), in.text, args); err != nil {
			return err
		}
		rows = rows[in.rows:]
	}
	return nil
}

// DeleteLabel removes a row from an open layer.
func (tx *WriteTx) DeleteLabel(ctx context.Context, layerID int64, r LabelRow) error {
	return tx.exec(ctx, `
		DELETE FROM label
		WHERE layer_id = ? AND file_id = ? AND start_ms = ? AND id = ?`,
		layerID, r.FileID, r.StartMS, r.ID)
}

// InsertRemoval hides a label of the layers below an open layer.
func (tx *WriteTx) InsertRemoval(ctx context.Context, layerID int64, r LabelRow) error {
	return tx.exec(ctx, `
		INSERT INTO removal (layer_id, file_id, id)
		VALUES (?, ?, ?)`,
		layerID, r.FileID, r.ID)
}

const selectIndexedLabel = `
	SELECT k.depth, l.id, l.file_id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data
	FROM layer_stack k
	JOIN label l ON l.id = ?2 AND l.layer_id = k.seen_id AND l.indexed = 1
	WHERE k.layer_id = ?1
	ORDER BY k.depth
	LIMIT 1`

// inBlock returns a join with the label l of an id that a layer has in a block b. layer and id are SQL expressions. The
// bounds are pairs because many labels may start together, and have the id as a plain value (+ID) because SQLite would
// not seek by that of a column.
func inBlock(layer, id string) string {
	return strings.NewReplacer("LAYER", layer, "ID", id).Replace(`
	CROSS JOIN label_block b ON b.layer_id = LAYER AND b.last_id >= ID AND b.first_id = (
		SELECT max(first_id) FROM label_block WHERE layer_id = LAYER AND first_id <= ID)
	CROSS JOIN label l ON l.layer_id = LAYER AND l.file_id = b.file_id
		AND (l.start_ms, l.id) BETWEEN (b.from_ms, +ID) AND (b.to_ms, +ID) AND l.id = ID AND l.indexed = 0`)
}

var selectBlockLabel = `
	SELECT k.depth, l.id, l.file_id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data
	FROM layer_stack k` + inBlock("k.seen_id", "?2") + `
	WHERE k.layer_id = ?1
	LIMIT 1`

const selectRemovalAbove = `
	SELECT 1
	FROM layer_stack a
	JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = ?2 AND r.id = ?3
	WHERE a.layer_id = ?1 AND a.depth < ?4
	LIMIT 1`

// TopRow reads the row of an id in the topmost layer of a stack that has one, and the depth of that layer. Blocks come
// last: a row in a block is the first that was written of its id, and so the lowest.
func (tx *ReadTx) TopRow(ctx context.Context, layerID, id int64) (row LabelRow, depth int, found bool, err error) {
	for _, query := range []string{selectIndexedLabel, selectBlockLabel} {
		if err := ctx.Err(); err != nil {
			return LabelRow{}, 0, false, err
		}
		if err := tx.each(query, func(cu *cursor) error {
			depth, row = int(cu.int(0)), LabelRow{FileID: cu.int(2)}
			row.scan(cu, 1, 3)
			found = true
			return nil
		}, layerID, id); err != nil {
			return LabelRow{}, 0, false, err
		}
		if found {
			return row, depth, true, nil
		}
	}
	return LabelRow{}, 0, false, nil
}

// RemovedAbove reports whether a layer of a stack, above the one at a depth, removes an id from an audio file.
func (tx *ReadTx) RemovedAbove(layerID, fileID, id int64, depth int) (bool, error) {
	found := false
	err := tx.each(selectRemovalAbove, func(*cursor) error {
		found = true
		return nil
	}, layerID, fileID, id, int64(depth))
	return found, err
}

// scan sets the id from column id, and start, end, type, confidence and extra data from the columns from rest on.
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
