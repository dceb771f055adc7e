package reader

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/sqlite"
)

// layerOf is a layer to write: the labels that it removes from the layers below, and then those that it has.
type layerOf struct {
	removed []int64
	labels  []sqlite.LabelRow
	blocks  bool // the labels are found through blocks: their ids without a gap, in order of start
}

// stacked is a database with a stack of layers, all of which have the audio file.
type stacked struct {
	*sqlite.DB
	set    sqlite.SetRow // of the topmost layer; it has no more than a reader needs
	file   int64
	layers []int64 // the topmost first
}

// writeStack writes layers, the lowest first. The topmost stays open.
func writeStack(t *testing.T, layers ...layerOf) *stacked {
	t.Helper()
	is := is.New(t)
	ctx := t.Context()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "a.annoset"), BusyTimeout: time.Second})
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(db.Close()) })
	s := &stacked{DB: db}
	is.NoErr(db.Write(ctx, false, func(tx *sqlite.WriteTx) error {
		dataset, err1 := tx.InsertDataset(ctx, sqlite.DatasetRow{UUID: "00000000-0000-0000-0000-000000000000", Name: "one"})
		file, err2 := tx.InsertFile(ctx, sqlite.FileRow{DatasetID: dataset, Name: "a.wav"})
		glitch, err3 := tx.InsertType(ctx, sqlite.TypeRow{DatasetID: dataset, Name: "glitch"})
		hum, err4 := tx.InsertType(ctx, sqlite.TypeRow{DatasetID: dataset, Name: "hum"})
		_, err5 := tx.NextLabelIDs(ctx, 1<<16)
		is.Equal([]int64{file, glitch, hum}, []int64{1, 1, 2}) // the tests write them out
		s.set, s.file = sqlite.SetRow{DatasetID: dataset}, file
		return errors.Join(err1, err2, err3, err4, err5)
	}))
	for i, layer := range layers {
		is.NoErr(db.Write(ctx, false, func(tx *sqlite.WriteTx) error { return s.write(ctx, tx, layer, i == len(layers)-1) }))
	}
	slices.Reverse(s.layers)
	s.set.LayerID = s.layers[0]
	return s
}

// write puts a layer on top of those that were written.
func (s *stacked) write(ctx context.Context, tx *sqlite.WriteTx, layer layerOf, open bool) error {
	var below *int64
	if len(s.layers) > 0 {
		below = &s.layers[len(s.layers)-1]
	}
	id, err := tx.InsertLayer(ctx, s.set.DatasetID, below, nil)
	if err != nil {
		return err
	}
	s.layers = append(s.layers, id)
	if err := tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: id, FileID: s.file}); err != nil {
		return err
	}
	for _, removed := range layer.removed {
		if err := tx.InsertRemoval(ctx, id, sqlite.LabelRow{FileID: s.file, ID: removed}); err != nil {
			return err
		}
	}
	if layer.blocks {
		err = tx.WithoutGuards(ctx, func() error { return tx.InsertBlocks(ctx, id, layer.labels) })
	} else {
		err = tx.InsertLabels(ctx, id, layer.labels)
	}
	if err != nil || open {
		return err
	}
	return tx.WithoutGuards(ctx, func() error { return tx.SealLayer(ctx, id) })
}

// read runs fn with the stack as it is seen from one of its layers, and the audio file, which all of them have.
func (s *stacked) read(
	t *testing.T, from int, fn func(tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile),
) {
	t.Helper()
	is := is.New(t)
	is.NoErr(s.Read(t.Context(), func(tx *sqlite.ReadTx) error {
		stack, err := tx.Stack(t.Context(), s.layers[from])
		is.NoErr(err)
		f := &sqlite.SeenFile{ID: s.file, Name: "a.wav"}
		for depth := range stack {
			f.Layers = append(f.Layers, depth)
		}
		fn(tx, stack, f)
		return nil
	}))
}

// at is a label of the audio file with an id and a start, 10 ms long.
func at(id, startMS int64) sqlite.LabelRow {
	return sqlite.LabelRow{ID: id, FileID: 1, TypeID: 1, StartMS: startMS, EndMS: startMS + 10}
}

// threeLayers are layers in which labels were removed, moved and added. Without blocks every label is indexed.
func threeLayers(blocks bool) []layerOf {
	return []layerOf{
		{labels: []sqlite.LabelRow{at(1, 10), at(2, 20), at(3, 30)}, blocks: blocks},
		{removed: []int64{2}, labels: []sqlite.LabelRow{at(2, 5)}},     // 2 was moved
		{removed: []int64{1, 2}, labels: []sqlite.LabelRow{at(4, 20)}}, // 1 and 2 were removed
	}
}
