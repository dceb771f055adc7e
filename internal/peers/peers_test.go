package main

import (
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/peers/contest"
)

// ofOne is a contestant that has one figure, how long importing takes, in each of its runs.
func ofOne(folder string, runs ...time.Duration) *result {
	r := &result{Folder: folder, Name: folder}
	for _, d := range runs {
		r.Runs = append(r.Runs, runOf{Measures: []contest.Measurement{{Step: contest.StepImport, Samples: []time.Duration{d}}}})
	}
	return r
}

func TestFigure(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := ofOne("annoset", 5*time.Second, time.Second, 2*time.Second)
	v, found := importing.get(r)
	is.True(found)
	is.Equal(v, 2.0) // the median of the runs
	_, found = diffing.get(r)
	is.True(!found) // nobody measured it
	is.Equal(seconds(v), "2.00 s")
	is.Equal(seconds(0.0123456), "12.3 ms")
	is.Equal(seconds(0.000999), "999 µs")
	is.Equal(megabytes(123456789), "123 MB")
}

func TestAims(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	list := aims([]*result{
		ofOne("annoset", time.Second),
		ofOne("dolt", 12*time.Second),
		ofOne("csqlite", 500*time.Millisecond),
		{Folder: "byhand", NotBuilt: "no compiler"},
	})
	is.True(list[0].known && list[0].met(list[0].value))  // 12 times as fast as Dolt
	is.True(!list[1].known)                               // by hand took no part
	is.True(list[2].known && !list[2].met(list[2].value)) // half of C SQLite's speed is too little
}

func TestCompare(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a, b := ofOne("annoset", 1), ofOne("git", 1)
	is.NoErr(compare([]*result{a, b, {Name: "dolt", NotBuilt: "no compiler"}}))
	b.Runs[0].Found.Changes.Added = 1
	is.True(compare([]*result{a, b}) != nil) // they found different things
	is.True(compare([]*result{{Name: "git", Failed: "no git"}}) != nil)
}

func TestReport(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	out := report(&options{workload: "synthetic", runs: 1}, nil, []*result{
		ofOne("annoset", time.Second), ofOne("git", 3*time.Second),
		{Name: "dolt", NotBuilt: "no compiler"},
	})
	is.True(strings.Contains(out, "| 1.00 s"))
	is.True(strings.Contains(out, "| 3.00 s (3.00)")) // three times what the first takes
	is.True(strings.Contains(out, "not built: no compiler"))
}
