// Package match pairs the labels of two sides one to one, as many pairs as possible.
package match

import (
	"cmp"
	"context"
	"slices"
	"sort"
)

// Span is the time of a label in milliseconds, half open, with 0 <= StartMS <= EndMS < 1<<44.
type Span struct{ StartMS, EndMS int64 }

// none is the index of a partner that does not exist.
const none = -1

// Maximum returns for each span of a the index of its partner in b, or -1. Partners fit each other by the rule, and no
// other choice has more pairs: this is a maximum matching in a bipartite graph. The algorithm is that of J. Hopcroft
// and R. Karp, "An n^5/2 algorithm for maximum matchings in bipartite graphs", SIAM Journal on Computing 2 (4), 1973.
// It starts from a greedy matching, in which each span of a, in order, takes the nearest span that is left. A span that
// has a partner may get another one later, but keeps having one. The result depends only on the arguments.
//
// Memory grows with the number of spans, not with that of the pairs that fit. The only error is that of the context.
func Maximum(ctx context.Context, a, b []Span, rule Rule) ([]int, error) {
	g := newGraph(ctx, a, b, rule)
	g.greedy()
	for g.err == nil && g.layers() {
		g.augment()
	}
	if g.err != nil {
		return nil, g.err
	}
	partners := make([]int, len(a))
	for i, j := range g.partnerA {
		partners[i] = none
		if j != none {
			partners[i] = g.order[j]
		}
	}
	return partners, nil
}

// graph has an edge for each two spans that fit. The edges are not stored: partners are looked up in b by their start.
type graph struct {
	ctx   context.Context
	err   error
	looks int
	rule  Rule
	a, b  []Span // b in order of start, then end
	order []int  // the index that each span of b had before it was sorted

	from, to           []int // for each span of a, the range of b in which its partners can be
	alike              []int // for each span of b, the index of the next one that differs from it
	partnerA, partnerB []int
	layer              []int // for each span of a, how many pairs must be exchanged to reach it
}

func newGraph(ctx context.Context, a, b []Span, rule Rule) *graph {
	g := &graph{
		ctx: ctx, rule: rule, a: a, b: make([]Span, len(b)), order: make([]int, len(b)),
		from: make([]int, len(a)), to: make([]int, len(a)), alike: make([]int, len(b)),
		partnerA: make([]int, len(a)), partnerB: make([]int, len(b)), layer: make([]int, len(a)),
	}
	for j := range b {
		g.order[j], g.partnerB[j] = j, none
	}
	slices.SortStableFunc(g.order, func(i, j int) int {
		return cmp.Or(cmp.Compare(b[i].StartMS, b[j].StartMS), cmp.Compare(b[i].EndMS, b[j].EndMS))
	})
	for j, was := range g.order {
		g.b[j] = b[was]
	}
	for j := len(b) - 1; j >= 0; j-- {
		g.alike[j] = j + 1
		if j+1 < len(b) && g.b[j] == g.b[j+1] {
			g.alike[j] = g.alike[j+1]
		}
	}
	for i, s := range a {
		first, last := rule.starts(s)
		g.from[i] = sort.Search(len(g.b), func(j int) bool { return g.b[j].StartMS >= first })
		g.to[i] = sort.Search(len(g.b), func(j int) bool { return g.b[j].StartMS > last })
		g.partnerA[i] = none
	}
	return g
}

// fits reports whether two spans may be partners. Once the context has ended, it is always false.
func (g *graph) fits(i, j int) bool {
	const checkEvery = 1 << 12
	if g.looks++; g.looks%checkEvery == 0 && g.err == nil {
		g.err = g.ctx.Err()
	}
	return g.err == nil && g.rule.fits(g.a[i], g.b[j])
}

func (g *graph) pair(i, j int) { g.partnerA[i], g.partnerB[j] = j, i }

// greedy pairs each span of a with the nearest span of b that fits and has no partner yet.
func (g *graph) greedy() {
	left := newRemaining(len(g.b))
	for i := range g.a {
		if g.err != nil {
			return
		}
		best, nearest := none, int64(0)
		for j := left.at(g.from[i]); j < g.to[i] && (best == none || nearest > 0); j = left.at(g.alike[j]) {
			if d := distance(g.a[i], g.b[j]); g.fits(i, j) && (best == none || d < nearest) {
				best, nearest = j, d
			}
		}
		if best != none {
			g.pair(i, best)
			left.remove(best)
		}
	}
}

func distance(a, b Span) int64 { return abs(a.StartMS-b.StartMS) + abs(a.EndMS-b.EndMS) }

// layers computes how far each span of a is from one without a partner. It reports whether a shortest path leads on to
// a span of b that has no partner either.
func (g *graph) layers() bool {
	var queue []int
	for i, j := range g.partnerA {
		if g.layer[i] = none; j == none {
			g.layer[i] = 0
			queue = append(queue, i)
		}
	}
	found, last := false, 0
	unseen := newRemaining(len(g.b))
	for ; len(queue) > 0 && g.err == nil; queue = queue[1:] {
		i := queue[0]
		if found && g.layer[i] > last {
			break
		}
		for j := unseen.at(g.from[i]); j < g.to[i]; {
			if !g.fits(i, j) {
				j = unseen.at(g.alike[j])
				continue
			}
			unseen.remove(j)
			if k := g.partnerB[j]; k == none {
				found, last = true, g.layer[i]
			} else {
				g.layer[k] = g.layer[i] + 1
				queue = append(queue, k)
			}
			j = unseen.at(j)
		}
	}
	return found
}

// augment exchanges pairs along shortest paths that have no span in common. Each path adds one pair.
func (g *graph) augment() {
	left := newRemaining(len(g.b))
	for i := range g.a {
		if g.partnerA[i] == none {
			g.exchange(i, left)
		}
	}
}

// exchange searches depth first for a path from a span of a that has no partner. It keeps a stack of its own instead of
// calling itself, because a path can be as long as the file.
func (g *graph) exchange(root int, left remaining) {
	type step struct{ i, j int }
	path := []step{{root, g.from[root]}}
	for len(path) > 0 && g.err == nil {
		top := &path[len(path)-1]
		top.j = left.at(top.j)
		if top.j >= g.to[top.i] {
			path = path[:len(path)-1]
			continue
		}
		if !g.fits(top.i, top.j) {
			top.j = g.alike[top.j]
			continue
		}
		k := g.partnerB[top.j]
		switch {
		case k == none:
			left.remove(top.j)
			for _, s := range path {
				g.pair(s.i, s.j)
			}
			return
		case g.layer[k] == g.layer[top.i]+1:
			left.remove(top.j)
			path = append(path, step{k, g.from[k]})
		default:
			top.j++
		}
	}
}

// remaining is the set of the indices from 0 to n that were not removed, as a forest: each index leads to the next one
// that remains. The last index, n, is never removed.
type remaining []int

func newRemaining(n int) remaining {
	r := make(remaining, n+1)
	for i := range r {
		r[i] = i
	}
	return r
}

// at returns the first index that remains, from i on; n if there is no other.
func (r remaining) at(i int) int {
	for r[i] != i {
		r[i] = r[r[i]]
		i = r[i]
	}
	return i
}

func (r remaining) remove(i int) { r[i] = i + 1 }

func abs(n int64) int64 { return max(n, -n) }
