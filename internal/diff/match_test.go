package diff

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// at makes a label.
func at(id int64, artifactType string, startMS, endMS int64) label.Label {
	return label.Label{ID: id, StartMS: startMS, EndMS: endMS, Type: artifactType}
}

// sure is a label with a confidence.
func sure(l label.Label, confidence float64) label.Label {
	l.Confidence, l.HasConfidence = confidence, true
	return l
}

func matched(t *testing.T, before, after []label.Label, minIoU float64) []pair {
	t.Helper()
	pairs, err := match(context.Background(), before, after, minIoU)
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

// ids writes pairs by the ids of their labels, in an order of their own.
func ids(before, after []label.Label, pairs []pair) []string {
	out := make([]string, len(pairs))
	for i, p := range pairs {
		a, b := int64(0), int64(0)
		if p.before != none {
			a = before[p.before].ID
		}
		if p.after != none {
			b = after[p.after].ID
		}
		out[i] = fmt.Sprintf("%d>%d", a, b)
	}
	return slices.Sorted(slices.Values(out))
}

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		before, after []label.Label
		want          []string // 0 stands for nothing
	}{
		{"nothing", nil, nil, nil},
		{
			"what is on one side alone",
			[]label.Label{at(1, "x", 0, 10)}, []label.Label{at(2, "y", 50, 60)}, []string{"0>2", "1>0"},
		},
		{"what says the same is left out", []label.Label{at(1, "x", 0, 10)}, []label.Label{at(7, "x", 0, 10)}, nil},
		{
			"duplicates, one to one",
			[]label.Label{at(3, "x", 0, 10), at(1, "x", 0, 10), at(2, "x", 0, 10)}, []label.Label{at(9, "x", 0, 10)},
			[]string{"2>0", "3>0"}, // the first stays
		},
		{
			"the same type before another one",
			[]label.Label{sure(at(1, "x", 0, 10), 0.5)}, []label.Label{at(2, "a", 0, 10), sure(at(3, "x", 0, 10), 0.75)},
			[]string{"0>2", "1>3"},
		},
		{
			"the same span before an overlap",
			[]label.Label{at(1, "x", 0, 10)}, []label.Label{at(2, "y", 0, 10), at(3, "x", 0, 9)},
			[]string{"0>3", "1>2"},
		},
		{
			"types of one span in their order",
			[]label.Label{at(1, "d", 0, 10), at(2, "b", 0, 10)},
			[]label.Label{at(3, "c", 0, 10), at(4, "a", 0, 10), at(5, "e", 0, 10)},
			[]string{"0>5", "1>3", "2>4"},
		},
		{
			"the best overlap first", // 8/12, 9/11 and 9/10; whoever comes first would take 3
			[]label.Label{at(1, "x", 0, 10), at(2, "x", 3, 12)}, []label.Label{at(3, "x", 2, 12)},
			[]string{"1>0", "2>3"},
		},
		{
			"of equal overlaps the earliest", // 8/12 on both sides
			[]label.Label{at(1, "x", 0, 10), at(2, "x", 4, 14)}, []label.Label{at(3, "x", 2, 12)},
			[]string{"1>3", "2>0"},
		},
		{
			"an overlap of just as much as is asked for", // 10/20
			[]label.Label{at(1, "x", 0, 20)}, []label.Label{at(2, "x", 0, 10)}, []string{"1>2"},
		},
		{
			"and one of less", // 10/21
			[]label.Label{at(1, "x", 0, 21)}, []label.Label{at(2, "x", 0, 10)}, []string{"0>2", "1>0"},
		},
		{
			"points, which overlap nothing",
			[]label.Label{at(1, "x", 5, 5)}, []label.Label{at(2, "x", 5, 6), at(3, "x", 4, 6)}, []string{"0>2", "0>3", "1>0"},
		},
		{
			"points that say something else", // they have one span
			[]label.Label{at(1, "x", 5, 5)}, []label.Label{at(2, "y", 5, 5)}, []string{"1>2"},
		},
		{
			"no overlap of other types",
			[]label.Label{at(1, "x", 0, 10)}, []label.Label{at(2, "y", 0, 9)}, []string{"0>2", "1>0"},
		},
		{
			"what is as long as a label can be",
			[]label.Label{at(1, "x", 0, 1<<43)}, []label.Label{at(2, "x", 1, 1<<43)}, []string{"1>2"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			is.Equal(ids(tt.before, tt.after, matched(t, tt.before, tt.after, 0.5)), tt.want)
		})
	}
}

