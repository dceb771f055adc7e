package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"strings"
)

// Span limits a scan, in order of start and id, to the labels after the key (AfterMS, AfterID) that start before
// BeforeMS. The zero Span has no limits.
type Span struct {
	AfterMS, AfterID int64 // both 0: from the beginning
	BeforeMS         int64 // 0: to the end
}

// selectLabels and selectLabelsAfter call take last: the other terms bound the scan, which is in the order of the key.
const selectLabels = `
	SELECT 1
	FROM label
	WHERE layer_id = ?2 AND file_id = ?3 AND start_ms < ?4
		AND take(?1, id, start_ms, end_ms, type_id, confidence, extra_data)
	ORDER BY start_ms, id`

const selectLabelsAfter = `
	SELECT 1
	FROM label
	WHERE layer_id = ?2 AND file_id = ?3 AND start_ms < ?4 AND (start_ms, id) > (?5, ?6)
		AND take(?1, id, start_ms, end_ms, type_id, confidence, extra_data)
	ORDER BY start_ms, id`

var labelBatches = newBatchPool(func(r *LabelRow, values []driver.Value) {
	r.ID, _ = values[0].(int64)
	r.StartMS, _ = values[1].(int64)
	r.EndMS, _ = values[2].(int64)
	r.TypeID, _ = values[3].(int64)
	r.Confidence, r.HasConfidence = values[4].(float64)
	extra, _ := values[5].(string)
	r.ExtraData = strings.Clone(extra)
})

// LabelCursor reads the labels that one layer has of one audio file, in order of start and id.
type LabelCursor struct {
	rows   *batchCursor[LabelRow]
	fileID int64
}

// OpenLabels opens a cursor over the labels of a span.
func (tx *ReadTx) OpenLabels(layerID, fileID int64, span Span) (*LabelCursor, error) {
	before := span.BeforeMS
	if before == 0 {
		before = math.MaxInt64
	}
	query, args := selectLabels, []driver.Value{layerID, fileID, before}
	if span.AfterMS != 0 || span.AfterID != 0 {
		query, args = selectLabelsAfter, append(args, span.AfterMS, span.AfterID)
	}
	rows, err := labelBatches.open(context.Background(), tx.dc, query, args...)
	if err != nil {
		return nil, err
	}
	return &LabelCursor{rows: rows, fileID: fileID}, nil
}

// Next returns the next row, which is valid until the following call, or nil at the end.
func (c *LabelCursor) Next() (*LabelRow, error) {
	row, err := c.rows.next()
	if row != nil {
		row.FileID = c.fileID
	}
	return row, err
}

// Close ends the reading. It must be called.
func (c *LabelCursor) Close() error { return c.rows.close() }

// RemovedIDs calls fn for at most limit of the ids that a layer removes from an audio file.
func (tx *ReadTx) RemovedIDs(ctx context.Context, layerID, fileID, limit int64, fn func(id int64)) error {
	n := 0
	return tx.each(`SELECT id FROM removal WHERE layer_id = ? AND file_id = ? LIMIT ?`, func(cu *cursor) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		fn(cu.int(0))
		return nil
	}, layerID, fileID, limit)
}

// Removes reports whether a layer removes an id from an audio file.
func (tx *ReadTx) Removes(layerID, fileID, id int64) (bool, error) {
	found := false
	err := tx.each(`SELECT 1 FROM removal WHERE layer_id = ? AND file_id = ? AND id = ?`, func(*cursor) error {
		found = true
		return nil
	}, layerID, fileID, id)
	return found, err
}

// EachRemoval calls fn for each removal of a layer.
func (tx *ReadTx) EachRemoval(ctx context.Context, layerID int64, fn func(fileID, id int64) error) error {
	n := 0
	return tx.each(`SELECT file_id, id FROM removal WHERE layer_id = ? ORDER BY file_id, id`, func(cu *cursor) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return fn(cu.int(0), cu.int(1))
	}, layerID)
}
