package annoset

import (
	"context"
	"errors"
	"iter"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// errStop ends a read whose reader wants no more.
var errStop = errors.New("annoset: stop")

// Annotation returns the label that has an id in a set.
//
// Errors: [ErrNotFound] if there is no such set, or no label of that id in it.
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
		typeName, err := tx.TypeByID(ctx, row.TypeID)
		out = annotationOf(file.Name, typeName.Name, &row)
		return err
	})
	if err != nil {
		return Annotation{}, err
	}
	return out, nil
}

// Annotations yields the labels of a set that pass the filter, in order of audio file (by bytes), start and id. All
// come from one state of the store: what is written while the loop runs, by its body too, does not show. Ranging
// again reads again. An error comes as the last pair; breaking out of the loop frees all that it holds.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the filter is bad.
func (s *Store) Annotations(ctx context.Context, setID uuid.UUID, f Filter) iter.Seq2[Annotation, error] {
	return s.annotations(ctx, "read annotations", setID, f, findSet)
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
		r, err := newReader(ctx, tx, &set, &f)
		if err != nil {
			return err
		}
		return r.each(ctx, Position{}, func(file *sqlite.SeenFile, row *sqlite.LabelRow) error {
			return yield(r.annotation(file, row))
		})
	})
}

// sequence makes an iterator of a read.
func sequence[T any](s *Store, ctx context.Context, op string, read func(*sqlite.ReadTx, func(T) error) error,
) iter.Seq2[T, error] {
	return yielding(s.readsAhead(), func(yield func(T) error) error {
		return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
			return read(tx, func(v T) error {
				err := yield(v)
				if err == nil && s.view != nil {
					err = s.gone() // the loop may have been left open and gone on with after the view's end
				}
				return err
			})
		})
	})
}

// yielding makes an iterator of what run yields; with readAhead, all is read before the first is yielded.
func yielding[T any](readAhead bool, run func(yield func(T) error) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		ahead := []T(nil)
		take := func(v T) error {
			if !yield(v, nil) {
				return errStop
			}
			return nil
		}
		if readAhead {
			take = func(v T) error {
				ahead = append(ahead, v)
				return nil
			}
		}
		err := run(take)
		if errors.Is(err, errStop) {
			return
		}
		if err == nil {
			for _, v := range ahead {
				if !yield(v, nil) {
					return
				}
			}
			return
		}
		yield(zero, err)
	}
}

// Position is where a page ended: the key of its last label. The zero Position is before the first.
type Position struct {
	AudioFileID string `json:"audio_file_id"`
	StartMS     int64  `json:"start_ms"`
	ID          int64  `json:"id"`
}

// Page is a part of what [Store.Annotations] yields.
type Page struct {
	Annotations []Annotation `json:"annotations"` // empty, never nil
	Next        Position     `json:"next"`        // where the next page begins
	More        bool         `json:"more"`        // there is a next page
	// Revision is that of the set at the moment in which the page was read: see [AnnotationSet.Revision].
	Revision int64 `json:"revision"`
}

// Page returns up to limit labels of a set that pass the filter and come after a position. It goes by key, so labels
// that are added or deleted between two calls make no other one come twice or get lost.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the filter is bad or the limit less than 1.
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
		r, err := newReader(ctx, tx, &set, &f)
		if err != nil {
			return err
		}
		err = r.each(ctx, after, func(file *sqlite.SeenFile, row *sqlite.LabelRow) error {
			if page.More = len(page.Annotations) == limit; page.More {
				return errStop
			}
			page.Annotations = append(page.Annotations, r.annotation(file, row))
			return nil
		})
		if errors.Is(err, errStop) {
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
