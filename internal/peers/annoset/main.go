// Command annoset is the contestant that is measured: annoset through its public API alone.
package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/peers/contest"
)

func main() { contest.Main(&contestant{}) }

type contestant struct {
	path  string
	store *annoset.Store
	sets  []uuid.UUID // by version, from 1
}

func (*contestant) About() contest.About {
	return contest.About{
		Name:       "annoset",
		What:       "this library, default options, its public API alone",
		Durability: "WAL, synchronous=FULL: the log is synced at each call",
		LeavesOut:  "nothing",
	}
}

func (c *contestant) Open(ctx context.Context, dir string) error {
	c.path = filepath.Join(dir, "labels.annoset")
	if err := c.reopen(ctx); err != nil {
		return err
	}
	dataset, err := c.store.CreateDataset(ctx, annoset.NewDataset{Name: "peers"})
	if err != nil {
		return err
	}
	set, err := c.store.CreateSet(ctx, dataset.ID, annoset.NewSet{})
	c.sets = []uuid.UUID{{}, set.ID}
	return err
}

func (c *contestant) reopen(ctx context.Context) (err error) {
	c.store, err = annoset.Open(ctx, c.path, nil)
	return err
}

func (c *contestant) Close() error { return c.store.Close() }

func (c *contestant) draft() uuid.UUID { return c.sets[len(c.sets)-1] }

func (c *contestant) Import(ctx context.Context, labels contest.Stream) (int64, error) {
	n, err := c.store.Import(ctx, c.draft(), func(yield func(annoset.Annotation, error) bool) {
		for l, err := range labels {
			if err != nil {
				yield(annoset.Annotation{}, err)
				return
			}
			if !yield(annotation(l), nil) {
				return
			}
		}
	}, nil)
	return int64(n), err
}

func (c *contestant) Publish(ctx context.Context) error {
	_, err := c.store.Publish(ctx, c.draft(), nil)
	return err
}

func (c *contestant) NewVersion(ctx context.Context, from int) error {
	set, err := c.store.NewVersion(ctx, c.sets[from], annoset.NewSet{})
	c.sets = append(c.sets, set.ID)
	return err
}

func (c *contestant) Edit(ctx context.Context, edits []contest.Edit) (err error) {
	for i := range edits {
		switch e := &edits[i]; e.Kind {
		case contest.Change:
			err = c.store.Update(ctx, c.draft(), annotation(&e.New))
		case contest.Remove:
			err = c.store.Delete(ctx, c.draft(), e.Old.ID)
		case contest.Add:
			_, err = c.store.Add(ctx, c.draft(), annotation(&e.New))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *contestant) Statistics(ctx context.Context) (contest.Statistics, error) {
	s, err := c.store.Stats(ctx, c.draft())
	return contest.Statistics{
		Labels: s.TotalAnnotations, CoveredMS: s.TotalPositiveDurationMS, ByType: s.AnnotationsByType,
		CoveredType: s.DurationMSByType, Files: s.AnnotatedAudioFiles,
	}, err
}

func (c *contestant) Diff(ctx context.Context, from, to int) (contest.Changes, error) {
	return diff(ctx, c.store, c.sets[from], c.sets[to])
}

func (c *contestant) ReadAll(ctx context.Context, version int, fn func(*contest.Label)) error {
	return c.read(ctx, version, annoset.Filter{}, fn)
}

func (c *contestant) ReadFile(ctx context.Context, version int, file string, fn func(*contest.Label)) error {
	return c.read(ctx, version, annoset.Filter{AudioFileIDs: []string{file}}, fn)
}

func (c *contestant) read(ctx context.Context, version int, f annoset.Filter, fn func(*contest.Label)) error {
	var l contest.Label
	for a, err := range c.store.Annotations(ctx, c.sets[version], f) {
		if err != nil {
			return err
		}
		if a.Confidence == nil {
			return fmt.Errorf("label %d has lost its confidence", a.ID)
		}
		l = contest.Label{
			ID: a.ID, File: a.AudioFileID, Type: a.ArtifactType, StartMS: a.StartMS, EndMS: a.EndMS,
			Confidence: *a.Confidence,
		}
		fn(&l)
	}
	return nil
}

// Settle closes the store, which empties the write-ahead log into the file, and opens it again.
func (c *contestant) Settle(ctx context.Context) error {
	if err := c.store.Close(); err != nil {
		return err
	}
	return c.reopen(ctx)
}

func annotation(l *contest.Label) annoset.Annotation {
	confidence := l.Confidence
	return annoset.Annotation{
		ID: l.ID, AudioFileID: l.File, ArtifactType: l.Type, StartMS: l.StartMS, EndMS: l.EndMS, Confidence: &confidence,
	}
}
