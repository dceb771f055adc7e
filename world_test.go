package annoset_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/layer"
)

// world is a store with everything in it that an attacker could aim at:
//
//	one    v1 published, partly in bulk; v2 published, on v1; v3 a draft on v2; v4 a draft of its own, in bulk;
//	       v5 was deleted
//	two    v1 published; v2 a draft on it
//	three  so many published versions that the last ones stand on a folded layer, and a draft on top
//	four   demands an approval: v1 published with one, trained and tagged; v2 a draft on it that is approved; v3 one
//	       that is rejected, v4 one that its editor alone could approve, v5 one that was edited after its approval
type world struct {
	*testStore
	one, two, three, four annoset.Dataset
	published             []annoset.AnnotationSet
	drafts                []annoset.AnnotationSet
	names                 map[string]string // what attacks in SQL call {name}: a row id
}

// newWorld opens a copy of the world, which is built once.
func newWorld(t testing.TB) *world {
	t.Helper()
	worldTemplate.once.Do(func() { buildWorld(t) })
	if worldTemplate.world == nil {
		t.Fatal("the world could not be built")
	}
	path := filepath.Join(t.TempDir(), "labels.annoset")
	noErr(t, os.WriteFile(path, worldTemplate.file, 0o600))
	w := *worldTemplate.world
	w.testStore = reopenStore(t, path, nil)
	return &w
}

var worldTemplate struct {
	once  sync.Once
	world *world
	file  []byte
}

func buildWorld(t testing.TB) {
	t.Helper()
	opts := reproducible()
	opts.Durability = annoset.DurabilityRelaxed
	w := &world{testStore: openStore(t, opts), names: make(map[string]string)}
	w.buildOne(t)
	w.buildTwo(t)
	w.buildThree(t)
	w.buildFour(t)
	raw := openRaw(t, w.path)
	for _, d := range []annoset.Dataset{w.one, w.two, w.three, w.four} {
		w.name(t, raw, d.Name, `SELECT id FROM dataset WHERE name = '`+d.Name+`'`)
		for _, set := range value(w.Sets(t.Context(), d.ID, annoset.SetFilter{}))(t) {
			from := fmt.Sprintf(` FROM annotation_set WHERE dataset_id = {%s} AND version = %d`, d.Name, set.Version)
			w.name(t, raw, fmt.Sprintf("%s.v%d", d.Name, set.Version), `SELECT id`+from)
			w.name(t, raw, fmt.Sprintf("%s.l%d", d.Name, set.Version), `SELECT layer_id`+from)
			if set.Status == annoset.StatusPublished {
				w.published = append(w.published, set)
			} else {
				w.drafts = append(w.drafts, set)
			}
		}
		for _, f := range value(w.AudioFiles(t.Context(), d.ID))(t) {
			w.name(t, raw, f.ID, `SELECT id FROM audio_file WHERE dataset_id = {`+d.Name+`} AND name = '`+f.ID+`'`)
		}
	}
	for _, n := range [][2]string{
		{"glitch", `SELECT id FROM artifact_type WHERE dataset_id = {one} AND name = 'glitch'`},
		{"pause", `SELECT id FROM artifact_type WHERE dataset_id = {one} AND name = 'long_pause'`},
		{"hum", `SELECT id FROM artifact_type WHERE dataset_id = {two} AND name = 'hum'`},
		{"four.hum", `SELECT id FROM artifact_type WHERE dataset_id = {four} AND name = 'hum'`},
		{"fold", `SELECT min(id) FROM layer WHERE id NOT IN (SELECT layer_id FROM annotation_set)`},
		{"fold.file", `SELECT min(file_id) FROM label WHERE layer_id = {fold}`},
		{"fold.id", `SELECT min(id) FROM label WHERE layer_id = {fold}`},
		{"fold.type", `SELECT min(type_id) FROM label WHERE layer_id = {fold}`},
		{"block.id", `SELECT max(last_id) FROM label_block WHERE layer_id = {one.l4}`},
		{"last.id", `SELECT last_label_id FROM sequence`},
		{"last.set", `SELECT max(id) FROM annotation_set`},
	} {
		w.name(t, raw, n[0], n[1])
	}
	noErr(t, raw.Close())
	noErr(t, w.Close()) // the last one to close leaves all in the file
	file, err := os.ReadFile(w.path)
	noErr(t, err)
	worldTemplate.world, worldTemplate.file = w, file
}

// name finds the row id that {name} stands for.
func (w *world) name(t testing.TB, raw *sql.DB, name, query string) {
	t.Helper()
	var id int64
	if err := raw.QueryRow(w.sql(t, query)).Scan(&id); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	w.names[name] = fmt.Sprint(id)
}

var placeholder = regexp.MustCompile(`\{[a-zA-Z][\w.]*\}`)

// sql writes the row ids into an attack.
func (w *world) sql(t testing.TB, text string) string {
	t.Helper()
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		id, known := w.names[strings.Trim(name, "{}")]
		if !known {
			t.Fatalf("nothing is called %s in %s", name, text)
		}
		return id
	})
}

