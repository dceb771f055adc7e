// Package match pairs the labels of two sides, one to one, so that as many as possible have a partner.
package match

import (
	"cmp"
	"context"
	"slices"
	"sort"
)

// Span is where a label lies, half open, in milliseconds: 0 <= StartMS <= EndMS < 1<<44.
type Span struct{ StartMS, EndMS int64 }

// none stands for a partner that is not there.
const none = -1

// Maximum returns for each span of a the index of its partner in b, or -1. Partners fit each other by the rule, and
// there are as many pairs as there can be: a matching of maximum cardinality in the bipartite graph of what fits. It is
// found by Hopcroft and Karp, "An n^5/2 algorithm for maximum matchings in bipartite graphs", SIAM Journal on Computing
// 2 (4), 1973, which begins with a greedy one: each span of a, in its order, takes of what is left what is nearest to
// it. What has a partner then keeps one. The result depends on the arguments alone.
//
// Memory grows with the number of spans, and not with that of the pairs that fit. The error is that of the context.
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

// graph is what fits, which is looked up in b by start and never written down.
type graph struct {
	ctx   context.Context
	err   error
	looks int
	rule  Rule
	a, b  []Span // b in order of start, then end
	order []int  // where the spans of b were

	from, to           []int // the part of b in which partners of each span of a lie
	alike              []int // of each span of b, where the first one behind it lies that is not the same
	partnerA, partnerB []int
	layer              []int // of a: how many pairs must be exchanged to come here
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

// fits tells whether two spans may be partners. It says no to all once the context has ended.
func (g *graph) fits(i, j int) bool {
	const checkEvery = 1 << 12
	if g.looks++; g.looks%checkEvery == 0 && g.err == nil {
		g.err = g.ctx.Err()
	}
	return g.err == nil && g.rule.fits(g.a[i], g.b[j])
}

func (g *graph) pair(i, j int) { g.partnerA[i], g.partnerB[j] = j, i }

// greedy gives each span of a the nearest one of b that fits and has no partner yet.
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

// layers finds out how far each span of a is from one without a partner, and whether a shortest way leads on to a span
// of b that has none either.
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

// augment exchanges pairs along shortest ways that have no span in common, each of which leads to one pair more.
func (g *graph) augment() {
	left := newRemaining(len(g.b))
	for i := range g.a {
		if g.partnerA[i] == none {
			g.exchange(i, left)
		}
	}
}

// exchange looks for a way from a span of a that has no partner, depth first: a stack instead of calls, since a way can
// be as long as the file.
func (g *graph) exchange(root int, left remaining) {
	type step struct{ i, j int }
	way := []step{{root, g.from[root]}}
	for len(way) > 0 && g.err == nil {
		top := &way[len(way)-1]
		top.j = left.at(top.j)
		if top.j >= g.to[top.i] {
			way = way[:len(way)-1]
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
			for _, s := range way {
				g.pair(s.i, s.j)
			}
			return
		case g.layer[k] == g.layer[top.i]+1:
			left.remove(top.j)
			way = append(way, step{k, g.from[k]})
		default:
			top.j++
		}
	}
}

// remaining are the indices from 0 up to n that were not removed: a forest in which each leads on to one that remains.
type remaining []int

func newRemaining(n int) remaining {
	r := make(remaining, n+1)
	for i := range r {
		r[i] = i
	}
	return r
}

// at returns i or the next one that remains; n where there is none.
func (r remaining) at(i int) int {
	for r[i] != i {
		r[i] = r[r[i]]
		i = r[i]
	}
	return i
}

func (r remaining) remove(i int) { r[i] = i + 1 }

func abs(n int64) int64 { return max(n, -n) }
