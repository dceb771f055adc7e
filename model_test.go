package annoset_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/layer"
)

// modelSet is what a set must be.
type modelSet struct {
	dataset   *modelDataset
	was       annoset.AnnotationSet // as it was returned last; of a published set, for ever
	labels    map[int64]annoset.Annotation
	clean     map[string]bool
	ancestors int // how many published sets it stands on
	reviews   map[string]modelReview
	holds     string // what it held when it was compared last
}

func (m *modelSet) published() bool { return m.was.Status == annoset.StatusPublished }

// modelDataset is what a dataset must be.
type modelDataset struct {
	id        uuid.UUID
	vocab     []annoset.ArtifactType
	last      int // version
	sets      []*modelSet
	durations map[string]int64
	approvals int // that it demands
	tags      map[string]uuid.UUID
}

// model does to maps what the operations of a test do to a store.
type model struct {
	t        testing.TB
	ctx      context.Context
	s        *annoset.Store
	path     string // empty: in memory
	opts     annoset.Options
	pick     func(n int) int // from 0 up to and without n
	datasets []*modelDataset
	given    map[int64]bool // label ids
	digests  map[string]string
	person   string            // who signs
	runs     map[uuid.UUID]int // training runs by set
	log      []string
	names    int // datasets that were ever made
	bulks    int
	skipped  int // comparisons of large sets, of which only some are made
	deepest  int // longest chain of published sets
}

// operations are what may happen, and how often in relation to each other.
var operations = []struct {
	weight int
	name   string
	do     func(*model)
}{
	{1, "create dataset", (*model).createDataset},
	{1, "delete dataset", (*model).deleteDataset},
	{1, "declare a type", (*model).declareType},
	{2, "add audio files", (*model).addAudioFiles},
	{2, "create set", (*model).createSet},
	{20, "add", (*model).add},
	{5, "import", (*model).importLabels},
	{1, "in bulk", (*model).addBulk},
	{20, "update", (*model).update},
	{12, "delete", (*model).delete},
	{10, "mark clean", (*model).markClean},
	{4, "unmark clean", (*model).unmarkClean},
	{12, "new version", (*model).newVersion},
	{4, "copy", (*model).copyLabels},
	{10, "publish", (*model).publish},
	{4, "delete set", (*model).deleteSet},
	{3, "change hands", (*model).changeHands},
	{1, "demand approvals", (*model).demandApprovals},
	{10, "review", (*model).review},
	{3, "use what is published", (*model).usePublished},
	{3, "change what is published", (*model).changePublished},
	{4, "read with a filter", (*model).readFiltered},
	{1, "reopen", (*model).reopen},
}

// run does n operations and compares all at the end.
func (m *model) run(n int) {
	defer func() {
		if m.t.Failed() {
			m.t.Logf("the last operations: %q", m.log[max(0, len(m.log)-12):])
		}
	}()
	defer noPanic(m.t)
	total := 0
	for _, op := range operations {
		total += op.weight
	}
	for i := range n {
		at := m.pick(total)
		for _, op := range operations {
			if at -= op.weight; at < 0 {
				m.log = append(m.log, op.name)
				op.do(m)
				break
			}
		}
		if i%50 == 49 {
			m.compareAll((*model).compare)
		}
		if m.t.Failed() {
			return
		}
	}
	m.compareAll((*model).compareWhole)
}