// add adds labels and names their ids.
func (w *world) add(t testing.TB, set annoset.AnnotationSet, labels map[string]annoset.Annotation) {
	t.Helper()
	for name, a := range labels {
		ids := value(w.Add(t.Context(), set.ID, a))(t)
		w.names[name] = fmt.Sprint(ids[0])
	}
}

// labelOf reads the label that a name stands for.
func (w *world) labelOf(t testing.TB, set annoset.AnnotationSet, name string) annoset.Annotation {
	t.Helper()
	var id int64
	fmt.Sscan(w.names[name], &id)
	return value(w.Annotation(t.Context(), set.ID, id))(t)
}

func (w *world) buildOne(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.one = value(w.CreateDataset(ctx, annoset.NewDataset{
		Name: "one", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "long_pause"}},
	}))(t)
	noErr(t, w.AddAudioFiles(ctx, w.one.ID, annoset.AudioFile{ID: "a.wav", DurationMS: 10_000}))

	v1 := value(w.CreateSet(ctx, w.one.ID, annoset.NewSet{Notes: "first"}))(t)
	a1 := label("a.wav", "glitch", 0, 100)
	a1.Confidence, a1.ExtraData = new(0.5), json.RawMessage(`{"by":"ann"}`)
	w.add(t, v1, map[string]annoset.Annotation{
		"A1": a1, "A2": label("a.wav", "long_pause", 200, 300), "B1": label("b.wav", "glitch", 10, 20),
		"D1": label("d.wav", "glitch", 0, 10), "M1": label("m.wav", "long_pause", 0, 50),
	})
	value(w.Import(ctx, v1.ID, declaredLabels("bulk", layer.BulkRows), nil))(t)
	bulk := collect(t, w.Annotations(ctx, v1.ID, annoset.Filter{AudioFileIDs: []string{"bulk0.wav"}}))
	w.names["K0"], w.names["K1"], w.names["K2"] = fmt.Sprint(bulk[0].ID), fmt.Sprint(bulk[1].ID), fmt.Sprint(bulk[2].ID)
	noErr(t, w.MarkClean(ctx, v1.ID, "quiet.wav"))
	value(w.Publish(ctx, v1.ID, nil))(t)

	v2 := value(w.NewVersion(ctx, v1.ID, annoset.NewSet{ExtraData: json.RawMessage(`{"round":2}`)}))(t)
	a1 = w.labelOf(t, v2, "A1")
	a1.EndMS = 150
	noErr(t, w.Update(ctx, v2.ID, a1))
	b1 := w.labelOf(t, v2, "B1")
	b1.AudioFileID = "c.wav" // moved
	noErr(t, w.Update(ctx, v2.ID, b1))
	bulk[1].EndMS++
	noErr(t, w.Update(ctx, v2.ID, bulk[1]))
	noErr(t, w.Delete(ctx, v2.ID, w.labelOf(t, v2, "A2").ID, w.labelOf(t, v2, "D1").ID, bulk[2].ID))
	noErr(t, w.MarkClean(ctx, v2.ID, "d.wav"))
	w.add(t, v2, map[string]annoset.Annotation{"E1": label("e.wav", "glitch", 5, 6)})
	value(w.Publish(ctx, v2.ID, nil))(t)

	v3 := value(w.NewVersion(ctx, v2.ID, annoset.NewSet{}))(t)
	w.add(t, v3, map[string]annoset.Annotation{
		"N1": label("n.wav", "glitch", 1, 2), "D2": label("d.wav", "long_pause", 1, 2),
		"free": label("n.wav", "glitch", 8, 9),
	})
	b1 = w.labelOf(t, v3, "B1")
	b1.EndMS++
	noErr(t, w.Update(ctx, v3.ID, b1))
	noErr(t, w.Delete(ctx, v3.ID, w.labelOf(t, v3, "A1").ID, w.labelOf(t, v3, "M1").ID, w.labelOf(t, v3, "free").ID))
	noErr(t, w.MarkClean(ctx, v3.ID, "m.wav", "fresh.wav"))

	v4 := value(w.CreateSet(ctx, w.one.ID, annoset.NewSet{}))(t)
	value(w.Import(ctx, v4.ID, declaredLabels("other", layer.BulkRows), nil))(t)
	w.add(t, v4, map[string]annoset.Annotation{"P1": label("p.wav", "glitch", 1, 2)})
	noErr(t, w.MarkClean(ctx, v4.ID, "only.wav"))

	noErr(t, w.DeleteSet(ctx, value(w.CreateSet(ctx, w.one.ID, annoset.NewSet{}))(t).ID))
}

func (w *world) buildTwo(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.two = value(w.CreateDataset(ctx, annoset.NewDataset{Name: "two"}))(t)
	v1 := value(w.CreateSet(ctx, w.two.ID, annoset.NewSet{}))(t)
	w.add(t, v1, map[string]annoset.Annotation{"X1": label("x.wav", "hum", 0, 10)})
	value(w.Publish(ctx, v1.ID, nil))(t)
	v2 := value(w.NewVersion(ctx, v1.ID, annoset.NewSet{}))(t)
	w.add(t, v2, map[string]annoset.Annotation{"Y1": label("y.wav", "hum", 0, 10)})
}

