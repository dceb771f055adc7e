// Package reader decides which labels a set sees: those of its own layer and of the layers below it, except the labels
// that a layer above them removes.
package reader

import (
	"context"
	"errors"
	"slices"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/sqlite"
)

// ErrStop ends a reading without an error of its own: a callback returns it when it wants no more, and the reading
// returns it.
var ErrStop = errors.New("reader: stop")

// Filter chooses labels. A label must pass every field; the zero Filter passes all labels.
type Filter struct {
	AudioFileIDs, ArtifactTypes  []string // any of these; empty: all
	FromMS, ToMS                 int64    // labels that touch [FromMS, ToMS); ToMS 0: no end
	MinConfidence, MaxConfidence *float64 // inclusive; a label without confidence passes neither
}

// Position is the key of a label in reading order. The zero Position is before the first label.
type Position struct {
	File        string
	StartMS, ID int64
}

// Reader reads the labels of a set that pass a filter. It must be used by one goroutine at a time.
type Reader struct {
	Tx    *sqlite.ReadTx
	Set   *sqlite.SetRow
	Types *Types
	Stack []sqlite.LayerRow

	filter Filter
	wanted map[int64]bool // artifact types; nil: all
}

// New returns a Reader of a set. The filter belongs to the Reader from then on.
func New(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, f Filter) (*Reader, error) {
	types, err := LoadTypes(ctx, tx, set.DatasetID)
	if err != nil {
		return nil, err
	}
	stack, err := tx.Stack(ctx, set.LayerID)
	if err != nil {
		return nil, err
	}
	r := &Reader{Tx: tx, Set: set, Types: types, Stack: stack, filter: f}
	if len(f.ArtifactTypes) > 0 {
		r.wanted = make(map[int64]bool, len(f.ArtifactTypes))
		for _, name := range f.ArtifactTypes {
			if id, ok := types.ByName[name]; ok {
				r.wanted[id] = true
			}
		}
	}
	return r, nil
}

// Each calls fn for each label that passes the filter and comes after a position, in order of audio file, start and id.
func (r *Reader) Each(ctx context.Context, after Position, fn func(label.Label) error) error {
	return r.Files(ctx, after, func(f *sqlite.SeenFile) error { return r.Labels(ctx, f, after, fn) })
}

// Files calls fn for each audio file that passes the filter, in order of name, beginning with the file of a position.
func (r *Reader) Files(ctx context.Context, from Position, fn func(*sqlite.SeenFile) error) error {
	switch {
	case len(r.filter.AudioFileIDs) == 0 && from.File == "":
		return r.Tx.SeenFiles(ctx, r.Set.LayerID, fn)
	case len(r.filter.AudioFileIDs) == 0:
		return r.Tx.SeenFilesFrom(ctx, r.Set.LayerID, r.Set.DatasetID, from.File, fn)
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(r.filter.AudioFileIDs))) {
		if name < from.File {
			continue
		}
		if err := r.Tx.SeenFileByName(ctx, r.Set.LayerID, r.Set.DatasetID, name, fn); err != nil {
			return err
		}
	}
	return nil
}

// Labels calls fn for each label of one audio file that passes the filter and comes after a position.
func (r *Reader) Labels(ctx context.Context, f *sqlite.SeenFile, after Position, fn func(label.Label) error) error {
	span := sqlite.Span{BeforeMS: r.filter.ToMS}
	if f.Name == after.File {
		span.AfterMS, span.AfterID = after.StartMS, after.ID
	}
	return EachLabel(ctx, r.Tx, r.Stack, f, span, func(row *Row) error {
		if row.Hidden || !r.passes(row.LabelRow) {
			return nil
		}
		return fn(r.Label(f.Name, row.LabelRow))
	})
}

func (r *Reader) passes(row *sqlite.LabelRow) bool {
	f := &r.filter
	switch {
	case r.wanted != nil && !r.wanted[row.TypeID]:
	case row.EndMS <= f.FromMS && row.StartMS < f.FromMS:
	case (f.MinConfidence != nil || f.MaxConfidence != nil) && !row.HasConfidence:
	case f.MinConfidence != nil && row.Confidence < *f.MinConfidence:
	case f.MaxConfidence != nil && row.Confidence > *f.MaxConfidence:
	default:
		return true
	}
	return false
}

// File calls fn for each visible row of one audio file that starts within a span. It ignores the filter. The row is
// valid until fn returns.
func (r *Reader) File(
	ctx context.Context, f *sqlite.SeenFile, span sqlite.Span, fn func(*sqlite.LabelRow) error,
) error {
	return EachLabel(ctx, r.Tx, r.Stack, f, span, func(row *Row) error {
		if row.Hidden {
			return nil
		}
		return fn(row.LabelRow)
	})
}

// HasLabels reports whether the set sees any label of an audio file. It ignores the filter.
func (r *Reader) HasLabels(ctx context.Context, f *sqlite.SeenFile) (bool, error) {
	return HasLabels(ctx, r.Tx, r.Stack, f)
}

// Label converts a row to a label.
func (r *Reader) Label(file string, row *sqlite.LabelRow) label.Label {
	return LabelOf(file, r.Types.ByID[row.TypeID], row)
}

// LabelOf converts a row to a label with the names of its audio file and type.
func LabelOf(file, artifactType string, row *sqlite.LabelRow) label.Label {
	return label.Label{
		ID: row.ID, File: file, Type: artifactType, StartMS: row.StartMS, EndMS: row.EndMS,
		Confidence: row.Confidence, HasConfidence: row.HasConfidence, ExtraData: row.ExtraData,
	}
}
