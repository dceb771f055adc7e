// Package contest holds what the contestants of the benchmark share: the workload, the steps in their order, the
// checks of what comes out, and the lines in which a contestant's program reports to the program that started it.
package contest

import (
	"cmp"
	"context"
	"math"
)

// Label is one label of the workload. ID is the contestant's own handle of it, which stays from version to version.
type Label struct {
	ID             int64
	File, Type     string
	StartMS, EndMS int64
	Confidence     float64
}

// Edit is one change of a draft.
type Edit struct {
	Kind EditKind
	Old  Label // as the contestant read it; of Change and Remove
	New  Label // of Change, with the ID of Old, and of Add, without one
}

// EditKind says what an [Edit] does.
type EditKind int

// The kinds of edit. A change moves the end of a label and leaves where it starts.
const (
	Change EditKind = iota
	Remove
	Add
)

// Changes counts what differs between two versions.
type Changes struct {
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
	Changed int64 `json:"changed"`
}

// About says what a contestant is.
type About struct {
	Name       string `json:"name"`
	What       string `json:"what"`
	Durability string `json:"durability"`
	LeavesOut  string `json:"leaves_out"`
}

// Contestant is one way of keeping versions of labels. Versions count from 1, which is an empty draft once Open has
// returned; the latest one is the draft until it is published. One goroutine uses it.
type Contestant interface {
	About() About
	// Open makes an empty store in a directory that is there and empty.
	Open(ctx context.Context, dir string) error
	Close() error

	// Import adds all labels to the draft, durably, and returns how many there were.
	Import(ctx context.Context, labels Stream) (int64, error)
	// Publish fixes the draft for good, with its statistics.
	Publish(ctx context.Context) error
	// NewVersion makes a draft that starts as a published version.
	NewVersion(ctx context.Context, from int) error
	// Edit changes the draft. What a call did survives the loss of power once it has returned.
	Edit(ctx context.Context, edits []Edit) error
	// Statistics computes those of the draft.
	Statistics(ctx context.Context) (Statistics, error)
	// Diff reads all that differs between two published versions.
	Diff(ctx context.Context, from, to int) (Changes, error)
	// ReadAll calls fn for all labels of a version, in order of audio file and start.
	ReadAll(ctx context.Context, version int, fn func(*Label)) error
	// ReadFile is ReadAll for one audio file.
	ReadFile(ctx context.Context, version int, file string, fn func(*Label)) error
	// Settle makes the store as small on disk as the contestant's own means make it. Not timed.
	Settle(ctx context.Context) error
}

// Peaked is a [Contestant] that works in other processes than its own.
type Peaked interface {
	// PeakBytes returns the most memory that one of them had since the last call.
	PeakBytes() int64
}

// Scanner is a [Contestant] that reads all of a version to find the labels of one audio file.
type Scanner interface {
	// ReadFiles is ReadFile for several. Not timed.
	ReadFiles(ctx context.Context, version int, files []string, fn func(*Label)) error
}

// Statistics are what annoset.Stats has, without clean audio files.
type Statistics struct {
	Labels      int64            `json:"labels"`
	CoveredMS   int64            `json:"covered_ms"`
	ByType      map[string]int64 `json:"by_type"`
	CoveredType map[string]int64 `json:"covered_by_type_ms"`
	Files       int64            `json:"files"`
}

// Survey computes statistics of labels that come file by file and in order of start. The zero Survey is ready.
type Survey struct {
	stats  Statistics
	file   string
	any    int64 // how far the file is covered
	byType map[string]int64
}

// Add takes the next label.
func (s *Survey) Add(l *Label) {
	if s.byType == nil {
		s.byType = make(map[string]int64)
		s.stats.ByType, s.stats.CoveredType = make(map[string]int64), make(map[string]int64)
	}
	if l.File != s.file || s.stats.Labels == 0 {
		s.file, s.any = l.File, 0
		clear(s.byType)
		s.stats.Files++
	}
	s.stats.Labels++
	s.stats.ByType[l.Type]++
	s.stats.CoveredMS += beyond(l, s.any)
	s.any = max(s.any, l.EndMS)
	s.stats.CoveredType[l.Type] += beyond(l, s.byType[l.Type])
	s.byType[l.Type] = max(s.byType[l.Type], l.EndMS)
}

// beyond is the part of a label that lies past what is covered.
func beyond(l *Label, covered int64) int64 { return max(l.EndMS-max(l.StartMS, covered), 0) }

// Statistics returns those of all labels that came.
func (s *Survey) Statistics() Statistics { return s.stats }

// Replace takes away the statistics of some audio files and adds others for them.
func (s Statistics) Replace(old, now Statistics) Statistics {
	out := Statistics{
		Labels: s.Labels - old.Labels + now.Labels, CoveredMS: s.CoveredMS - old.CoveredMS + now.CoveredMS,
		Files: s.Files - old.Files + now.Files, ByType: map[string]int64{}, CoveredType: map[string]int64{},
	}
	add := func(of Statistics, sign int64) {
		for name, n := range of.ByType {
			out.ByType[name] += sign * n
		}
		for name, ms := range of.CoveredType {
			out.CoveredType[name] += sign * ms
		}
	}
	add(s, 1)
	add(old, -1)
	add(now, 1)
	return out
}

// equal compares statistics; a type that no label bears may be missing.
func (s Statistics) equal(o Statistics) bool {
	same := func(a, b map[string]int64) bool {
		for name := range a {
			if a[name] != b[name] {
				return false
			}
		}
		for name := range b {
			if a[name] != b[name] {
				return false
			}
		}
		return true
	}
	return s.Labels == o.Labels && s.CoveredMS == o.CoveredMS && s.Files == o.Files &&
		same(s.ByType, o.ByType) && same(s.CoveredType, o.CoveredType)
}

// contents is the sum of hashes of labels: the same for equal labels in any order, and easily kept up with edits.
type contents struct {
	labels int64
	sum    uint64
}

func (c *contents) add(l *Label)    { c.labels++; c.sum += l.hash() }
func (c *contents) remove(l *Label) { c.labels--; c.sum -= l.hash() }

func (c *contents) edit(edits []Edit) {
	for i := range edits {
		e := &edits[i]
		if e.Kind != Add {
			c.remove(&e.Old)
		}
		if e.Kind != Remove {
			c.add(&e.New)
		}
	}
}

// hash is FNV-1a of all but the ID, by words for what is a number, and mixed at the end.
// Source: http://www.isthe.com/chongo/tech/comp/fnv/
func (l *Label) hash() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, text := range []string{l.File, l.Type} {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * prime
		}
		h = (h ^ 0xff) * prime // no byte of UTF-8: ends the text
	}
	for _, n := range []uint64{uint64(l.StartMS), uint64(l.EndMS), math.Float64bits(l.Confidence)} {
		h = (h ^ n) * prime
		h ^= h >> 29
	}
	return h
}

// before orders labels by audio file and start.
func (l *Label) before(o *Label) bool {
	return cmp.Or(cmp.Compare(l.File, o.File), cmp.Compare(l.StartMS, o.StartMS)) < 0
}
