package match

import "math"

// Rule says which spans may be partners. [Collars] and [Overlap] make one.
type Rule struct {
	// starts returns the first and the last start that a partner of a can have.
	starts func(a Span) (first, last int64)
	fits   func(a, b Span) bool
}

// Collars returns the rule that b starts at most onsetMS from the start of a, and ends at most offsetMS, or percent of
// the length of a if that is more, from the end of a. An offsetMS below 0 ignores ends. The rule is exact as long as
// 100 times a length, and percent times one, are below 1<<53.
func Collars(onsetMS, offsetMS int64, percent float64) Rule {
	return Rule{
		starts: func(a Span) (int64, int64) { return a.StartMS - onsetMS, a.StartMS + onsetMS },
		fits: func(a, b Span) bool {
			if abs(a.StartMS-b.StartMS) > onsetMS {
				return false
			}
			off := abs(a.EndMS - b.EndMS)
			return offsetMS < 0 || off <= offsetMS || float64(100*off) <= percent*float64(a.EndMS-a.StartMS)
		},
	}
}

// Overlap returns the rule that the [IoU] of a and b is at least least, which is greater than 0.
func Overlap(least float64) Rule {
	return Rule{
		starts: func(a Span) (int64, int64) {
			// The union is at most 1/least times the overlap, and so at most 1/least times the length of a. So b
			// starts before a by at most what the union has beyond a.
			length := float64(a.EndMS - a.StartMS)
			before := math.Ceil(length/least - length)
			return a.StartMS - int64(min(before, float64(a.StartMS)+1)), a.EndMS
		},
		fits: func(a, b Span) bool { return IoU(a, b) >= least },
	}
}

// IoU is the intersection over union of two spans, or Jaccard index: the time that both cover, divided by the time that
// at least one covers. It is 1 for equal spans, also for those of no length.
func IoU(a, b Span) float64 {
	if a == b {
		return 1
	}
	both := min(a.EndMS, b.EndMS) - max(a.StartMS, b.StartMS)
	if both <= 0 {
		return 0
	}
	return float64(both) / float64(a.EndMS-a.StartMS+b.EndMS-b.StartMS-both)
}
