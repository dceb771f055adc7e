package fault_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate"
	"github.com/annoset/annoset/internal/proof"
)

// verb is one call of a story. What it returns is compared too.
type verb struct {
	name string
	run  func(ctx context.Context, t *tale) (any, error)
}

// tale is what the verbs of a story know about earlier ones.
type tale struct {
	*annoset.Store
	dir     string // for files that verbs write
	dataset uuid.UUID
	sets    map[string]uuid.UUID
	ids     []int64
}

// keep remembers a set under a name.
func (t *tale) keep(name string, set annoset.AnnotationSet, err error) (any, error) {
	if err == nil {
		t.sets[name] = set.ID
	}
	return set, err
}

// beginning returns the first verbs of both stories.
func beginning() []verb {
	return []verb{
		{"create dataset", func(ctx context.Context, t *tale) (any, error) {
			d, err := t.CreateDataset(ctx, annoset.NewDataset{Name: "speech", Description: "d"})
			t.dataset = d.ID
			return d, err
		}},
		{"create set", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.CreateSet(ctx, t.dataset, annoset.NewSet{Notes: "first"})
			return t.keep("v1", set, err)
		}},
		{"add", func(ctx context.Context, t *tale) (any, error) {
			ids, err := t.Add(ctx, t.sets["v1"], proof.Label("a.wav", "glitch", 0, 10), proof.Label("a.wav", "pop", 5, 20),
				proof.Label("b.wav", "glitch", 7, 7))
			t.ids = ids
			return ids, err
		}},
	}
}

// story calls every verb that writes, with few labels, and then those that read.
func story() []verb {
	verbs := append(beginning(), []verb{
		{"import", func(ctx context.Context, t *tale) (any, error) {
			return t.Import(ctx, t.sets["v1"], proof.Stream(12, 3), nil)
		}},
		{"mark clean", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.MarkClean(ctx, t.sets["v1"], "c.wav", "d.wav")
		}},
		{"publish", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v1"], nil)
		}},
		{"new version", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v1"], annoset.NewSet{})
			return t.keep("v2", set, err)
		}},
		{"update an inherited label", func(ctx context.Context, t *tale) (any, error) {
			a := proof.Label("d.wav", "click", 30, 40) // was in a.wav; d.wav was clean
			a.ID = t.ids[0]
			return nil, t.Update(ctx, t.sets["v2"], a)
		}},
		{"update a label of the draft", func(ctx context.Context, t *tale) (any, error) {
			a := proof.Label("a.wav", "click", 35, 45)
			a.ID = t.ids[0]
			return nil, t.Update(ctx, t.sets["v2"], a)
		}},
		{"delete", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Delete(ctx, t.sets["v2"], t.ids[2], t.ids[0])
		}},
		{"mark clean what has no labels any more", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.MarkClean(ctx, t.sets["v2"], "b.wav")
		}},
		{"unmark clean", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.UnmarkClean(ctx, t.sets["v2"], "c.wav")
		}},
		{"new version of a draft", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v2"], annoset.NewSet{})
			return t.keep("v3", set, err)
		}},
		{"copy", func(ctx context.Context, t *tale) (any, error) {
			return t.CopyAnnotations(ctx, t.sets["v3"], t.sets["v1"], annoset.Filter{AudioFileIDs: []string{"a.wav"}})
		}},
		{"update set", func(ctx context.Context, t *tale) (any, error) {
			notes := "third"
			return t.UpdateSet(ctx, t.sets["v3"], annoset.SetPatch{Notes: &notes})
		}},
		{"publish a version", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v2"], &annoset.PublishOptions{ChangeLog: true})
		}},
		{"delete set", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteSet(ctx, t.sets["v3"])
		}},
		{"add audio files", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.AddAudioFiles(ctx, t.dataset, annoset.AudioFile{ID: "a.wav", DurationMS: 100},
				annoset.AudioFile{ID: "z.wav"})
		}},
		{"update dataset", func(ctx context.Context, t *tale) (any, error) {
			name := "sound"
			return t.UpdateDataset(ctx, t.dataset, annoset.DatasetPatch{Name: &name})
		}},
		{between, func(ctx context.Context, t *tale) (any, error) { // leads to a fold
			id := t.sets["v2"]
			for n := range proof.MaxLayers - 2 {
				set, err := t.NewVersion(ctx, id, annoset.NewSet{})
				if err != nil {
					return nil, err
				}
				if _, err := t.Add(ctx, set.ID, proof.Label("e.wav", "pop", int64(n), 100)); err != nil {
					return nil, err
				}
				if _, err := t.Publish(ctx, set.ID, nil); err != nil {
					return nil, err
				}
				id = set.ID
			}
			t.sets["chain"] = id
			return nil, nil
		}},
		{"new version that folds", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["chain"], annoset.NewSet{})
			return t.keep("folded", set, err)
		}},
		{"delete set with its fold", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteSet(ctx, t.sets["folded"])
		}},
		{between, func(ctx context.Context, t *tale) (any, error) {
			types := []annoset.ArtifactType{{Name: "pop"}}
			d, err := t.CreateDataset(ctx, annoset.NewDataset{Name: "noise", ArtifactTypes: types})
			if err != nil {
				return nil, err
			}
			set, err := t.CreateSet(ctx, d.ID, annoset.NewSet{})
			if err != nil {
				return nil, err
			}
			t.dataset = d.ID
			return t.Add(ctx, set.ID, proof.Label("n.wav", "pop", 1, 2))
		}},
		{"delete dataset", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteDataset(ctx, t.dataset)
		}},
	}...)
	return append(append(verbs, reviewStory()...), readers()...)
}

