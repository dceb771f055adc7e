package annoset

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/markdown"
	"github.com/annoset/annoset/sqlite"
)

// ChangeLog tells in Markdown what [Store.Diff] yields, as a list of sentences such as people write:
//
//   - Added 70 glitch labels in 12 files.
//   - Relabelled 15 long_pause as hallucination in 9 files.
//   - Removed 5 duplicates in 3 files.
//
// A removed label is a duplicate where its exact twin stays. Of each kind of change the ten most frequent artifact types
// are named, and the others summed up. Two sets of equal contents give "No changes.". There is no line feed at the end.
//
// Errors: [ErrNotFound].
func (s *Store) ChangeLog(ctx context.Context, from, to uuid.UUID) (string, error) {
	const op = "write change log"
	var out string
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		c, err := compare(ctx, op, tx, from, tx, to, nil)
		if err != nil {
			return err
		}
		out, err = c.changeLog(ctx)
		return err
	})
	return orZero(out, err)
}

// ChangeLogStores is [Store.ChangeLog] between a set of one store and a set of another, as [DiffStores] compares them.
//
// Errors: those of ChangeLog, of either store.
func ChangeLogStores(ctx context.Context, a *Store, from uuid.UUID, b *Store, to uuid.UUID) (string, error) {
	const op = "write change log of two stores"
	var out string
	err := a.readWith(ctx, op, b, func(txA, txB *sqlite.ReadTx) error {
		c, err := compare(ctx, op, txA, from, txB, to, nil)
		if err != nil {
			return err
		}
		log := &logging{comparison: c, ledger: ledger{}}
		out, err = log.write(ctx, c.byContent)
		return err
	})
	return orZero(out, err)
}

