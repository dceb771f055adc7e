package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// many is how much each verb below has to do.
const many = 50_000

// soon is how long a verb may go on after its context has ended. It is mostly a tenth of that: the machine may be busy.
const soon = time.Second

// broadStore is a store in which every list is long.
type broadStore struct {
	*annoset.Store
	dataset   uuid.UUID
	draft     uuid.UUID // of labels of all types, each on an audio file of its own
	published uuid.UUID
	unlocked  uuid.UUID // a dataset with a draft that has as much
	unused    uuid.UUID // a dataset whose types no label has
	types     []annoset.ArtifactType
	files     []annoset.AudioFile
	names     []string
	ids       []int64
}

func newBroadStore(t *testing.T) *broadStore {
	t.Helper()
	ctx := context.Background()
	s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
	b := &broadStore{Store: s.Store}
	labels := make([]annoset.Annotation, many)
	for i := range many {
		name := fmt.Sprintf("name%06d", i)
		b.types = append(b.types, annoset.ArtifactType{Name: name, Description: "one of many"})
		b.files = append(b.files, annoset.AudioFile{ID: name, DurationMS: 1000})
		b.names = append(b.names, "clean"+name)
		labels[i] = proof.Label(name, name, 0, 10)
	}
	d := proof.Value(s.CreateDataset(ctx, annoset.NewDataset{Name: "broad", ArtifactTypes: b.types}))(t)
	b.dataset = d.ID
	set := proof.Value(s.CreateSet(ctx, d.ID, annoset.NewSet{}))(t)
	b.ids = proof.Value(s.Add(ctx, set.ID, labels...))(t)
	b.published = proof.Value(s.Publish(ctx, set.ID, nil))(t).ID
	b.draft = proof.Value(s.NewVersion(ctx, set.ID, annoset.NewSet{}))(t).ID
	unlocked := proof.NewDraft(t, s.Store, "unlocked")
	proof.Value(s.Import(ctx, unlocked.ID, proof.Pairs(labels...), nil))(t)
	b.unlocked = unlocked.DatasetID
	b.unused = proof.Value(s.CreateDataset(ctx, annoset.NewDataset{Name: "unused", ArtifactTypes: b.types}))(t).ID
	return b
}

// verbs returns calls with much to do.
func (b *broadStore) verbs() map[string]func(context.Context) error {
	two := func(_ any, err error) error { return err }
	renamed := append([]annoset.ArtifactType(nil), b.types...)
	for i := range renamed {
		renamed[i].Description = "changed"
	}
	more := append([]annoset.ArtifactType(nil), b.types...)
	for _, a := range b.types {
		more = append(more, annoset.ArtifactType{Name: "more " + a.Name})
	}
	longer := append([]annoset.AudioFile(nil), b.files...)
	for i := range longer {
		longer[i].DurationMS = 2000
	}
	return map[string]func(context.Context) error{
		"UpdateDataset, types changed": func(ctx context.Context) error {
			return two(b.UpdateDataset(ctx, b.dataset, annoset.DatasetPatch{ArtifactTypes: renamed}))
		},
		"UpdateDataset, types added": func(ctx context.Context) error {
			return two(b.UpdateDataset(ctx, b.dataset, annoset.DatasetPatch{ArtifactTypes: more}))
		},
		"UpdateDataset, types removed": func(ctx context.Context) error {
			return two(b.UpdateDataset(ctx, b.unused, annoset.DatasetPatch{ArtifactTypes: []annoset.ArtifactType{}}))
		},
		"UpdateDataset, no types": func(ctx context.Context) error {
			return two(b.UpdateDataset(ctx, b.dataset, annoset.DatasetPatch{ArtifactTypes: []annoset.ArtifactType{}}))
		},
		"CreateDataset": func(ctx context.Context) error {
			return two(b.CreateDataset(ctx, annoset.NewDataset{Name: "other", ArtifactTypes: b.types}))
		},
		"DeleteDataset": func(ctx context.Context) error { return b.DeleteDataset(ctx, b.unlocked) },
		"Dataset":       func(ctx context.Context) error { return two(b.Dataset(ctx, b.dataset)) },
		"Datasets":      func(ctx context.Context) error { return two(b.Datasets(ctx)) },
		"AudioFiles":    func(ctx context.Context) error { return two(b.AudioFiles(ctx, b.dataset)) },
		"AddAudioFiles": func(ctx context.Context) error { return b.AddAudioFiles(ctx, b.dataset, longer...) },
		"MarkClean":     func(ctx context.Context) error { return b.MarkClean(ctx, b.draft, b.names...) },
		"UnmarkClean":   func(ctx context.Context) error { return b.UnmarkClean(ctx, b.draft, b.names...) },
		"Delete":        func(ctx context.Context) error { return b.Delete(ctx, b.draft, b.ids...) },
		"SetByID":       func(ctx context.Context) error { return two(b.SetByID(ctx, b.draft)) },
		"Sets":          func(ctx context.Context) error { return two(b.Sets(ctx, b.dataset, annoset.SetFilter{})) },
		"Stats":         func(ctx context.Context) error { return two(b.Stats(ctx, b.draft)) },
		"Check":         func(ctx context.Context) error { return two(b.Check(ctx, b.draft, nil)) },
		"Verify":        func(ctx context.Context) error { return b.Verify(ctx, b.published) },
		"CopyAnnotations": func(ctx context.Context) error {
			return two(b.CopyAnnotations(ctx, b.draft, b.published, annoset.Filter{}))
		},
		"Annotations, of many files": func(ctx context.Context) error {
			return two(proof.All(b.Annotations(ctx, b.draft, annoset.Filter{AudioFileIDs: b.names})))
		},
		"DiffSummary": func(ctx context.Context) error { return two(b.DiffSummary(ctx, b.draft, b.published, nil)) },
		"ChangeLog":   func(ctx context.Context) error { return two(b.ChangeLog(ctx, b.published, b.draft)) },
	}
}

// TestStore_endsSoonAfterItsContext ends the context of calls that have much to do, at several moments.
func TestStore_endsSoonAfterItsContext(t *testing.T) { //nolint:paralleltest // it measures time
	proof.SkipMany(t)
	b := newBroadStore(t)
	for name, verb := range b.verbs() {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			for _, after := range []time.Duration{0, 30 * time.Millisecond, 200 * time.Millisecond} {
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan time.Time, 1)
				timer := time.AfterFunc(after, func() {
					ended <- time.Now()
					cancel()
				})
				err := verb(ctx)
				now := time.Now()
				if timer.Stop() {
					cancel()
					is.NoErr(err)
					return // it was faster
				}
				cancel()
				if late := now.Sub(<-ended); late > soon {
					t.Errorf("canceled after %v it went on for %v: %v", after, late, err)
				}
				if err == nil {
					t.Errorf("canceled after %v it succeeds", after)
					continue
				}
				is.True(errors.Is(err, context.Canceled))
			}
		})
	}
}
