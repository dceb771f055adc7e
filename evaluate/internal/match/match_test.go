package match_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/evaluate/internal/match"
)

func pairs(partners []int) (n int) {
	for _, j := range partners {
		if j >= 0 {
			n++
		}
	}
	return n
}

func TestMaximum(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("gives up a near partner where that makes one pair more", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		a := []match.Span{{100, 100}, {200, 200}}
		b := []match.Span{{150, 150}, {0, 0}} // 150 fits both; 0 fits 100 alone, which 150 is nearer to

		got, err := match.Maximum(ctx, a, b, match.Collars(100, 100, 0))

		is.NoErr(err)
		is.Equal(got, []int{1, 0}) // both have a partner
	})

	t.Run("takes the nearest where that costs no pair", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		a := []match.Span{{100, 200}}
		b := []match.Span{{50, 200}, {110, 200}, {110, 200}}

		got, err := match.Maximum(ctx, a, b, match.Collars(100, 100, 0))

		is.NoErr(err)
		is.Equal(got, []int{1}) // 10 ms off instead of 50, and the first of two alike
	})

	t.Run("finds as many pairs as trying every path does", func(t *testing.T) {
		t.Parallel()
		rules := map[string]match.Rule{
			"collars":       match.Collars(6, 6, 0),
			"percent":       match.Collars(6, 2, 30),
			"onset alone":   match.Collars(4, -1, 0),
			"exact":         match.Collars(0, 0, 0),
			"half overlap":  match.Overlap(0.5),
			"least overlap": match.Overlap(0.01),
			"equal":         match.Overlap(1),
		}
		fits := map[string]func(a, b match.Span) bool{
			"collars": func(a, b match.Span) bool { return off(a.StartMS, b.StartMS) <= 6 && off(a.EndMS, b.EndMS) <= 6 },
			"percent": func(a, b match.Span) bool {
				return off(a.StartMS, b.StartMS) <= 6 && off(a.EndMS, b.EndMS)*10 <= max(20, 3*(a.EndMS-a.StartMS))
			},
			"onset alone":   func(a, b match.Span) bool { return off(a.StartMS, b.StartMS) <= 4 },
			"exact":         func(a, b match.Span) bool { return a == b },
			"half overlap":  func(a, b match.Span) bool { return match.IoU(a, b) >= 0.5 },
			"least overlap": func(a, b match.Span) bool { return match.IoU(a, b) >= 0.01 },
			"equal":         func(a, b match.Span) bool { return a == b },
		}
		for name, rule := range rules {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				r := rand.New(rand.NewPCG(3, 9))
				for range 400 {
					a, b := spans(r, r.IntN(12)), spans(r, r.IntN(12))
					got, err := match.Maximum(ctx, a, b, rule)
					is.NoErr(err)
					used := map[int]bool{}
					for i, j := range got {
						if j >= 0 {
							is.True(fits[name](a[i], b[j])) // partners fit
							is.True(!used[j])               // one to one
							used[j] = true
						}
					}
					is.Equal(pairs(got), mostPairs(a, b, fits[name])) // as many as there can be
				}
			})
		}
	})

	t.Run("is quick with a hundred thousand equal spans", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		a := slices.Repeat([]match.Span{{1000, 2000}}, 100_000)
		b := slices.Repeat([]match.Span{{1001, 2000}}, 90_000)
		begin := time.Now()

		got, err := match.Maximum(ctx, a, b, match.Collars(200, 200, 0))

		is.NoErr(err)
		is.Equal(pairs(got), len(b))                // all of the shorter side
		is.True(time.Since(begin) < 10*time.Second) // comparing each with each would take 9,000,000,000 comparisons
	})

	t.Run("follows a path through all of a long file", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		const n, collar = 100_000, 51
		point := func(at int64) match.Span { return match.Span{StartMS: at, EndMS: at} }
		a, b := []match.Span{point(1000)}, []match.Span{point(1000 - collar)}
		for i := range int64(n) {
			b = append(b, point(1000+100*i+49)) // nearer to the span of a before it, which takes it
			a = append(a, point(1000+100*i+100))
		}

		got, err := match.Maximum(ctx, a, b, match.Collars(collar, collar, 0))

		is.NoErr(err)
		is.Equal(pairs(got), n+1) // the last span of a is left over until all before it have another partner
	})

	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		r := rand.New(rand.NewPCG(1, 1))

		_, err := match.Maximum(ended, spans(r, 10_000), spans(r, 10_000), match.Collars(6, 6, 0))

		is.True(errors.Is(err, context.Canceled))
	})
}

func TestIoU(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(match.IoU(match.Span{0, 10}, match.Span{5, 15}), 5.0/15) // 5 of 15
	is.Equal(match.IoU(match.Span{0, 10}, match.Span{10, 20}), 0.0)   // half open: they only touch
	is.Equal(match.IoU(match.Span{5, 5}, match.Span{5, 5}), 1.0)      // the same point
	is.Equal(match.IoU(match.Span{5, 5}, match.Span{0, 10}), 0.0)     // a point covers nothing
	is.Equal(match.IoU(match.Span{0, 100}, match.Span{0, 55}), 0.55)  // exactly the decimal
}

func off(a, b int64) int64 { return max(a-b, b-a) }

// spans returns n short spans close together, some of them alike, some of no length.
func spans(r *rand.Rand, n int) []match.Span {
	out := make([]match.Span, n)
	for i := range out {
		start := r.Int64N(40)
		out[i] = match.Span{StartMS: start, EndMS: start + r.Int64N(20)}
	}
	return out
}

// mostPairs is the size of a maximum matching by the simplest algorithm: one augmenting path after the other.
func mostPairs(a, b []match.Span, fits func(a, b match.Span) bool) (n int) {
	partner := make([]int, len(b))
	for j := range partner {
		partner[j] = -1
	}
	var try func(i int, seen []bool) bool
	try = func(i int, seen []bool) bool {
		for j := range b {
			if seen[j] || !fits(a[i], b[j]) {
				continue
			}
			seen[j] = true
			if partner[j] < 0 || try(partner[j], seen) {
				partner[j] = i
				return true
			}
		}
		return false
	}
	for i := range a {
		if try(i, make([]bool, len(b))) {
			n++
		}
	}
	return n
}
