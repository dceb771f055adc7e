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

// visible is what no layer removes.
var visible = hiding{top: nowhere, below: nowhere}

// by is h where the layer at depth removes the id too.
func (h hiding) by(depth int) hiding {
	h.top = min(h.top, depth)
	if depth > 0 {
		h.below = min(h.below, depth)
	}
	return h
}

// EachLabel calls fn for every row that the layers of a stack hold of an audio file, in order of start and id, with
// how it is seen from the top. Rows that are hidden come too: those who want them know why. The value that fn gets
// is overwritten by the next one.
func (tx *ReadTx) EachLabel(ctx context.Context, stack []LayerRow, file *SeenFile, span Span,
	fn func(*LabelRow) error,
) (err error) {
	removed, err := tx.removals(stack, file)
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
		h, err := removed.of(row.ID)
		if err != nil {
			return err
		}
		row.Hidden, row.HiddenBelow = h.top < row.Depth, h.below < row.Depth
		if err := fn(row); err != nil {
			return err
		}
		if err := first.advance(); err != nil {
			return err
		}
	}
}

// removals are what the layers of a file remove. Where that is little it is read at once. Where it is much, the first
// rows are looked up one by one: those who read a page of a file need not know all of it.
type removals struct {
	tx     *ReadTx
	stack  []LayerRow
	file   *SeenFile
	hidden map[int64]hiding
	whole  bool // hidden has all
	looks  int
}

const (
	fewRemovals = 1 << 10 // of one layer
	maxLooks    = 1 << 10
)

func (tx *ReadTx) removals(stack []LayerRow, file *SeenFile) (*removals, error) {
	r := &removals{tx: tx, stack: stack, file: file, whole: true}
	if len(file.Layers) < 2 {
		return r, nil // none can matter
	}
	return r, r.read(fewRemovals)
}

// read reads what the layers remove, of each layer so many at most.
func (r *removals) read(limit int64) error {
	r.hidden, r.whole = make(map[int64]hiding), true
	for _, depth := range r.file.Layers {
		n := int64(0)
		err := r.tx.each(`SELECT id FROM removal WHERE layer_id = ? AND file_id = ? LIMIT ?`, func(cu *cursor) error {
			n++
			h, ok := r.hidden[cu.int(0)]
			if !ok {
				h = visible
			}
			r.hidden[cu.int(0)] = h.by(depth)
			return nil
		}, r.stack[depth].ID, r.file.ID, limit)
		if err != nil {
			return err
		}
		r.whole = r.whole && n < limit
	}
	return nil
}

// of tells which layers remove an id.
func (r *removals) of(id int64) (hiding, error) {
	if !r.whole && r.looks == maxLooks {
		if err := r.read(math.MaxInt64); err != nil {
			return hiding{}, err
		}
	}
	if r.whole {
		if h, ok := r.hidden[id]; ok {
			return h, nil
		}
		return visible, nil
	}
	r.looks++
	h := visible
	for _, depth := range r.file.Layers {
		if err := r.tx.each(`SELECT 1 FROM removal WHERE layer_id = ? AND file_id = ? AND id = ?`, func(*cursor) error {
			h = h.by(depth)
			return nil
		}, r.stack[depth].ID, r.file.ID, id); err != nil {
			return hiding{}, err
		}
	}
	return h, nil
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
