package reader

import (
	"context"
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/sqlite"
)

func TestByID(t *testing.T) {
	t.Parallel()
	for name, blocks := range map[string]bool{"indexed": false, "in blocks": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s := writeStack(t, threeLayers(blocks)...)
			for from, want := range []map[int64]Found{
				{3: {LabelRow: at(3, 30), Depth: 2}, 4: {LabelRow: at(4, 20)}},
				{1: {LabelRow: at(1, 10), Depth: 1}, 2: {LabelRow: at(2, 5)}, 3: {LabelRow: at(3, 30), Depth: 1}},
				{1: {LabelRow: at(1, 10)}, 2: {LabelRow: at(2, 20)}, 3: {LabelRow: at(3, 30)}},
			} {
				s.read(t, from, func(tx *sqlite.ReadTx, _ []sqlite.LayerRow, _ *sqlite.SeenFile) {
					all := []int64{1, 2, 3, 4, 5}
					many, err := ManyByID(t.Context(), tx, s.layers[from], all)
					is.NoErr(err)
					is.Equal(len(many), len(want))
					for _, id := range all {
						row, found, err := ByID(t.Context(), tx, s.layers[from], id)
						is.NoErr(err)
						expected, ok := want[id]
						is.Equal(found, ok)
						is.Equal(row, expected) // the zero value where there is none
						is.Equal(many[id], expected.LabelRow)
					}
				})
			}
		})
	}
}

func TestByID_checksTheContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := writeStack(t, threeLayers(false)...)
	s.read(t, 0, func(tx *sqlite.ReadTx, _ []sqlite.LayerRow, _ *sqlite.SeenFile) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := ByID(ctx, tx, s.layers[0], 3)
		is.True(errors.Is(err, context.Canceled))
		many, err := ManyByID(ctx, tx, s.layers[0], []int64{3})
		is.True(errors.Is(err, context.Canceled))
		is.Equal(len(many), 0)
	})
}
