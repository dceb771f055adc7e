package annoset

import (
	"context"

	"github.com/annoset/annoset/sqlite"
)

// maxLayers is how many layers a new set may stand on. More make every read of a changed audio file merge more.
const maxLayers = 8

// bulkRows is from where on an insert or a delete is worth a change of the schema, which takes the place of a check
// of each row.
const bulkRows = 4096

// layerOn makes an open layer that stands on a sealed one, or on what that was folded to where the stack got high.
func layerOn(ctx context.Context, tx *sqlite.WriteTx, datasetID, belowID int64) (int64, error) {
	stack, err := tx.Stack(ctx, belowID)
	if err != nil {
		return 0, err
	}
	if len(stack) >= maxLayers {
		if belowID, err = folded(ctx, tx, datasetID, stack); err != nil {
			return 0, err
		}
	}
	return tx.InsertLayer(ctx, datasetID, &belowID, nil)
}

// folded returns the layer that the topmost layers of a stack are folded to, if need be for the first time.
func folded(ctx context.Context, tx *sqlite.WriteTx, datasetID int64, stack []sqlite.LayerRow) (int64, error) {
	id, found, err := tx.FoldOf(ctx, stack[0].ID)
	if err != nil || found {
		return id, err
	}
	return fold(ctx, tx, datasetID, stack, foldCount(stack))
}

// foldCount tells how many layers from the top are folded into one: at least two, and on as long as the sum weighs
// more than half of the next. So weights at least double from layer to layer, and a label is folded again only after
// as many have come on top of it.
func foldCount(stack []sqlite.LayerRow) int {
	n, sum := 2, stack[0].Weight+stack[1].Weight
	for n < len(stack) && 2*sum >= stack[n].Weight {
		sum += stack[n].Weight
		n++
	}
	return n
}

// fold writes what the n topmost layers of a stack amount to into one new sealed layer, which stands where the last
// of them stood. The folded layers stay, for the sets that stand on them.
func fold(ctx context.Context, tx *sqlite.WriteTx, datasetID int64, stack []sqlite.LayerRow, n int) (int64, error) {
	top := stack[0].ID
	folded, err := tx.InsertLayer(ctx, datasetID, stack[n-1].BelowID, &top)
	if err != nil {
		return 0, err
	}
	f := &folding{tx: tx, stack: stack[:n], top: top, to: folded}
	return folded, f.run(ctx)
}

// folding is one fold under way.
type folding struct {
	tx    *sqlite.WriteTx
	stack []sqlite.LayerRow // the layers that are folded
	top   int64
	to    int64
}

func (f *folding) run(ctx context.Context) error {
	files, err := f.files(ctx)
	if err != nil {
		return err
	}
	if err := f.removals(ctx, files); err != nil {
		return err
	}
	// What is copied was checked when it was written first.
	return f.tx.WithoutGuards(ctx, func() error {
		if err := f.labels(ctx, files); err != nil {
			return err
		}
		if err := f.states(ctx, files); err != nil {
			return err
		}
		if err := f.tx.WeighLayer(ctx, f.to); err != nil {
			return err
		}
		return f.tx.SealLayer(ctx, f.to)
	})
}

// files makes the audio files of the layers known to the new one, and returns them as seen through these layers
// alone.
func (f *folding) files(ctx context.Context) ([]sqlite.SeenFile, error) {
	files, err := filesOf(func(fn func(*sqlite.SeenFile) error) error {
		return f.tx.TopFiles(ctx, f.top, len(f.stack), fn)
	})
	if err != nil {
		return nil, err
	}
	for i := range files {
		if err := f.tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: f.to, FileID: files[i].ID}); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// removals writes those that hide labels below the folded layers. Of the ones of an id, that is the lowest, unless
