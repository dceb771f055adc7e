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
	openStore, openStoreIn, reopenStore         = proof.OpenStore, proof.OpenStoreIn, proof.ReopenStore
	openRaw, checkFile, dump, openSample        = proof.OpenRaw, proof.CheckFile, proof.Dump, proof.OpenSample
	label, withID, sure, extra                  = proof.Label, proof.WithID, proof.Sure, proof.Extra
	pairs, stream, nameless                     = proof.Pairs, proof.Stream, proof.Nameless
	newDraft, publishedWith                     = proof.NewDraft, proof.PublishedWith
	labelsOf, cleanOf, diffOf, apply, changesOf = proof.LabelsOf, proof.CleanOf, proof.DiffOf, proof.Apply, proof.Changes
	checked, kindsOf                            = proof.Checked, proof.KindsOf
	reproducible                                = proof.Reproducible
	noErr, written, nothingAt, badFields        = proof.NoErr, proof.Written, proof.NothingAt, proof.BadFields
	full, brief, skipMany, newRand, noPanic     = proof.Full, proof.Brief, proof.SkipMany, proof.Rand, proof.NoPanic
	checkPatch                                  = proof.CheckPatch
	folderSums, storeFile, writeFile            = proof.FolderSums, proof.StoreFile, proof.WriteFile
	newWorld                                    = proof.NewWorld
	rowsOf, splitBy, millis, rttm, desed        = proof.Rows, proof.SplitBy, proof.Millis, proof.RTTM, proof.DESED
)

const raceDetector = proof.Race

func value[T any](v T, err error) func(testing.TB) T { return proof.Value(v, err) }

func must[T any](v T, err error) T { return proof.Must(v, err) }

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	return proof.Collect(t, seq)
}

func all[T any](seq iter.Seq2[T, error]) ([]T, error) { return proof.All(seq) }

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
