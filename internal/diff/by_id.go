package diff

import (
	"context"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
	"slices"
)

// byID yields the changes between two sets whose labels have ids in common. It reads the layers above the fork only,
// for a bunch of audio files at a time.
func (c *Comparison) byID(ctx context.Context, f fork, yield func(Change) error) error {
	d := &idDiff{Comparison: c, fork: f, layers: slices.Concat(f.above[0], f.above[1]), yield: yield}
	if len(d.layers) == 0 {
		return nil
	}
	tx := c.from.Tx
	files, err := tx.FilesOf(ctx, d.layers, c.from.Set.LayerID, c.to.Set.LayerID)
	if err != nil {
		return err
	}
	if d.strays, err = tx.Strays(ctx, f.above[0], f.above[1]); err != nil {
		return err
	}
	for n := firstBunch; len(files) > 0; {
		n = min(n, len(files))
		rows, err := d.bunch(ctx, files[:n])
		if err != nil {
			return err
		}
		files = files[n:]
		n = max(1, min(4*n, n*bunchRows/(rows+1), bunchRows))
	}
	return nil
}

// A bunch of audio files is read with a handful of statements. Its size is chosen to have about bunchRows rows, by the
// number of rows in the bunch before it.
const (
	firstBunch = 32
	bunchRows  = 1 << 13
)

// idDiff is a comparison by ids in progress.
type idDiff struct {
	*Comparison
	fork
	layers []int64        // the layers above the fork: of the first side, then of the second, each the topmost first
	strays map[int64]bool // ids whose audio file may differ between the sides
	yield  func(Change) error
}

// fileDelta is what the layers above the fork have of one audio file.
type fileDelta struct {
	sqlite.FileInTwo
	rows    []sideRow
	removed [2]map[int64]int // by side and id: the index of the topmost layer that removes the id
}

// side returns which side the i-th of the layers belongs to.
func (d *idDiff) side(i int) int {
	if i < len(d.above[0]) {
		return 0
	}
	return 1
}

// bunch yields the changes of some audio files, and returns how many rows the layers have of them.
func (d *idDiff) bunch(ctx context.Context, files []sqlite.FileInTwo) (rows int, err error) {
	deltas := make([]fileDelta, len(files))
	byFile := make(map[int64]*fileDelta, len(files))
	fileIDs := make([]int64, len(files))
	for i, f := range files {
		deltas[i].FileInTwo = f
		byFile[f.ID] = &deltas[i]
		fileIDs[i] = f.ID
	}
	if err := d.from.Tx.RemovalsIn(ctx, d.layers, fileIDs, func(i int, fileID, id int64) error {
		rows++
		removed := &byFile[fileID].removed[d.side(i)]
		if *removed == nil {
			*removed = make(map[int64]int)
		}
		if topmost, ok := (*removed)[id]; !ok || i < topmost {
			(*removed)[id] = i
		}
		return nil
	}); err != nil {
		return 0, err
	}
	if err := d.from.Tx.LabelsIn(ctx, d.layers, fileIDs, func(i int, r *sqlite.LabelRow) error {
		rows++
		delta, side := byFile[r.FileID], d.side(i)
		if topmost, ok := delta.removed[side][r.ID]; !ok || topmost >= i { // no layer above removes it
			delta.rows = append(delta.rows, sideRow{LabelRow: *r, side: side})
		}
		return nil
	}); err != nil {
		return 0, err
	}
	below, err := d.below(ctx, deltas)
	if err != nil {
		return 0, err
	}
	for i := range deltas {
		changes, err := d.changes(ctx, &deltas[i], below)
		if err != nil {
			return 0, err
		}
		if err := yieldFile(deltas[i].Name, deltas[i].Clean, changes, d.yield); err != nil {
			return 0, err
		}
	}
	return rows, nil
}

// below reads the labels below the fork that one of the sides has removed.
func (d *idDiff) below(ctx context.Context, deltas []fileDelta) (map[int64]sqlite.LabelRow, error) {
	var ids []int64
	for i := range deltas {
		for _, removed := range deltas[i].removed {
			for id := range removed {
				ids = append(ids, id)
			}
		}
	}
	if d.common == 0 || len(ids) == 0 {
		return nil, nil
	}
	return reader.ManyByID(ctx, d.from.Tx, d.common, ids)
}

// sideRow is a row of one side.
type sideRow struct {
	sqlite.LabelRow
	side int
}

// twoRows are the rows of a label on both sides; nil: that side does not see it.
type twoRows [2]*sqlite.LabelRow

// changes returns the changes of one audio file.
func (d *idDiff) changes(ctx context.Context, f *fileDelta, below map[int64]sqlite.LabelRow) ([]Change, error) {
	seen := make(map[int64]*twoRows)
	of := func(id int64) *twoRows {
		if seen[id] == nil {
			seen[id] = &twoRows{}
		}
		return seen[id]
	}
	for i := range f.rows {
		r := &f.rows[i]
		of(r.ID)[r.side] = &r.LabelRow
	}
	for s, removed := range f.removed {
		for id := range removed {
			rows := of(id)
			_, both := f.removed[1-s][id]
			if row, ok := below[id]; ok && row.FileID == f.ID && rows[1-s] == nil && !both {
				rows[1-s] = &row
			}
		}
	}
	var changes []Change
	for id, rows := range seen {
		names := [2]string{f.Name, f.Name}
		if d.strays[id] && (rows[0] == nil) != (rows[1] == nil) {
			first, err := d.findStray(ctx, f.Name, id, rows, &names)
			if err != nil {
				return nil, err
			}
			if !first {
				continue
			}
		}
		if change, ok := changeOf(known(d.from, names[0], rows[0]), known(d.to, names[1], rows[1])); ok {
			changes = append(changes, change)
		}
	}
	return changes, nil
}

// findStray completes a label that only one side has in this audio file: the other side may have it in another file. It
// reports whether this file is the first of the two by name; the change is yielded there.
func (d *idDiff) findStray(
	ctx context.Context, name string, id int64, rows *twoRows, names *[2]string,
) (first bool, err error) {
	missing, other := 0, d.from
	if rows[0] != nil {
		missing, other = 1, d.to
	}
	row, found, err := reader.ByID(ctx, other.Tx, other.Set.LayerID, id)
	if err != nil || !found {
		return true, err
	}
	file, err := other.Tx.FileByID(ctx, row.FileID)
	if err != nil {
		return false, err
	}
	rows[missing], names[missing] = &row.LabelRow, file.Name
	return name < file.Name, nil
}

// known converts a row to a label, and nil to nil.
func known(r *reader.Reader, file string, row *sqlite.LabelRow) *label.Label {
	if row == nil {
		return nil
	}
	l := r.Label(file, row)
	return &l
}
