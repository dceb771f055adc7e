package reader

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/sqlite"
)

func TestEachLabel_whereMuchIsRemoved(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "a.annoset"), BusyTimeout: time.Second})
	is.NoErr(err)
	t.Cleanup(func() { db.Close() })
	var top, file, label int64
	is.NoErr(db.Write(ctx, false, func(tx *sqlite.WriteTx) error {
		top, file, label = twoLayers(t, tx)
		return nil
	}))
	const many = fewRemovals + maxLooks
	is.NoErr(db.Write(ctx, false, func(tx *sqlite.WriteTx) error {
		for i := range int64(many) {
			if err := tx.InsertRemoval(ctx, top, sqlite.LabelRow{FileID: file, ID: label + 2*i}); err != nil {
				return err
			}
		}
		return nil
	}))
	is.NoErr(db.Read(ctx, func(tx *sqlite.ReadTx) error {
		stack, err := tx.Stack(ctx, top)
		is.NoErr(err)
		removed, err := newRemovals(tx, stack, &sqlite.SeenFile{ID: file, Layers: []int{0, 1}})
		is.NoErr(err)
		is.Equal(len(removed.hidden), fewRemovals) // a page does not need all of them
		for i := range int64(many) {
			is.Equal(removed.whole, i > maxLooks/2) // two looks each, and then all are read
			h, err := removed.of(label + 2*i)
			is.NoErr(err)
			is.Equal(h, hiding{top: 0, below: nowhere}) // by the topmost layer alone
			h, err = removed.of(label + 2*i + 1)
			is.NoErr(err)
			is.Equal(h, visible)
		}
		is.Equal(len(removed.hidden), many)
		seen := 0
		is.NoErr(EachLabel(ctx, tx, stack, &sqlite.SeenFile{ID: file, Layers: []int{0, 1}}, sqlite.Span{}, func(r *Row) error {
			seen++
			is.True(r.ID == label && r.Hidden && !r.HiddenBelow)
			return nil
		}))
		is.Equal(seen, 1) // what is hidden comes too
		return nil
	}))
}

// twoLayers writes a layer with a label in a file, and one on top that knows the file too.
func twoLayers(t *testing.T, tx *sqlite.WriteTx) (top, file, label int64) {
	t.Helper()
	ctx := context.Background()
	dataset, err1 := tx.InsertDataset(ctx, sqlite.DatasetRow{UUID: "00000000-0000-0000-0000-000000000000", Name: "one"})
	file, err2 := tx.InsertFile(ctx, sqlite.FileRow{DatasetID: dataset, Name: "a.wav"})
	artifact, err3 := tx.InsertType(ctx, sqlite.TypeRow{DatasetID: dataset, Name: "glitch"})
	below, err4 := tx.InsertLayer(ctx, dataset, nil, nil)
	label, err5 := tx.NextLabelIDs(ctx, 1)
	if err := errors.Join(err1, err2, err3, err4, err5,
		tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: below, FileID: file}),
		tx.InsertLabels(ctx, below, []sqlite.LabelRow{{ID: label, FileID: file, TypeID: artifact}}),
		tx.WithoutGuards(ctx, func() error { return tx.SealLayer(ctx, below) })); err != nil {
		t.Fatal(err)
	}
	top, err := tx.InsertLayer(ctx, dataset, &below, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: top, FileID: file}); err != nil {
		t.Fatal(err)
	}
	return top, file, label
}