// openModel opens a new store and its model.
func openModel(t testing.TB, opts annoset.Options, inMemory bool, pick func(n int) int) *model {
	t.Helper()
	m := &model{
		t: t, ctx: context.Background(), opts: opts, pick: pick, given: map[int64]bool{}, digests: map[string]string{},
		runs: map[uuid.UUID]int{},
	}
	var err error
	if inMemory {
		m.s, err = annoset.OpenMemory(m.ctx, &m.opts)
	} else {
		m.path = filepath.Join(t.TempDir(), "labels.annoset")
		m.s, err = annoset.Open(m.ctx, m.path, &m.opts)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// close checks the file as the end of any test does.
func (m *model) close() {
	m.must(m.s.Close())
	if m.path != "" {
		checkFile(m.t, m.path)
	}
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("%q: %v", m.log[max(0, len(m.log)-1):], err)
	}
}

// refused is for what must not happen: the error is known, and what is there stays as it was.
func (m *model) refused(err, want error) {
	m.t.Helper()
	if !errors.Is(err, want) {
		m.t.Fatalf("%q: error is %v, not %v", m.log[len(m.log)-1], err, want)
	}
}

// ------------------------------------------------------------------ what is chosen

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

// anyDraft returns a draft, mostly the one with the longest chain below it.
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

// anyLabel returns a label that the dataset takes.
func (m *model) anyLabel(d *modelDataset) annoset.Annotation {
	a := label(m.anyFile(), modelTypes[m.pick(len(modelTypes))], int64(m.pick(50)), 0)
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

// passes says what a filter lets through, word by word as its comment does.
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

// ------------------------------------------------------------------ the operations

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

// declareType makes the vocabulary of a dataset longer by one.
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

// know takes a set that was just made into the model.
func (m *model) know(d *modelDataset, set *modelSet) {
	d.last++
	if set.was.Version != d.last {
		m.t.Fatalf("version is %d, not %d", set.was.Version, d.last)
	}
	set.dataset = d
	d.sets = append(d.sets, set)
	m.compare(set)
}

func (m *model) add() {
	set := m.anyDraft()
	labels := make([]annoset.Annotation, m.pick(4))
	for i := range labels {
		labels[i] = m.anyLabel(set.dataset)
	}
	if m.pick(10) == 0 { // one that is refused, and all others with it
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

// added takes labels and their new ids into the model.
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

// found takes labels whose ids were not returned into the model, by what the set now has.
func (m *model) found(set *modelSet, n int, labels []annoset.Annotation) {
	if n != len(labels) {
		m.t.Fatalf("%d labels were written, not %d", n, len(labels))
	}
	var fresh []annoset.Annotation
	for _, a := range collect(m.t, m.s.Annotations(m.ctx, set.was.ID, annoset.Filter{})) {
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

// contents writes labels down without their ids, in an order of their own.
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

// addBulk adds so many labels that the schema's guards go while they are written, now and then.
func (m *model) addBulk() {
	if m.bulks >= 2 || raceDetector {
		return
	}
	m.bulks++
	set := m.anyDraft()
	labels := make([]annoset.Annotation, layer.BulkRows+m.pick(10))
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
	case 0: // as it is
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
	if m.pick(8) == 0 { // one that is not there, and so none goes
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

// empty deletes, if there are not too many, all labels of a file, and marks it clean.
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
	if published.Status != annoset.StatusPublished || published.PublishedAt == nil || published.Version != set.was.Version {
		m.t.Fatalf("published: %+v", published)
	}
	if published.PublishedBy != m.person {
		m.t.Fatalf("published by %q, not %q", published.PublishedBy, m.person)
	}
	set.was = published
	m.compare(set)
	// Equal contents have equal digests, and other ones others.
	key := fmt.Sprintln(contents(slices.Collect(maps.Values(set.labels))), slices.Sorted(maps.Keys(set.clean)))
	digest, known := m.digests[key]
	if known && digest != published.Digest {
		m.t.Fatalf("version %d has the digest %s, and one with equal contents %s", published.Version, published.Digest, digest)
	}
	for other, digest := range m.digests {
		if digest == published.Digest && other != key {
			m.t.Fatalf("version %d has the digest of one with other contents", published.Version)
		}
	}
	m.digests[key] = published.Digest
	m.must(m.s.Verify(m.ctx, set.was.ID))
	if m.pick(2) == 0 { // go on from it
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

// changePublished tries each way to change a published set.
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
	_, err = m.s.Import(m.ctx, id, stream(1, 1), nil)
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

// readFiltered reads a set through a filter, at once and page by page, and one label by its id.
func (m *model) readFiltered() {
	set, f := m.anySet(), m.anyFilter()
	want := set.sorted(f)
	m.same("labels", collect(m.t, m.s.Annotations(m.ctx, set.was.ID, f)), want)
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

// ------------------------------------------------------------------ comparing

func (m *model) same(what string, got, want any) {
	m.t.Helper()
	if !reflect.DeepEqual(got, want) {
		m.t.Fatalf("%q: %s: got %.1500s, want %.1500s", m.log[max(0, len(m.log)-1):], what, fmt.Sprintf("%+v", got),
			fmt.Sprintf("%+v", want))
	}
}

// sorted returns the labels that pass in the order in which they are read.
func (m *modelSet) sorted(f annoset.Filter) []annoset.Annotation {
	out := []annoset.Annotation{}
	for _, a := range m.labels {
		if passes(f, a) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b annoset.Annotation) int {
		switch {
		case a.AudioFileID != b.AudioFileID && a.AudioFileID < b.AudioFileID:
			return -1
		case a.AudioFileID != b.AudioFileID:
			return 1
		case a.StartMS != b.StartMS:
			return int(a.StartMS - b.StartMS)
		}
		return int(a.ID - b.ID)
	})
	return out
}

// compare compares one set with its model; a large one now and then.
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
	m.same("labels", collect(m.t, m.s.Annotations(m.ctx, set.was.ID, annoset.Filter{})), set.sorted(annoset.Filter{}))
	clean := slices.Sorted(maps.Keys(set.clean))
	if clean == nil {
		clean = []string{}
	}
	m.same("clean audio files", collect(m.t, m.s.CleanAudioFiles(m.ctx, set.was.ID)), clean)
	if set.published() {
		m.same("published set", got, set.was)
		// A type that was declared since does not show: these are the statistics of then.
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

// compareAll compares everything that there is, and each set by compare.
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

// naiveStats counts everything that it counts separately, and durations by the ends of labels.
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

// covered counts how many labels are open at each end of one, and sums up where any is.
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

// ------------------------------------------------------------------ the tests

func TestStore_doesAsAModelDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		opts     annoset.Options
		inMemory bool
		steps    int
	}{
		{"in a file", annoset.Options{Durability: annoset.DurabilityRelaxed}, false, 300},
		{"in a file that survives all", annoset.Options{}, false, 150},
		{"in memory", annoset.Options{}, true, 300},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			steps := c.steps
			switch {
			case full():
				steps *= 20
			case brief():
				steps /= 3
			}
			random := newRand(t)
			m := openModel(t, c.opts, c.inMemory, random.IntN)
			defer m.close()
			m.run(steps)
		})
	}
}

func TestStore_NewVersion_folds(t *testing.T) {
	skipMany(t)
	t.Parallel()
	random := newRand(t)
	m := openModel(t, annoset.Options{Durability: annoset.DurabilityRelaxed}, false, random.IntN)
	defer m.close()
	edits := []func(*model){
		(*model).add, (*model).add, (*model).update, (*model).update, (*model).update, (*model).delete, (*model).markClean,
		(*model).unmarkClean,
	}
	m.add()
	depth := 24
	if raceDetector {
		depth = 12
	}
	for m.deepest <= depth { // versions in one chain, each a few edits away from the one before
		for range random.IntN(6) {
			m.log = append(m.log, "edit")
			edits[random.IntN(len(edits))](m)
		}
		if t.Failed() {
			return
		}
		m.log = append(m.log, "publish")
		m.publish()
		if len(m.setsThat(func(s *modelSet) bool { return !s.published() })) > 2 {
			m.deleteSet()
		}
		m.log = append(m.log, "new version")
		m.newVersion()
	}
	m.compareAll((*model).compareWhole)
	db := openRaw(t, m.path)
	var high, folded int
	if err := db.QueryRow(`SELECT max(depth) + 1 FROM layer_stack`).Scan(&high); err != nil || high > layer.Max {
		t.Errorf("a set stands on %d layers, more than %d: %v", high, layer.Max, err)
	}
	if err := db.QueryRow(`SELECT count(*) FROM layer WHERE id NOT IN (SELECT layer_id FROM annotation_set)`).
		Scan(&folded); err != nil || folded < depth/8 {
		t.Errorf("%d layers were folded, fewer than %d: %v", folded, depth/8, err)
	}
	db.Close()
}

func TestStore_batches(t *testing.T) {
	t.Parallel()
	skipMany(t)
	const batch = 1 << 15 // as many labels as an import takes at once
	ctx := context.Background()
	s, err := annoset.OpenMemory(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	set := newDraft(t, s, "a")
	t.Run("may be full to the last label", func(t *testing.T) {
		defer noPanic(t)
		is := is.New(t)
		n, err := s.Import(ctx, set.ID, stream(batch, 3), nil)
		is.NoErr(err)
		is.Equal(n, batch)
		other := newDraft(t, s, "b")
		n, err = s.CopyAnnotations(ctx, other.ID, set.ID, annoset.Filter{})
		is.NoErr(err)
		is.Equal(n, batch)
	})
	t.Run("may be empty", func(t *testing.T) {
		defer noPanic(t)
		is := is.New(t)
		other := newDraft(t, s, "c")
		n, err := s.CopyAnnotations(ctx, other.ID, set.ID, annoset.Filter{ArtifactTypes: []string{"none"}})
		is.NoErr(err) // of many labels, none passes
		is.Equal(n, 0)
		n, err = s.Import(ctx, other.ID, stream(0, 1), nil)
		is.NoErr(err)
		is.Equal(n, 0)
		ids, err := s.Add(ctx, other.ID)
		is.NoErr(err)
		is.Equal(len(ids), 0)
	})
}

func FuzzStore(f *testing.F) {
	skipMany(f)
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 6 {
		data := make([]byte, 40<<n)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			data = data[:1<<12]
		}
		left := data
		pick := func(n int) int {
			v := 0
			for span := 1; span < n; span <<= 8 {
				if len(left) == 0 {
					return v % n
				}
				v, left = v<<8|int(left[0]), left[1:]
			}
			return v % n
		}
		m := openModel(t, annoset.Options{Durability: annoset.DurabilityRelaxed}, pick(2) == 0, pick)
		m.bulks = 1 // one at most
		defer m.close()
		for len(left) > 0 && !t.Failed() {
			m.run(min(10, len(left)))
		}
	})
}
