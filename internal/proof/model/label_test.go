package model_test

import (
	"encoding/json"
	"io"
	"iter"
	"slices"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func (m *model) add() {
	set := m.anyDraft()
	labels := make([]annoset.Annotation, m.pick(4))
	for i := range labels {
		labels[i] = m.anyLabel(set.dataset)
	}
	if m.pick(10) == 0 { // a bad one: all are refused
		bad := m.anyLabel(set.dataset)
		bad.EndMS = bad.StartMS - 1
		_, err := m.s.Add(m.ctx, set.was.ID, append(labels, bad)...)
		m.refused(err, annoset.ErrInvalid)
		m.compare(set)
		return
	}
	ids, err := m.s.Add(m.ctx, set.was.ID, labels...)
	m.must(err)
	m.added(set, ids, labels)
	m.compare(set)
}

// added adds labels with their new ids to the model.
func (m *model) added(set *modelSet, ids []int64, labels []annoset.Annotation) {
	if len(ids) != len(labels) {
		m.t.Fatalf("%d ids of %d labels", len(ids), len(labels))
	}
	for i, a := range labels {
		if m.given[ids[i]] {
			m.t.Fatalf("id %d was given before", ids[i])
		}
		m.given[ids[i]] = true
		a.ID = ids[i]
		set.labels[a.ID] = a
		delete(set.clean, a.AudioFileID)
	}
}

// found adds labels to the model whose ids the store did not return: it finds them in the set.
func (m *model) found(set *modelSet, n int, labels []annoset.Annotation) {
	if n != len(labels) {
		m.t.Fatalf("%d labels were written, not %d", n, len(labels))
	}
	var fresh []annoset.Annotation
	for _, a := range proof.Collect(m.t, m.s.Annotations(m.ctx, set.was.ID, annoset.Filter{})) {
		if _, old := set.labels[a.ID]; !old {
			fresh = append(fresh, a)
		}
	}
	if got, want := contents(fresh), contents(labels); !slices.Equal(got, want) {
		m.t.Fatalf("%d labels are there, of which %d as they were given", len(got), len(want))
	}
	ids := make([]int64, len(fresh))
	for i, a := range fresh {
		ids[i] = a.ID
	}
	m.added(set, ids, fresh)
}

// contents writes labels down without their ids, sorted.
func contents(labels []annoset.Annotation) []string {
	out := []string{}
	for _, a := range labels {
		a.ID = 0
		data, err := json.Marshal(a)
		if err != nil {
			return []string{err.Error()}
		}
		out = append(out, string(data))
	}
	slices.Sort(out)
	return out
}

func sequenceOf(labels []annoset.Annotation, end error) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for _, a := range labels {
			if !yield(a, nil) {
				return
			}
		}
		if end != nil {
			yield(annoset.Annotation{}, end)
		}
	}
}

func (m *model) importLabels() {
	set := m.anyDraft()
	labels := make([]annoset.Annotation, m.pick(9))
	for i := range labels {
		labels[i] = m.anyLabel(set.dataset)
	}
	if m.pick(4) == 0 {
		_, err := m.s.Import(m.ctx, set.was.ID, sequenceOf(labels, io.ErrUnexpectedEOF), nil)
		m.refused(err, io.ErrUnexpectedEOF)
		m.compare(set)
		return
	}
	n, err := m.s.Import(m.ctx, set.was.ID, sequenceOf(labels, nil), nil)
	m.must(err)
	m.found(set, n, labels)
	m.compare(set)
}

// addBulk adds labels in bulk, at most twice: enough that the guards of the schema are dropped while they are written.
func (m *model) addBulk() {
	if m.bulks >= 2 || proof.Race {
		return
	}
	m.bulks++
	set := m.anyDraft()
	labels := make([]annoset.Annotation, proof.BulkRows+m.pick(10))
	for i := range labels {
		labels[i] = m.anyLabel(set.dataset)
	}
	if m.pick(2) == 0 {
		ids, err := m.s.Add(m.ctx, set.was.ID, labels...)
		m.must(err)
		m.added(set, ids, labels)
	} else {
		n, err := m.s.Import(m.ctx, set.was.ID, sequenceOf(labels, nil), nil)
		m.must(err)
		m.found(set, n, labels)
	}
	m.compare(set)
}

func (m *model) update() {
	set := m.anyDraft()
	id, ok := m.anyID(set)
	if !ok {
		return
	}
	a := m.anyLabel(set.dataset)
	a.ID = id
	switch m.pick(4) {
	case 0: // unchanged
		a = set.labels[id]
	case 1: // in the same file
		if end := set.dataset.durations[set.labels[id].AudioFileID]; end == 0 || a.EndMS <= end {
			a.AudioFileID = set.labels[id].AudioFileID
		}
	}
	m.must(m.s.Update(m.ctx, set.was.ID, a))
	set.labels[id] = a
	delete(set.clean, a.AudioFileID)
	m.compare(set)
}

func (m *model) delete() {
	set := m.anyDraft()
	var ids []int64
	for range 1 + m.pick(3) {
		if id, ok := m.anyID(set); ok {
			ids = append(ids, id)
		}
	}
	if m.pick(8) == 0 { // one of them is missing: none is deleted
		m.refused(m.s.Delete(m.ctx, set.was.ID, append(ids, 1<<40)...), annoset.ErrNotFound)
		m.compare(set)
		return
	}
	m.must(m.s.Delete(m.ctx, set.was.ID, ids...))
	for _, id := range ids {
		delete(set.labels, id)
	}
	if len(ids) > 0 {
		_, err := m.s.Annotation(m.ctx, set.was.ID, ids[0])
		m.refused(err, annoset.ErrNotFound)
		a := m.anyLabel(set.dataset)
		a.ID = ids[0]
		m.refused(m.s.Update(m.ctx, set.was.ID, a), annoset.ErrNotFound)
	}
	m.compare(set)
}

func (m *model) markClean() {
	set := m.anyDraft()
	files := []string{m.anyFile(), m.anyFile()}
	err := m.s.MarkClean(m.ctx, set.was.ID, files...)
	for _, a := range set.labels {
		if slices.Contains(files, a.AudioFileID) {
			m.refused(err, annoset.ErrConflict)
			m.compare(set)
			m.empty(set, files[0])
			return
		}
	}
	m.must(err)
	set.clean[files[0]], set.clean[files[1]] = true, true
	m.compare(set)
}

// empty sometimes deletes all labels of an audio file, if there are at most 30, and marks the file clean.
func (m *model) empty(set *modelSet, file string) {
	var ids []int64
	for id, a := range set.labels {
		if a.AudioFileID == file {
			ids = append(ids, id)
		}
	}
	if len(ids) > 30 || m.pick(2) == 0 {
		return
	}
	m.must(m.s.Delete(m.ctx, set.was.ID, ids...))
	m.must(m.s.MarkClean(m.ctx, set.was.ID, file))
	for _, id := range ids {
		delete(set.labels, id)
	}
	set.clean[file] = true
	m.compare(set)
}

func (m *model) unmarkClean() {
	set := m.anyDraft()
	file := m.anyFile()
	m.must(m.s.UnmarkClean(m.ctx, set.was.ID, file))
	delete(set.clean, file)
	m.compare(set)
}
