package annoset_test

import (
	"iter"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
	"github.com/annoset/annoset/internal/proof"
)

// What these tests share with those of other packages is in package proof.
type testStore = proof.Store

var (
	openStore, reopenStore, openRaw, storeFile = proof.OpenStore, proof.ReopenStore, proof.OpenRaw, proof.StoreFile
	label, withID, sure, extra                 = proof.Label, proof.WithID, proof.Sure, proof.Extra
	stream, pairs, newDraft, publishedWith     = proof.Stream, proof.Pairs, proof.NewDraft, proof.PublishedWith
	labelsOf, nameless, cleanOf, dump          = proof.LabelsOf, proof.Nameless, proof.CleanOf, proof.Dump
	checked, diffOf, changesOf, checkPatch     = proof.Checked, proof.DiffOf, proof.Changes, proof.CheckPatch
	noErr, badFields, folderSums, skipMany     = proof.NoErr, proof.BadFields, proof.FolderSums, proof.SkipMany
)

func value[T any](v T, err error) func(testing.TB) T { return proof.Value(v, err) }

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	return proof.Collect(t, seq)
}

// openFile opens a store in a file, and openMemory one in memory: for what must be the same in both.
func openFile(t testing.TB) *annoset.Store { return openStore(t, nil).Store }

var openMemory = annosettest.New

// idsOf returns the ids of the labels of a set, in the order in which they were added.
func idsOf(t testing.TB, s *annoset.Store, setID uuid.UUID) []int64 {
	t.Helper()
	var ids []int64
	for _, a := range labelsOf(t, s, setID) {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	return ids
}
