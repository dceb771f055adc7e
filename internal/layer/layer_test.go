package layer

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

func TestFoldCount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		weights []int64
		want    int
	}{
		"two at least, however heavy the second": {[]int64{1, 1000, 5000}, 2},
		"a third of more than twice the sum":     {[]int64{1, 2, 7}, 2},
		"a third of twice the sum":               {[]int64{1, 2, 6}, 3},
		"each of which the sum is half":          {[]int64{1, 1, 4, 12, 37}, 4},
		"all":                                    {[]int64{1, 1, 1, 1}, 4},
		"empty ones, and one that is not":        {[]int64{0, 0, 0, 1}, 3},
		"no more than there are":                 {[]int64{5, 1}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			stack := make([]sqlite.LayerRow, len(test.weights))
			for i, w := range test.weights {
				stack[i].Weight = w
			}
			is.Equal(foldCount(stack), test.want)
		})
	}
}

// chain is a dataset whose sets stand on one another.
type chain struct {
	*sqlite.DB
	dataset, file int64
}

func newChain(t *testing.T) *chain {
	t.Helper()
	is := is.New(t)
	ctx := t.Context()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "a.annoset"), BusyTimeout: time.Second})
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(db.Close()) })
	c := &chain{DB: db}
	is.NoErr(db.Write(ctx, false, func(tx *sqlite.WriteTx) error {
		dataset, err1 := tx.InsertDataset(ctx, sqlite.DatasetRow{UUID: "00000000-0000-0000-0000-000000000000", Name: "one"})
		file, err2 := tx.InsertFile(ctx, sqlite.FileRow{DatasetID: dataset, Name: "a.wav"})
		_, err3 := tx.InsertType(ctx, sqlite.TypeRow{DatasetID: dataset, Name: "glitch"})
		c.dataset, c.file = dataset, file
		return errors.Join(err1, err2, err3)
	}))
	return c
}

// seal adds n labels to an open layer, removes one from what is below it, changes another, and seals it. 0 is no label.
func (c *chain) seal(ctx context.Context, tx *sqlite.WriteTx, layerID int64, n int, removed, changed int64) error {
	id, err := tx.NextLabelIDs(ctx, n)
	if err != nil {
		return err
	}
	if err := tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: layerID, FileID: c.file}); err != nil {
		return err
	}
	for _, hidden := range []int64{removed, changed} {
		if hidden == 0 {
			continue
		}
		if err := tx.InsertRemoval(ctx, layerID, sqlite.LabelRow{FileID: c.file, ID: hidden}); err != nil {
			return err
		}
	}
	rows := make([]sqlite.LabelRow, n)
	for i := range rows {
		at := id + int64(i)
		rows[i] = sqlite.LabelRow{ID: at, FileID: c.file, TypeID: 1, StartMS: at, EndMS: at}
	}
	if changed != 0 {
		rows = append(rows, sqlite.LabelRow{ID: changed, FileID: c.file, TypeID: 1, StartMS: id, EndMS: 1000})
	}
	return errors.Join(
		tx.InsertLabels(ctx, layerID, rows),
		tx.WeighLayer(ctx, layerID),
		tx.WithoutGuards(ctx, func() error { return tx.SealLayer(ctx, layerID) }))
}

// visible returns the labels that are seen from a layer.
func (c *chain) visible(t *testing.T, tx *sqlite.ReadTx, layerID int64) []sqlite.LabelRow {
	t.Helper()
	is := is.New(t)
	r, err := reader.New(t.Context(), tx, &sqlite.SetRow{DatasetID: c.dataset, LayerID: layerID}, reader.Filter{})
	is.NoErr(err)
	rows := []sqlite.LabelRow{}
	is.NoErr(r.Files(t.Context(), reader.Position{}, func(f *sqlite.SeenFile) error {
		return r.File(t.Context(), f, sqlite.Span{}, func(row *sqlite.LabelRow) error {
			rows = append(rows, *row)
			return nil
		})
	}))
	return rows
}

// A stack of sealed layers is folded when it would get higher than Max, and shows the same labels as before.
func TestOn_folds(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]int{"down to the bottom": 1, "above a heavy layer": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := t.Context()
			c := newChain(t)
			var below int64
			is.NoErr(c.Write(ctx, false, func(tx *sqlite.WriteTx) (err error) {
				if below, err = tx.InsertLayer(ctx, c.dataset, nil, nil); err != nil {
					return err
				}
				return c.seal(ctx, tx, below, first, 0, 0)
			}))
			for version := range int64(3 * Max) {
				is.NoErr(c.Write(ctx, false, func(tx *sqlite.WriteTx) error {
					before := c.visible(t, &tx.ReadTx, below)
					id, err := On(ctx, tx, c.dataset, below)
					is.NoErr(err)
					stack, err := tx.Stack(ctx, id)
					is.NoErr(err)
					is.True(len(stack) <= Max)
					is.Equal(c.visible(t, &tx.ReadTx, id), before)

					again, err := On(ctx, tx, c.dataset, below)
					is.NoErr(err)
					other, err := tx.Stack(ctx, again)
					is.NoErr(err)
					is.Equal(other[1:], stack[1:]) // a stack is folded once

					removed, changed := int64(0), int64(0)
					if version%3 == 2 {
						removed = int64(first) + version // the label of the version before
					}
					if version%2 == 1 {
						changed = 1 // of the first layer, again and again
					}
					below = id
					return c.seal(ctx, tx, id, 1, removed, changed)
				}))
			}
			is.NoErr(c.Read(ctx, func(tx *sqlite.ReadTx) error {
				stack, err := tx.Stack(ctx, below)
				is.NoErr(err)
				is.Equal(stack[len(stack)-1].Weight >= 500, first == 500) // a heavy layer stays at the bottom
				is.Equal(len(c.visible(t, tx, below)), first+3*Max-Max)   // a third was removed
				return nil
			}))
		})
	}
}

func TestLike(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, BulkRows} { // without and with a change of the guards
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := t.Context()
			c := newChain(t)
			is.NoErr(c.Write(ctx, false, func(tx *sqlite.WriteTx) error {
				base, err := tx.InsertLayer(ctx, c.dataset, nil, nil)
				is.NoErr(err)
				is.NoErr(c.seal(ctx, tx, base, 1, 0, 0))
				from, err := On(ctx, tx, c.dataset, base)
				is.NoErr(err)
				is.NoErr(tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: from, FileID: c.file}))
				is.NoErr(tx.InsertRemoval(ctx, from, sqlite.LabelRow{FileID: c.file, ID: 1}))
				rows := make([]sqlite.LabelRow, n)
				first, err := tx.NextLabelIDs(ctx, n)
				is.NoErr(err)
				for i := range rows {
					rows[i] = sqlite.LabelRow{ID: first + int64(i), FileID: c.file, TypeID: 1}
				}
				is.NoErr(tx.WithoutGuards(ctx, func() error { return tx.InsertBlocks(ctx, from, rows) }))

				many, err := Many(ctx, tx, from)
				is.NoErr(err)
				is.Equal(many, n >= BulkRows)
				to, err := Like(ctx, tx, c.dataset, from)
				is.NoErr(err)
				stack, err := tx.Stack(ctx, to)
				is.NoErr(err)
				is.Equal(stack[1].ID, base) // it stands where the other one stands
				is.Equal(c.visible(t, &tx.ReadTx, to), c.visible(t, &tx.ReadTx, from))
				is.Equal(len(c.visible(t, &tx.ReadTx, to)), n)
				return nil
			}))
		})
	}
}
