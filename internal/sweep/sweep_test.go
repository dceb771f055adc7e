package sweep

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// sweepAll compares the labels of one file and says what was found, a line for each label with something.
func sweepAll(t testing.TB, s *Sweep, labels []Label) []string {
	t.Helper()
	found := []string{}
	s.BeginFile()
	for i := range labels {
		e, err := s.Add(&labels[i])
		if err != nil {
			t.Fatal(err)
		}
		if line := lineOf(labels[i].ID, e); line != "" {
			found = append(found, line)
		}
	}
	return found
}

func lineOf(id int64, e Earlier) string {
	var b strings.Builder
	for _, of := range []struct {
		what  string
		other int64
	}{{"same", e.Same}, {"overlaps", e.Overlapped}, {"contradicts", e.Contradicted}} {
		if of.other != 0 {
			fmt.Fprintf(&b, " %s %d", of.what, of.other)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprint(id, b.String())
}

// numbered gives labels the ids 1, 2, 3…
func numbered(labels ...Label) []Label {
	for i := range labels {
		labels[i].ID = int64(i + 1)
	}
	return labels
}

func at(typeID, startMS, endMS int64) Label {
	return Label{TypeID: typeID, Label: label.Label{StartMS: startMS, EndMS: endMS}}
}

func sure(l Label, confidence float64) Label {
	l.Confidence, l.HasConfidence = confidence, true
	return l
}

func extra(l Label, text string) Label {
	l.ExtraData = text
	return l
}

func TestSweep(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		labels []Label
		want   []string
	}{
		{"one label", numbered(at(1, 0, 10)), []string{}},
		{"touching is no overlap", numbered(at(1, 0, 10), at(1, 10, 20)), []string{}},
		{"a millisecond is one", numbered(at(1, 0, 11), at(1, 10, 20)), []string{"2 overlaps 1"}},
		{"another type is no overlap", numbered(at(1, 0, 10), at(2, 5, 15)), []string{}},
		{"types overlap by themselves", numbered(at(1, 0, 10), at(2, 1, 11), at(1, 2, 3), at(2, 4, 5)),
			[]string{"3 overlaps 1", "4 overlaps 2"}},
		{"the one that ends last is named", numbered(at(1, 0, 90), at(1, 10, 20), at(1, 30, 100), at(1, 95, 96)),
			[]string{"2 overlaps 1", "3 overlaps 1", "4 overlaps 3"}},
		{"starting together overlaps", numbered(at(1, 0, 10), at(1, 0, 20)), []string{"2 overlaps 1"}},
		{"a point overlaps nothing", numbered(at(1, 0, 10), at(1, 5, 5), at(1, 5, 7), at(1, 7, 7)),
			[]string{"3 overlaps 1"}},
		{"the same label", numbered(at(1, 0, 10), at(1, 0, 10), at(1, 0, 10)), []string{"2 same 1", "3 same 1"}},
		{"the same point", numbered(at(1, 5, 5), at(1, 5, 5)), []string{"2 same 1"}},
		{"the same but for the confidence", numbered(at(1, 0, 10), sure(at(1, 0, 10), 0), sure(at(1, 0, 10), 1)),
			[]string{"2 overlaps 1", "3 overlaps 1"}},
		{"the same with a confidence", numbered(sure(at(1, 0, 10), 0.5), sure(at(1, 0, 10), 0.5)), []string{"2 same 1"}},
		{"the same but for extra data", numbered(extra(at(1, 0, 10), `{"a":1}`), extra(at(1, 0, 10), `{"a":2}`)),
			[]string{"2 overlaps 1"}},
		{"extra data spelled another way", numbered(extra(at(1, 0, 9), `{"a":1,"b":2}`), extra(at(1, 0, 9), `{"b": 2, "a": 1}`)),
			[]string{"2 same 1"}},
		{"a copy is compared no further", numbered(at(1, 0, 20), at(2, 0, 20), at(1, 0, 20), at(2, 0, 20)),
			[]string{"2 contradicts 1", "3 same 1", "4 same 2"}},
		{"a copy of what overlaps", numbered(at(1, 0, 20), at(1, 5, 9), at(1, 5, 9)),
			[]string{"2 overlaps 1", "3 same 2"}},
		{"another type on a span", numbered(at(1, 0, 10), at(2, 0, 10), at(3, 0, 10)),
			[]string{"2 contradicts 1", "3 contradicts 1"}},
		{"another type at a point", numbered(at(1, 5, 5), at(2, 5, 5)), []string{"2 contradicts 1"}},
		{"the first type again on a span", numbered(at(1, 0, 10), sure(at(1, 0, 10), 1), at(2, 0, 10), sure(at(1, 0, 10), 0)),
			[]string{"2 overlaps 1", "3 contradicts 1", "4 overlaps 1 contradicts 3"}},
		{"another end is another span", numbered(at(1, 0, 10), at(2, 0, 11)), []string{}},
		{"another start is another span", numbered(at(1, 0, 10), at(2, 1, 10)), []string{}},
	}
	s := New() // one for all: what was in one file is no matter in the next
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			is := is.New(t)
			is.Equal(sweepAll(t, s, test.labels), test.want)
			is.Equal(sweepAll(t, s, test.labels), test.want) // in a second file the same
		})
	}
	t.Run("what starts together after many that did", func(t *testing.T) {
		is := is.New(t)
		var labels []Label
		for i := range int64(5000) {
			labels = append(labels, at(1, 0, i))
		}
		labels = numbered(append(labels, at(2, 10, 20), at(2, 10, 20), at(1, 10, 15))...)
		found := sweepAll(t, s, labels)
		is.Equal(len(found), 4998+2)                                             // all but the point and the first one
		is.Equal(found[4998:], []string{"5002 same 5001", "5003 overlaps 5000"}) // what ended at 15 or 20 is past
	})
	t.Run("extra data that is no JSON", func(t *testing.T) {
		is := is.New(t)
		s.BeginFile()
		_, err := s.Add(&Label{Label: label.Label{ID: 1, ExtraData: "{"}})
		is.NoErr(err) // it is not compared yet
		_, err = s.Add(&Label{Label: label.Label{ID: 2}})
		is.True(err != nil) // the first is compared once there is a second
	})
}

