package annoset

import (
	"cmp"
	"iter"
	"math"

	"github.com/annoset/annoset/internal/canonical"
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

// changeOf tells what became of a label, which was not there before, or is not there any more, where it is nil. Where
// nothing changed, ok is false.
func changeOf(before, after *Annotation) (c Change, ok bool) {
	c = Change{Before: before, After: after}
	switch {
	case before == nil && after == nil:
		return Change{}, false
	case before == nil:
		c.Kind, c.AudioFileID = ChangeAdded, after.AudioFileID
		return c, true
	case after == nil:
		c.Kind, c.AudioFileID = ChangeRemoved, before.AudioFileID
		return c, true
	}
	c.AudioFileID = min(before.AudioFileID, after.AudioFileID)
	relabelled := before.ArtifactType != after.ArtifactType
	moved := before.StartMS != after.StartMS || before.EndMS != after.EndMS
	switch {
	case before.AudioFileID != after.AudioFileID || relabelled && moved:
		c.Kind = ChangeRewritten
	case relabelled:
		c.Kind = ChangeRelabelled
	case moved:
		c.Kind = ChangeMoved
	case !sameConfidence(before, after) || !sameExtraData(before, after):
		c.Kind = ChangeEdited
	default:
		return Change{}, false
	}
	return c, true
}

func sameConfidence(a, b *Annotation) bool {
	if a.Confidence == nil || b.Confidence == nil {
		return a.Confidence == b.Confidence
	}
	return *a.Confidence == *b.Confidence
}

func sameExtraData(a, b *Annotation) bool {
	return string(a.ExtraData) == string(b.ExtraData) || oneForm(a.ExtraData) == oneForm(b.ExtraData)
}

// oneForm is extra data in the form that the digest is taken of. What another program has written that is no JSON stays
// as it is.
func oneForm(data []byte) string {
	text, err := canonical.ExtraData(string(data))
	if err != nil {
		return string(data)
	}
	return text
}

// canonicalOf is what a label says.
func canonicalOf(a *Annotation) canonical.Label {
	l := canonical.Label{
		StartMS: a.StartMS, EndMS: a.EndMS, ArtifactType: a.ArtifactType, ExtraData: oneForm(a.ExtraData),
	}
	if a.Confidence != nil {
		l.Confidence, l.HasConfidence = *a.Confidence, true
	}
	return l
}

// compareChanges puts the changes of labels of one audio file in order of time. It does not know one side from the
// other, so that a diff and its inverse have one order.
func compareChanges(a, b Change) int {
	aLow, aHigh := a.sorted()
	bLow, bHigh := b.sorted()
	return cmp.Or(compareLabels(aLow, bLow), compareLabels(aHigh, bHigh))
}

// sorted returns the labels of a change, the one that comes first in the audio file first. Where there is one alone it
// is both.
func (c *Change) sorted() (low, high *Annotation) {
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

func compareLabels(a, b *Annotation) int {
	if c := cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.EndMS, b.EndMS)); c != 0 {
		return c // without a look at extra data, which costs more
	}
	return cmp.Or(canonical.Compare(canonicalOf(a), canonicalOf(b)), cmp.Compare(a.ID, b.ID))
}