// TestMatch_inAnyOrder matches random labels: nothing depends on the order they come in, or on which side is which, no
// label is matched twice or lost, and the pairs are those that the rule gives when it is followed by the letter.
func TestMatch_inAnyOrder(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		side := func() []label.Label {
			labels := make([]label.Label, r.IntN(12))
			for i := range labels {
				start := r.Int64N(6)
				labels[i] = at(int64(i+1), fmt.Sprint(r.IntN(2)), start, start+r.Int64N(6))
				if r.IntN(3) == 0 {
					labels[i] = sure(labels[i], float64(r.IntN(2)))
				}
			}
			r.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
			return labels
		}
		before, after := side(), side()
		minIoU := []float64{0.01, 0.5, 0.6, 1}[r.IntN(4)]

		got := ids(before, after, matched(t, before, after, minIoU))

		is.Equal(got, ids(before, after, byTheLetter(before, after, minIoU))) // the rule
		back := matched(t, after, before, minIoU)
		for i, p := range back {
			back[i] = pair{p.after, p.before}
		}
		is.Equal(ids(before, after, back), got) // the way back is the inverse
		shuffled := slices.Clone(before)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		is.Equal(ids(shuffled, after, matched(t, shuffled, after, minIoU)), got) // in any order
	}
}

func TestMatch_whereEverythingOverlaps(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	const n = 2000
	var before, after []label.Label
	for i := range int64(n) {
		before = append(before, at(i+1, "x", 3*i, 3*i+1_000_000))
		after = append(after, at(i+1, "x", 3*i+1, 3*i+1_000_001))
	}
	pairs := matched(t, before, after, 0.5)
	is.Equal(len(pairs), n) // four million overlaps
	for _, p := range pairs {
		is.Equal(p.before, p.after) // each label finds the one that is a millisecond off
	}
}

// byTheLetter follows the rule as the comment of match has it: it looks for the best pair among all, again and again.
func byTheLetter(before, after []label.Label, minIoU float64) []pair {
	usedBefore, usedAfter := make([]bool, len(before)), make([]bool, len(after))
	var pairs []pair
	iou := func(a, b *label.Label) float64 {
		return intersectionOverUnion(a.StartMS, a.EndMS, b.StartMS, b.EndMS)
	}
	sameSpan := func(a, b *label.Label) bool { return a.StartMS == b.StartMS && a.EndMS == b.EndMS }
	for step, fits := range []func(a, b *label.Label) bool{
		func(a, b *label.Label) bool { return canonical.Compare(*a, *b) == 0 },
		func(a, b *label.Label) bool { return sameSpan(a, b) && a.Type == b.Type },
		sameSpan,
		func(a, b *label.Label) bool {
			return a.Type == b.Type && iou(a, b) >= minIoU
		},
	} {
		for {
			best := pair{none, none}
			better := func(i, j int) bool {
				if best.before == none {
					return true
				}
				a, b, c, d := before[i], after[j], before[best.before], after[best.after]
				if step < 3 { // the first of each side
					return compare(&a, &c) < 0 || compare(&a, &c) == 0 && compare(&b, &d) < 0
				}
				x, y := iou(&a, &b), iou(&c, &d)
				inOrder := func(a, b label.Label) [2]label.Label {
					if canonical.Compare(a, b) > 0 {
						a, b = b, a
					}
					return [2]label.Label{a, b}
				}
				p, q := inOrder(a, b), inOrder(c, d)
				return x > y || x == y && slices.CompareFunc(p[:], q[:], func(a, b label.Label) int {
					return canonical.Compare(a, b)
				}) < 0 || x == y && canonical.Compare(p[0], q[0]) == 0 && canonical.Compare(p[1], q[1]) == 0 &&
					slices.CompareFunc(p[:], q[:], func(a, b label.Label) int { return int(a.ID - b.ID) }) < 0
			}
			for i := range before {
				for j := range after {
					if !usedBefore[i] && !usedAfter[j] && fits(&before[i], &after[j]) && better(i, j) {
						best = pair{i, j}
					}
				}
			}
			if best.before == none {
				break
			}
			usedBefore[best.before], usedAfter[best.after] = true, true
			if step > 0 {
				pairs = append(pairs, best)
			}
		}
	}
	for i, used := range usedBefore {
		if !used {
			pairs = append(pairs, pair{i, none})
		}
	}
	for j, used := range usedAfter {
		if !used {
			pairs = append(pairs, pair{none, j})
		}
	}
	return pairs
}

func TestMatch_endsWithItsContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := match(ctx, []label.Label{at(1, "hum", 0, 10)}, []label.Label{at(2, "hum", 1, 10)}, 0.5)
	is.Equal(err, context.Canceled) // matching many that overlap takes long
}
