package model_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

func (m *model) createDataset() {
	if len(m.datasets) >= 3 {
		return
	}
	m.names++
	d := &modelDataset{durations: map[string]int64{}, tags: map[string]uuid.UUID{}}
	if m.pick(3) == 0 {
		for _, name := range modelTypes[:2] {
			d.vocab = append(d.vocab, annoset.ArtifactType{Name: name})
		}
	}
	made, err := m.s.CreateDataset(m.ctx, annoset.NewDataset{
		Name: fmt.Sprintf("dataset %d", m.names), ArtifactTypes: d.vocab,
	})
	m.must(err)
	d.id = made.ID
	m.datasets = append(m.datasets, d)
}

func (m *model) deleteDataset() {
	if len(m.datasets) < 2 {
		return
	}
	i := m.pick(len(m.datasets))
	err := m.s.DeleteDataset(m.ctx, m.datasets[i].id)
	if slices.ContainsFunc(m.datasets[i].sets, (*modelSet).published) {
		m.refused(err, annoset.ErrPublished)
		return
	}
	m.must(err)
	m.datasets = slices.Delete(m.datasets, i, i+1)
}

// declareType adds one type to the vocabulary of a dataset.
func (m *model) declareType() {
	d := m.anyDataset()
	if len(d.vocab) == 0 || len(d.vocab) == len(modelTypes) {
		return
	}
	d.vocab = append(slices.Clone(d.vocab), annoset.ArtifactType{Name: modelTypes[len(d.vocab)]})
	_, err := m.s.UpdateDataset(m.ctx, d.id, annoset.DatasetPatch{ArtifactTypes: d.vocab})
	m.must(err)
}

func (m *model) addAudioFiles() {
	d := m.anyDataset()
	f := annoset.AudioFile{ID: m.anyFile(), DurationMS: int64(m.pick(2) * (40 + m.pick(40)))}
	err := m.s.AddAudioFiles(m.ctx, d.id, f)
	for _, set := range d.sets {
		for _, a := range set.labels {
			if a.AudioFileID == f.ID && f.DurationMS > 0 && a.EndMS > f.DurationMS {
				m.refused(err, annoset.ErrInvalid)
				return
			}
		}
	}
	m.must(err)
	if f.DurationMS > 0 {
		d.durations[f.ID] = f.DurationMS
	}
}

func (m *model) createSet() {
	d := m.anyDataset()
	if len(m.setsThat(func(s *modelSet) bool { return !s.published() })) >= 6 {
		return
	}
	set, err := m.s.CreateSet(m.ctx, d.id, annoset.NewSet{Notes: "new"})
	m.must(err)
	m.know(d, &modelSet{was: set, labels: map[int64]annoset.Annotation{}, clean: map[string]bool{}})
}

// know adds a new set to the model.
func (m *model) know(d *modelDataset, set *modelSet) {
	d.last++
	if set.was.Version != d.last {
		m.t.Fatalf("version is %d, not %d", set.was.Version, d.last)
	}
	set.dataset = d
	d.sets = append(d.sets, set)
	m.compare(set)
}

func (m *model) newVersion() {
	if len(m.setsThat(func(s *modelSet) bool { return !s.published() })) >= 6 {
		return
	}
	parent := m.anySet()
	made, err := m.s.NewVersion(m.ctx, parent.was.ID, annoset.NewSet{Notes: "next"})
	m.must(err)
	if made.ParentID == nil || *made.ParentID != parent.was.ID {
		m.t.Fatalf("parent is %v, not %v", made.ParentID, parent.was.ID)
	}
	set := &modelSet{
		was: made, labels: maps.Clone(parent.labels), clean: maps.Clone(parent.clean), ancestors: parent.ancestors,
	}
	if parent.published() {
		set.ancestors++
		m.deepest = max(m.deepest, set.ancestors)
	}
	m.know(parent.dataset, set)
}

func (m *model) copyLabels() {
	dst, src, f := m.anyDraft(), m.anySet(), m.anyFilter()
	n, err := m.s.CopyAnnotations(m.ctx, dst.was.ID, src.was.ID, f)
	if dst == src {
		m.refused(err, annoset.ErrConflict)
		return
	}
	var labels []annoset.Annotation
	for _, a := range src.labels {
		if !passes(f, a) {
			continue
		}
		labels = append(labels, a)
		declared := func(t annoset.ArtifactType) bool { return t.Name == a.ArtifactType }
		end := dst.dataset.durations[a.AudioFileID]
		if len(dst.dataset.vocab) > 0 && !slices.ContainsFunc(dst.dataset.vocab, declared) || end > 0 && a.EndMS > end {
			m.refused(err, annoset.ErrInvalid)
			m.compare(dst)
			return
		}
	}
	m.must(err)
	m.found(dst, n, labels)
	m.compare(dst)
}

