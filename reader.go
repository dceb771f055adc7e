package annoset

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/annoset/annoset/sqlite"
)

// reader reads the labels of a set that pass a filter.
type reader struct {
	tx     *sqlite.ReadTx
	set    *sqlite.SetRow
	types  *types
	stack  []sqlite.LayerRow
	filter *Filter
	wanted map[int64]bool // artifact types; nil: all
}

func newReader(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow, f *Filter) (*reader, error) {
	names, err := loadTypes(ctx, tx, set.DatasetID)
	if err != nil {
		return nil, err
	}
	stack, err := tx.Stack(ctx, set.LayerID)
	if err != nil {
		return nil, err
	}
	r := &reader{tx: tx, set: set, types: names, stack: stack, filter: f}
	if len(f.ArtifactTypes) > 0 {
		r.wanted = make(map[int64]bool, len(f.ArtifactTypes))
		for _, name := range f.ArtifactTypes {
			if id, known := names.byName[name]; known {
				r.wanted[id] = true
			}
		}
	}
	return r, nil
}

// each calls fn for the labels that pass, in order of audio file, start and id, beginning after a position.
func (r *reader) each(ctx context.Context, after Position, fn func(*sqlite.SeenFile, *sqlite.LabelRow) error) error {
	return r.files(ctx, after, func(f *sqlite.SeenFile) error { return r.labels(ctx, f, after, fn) })
}

// files calls fn for the audio files that the filter names, or all, in order of id, beginning with that of a position.
func (r *reader) files(ctx context.Context, from Position, fn func(*sqlite.SeenFile) error) error {
	switch {
	case len(r.filter.AudioFileIDs) == 0 && from == Position{}:
		return r.tx.SeenFiles(ctx, r.set.LayerID, fn)
	case len(r.filter.AudioFileIDs) == 0:
		return r.tx.SeenFilesFrom(ctx, r.set.LayerID, r.set.DatasetID, from.AudioFileID, fn)
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(r.filter.AudioFileIDs))) {
		if name < from.AudioFileID {
			continue
		}
		if err := r.tx.SeenFileByName(ctx, r.set.LayerID, r.set.DatasetID, name, fn); err != nil {
			return err
		}
	}
	return nil
}

// labels calls fn for the labels of one audio file that pass and come after a position.
func (r *reader) labels(ctx context.Context, f *sqlite.SeenFile, after Position,
	fn func(*sqlite.SeenFile, *sqlite.LabelRow) error,
) error {
	span := sqlite.Span{BeforeMS: r.filter.ToMS}
	if f.Name == after.AudioFileID {
		span.AfterMS, span.AfterID = after.StartMS, after.ID
	}
	return r.tx.EachLabel(ctx, r.stack, f, span, func(row *sqlite.LabelRow) error {
		if row.Hidden || !r.passes(row) {
			return nil
		}
		return fn(f, row)
	})
}

func (r *reader) passes(row *sqlite.LabelRow) bool {
	f := r.filter
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

// file calls fn for the labels of one audio file that start within a span, whatever the filter says.
func (r *reader) file(ctx context.Context, f *sqlite.SeenFile, span sqlite.Span, fn func(Annotation) error) error {
	return r.tx.EachLabel(ctx, r.stack, f, span, func(row *sqlite.LabelRow) error {
		if row.Hidden {
			return nil
		}
		return fn(r.annotation(f, row))
	})
}

// filesOf gathers the audio files that a list yields.
func filesOf(list func(fn func(*sqlite.SeenFile) error) error) (files []sqlite.SeenFile, err error) {
	err = list(func(f *sqlite.SeenFile) error {
		file := *f
		file.Layers = slices.Clone(f.Layers)
		files = append(files, file)
		return nil
	})
	return files, err
}

// annotation makes a label of its row.
func (r *reader) annotation(f *sqlite.SeenFile, row *sqlite.LabelRow) Annotation {
	return annotationOf(f.Name, r.types.byID[row.TypeID], row)
}

func annotationOf(audioFileID, artifactType string, row *sqlite.LabelRow) Annotation {
	a := Annotation{
		ID: row.ID, AudioFileID: audioFileID, ArtifactType: artifactType, StartMS: row.StartMS, EndMS: row.EndMS,
	}
	if row.HasConfidence {
		c := row.Confidence
		a.Confidence = &c
	}
	if row.ExtraData != "" {
		a.ExtraData = json.RawMessage(row.ExtraData)
	}
	return a
}
