// Package diff matches the labels that one audio file bears in two sets by what they say.
//
// Both sides are multisets: of n labels that say the same on one side and m on the other, the lesser number is matched.
// Labels are paired in four steps, each among those that the steps before have left:
//
//  1. those that say the same in every respect;
//  2. those of one span and one type;
//  3. those of one span;
//  4. those of one type whose spans overlap enough, the best overlap first.
//
// In steps 1 to 3 both sides are put in order (see [canonical.Compare], then by id) and the k-th of one side is paired
// with the k-th of the other. In step 4 overlap is intersection over union (the Jaccard index of the two spans); among
// pairs of equal overlap the one with the lesser label comes first, whichever side it is on. So the result depends on
// nothing but the labels, and with the sides exchanged it is the same with its pairs reversed.
//
// Step 4 is greedy: it gives each best pair to each other, and not the assignment with the highest sum, which may tear
// the best ones apart.
package diff

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// Pair is a label of both sides, as indexes. None stands for a side that has no such label.
type Pair struct{ Before, After int }

// None is the index of a label that is not there.
const None = -1

// Match pairs the labels of one audio file, whose extra data is in its one form (see [canonical.ExtraData]), of which those that say the same on both sides are left out. The overlap of
// labels of one type is at least minIoU, which is in (0, 1].
//
// The time of the fourth step is in proportion to the pairs of labels of one type that may overlap enough, of those that the
// other steps have left: to the square of their number where all do. The error is that of the context.
func Match(ctx context.Context, before, after []label.Label, minIoU float64) ([]Pair, error) {
	m := &matching{before: before, after: after, restBefore: ordered(before), restAfter: ordered(after)}
	m.pairUp(func(a, b *label.Label) int { return canonical.Compare(*a, *b) })
	m.pairs = nil
	m.pairUp(func(a, b *label.Label) int { return cmp.Or(compareSpans(a, b), cmp.Compare(a.Type, b.Type)) })
	m.pairUp(compareSpans)
	if err := m.overlaps(ctx, minIoU); err != nil {
		return nil, err
	}
	for _, i := range m.restBefore {
		m.pairs = append(m.pairs, Pair{i, None})
	}
	for _, j := range m.restAfter {
		m.pairs = append(m.pairs, Pair{None, j})
	}
	return m.pairs, nil
}

// matching is a match under way.
type matching struct {
	before, after         []label.Label
	restBefore, restAfter []int // not paired yet, in order
	pairs                 []Pair
}

func compareSpans(a, b *label.Label) int {
	return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.EndMS, b.EndMS))
}

func compare(a, b *label.Label) int {
	return cmp.Or(canonical.Compare(*a, *b), cmp.Compare(a.ID, b.ID))
}

// ordered returns the indexes of labels in their order.
func ordered(labels []label.Label) []int {
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return compare(&labels[i], &labels[j]) })
	return order
}

// pairUp pairs labels that are alike, the first of one side with the first of the other. alike must agree with the
// order of the labels.
func (m *matching) pairUp(alike func(a, b *label.Label) int) {
	before, after := m.restBefore, m.restAfter
	m.restBefore, m.restAfter = before[:0], after[:0] // what stays moves to the front
	for len(before) > 0 && len(after) > 0 {
		switch c := alike(&m.before[before[0]], &m.after[after[0]]); {
		case c < 0:
			m.restBefore, before = append(m.restBefore, before[0]), before[1:]
		case c > 0:
			m.restAfter, after = append(m.restAfter, after[0]), after[1:]
		default:
			m.pairs = append(m.pairs, Pair{before[0], after[0]})
			before, after = before[1:], after[1:]
		}
	}
	m.restBefore, m.restAfter = append(m.restBefore, before...), append(m.restAfter, after...)
}

// overlap is a pair of labels of one type whose spans overlap.
type overlap struct {
	iou   float64
	label [2]int // before and after
}