// reviewStory goes on with reviews, training runs and tags.
func reviewStory() []verb {
	return []verb{
		{between, func(ctx context.Context, t *tale) (any, error) {
			set, err := t.As("ann").NewVersion(ctx, t.sets["v2"], annoset.NewSet{})
			t.dataset = set.DatasetID
			return t.keep("reviewed", set, err)
		}},
		{"add signed", func(ctx context.Context, t *tale) (any, error) {
			return t.As("ann").Add(ctx, t.sets["reviewed"], proof.Label("r.wav", "pop", 0, 10))
		}},
		{"reject", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.SetByID(ctx, t.sets["reviewed"])
			if err != nil {
				return nil, err
			}
			return t.As("bob").Reject(ctx, set.ID, set.Revision, "not yet")
		}},
		{"update set that was reviewed", func(ctx context.Context, t *tale) (any, error) {
			return t.As("ann").UpdateSet(ctx, t.sets["reviewed"], annoset.SetPatch{Notes: new("better")})
		}},
		{"approve", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.SetByID(ctx, t.sets["reviewed"])
			if err != nil {
				return nil, err
			}
			return t.As("bob").Approve(ctx, set.ID, set.Revision, "now it is")
		}},
		{"require an approval", func(ctx context.Context, t *tale) (any, error) {
			return t.UpdateDataset(ctx, t.dataset, annoset.DatasetPatch{RequiredApprovals: new(1)})
		}},
		{"publish what is approved", func(ctx context.Context, t *tale) (any, error) {
			return t.As("cid").Publish(ctx, t.sets["reviewed"], nil)
		}},
		{"record training", func(ctx context.Context, t *tale) (any, error) {
			return t.RecordTraining(ctx, t.sets["reviewed"], annoset.TrainingRun{
				Model: "tagger", Metrics: map[string]float64{"f1": 0.5},
			})
		}},
		{"tag", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Tag(ctx, t.dataset, "best", t.sets["v2"])
		}},
		{"move tag", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Tag(ctx, t.dataset, "best", t.sets["reviewed"])
		}},
		{between, func(ctx context.Context, t *tale) (any, error) {
			return nil, t.Tag(ctx, t.dataset, "old", t.sets["v1"])
		}},
		{"untag", func(ctx context.Context, t *tale) (any, error) { return nil, t.Untag(ctx, t.dataset, "old") }},
		{"list reviews", func(ctx context.Context, t *tale) (any, error) { return t.Reviews(ctx, t.sets["reviewed"]) }},
		{"list training runs", func(ctx context.Context, t *tale) (any, error) {
			return t.TrainingRuns(ctx, annoset.TrainingFilter{SetID: t.sets["reviewed"]})
		}},
		{"get tagged set", func(ctx context.Context, t *tale) (any, error) { return t.Tagged(ctx, t.dataset, "best") }},
		{"list tags", func(ctx context.Context, t *tale) (any, error) { return t.Tags(ctx, t.dataset) }},
		{"list tag moves", func(ctx context.Context, t *tale) (any, error) { return t.TagHistory(ctx, t.dataset, "old") }},
		{"refuse to delete what was trained", func(ctx context.Context, t *tale) (any, error) {
			err := t.DeleteSet(ctx, t.sets["reviewed"])
			if refused, ok := errors.AsType[*annoset.ImmutableError](err); ok {
				return refused.Models, nil
			}
			return nil, err
		}},
	}
}

