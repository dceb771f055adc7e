// Package tier has what formats of tiers share: how labels that overlap are spread over tiers, and which tier stands
// for none.
package tier

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Default is the name of the tier for labels that name none. ELAN gives it to the first tier of a new file.
const Default = "default"

// The names of the fields for the tier of a label.
const (
	NameField  = "tier"
	IndexField = "tier_index" // the number of the tier among those of the same name, from 1
	ClassField = "class"      // the format's own name for the kind of the tier, or of the annotation
)

// MaxIndex is the highest [IndexField] that puts a label back where it was.
const MaxIndex = 1000

// Span is a label to put into a lane: one of several tiers of the same name. Labels of one lane do not overlap.
type Span struct {
	Start, End decimal.Number
	Text       string
	Want       int // the preferred lane, from 1; 0: the first free one
}

// Sort returns the order of spans: by start, end and text.
func Sort(spans []Span) []int {
	order := make([]int, len(spans))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &spans[i], &spans[j]
		if c := a.Start.Cmp(b.Start); c != 0 {
			return c
		}
		return cmp.Or(a.End.Cmp(b.End), cmp.Compare(a.Text, b.Text))
	})
	return order
}

// Spread puts each span into the lane that it prefers, or else into the first free one, in the order that [Sort]
// returns. A lane is free if its last span has ended, and started earlier: two points of one time need two lanes. It
// returns the lane of each span, from 0, and how many lanes there are.
func Spread(spans []Span, order []int) (lanes []int, n int) {
	s := &spreader{spans: spans}
	s.busy.less = func(a, b int) bool {
		x, y := &spans[s.last[a]], &spans[s.last[b]]
		return cmp.Or(x.End.Cmp(y.End), x.Start.Cmp(y.Start), cmp.Compare(a, b)) < 0
	}
	s.free.less = func(a, b int) bool { return a < b }
	lanes = make([]int, len(spans))
	for _, i := range order {
		lanes[i] = s.put(i)
	}
	return lanes, len(s.last)
}

type spreader struct {
	spans []Span
	last  []int    // of each lane, its last span; -1: none yet
	busy  laneHeap // by end
	free  laneHeap // by number; some may have been taken since
}

// put finds the lane of a span, and takes it.
func (s *spreader) put(i int) int {
	for len(s.busy.lanes) > 0 && s.fits(s.busy.lanes[0], i) {
		heap.Push(&s.free, heap.Pop(&s.busy))
	}
	lane := s.spans[i].Want - 1
	if lane < 0 || lane >= MaxIndex || lane < len(s.last) && !s.fits(lane, i) {
		lane = s.firstFree(i)
	}
	for len(s.last) <= lane {
		heap.Push(&s.free, len(s.last))
		s.last = append(s.last, -1)
	}
	s.last[lane] = i
	heap.Push(&s.busy, lane)
	return lane
}

func (s *spreader) firstFree(i int) int {
	for len(s.free.lanes) > 0 {
		if lane := heap.Pop(&s.free).(int); s.fits(lane, i) {
			return lane
		}
	}
	return len(s.last)
}

// fits reports whether a span may follow the last one of a lane.
func (s *spreader) fits(lane, i int) bool {
	last := s.last[lane]
	return last < 0 || s.spans[last].End.Cmp(s.spans[i].Start) <= 0 && s.spans[last].Start.Cmp(s.spans[i].Start) < 0
}

// laneHeap is a heap of lanes.
type laneHeap struct {
	lanes []int
	less  func(a, b int) bool
}

func (h *laneHeap) Len() int           { return len(h.lanes) }
func (h *laneHeap) Less(i, j int) bool { return h.less(h.lanes[i], h.lanes[j]) }
func (h *laneHeap) Swap(i, j int)      { h.lanes[i], h.lanes[j] = h.lanes[j], h.lanes[i] }
func (h *laneHeap) Push(lane any)      { h.lanes = append(h.lanes, lane.(int)) }
func (h *laneHeap) Pop() any {
	lane := h.lanes[len(h.lanes)-1]
	h.lanes = h.lanes[:len(h.lanes)-1]
	return lane
}
