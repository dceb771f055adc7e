package annoset

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/sqlite"
)

// Diff yields what must change in one set to make it the other: labels and clean marks that were added, removed or
// changed, in order of audio file (by bytes) and, within it, of the earlier start. A clean mark that is taken away comes
// before the labels of its audio file, and one that is given after them, so that the changes can be applied as they come.
// Either set may be a draft. Diff(to, from) yields the inverse: Before and After exchanged, and added with removed. All
// comes from one state of the store, as with [Store.Annotations]. Options may be nil.
//
// Where one set was made from the other, or both from a third (see [Store.NewVersion]), their labels have ids in common,
// and the id alone decides which label of one set is which of the other. What both sets stand on is not read, so that
// the work is in proportion to what was changed since, whatever the size of the sets.
//
// Sets with nothing in common, two imports for example, are compared by content. Audio files of the same stored digest
// are passed over. In each of the others labels are matched in four steps, each among those that are left: labels that
// say the same; labels of one type and one span; labels of one span; labels of one type that overlap by
// [DiffOptions.MinIoU] or more, the best overlap first, and of equal ones the earliest. Of several labels of one span,
// the first of one set is matched with the first of the other, in order of type, confidence and extra data. Exact
// duplicates are matched one to one. A label that went to another audio file is removed and added there.
//
// Memory grows with the number of audio files that are looked at, and with the labels of a few of them. Of labels that are
// compared by content, those of one type and audio file that were changed are compared with each other as far as they may
// overlap enough: where thousands lie over one another, the time grows with the square of their number.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the options are bad.
func (s *Store) Diff(ctx context.Context, from, to uuid.UUID, opts *DiffOptions) iter.Seq2[Change, error] {
	const op = "diff"
	return sequence(s, ctx, op, func(tx *sqlite.ReadTx, yield func(Change) error) error {
		return diffIn(ctx, tx, op, from, to, opts, yield)
	})
}

// DiffSummary counts what [Store.Diff] yields.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the options are bad.
func (s *Store) DiffSummary(ctx context.Context, from, to uuid.UUID, opts *DiffOptions) (DiffSummary, error) {
	const op = "summarize diff"
	out := newDiffSummary()
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		return diffIn(ctx, tx, op, from, to, opts, func(c Change) error {
			out.add(&c)
			return nil
		})
	})
	return orZero(out, err)
}

// DiffStores is [Store.Diff] between a set of one store and a set of another, which are compared by content. Before.ID
// is an id of the first store, and After.ID one of the second. Each store is read in one state. [SummarizeDiff] counts
// what comes.
//
// Errors: those of Diff, of either store.
func DiffStores(ctx context.Context, a *Store, from uuid.UUID, b *Store, to uuid.UUID, opts *DiffOptions,
) iter.Seq2[Change, error] {
	const op = "diff stores"
	return yielding(a.readsAhead() || b.readsAhead(), func(yield func(Change) error) error {
		return a.readWith(ctx, op, b, func(txA, txB *sqlite.ReadTx) error {
			c, err := compare(ctx, op, txA, from, txB, to, opts)
			if err != nil {
				return err
			}
			return c.byContent(ctx, func(change Change) error {
				err := yield(change)
				for _, s := range []*Store{a, b} {
					if err == nil && s.view != nil {
						err = s.gone()
					}
				}
				return err
			})
		})
	})
}

// readWith runs fn over one state of this store and one of another.
func (s *Store) readWith(ctx context.Context, op string, other *Store, fn func(tx, otherTx *sqlite.ReadTx) error) error {
	return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		if s.sameState(other) { // it may be a handle that signs
			return fn(tx, tx)
		}
		return other.read(ctx, "read the second store", func(otherTx *sqlite.ReadTx) error { return fn(tx, otherTx) })
	})
}

// diffIn compares two sets of one store.
func diffIn(ctx context.Context, tx *sqlite.ReadTx, op string, from, to uuid.UUID, opts *DiffOptions,
	yield func(Change) error,
) error {
	c, err := compare(ctx, op, tx, from, tx, to, opts)
	if err != nil {
		return err
	}
	return c.run(ctx, yield)
}

// comparison is two sets that are compared.
type comparison struct {
	from, to *reader
	minIoU   float64
}

func compare(ctx context.Context, op string, fromTx *sqlite.ReadTx, from uuid.UUID, toTx *sqlite.ReadTx, to uuid.UUID,
	opts *DiffOptions,
) (*comparison, error) {
	minIoU, err := opts.minIoU(op)
	if err != nil {
		return nil, err
	}
	fromSet, err := findSet(ctx, fromTx, op, from)
	if err != nil {
		return nil, err
	}
	toSet, err := findSet(ctx, toTx, op, to)
	if err != nil {
		return nil, err
	}
	return newComparison(ctx, fromTx, &fromSet, toTx, &toSet, minIoU)
}

