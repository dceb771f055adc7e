package sqlite

import (
	"context"
	"testing"

	"github.com/matryer/is"
)

func TestReadTx_EachLabel_whereMuchIsRemoved(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	db, _ := openRecorded(t)
	top, file, label := twoLayers(t, db)
	const many = fewRemovals + maxLooks
	is.NoErr(db.Write(ctx, false, func(tx *WriteTx) error {
		for i := range int64(many) {
			if err := tx.InsertRemoval(ctx, top, LabelRow{FileID: file, ID: label + 2*i}); err != nil {
				return err
			}
		}
		return nil
	}))
	is.NoErr(db.Read(ctx, func(tx *ReadTx) error {
		stack, err := tx.Stack(ctx, top)
		is.NoErr(err)
		removed, err := tx.removals(stack, &SeenFile{ID: file, Layers: []int{0, 1}})
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
		is.NoErr(tx.EachLabel(ctx, stack, &SeenFile{ID: file, Layers: []int{0, 1}}, Span{}, func(r *LabelRow) error {
			seen++
			is.True(r.ID == label && r.Hidden && !r.HiddenBelow)
			return nil
		}))
		is.Equal(seen, 1) // what is hidden comes too
		return nil
	}))
}
