// Package model_test does the same to a store and to a model of plain maps, at random, and compares. It also checks
// what must hold of any history: a diff is a patch, versions keep what they were, a check finds what comparing all
// pairs finds.
package model_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// modelSet is what a set must hold.
type modelSet struct {
	dataset   *modelDataset
	was       annoset.AnnotationSet // as the store returned it last; a published one stays so
	labels    map[int64]annoset.Annotation
	clean     map[string]bool
	ancestors int // number of published sets below it
	reviews   map[string]modelReview
	holds     string // what it held at the last comparison
}

func (m *modelSet) published() bool { return m.was.Status == annoset.StatusPublished }

// modelDataset is what a dataset must hold.
type modelDataset struct {
	id        uuid.UUID
	vocab     []annoset.ArtifactType
	last      int // version given
	sets      []*modelSet
	durations map[string]int64
	approvals int // required
	tags      map[string]uuid.UUID
}

// model does to maps what the operations do to a store.
type model struct {
	t        testing.TB
	ctx      context.Context
	s        *annoset.Store
	path     string // empty: in memory
	opts     annoset.Options
	pick     func(n int) int // from 0 to n-1
	datasets []*modelDataset
	given    map[int64]bool // ids of labels
	digests  map[string]string
	person   string            // who signs
	runs     map[uuid.UUID]int // training runs by set
	log      []string
	names    int // datasets ever made
	bulks    int
	skipped  int // comparisons of large sets: one in ten is made
	deepest  int // length of the longest chain of published sets
}

// operations are what may happen, and how often relative to each other.
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
	{3, "change the person", (*model).changePerson},
	{1, "require approvals", (*model).requireApprovals},
	{10, "review", (*model).review},
	{3, "use what is published", (*model).usePublished},
	{3, "change what is published", (*model).changePublished},
	{4, "read with a filter", (*model).readFiltered},
	{1, "reopen", (*model).reopen},
}

// run does n operations, and compares everything at the end.
func (m *model) run(n int) {
	defer func() {
		if m.t.Failed() {
			m.t.Logf("the last operations: %q", m.log[max(0, len(m.log)-12):])
		}
	}()
	defer proof.NoPanic(m.t)
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

// openModel opens a new store with its model. pick returns a random number from 0 to n-1.
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

// close closes the store and checks its file.
func (m *model) close() {
	m.must(m.s.Close())
	if m.path != "" {
		proof.CheckFile(m.t, m.path)
	}
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("%q: %v", m.log[max(0, len(m.log)-1):], err)
	}
}

// refused checks that an operation failed with the wanted error.
func (m *model) refused(err, want error) {
	m.t.Helper()
	if !errors.Is(err, want) {
		m.t.Fatalf("%q: error is %v, not %v", m.log[len(m.log)-1], err, want)
	}
}

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
			case proof.Full():
				steps *= 20
			case proof.Brief():
				steps /= 3
			}
			random := proof.Rand(t)
			m := openModel(t, c.opts, c.inMemory, random.IntN)
			defer m.close()
			m.run(steps)
		})
	}
}

func TestStore_NewVersion_folds(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	random := proof.Rand(t)
	m := openModel(t, annoset.Options{Durability: annoset.DurabilityRelaxed}, false, random.IntN)
	defer m.close()
	edits := []func(*model){
		(*model).add, (*model).add, (*model).update, (*model).update, (*model).update, (*model).delete, (*model).markClean,
		(*model).unmarkClean,
	}
	m.add()
	depth := 24
	if proof.Race {
		depth = 12
	}
	for m.deepest <= depth { // versions in one chain, each a few edits apart
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
	db := proof.OpenRaw(t, m.path)
	var high, folded int
	if err := db.QueryRow(`SELECT max(depth) + 1 FROM layer_stack`).Scan(&high); err != nil || high > proof.MaxLayers {
		t.Errorf("a set stands on %d layers, more than %d: %v", high, proof.MaxLayers, err)
	}
	if err := db.QueryRow(`SELECT count(*) FROM layer WHERE id NOT IN (SELECT layer_id FROM annotation_set)`).
		Scan(&folded); err != nil || folded < depth/8 {
		t.Errorf("%d layers were folded, fewer than %d: %v", folded, depth/8, err)
	}
	db.Close()
}

func TestStore_batches(t *testing.T) {
	t.Parallel()
	proof.SkipMany(t)
	const batch = proof.ImportBatch
	ctx := context.Background()
	s, err := annoset.OpenMemory(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	set := proof.NewDraft(t, s, "a")
	t.Run("may be full to the last label", func(t *testing.T) {
		defer proof.NoPanic(t)
		is := is.New(t)
		n, err := s.Import(ctx, set.ID, proof.Stream(batch, 3), nil)
		is.NoErr(err)
		is.Equal(n, batch)
		other := proof.NewDraft(t, s, "b")
		n, err = s.CopyAnnotations(ctx, other.ID, set.ID, annoset.Filter{})
		is.NoErr(err)
		is.Equal(n, batch)
	})
	t.Run("may be empty", func(t *testing.T) {
		defer proof.NoPanic(t)
		is := is.New(t)
		other := proof.NewDraft(t, s, "c")
		n, err := s.CopyAnnotations(ctx, other.ID, set.ID, annoset.Filter{ArtifactTypes: []string{"none"}})
		is.NoErr(err) // none of many labels passes
		is.Equal(n, 0)
		n, err = s.Import(ctx, other.ID, proof.Stream(0, 1), nil)
		is.NoErr(err)
		is.Equal(n, 0)
		ids, err := s.Add(ctx, other.ID)
		is.NoErr(err)
		is.Equal(len(ids), 0)
	})
}

func FuzzStore(f *testing.F) {
	proof.SkipMany(f)
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
		m.bulks = 1 // at most one
		defer m.close()
		for len(left) > 0 && !t.Failed() {
			m.run(min(10, len(left)))
		}
	})
}
