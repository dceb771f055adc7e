package annoset

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/insert"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// Add adds labels to a draft and returns their new ids, in the order of the labels. Annotation.ID is ignored. All are
// added, or none. A label on an audio file that is marked as clean removes the mark.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the set is published; a [*ValidationError] with every bad field.
func (s *Store) Add(ctx context.Context, setID uuid.UUID, annotations ...Annotation) ([]int64, error) {
	const op = "add"
	p := &problems{op: op}
	var ids []int64
	err := s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		in, err := insert.New(tx, set, &p.Problems)
		if err != nil {
			return err
		}
		ids, err = in.Add(ctx, len(annotations), func(i int) label.Label { return labelOf(&annotations[i]) })
		return p.or(err)
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// Update replaces the label of a draft that has the id of a; the id stays. Other sets keep the label as it was.
//
// Errors: [ErrNotFound] if there is no such set, or no such label in it; an [*ImmutableError] if the set is published;
// [*ValidationError].
func (s *Store) Update(ctx context.Context, setID uuid.UUID, a Annotation) error {
	const op = "update"
	return s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		old, err := findLabel(ctx, &tx.ReadTx, op, set, a.ID)
		if err != nil {
			return err
		}
		p := &problems{op: op}
		in, err := insert.New(tx, set, &p.Problems)
		if err != nil {
			return err
		}
		return p.or(in.Replace(ctx, old, labelOf(&a)))
	})
}

