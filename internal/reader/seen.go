package reader

import (
	"context"
	"errors"
	"slices"

	"github.com/annoset/annoset/sqlite"
)

// Stop, returned by a function that is called for each of something, ends the reading.
var Stop = errors.New("reader: stop")

// SeenFile returns what a set sees of an audio file, or nil where it sees nothing.
func SeenFile(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, name string) (*sqlite.SeenFile, error) {
	var seen *sqlite.SeenFile
	err := tx.SeenFileByName(ctx, set.LayerID, set.DatasetID, name, func(f *sqlite.SeenFile) error {
		file := *f
		seen = &file
		return nil
	})
	return seen, err
}

// HasLabels reports whether any label of an audio file is seen through a stack.
func HasLabels(ctx context.Context, tx *sqlite.ReadTx, stack []sqlite.LayerRow, f *sqlite.SeenFile) (bool, error) {
	err := EachLabel(ctx, tx, stack, f, sqlite.Span{}, func(r *Row) error {
		if !r.Hidden {
			return Stop
		}
		return nil
	})
	if errors.Is(err, Stop) {
		return true, nil
	}
	return false, err
}

// CollectFiles gathers the audio files that list yields.
func CollectFiles(list func(fn func(*sqlite.SeenFile) error) error) (files []sqlite.SeenFile, err error) {
	err = list(func(f *sqlite.SeenFile) error {
		file := *f
		file.Layers = slices.Clone(f.Layers)
		files = append(files, file)
		return nil
	})
	return files, err
}
