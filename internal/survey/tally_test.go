package survey

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/sqlite"
)

// span is a label of a type, as far as a tally looks at it.
type span struct{ typeID, startMS, endMS int64 }

// tallyOf adds files of labels to a tally; a file without labels is clean.
func tallyOf(files ...[]span) *tally {
	t := newTally()
	for _, labels := range files {
		t.beginFile()
		for _, l := range labels {
			t.add(l.typeID, l.startMS, l.endMS)
		}
		t.endFile(len(labels) == 0)
	}
	return t
}

// sums are what a tally has summed, without what it remembers of the last file.
type sums struct{ annotations, durationMS, annotated, clean int64 }

func sumsOf(t *tally) (all sums, byType map[int64]sums) {
	byType = make(map[int64]sums)
	for id, ty := range t.types {
		byType[id] = sums{annotations: ty.annotations, durationMS: ty.durationMS}
	}
	return sums{t.annotations, t.durationMS, t.annotated, t.clean}, byType
}

func TestTally(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files  [][]span
		want   sums
		byType map[int64]sums
	}{
		"nothing":           {nil, sums{}, map[int64]sums{}},
		"a clean file":      {[][]span{{}}, sums{clean: 1}, map[int64]sums{}},
		"labels that touch": {[][]span{{{1, 0, 10}, {1, 10, 20}}}, sums{2, 20, 1, 0}, map[int64]sums{1: {2, 20, 0, 0}}},
		"labels that overlap": {
			[][]span{{{1, 0, 10}, {1, 5, 20}}}, sums{2, 20, 1, 0}, map[int64]sums{1: {2, 20, 0, 0}},
		},
		"a label within another, and one after a gap": {
			[][]span{{{1, 0, 10}, {1, 2, 3}, {1, 15, 20}}}, sums{3, 15, 1, 0}, map[int64]sums{1: {3, 15, 0, 0}},
		},
		"types that overlap each other": {
			[][]span{{{1, 0, 10}, {2, 5, 20}, {1, 8, 12}}}, sums{3, 20, 1, 0},
			map[int64]sums{1: {2, 12, 0, 0}, 2: {1, 15, 0, 0}},
		},
		"a point covers no time": {[][]span{{{1, 7, 7}}}, sums{1, 0, 1, 0}, map[int64]sums{1: {1, 0, 0, 0}}},
		"files do not overlap": {
			[][]span{{{1, 0, 10}}, {}, {{1, 0, 10}, {2, 0, 1}}}, sums{3, 20, 2, 1},
			map[int64]sums{1: {2, 20, 0, 0}, 2: {1, 1, 0, 0}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			all, byType := sumsOf(tallyOf(test.files...))
			is.Equal(all, test.want)
			is.Equal(byType, test.byType)
		})
	}
}

// Random labels are compared with a count of milliseconds, and a tally of all files with the merged tallies of two
// halves.
func TestTally_random(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	r := rand.New(rand.NewPCG(1, 2))
	const length, types = 60, 3
	var files [][]span
	covered := map[int64]map[[2]int64]bool{0: {}} // of each type, by file and millisecond; 0: of any
	for file := range int64(40) {
		labels := make([]span, r.IntN(8))
		for i := range labels {
			start := r.Int64N(length)
			labels[i] = span{1 + r.Int64N(types), start, start + r.Int64N(length-start)}
		}
		slices.SortFunc(labels, func(a, b span) int { return int(a.startMS - b.startMS) })
		for _, l := range labels {
			if covered[l.typeID] == nil {
				covered[l.typeID] = map[[2]int64]bool{}
			}
			for ms := l.startMS; ms < l.endMS; ms++ {
				covered[0][[2]int64{file, ms}], covered[l.typeID][[2]int64{file, ms}] = true, true
			}
		}
		files = append(files, labels)
	}
	whole := tallyOf(files...)
	is.Equal(whole.durationMS, int64(len(covered[0])))
	for id, ty := range whole.types {
		is.Equal(ty.durationMS, int64(len(covered[id])))
	}

	merged := newTally()
	merged.merge(tallyOf(files[:13]...))
	merged.merge(tallyOf(files[13:]...))
	all, byType := sumsOf(whole)
	mergedAll, mergedByType := sumsOf(merged)
	is.Equal(mergedAll, all)
	is.Equal(mergedByType, byType)
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	was := Totals{
		TotalAnnotations: 2, AnnotationsByType: map[string]int64{"hum": 2}, DurationMSByType: map[string]int64{"hum": 7},
	}
	now := was
	now.AnnotationsByType = map[string]int64{"hum": 2, "declared later": 0}
	now.DurationMSByType = maps.Clone(now.AnnotationsByType)
	now.DurationMSByType["hum"] = 7
	is.Equal(differences(&was, &now), nil)

	now.CleanAudioFiles, now.AnnotationsByType["click"] = 3, 1
	var said []string
	for _, err := range differences(&was, &now) {
		said = append(said, err.Error())
	}
	is.Equal(said, []string{"clean_audio_files is 3, not 0", "annotations_by_type is map[click:1 hum:2], not map[hum:2]"})
}

func TestStored(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	totals := Totals{
		TotalAnnotations: 1, TotalPositiveDurationMS: 2, AnnotationsByType: map[string]int64{"hum": 1, "click": 0},
		DurationMSByType: map[string]int64{"hum": 2, "click": 0}, AnnotatedAudioFiles: 3, CleanAudioFiles: 4,
	}
	var row sqlite.SetRow
	is.NoErr(FillPublished(&row, &totals, "sha256:0", 5))
	is.Equal(row.Status, sqlite.StatusPublished)
	is.Equal(*row.Digest, "sha256:0")
	is.Equal(*row.PublishedMS, int64(5))
	back, err := stored(&row)
	is.NoErr(err)
	is.Equal(back, totals)
}
