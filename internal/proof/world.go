package proof

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/annoset/annoset"
)

// World is a store with one of everything that an attack could aim at:
//
//	One    v1 published, partly in bulk; v2 published, on v1; v3 a draft on v2; v4 a draft of its own, in bulk;
//	       v5 was deleted
//	Two    v1 published; v2 a draft on it
//	Three  published versions until the last ones stand on a folded layer, and a draft on top
//	Four   requires an approval: v1 published with one, trained and tagged; v2 a draft on it that is approved; v3 a
//	       rejected draft, v4 a draft that only its editor could approve, v5 a draft edited after its approval
type World struct {
	*annoset.Store
	Path                  string
	One, Two, Three, Four annoset.Dataset
	Published, Drafts     []annoset.AnnotationSet
	names                 map[string]string // row ids, by the {name} that attacks in SQL have for them
}

// NewWorld opens a copy of the world, which is built once a process.
func NewWorld(t testing.TB) *World {
	t.Helper()
	worldTemplate.once.Do(func() { buildWorld(t) })
	if worldTemplate.world == nil {
		t.Fatal("the world could not be built")
	}
	path := filepath.Join(t.TempDir(), "labels.annoset")
	NoErr(t, os.WriteFile(path, worldTemplate.file, 0o600))
	w := *worldTemplate.world
	w.Store, w.Path = ReopenStore(t, path, nil).Store, path
	return &w
}

var worldTemplate struct {
	once  sync.Once
	world *World
	file  []byte
}

