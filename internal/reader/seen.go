package reader

import (
	"context"
	"errors"
	"slices"

	"github.com/annoset/annoset/sqlite"
)

// SeenFile returns what a set sees of an audio file, or nil if it sees nothing of it.
func SeenFile(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, name string) (*sqlite.SeenFile, error) {
	var seen *sqlite.SeenFile
	err := tx.SeenFileByName(ctx, set.LayerID, set.DatasetID, name, func(f *sqlite.SeenFile) error {
		file := *f
		seen = &file
		return nil
	})
	return seen, err
}

// HasLabels reports whether any label of an audio file is visible from the top of a stack.
func HasLabels(ctx context.Context, tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile) (bool, error) {
	err := EachLabel(ctx, tx, stack, f, sqlite.Span{}, func(r *Row) error {
		if !r.Hidden {
			return ErrStop
		}
		return nil
	})
	if errors.Is(err, ErrStop) {
		return true, nil
	}
	return false, err
}

// CollectFiles returns the audio files that list calls its argument with.
func CollectFiles(list func(fn func(*sqlite.SeenFile) error) error) (files []sqlite.SeenFile, err error) {
	err = list(func(f *sqlite.SeenFile) error {
		file := *f
		file.Layers = slices.Clone(f.Layers)
		files = append(files, file)
		return nil
	})
	return files, err
}
