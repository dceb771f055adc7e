package annoset

import (
	"math"

	"github.com/annoset/annoset/internal/match"

	"github.com/annoset/annoset/internal/valid"
)

// MatchBy says what is compared of reference and predictions.
type MatchBy string

// The three ways to compare.
const (
	// MatchEvents takes label by label: a prediction is right if there is a reference label of its type that begins
	// and ends within a tolerance, the collar, of where it does. The default.
	MatchEvents MatchBy = "events"
	// MatchIoU takes label by label: a prediction is right if its intersection over union with a reference label of its
	// type, the time that both cover divided by the time that one or the other does, is large enough. That of two equal
	// points is 1; that of a point and anything else is 0.
	MatchIoU MatchBy = "iou"
	// MatchSegments cuts each audio file into segments of one length, and asks of each segment and each type whether
	// a label of it is there. A label is in the segments that it covers any of; segments are half open, so one that
	// ends on a border is not in the segment that begins there. A point is in the segment that it lies in, on a border in
	// the one that begins there, where sed_eval has it in none.
	MatchSegments MatchBy = "segments"
)

// What a zero in [Matching] means. The collars are those of sed_eval's own defaults.
const (
	DefaultCollarMS      = 200
	DefaultOffsetPercent = 50.0
	DefaultSegmentMS     = 1000
)

// Matching says when a prediction is right. The zero value compares events, their onset within 200 ms and their offset
// within the larger of 200 ms and 50 % of the reference label's length.
//
// Events and segments are those of A. Mesaros, T. Heittola, T. Virtanen: "Metrics for polyphonic sound event
// detection", Applied Sciences 6 (6), 2016, and of their program sed_eval (https://github.com/TUT-ARG/sed_eval, with
// event_matching_type='optimal'), as far as whole milliseconds allow: sed_eval computes in binary fractions of a second,
// so that a label which is off by its collar to the millisecond may fall on either side there. Here it is within.
//
// Events, and labels matched by IoU, are paired one to one within a type so that there are as many pairs as there can
// be. A label that several could be paired with takes the nearest that is left, by the sum of the distances of both
// ends, in order of time, unless another choice makes one pair more. What is left over of both sides is paired in the
// same way without regard to type: these are the substitutions, of which sed_eval, which takes the first that fits,
// may find fewer.
//
// Time grows with the number of labels and of the pairs of one type that begin near enough to fit. Where thousands of labels
// of one audio file do, that is the square of their number; the context ends it.
type Matching struct {
	By MatchBy // empty: MatchEvents

	// OnsetCollarMS is how far a prediction may begin from where the reference label does, up to [MaxTimeMS]. 0:
	// DefaultCollarMS; negative: not at all. Of MatchEvents.
	OnsetCollarMS int64
	// OffsetCollarMS is the same for the end. 0: as OnsetCollarMS; negative: not at all. Of MatchEvents.
	OffsetCollarMS int64
	// OffsetPercent widens the collar of the end to this many hundredths of the reference label's length where that
	// is more, up to 100. 0: DefaultOffsetPercent; negative: not at all. Of MatchEvents.
	OffsetPercent float64
	// OnsetOnly leaves the ends out of account. Of MatchEvents.
	OnsetOnly bool

	// MinIoU is the least intersection over union, in (0, 1]. 0: [DefaultMinIoU]. Of MatchIoU.
	MinIoU float64

	// SegmentMS is the length of a segment, up to [MaxTimeMS]. 0: DefaultSegmentMS. Of MatchSegments.
	SegmentMS int64
}

// check finds what is wrong.
func (m *Matching) check(p *problems) {
	by := m.By
	if by == "" {
		by = MatchEvents
	}
	belongs := func(field string, set bool, to MatchBy) {
		if set && by != to {
			p.Add(-1, field, "is set, and matters only when matching by %s", to)
		}
	}
	switch by {
	case MatchEvents, MatchIoU, MatchSegments:
		belongs("onset_collar_ms", m.OnsetCollarMS != 0, MatchEvents)
		belongs("offset_collar_ms", m.OffsetCollarMS != 0, MatchEvents)
		belongs("offset_percent", m.OffsetPercent != 0, MatchEvents)
		belongs("onset_only", m.OnsetOnly, MatchEvents)
		belongs("min_iou", m.MinIoU != 0, MatchIoU)
		belongs("segment_ms", m.SegmentMS != 0, MatchSegments)
	default:
		p.Add(-1, "by", "is %s, not a way to match", valid.Brief(string(m.By)))
	}
	if m.OnsetCollarMS > MaxTimeMS {
		p.Add(-1, "onset_collar_ms", "is %d, more than %d", m.OnsetCollarMS, int64(MaxTimeMS))
	}
	if m.OffsetCollarMS > MaxTimeMS {
		p.Add(-1, "offset_collar_ms", "is %d, more than %d", m.OffsetCollarMS, int64(MaxTimeMS))
	}
	if math.IsNaN(m.OffsetPercent) || m.OffsetPercent > 100 {
		p.Add(-1, "offset_percent", "is %v, not up to 100", m.OffsetPercent)
	}
	if !(m.MinIoU >= 0 && m.MinIoU <= 1) {
		p.Add(-1, "min_iou", "is %v, outside (0, 1]", m.MinIoU)
	}
	if m.SegmentMS < 0 || m.SegmentMS > MaxTimeMS {
		p.Add(-1, "segment_ms", "is %d, outside [1, %d]", m.SegmentMS, int64(MaxTimeMS))
	}
}

// rule is how labels are paired one to one.
func (m *Matching) rule() match.Rule {
	if m.By == MatchIoU {
		return match.Overlap(orDefault(m.MinIoU, DefaultMinIoU))
	}
	onset := orDefault(m.OnsetCollarMS, DefaultCollarMS)
	offset := max(orDefault(m.OffsetCollarMS, onset), 0)
	if m.OnsetOnly {
		offset = -1
	}
	return match.Collars(max(onset, 0), offset, max(orDefault(m.OffsetPercent, DefaultOffsetPercent), 0))
}

func (m *Matching) segmentMS() int64 { return orDefault(m.SegmentMS, DefaultSegmentMS) }

// orDefault returns what a zero stands for.
func orDefault[T comparable](v, standard T) T {
	var zero T
	if v == zero {
		return standard
	}
	return v
}
