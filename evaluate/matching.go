package evaluate

import (
	"cmp"
	"math"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate/internal/match"
	"github.com/annoset/annoset/internal/valid"
)

// MatchBy says what is compared.
type MatchBy string

// The three ways to compare.
const (
	// MatchEvents compares labels by their ends: a prediction is right if it starts and ends within a collar of where a
	// reference label of its type does. This is the default.
	MatchEvents MatchBy = "events"
	// MatchIoU compares labels by their overlap: a prediction is right if its intersection over union with a reference
	// label of its type is large enough. The IoU of two equal points is 1; that of a point and anything else is 0.
	MatchIoU MatchBy = "iou"
	// MatchSegments cuts each audio file into segments of one length, and compares for each segment and type whether a
	// label is there. A label is in every segment of which it covers a part. Segments are half open, so a label that ends
	// on a border is not in the segment that starts there. A point is in the segment in which it lies; on a border it is
	// in the one that starts there, while sed_eval has it in none.
	MatchSegments MatchBy = "segments"
)

// Defaults of the fields of [Matching]. The collars are those of sed_eval.
const (
	DefaultCollarMS      = 200
	DefaultOffsetPercent = 50.0
	// DefaultMinIoU is what object detection has asked for since M. Everingham et al., "The PASCAL Visual Object Classes
	// (VOC) Challenge", International Journal of Computer Vision 88, 2010.
	DefaultMinIoU    = 0.5
	DefaultSegmentMS = 1000
)

// Matching says when a prediction is right. The zero value matches events: the start within 200 ms, and the end within
// 200 ms or 50 % of the reference label's length, whichever is more.
//
// Each field belongs to one way of matching. Setting a field of another way is an error.
//
// Labels are paired one to one within a type, as many pairs as possible. Where a label has a choice it gets the nearest
// one that is left, by the sum of the distances of both ends, in order of time, unless another choice makes one pair
// more. The labels that are left over on both sides are then paired in the same way, whatever their type: these are the
// substitutions. sed_eval takes the first one that fits, so it may find fewer.
//
// Times are compared in whole milliseconds, and a label that is off by exactly its collar is within. sed_eval computes
// in fractions of a second, in binary, so there such a label may fall on either side.
type Matching struct {
	By MatchBy `json:"by,omitempty"` // empty: MatchEvents

	// OnsetCollarMS is how far the start of a prediction may be from that of the reference label, at most
	// [annoset.MaxTimeMS]. 0 means DefaultCollarMS; negative, not at all. For MatchEvents.
	OnsetCollarMS int64 `json:"onset_collar_ms,omitempty"`
	// OffsetCollarMS is the same for the end. 0 means that of the onset; negative, not at all. For MatchEvents.
	OffsetCollarMS int64 `json:"offset_collar_ms,omitempty"`
	// OffsetPercent widens the collar of the end to this percentage of the reference label's length, if that is more. At
	// most 100. 0 means DefaultOffsetPercent; negative, no widening. For MatchEvents.
	OffsetPercent float64 `json:"offset_percent,omitempty"`
	// OnsetOnly ignores where labels end. For MatchEvents.
	OnsetOnly bool `json:"onset_only,omitempty"`

	// MinIoU is the smallest intersection over union of a pair, in (0, 1]. 0 means DefaultMinIoU. For MatchIoU.
	MinIoU float64 `json:"min_iou,omitempty"`

	// SegmentMS is the length of a segment, at most [annoset.MaxTimeMS]. 0 means DefaultSegmentMS. For MatchSegments.
	SegmentMS int64 `json:"segment_ms,omitempty"`
}

// check finds what is wrong.
func (m *Matching) check(p *problems) {
	by := cmp.Or(m.By, MatchEvents)
	belongs := func(field string, set bool, to MatchBy) {
		if set && by != to {
			p.Add(-1, field, "is set, but has a meaning only when matching by %s", to)
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
	if m.OnsetCollarMS > annoset.MaxTimeMS {
		p.Add(-1, "onset_collar_ms", "is %d, more than %d", m.OnsetCollarMS, int64(annoset.MaxTimeMS))
	}
	if m.OffsetCollarMS > annoset.MaxTimeMS {
		p.Add(-1, "offset_collar_ms", "is %d, more than %d", m.OffsetCollarMS, int64(annoset.MaxTimeMS))
	}
	if math.IsNaN(m.OffsetPercent) || m.OffsetPercent > 100 {
		p.Add(-1, "offset_percent", "is %v, more than 100 or not a number", m.OffsetPercent)
	}
	if !(m.MinIoU >= 0 && m.MinIoU <= 1) {
		p.Add(-1, "min_iou", "is %v, outside (0, 1]", m.MinIoU)
	}
	if m.SegmentMS < 0 || m.SegmentMS > annoset.MaxTimeMS {
		p.Add(-1, "segment_ms", "is %d, outside [1, %d]", m.SegmentMS, int64(annoset.MaxTimeMS))
	}
}

// rule is how labels are paired.
func (m *Matching) rule() match.Rule {
	if m.By == MatchIoU {
		return match.Overlap(cmp.Or(m.MinIoU, DefaultMinIoU))
	}
	onset := cmp.Or(m.OnsetCollarMS, DefaultCollarMS)
	offset := max(cmp.Or(m.OffsetCollarMS, onset), 0)
	if m.OnsetOnly {
		offset = -1
	}
	return match.Collars(max(onset, 0), offset, max(cmp.Or(m.OffsetPercent, DefaultOffsetPercent), 0))
}

func (m *Matching) segmentMS() int64 { return cmp.Or(m.SegmentMS, DefaultSegmentMS) }