func newComparison(ctx context.Context, fromTx *sqlite.ReadTx, from *sqlite.SetRow, toTx *sqlite.ReadTx, to *sqlite.SetRow,
	minIoU float64,
) (*comparison, error) {
	c := &comparison{minIoU: minIoU}
	var err error
	if c.from, err = newReader(ctx, fromTx, from, &Filter{}); err != nil {
		return nil, err
	}
	c.to, err = newReader(ctx, toTx, to, &Filter{})
	return c, err
}

// run yields the changes between two sets of one store.
func (c *comparison) run(ctx context.Context, yield func(Change) error) error {
	f, related, err := c.relation(ctx)
	if err != nil {
		return err
	}
	if related {
		return c.byID(ctx, f, yield)
	}
	return c.byContent(ctx, yield)
}

// relation finds where two sets of one store part, and whether they have ids in common.
func (c *comparison) relation(ctx context.Context) (f fork, related bool, err error) {
	if c.from.set.DatasetID != c.to.set.DatasetID {
		return fork{}, false, nil
	}
	f, err = findFork(ctx, c.from.tx, c.from.set, c.to.set)
	if err != nil || f.common != 0 {
		return f, true, err
	}
	related, err = kin(ctx, c.from.tx, c.from.set, c.to.set)
	return f, related, err
}

// byContent yields the changes between two sets that have no ids in common.
func (c *comparison) byContent(ctx context.Context, yield func(Change) error) error {
	var files [2][]sqlite.SeenFile
	for i, r := range []*reader{c.from, c.to} {
		var err error
		if files[i], err = filesOf(func(fn func(*sqlite.SeenFile) error) error {
			return r.tx.SeenFiles(ctx, r.set.LayerID, fn)
		}); err != nil {
			return err
		}
	}
	for len(files[0])+len(files[1]) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		pair := firstPair(&files)
		if pair[0] != nil && pair[1] != nil && pair[0].Digest != nil && slices.Equal(pair[0].Digest, pair[1].Digest) {
			continue
		}
		if err := c.fileByContent(ctx, pair, yield); err != nil {
			return err
		}
	}
	return nil
}

// firstPair takes the audio file that comes next from both lists, or from one that alone has it.
func firstPair(files *[2][]sqlite.SeenFile) (pair [2]*sqlite.SeenFile) {
	order := 0
	switch {
	case len(files[0]) == 0:
		order = 1
	case len(files[1]) == 0:
		order = -1
	default:
		order = strings.Compare(files[0][0].Name, files[1][0].Name)
	}
	if order <= 0 {
		pair[0], files[0] = &files[0][0], files[0][1:]
	}
	if order >= 0 {
		pair[1], files[1] = &files[1][0], files[1][1:]
	}
	return pair
}

// fileByContent yields the changes of one audio file, of which either side may know nothing.
func (c *comparison) fileByContent(ctx context.Context, pair [2]*sqlite.SeenFile, yield func(Change) error) error {
	var labels [2][]Annotation
	var said [2][]diff.Label
	var clean [2]bool
	name := ""
	for i, r := range []*reader{c.from, c.to} {
		f := pair[i]
		if f == nil {
			continue
		}
		name, clean[i] = f.Name, f.Clean
		if err := r.file(ctx, f, sqlite.Span{}, func(a Annotation) error {
			labels[i] = append(labels[i], a)
			said[i] = append(said[i], diff.Label{Label: canonicalOf(&a), ID: a.ID})
			return nil
		}); err != nil {
			return err
		}
	}
	pairs, err := diff.Match(ctx, said[0], said[1], c.minIoU)
	if err != nil {
		return err
	}
	var changes []Change
	for _, p := range pairs {
		var before, after *Annotation
		if p.Before != diff.None {
			before = &labels[0][p.Before]
		}
		if p.After != diff.None {
			after = &labels[1][p.After]
		}
		if change, ok := changeOf(before, after); ok {
			changes = append(changes, change)
		}
	}
	return yieldFile(name, clean, changes, yield)
}

// yieldFile yields the changes of one audio file in their order.
func yieldFile(name string, clean [2]bool, changes []Change, yield func(Change) error) error {
	if clean[0] && !clean[1] {
		if err := yield(Change{Kind: ChangeUnmarkedClean, AudioFileID: name}); err != nil {
			return err
		}
	}
	slices.SortFunc(changes, compareChanges)
	for _, change := range changes {
		if err := yield(change); err != nil {
			return err
		}
	}
	if clean[1] && !clean[0] {
		return yield(Change{Kind: ChangeMarkedClean, AudioFileID: name})
	}
	return nil
}