// DatasetChangeLog tells the whole history of a dataset in Markdown, version by version and the latest first: date of
// publishing, digest, the version that it was made from, notes as they were written, and what was changed against
// that version as [Store.ChangeLog] tells it, unless the notes end with just that. Drafts are told of as they are now.
//
// Errors: [ErrNotFound] if there is no such dataset.
func (s *Store) DatasetChangeLog(ctx context.Context, datasetID uuid.UUID) (string, error) {
	const op = "write change log of dataset"
	var sections []string
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		dataset, err := findDataset(ctx, tx, op, datasetID)
		if err != nil {
			return err
		}
		sets, err := tx.Sets(ctx, dataset.ID, "", 0, -1)
		if err != nil {
			return err
		}
		sections = append(sections, "# Change log of "+markdown.Escape(dataset.Name))
		for i := len(sets) - 1; i >= 0; i-- {
			section, err := versionLog(ctx, tx, &sets[i])
			if err != nil {
				return err
			}
			sections = append(sections, section...)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return strings.Join(sections, "\n\n") + "\n", nil
}

// versionLog are the paragraphs about one version.
func versionLog(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) ([]string, error) {
	parent, err := findPredecessor(ctx, tx, set)
	if err != nil {
		return nil, err
	}
	log, err := logAgainst(ctx, tx, parent.set, set, func() (Stats, error) { return statsOf(ctx, tx, set) })
	if err != nil {
		return nil, err
	}
	title := fmt.Sprintf("## Version %d (draft of %s)", set.Version, timeOf(set.CreatedMS).Format(time.DateOnly))
	var facts []string
	if set.Status == sqlite.StatusPublished {
		title = fmt.Sprintf("## Version %d (%s)", set.Version, timeOf(*set.PublishedMS).Format(time.DateOnly))
		facts = append(facts, "Digest `"+*set.Digest+"`.")
	}
	switch {
	case parent.gone && parent.set != nil:
		facts = append(facts, fmt.Sprintf("Made from a draft that was deleted, on version %d.", parent.set.Version))
	case parent.gone:
		facts = append(facts, "Made from a draft that was deleted.")
	case parent.set != nil:
		facts = append(facts, fmt.Sprintf("Made from version %d.", parent.set.Version))
	}
	section := []string{title}
	if len(facts) > 0 {
		section = append(section, strings.Join(facts, " "))
	}
	notes := strings.Trim(set.Notes, "\r\n")
	if notes != "" {
		section = append(section, notes)
	}
	if !strings.HasSuffix(notes, log) {
		section = append(section, log)
	}
	return section, nil
}

// predecessor is what a set is compared with: its parent, or the published set that it stands on where the parent was a
// draft that is gone.
type predecessor struct {
	set  *sqlite.SetRow // nil: there is none
	gone bool           // the parent
}

func findPredecessor(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) (predecessor, error) {
	if set.ParentUUID == nil {
		return predecessor{}, nil
	}
	parent, found, err := tx.SetByUUID(ctx, *set.ParentUUID)
	if err != nil || found {
		return predecessor{set: &parent}, err
	}
	if set.BaseID == nil {
		return predecessor{gone: true}, nil
	}
	base, _, err := tx.SetByID(ctx, *set.BaseID)
	return predecessor{set: &base, gone: true}, err
}

// logAgainst is the change log of a set against another, or against nothing, for which stats are asked for.
func logAgainst(ctx context.Context, tx *sqlite.ReadTx, before, set *sqlite.SetRow, stats func() (Stats, error),
) (string, error) {
	if before == nil {
		all, err := stats()
		return contentsLog(&all), err
	}
	c, err := newComparison(ctx, tx, before, tx, set, DefaultMinIoU)
	if err != nil {
		return "", err
	}
	return c.changeLog(ctx)
}

// noteChanges adds the change log of a draft that is being published to its notes.
func noteChanges(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow, stats *Stats) error {
	parent, err := findPredecessor(ctx, tx, set)
	if err != nil {
		return err
	}
	log, err := logAgainst(ctx, tx, parent.set, set, func() (Stats, error) { return *stats, nil })
	if err != nil {
		return err
	}
	if set.Notes != "" {
		end := len(strings.TrimRight(set.Notes, "\r\n"))
		// What was reviewed stays to the byte.
		log = set.Notes + "\n\n"[min(2, strings.Count(set.Notes[end:], "\n")):] + log
	}
	p := &problems{op: op}
	if p.Text(-1, "notes", log); p.err() != nil {
		return p.err()
	}
	set.Notes = log
	return nil
}

// changeLog is the change log between two sets of one store.
func (c *comparison) changeLog(ctx context.Context) (string, error) {
	f, related, err := c.relation(ctx)
	if err != nil {
		return "", err
	}
	log := &logging{comparison: c, ledger: ledger{}, byIDs: related}
	if !related {
		return log.write(ctx, c.byContent)
	}
	return log.write(ctx, func(ctx context.Context, yield func(Change) error) error { return c.byID(ctx, f, yield) })
}

// logging is a change log that is being written.
type logging struct {
	*comparison
	ledger  ledger
	byIDs   bool
	removed []Change // from one audio file: which of them were duplicates is found out once all are known
}

func (l *logging) write(ctx context.Context, changes func(context.Context, func(Change) error) error) (string, error) {
	err := changes(ctx, func(c Change) error {
		if len(l.removed) > 0 && l.removed[0].AudioFileID != c.AudioFileID {
			if err := l.endFile(ctx); err != nil {
				return err
			}
		}
		if c.Kind == ChangeRemoved {
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

// endFile enters the labels that were removed from one audio file.
func (l *logging) endFile(ctx context.Context) error {
	if len(l.removed) == 0 {
		return nil
	}
	twins, err := l.twins(ctx)
	if err != nil {
		return err
	}
	for _, c := range l.removed {
		if twins[canonicalOf(c.Before)] {
			c.Kind = changeDuplicate
		}
		l.ledger.add(&c)
	}
	l.removed = l.removed[:0]
	return nil
}

// twins returns what is said by the labels that stay, where labels were removed from an audio file.
func (l *logging) twins(ctx context.Context) (map[canonical.Label]bool, error) {
	var before map[int64]canonical.Label
	if l.byIDs {
		before = make(map[int64]canonical.Label)
		if err := l.around(ctx, l.from, func(a *Annotation) { before[a.ID] = canonicalOf(a) }); err != nil {
			return nil, err
		}
	}
	stay := make(map[canonical.Label]bool)
	err := l.around(ctx, l.to, func(a *Annotation) {
		says := canonicalOf(a)
		if was, ok := before[a.ID]; !l.byIDs || ok && was == says {
			stay[says] = true
		}
	})
	return stay, err
}

// around calls fn for the labels of a side that start no earlier than the first one that was removed, and no later than
// the last.
func (l *logging) around(ctx context.Context, r *reader, fn func(*Annotation)) error {
	first, last := l.removed[0].Before, l.removed[len(l.removed)-1].Before
	span := sqlite.Span{AfterMS: first.StartMS, BeforeMS: last.StartMS + 1}
	return r.tx.SeenFileByName(ctx, r.set.LayerID, r.set.DatasetID, first.AudioFileID, func(f *sqlite.SeenFile) error {
		return r.file(ctx, f, span, func(a Annotation) error {
			fn(&a)
			return nil
		})
	})
}