// bulkStory calls the verbs that work differently with many labels.
func bulkStory() []verb {
	const many = proof.BulkRows + 10
	return append(beginning(), []verb{
		{"import in bulk", func(ctx context.Context, t *tale) (any, error) {
			return t.Import(ctx, t.sets["v1"], proof.Stream(many, 5), nil)
		}},
		{"publish many", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v1"], nil)
		}},
		{"new version of many", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v1"], annoset.NewSet{})
			return t.keep("v2", set, err)
		}},
		{"update one of many", func(ctx context.Context, t *tale) (any, error) {
			a := proof.Label("b.wav", "click", 30, 40)
			a.ID = t.ids[2] + 1 // the first imported one
			return nil, t.Update(ctx, t.sets["v2"], a)
		}},
		{"copy in bulk", func(ctx context.Context, t *tale) (any, error) {
			return t.CopyAnnotations(ctx, t.sets["v2"], t.sets["v1"], annoset.Filter{})
		}},
		{"new version of a large draft", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.NewVersion(ctx, t.sets["v2"], annoset.NewSet{})
			return t.keep("v3", set, err)
		}},
		{"delete set of many", func(ctx context.Context, t *tale) (any, error) {
			return nil, t.DeleteSet(ctx, t.sets["v3"])
		}},
		{"publish a large version", func(ctx context.Context, t *tale) (any, error) {
			return t.Publish(ctx, t.sets["v2"], nil)
		}},
		{"read many", func(ctx context.Context, t *tale) (any, error) {
			return proof.All(t.Annotations(ctx, t.sets["v2"], annoset.Filter{}))
		}},
		{"verify many", func(ctx context.Context, t *tale) (any, error) { return nil, t.Verify(ctx, t.sets["v2"]) }},
	}...)
}

// between is the name of a step that only leads to the next verb: it is not tried with faults.
const between = ""

