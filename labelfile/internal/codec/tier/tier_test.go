package tier

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile/internal/decimal"
)

func span(from, to int64, want int) Span {
	return Span{Start: decimal.FromMS(from), End: decimal.FromMS(to), Want: want}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spans []Span
		want  []int
		lanes int
	}{
		"nothing":                     {nil, []int{}, 0},
		"what meets shares a lane":    {[]Span{span(0, 1, 0), span(1, 2, 0)}, []int{0, 0}, 1},
		"what overlaps does not":      {[]Span{span(0, 2, 0), span(1, 3, 0), span(2, 4, 0)}, []int{0, 1, 0}, 2},
		"the first free lane":         {[]Span{span(0, 9, 0), span(1, 2, 0), span(1, 9, 0), span(2, 3, 0)}, []int{0, 1, 2, 1}, 3},
		"points of one time":          {[]Span{span(1, 1, 0), span(1, 1, 0), span(2, 2, 0)}, []int{0, 1, 0}, 2},
		"a point at an end":           {[]Span{span(0, 1, 0), span(1, 1, 0), span(1, 2, 0)}, []int{0, 0, 1}, 2},
		"a lane that is wanted":       {[]Span{span(0, 1, 2), span(1, 2, 2), span(1, 2, 0)}, []int{1, 1, 0}, 2},
		"a lane that is wanted twice": {[]Span{span(0, 2, 1), span(1, 3, 1)}, []int{0, 1}, 2},
		"a lane beyond all":           {[]Span{span(0, 2, MaxIndex+1)}, []int{0}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			lanes, n := Spread(tt.spans, Sort(tt.spans))
			is.Equal(lanes, tt.want)
			is.Equal(n, tt.lanes)
		})
	}
}

// TestSpread_anySpans compares with looking at every lane.
func TestSpread_anySpans(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		spans := make([]Span, r.IntN(40))
		for i := range spans {
			from := int64(r.IntN(20))
			spans[i] = span(from, from+int64(r.IntN(8)), max(r.IntN(12)-6, 0))
		}
		order := Sort(spans)
		got, n := Spread(spans, order)
		var last []*Span
		fits := func(lane int, s *Span) bool {
			return last[lane] == nil || last[lane].End.Cmp(s.Start) <= 0 && last[lane].Start.Cmp(s.Start) < 0
		}
		for _, i := range order {
			s := &spans[i]
			lane := s.Want - 1
			if lane < 0 || lane < len(last) && !fits(lane, s) {
				for lane = 0; lane < len(last) && !fits(lane, s); lane++ {
				}
			}
			for len(last) <= lane {
				last = append(last, nil)
			}
			last[lane] = s
			if got[i] != lane {
				t.Fatalf("seed %d: span %d is in lane %d instead of %d", seed, i, got[i], lane)
			}
		}
		if n != len(last) {
			t.Fatalf("seed %d: %d lanes instead of %d", seed, n, len(last))
		}
	}
}

// TestSpread_many ends soon where every span overlaps every other.
func TestSpread_many(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	spans := make([]Span, 100_000)
	for i := range spans {
		spans[i] = span(int64(i), 1_000_000, 0)
	}
	_, n := Spread(spans, Sort(spans))
	is.Equal(n, len(spans))
}

func TestExtra(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	e, err := NewExtra(json.RawMessage(`{"tier":"a\n","tier_index":2,"n":-1,"by":"anna","x":{"y":1}}`))
	is.NoErr(err)
	is.Equal(e.Lost(), "tier, tier_index, n, by, x")
	text, ok := e.Text("tier")
	is.Equal(text, "a\n")
	is.True(ok)
	_, ok = e.Text("x")
	is.True(!ok) // it is no text
	is.Equal(e.Int("tier_index"), 2)
	is.Equal(e.Int("n"), 0)
	is.Equal(e.Int("tier"), 0)
	is.Equal(e.Lost(), "n, by, x")
	e.Lose("tier")
	is.Equal(e.Lost(), "tier, n, by, x")
	_, err = NewExtra(json.RawMessage(`[]`))
	is.True(err != nil)
}
