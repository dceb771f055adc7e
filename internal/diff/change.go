package diff

import (
	"cmp"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// Kind is what became of a label or of a clean mark. The root documents the kinds as ChangeKind, with the same texts.
type Kind string

// The kinds of changes. A label that changed has exactly one: the first that fits.
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
	File          string       // of a label that went to another audio file, the first of the two
	Before, After *label.Label // nil on the side that has no label, and for clean marks
}

// changeOf returns what became of a label; nil: it was not there before, or is not there any more. Where nothing changed,
// ok is false.
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

// Canonical returns a label with its extra data in the form that the digest is taken of. What another program has written
// that is not JSON stays as it is.
func Canonical(l *label.Label) label.Label {
	out := *l
	if text, err := canonical.ExtraData(l.ExtraData); err == nil {
		out.ExtraData = text
	}
	return out
}

// compareChanges puts the changes of labels of one audio file in order of time. It treats both sides alike, so that a diff
// and its inverse have one order.
func compareChanges(a, b Change) int {
	aLow, aHigh := a.sorted()
	bLow, bHigh := b.sorted()
	return cmp.Or(compareLabels(aLow, bLow), compareLabels(aHigh, bHigh))
}

// sorted returns the labels of a change, the one that comes first in the audio file first. Where there is one alone it
// is both.
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
		return c // without a look at extra data, which costs more
	}
	return cmp.Or(canonical.Compare(Canonical(a), Canonical(b)), cmp.Compare(a.ID, b.ID))
}
