// Package changelog describes the changes between sets in Markdown, for people.
package changelog

import (
	"context"

	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/survey"
	"github.com/annoset/annoset/sqlite"
)

// Write returns the change log between two sets of one store.
func Write(ctx context.Context, c *diff.Comparison) (string, error) {
	changes, byIDs, err := c.Changes(ctx)
	if err != nil {
		return "", err
	}
	log := &logging{Comparison: c, ledger: ledger{}, byIDs: byIDs}
	return log.write(ctx, changes)
}

// WriteByContent returns the change log between two sets that have no ids in common. The sets may be of two stores.
func WriteByContent(ctx context.Context, c *diff.Comparison) (string, error) {
	log := &logging{Comparison: c, ledger: ledger{}}
	return log.write(ctx, c.ByContent)
}

// Against returns the change log of a set since another set of its store. If before is nil, everything in the set is
// new, and totals is called for what that is.
func Against(
	ctx context.Context, tx *sqlite.ReadTx, before, set *sqlite.SetRow, minIoU float64,
	totals func() (survey.Totals, error),
) (string, error) {
	if before == nil {
		all, err := totals()
		return contents(&all), err
	}
	c, err := diff.New(ctx, tx, before, tx, set, minIoU)
	if err != nil {
		return "", err
	}
	return Write(ctx, c)
}

// logging is a change log in progress.
type logging struct {
	*diff.Comparison
	ledger  ledger
	byIDs   bool
	removed []diff.Change // from the current audio file: duplicates can be found only once all of them are known
}

func (l *logging) write(
	ctx context.Context, changes func(context.Context, func(diff.Change) error) error,
) (string, error) {
	err := changes(ctx, func(c diff.Change) error {
		if len(l.removed) > 0 && l.removed[0].File != c.File {
			if err := l.endFile(ctx); err != nil {
				return err
			}
		}
		if c.Kind == diff.Removed {
			l.removed = append(l.removed, c)
			return nil
		}
		l.ledger.add(&c)
		return nil
	})
	if err == nil {
		err = l.endFile(ctx)
	}
	return l.ledger.String(), err
}

// endFile adds the labels that were removed from one audio file to the ledger.
func (l *logging) endFile(ctx context.Context) error {
	if len(l.removed) == 0 {
		return nil
	}
	twins, err := l.twins(ctx)
	if err != nil {
		return err
	}
	for _, c := range l.removed {
		if twins[says(c.Before)] {
			c.Kind = duplicate
		}
		l.ledger.add(&c)
	}
	l.removed = l.removed[:0]
	return nil
}

// twins returns what the unchanged labels say in the part of an audio file from which labels were removed. A removed
// label that says the same as one of them was a duplicate.
func (l *logging) twins(ctx context.Context) (map[label.Label]bool, error) {
	var before map[int64]label.Label
	if l.byIDs {
		before = make(map[int64]label.Label)
		if err := l.around(ctx, l.From(), func(a *label.Label) { before[a.ID] = says(a) }); err != nil {
			return nil, err
		}
	}
	stay := make(map[label.Label]bool)
	err := l.around(ctx, l.To(), func(a *label.Label) {
		said := says(a)
		if was, ok := before[a.ID]; !l.byIDs || ok && was == said {
			stay[said] = true
		}
	})
	return stay, err
}

// around calls fn for each label of a side that starts no earlier than the first removed label and no later than the
// last.
func (l *logging) around(ctx context.Context, r *reader.Reader, fn func(*label.Label)) error {
	first, last := l.removed[0].Before, l.removed[len(l.removed)-1].Before
	span := sqlite.Span{AfterMS: first.StartMS, BeforeMS: last.StartMS + 1}
	return r.Tx.SeenFileByName(ctx, r.Set.LayerID, r.Set.DatasetID, first.File, func(f *sqlite.SeenFile) error {
		return r.File(ctx, f, span, func(row *sqlite.LabelRow) error {
			l := r.Label(f.Name, row)
			fn(&l)
			return nil
		})
	})
}

// says returns what a label says: the label without its id, and with its extra data in canonical form.
func says(l *label.Label) label.Label {
	out := diff.Canonical(l)
	out.ID = 0
	return out
}
