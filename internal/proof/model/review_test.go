package model_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/annoset/annoset"
)

// modelReview is the last review of a set by one person.
type modelReview struct {
	verdict annoset.Verdict
	of      string // contents of the set
	at      int64  // its revision
}

// modelPeople are those who edit. The empty name is an edit that nobody signs.
var modelPeople = []string{"ann", "bob", "ann", "bob", ""}

// changePerson lets another person continue. Before that it compares all, and with it who edited what.
func (m *model) changePerson() {
	m.compareAll((*model).compareWhole)
	m.person = modelPeople[m.pick(len(modelPeople))]
	m.s = m.s.As(m.person)
}

func (m *model) requireApprovals() {
	d := m.anyDataset()
	d.approvals = m.pick(2)
	_, err := m.s.UpdateDataset(m.ctx, d.id, annoset.DatasetPatch{RequiredApprovals: &d.approvals})
	m.must(err)
}

// review has a person approve or reject a draft. An approval of an earlier revision must be refused.
func (m *model) review() {
	set := m.anyDraft()
	m.compareWhole(set)
	got, err := m.s.SetByID(m.ctx, set.was.ID)
	m.must(err)
	person := []string{"ann", "bob", "cid", "dan"}[m.pick(4)]
	reviewer := m.s.As(person)
	if m.pick(5) == 0 {
		_, err := reviewer.Reject(m.ctx, got.ID, got.Revision, "")
		m.must(err)
		m.reviewed(set, person, annoset.VerdictRejected)
		return
	}
	_, err = reviewer.Approve(m.ctx, got.ID, got.Revision-1, "")
	m.refused(err, annoset.ErrConflict)
	_, err = reviewer.Approve(m.ctx, got.ID, got.Revision, "")
	if slices.Contains(got.EditedBy, person) || slices.Contains(got.EditedBy, "") {
		m.refused(err, annoset.ErrOwnWork)
		return
	}
	m.must(err)
	m.reviewed(set, person, annoset.VerdictApproved)
}

func (m *model) reviewed(set *modelSet, person string, v annoset.Verdict) {
	if set.reviews == nil {
		set.reviews = map[string]modelReview{}
	}
	set.reviews[person] = modelReview{verdict: v, of: set.contents(), at: set.was.Revision}
}

// approved reports whether a draft's reviews allow it to be published. A review counts for the revision it was given
// on.
func (m *model) approved(set *modelSet) bool {
	got, err := m.s.SetByID(m.ctx, set.was.ID)
	m.must(err)
	approvals := 0
	for person, r := range set.reviews {
		switch {
		case r.at != got.Revision:
		case r.of != set.contents():
			m.t.Fatalf("the review of %q stands, and the set holds something else", person)
		case r.verdict == annoset.VerdictRejected:
			return false
		default:
			approvals++
		}
	}
	return approvals >= set.dataset.approvals
}

// contents returns a digest of all that a review is about.
func (m *modelSet) contents() string {
	h := sha256.New()
	for _, a := range m.sorted(annoset.Filter{}) {
		fmt.Fprintln(h, a.ID, contents([]annoset.Annotation{a}))
	}
	fmt.Fprintln(h, slices.Sorted(maps.Keys(m.clean)), m.was.Notes)
	return string(h.Sum(nil))
}

// revised checks the revision of a draft: it grows whenever the contents change, and never shrinks. The person who made
// it grow is among the editors.
func (m *model) revised(set *modelSet, got annoset.AnnotationSet) {
	m.t.Helper()
	holds := set.contents()
	switch {
	case got.Revision < set.was.Revision:
		m.t.Fatalf("revision %d comes after %d", got.Revision, set.was.Revision)
	case got.Revision == set.was.Revision && set.holds != "" && holds != set.holds:
		m.t.Fatalf("revision %d has two contents", got.Revision)
	case got.Revision > set.was.Revision && !slices.Contains(got.EditedBy, m.person):
		m.t.Fatalf("%q edited, and the editors are %q", m.person, got.EditedBy)
	}
	for _, person := range set.was.EditedBy {
		if !slices.Contains(got.EditedBy, person) {
			m.t.Fatalf("%q was an editor", person)
		}
	}
	set.was.Revision, set.was.EditedBy, set.holds = got.Revision, got.EditedBy, holds
}

// usePublished records a training run on a published set, and moves or removes a tag.
func (m *model) usePublished() {
	sets := m.setsThat((*modelSet).published)
	if len(sets) == 0 {
		return
	}
	set := sets[m.pick(len(sets))]
	run := annoset.TrainingRun{Model: "m", Metrics: map[string]float64{"f1": 0.5}}
	_, err := m.s.RecordTraining(m.ctx, set.was.ID, run)
	m.must(err)
	m.runs[set.was.ID]++
	tag := []string{"best", "production"}[m.pick(2)]
	if _, there := set.dataset.tags[tag]; there && m.pick(4) == 0 {
		m.must(m.s.Untag(m.ctx, set.dataset.id, tag))
		delete(set.dataset.tags, tag)
	} else {
		m.must(m.s.Tag(m.ctx, set.dataset.id, tag, set.was.ID))
		set.dataset.tags[tag] = set.was.ID
	}
	m.compareBeside(set.dataset)
}

// compareBeside compares the tags and training runs of a dataset.
func (m *model) compareBeside(d *modelDataset) {
	m.t.Helper()
	tags, err := m.s.Tags(m.ctx, d.id)
	m.must(err)
	if len(tags) != len(d.tags) {
		m.t.Fatalf("%d tags, not %d", len(tags), len(d.tags))
	}
	for _, tag := range tags {
		m.same("tag", *tag.SetID, d.tags[tag.Tag])
	}
	runs, err := m.s.TrainingRuns(m.ctx, annoset.TrainingFilter{DatasetID: d.id})
	m.must(err)
	want := 0
	for _, set := range d.sets {
		want += m.runs[set.was.ID]
	}
	if len(runs) != want {
		m.t.Fatalf("%d training runs, not %d", len(runs), want)
	}
}
