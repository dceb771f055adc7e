package reader

import (
	"context"
	"errors"
	"math"

	"github.com/annoset/annoset/sqlite"
)

// Row is a label row of one layer, with how it is seen from the top of a stack.
type Row struct {
	*sqlite.LabelRow
	Depth       int  // of its layer; 0 is the topmost layer
	Hidden      bool // a layer above its own removes it
	HiddenBelow bool // a layer above its own removes it, not counting the topmost layer
}

// hiding has the depths of the layers that remove an id of a file: of the topmost one, and of the topmost one below
// depth 0.
type hiding struct{ top, below int }

const nowhere = math.MaxInt

// visible is the hiding of an id that no layer removes.
var visible = hiding{top: nowhere, below: nowhere}

// by returns h with one more layer that removes the id.
func (h hiding) by(depth int) hiding {
	h.top = min(h.top, depth)
	if depth > 0 {
		h.below = min(h.below, depth)
	}
	return h
}

// checkEvery is how many rows are read between two checks of the context.
const checkEvery = 256

// EachLabel calls fn for each row that the layers of a stack have of an audio file, in order of start and id. Hidden
// rows are included; the survey and the fold need them. The row is valid until fn returns.
func EachLabel(ctx context.Context, tx *sqlite.ReadTx, stack []sqlite.LayerRow, file *sqlite.SeenFile, span sqlite.Span,
	fn func(*Row) error,
) (err error) {
	removed, err := newRemovals(ctx, tx, stack, file)
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
		h, err := removed.of(ctx, first.row.ID)
		if err != nil {
			return err
		}
		row = Row{
			LabelRow: first.row, Depth: first.depth, Hidden: h.top < first.depth, HiddenBelow: h.below < first.depth,
		}
		if err := fn(&row); err != nil {
			return err
		}
		if err := first.advance(); err != nil {
			return err
		}
	}
}

// removals knows which ids the layers of a file remove. If a layer has fewer than fewRemovals, they are all read at the
// beginning. Otherwise the first maxLooks ids are looked up one by one, because a reader that stops after a page should
// not pay for all of them.
type removals struct {
	tx     *sqlite.ReadTx
	stack  []sqlite.LayerRow
	file   *sqlite.SeenFile
	hidden map[int64]hiding
	whole  bool // hidden has all removals
	looks  int  // ids that were looked up
}

const (
	fewRemovals = 1 << 10 // of one layer
	maxLooks    = 1 << 10
)

func newRemovals(
	ctx context.Context, tx *sqlite.ReadTx, stack []sqlite.LayerRow, file *sqlite.SeenFile,
) (*removals, error) {
	r := &removals{tx: tx, stack: stack, file: file, whole: true}
	if len(file.Layers) < 2 {
		return r, nil // a removal hides rows of the layers below only
	}
	return r, r.read(ctx, fewRemovals)
}

// read reads at most limit removals of each layer.
func (r *removals) read(ctx context.Context, limit int64) error {
	r.hidden, r.whole = make(map[int64]hiding), true
	for _, depth := range r.file.Layers {
		n := int64(0)
		err := r.tx.RemovedIDs(ctx, r.stack[depth].ID, r.file.ID, limit, func(id int64) {
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

// of returns which layers remove an id.
func (r *removals) of(ctx context.Context, id int64) (hiding, error) {
	if !r.whole && r.looks == maxLooks {
		if err := r.read(ctx, math.MaxInt64); err != nil {
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

// head is the cursor of one layer and its current row.
type head struct {
	labels *sqlite.LabelCursor
	row    *sqlite.LabelRow // nil at the end
	depth  int
}

func (h *head) advance() (err error) {
	h.row, err = h.labels.Next()
	return err
}

// firstHead returns the head whose row comes next, or nil at the end. A linear search will do: there are at most a
// handful of heads.
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