// overlaps pairs labels of one type, the best overlap first. Two labels that are each other's best are what that comes to
// wherever they are found, so a chain that goes from each label to its best one finds all pairs without a list of every
// overlap there is (the nearest-neighbour chain, J. P. Benzécri, Les cahiers de l'analyse des données 7 (1982)).
func (m *matching) overlaps(ctx context.Context, minIoU float64) error {
	s := &search{matching: m, minIoU: minIoU}
	for side, rest := range [2][]int{m.restBefore, m.restAfter} {
		s.ofType[side], s.taken[side] = make(map[string][]int), make([]bool, len(m.labels(side)))
		for _, i := range rest {
			name := m.labels(side)[i].Type
			s.ofType[side][name] = append(s.ofType[side][name], i)
		}
	}
	for _, i := range m.restBefore {
		if err := s.chain(ctx, i); err != nil {
			return err
		}
	}
	m.restBefore = slices.DeleteFunc(m.restBefore, func(i int) bool { return s.taken[0][i] })
	m.restAfter = slices.DeleteFunc(m.restAfter, func(j int) bool { return s.taken[1][j] })
	return nil
}

func (m *matching) labels(side int) []label.Label {
	if side == 0 {
		return m.before
	}
	return m.after
}

// search looks for the pairs that overlap best.
type search struct {
	*matching
	minIoU float64
	ofType [2]map[string][]int // of both sides, in order of start
	taken  [2][]bool
}

// chain pairs labels until one of the first side is taken, or has nothing left that overlaps it.
func (s *search) chain(ctx context.Context, first int) error {
	links := []int{first} // of the first side and of the second in turn, each the best of the one before
	for len(links) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		side := (len(links) - 1) % 2
		last := links[len(links)-1]
		if s.taken[side][last] {
			return nil // it is the first, and was paired by a chain before
		}
		best, found := s.best(side, last)
		switch {
		case !found:
			return nil // it is the first: every other one overlaps at least the one before
		case len(links) > 1 && links[len(links)-2] == best.label[1-side]:
			s.taken[0][best.label[0]], s.taken[1][best.label[1]] = true, true
			s.pairs = append(s.pairs, Pair{best.label[0], best.label[1]})
			links = links[:len(links)-2]
		default:
			links = append(links, best.label[1-side])
		}
	}
	return nil
}

// best finds what overlaps a label best, among those of the other side that are not taken.
func (s *search) best(side, i int) (best overlap, found bool) {
	a := &s.labels(side)[i]
	others := s.labels(1 - side)
	for _, j := range near(a, others, s.ofType[1-side][a.Type], s.minIoU) {
		if s.taken[1-side][j] {
			continue
		}
		iou := IoU(a.StartMS, a.EndMS, others[j].StartMS, others[j].EndMS)
		if iou < s.minIoU {
			continue
		}
		o := overlap{iou: iou}
		o.label[side], o.label[1-side] = i, j
		if !found || s.compare(o, best) < 0 {
			best, found = o, true
		}
	}
	return best, found
}

// near narrows labels, which are in order of start, to those that can overlap a label enough: of a span of length n, a
// start that is d earlier leaves an overlap of n/(n+d) at most, one that is d later (n-d)/n.
func near(a *label.Label, labels []label.Label, order []int, minIoU float64) []int {
	length := float64(a.EndMS - a.StartMS)
	earliest := float64(a.StartMS) - length*(1-minIoU)/minIoU - 1 // 1 for what is lost in rounding
	latest := float64(a.StartMS) + length*(1-minIoU) + 1
	from := sort.Search(len(order), func(k int) bool { return float64(labels[order[k]].StartMS) >= earliest })
	to := sort.Search(len(order), func(k int) bool { return float64(labels[order[k]].StartMS) > latest })
	return order[from:to]
}

// compare puts pairs in the order in which they are taken, which does not know one side from the other.
func (m *matching) compare(x, y overlap) int {
	xLow, xHigh := m.sorted(x)
	yLow, yHigh := m.sorted(y)
	return cmp.Or(
		cmp.Compare(y.iou, x.iou),
		canonical.Compare(*xLow, *yLow), canonical.Compare(*xHigh, *yHigh),
		cmp.Compare(xLow.ID, yLow.ID), cmp.Compare(xHigh.ID, yHigh.ID),
	)
}

// sorted returns the lesser label of a pair first. Their spans differ, so it is never a matter of ids.
func (m *matching) sorted(o overlap) (low, high *label.Label) {
	low, high = &m.before[o.label[0]], &m.after[o.label[1]]
	if compareSpans(low, high) > 0 {
		low, high = high, low
	}
	return low, high
}

// IoU is the intersection of two spans over their union; 0 where both are points.
func IoU(start1, end1, start2, end2 int64) float64 {
	intersection := min(end1, end2) - max(start1, start2)
	union := max(end1, end2) - min(start1, start2)
	if intersection <= 0 {
		return 0
	}
	return float64(intersection) / float64(union)
}