func buildWorld(t testing.TB) {
	t.Helper()
	opts := Reproducible()
	opts.Durability = annoset.DurabilityRelaxed
	s := OpenStore(t, opts)
	w := &World{Store: s.Store, Path: s.Path, names: make(map[string]string)}
	w.buildOne(t)
	w.buildTwo(t)
	w.buildThree(t)
	w.buildFour(t)
	raw := OpenRaw(t, w.Path)
	for _, d := range []annoset.Dataset{w.One, w.Two, w.Three, w.Four} {
		w.name(t, raw, d.Name, `SELECT id FROM dataset WHERE name = '`+d.Name+`'`)
		for _, set := range Value(w.Sets(t.Context(), d.ID, annoset.SetFilter{}))(t) {
			from := fmt.Sprintf(` FROM annotation_set WHERE dataset_id = {%s} AND version = %d`, d.Name, set.Version)
			w.name(t, raw, fmt.Sprintf("%s.v%d", d.Name, set.Version), `SELECT id`+from)
			w.name(t, raw, fmt.Sprintf("%s.l%d", d.Name, set.Version), `SELECT layer_id`+from)
			if set.Status == annoset.StatusPublished {
				w.Published = append(w.Published, set)
			} else {
				w.Drafts = append(w.Drafts, set)
			}
		}
		for _, f := range Value(w.AudioFiles(t.Context(), d.ID))(t) {
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
	NoErr(t, raw.Close())
	NoErr(t, w.Close()) // the last one to close moves the log into the file
	file, err := os.ReadFile(w.Path)
	NoErr(t, err)
	worldTemplate.world, worldTemplate.file = w, file
}

// name finds the row id that {name} stands for.
func (w *World) name(t testing.TB, raw *sql.DB, name, query string) {
	t.Helper()
	var id int64
	if err := raw.QueryRow(w.SQL(t, query)).Scan(&id); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	w.names[name] = fmt.Sprint(id)
}

var placeholder = regexp.MustCompile(`\{[a-zA-Z][\w.]*\}`)

// SQL puts the row ids into an attack.
func (w *World) SQL(t testing.TB, text string) string {
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
func (w *World) add(t testing.TB, set annoset.AnnotationSet, labels map[string]annoset.Annotation) {
	t.Helper()
	for name, a := range labels {
		ids := Value(w.Add(t.Context(), set.ID, a))(t)
		w.names[name] = fmt.Sprint(ids[0])
	}
}

// labelOf reads the label that a name stands for.
func (w *World) labelOf(t testing.TB, set annoset.AnnotationSet, name string) annoset.Annotation {
	t.Helper()
	var id int64
	_, err := fmt.Sscan(w.names[name], &id)
	NoErr(t, err)
	return Value(w.Annotation(t.Context(), set.ID, id))(t)
}

func (w *World) buildOne(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.One = Value(w.CreateDataset(ctx, annoset.NewDataset{
		Name: "one", ArtifactTypes: []annoset.ArtifactType{{Name: "glitch"}, {Name: "long_pause"}},
	}))(t)
	NoErr(t, w.AddAudioFiles(ctx, w.One.ID, annoset.AudioFile{ID: "a.wav", DurationMS: 10_000}))

	v1 := Value(w.CreateSet(ctx, w.One.ID, annoset.NewSet{Notes: "first"}))(t)
	a1 := Label("a.wav", "glitch", 0, 100)
	a1.Confidence, a1.ExtraData = new(0.5), json.RawMessage(`{"by":"ann"}`)
	w.add(t, v1, map[string]annoset.Annotation{
		"A1": a1, "A2": Label("a.wav", "long_pause", 200, 300), "B1": Label("b.wav", "glitch", 10, 20),
		"D1": Label("d.wav", "glitch", 0, 10), "M1": Label("m.wav", "long_pause", 0, 50),
	})
	Value(w.Import(ctx, v1.ID, DeclaredLabels("bulk", BulkRows), nil))(t)
	bulk := Collect(t, w.Annotations(ctx, v1.ID, annoset.Filter{AudioFileIDs: []string{"bulk0.wav"}}))
	w.names["K0"], w.names["K1"], w.names["K2"] = fmt.Sprint(bulk[0].ID), fmt.Sprint(bulk[1].ID), fmt.Sprint(bulk[2].ID)
	NoErr(t, w.MarkClean(ctx, v1.ID, "quiet.wav"))
	Value(w.Publish(ctx, v1.ID, nil))(t)

	v2 := Value(w.NewVersion(ctx, v1.ID, annoset.NewSet{ExtraData: json.RawMessage(`{"round":2}`)}))(t)
	a1 = w.labelOf(t, v2, "A1")
	a1.EndMS = 150
	NoErr(t, w.Update(ctx, v2.ID, a1))
	b1 := w.labelOf(t, v2, "B1")
	b1.AudioFileID = "c.wav" // moved
	NoErr(t, w.Update(ctx, v2.ID, b1))
	bulk[1].EndMS++
	NoErr(t, w.Update(ctx, v2.ID, bulk[1]))
	NoErr(t, w.Delete(ctx, v2.ID, w.labelOf(t, v2, "A2").ID, w.labelOf(t, v2, "D1").ID, bulk[2].ID))
	NoErr(t, w.MarkClean(ctx, v2.ID, "d.wav"))
	w.add(t, v2, map[string]annoset.Annotation{"E1": Label("e.wav", "glitch", 5, 6)})
	Value(w.Publish(ctx, v2.ID, nil))(t)

	v3 := Value(w.NewVersion(ctx, v2.ID, annoset.NewSet{}))(t)
	w.add(t, v3, map[string]annoset.Annotation{
		"N1": Label("n.wav", "glitch", 1, 2), "D2": Label("d.wav", "long_pause", 1, 2),
		"free": Label("n.wav", "glitch", 8, 9),
	})
	b1 = w.labelOf(t, v3, "B1")
	b1.EndMS++
	NoErr(t, w.Update(ctx, v3.ID, b1))
	NoErr(t, w.Delete(ctx, v3.ID, w.labelOf(t, v3, "A1").ID, w.labelOf(t, v3, "M1").ID, w.labelOf(t, v3, "free").ID))
	NoErr(t, w.MarkClean(ctx, v3.ID, "m.wav", "fresh.wav"))

	v4 := Value(w.CreateSet(ctx, w.One.ID, annoset.NewSet{}))(t)
	Value(w.Import(ctx, v4.ID, DeclaredLabels("other", BulkRows), nil))(t)
	w.add(t, v4, map[string]annoset.Annotation{"P1": Label("p.wav", "glitch", 1, 2)})
	NoErr(t, w.MarkClean(ctx, v4.ID, "only.wav"))

	NoErr(t, w.DeleteSet(ctx, Value(w.CreateSet(ctx, w.One.ID, annoset.NewSet{}))(t).ID))
}

func (w *World) buildTwo(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.Two = Value(w.CreateDataset(ctx, annoset.NewDataset{Name: "two"}))(t)
	v1 := Value(w.CreateSet(ctx, w.Two.ID, annoset.NewSet{}))(t)
	w.add(t, v1, map[string]annoset.Annotation{"X1": Label("x.wav", "hum", 0, 10)})
	Value(w.Publish(ctx, v1.ID, nil))(t)
	v2 := Value(w.NewVersion(ctx, v1.ID, annoset.NewSet{}))(t)
	w.add(t, v2, map[string]annoset.Annotation{"Y1": Label("y.wav", "hum", 0, 10)})
}

func (w *World) buildThree(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.Three = Value(w.CreateDataset(ctx, annoset.NewDataset{Name: "three"}))(t)
	set := Value(w.CreateSet(ctx, w.Three.ID, annoset.NewSet{}))(t)
	var first []int64 // enough that the layers on top of them are folded, and this one is not
	for i := range int64(60) {
		first = append(first, Value(w.Add(ctx, set.ID, Label(fmt.Sprintf("f%d.wav", i%4), "hum", i*10, i*10+15)))(t)...)
	}
	for i := range MaxLayers + 1 {
		Value(w.Publish(ctx, set.ID, nil))(t)
		set = Value(w.NewVersion(ctx, set.ID, annoset.NewSet{}))(t)
		Value(w.Add(ctx, set.ID, Label(fmt.Sprintf("f%d.wav", i%4), "glitch", 10, 20)))(t)
		NoErr(t, w.Delete(ctx, set.ID, first[2*i]))
		changed := Value(w.Annotation(ctx, set.ID, first[2*i+1]))(t)
		changed.EndMS++
		NoErr(t, w.Update(ctx, set.ID, changed))
		NoErr(t, w.MarkClean(ctx, set.ID, fmt.Sprintf("clean%d.wav", i%3)))
	}
}

func (w *World) buildFour(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	w.Four = Value(w.CreateDataset(ctx, annoset.NewDataset{Name: "four", RequiredApprovals: 1}))(t)
	ann, bob, unsigned := w.As("ann"), w.As("bob"), w.Store
	draft := func(base *annoset.AnnotationSet, notes string) annoset.AnnotationSet {
		t.Helper()
		set := annoset.AnnotationSet{}
		if base == nil {
			set = Value(ann.CreateSet(ctx, w.Four.ID, annoset.NewSet{Notes: notes}))(t)
		} else {
			set = Value(ann.NewVersion(ctx, base.ID, annoset.NewSet{Notes: notes}))(t)
		}
		w.Store = ann
		defer func() { w.Store = unsigned }()
		w.add(t, set, map[string]annoset.Annotation{
			"Q" + notes: Label("q"+notes+".wav", "hum", 0, 10), "R" + notes: Label("r"+notes+".wav", "hum", 5, 20),
		})
		NoErr(t, ann.MarkClean(ctx, set.ID, "s"+notes+".wav"))
		return Value(ann.SetByID(ctx, set.ID))(t)
	}
	v1 := draft(nil, "1")
	Value(bob.Approve(ctx, v1.ID, v1.Revision, "good"))(t)
	v1 = Value(ann.Publish(ctx, v1.ID, nil))(t)
	Value(bob.RecordTraining(ctx, v1.ID, annoset.TrainingRun{
		Model: "tagger", ModelVersion: "1", Parameters: json.RawMessage(`{"lr":0.1}`), Metrics: map[string]float64{"f1": 0.5},
	}))(t)
	NoErr(t, ann.Tag(ctx, w.Four.ID, "best", v1.ID))
	NoErr(t, ann.Untag(ctx, w.Four.ID, "best"))
	NoErr(t, bob.Tag(ctx, w.Four.ID, "best", v1.ID))

	v2 := draft(&v1, "2")
	NoErr(t, ann.Delete(ctx, v2.ID, w.labelOf(t, v2, "Q1").ID))
	v2 = Value(ann.SetByID(ctx, v2.ID))(t)
	Value(bob.Reject(ctx, v2.ID, v2.Revision, "wait"))(t)
	Value(bob.Approve(ctx, v2.ID, v2.Revision, "good after all"))(t)
	v3 := draft(nil, "3")
	Value(w.As("cid").Approve(ctx, v3.ID, v3.Revision, ""))(t)
	Value(bob.Reject(ctx, v3.ID, v3.Revision, "bad"))(t)
	draft(nil, "4")
	v5 := draft(nil, "5")
	Value(bob.Approve(ctx, v5.ID, v5.Revision, ""))(t)
	Value(ann.UpdateSet(ctx, v5.ID, annoset.SetPatch{Notes: new("edited")}))(t)
}

// Check checks that the store holds what it did before, and that the published sets verify.
func (w *World) Check(t testing.TB, before string) {
	t.Helper()
	if Dump(t, w.Store) != before {
		t.Error("the store has changed")
	}
	for _, set := range w.Published {
		if err := w.Verify(context.Background(), set.ID); err != nil {
			t.Error(err)
		}
	}
}