// readers returns the verbs that leave the store as it is.
func readers() []verb {
	return []verb{
		{"read annotations", func(ctx context.Context, t *tale) (any, error) {
			return proof.All(t.Annotations(ctx, t.sets["v2"], annoset.Filter{}))
		}},
		{"read one file's annotations", func(ctx context.Context, t *tale) (any, error) {
			return proof.All(t.Annotations(ctx, t.sets["v2"], annoset.Filter{AudioFileIDs: []string{"a.wav", "file00001.wav"}}))
		}},
		{"read one annotation", func(ctx context.Context, t *tale) (any, error) {
			return t.Annotation(ctx, t.sets["v2"], t.ids[1])
		}},
		{"read a page", func(ctx context.Context, t *tale) (any, error) {
			return t.Page(ctx, t.sets["v2"], annoset.Filter{}, annoset.Position{AudioFileID: "a.wav", StartMS: 1}, 20)
		}},
		{"read examined audio files", func(ctx context.Context, t *tale) (any, error) {
			return proof.All(t.Examined(ctx, t.sets["v2"], annoset.Filter{}))
		}},
		{"view", func(ctx context.Context, t *tale) (any, error) {
			var set annoset.AnnotationSet
			var page annoset.Page
			err := t.View(ctx, func(view *annoset.Store) (err error) {
				if set, err = view.SetByID(ctx, t.sets["v2"]); err != nil {
					return err
				}
				page, err = view.Page(ctx, set.ID, annoset.Filter{}, annoset.Position{}, 5)
				return err
			})
			return []any{set, page}, err
		}},
		{"read clean audio files", func(ctx context.Context, t *tale) (any, error) {
			return proof.All(t.CleanAudioFiles(ctx, t.sets["v2"]))
		}},
		{"evaluate", func(ctx context.Context, t *tale) (any, error) {
			return evaluate.AgainstSet(ctx, t.Store, t.sets["v2"], proof.Stream(20, 2), &evaluate.Options{Everywhere: true})
		}},
		{"measure agreement", func(ctx context.Context, t *tale) (any, error) {
			return evaluate.AgreeSets(ctx, t.Store, t.sets["v1"], t.sets["v2"], nil)
		}},
		{"read audio files of a part", func(ctx context.Context, t *tale) (any, error) {
			training, err := t.TrainingSet(ctx, t.sets["v2"])
			if err != nil {
				return nil, err
			}
			part, err := training.Part(annoset.Split{Train: 0.5, Test: 0.5}, annoset.Train)
			if err != nil {
				return nil, err
			}
			return proof.All(part.AudioFiles(ctx))
		}},
		{"get set", func(ctx context.Context, t *tale) (any, error) { return t.SetByID(ctx, t.sets["v2"]) }},
		{"get statistics", func(ctx context.Context, t *tale) (any, error) { return t.Stats(ctx, t.sets["v2"]) }},
		{"list sets", func(ctx context.Context, t *tale) (any, error) {
			set, err := t.SetByID(ctx, t.sets["v2"])
			if err != nil {
				return nil, err
			}
			return t.Sets(ctx, set.DatasetID, annoset.SetFilter{})
		}},
		{"list audio files of the latest", func(ctx context.Context, t *tale) (any, error) {
			d, err := t.DatasetByName(ctx, "sound")
			if err != nil {
				return nil, err
			}
			if _, err := t.LatestPublished(ctx, d.ID); err != nil {
				return nil, err
			}
			return t.AudioFiles(ctx, d.ID)
		}},
		{"train", func(ctx context.Context, t *tale) (any, error) {
			training, err := t.TrainingSet(ctx, t.sets["v2"])
			if err != nil {
				return nil, err
			}
			return proof.All(training.Annotations(ctx, annoset.Filter{}))
		}},
		{"list datasets", func(ctx context.Context, t *tale) (any, error) { return t.Datasets(ctx) }},
		{"check", func(ctx context.Context, t *tale) (any, error) {
			return t.Check(ctx, t.sets["v2"], &annoset.CheckOptions{MinConfidence: new(1.0)})
		}},
		{"verify", func(ctx context.Context, t *tale) (any, error) { return nil, t.Verify(ctx, t.sets["v2"]) }},
		{"diff by id", func(ctx context.Context, t *tale) (any, error) {
			return proof.All(t.Diff(ctx, t.sets["v1"], t.sets["v2"], nil))
		}},
		{"diff by content", func(ctx context.Context, t *tale) (any, error) {
			return proof.All(annoset.DiffStores(ctx, t.Store, t.sets["v1"], t.Store, t.sets["v2"], nil))
		}},
		{"write change log", func(ctx context.Context, t *tale) (any, error) {
			return t.ChangeLog(ctx, t.sets["v1"], t.sets["v2"])
		}},
		{"get history", func(ctx context.Context, t *tale) (any, error) { return t.AnnotationHistory(ctx, t.ids[1]) }},
		{"export", func(ctx context.Context, t *tale) (any, error) {
			dir := filepath.Join(t.dir, "export")
			if err := t.Export(ctx, t.sets["v2"], dir); err != nil {
				return nil, errors.Join(err, proof.NothingAt(dir))
			}
			sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
			return string(sums), errors.Join(err, os.RemoveAll(dir))
		}},
		{"backup", func(ctx context.Context, t *tale) (any, error) {
			path := filepath.Join(t.dir, "backup.annoset")
			if err := t.Backup(ctx, path); err != nil {
				return nil, errors.Join(err, proof.NothingAt(path))
			}
			copied, err := annoset.Open(ctx, path, nil)
			if err != nil {
				return nil, err
			}
			set, err := copied.SetByID(ctx, t.sets["v2"])
			return set.Digest, errors.Join(err, copied.Close(), os.Remove(path))
		}},
	}
}
