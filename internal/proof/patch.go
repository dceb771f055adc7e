package proof

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// CheckPatch checks that a diff is a patch: it is in order of audio file, applied to one set it gives the other, and
// the diff in the other direction is its inverse. It returns the changes.
func CheckPatch(t testing.TB, s *annoset.Store, from, to uuid.UUID) []annoset.Change {
	t.Helper()
	is := is.New(t)
	ctx := context.Background()
	changes := DiffOf(t, s, from, to)
	is.True(slices.IsSortedFunc(changes, func(a, b annoset.Change) int {
		return strings.Compare(a.AudioFileID, b.AudioFileID)
	})) // in order of audio file
	patched, err := s.NewVersion(ctx, from, annoset.NewSet{})
	is.NoErr(err)
	Apply(t, s, patched.ID, changes)
	is.Equal(Nameless(LabelsOf(t, s, patched.ID)), Nameless(LabelsOf(t, s, to))) // the patch leads to the labels
	is.Equal(CleanOf(t, s, patched.ID), CleanOf(t, s, to))                       // and to the clean marks
	is.NoErr(s.DeleteSet(ctx, patched.ID))
	is.Equal(sortedChanges(DiffOf(t, s, to, from)), sortedChanges(inverse(changes))) // the way back is the inverse
	return changes
}

// inverse exchanges the two sides of each change.
func inverse(changes []annoset.Change) []annoset.Change {
	opposite := map[annoset.ChangeKind]annoset.ChangeKind{
		annoset.ChangeAdded: annoset.ChangeRemoved, annoset.ChangeRemoved: annoset.ChangeAdded,
		annoset.ChangeMarkedClean: annoset.ChangeUnmarkedClean, annoset.ChangeUnmarkedClean: annoset.ChangeMarkedClean,
	}
	out := slices.Clone(changes)
	for i, c := range out {
		c.Before, c.After = c.After, c.Before
		if kind, found := opposite[c.Kind]; found {
			c.Kind = kind
		}
		out[i] = c
	}
	return out
}

// sortedChanges writes changes down in an order of its own: clean marks take other places in an inverse.
func sortedChanges(changes []annoset.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = Written(c)
	}
	return slices.Sorted(slices.Values(out))
}

// CheckIDs checks the changes between two sets that share ids: for each id they must say what reading both sets says.
func CheckIDs(t testing.TB, s *annoset.Store, from, to uuid.UUID, changes []annoset.Change) {
	t.Helper()
	is := is.New(t)
	is.Equal(kindsByID(t, changes), readByID(t, s, from, to)) // what became of each id
}

// kindsByID returns the kind of change of each id. A change of a label must have one id, and an id one change.
func kindsByID(t testing.TB, changes []annoset.Change) map[int64]annoset.ChangeKind {
	t.Helper()
	kinds := map[int64]annoset.ChangeKind{}
	for _, c := range changes {
		a := c.Before
		switch {
		case a == nil && c.After == nil:
			continue
		case a == nil:
			a = c.After
		case c.After != nil && c.After.ID != a.ID:
			t.Errorf("two ids in one change: %s", Written(c))
		}
		if _, twice := kinds[a.ID]; twice {
			t.Errorf("one id in two changes: %s", Written(c))
		}
		kinds[a.ID] = c.Kind
	}
	return kinds
}

// readByID returns the kind of change of each id, found by reading both sets.
func readByID(t testing.TB, s *annoset.Store, from, to uuid.UUID) map[int64]annoset.ChangeKind {
	t.Helper()
	before, kinds := map[int64]annoset.Annotation{}, map[int64]annoset.ChangeKind{}
	for _, a := range LabelsOf(t, s, from) {
		before[a.ID] = a
		kinds[a.ID] = annoset.ChangeRemoved
	}
	for _, b := range LabelsOf(t, s, to) {
		a, known := before[b.ID]
		sameSpan := a.StartMS == b.StartMS && a.EndMS == b.EndMS
		switch {
		case !known:
			kinds[b.ID] = annoset.ChangeAdded
		case Written(a) == Written(b):
			delete(kinds, b.ID)
		case a.AudioFileID != b.AudioFileID || a.ArtifactType != b.ArtifactType && !sameSpan:
			kinds[b.ID] = annoset.ChangeRewritten
		case a.ArtifactType != b.ArtifactType:
			kinds[b.ID] = annoset.ChangeRelabelled
		case !sameSpan:
			kinds[b.ID] = annoset.ChangeMoved
		default:
			kinds[b.ID] = annoset.ChangeEdited
		}
	}
	return kinds
}
