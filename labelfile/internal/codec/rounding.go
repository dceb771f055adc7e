package codec

import (
	"fmt"

	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Rounded is the times of a label in milliseconds.
type Rounded struct {
	StartMS, EndMS int64
	Exact          bool // nothing was rounded
	Collapsed      bool // a span became a point
}

// Round rounds the times of a label, of which most is the latest. What rounds to lawful times is lawful: float
// arithmetic leaves starts a hair below 0 and ends a hair before their starts.
func (l *Label) Round(most int64) (Rounded, *SyntaxError) {
	bad := func(found, expected string) (Rounded, *SyntaxError) {
		return Rounded{}, &SyntaxError{Place: l.Place, Found: found, Expected: expected}
	}
	start, exactStart, err := l.Start.MS()
	if err != nil || start > most {
		return bad("a start that is out of range", fmt.Sprintf("at most %s seconds", decimal.Seconds(most)))
	}
	end, exactEnd, err := l.End.MS()
	if err != nil || end > most {
		return bad("an end that is out of range", fmt.Sprintf("at most %s seconds", decimal.Seconds(most)))
	}
	if start < 0 {
		return bad("a start before the beginning of the audio", "0 or later")
	}
	if end < start {
		if EndsBefore(l.Start, l.End) {
			return bad(fmt.Sprintf("an end at %s, before the start at %s", decimal.Seconds(end), decimal.Seconds(start)),
				"an end at or after the start")
		}
		end = start
	}
	r := Rounded{StartMS: start, EndMS: end, Exact: exactStart && exactEnd}
	r.Collapsed = !r.Exact && start == end && l.Start.Cmp(l.End) < 0
	return r, nil
}

// EndsBefore reports whether an end lies before a start, also when they are rounded. A length that rounds to 0 is a
// point, even where half a millisecond lies between start and end.
func EndsBefore(start, end decimal.Number) bool {
	if start.Cmp(end) <= 0 {
		return false
	}
	length, _, err := end.Add(start.Times(-1)).MS()
	return err != nil || length != 0
}
