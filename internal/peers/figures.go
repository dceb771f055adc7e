package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/annoset/annoset/internal/peers/contest"
)

// figure is one number of a contestant: of each run, and the median of these.
type figure struct {
	name   string
	of     func(*runOf) (float64, bool)
	format func(float64) string
}

// reduce makes one number of the samples of a step.
type reduce func([]time.Duration) time.Duration

func sum(samples []time.Duration) (total time.Duration) {
	for _, s := range samples {
		total += s
	}
	return total
}

func middle(samples []time.Duration) time.Duration { return time.Duration(median(floats(samples))) }

func worst(samples []time.Duration) time.Duration { return slices.Max(samples) }

func floats(samples []time.Duration) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = float64(s)
	}
	return out
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func timeOf(name string, step contest.Step, by reduce) figure {
	return figure{name, func(r *runOf) (float64, bool) {
		m, found := r.measure(step)
		if !found || len(m.Samples) == 0 {
			return 0, false
		}
		return by(m.Samples).Seconds(), true
	}, seconds}
}

func memoryOf(name string, step contest.Step) figure {
	return figure{name, func(r *runOf) (float64, bool) {
		m, found := r.measure(step)
		return float64(m.PeakBytes), found && m.PeakBytes > 0
	}, megabytes}
}

func diskAt(name string, when contest.Disk) figure {
	return figure{name, func(r *runOf) (float64, bool) { return r.disk(when) }, megabytes}
}

func (r *runOf) measure(step contest.Step) (contest.Measurement, bool) {
	for _, m := range r.Measures {
		if m.Step == step {
			return m, true
		}
	}
	return contest.Measurement{}, false
}

func (r *runOf) disk(when contest.Disk) (float64, bool) {
	for _, d := range r.Disk {
		if d.When == when {
			return float64(d.Bytes), true
		}
	}
	return 0, false
}

// The figures, which the table has as rows and the aims are made of.
var (
	importing    = timeOf("import", contest.StepImport, sum)
	firstPublish = timeOf("first publish", contest.StepFirstPublish, sum)
	newVersion   = timeOf("new version", contest.StepNewVersion, middle)
	edits        = timeOf("100 edits, each durable", contest.StepEdits, sum)
	fsyncs       = timeOf("as many bare fsyncs, beside", contest.StepFsyncs, sum)
	statistics   = timeOf("statistics of the draft", contest.StepStatistics, sum)
	publish      = timeOf("publish after 100 edits", contest.StepPublish, sum)
	diffing      = timeOf("diff of the two", contest.StepDiff, middle)
	readAll      = timeOf("read all, in order", contest.StepReadAll, middle)
	readFile     = timeOf("read one audio file", contest.StepReadFile, middle)
	more         = timeOf("further versions, all", contest.StepMoreVersions, sum)
	laterNew     = timeOf("— new version, median", contest.StepLaterNew, middle)
	laterWorst   = timeOf("— new version, worst", contest.StepLaterNew, worst)
	laterPublish = timeOf("— publish, median", contest.StepLaterPublish, middle)
	lastAll      = timeOf("read all of the last", contest.StepLastAll, middle)
	firstFile    = timeOf("read one audio file of the first", contest.StepFirstFile, middle)
	lastFile     = timeOf("read the same of the last", contest.StepLastFile, middle)
	diskOne      = diskAt("disk, one version", contest.DiskOneSettled)
	diskOneRaw   = diskAt("— before tidying up", contest.DiskOne)
	diskLast     = diskAt("disk, all versions", contest.DiskLastSettled)
	diskLastRaw  = diskAt("— before tidying up", contest.DiskLast)
	memoryImport = memoryOf("peak memory, import", contest.StepImport)
	memoryRead   = memoryOf("peak memory, read all", contest.StepReadAll)
)

var figures = []figure{
	importing, firstPublish, newVersion, edits, fsyncs, statistics, publish, diffing, readAll, readFile, more, laterNew,
	laterWorst, laterPublish, lastAll, firstFile, lastFile, diskOne, diskOneRaw, diskLast, diskLastRaw, memoryImport,
	memoryRead,
}

// get is the median over the runs of a contestant, which may have none.
func (f *figure) get(r *result) (float64, bool) {
	var values []float64
	if r == nil {
		return 0, false
	}
	for i := range r.Runs {
		if v, found := f.of(&r.Runs[i]); found {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0, false
	}
	return median(values), true
}

func seconds(v float64) string {
	switch {
	case v >= 1:
		return threeDigits(v) + " s"
	case v >= 1e-3:
		return threeDigits(v*1e3) + " ms"
	}
	return threeDigits(v*1e6) + " µs"
}

func megabytes(v float64) string { return threeDigits(v/1e6) + " MB" }

// threeDigits writes a number with three digits that count, and all digits before the point.
func threeDigits(v float64) string {
	if v <= 0 {
		return "0"
	}
	after := 2 - int(math.Floor(math.Log10(v)))
	return fmt.Sprintf("%.*f", max(after, 0), v)
}
