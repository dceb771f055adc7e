package diff

import (
	"cmp"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// Kind is how a label or a clean mark changed. The root package has the same texts as ChangeKind, and documents them
// there.
type Kind string

// The kinds of changes. The change of a label has exactly one, the first that applies.
const (
	Added         Kind = "added"
	Removed       Kind = "removed"
	Rewritten     Kind = "rewritten"
	Relabelled    Kind = "relabelled"
	Moved         Kind = "moved"
	Edited        Kind = "edited"
	MarkedClean   Kind = "marked_clean"
	UnmarkedClean Kind = "unmarked_clean"
)

// Change is one difference between two sets.
type Change struct {
	Kind          Kind
	File          string       // of a label that moved to another audio file: the first of the two names
	Before, After *label.Label // nil on a side without the label, and for clean marks
}

// changeOf returns the change from one state of a label to another; nil means that there is no label. If nothing
// changed, ok is false.
func changeOf(before, after *label.Label) (c Change, ok bool) {
	c = Change{Before: before, After: after}
	switch {
	case before == nil && after == nil:
		return Change{}, false
	case before == nil:
		c.Kind, c.File = Added, after.File
		return c, true
	case after == nil:
		c.Kind, c.File = Removed, before.File
		return c, true
	}
	c.File = min(before.File, after.File)
	relabelled := before.Type != after.Type
	moved := before.StartMS != after.StartMS || before.EndMS != after.EndMS
	switch {
	case before.File != after.File || relabelled && moved:
		c.Kind = Rewritten
	case relabelled:
		c.Kind = Relabelled
	case moved:
		c.Kind = Moved
	case !sameConfidence(before, after) || !sameExtraData(before, after):
		c.Kind = Edited
	default:
		return Change{}, false
	}
	return c, true
}

func sameConfidence(a, b *label.Label) bool {
	return a.HasConfidence == b.HasConfidence && (!a.HasConfidence || a.Confidence == b.Confidence)
}

func sameExtraData(a, b *label.Label) bool {
	return a.ExtraData == b.ExtraData || Canonical(a).ExtraData == Canonical(b).ExtraData
}

// Canonical returns a label with its extra data in canonical form, which is the same for all ways to write it. Extra
// data that is not JSON, which only another program can have written, stays as it is.
func Canonical(l *label.Label) label.Label {
	out := *l
	if text, err := canonical.ExtraData(l.ExtraData); err == nil {
		out.ExtraData = text
	}
	return out
}

// compareChanges orders the changes of one audio file by time. It treats both sides alike, so a diff and its inverse
// are in the same order.
func compareChanges(a, b Change) int {
	aLow, aHigh := a.sorted()
	bLow, bHigh := b.sorted()
	return cmp.Or(compareLabels(aLow, bLow), compareLabels(aHigh, bHigh))
}

// sorted returns the two labels of a change, the earlier one first. If there is only one, it is returned as both.
func (c *Change) sorted() (low, high *label.Label) {
	low, high = c.Before, c.After
	switch {
	case low == nil:
		low = high
	case high == nil:
		high = low
	case compareLabels(low, high) > 0:
		low, high = high, low
	}
	return low, high
}

func compareLabels(a, b *label.Label) int {
	if c := cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.EndMS, b.EndMS)); c != 0 {
		return c // comparing extra data costs more
	}
	return cmp.Or(canonical.Compare(Canonical(a), Canonical(b)), cmp.Compare(a.ID, b.ID))
}
