package layer

import (
	"context"
	"log/slog"
	"time"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// folded returns the layer that the topmost layers of a stack were folded into. If there is none yet, it folds them.
func folded(ctx context.Context, tx *sqlite.WriteTx, datasetID int64, stack []sqlite.LayerRow) (int64, error) {
	id, found, err := tx.FoldOf(ctx, stack[0].ID)
	if err != nil || found {
		return id, err
	}
	return fold(ctx, tx, datasetID, stack, foldCount(stack))
}

// foldCount returns how many layers from the top are folded into one: at least two, and each further one if the layers
// above it weigh at least half as much as it does. So the new layer weighs less than half of the one below it, and a
// heavy layer is seldom copied again.
func foldCount(stack []sqlite.LayerRow) int {
	n, sum := 2, stack[0].Weight+stack[1].Weight
	for n < len(stack) && 2*sum >= stack[n].Weight {
		sum += stack[n].Weight
		n++
	}
	return n
}

// fold merges the n topmost layers of a stack into one new sealed layer, which stands on the layer below them, and
// returns its id. The folded layers stay, because older sets stand on them.
func fold(ctx context.Context, tx *sqlite.WriteTx, datasetID int64, stack []sqlite.LayerRow, n int) (int64, error) {
	top := stack[0].ID
	folded, err := tx.InsertLayer(ctx, datasetID, stack[n-1].BelowID, &top)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	f := &folding{tx: tx, stack: stack[:n], top: top, to: folded}
	if err := f.run(ctx); err != nil {
		return 0, err
	}
	tx.Note(slog.LevelDebug, "layers folded", slog.Int("layers", n), slog.Duration("took", time.Since(began)))
	return folded, nil
}

// folding is one fold in progress.
type folding struct {
	tx    *sqlite.WriteTx
	stack []sqlite.LayerRow // the layers to fold
	top   int64             // the id of the topmost of them
	to    int64             // the id of the new layer
}

func (f *folding) run(ctx context.Context) error {
	files, err := f.files(ctx)
	if err != nil {
		return err
	}
	if err := f.removals(ctx, files); err != nil {
		return err
	}
	// Guards are not needed: the labels were checked when they were first written.
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

// files adds the audio files of the folded layers to the new one, and returns them as seen through these layers alone.
func (f *folding) files(ctx context.Context) ([]sqlite.SeenFile, error) {
	files, err := reader.CollectFiles(func(fn func(*sqlite.SeenFile) error) error {
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

// removals writes the removals that hide labels below the folded layers. Of several removals of an id, only the lowest
// can: the others hide rows of the folded layers. Nor does the lowest if a folded layer under it has a row of the id,
// because the label was then first written there.
func (f *folding) removals(ctx context.Context, files []sqlite.SeenFile) error {
	lowest := make(map[int64]lowestRemoval)
	for depth, layer := range f.stack {
		if err := f.tx.EachRemoval(ctx, layer.ID, func(fileID, id int64) error {
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
		if err := reader.EachLabel(ctx, &f.tx.ReadTx, f.stack, &files[i], sqlite.Span{}, func(r *reader.Row) error {
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

// lowestRemoval is where the lowest layer that removes an id does so.
type lowestRemoval struct {
	depth  int
	fileID int64
}

// labels copies the labels that are visible through the folded layers, file by file.
func (f *folding) labels(ctx context.Context, files []sqlite.SeenFile) error {
	var rows []sqlite.LabelRow
	for i := range files {
		rows = rows[:0]
		if err := reader.EachLabel(ctx, &f.tx.ReadTx, f.stack, &files[i], sqlite.Span{}, func(r *reader.Row) error {
			if !r.Hidden {
				rows = append(rows, *r.LabelRow)
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

// states copies the topmost state of each audio file. It comes last: a file can be clean only once its labels are
// hidden.
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
