package annoset

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/insert"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// AddAudioFiles registers audio files of a dataset, or sets the durations of known ones. A duration of 0 leaves a known
// duration as it is. Registering is optional, since a label may name any audio file, but a file with a known duration
// takes no labels past its end. All files are added, or none.
//
// Errors: [ErrNotFound]; a [*ValidationError], also if a label of any set ends after the new duration.
func (s *Store) AddAudioFiles(ctx context.Context, datasetID uuid.UUID, files ...AudioFile) error {
	const op = "add audio files"
	p := &problems{op: op}
	p.audioFiles(files)
	if err := p.err(); err != nil {
		return err
	}
	return s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		dataset, err := findDataset(ctx, &tx.ReadTx, op, datasetID)
		if err != nil {
			return err
		}
		if err := registerFiles(ctx, tx, p, dataset.ID, files); err != nil {
			return err
		}
		return p.err()
	})
}

// AudioFiles returns the audio files of a dataset in order of id: the registered ones, and those that a label or a
// clean mark of any set has named, even if it was removed since.
//
// Errors: [ErrNotFound].
func (s *Store) AudioFiles(ctx context.Context, datasetID uuid.UUID) ([]AudioFile, error) {
	const op = "list audio files"
	out := []AudioFile{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		dataset, err := findDataset(ctx, tx, op, datasetID)
		if err != nil {
			return err
		}
		rows, err := tx.Files(ctx, dataset.ID)
		for _, r := range rows {
			out = append(out, AudioFile{ID: r.Name, DurationMS: r.DurationMS})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// MarkClean marks audio files of a draft as clean: examined, and without any artifact. Clean marks are contents as
// labels are: [Store.NewVersion] keeps them, and publishing locks them. Marking a marked file has no effect. All files
// are marked, or none.
//
// Errors: [ErrNotFound] if there is no such set; an [*ImmutableError] if it is published; a [*HasLabelsError] if one of
// the files has labels; [*ValidationError].
func (s *Store) MarkClean(ctx context.Context, setID uuid.UUID, audioFileIDs ...string) error {
	const op = "mark clean"
	return s.eachFile(ctx, op, setID, audioFileIDs, func(tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error {
		return insert.MarkClean(ctx, tx, set, name)
	})
}

// UnmarkClean removes the clean marks of audio files from a draft. Unmarking a file without a mark has no effect. All
// files are unmarked, or none.
//
// Errors: [ErrNotFound] if there is no such set; an [*ImmutableError] if it is published; [*ValidationError].
func (s *Store) UnmarkClean(ctx context.Context, setID uuid.UUID, audioFileIDs ...string) error {
	const op = "unmark clean"
	return s.eachFile(ctx, op, setID, audioFileIDs, func(tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error {
		return insert.UnmarkClean(ctx, tx, set, name)
	})
}

// CleanAudioFiles yields the audio files that a set marks as clean, in order of id (by bytes). It reads as
// [Store.Annotations] does.
//
// Errors: [ErrNotFound].
func (s *Store) CleanAudioFiles(ctx context.Context, setID uuid.UUID) iter.Seq2[string, error] {
	return s.cleanAudioFiles(ctx, "read clean audio files", setID, findSet)
}

// Examined yields the audio files that a set has examined, in order of id (by bytes), each with its labels that pass
// the filter. Filter.AudioFileIDs selects the files. The other fields select labels only: a file none of whose labels
// passes is yielded without labels, and is not Clean.
//
// It reads as [Store.Annotations] does. It holds the labels of one file at a time (a store in memory holds those of all
// files), and the caller may keep them.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the filter is invalid.
func (s *Store) Examined(ctx context.Context, setID uuid.UUID, f Filter) iter.Seq2[Examined, error] {
	return s.examine(ctx, "read examined audio files", setID, f, findSet, nil)
}

// audioFiles checks what needs no store.
func (p *problems) audioFiles(files []AudioFile) {
	for i, f := range files {
		p.Name(i, "id", f.ID)
		if f.DurationMS < 0 || f.DurationMS > MaxTimeMS {
			p.Add(i, "duration_ms", "is %d, outside [0, %d]", f.DurationMS, int64(MaxTimeMS))
		}
	}
}

func registerFiles(ctx context.Context, tx *sqlite.WriteTx, p *problems, datasetID int64, files []AudioFile) error {
	for i, f := range files {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row := sqlite.FileRow{DatasetID: datasetID, Name: f.ID, DurationMS: f.DurationMS}
		if err := insert.Register(ctx, tx, &p.Problems, i, row); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) eachFile(ctx context.Context, op string, setID uuid.UUID, names []string,
	fn func(tx *sqlite.WriteTx, set *sqlite.SetRow, name string) error,
) error {
	p := &problems{op: op}
	for i, name := range names {
		p.Name(i, "audio_file_id", name)
	}
	if err := p.err(); err != nil {
		return err
	}
	return s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		for _, name := range names {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := fn(tx, set, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) cleanAudioFiles(ctx context.Context, op string, setID uuid.UUID,
	find func(context.Context, *sqlite.ReadTx, string, uuid.UUID) (sqlite.SetRow, error),
) iter.Seq2[string, error] {
	return sequence(s, ctx, op, func(tx *sqlite.ReadTx, yield func(string) error) error {
		set, err := find(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		return tx.SeenFiles(ctx, set.LayerID, func(f *sqlite.SeenFile) error {
			if !f.Clean {
				return nil
			}
			return yield(f.Name)
		})
	})
}

// examine yields the examined audio files for which belongs returns true, or all of them if belongs is nil.
func (s *Store) examine(ctx context.Context, op string, setID uuid.UUID, f Filter,
	find func(context.Context, *sqlite.ReadTx, string, uuid.UUID) (sqlite.SetRow, error), belongs func(string) bool,
) iter.Seq2[Examined, error] {
	return sequence(s, ctx, op, func(tx *sqlite.ReadTx, yield func(Examined) error) error {
		if err := f.check(op); err != nil {
			return err
		}
		set, err := find(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		r, err := reader.New(ctx, tx, &set, readerFilter(&f))
		if err != nil {
			return err
		}
		return r.Files(ctx, reader.Position{}, func(file *sqlite.SeenFile) error {
			if belongs != nil && !belongs(file.Name) {
				return nil
			}
			out, examined, err := examinedOf(ctx, r, file)
			if err != nil || !examined {
				return err
			}
			return yield(out)
		})
	})
}

// examinedOf reads the labels of an audio file that pass the filter, and reports whether the set has examined the file.
func examinedOf(ctx context.Context, r *reader.Reader, f *sqlite.SeenFile) (Examined, bool, error) {
	out := Examined{
		AudioFile: AudioFile{ID: f.Name, DurationMS: f.DurationMS}, Clean: f.Clean, Annotations: []Annotation{},
	}
	err := r.Labels(ctx, f, reader.Position{}, func(l label.Label) error {
		out.Annotations = append(out.Annotations, annotationOf(&l))
		return nil
	})
	if err != nil || f.Clean || len(out.Annotations) > 0 {
		return out, true, err
	}
	has, err := r.HasLabels(ctx, f)
	return out, has, err
}
