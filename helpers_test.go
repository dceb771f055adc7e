package annoset_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/inspect"
)

// testStore is a store in a file whose contents are checked at the end of the test.
type testStore struct {
	*annoset.Store
	path string
}

// openStore opens a store in a new file. At the end of the test the file is sound and keeps every invariant.
func openStore(t testing.TB, opts *annoset.Options) *testStore {
	t.Helper()
	return openStoreIn(t, context.Background(), opts)
}

// openStoreIn opens with a context, which may bring a driver of its own.
func openStoreIn(t testing.TB, ctx context.Context, opts *annoset.Options) *testStore {
	t.Helper()
	return reopenStoreIn(t, ctx, filepath.Join(t.TempDir(), "labels.annoset"), opts)
}

func reopenStore(t testing.TB, path string, opts *annoset.Options) *testStore {
	t.Helper()
	return reopenStoreIn(t, context.Background(), path, opts)
}

func reopenStoreIn(t testing.TB, ctx context.Context, path string, opts *annoset.Options) *testStore {
	t.Helper()
	s, err := annoset.Open(ctx, path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		checkFile(t, path)
	})
	return &testStore{Store: s, path: path}
}

// openRaw opens the file of a store as any SQLite program would: without foreign keys.
func openRaw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := inspect.OpenRaw(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// checkFile checks integrity, foreign keys and invariants of a store's file, and that what is published verifies.
func checkFile(t testing.TB, path string) {
	t.Helper()
	if raceDetector && !full() {
		return // it looks at files alone: left to the run without the race detector
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

// dump writes down all that a store holds, for comparing before and after.
func dump(t testing.TB, s *annoset.Store) string {
	t.Helper()
	text, err := inspect.Dump(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// reproducible are options under which a store returns the same each time: a clock that goes a second a look, and
// ids that count.
func reproducible() *annoset.Options {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var n uint64
	return &annoset.Options{
		Now: func() time.Time {
			now = now.Add(time.Second)
			return now
		},
		NewID: func() uuid.UUID {
			n++
			var id uuid.UUID
			binary.BigEndian.PutUint64(id[8:], n)
			return id
		},
	}
}

// label makes an annotation.
func label(file, artifactType string, startMS, endMS int64) annoset.Annotation {
	return annoset.Annotation{AudioFileID: file, ArtifactType: artifactType, StartMS: startMS, EndMS: endMS}
}

// newDraft makes a dataset that takes any type, and an empty draft in it.
func newDraft(t testing.TB, s *annoset.Store, name string) annoset.AnnotationSet {
	t.Helper()
	ctx := context.Background()
	d, err := s.CreateDataset(ctx, annoset.NewDataset{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	set, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// collect reads all that an iterator yields.
func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	all := []T{}
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// stream yields n labels spread over files, as an import would read them.
func stream(n, files int) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for i := range n {
			start := int64(i/files) * 700
			a := label(fmt.Sprintf("file%05d.wav", i%files), fmt.Sprintf("type%d", i%7), start, start+int64(i%5)*300)
			if i%3 == 0 {
				c := float64(i%1000) / 999
				a.Confidence = &c
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

func TestOpenMemory(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	s, err := annoset.OpenMemory(ctx, nil)
	is.NoErr(err)
	defer s.Close()
	set := newDraft(t, s, "a")
	_, err = s.Add(ctx, set.ID, label("a.wav", "glitch", 0, 10))
	is.NoErr(err)
	for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
		is.NoErr(err)
		a.EndMS = 20
		is.NoErr(s.Update(ctx, set.ID, a)) // a write inside the loop over a read goes through
	}
	n, err := s.Import(ctx, set.ID, s.Annotations(ctx, set.ID, annoset.Filter{}), nil)
	is.NoErr(err) // an import may read from the store that it writes to
	is.Equal(n, 1)
}
