package annoset

import (
	"context"
	"iter"
	"math"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/sqlite"
)

// ChangeKind says what became of a label or of a clean mark from one set to another. Extra data is compared by what it
// says, as the digest does, and not by how it is spelled.
type ChangeKind string

// The kinds of changes. A label that changed has exactly one: the first that fits.
const (
	ChangeAdded         ChangeKind = "added"
	ChangeRemoved       ChangeKind = "removed"
	ChangeRewritten     ChangeKind = "rewritten"  // another audio file, or another type and another span
	ChangeRelabelled    ChangeKind = "relabelled" // another type on the same span
	ChangeMoved         ChangeKind = "moved"      // another span of the same type
	ChangeEdited        ChangeKind = "edited"     // another confidence or other extra data, and nothing else
	ChangeMarkedClean   ChangeKind = "marked_clean"
	ChangeUnmarkedClean ChangeKind = "unmarked_clean"
)

// Change is one difference between two sets.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// AudioFileID is where the change is; of a label that went from one audio file to another, the first of the two.
	AudioFileID string      `json:"audio_file_id"`
	Before      *Annotation `json:"before,omitempty"` // nil where a label was added, and for clean marks
	After       *Annotation `json:"after,omitempty"`  // nil where a label was removed, and for clean marks
}

// DefaultMinIoU is the overlap that [DiffOptions.MinIoU] and [Matching.MinIoU] ask for when they are 0. One half is what object detection has
// asked for since M. Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 88 (2010).
const DefaultMinIoU = 0.5

// DiffOptions tell how sets are compared. The zero value, and a nil pointer, are good defaults.
type DiffOptions struct {
	// MinIoU is how much the spans of two labels of one type must overlap, as intersection over union, to be taken for
	// one label that was moved, where labels are matched by content. It is in (0, 1]; 0 means [DefaultMinIoU].
	MinIoU float64
}

// minIoU returns the overlap that is asked for, or what is wrong with it.
func (o *DiffOptions) minIoU(op string) (float64, error) {
	if o == nil || o.MinIoU == 0 {
		return DefaultMinIoU, nil
	}
	p := &problems{op: op}
	if math.IsNaN(o.MinIoU) || o.MinIoU < 0 || o.MinIoU > 1 {
		p.Add(-1, "min_iou", "is %v, outside (0, 1]", o.MinIoU)
	}
	return o.MinIoU, p.err()
}

// ChangeCounts count changes by their kind.
type ChangeCounts struct {
	Added         int64 `json:"added"`
	Removed       int64 `json:"removed"`
	Rewritten     int64 `json:"rewritten"`
	Relabelled    int64 `json:"relabelled"`
	Moved         int64 `json:"moved"`
	Edited        int64 `json:"edited"`
	MarkedClean   int64 `json:"marked_clean"`
	UnmarkedClean int64 `json:"unmarked_clean"`
}

func (c *ChangeCounts) count(k ChangeKind) {
	switch k {
	case ChangeAdded:
		c.Added++
	case ChangeRemoved:
		c.Removed++
	case ChangeRewritten:
		c.Rewritten++
	case ChangeRelabelled:
		c.Relabelled++
	case ChangeMoved:
		c.Moved++
	case ChangeEdited:
		c.Edited++
	case ChangeMarkedClean:
		c.MarkedClean++
	case ChangeUnmarkedClean:
		c.UnmarkedClean++
	}
}

// DiffSummary counts the changes between two sets: all of them, and those of each artifact type and each audio file that
// has any. A label that went from one type or audio file to another counts in both of them, so these may add up to more
// than there are.
type DiffSummary struct {
	ChangeCounts
	ByType      map[string]ChangeCounts `json:"by_type"`       // clean marks have no type
	ByAudioFile map[string]ChangeCounts `json:"by_audio_file"` // never nil, as ByType
}

// SummarizeDiff counts the changes that [Store.Diff] or [DiffStores] yields.
//
// Errors: the one that the changes end with.
func SummarizeDiff(changes iter.Seq2[Change, error]) (DiffSummary, error) {
	s := newDiffSummary()
	for change, err := range changes {
		if err != nil {
			return DiffSummary{}, err
		}
		s.add(&change)
	}
	return s, nil
}

func newDiffSummary() DiffSummary {
	return DiffSummary{ByType: map[string]ChangeCounts{}, ByAudioFile: map[string]ChangeCounts{}}
}

func (s *DiffSummary) add(c *Change) {
	s.count(c.Kind)
	types, files := c.both()
	for _, name := range files {
		counts := s.ByAudioFile[name]
		counts.count(c.Kind)
		s.ByAudioFile[name] = counts
	}
	for _, name := range types {
		counts := s.ByType[name]
		counts.count(c.Kind)
		s.ByType[name] = counts
	}
}

// both returns the artifact types and the audio files that a change is about, each once.
func (c *Change) both() (types, files []string) {
	files = []string{c.AudioFileID}
	for _, a := range []*Annotation{c.Before, c.After} {
		if a == nil {
			continue
		}
		if len(types) == 0 || types[0] != a.ArtifactType {
			types = append(types, a.ArtifactType)
		}
		if a.AudioFileID != c.AudioFileID {
			files = append(files, a.AudioFileID)
		}
	}
	return types, files
}

// changeOf makes a change of the one below the root.
func changeOf(c *diff.Change) Change {
	out := Change{Kind: ChangeKind(c.Kind), AudioFileID: c.File}
	for _, side := range []struct {
		from *label.Label
		to   **Annotation
	}{{c.Before, &out.Before}, {c.After, &out.After}} {
		if side.from != nil {
			a := annotationOf(side.from)
			*side.to = &a
		}
	}
	return out
}

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
			return c.ByContent(ctx, func(change diff.Change) error {
				err := yield(changeOf(&change))
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
	return c.Run(ctx, func(change diff.Change) error { return yield(changeOf(&change)) })
}

func compare(ctx context.Context, op string, fromTx *sqlite.ReadTx, from uuid.UUID, toTx *sqlite.ReadTx, to uuid.UUID,
	opts *DiffOptions,
) (*diff.Comparison, error) {
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
	return diff.New(ctx, fromTx, &fromSet, toTx, &toSet, minIoU)
}
