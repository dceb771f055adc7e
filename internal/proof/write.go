package proof

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"

	"github.com/annoset/annoset"
)

// Lock takes the write lock of a store's file, as another process would, and holds it until unlock is called.
func Lock(t testing.TB, path string) (unlock func()) {
	t.Helper()
	db := OpenRaw(t, path)
	ctx := context.Background()
	c := Value(db.Conn(ctx))(t)
	_, err := c.ExecContext(ctx, "BEGIN IMMEDIATE")
	NoErr(t, err)
	unlock = sync.OnceFunc(func() {
		if _, err := c.ExecContext(ctx, "ROLLBACK"); err != nil && !errors.Is(err, sql.ErrConnDone) {
			t.Error(err)
		}
		c.Close()
		db.Close()
	})
	t.Cleanup(unlock)
	return unlock
}

// Writers returns every verb that writes to a draft or its dataset, by name, with as little to write as it takes.
func Writers(s *annoset.Store, set annoset.AnnotationSet, labelID int64) map[string]func(context.Context) error {
	a := WithID(labelID, Label("w.wav", "pop", 1, 2))
	two := func(_ any, err error) error { return err }
	notes := "n"
	return map[string]func(context.Context) error{
		"CreateDataset": func(ctx context.Context) error {
			return two(s.CreateDataset(ctx, annoset.NewDataset{Name: "other"}))
		},
		"UpdateDataset": func(ctx context.Context) error {
			return two(s.UpdateDataset(ctx, set.DatasetID, annoset.DatasetPatch{Description: &notes}))
		},
		"DeleteDataset": func(ctx context.Context) error { return s.DeleteDataset(ctx, set.DatasetID) },
		"AddAudioFiles": func(ctx context.Context) error {
			return s.AddAudioFiles(ctx, set.DatasetID, annoset.AudioFile{ID: "new.wav"})
		},
		"CreateSet":  func(ctx context.Context) error { return two(s.CreateSet(ctx, set.DatasetID, annoset.NewSet{})) },
		"NewVersion": func(ctx context.Context) error { return two(s.NewVersion(ctx, set.ID, annoset.NewSet{})) },
		"UpdateSet": func(ctx context.Context) error {
			return two(s.UpdateSet(ctx, set.ID, annoset.SetPatch{Notes: &notes}))
		},
		"Add":         func(ctx context.Context) error { return two(s.Add(ctx, set.ID, a)) },
		"Import":      func(ctx context.Context) error { return two(s.Import(ctx, set.ID, Stream(2, 1), nil)) },
		"Update":      func(ctx context.Context) error { return s.Update(ctx, set.ID, a) },
		"Delete":      func(ctx context.Context) error { return s.Delete(ctx, set.ID, labelID) },
		"MarkClean":   func(ctx context.Context) error { return s.MarkClean(ctx, set.ID, "new.wav") },
		"UnmarkClean": func(ctx context.Context) error { return s.UnmarkClean(ctx, set.ID, "clean.wav") },
		"Publish":     func(ctx context.Context) error { return two(s.Publish(ctx, set.ID, nil)) },
		"DeleteSet":   func(ctx context.Context) error { return s.DeleteSet(ctx, set.ID) },
	}
}