// Delete removes the labels with these ids from a draft. Other sets keep them. All are removed, or none.
//
// Errors: [ErrNotFound] if there is no such set, or a label is not in it; an [*ImmutableError] if the set is published.
func (s *Store) Delete(ctx context.Context, setID uuid.UUID, ids ...int64) error {
	const op = "delete"
	return s.edit(ctx, op, setID, func(tx *sqlite.WriteTx, set *sqlite.SetRow) error {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			row, err := findLabel(ctx, &tx.ReadTx, op, set, id)
			if err != nil {
				return err
			}
			if err := insert.Remove(ctx, tx, set, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// CopyAnnotations adds the labels of a set that pass the filter to a draft, with new ids, and returns how many it
// added. The source may be any set, also of another dataset. All labels are added, or none.
//
// Clean marks are not copied, and a label removes the mark of its audio file in the draft. The editors of a source that
// is a draft become editors of the destination, unless nothing was copied.
//
// Errors: [ErrNotFound]; an [*ImmutableError] if the destination is published; [ErrConflict] if source and destination
// are the same set; a [*ValidationError] if the filter is invalid, or the destination's dataset does not accept a
// label.
func (s *Store) CopyAnnotations(ctx context.Context, dstSetID, srcSetID uuid.UUID, f Filter) (int, error) {
	const op = "copy annotations"
	if err := f.check(op); err != nil {
		return 0, err
	}
	n := 0
	err := s.edit(ctx, op, dstSetID, func(tx *sqlite.WriteTx, dst *sqlite.SetRow) error {
		src, err := findSet(ctx, &tx.ReadTx, op, srcSetID)
		if err != nil {
			return err
		}
		if src.ID == dst.ID {
			return fmt.Errorf("%w: source and destination are the same set", ErrConflict)
		}
		p := &problems{op: op}
		in, err := insert.New(tx, dst, &p.Problems)
		if err != nil {
			return err
		}
		r, err := reader.New(ctx, &tx.ReadTx, &src, readerFilter(&f))
		if err != nil {
			return err
		}
		if n, err = in.CopyFrom(ctx, r); err != nil {
			return p.or(err)
		}
		if n == 0 || src.Status == sqlite.StatusPublished {
			return nil
		}
		return tx.CopyEditors(ctx, src.ID, dst.ID)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Annotation returns the label with this id in a set.
//
// Errors: [ErrNotFound] if there is no such set, or no such label in it.
func (s *Store) Annotation(ctx context.Context, setID uuid.UUID, id int64) (Annotation, error) {
	const op = "get annotation"
	var out Annotation
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findSet(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		row, err := findLabel(ctx, tx, op, &set, id)
		if err != nil {
			return err
		}
		file, err := tx.FileByID(ctx, row.FileID)
		if err != nil {
			return err
		}
		artifactType, err := tx.TypeByID(ctx, row.TypeID)
		l := reader.LabelOf(file.Name, artifactType.Name, &row.LabelRow)
		out = annotationOf(&l)
		return err
	})
	if err != nil {
		return Annotation{}, err
	}
	return out, nil
}

// Annotations yields the labels of a set that pass the filter, in order of audio file (by bytes), start and id. All are
// of one state of the store: writes during the loop, also by its body, do not show. Each range over the iterator reads
// again. An error comes as the last pair. Breaking out of the loop frees all that it holds.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the filter is invalid.
func (s *Store) Annotations(ctx context.Context, setID uuid.UUID, f Filter) iter.Seq2[Annotation, error] {
	return s.annotations(ctx, "read annotations", setID, f, findSet)
}

// Page returns at most limit labels of a set that pass the filter and come after a position. Pages go by key: adding or
// deleting labels between two calls neither repeats nor skips other labels.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the filter is invalid or limit is less than 1.
func (s *Store) Page(ctx context.Context, setID uuid.UUID, f Filter, after Position, limit int) (Page, error) {
	const op = "read page"
	if err := f.check(op); err != nil {
		return Page{}, err
	}
	p := &problems{op: op}
	if limit < 1 {
		p.Add(-1, "limit", "is less than 1: %d", limit)
	}
	if err := p.err(); err != nil {
		return Page{}, err
	}
	page := Page{Annotations: []Annotation{}, Next: after}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findSet(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		page.Revision = set.Revision
		r, err := reader.New(ctx, tx, &set, readerFilter(&f))
		if err != nil {
			return err
		}
		from := reader.Position{File: after.AudioFileID, StartMS: after.StartMS, ID: after.ID}
		err = r.Each(ctx, from, func(l label.Label) error {
			if page.More = len(page.Annotations) == limit; page.More {
				return reader.ErrStop
			}
			page.Annotations = append(page.Annotations, annotationOf(&l))
			return nil
		})
		if errors.Is(err, reader.ErrStop) {
			err = nil
		}
		return err
	})
	if err != nil {
		return Page{}, err
	}
	if n := len(page.Annotations); n > 0 {
		last := page.Annotations[n-1]
		page.Next = Position{AudioFileID: last.AudioFileID, StartMS: last.StartMS, ID: last.ID}
	}
	return page, nil
}

func findLabel(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow, id int64) (reader.Found, error) {
	row, found, err := reader.ByID(ctx, tx, set.LayerID, id)
	if err == nil && !found {
		err = &NotFoundError{Op: op, Kind: "annotation", ID: strconv.FormatInt(id, 10)}
	}
	return row, err
}

func (s *Store) annotations(ctx context.Context, op string, setID uuid.UUID, f Filter,
	find func(context.Context, *sqlite.ReadTx, string, uuid.UUID) (sqlite.SetRow, error),
) iter.Seq2[Annotation, error] {
	return sequence(s, ctx, op, func(tx *sqlite.ReadTx, yield func(Annotation) error) error {
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
		return r.Each(ctx, reader.Position{}, func(l label.Label) error { return yield(annotationOf(&l)) })
	})
}

// check returns what is wrong with a filter.
func (f *Filter) check(op string) error {
	p := &problems{op: op}
	p.Filter(f.FromMS, f.ToMS, f.MinConfidence, f.MaxConfidence)
	return p.err()
}

// readerFilter converts a filter to that of package reader.
func readerFilter(f *Filter) reader.Filter {
	return reader.Filter{
		AudioFileIDs: f.AudioFileIDs, ArtifactTypes: f.ArtifactTypes, FromMS: f.FromMS, ToMS: f.ToMS,
		MinConfidence: f.MinConfidence, MaxConfidence: f.MaxConfidence,
	}
}
