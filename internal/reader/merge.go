package reader

import (
	"context"
	"errors"
	"math"

	"github.com/annoset/annoset/sqlite"
)

// Row is a label of one layer as it is seen from the top of a stack.
type Row struct {
	*sqlite.LabelRow
	Depth       int  // of its layer; 0 is the topmost
	Hidden      bool // a layer above removes it
	HiddenBelow bool // a layer above removes it, other than the topmost
}

// hiding says which layers remove an id of a file: the topmost of all, and the topmost below depth 0.
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

// checkEvery is how many rows pass between two looks at the context.
const checkEvery = 256

// EachLabel calls fn for every row that the layers of a stack hold of an audio file, in order of start and id. Hidden
// rows are included: the survey and the fold need them. The value that fn gets is overwritten by the next one.
func EachLabel(ctx context.Context, tx *sqlite.ReadTx, stack []sqlite.LayerRow, file *sqlite.SeenFile, span sqlite.Span,
	fn func(*Row) error,
) (err error) {
	removed, err := newRemovals(tx, stack, file)
	if err != nil {
		return err
	}
	heads := make([]*head, 0, len(file.Layers))
	defer func() {
		for _, h := range heads {
			err = errors.Join(err, h.labels.Close())
		}
	}()
	for _, depth := range file.Layers {
		labels, err := tx.OpenLabels(stack[depth].ID, file.ID, span)
		if err != nil {
			return err
		}
		h := &head{labels: labels, depth: depth}
		heads = append(heads, h)
		if err := h.advance(); err != nil {
			return err
		}
	}
	var row Row
	for n := 1; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		first := firstHead(heads)
		if first == nil {
			return nil
		}
		h, err := removed.of(first.row.ID)
		if err != nil {
			return err
		}
		row = Row{LabelRow: first.row, Depth: first.depth, Hidden: h.top < first.depth, HiddenBelow: h.below < first.depth}
		if err := fn(&row); err != nil {
			return err
		}
		if err := first.advance(); err != nil {
			return err
		}
	}
}

// removals are what the layers of a file remove. A few are read at once. Where there are many, the first rows are looked
// up one by one: who reads a page of a file need not know all of them.
type removals struct {
	tx     *sqlite.ReadTx
	stack  []sqlite.LayerRow
	file   *sqlite.SeenFile
	hidden map[int64]hiding
	whole  bool // hidden has all
	looks  int
}

const (
	fewRemovals = 1 << 10 // of one layer
	maxLooks    = 1 << 10
)

func newRemovals(tx *sqlite.ReadTx, stack []sqlite.LayerRow, file *sqlite.SeenFile) (*removals, error) {
	r := &removals{tx: tx, stack: stack, file: file, whole: true}
	if len(file.Layers) < 2 {
		return r, nil // none can matter
	}
	return r, r.read(fewRemovals)
}

// read reads what the layers remove, at most limit removals of each.
func (r *removals) read(limit int64) error {
	r.hidden, r.whole = make(map[int64]hiding), true
	for _, depth := range r.file.Layers {
		n := int64(0)
		err := r.tx.RemovedIDs(r.stack[depth].ID, r.file.ID, limit, func(id int64) {
			n++
			h, ok := r.hidden[id]
			if !ok {
				h = visible
			}
			r.hidden[id] = h.by(depth)
		})
		if err != nil {
			return err
		}
		r.whole = r.whole && n < limit
	}
	return nil
}

// of says which layers remove an id.
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
		removes, err := r.tx.Removes(r.stack[depth].ID, r.file.ID, id)
		if err != nil {
			return hiding{}, err
		}
		if removes {
			h = h.by(depth)
		}
	}
	return h, nil
}

// head is the next row of one layer's cursor.
type head struct {
	labels *sqlite.LabelCursor
	row    *sqlite.LabelRow // nil at the end
	depth  int
}

func (h *head) advance() (err error) {
	h.row, err = h.labels.Next()
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
