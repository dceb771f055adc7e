package annoset_test

import (
	"iter"
	"testing"

	"github.com/annoset/annoset/internal/proof"
)

// What these tests share with those of other packages is in package proof.
type testStore = proof.Store

var (
	openStore, openStoreIn, reopenStore     = proof.OpenStore, proof.OpenStoreIn, proof.ReopenStore
	openRaw, checkFile, dump, openSample    = proof.OpenRaw, proof.CheckFile, proof.Dump, proof.OpenSample
	label, withID, sure, extra              = proof.Label, proof.WithID, proof.Sure, proof.Extra
	pairs, stream, nameless                 = proof.Pairs, proof.Stream, proof.Nameless
	newDraft, publishedWith                 = proof.NewDraft, proof.PublishedWith
	labelsOf, cleanOf, diffOf, apply, lines = proof.LabelsOf, proof.CleanOf, proof.DiffOf, proof.Apply, proof.Changes
	checked, kindsOf                        = proof.Checked, proof.KindsOf
	reproducible                            = proof.Reproducible
	noErr, written, nothingAt, badFields    = proof.NoErr, proof.Written, proof.NothingAt, proof.BadFields
	full, brief, skipMany, newRand, noPanic = proof.Full, proof.Brief, proof.SkipMany, proof.Rand, proof.NoPanic
	checkPatch                              = proof.CheckPatch
	folderSums, storeFile, writeFile        = proof.FolderSums, proof.StoreFile, proof.WriteFile
	newWorld                                = proof.NewWorld
	rowsOf, splitBy, millis, rttm, desed    = proof.Rows, proof.SplitBy, proof.Millis, proof.RTTM, proof.DESED
)

const raceDetector = proof.Race

func value[T any](v T, err error) func(testing.TB) T { return proof.Value(v, err) }

func must[T any](v T, err error) T { return proof.Must(v, err) }

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	return proof.Collect(t, seq)
}

func all[T any](seq iter.Seq2[T, error]) ([]T, error) { return proof.All(seq) }
