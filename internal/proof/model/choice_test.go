package model_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func (m *model) anyDataset() *modelDataset {
	if len(m.datasets) == 0 {
		m.createDataset()
	}
	return m.datasets[m.pick(len(m.datasets))]
}

func (m *model) setsThat(pass func(*modelSet) bool) []*modelSet {
	var out []*modelSet
	for _, d := range m.datasets {
		for _, set := range d.sets {
			if pass(set) {
				out = append(out, set)
			}
		}
	}
	return out
}

// anyDraft returns a draft, mostly the one with the longest chain of published sets below it.
func (m *model) anyDraft() *modelSet {
	drafts := m.setsThat(func(s *modelSet) bool { return !s.published() })
	if len(drafts) == 0 {
		m.createSet()
		return m.anyDraft()
	}
	if m.pick(3) > 0 {
		return slices.MaxFunc(drafts, func(a, b *modelSet) int { return a.ancestors - b.ancestors })
	}
	return drafts[m.pick(len(drafts))]
}

func (m *model) anySet() *modelSet {
	sets := m.setsThat(func(*modelSet) bool { return true })
	if len(sets) == 0 {
		return m.anyDraft()
	}
	if m.pick(2) > 0 {
		return slices.MaxFunc(sets, func(a, b *modelSet) int { return a.ancestors - b.ancestors })
	}
	return sets[m.pick(len(sets))]
}

var (
	modelFiles = []string{"a.wav", "b.wav", "B.wav", "a.wav2", "ä.wav", "c d.wav", "z/1.wav"}
	modelTypes = []string{"glitch", "long_pause", "hallucination", "Ω"}
)

func (m *model) anyFile() string { return modelFiles[m.pick(len(modelFiles))] }

// anyLabel returns a label that the dataset accepts.
func (m *model) anyLabel(d *modelDataset) annoset.Annotation {
	a := proof.Label(m.anyFile(), modelTypes[m.pick(len(modelTypes))], int64(m.pick(50)), 0)
	a.EndMS = a.StartMS + int64(m.pick(12))
	if len(d.vocab) > 0 {
		a.ArtifactType = d.vocab[m.pick(len(d.vocab))].Name
	}
	if end := d.durations[a.AudioFileID]; end > 0 {
		a.StartMS, a.EndMS = min(a.StartMS, end), min(a.EndMS, end)
	}
	if m.pick(3) == 0 {
		c := float64(m.pick(5)) / 4
		a.Confidence = &c
	}
	if m.pick(4) == 0 {
		a.ExtraData = json.RawMessage(fmt.Sprintf(`{"by":"ann","n":%d}`, m.pick(3)))
	}
	return a
}

func (m *model) anyID(set *modelSet) (int64, bool) {
	if len(set.labels) == 0 {
		return 0, false
	}
	ids := slices.Sorted(maps.Keys(set.labels))
	return ids[m.pick(len(ids))], true
}

func (m *model) anyFilter() annoset.Filter {
	var f annoset.Filter
	which := m.pick(32)
	if which&1 > 0 {
		f.AudioFileIDs = []string{m.anyFile(), m.anyFile(), "no such file"}
	}
	if which&2 > 0 {
		f.ArtifactTypes = []string{modelTypes[m.pick(len(modelTypes))], modelTypes[m.pick(len(modelTypes))]}
	}
	if which&4 > 0 {
		f.FromMS = int64(m.pick(50))
		f.ToMS = f.FromMS + int64(m.pick(20))
	}
	if which&8 > 0 {
		c := float64(m.pick(5)) / 4
		f.MinConfidence = &c
	}
	if which&16 > 0 {
		c := float64(m.pick(5)) / 4
		f.MaxConfidence = &c
	}
	return f
}

// passes reports whether a filter lets a label through, as the comment of Filter says.
func passes(f annoset.Filter, a annoset.Annotation) bool {
	if len(f.AudioFileIDs) > 0 && !slices.Contains(f.AudioFileIDs, a.AudioFileID) {
		return false
	}
	if len(f.ArtifactTypes) > 0 && !slices.Contains(f.ArtifactTypes, a.ArtifactType) {
		return false
	}
	if f.ToMS > 0 && a.StartMS >= f.ToMS {
		return false
	}
	if a.StartMS < f.FromMS && a.EndMS <= f.FromMS {
		return false
	}
	if f.MinConfidence != nil && (a.Confidence == nil || *a.Confidence < *f.MinConfidence) {
		return false
	}
	return f.MaxConfidence == nil || a.Confidence != nil && *a.Confidence <= *f.MaxConfidence
}