func (m *model) publish() {
	set := m.anyDraft()
	approved := m.approved(set)
	published, err := m.s.Publish(m.ctx, set.was.ID, nil)
	if !approved {
		m.refused(err, annoset.ErrNotApproved)
		m.compare(set)
		return
	}
	if len(set.labels) == 0 && len(set.clean) == 0 {
		m.refused(err, annoset.ErrEmptySet)
		m.compare(set)
		return
	}
	m.must(err)
	if published.Status != annoset.StatusPublished || published.PublishedAt == nil ||
		published.Version != set.was.Version {
		m.t.Fatalf("published: %+v", published)
	}
	if published.PublishedBy != m.person {
		m.t.Fatalf("published by %q, not %q", published.PublishedBy, m.person)
	}
	set.was = published
	m.compare(set)
	// Equal contents have equal digests, different ones different digests.
	key := fmt.Sprintln(contents(slices.Collect(maps.Values(set.labels))), slices.Sorted(maps.Keys(set.clean)))
	digest, known := m.digests[key]
	if known && digest != published.Digest {
		m.t.Fatalf("version %d has the digest %s, and one with equal contents %s",
			published.Version, published.Digest, digest)
	}
	for other, digest := range m.digests {
		if digest == published.Digest && other != key {
			m.t.Fatalf("version %d has the digest of one with other contents", published.Version)
		}
	}
	m.digests[key] = published.Digest
	m.must(m.s.Verify(m.ctx, set.was.ID))
	if m.pick(2) == 0 { // continue from it
		m.newVersion()
	}
}

func (m *model) deleteSet() {
	set := m.anyDraft()
	if drafts := m.setsThat(func(s *modelSet) bool { return !s.published() }); len(drafts) > 0 {
		set = drafts[m.pick(len(drafts))]
	}
	m.must(m.s.DeleteSet(m.ctx, set.was.ID))
	i := slices.Index(set.dataset.sets, set)
	set.dataset.sets = slices.Delete(set.dataset.sets, i, i+1)
	_, err := m.s.SetByID(m.ctx, set.was.ID)
	m.refused(err, annoset.ErrNotFound)
}

// changePublished tries every way to change a published set.
func (m *model) changePublished() {
	sets := m.setsThat((*modelSet).published)
	if len(sets) == 0 {
		return
	}
	set := sets[m.pick(len(sets))]
	id := set.was.ID
	a := m.anyLabel(set.dataset)
	a.ID, _ = m.anyID(set)
	notes := "other"
	_, err := m.s.Add(m.ctx, id, a)
	m.refused(err, annoset.ErrPublished)
	_, err = m.s.Import(m.ctx, id, proof.Stream(1, 1), nil)
	m.refused(err, annoset.ErrPublished)
	m.refused(m.s.Update(m.ctx, id, a), annoset.ErrPublished)
	m.refused(m.s.Delete(m.ctx, id, a.ID), annoset.ErrPublished)
	m.refused(m.s.MarkClean(m.ctx, id, "new.wav"), annoset.ErrPublished)
	m.refused(m.s.UnmarkClean(m.ctx, id, m.anyFile()), annoset.ErrPublished)
	m.refused(m.s.DeleteSet(m.ctx, id), annoset.ErrPublished)
	m.refused(m.s.DeleteDataset(m.ctx, set.dataset.id), annoset.ErrPublished)
	_, err = m.s.Publish(m.ctx, id, nil)
	m.refused(err, annoset.ErrPublished)
	_, err = m.s.UpdateSet(m.ctx, id, annoset.SetPatch{Notes: &notes})
	m.refused(err, annoset.ErrPublished)
	if src := m.anySet(); src != set {
		_, err = m.s.CopyAnnotations(m.ctx, id, src.was.ID, annoset.Filter{})
		m.refused(err, annoset.ErrPublished)
	}
	m.compare(set)
}

// readFiltered reads a set through a filter, whole and page by page, and one label by its id.
func (m *model) readFiltered() {
	set, f := m.anySet(), m.anyFilter()
	want := set.sorted(f)
	m.same("labels", proof.Collect(m.t, m.s.Annotations(m.ctx, set.was.ID, f)), want)
	limit := 1 + m.pick(7)
	if len(want) > 500 {
		limit = 400
	}
	paged := []annoset.Annotation{}
	for page := (annoset.Page{More: true}); page.More; {
		var err error
		page, err = m.s.Page(m.ctx, set.was.ID, f, page.Next, limit)
		m.must(err)
		paged = append(paged, page.Annotations...)
	}
	m.same("labels by page", paged, want)
	if id, ok := m.anyID(set); ok {
		a, err := m.s.Annotation(m.ctx, set.was.ID, id)
		m.must(err)
		m.same("label", a, set.labels[id])
	}
}

func (m *model) reopen() {
	if m.path == "" {
		return
	}
	m.close()
	var err error
	m.s, err = annoset.Open(m.ctx, m.path, &m.opts)
	m.must(err)
	m.s = m.s.As(m.person)
	m.compareAll((*model).compare)
}