// naive compares each label with all that came before it.
func naive(t testing.TB, labels []Label) []Earlier {
	t.Helper()
	all := make([]Earlier, len(labels))
	for i, l := range labels {
		first := slices.IndexFunc(labels[:i], func(o Label) bool { return alike(t, o, l) })
		if first >= 0 {
			all[i].Same = labels[first].ID
			continue
		}
		end := int64(0)
		for j, o := range labels[:i] {
			switch shared := min(o.EndMS, l.EndMS) - max(o.StartMS, l.StartMS); {
			case all[j].Same != 0: // a copy counts for nothing
			case o.TypeID == l.TypeID && shared > 0 && o.EndMS > end:
				all[i].Overlapped, end = o.ID, o.EndMS
			case o.TypeID != l.TypeID && o.StartMS == l.StartMS && o.EndMS == l.EndMS && all[i].Contradicted == 0:
				all[i].Contradicted = o.ID
			}
		}
	}
	return all
}

func alike(t testing.TB, a, b Label) bool {
	t.Helper()
	for _, l := range []*Label{&a, &b} {
		l.ID = 0
		var err error
		if l.ExtraData, err = canonical.ExtraData(l.ExtraData); err != nil {
			t.Fatal(err)
		}
	}
	return a == b
}

func TestSweep_finds_what_comparing_all_pairs_finds(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := New()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 0))
		labels := make([]Label, r.IntN(25))
		width := int64(1 + r.IntN(30)) // from nearly all alike to nearly all apart
		for i := range labels {
			start := r.Int64N(width)
			l := at(1+r.Int64N(3), start, start+r.Int64N(width))
			if r.IntN(3) == 0 {
				l = sure(l, float64(r.IntN(2)))
			}
			if r.IntN(3) == 0 {
				l = extra(l, []string{`{"a":1}`, `{ "a" : 1 }`, `{}`}[r.IntN(3)])
			}
			labels[i] = l
		}
		slices.SortStableFunc(labels, func(a, b Label) int { return cmp.Compare(a.StartMS, b.StartMS) })
		labels = numbered(labels...)
		want := []string{}
		for i, e := range naive(t, labels) {
			if line := lineOf(labels[i].ID, e); line != "" {
				want = append(want, line)
			}
		}
		if got := sweepAll(t, s, labels); !slices.Equal(got, want) {
			t.Logf("seed %d: %+v", seed, labels)
			is.Equal(got, want)
		}
	}
}

// BenchmarkSweep has the worst that there is: a million labels of one file that all overlap, or all start together.
func BenchmarkSweep(b *testing.B) {
	const n = 1_000_000
	for name, label := range map[string]func(i int64) Label{
		"apart":            func(i int64) Label { return at(i%10, i*10, i*10+5) },
		"all overlap":      func(i int64) Label { return at(1, i, 2*n-i) },
		"start together":   func(i int64) Label { return at(i%10, 0, i) },
		"all the same":     func(int64) Label { return at(1, 0, 10) },
		"many then by two": func(i int64) Label { return at(1, max(0, i-n/2)/2, 2*n+i) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := New()
				s.BeginFile()
				for i := range int64(n) {
					l := label(i)
					l.ID = i + 1
					if _, err := s.Add(&l); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "labels/s")
		})
	}
}
