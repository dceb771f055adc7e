package annoset

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// TagMove is one change of a tag: it was put on a set, or removed.
type TagMove struct {
	Tag     string     `json:"tag"`
	SetID   *uuid.UUID `json:"set_id"`  // nil: the tag was removed
	Version int        `json:"version"` // of the set; 0 if there is none
	MovedAt time.Time  `json:"moved_at"`
	MovedBy string     `json:"moved_by"` // empty if unsigned; see Store.As
}

// Tag puts a tag, such as "production", on a published set of a dataset, and takes it off the set that had it. A tag is
// on at most one set of a dataset. Tagging the same set again has no effect; [Store.TagHistory] has every other move.
//
// Errors: [ErrNotFound] if there is no such dataset, or no such set in it; a [*DraftError] if the set is not published;
// [*ValidationError].
func (s *Store) Tag(ctx context.Context, datasetID uuid.UUID, tag string, setID uuid.UUID) error {
	const op = "tag"
	return s.moveTag(ctx, op, datasetID, tag, func(tx *sqlite.WriteTx, dataset int64, _ *int64) (*int64, error) {
		set, err := findPublished(ctx, &tx.ReadTx, op, setID)
		if err == nil && set.DatasetID != dataset {
			err = &NotFoundError{Op: op, Kind: "set", ID: setID.String()}
		}
		return &set.ID, err
	})
}

// Untag removes a tag from a dataset. Its history is kept, and continues if the tag is used again.
//
// Errors: [ErrNotFound] if there is no such dataset, or no such tag in it; [*ValidationError].
func (s *Store) Untag(ctx context.Context, datasetID uuid.UUID, tag string) error {
	const op = "untag"
	return s.moveTag(ctx, op, datasetID, tag, func(_ *sqlite.WriteTx, _ int64, at *int64) (*int64, error) {
		if at == nil {
			return nil, &NotFoundError{Op: op, Kind: "tag", ID: tag}
		}
		return nil, nil
	})
}

// Tagged returns the set of a dataset that has a tag.
//
// Errors: [ErrNotFound] if there is no such dataset, or no such tag in it.
func (s *Store) Tagged(ctx context.Context, datasetID uuid.UUID, tag string) (AnnotationSet, error) {
	const op = "get tagged set"
	return s.setOfDataset(ctx, op, datasetID, func(tx *sqlite.ReadTx, dataset int64) (sqlite.SetRow, error) {
		last, _, err := tx.LastTagMove(ctx, dataset, tag)
		if err != nil {
			return sqlite.SetRow{}, err
		}
		if last.SetID == nil {
			return sqlite.SetRow{}, &NotFoundError{Op: op, Kind: "tag", ID: tag}
		}
		set, found, err := tx.SetByID(ctx, *last.SetID)
		if err == nil && !found {
			err = fmt.Errorf("%w: the set that has the tag %s is missing", ErrCorrupt, valid.Brief(tag))
		}
		return set, err
	})
}

// Tags returns the tags of a dataset that are on a set, in order of name: for each tag its last move.
//
// Errors: [ErrNotFound].
func (s *Store) Tags(ctx context.Context, datasetID uuid.UUID) ([]TagMove, error) {
	return s.tagMoves(ctx, "list tags", datasetID, func(tx *sqlite.ReadTx, dataset int64) ([]sqlite.TagRow, error) {
		return tx.Tags(ctx, dataset)
	})
}

// TagHistory returns every move of a tag, the first one first. It is empty if there never was such a tag.
//
// Errors: [ErrNotFound] if there is no such dataset.
func (s *Store) TagHistory(ctx context.Context, datasetID uuid.UUID, tag string) ([]TagMove, error) {
	return s.tagMoves(ctx, "list tag moves", datasetID, func(tx *sqlite.ReadTx, dataset int64) ([]sqlite.TagRow, error) {
		return tx.TagMoves(ctx, dataset, tag)
	})
}

// moveTag moves a tag to the set that target returns. Target gets the row ids of the dataset and of the set that has
// the tag.
func (s *Store) moveTag(ctx context.Context, op string, datasetID uuid.UUID, tag string,
	target func(tx *sqlite.WriteTx, dataset int64, at *int64) (*int64, error),
) error {
	p := &problems{op: op}
	p.Name(-1, "tag", tag)
	if err := p.err(); err != nil {
		return err
	}
	return s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		dataset, err := findDataset(ctx, &tx.ReadTx, op, datasetID)
		if err != nil {
			return err
		}
		last, _, err := tx.LastTagMove(ctx, dataset.ID, tag)
		if err != nil {
			return err
		}
		to, err := target(tx, dataset.ID, last.SetID)
		if err != nil || to != nil && last.SetID != nil && *to == *last.SetID {
			return err
		}
		now, err := s.stamp(op)
		if err != nil {
			return err
		}
		return tx.InsertTagMove(ctx, sqlite.TagRow{
			DatasetID: dataset.ID, Name: tag, SetID: to, MovedMS: now, MovedBy: s.signature(),
		})
	})
}

func (s *Store) tagMoves(ctx context.Context, op string, datasetID uuid.UUID,
	list func(tx *sqlite.ReadTx, dataset int64) ([]sqlite.TagRow, error),
) ([]TagMove, error) {
	out := []TagMove{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		dataset, err := findDataset(ctx, tx, op, datasetID)
		if err != nil {
			return err
		}
		rows, err := list(tx, dataset.ID)
		if err != nil {
			return err
		}
		for i := range rows {
			move, err := moveOf(&rows[i])
			if err != nil {
				return err
			}
			out = append(out, move)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func moveOf(r *sqlite.TagRow) (TagMove, error) {
	move := TagMove{Tag: r.Name, MovedAt: timeOf(r.MovedMS), MovedBy: nameOf(r.MovedBy)}
	if r.SetID == nil {
		return move, nil
	}
	if r.SetUUID == nil {
		return TagMove{}, fmt.Errorf("%w: the set that has the tag %s is missing", ErrCorrupt, valid.Brief(r.Name))
	}
	id, err := uuid.Parse(*r.SetUUID)
	if err != nil {
		return TagMove{}, fmt.Errorf("%w: set id: %w", ErrCorrupt, err)
	}
	move.SetID, move.Version = &id, *r.Version
	return move, nil
}
