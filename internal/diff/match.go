package diff

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// pair has the indexes of two matched labels. On a side without a match, the index is none.
type pair struct{ before, after int }

// none is the index of no label.
const none = -1

// match matches the labels that one audio file has in two sets by what they say. The extra data of the labels must be
// in canonical form (see [canonical.ExtraData]).
//
// Both sides are multisets: of n labels that say the same on one side and m on the other, min(n, m) are matched. Labels
// are matched in four steps, each among the labels that are left:
//
//  1. labels that say the same in every respect; their pairs are left out of the result;
//  2. labels of one span and one type;
//  3. labels of one span;
//  4. labels of one type whose spans overlap enough, the best overlap first.
//
// In steps 1 to 3 both sides are sorted (see [canonical.Compare], then by id), and the k-th label of one side is
// matched with the k-th of the other. In step 4 the overlap is intersection over union (the Jaccard index of the two
// spans) and at least minIoU, which is in (0, 1]; among pairs of equal overlap, the one with the lowest label comes
// first, whichever side that is on. So the result depends on the labels alone, and exchanging the sides only reverses
// the pairs.
//
// Step 4 is greedy. It does not look for the assignment with the highest sum, which may separate the best pairs.
//
// Step 4 takes time in proportion to the number of pairs of labels of one type that may overlap enough: at most the
// square of the number of labels that are left. The error is that of the context.
func match(ctx context.Context, before, after []label.Label, minIoU float64) ([]pair, error) {
	m := &matching{before: before, after: after, restBefore: ordered(before), restAfter: ordered(after)}
	m.pairUp(func(a, b *label.Label) int { return canonical.Compare(*a, *b) })
	m.pairs = nil
	m.pairUp(func(a, b *label.Label) int { return cmp.Or(compareSpans(a, b), cmp.Compare(a.Type, b.Type)) })
	m.pairUp(compareSpans)
	if err := m.overlaps(ctx, minIoU); err != nil {
		return nil, err
	}
	for _, i := range m.restBefore {
		m.pairs = append(m.pairs, pair{i, none})
	}
	for _, j := range m.restAfter {
		m.pairs = append(m.pairs, pair{none, j})
	}
	return m.pairs, nil
}

// matching is a match in progress.
type matching struct {
	before, after         []label.Label
	restBefore, restAfter []int // not matched yet, in order
	pairs                 []pair
}

// compareSpans orders labels by start and end.
func compareSpans(a, b *label.Label) int {
	return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.EndMS, b.EndMS))
}

// compare orders labels by what they say, and then by id.
func compare(a, b *label.Label) int {
	return cmp.Or(canonical.Compare(*a, *b), cmp.Compare(a.ID, b.ID))
}

// ordered returns the indexes of labels in the order of compare.
func ordered(labels []label.Label) []int {
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return compare(&labels[i], &labels[j]) })
	return order
}

// pairUp matches labels for which alike returns 0, the first of one side with the first of the other. alike must agree
// with the order of the labels.
func (m *matching) pairUp(alike func(a, b *label.Label) int) {
	before, after := m.restBefore, m.restAfter
	m.restBefore, m.restAfter = before[:0], after[:0] // the labels that are left move to the front
	for len(before) > 0 && len(after) > 0 {
		switch c := alike(&m.before[before[0]], &m.after[after[0]]); {
		case c < 0:
			m.restBefore, before = append(m.restBefore, before[0]), before[1:]
		case c > 0:
			m.restAfter, after = append(m.restAfter, after[0]), after[1:]
		default:
			m.pairs = append(m.pairs, pair{before[0], after[0]})
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

// overlaps matches labels of one type, the best overlap first. Two labels that are each other's best match are matched
// by that rule whenever they are found. So it is enough to follow a chain from each label to its best match until two
// labels are each other's best, without a list of all overlaps (the nearest-neighbor chain, J. P. Benzécri, Les
// cahiers de l'analyse des données 7 (1982)).
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

// search finds the pairs that overlap best.
type search struct {
	*matching
	minIoU float64
	ofType [2]map[string][]int // the labels of each side by type, in order of start
	taken  [2][]bool
}

// chain matches labels until a given one of the first side is matched, or no label is left that overlaps it enough.
func (s *search) chain(ctx context.Context, first int) error {
	links := []int{first} // from the two sides in turn, each the best match of the one before
	for len(links) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		side := (len(links) - 1) % 2
		last := links[len(links)-1]
		if s.taken[side][last] {
			return nil // only the first can be: an earlier chain has matched it
		}
		best, found := s.best(side, last)
		switch {
		case !found:
			return nil // only the first can be without a match: each other one overlaps the one before it
		case len(links) > 1 && links[len(links)-2] == best.label[1-side]:
			s.taken[0][best.label[0]], s.taken[1][best.label[1]] = true, true
			s.pairs = append(s.pairs, pair{best.label[0], best.label[1]})
			links = links[:len(links)-2]
		default:
			links = append(links, best.label[1-side])
		}
	}
	return nil
}

// best returns the best match of a label, among those of the other side that are not taken.
func (s *search) best(side, i int) (best overlap, found bool) {
	a := &s.labels(side)[i]
	others := s.labels(1 - side)
	for _, j := range near(a, others, s.ofType[1-side][a.Type], s.minIoU) {
		if s.taken[1-side][j] {
			continue
		}
		iou := intersectionOverUnion(a.StartMS, a.EndMS, others[j].StartMS, others[j].EndMS)
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

// near returns those labels of an order that can overlap a label enough. For a span of length n, a start d earlier
// leaves an overlap of at most n/(n+d), and a start d later one of at most (n-d)/n. The labels are in order of start.
func near(a *label.Label, labels []label.Label, order []int, minIoU float64) []int {
	length := float64(a.EndMS - a.StartMS)
	earliest := float64(a.StartMS) - length*(1-minIoU)/minIoU - 1 // 1 makes up for rounding
	latest := float64(a.StartMS) + length*(1-minIoU) + 1
	from := sort.Search(len(order), func(k int) bool { return float64(labels[order[k]].StartMS) >= earliest })
	to := sort.Search(len(order), func(k int) bool { return float64(labels[order[k]].StartMS) > latest })
	return order[from:to]
}

// compare orders pairs as they are taken: the best overlap first, then by their labels, whichever side those are on.
func (m *matching) compare(x, y overlap) int {
	xLow, xHigh := m.sorted(x)
	yLow, yHigh := m.sorted(y)
	return cmp.Or(
		cmp.Compare(y.iou, x.iou),
		canonical.Compare(*xLow, *yLow), canonical.Compare(*xHigh, *yHigh),
		cmp.Compare(xLow.ID, yLow.ID), cmp.Compare(xHigh.ID, yHigh.ID),
	)
}

// sorted returns the lower label of a pair first. Their spans always differ, so ids need not be compared.
func (m *matching) sorted(o overlap) (low, high *label.Label) {
	low, high = &m.before[o.label[0]], &m.after[o.label[1]]
	if compareSpans(low, high) > 0 {
		low, high = high, low
	}
	return low, high
}

// intersectionOverUnion returns the length of the intersection of two spans divided by that of their union. It is 0 if
// the spans share no time.
func intersectionOverUnion(start1, end1, start2, end2 int64) float64 {
	intersection := min(end1, end2) - max(start1, start2)
	union := max(end1, end2) - min(start1, start2)
	if intersection <= 0 {
		return 0
	}
	return float64(intersection) / float64(union)
}