func (w *world) buildThree(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.three = value(w.CreateDataset(ctx, annoset.NewDataset{Name: "three"}))(t)
	set := value(w.CreateSet(ctx, w.three.ID, annoset.NewSet{}))(t)
	var first []int64 // so many labels that the layers on top of them are folded, and not these
	for i := range int64(60) {
		first = append(first, value(w.Add(ctx, set.ID, label(fmt.Sprintf("f%d.wav", i%4), "hum", i*10, i*10+15)))(t)...)
	}
	for i := range layer.Max + 1 {
		value(w.Publish(ctx, set.ID, nil))(t)
		set = value(w.NewVersion(ctx, set.ID, annoset.NewSet{}))(t)
		value(w.Add(ctx, set.ID, label(fmt.Sprintf("f%d.wav", i%4), "glitch", 10, 20)))(t)
		noErr(t, w.Delete(ctx, set.ID, first[2*i]))
		changed := value(w.Annotation(ctx, set.ID, first[2*i+1]))(t)
		changed.EndMS++
		noErr(t, w.Update(ctx, set.ID, changed))
		noErr(t, w.MarkClean(ctx, set.ID, fmt.Sprintf("clean%d.wav", i%3)))
	}
}

func (w *world) buildFour(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.four = value(w.CreateDataset(ctx, annoset.NewDataset{Name: "four", RequiredApprovals: 1}))(t)
	ann, bob, unsigned := w.As("ann"), w.As("bob"), w.testStore
	draft := func(base *annoset.AnnotationSet, notes string) annoset.AnnotationSet {
		t.Helper()
		set := annoset.AnnotationSet{}
		if base == nil {
			set = value(ann.CreateSet(ctx, w.four.ID, annoset.NewSet{Notes: notes}))(t)
		} else {
			set = value(ann.NewVersion(ctx, base.ID, annoset.NewSet{Notes: notes}))(t)
		}
		w.testStore = &testStore{Store: ann, path: unsigned.path}
		defer func() { w.testStore = unsigned }()
		w.add(t, set, map[string]annoset.Annotation{
			"Q" + notes: label("q"+notes+".wav", "hum", 0, 10), "R" + notes: label("r"+notes+".wav", "hum", 5, 20),
		})
		noErr(t, ann.MarkClean(ctx, set.ID, "s"+notes+".wav"))
		return value(ann.SetByID(ctx, set.ID))(t)
	}
	v1 := draft(nil, "1")
	value(bob.Approve(ctx, v1.ID, v1.Revision, "good"))(t)
	v1 = value(ann.Publish(ctx, v1.ID, nil))(t)
	value(bob.RecordTraining(ctx, v1.ID, annoset.TrainingRun{
		Model: "tagger", ModelVersion: "1", Parameters: json.RawMessage(`{"lr":0.1}`), Metrics: map[string]float64{"f1": 0.5},
	}))(t)
	noErr(t, ann.Tag(ctx, w.four.ID, "best", v1.ID))
	noErr(t, ann.Untag(ctx, w.four.ID, "best"))
	noErr(t, bob.Tag(ctx, w.four.ID, "best", v1.ID))

	v2 := draft(&v1, "2")
	noErr(t, ann.Delete(ctx, v2.ID, w.labelOf(t, v2, "Q1").ID))
	v2 = value(ann.SetByID(ctx, v2.ID))(t)
	value(bob.Reject(ctx, v2.ID, v2.Revision, "wait"))(t)
	value(bob.Approve(ctx, v2.ID, v2.Revision, "good after all"))(t)
	v3 := draft(nil, "3")
	value(w.As("cid").Approve(ctx, v3.ID, v3.Revision, ""))(t)
	value(bob.Reject(ctx, v3.ID, v3.Revision, "bad"))(t)
	draft(nil, "4")
	v5 := draft(nil, "5")
	value(bob.Approve(ctx, v5.ID, v5.Revision, ""))(t)
	value(ann.UpdateSet(ctx, v5.ID, annoset.SetPatch{Notes: new("edited")}))(t)
}

// declaredLabels yields n labels of declared types over four files, as an import would read them.
func declaredLabels(prefix string, n int) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for i := range n {
			start := int64(i/4) * 100
			a := label(fmt.Sprintf("%s%d.wav", prefix, i%4), []string{"glitch", "long_pause"}[i%2], start, start+150)
			if !yield(a, nil) {
				return
			}
		}
	}
}

// value returns a value, or ends the test.
func value[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		noErr(t, err)
		return v
	}
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// check tells whether the store is as it was, and what is published verifies.
func (w *world) check(t testing.TB, before string) {
	t.Helper()
	if dump(t, w.Store) != before {
		t.Error("the store has changed")
	}
	for _, set := range w.published {
		if err := w.Verify(context.Background(), set.ID); err != nil {
			t.Error(err)
		}
	}
}
