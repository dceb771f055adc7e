package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/evaluate/internal/timeline"
)

func TestUnion(t *testing.T) {
	t.Parallel()
	is := is.New(t)

	got := timeline.Union([]timeline.Span{{30, 40}, {0, 10}, {35, 38}, {10, 12}, {20, 20}, {50, 60}, {55, 70}})

	is.Equal(got, []timeline.Span{{0, 12}, {30, 40}, {50, 70}}) // touching spans are joined; inner ones and points add nothing
	is.Equal(timeline.Length(got), int64(12+10+20))             // counted once
	is.Equal(len(timeline.Union(nil)), 0)                       // no spans cover no time
}

func TestMinus(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a := []timeline.Span{{0, 10}, {20, 30}, {40, 50}}

	is.Equal(timeline.Minus(a, nil), a)    // nothing taken away
	is.Equal(len(timeline.Minus(a, a)), 0) // all of it
	is.Equal(timeline.Minus(a, []timeline.Span{{2, 3}, {5, 22}, {28, 41}}), []timeline.Span{
		{0, 2}, {3, 5}, {22, 28}, {41, 50},
	}) // holes within a span, and across several
}

// TestAgainstMilliseconds compares with a table that has a row for each step of time.
func TestAgainstMilliseconds(t *testing.T) {
	t.Parallel()
	const end = 40
	r := rand.New(rand.NewPCG(7, 7))
	for range 500 {
		is := is.New(t)
		unions := make([][]timeline.Span, 3)
		tables := make([][end]bool, len(unions))
		for i := range unions {
			for range r.IntN(5) {
				from := r.Int64N(end)
				s := timeline.Span{From: from, To: from + r.Int64N(end-from)}
				unions[i] = append(unions[i], s)
				for at := s.From; at < s.To; at++ {
					tables[i][at] = true
				}
			}
			unions[i] = timeline.Union(unions[i])
		}
		want, got := map[string]int64{}, map[string]int64{}
		onlyFirst := int64(0)
		for at := range end {
			active := []int{}
			for i := range tables {
				if tables[i][at] {
					active = append(active, i)
				}
			}
			if len(active) > 0 {
				want[fmt.Sprint(active)]++
			}
			if tables[0][at] && !tables[1][at] {
				onlyFirst++
			}
		}
		timeline.Sweep(unions, func(length int64, active []int) { got[fmt.Sprint(active)] += length })
		is.Equal(got, want)                                                        // the same unions are active for the same time
		is.Equal(timeline.Length(timeline.Minus(unions[0], unions[1])), onlyFirst) // and the difference has the same length
	}
}