// the label began within the layers.
func (f *folding) removals(ctx context.Context, files []sqlite.SeenFile) error {
	lowest := make(map[int64]lowestRemoval)
	for depth, layer := range f.stack {
		if err := f.tx.EachRemoval(layer.ID, func(fileID, id int64) error {
			lowest[id] = lowestRemoval{depth: depth, fileID: fileID}
			return nil
		}); err != nil {
			return err
		}
	}
	if len(lowest) == 0 {
		return nil
	}
	for i := range files {
		if err := f.tx.EachLabel(ctx, f.stack, &files[i], sqlite.Span{}, func(r *sqlite.LabelRow) error {
			if removal, ok := lowest[r.ID]; ok && r.Depth > removal.depth {
				delete(lowest, r.ID)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	for id, removal := range lowest {
		if err := f.tx.InsertRemoval(ctx, f.to, sqlite.LabelRow{ID: id, FileID: removal.fileID}); err != nil {
			return err
		}
	}
	return nil
}

type lowestRemoval struct {
	depth  int
	fileID int64
}

// labels copies, file by file, what is seen through the layers.
func (f *folding) labels(ctx context.Context, files []sqlite.SeenFile) error {
	var rows []sqlite.LabelRow
	for i := range files {
		rows = rows[:0]
		if err := f.tx.EachLabel(ctx, f.stack, &files[i], sqlite.Span{}, func(r *sqlite.LabelRow) error {
			if !r.Hidden {
				rows = append(rows, *r)
			}
			return nil
		}); err != nil {
			return err
		}
		if err := f.tx.InsertLabels(ctx, f.to, rows); err != nil {
			return err
		}
	}
	return nil
}

// states copies the topmost state of each audio file. It comes last: a file is clean only once its labels are hidden.
func (f *folding) states(ctx context.Context, files []sqlite.SeenFile) error {
	for i := range files {
		state, _, err := f.tx.FileInLayer(f.stack[files[i].Layers[0]].ID, files[i].ID)
		if err != nil {
			return err
		}
		state.LayerID = f.to
		if err := f.tx.UpdateLayerFile(ctx, state); err != nil {
			return err
		}
	}
	return nil
}

// layerLike makes an open layer that holds what another open one holds, and stands where it stands.
func layerLike(ctx context.Context, tx *sqlite.WriteTx, datasetID, layerID int64) (int64, error) {
	stack, err := tx.Stack(ctx, layerID)
	if err != nil {
		return 0, err
	}
	to, err := tx.InsertLayer(ctx, datasetID, stack[0].BelowID, nil)
	if err != nil {
		return 0, err
	}
	many, err := manyLabels(ctx, tx, layerID)
	if err != nil {
		return 0, err
	}
	if !many {
		return to, tx.CopyLayer(ctx, layerID, to, false)
	}
	return to, tx.WithoutGuards(ctx, func() error { return tx.CopyLayer(ctx, layerID, to, true) })
}

func manyLabels(ctx context.Context, tx *sqlite.WriteTx, layerID int64) (bool, error) {
	n, err := tx.CountLabels(ctx, layerID, bulkRows)
	return n >= bulkRows, err
}

// dropDraft removes a draft with its layer, and with the folded layers below that only it stood on.
func dropDraft(ctx context.Context, tx *sqlite.WriteTx, r *sqlite.SetRow) error {
	stack, err := tx.Stack(ctx, r.LayerID)
	if err != nil {
		return err
	}
	if err := tx.DeleteSet(ctx, r.ID); err != nil {
		return err
	}
	for _, layer := range stack {
		seen, err := tx.Seen(ctx, layer.ID)
		if err != nil || seen {
			return err
		}
		if err := dropLayer(ctx, tx, layer.ID); err != nil {
			return err
		}
	}
	return nil
}

func dropLayer(ctx context.Context, tx *sqlite.WriteTx, id int64) error {
	many, err := manyLabels(ctx, tx, id)
	if err != nil {
		return err
	}
	if !many {
		return tx.DeleteLayer(ctx, id)
	}
	return tx.WithoutGuards(ctx, func() error { return tx.DeleteLayer(ctx, id) })
}
