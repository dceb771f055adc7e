// Package timeline computes unions, differences and overlaps of half-open spans of time.
package timeline

import (
	"cmp"
	"slices"
)

// Span reaches from From up to, but not including, To, with From <= To. The unit is the caller's: milliseconds,
// segments.
type Span struct{ From, To int64 }

// Union returns the time that spans cover, as sorted spans that neither overlap nor touch. Spans of no length cover
// nothing. It sorts its argument, and the result shares memory with it.
func Union(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	out := spans[:0]
	for _, s := range spans {
		switch last := len(out) - 1; {
		case s.From >= s.To:
		case last >= 0 && s.From <= out[last].To:
			out[last].To = max(out[last].To, s.To)
		default:
			out = append(out, s)
		}
	}
	return out
}

// Minus returns the time that a covers and b does not. Both are unions, and so is the result.
func Minus(a, b []Span) []Span {
	var out []Span
	for _, s := range a {
		for len(b) > 0 && b[0].To <= s.From {
			b = b[1:]
		}
		for _, hole := range b {
			if hole.From >= s.To {
				break
			}
			if hole.From > s.From {
				out = append(out, Span{s.From, hole.From})
			}
			s.From = min(hole.To, s.To)
		}
		if s.From < s.To {
			out = append(out, s)
		}
	}
	return out
}

// Length returns how much time a union covers.
func Length(union []Span) int64 {
	n := int64(0)
	for _, s := range union {
		n += s.To - s.From
	}
	return n
}

// Sweep goes through several unions at once, in order of time. It calls fn for each stretch of time in which the same
// unions cover it, at least one of them: with the length of the stretch and the ascending indices of these unions. The
// indices are valid until fn returns.
func Sweep(unions [][]Span, fn func(length int64, active []int)) {
	type edge struct {
		at    int64
		track int
	}
	var edges []edge // the first edge of a track starts a span, the next one ends it, and so on
	for track, union := range unions {
		for _, s := range union {
			edges = append(edges, edge{s.From, track}, edge{s.To, track})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	var active []int
	at := int64(0)
	for _, e := range edges {
		if e.at > at && len(active) > 0 {
			fn(e.at-at, active)
		}
		at = e.at
		if i, found := slices.BinarySearch(active, e.track); found {
			active = slices.Delete(active, i, i+1)
		} else {
			active = slices.Insert(active, i, e.track)
		}
	}
}
