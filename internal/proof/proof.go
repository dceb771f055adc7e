// Package proof has what the tests of several packages share: stores that are checked when a test ends, labels to fill
// them with, a clock that can be rewound, processes to kill. The folders below it are the suites that are not about one
// verb: attacks, a model, faults, kills, crowds. Only tests may import it.
package proof

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/insert"
	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// Limits of the engine, around which tests choose their sizes.
const (
	BulkRows    = layer.BulkRows // labels from which on an insert or a delete is done in bulk
	MaxLayers   = layer.Max      // layers that a new set may stand on
	ImportBatch = insert.Batch   // labels that an import holds in memory at once
)

// Store is a store in a file that is checked at the end of the test.
type Store struct {
	*annoset.Store
	Path string
}

// OpenStore opens a store in a new file. At the end of the test it is closed, and [CheckFile] checks its file.
func OpenStore(t testing.TB, opts *annoset.Options) *Store {
	t.Helper()
	return OpenStoreIn(t, context.Background(), opts)
}

// OpenStoreIn is OpenStore with a context, which may bring a driver of its own.
func OpenStoreIn(t testing.TB, ctx context.Context, opts *annoset.Options) *Store {
	t.Helper()
	return ReopenStoreIn(t, ctx, filepath.Join(t.TempDir(), "labels.annoset"), opts)
}

// ReopenStore is OpenStore on a file that may exist.
func ReopenStore(t testing.TB, path string, opts *annoset.Options) *Store {
	t.Helper()
	return ReopenStoreIn(t, context.Background(), path, opts)
}

// ReopenStoreIn is ReopenStore with a context, which may bring a driver of its own.
func ReopenStoreIn(t testing.TB, ctx context.Context, path string, opts *annoset.Options) *Store {
	t.Helper()
	s, err := annoset.Open(ctx, path, opts)
	NoErr(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		CheckFile(t, path)
	})
	return &Store{Store: s, Path: path}
}

// OpenRaw opens a file as any SQLite program would: without foreign keys. It is closed at the end of the test.
func OpenRaw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := inspect.OpenRaw(path)
	NoErr(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// CheckFile checks the integrity, foreign keys and invariants of a store's file, and verifies every published set.
// Under the race detector it does nothing unless [Full] is set: the run without the detector checks the same files.
func CheckFile(t testing.TB, path string) {
	t.Helper()
	if Race && !Full() {
		return
	}
	ctx := context.Background()
	if err := inspect.File(ctx, path); err != nil {
		t.Error(err)
	}
	s, err := annoset.Open(ctx, path, nil)
	if err != nil {
		t.Errorf("reopen: %v", err)
		return
	}
	defer s.Close()
	if err := inspect.Store(ctx, s); err != nil {
		t.Error(err)
	}
}

// Dump writes down all that a store holds, for comparing before and after.
func Dump(t testing.TB, s *annoset.Store) string {
	t.Helper()
	text, err := inspect.Dump(context.Background(), s)
	NoErr(t, err)
	return text
}

// Root returns the root folder of the module. Tests run in the folder of their package.
func Root(t testing.TB) string {
	t.Helper()
	dir := Value(os.Getwd())(t)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("no go.mod in this folder, or above it")
		}
		dir = above
	}
}

// OpenSample opens a file of real labels. They are kept beside the repository; where they are absent it skips the test.
func OpenSample(t testing.TB, path string) *os.File {
	t.Helper()
	path = filepath.Join(Root(t), "..", "shared", "data", filepath.FromSlash(path))
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skip("no real labels at", path)
	}
	NoErr(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}
