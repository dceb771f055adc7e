package annoset

import (
	"cmp"
	"context"
	"iter"
	"math"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/sqlite"
)

// ChangeKind is how a label or a clean mark changed from one set to another. Extra data is compared by its meaning, as
// for the digest, not by its spelling.
type ChangeKind string

// The kinds of changes. A changed label has exactly one: the first that applies.
const (
	ChangeAdded         ChangeKind = "added"
	ChangeRemoved       ChangeKind = "removed"
	ChangeRewritten     ChangeKind = "rewritten"  // another audio file, or both another type and another span
	ChangeRelabelled    ChangeKind = "relabelled" // another type, same span
	ChangeMoved         ChangeKind = "moved"      // another span, same type
	ChangeEdited        ChangeKind = "edited"     // only another confidence or other extra data
	ChangeMarkedClean   ChangeKind = "marked_clean"
	ChangeUnmarkedClean ChangeKind = "unmarked_clean"
)

// Change is one difference between two sets.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// AudioFileID is where the change is. For a label that went to another audio file, it is the first of the two by id.
	AudioFileID string      `json:"audio_file_id"`
	Before      *Annotation `json:"before,omitempty"` // nil for an added label, and for clean marks
	After       *Annotation `json:"after,omitempty"`  // nil for a removed label, and for clean marks
}

// DefaultMinIoU is the overlap that is required when [DiffOptions.MinIoU] is 0. One half is what object detection has
// used since M. Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 88 (2010).
const DefaultMinIoU = 0.5

// DiffOptions configure [Store.Diff]. Nil and the zero value mean the defaults.
type DiffOptions struct {
	// MinIoU is how much the spans of two labels of one type must overlap, as intersection over union, to count as one
	// label that was moved, when labels are compared by content. It is in (0, 1]; 0 means [DefaultMinIoU].
	MinIoU float64 `json:"min_iou,omitempty"`
}

// ChangeCounts count changes by kind.
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

// DiffSummary counts the changes between two sets: in total, by artifact type and by audio file. A label that went from
// one type or audio file to another counts for both, so the parts may add up to more than the total.
type DiffSummary struct {
	ChangeCounts
	ByType      map[string]ChangeCounts `json:"by_type"`       // clean marks have no type
	ByAudioFile map[string]ChangeCounts `json:"by_audio_file"` // neither map is nil
}

// SummarizeDiff counts the changes that [Store.Diff] or [DiffStores] yields.
//
// Errors: the error of the changes; a [*ValidationError] if changes is nil.
func SummarizeDiff(changes iter.Seq2[Change, error]) (DiffSummary, error) {
	if err := given("summarize diff", "changes", changes != nil); err != nil {
		return DiffSummary{}, err
	}
	s := newDiffSummary()
	for change, err := range changes {
		if err != nil {
			return DiffSummary{}, err
		}
		s.add(&change)
	}
	return s, nil
}

// Diff yields the changes that turn one set into another: labels and clean marks that were added, removed or changed,
// in order of audio file (by bytes) and, within it, of start, the earlier of the two. Within an audio file, the removal
// of its clean mark comes first and a new clean mark comes last, so the changes can be applied in order. Either set may
// be a draft. Diff(to, from) yields the inverse: Before and After exchanged, added and removed exchanged. All changes
// are of one state of the store, as with [Store.Annotations]. Options may be nil.
//
// If one set was made from the other, or both from a third (see [Store.NewVersion]), labels are compared by id alone:
// the same id is the same label. What the sets have in common is not read, so the time is proportional to what was
// changed, whatever the size of the sets.
//
// Otherwise, after two imports for example, labels are compared by content. Audio files with equal stored digests are
// skipped. In each other audio file, labels are matched in four steps, each among those that are left:
//
//   - equal labels, one to one;
//   - labels with the same type and the same span;
//   - labels with the same span;
//   - labels of one type that overlap by at least [DiffOptions.MinIoU], the largest overlap first, and of equal
//     overlaps the earliest first.
//
// Labels with the same span are matched in order of type, confidence and extra data. A label that went to another audio
// file is removed from one and added to the other.
//
// Memory grows with the number of audio files that are read, and the labels of a few of them. Comparing by content,
// where thousands of changed labels of one type and audio file overlap each other, takes time with the square of their
// number.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the options are invalid.
func (s *Store) Diff(ctx context.Context, from, to uuid.UUID, opts *DiffOptions) iter.Seq2[Change, error] {
	const op = "diff"
	return sequence(s, ctx, op, func(tx *sqlite.ReadTx, yield func(Change) error) error {
		return diffIn(ctx, tx, op, from, to, opts, yield)
	})
}

// DiffSummary counts the changes that [Store.Diff] yields.
//
// Errors: [ErrNotFound]; a [*ValidationError] if the options are invalid.
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

// DiffStores compares a set of one store with a set of another by content, as [Store.Diff] does. Before.ID is an id of
// the first store, After.ID one of the second. Each store is read in one state. [SummarizeDiff] counts the changes.
//
// Errors: those of Diff, from either store.
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
					if err == nil {
						err = s.gone()
					}
				}
				return err
			})
		})
	})
}

// minIoU returns the overlap that is required, or what is wrong with it.
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

// both returns the artifact types and the audio files that a change concerns, each once.
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

// changeOf converts a change of package diff.
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

// readWith runs fn over one state of this store and one of another. A store in memory has one connection, so of two
// stores the one that was opened first is taken first: calls in both directions would wait for each other otherwise.
func (s *Store) readWith(ctx context.Context, op string, other *Store, fn func(tx, otherTx *sqlite.ReadTx) error,
) error {
	if err := cmp.Or(s.ready(ctx, op), given(op, "second store", other != nil)); err != nil {
		return err
	}
	if s.sameState(other) { // other may be a handle from As
		return s.read(ctx, op, func(tx *sqlite.ReadTx) error { return fn(tx, tx) })
	}
	if other.opened < s.opened {
		return other.read(ctx, op, func(otherTx *sqlite.ReadTx) error {
			return s.read(ctx, "read the first store", func(tx *sqlite.ReadTx) error { return fn(tx, otherTx) })
		})
	}
	return s.read(ctx, op, func(tx *sqlite.ReadTx) error {
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
