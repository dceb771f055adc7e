package model_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func (m *model) same(what string, got, want any) {
	m.t.Helper()
	if !reflect.DeepEqual(got, want) {
		m.t.Fatalf("%q: %s: got %.1500s, want %.1500s", m.log[max(0, len(m.log)-1):], what, fmt.Sprintf("%+v", got),
			fmt.Sprintf("%+v", want))
	}
}

// sorted returns the labels that pass a filter, in the order in which they are read.
func (m *modelSet) sorted(f annoset.Filter) []annoset.Annotation {
	out := []annoset.Annotation{}
	for _, a := range m.labels {
		if passes(f, a) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, byPlace)
	return out
}

// compare compares a set with its model; of a large set only one comparison in ten is made.
func (m *model) compare(set *modelSet) {
	m.t.Helper()
	if len(set.labels) > 1000 {
		if m.skipped++; m.skipped%10 != 0 {
			return
		}
	}
	m.compareWhole(set)
}

func (m *model) compareWhole(set *modelSet) {
	m.t.Helper()
	got, err := m.s.SetByID(m.ctx, set.was.ID)
	m.must(err)
	labels := proof.Collect(m.t, m.s.Annotations(m.ctx, set.was.ID, annoset.Filter{}))
	m.same("labels", labels, set.sorted(annoset.Filter{}))
	clean := slices.Sorted(maps.Keys(set.clean))
	if clean == nil {
		clean = []string{}
	}
	m.same("clean audio files", proof.Collect(m.t, m.s.CleanAudioFiles(m.ctx, set.was.ID)), clean)
	if set.published() {
		m.same("published set", got, set.was)
		// These are the statistics of the publishing: a type declared later is not among them.
		m.same("statistics", got.Stats, naiveStats(set, slices.Sorted(maps.Keys(got.AnnotationsByType))))
		return
	}
	var declared []string
	for _, t := range set.dataset.vocab {
		declared = append(declared, t.Name)
	}
	m.revised(set, got)
	want := set.was
	want.Stats = naiveStats(set, declared)
	m.same("draft", got, want)
}

// compareAll compares everything, and each set with compare.
func (m *model) compareAll(compare func(*model, *modelSet)) {
	m.t.Helper()
	ids := func(sets []annoset.AnnotationSet) (out []uuid.UUID) {
		for _, set := range sets {
			out = append(out, set.ID)
		}
		return out
	}
	datasets, err := m.s.Datasets(m.ctx)
	m.must(err)
	if len(datasets) != len(m.datasets) {
		m.t.Fatalf("%d datasets, not %d", len(datasets), len(m.datasets))
	}
	for _, d := range m.datasets {
		m.compareBeside(d)
		var want, published []uuid.UUID
		for _, set := range d.sets {
			compare(m, set)
			want = append(want, set.was.ID)
			if set.published() {
				published = append(published, set.was.ID)
			}
			got, err := m.s.SetByVersion(m.ctx, d.id, set.was.Version)
			m.must(err)
			m.same("set by version", got.ID, set.was.ID)
		}
		sets, err := m.s.Sets(m.ctx, d.id, annoset.SetFilter{})
		m.must(err)
		m.same("sets", ids(sets), want)
		sets, err = m.s.Sets(m.ctx, d.id, annoset.SetFilter{Status: annoset.StatusPublished})
		m.must(err)
		m.same("published sets", ids(sets), published)
		latest, err := m.s.LatestPublished(m.ctx, d.id)
		if len(published) == 0 {
			m.refused(err, annoset.ErrNotFound)
			continue
		}
		m.must(err)
		m.same("latest published set", latest.ID, published[len(published)-1])
	}
}

// naiveStats counts each figure by itself.
func naiveStats(set *modelSet, types []string) annoset.Stats {
	s := annoset.Stats{
		TotalAnnotations:  int64(len(set.labels)),
		CleanAudioFiles:   int64(len(set.clean)),
		AnnotationsByType: map[string]int64{},
		DurationMSByType:  map[string]int64{},
	}
	for _, name := range types {
		s.AnnotationsByType[name], s.DurationMSByType[name] = 0, 0
	}
	byFile := map[string][]annoset.Annotation{}
	byFileAndType := map[[2]string][]annoset.Annotation{}
	for _, a := range set.labels {
		s.AnnotationsByType[a.ArtifactType]++
		byFile[a.AudioFileID] = append(byFile[a.AudioFileID], a)
		key := [2]string{a.AudioFileID, a.ArtifactType}
		byFileAndType[key] = append(byFileAndType[key], a)
	}
	s.AnnotatedAudioFiles = int64(len(byFile))
	for _, labels := range byFile {
		s.TotalPositiveDurationMS += covered(labels)
	}
	for key, labels := range byFileAndType {
		s.DurationMSByType[key[1]] += covered(labels)
	}
	return s
}

// covered returns the time that labels cover. It counts the labels open between any two ends.
func covered(labels []annoset.Annotation) (sum int64) {
	change := map[int64]int{}
	for _, a := range labels {
		change[a.StartMS]++
		change[a.EndMS]--
	}
	open, from := 0, int64(0)
	for _, at := range slices.Sorted(maps.Keys(change)) {
		if open > 0 {
			sum += at - from
		}
		open += change[at]
		from = at
	}
	return sum
}
