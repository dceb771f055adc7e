package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"
	"strings"
)

// Span narrows a scan to labels that begin at or after (AfterMS, AfterID), exclusively, and start before BeforeMS.
// The zero Span is everything.
type Span struct {
	AfterMS, AfterID int64 // both 0: from the beginning
	BeforeMS         int64 // 0: to the end
}

// The function is asked last: the other terms are bounds of the scan, which goes in the order of the key.
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

// hiding tells which layers remove an id of a file: the topmost of all, and the topmost below depth 0.
type hiding struct{ top, below int }

const nowhere = math.MaxInt

// EachLabel calls fn for every row that the layers of a stack hold of an audio file, in order of start and id, with
// how it is seen from the top. Rows that are hidden come too: those who want them know why. The value that fn gets
// is overwritten by the next one.
func (tx *ReadTx) EachLabel(ctx context.Context, stack []LayerRow, file *SeenFile, span Span,
	fn func(*LabelRow) error,
) (err error) {
	hidden, err := tx.removals(stack, file)
	if err != nil {
		return err
	}
	heads := make([]*head, 0, len(file.Layers))
	defer func() {
		for _, h := range heads {
			err = errors.Join(err, h.labels.close())
		}
	}()
	for _, depth := range file.Layers {
		h, err := tx.openHead(stack[depth].ID, depth, file.ID, span)
		if err != nil {
			return err
		}
		heads = append(heads, h)
		if err := h.advance(); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		first := firstHead(heads)
		if first == nil {
			return nil
		}
		row := first.row
		row.Hidden, row.HiddenBelow = false, false
		if h, ok := hidden[row.ID]; ok {
			row.Hidden, row.HiddenBelow = h.top < row.Depth, h.below < row.Depth
		}
		if err := fn(row); err != nil {
			return err
		}
		if err := first.advance(); err != nil {
			return err
		}
	}
}

// removals reads what the layers of a file remove; nil where none can matter.
func (tx *ReadTx) removals(stack []LayerRow, file *SeenFile) (map[int64]hiding, error) {
	if len(file.Layers) < 2 {
		return nil, nil
	}
	hidden := make(map[int64]hiding)
	for _, depth := range file.Layers {
		err := tx.each(`SELECT id FROM removal WHERE layer_id = ? AND file_id = ?`, func(cu *cursor) error {
			h, ok := hidden[cu.int(0)]
			if !ok {
				h = hiding{top: nowhere, below: nowhere}
			}
			h.top = min(h.top, depth)
			if depth > 0 {
				h.below = min(h.below, depth)
			}
			hidden[cu.int(0)] = h
			return nil
		}, stack[depth].ID, file.ID)
		if err != nil {
			return nil, err
		}
	}
	return hidden, nil
}

// head is the next row of one layer's cursor.
type head struct {
	labels *batchCursor[LabelRow]
	row    *LabelRow // nil at the end
	fileID int64
	depth  int
}

func (tx *ReadTx) openHead(layerID int64, depth int, fileID int64, span Span) (*head, error) {
	before := span.BeforeMS
	if before == 0 {
		before = math.MaxInt64
	}
	query, args := selectLabels, []driver.Value{layerID, fileID, before}
	if span.AfterMS != 0 || span.AfterID != 0 {
		query, args = selectLabelsAfter, append(args, span.AfterMS, span.AfterID)
	}
	labels, err := labelBatches.open(tx.dc, query, args...)
	if err != nil {
		return nil, err
	}
	return &head{labels: labels, fileID: fileID, depth: depth}, nil
}

func (h *head) advance() (err error) {
	if h.row, err = h.labels.next(); h.row != nil {
		h.row.FileID, h.row.Depth = h.fileID, h.depth
	}
	return err
}

// firstHead returns the head whose row comes next, or nil at the end. There are at most a handful.
func firstHead(heads []*head) *head {
	var first *head
	for _, h := range heads {
		if h.row == nil {
			continue
		}
		if first == nil || h.row.StartMS < first.row.StartMS ||
			h.row.StartMS == first.row.StartMS && h.row.ID < first.row.ID {
			first = h
		}
	}
	return first
}

// EachRemoval calls fn for each removal of a layer.
func (tx *ReadTx) EachRemoval(layerID int64, fn func(fileID, id int64) error) error {
	return tx.each(`SELECT file_id, id FROM removal WHERE layer_id = ? ORDER BY file_id, id`, func(cu *cursor) error {
		return fn(cu.int(0), cu.int(1))
	}, layerID)
}
