// Package open_test opens whatever may lie at a path: stores of every schema, damaged ones, files of other programs,
// files that are locked, moved or not permitted. What is refused stays as it was, byte for byte.
package open_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// foreignFile makes an SQLite file with the statements of another application.
func foreignFile(t testing.TB, dir string, statements ...string) string {
	t.Helper()
	path := filepath.Join(dir, "other.db")
	raw := proof.OpenRaw(t, path)
	for _, q := range statements {
		_, err := raw.Exec(q)
		proof.NoErr(t, err)
	}
	proof.NoErr(t, raw.Close())
	return path
}

func truncate(t testing.TB, path string, size int64) string {
	t.Helper()
	proof.NoErr(t, os.Truncate(path, size))
	return path
}

func TestOpen_LeavesWhatItRefusesAsItWas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		make func(t *testing.T, dir string) string
		want []error // any of these
	}{
		{"a newer schema", func(t *testing.T, dir string) string {
			path := proof.StoreFile(t, dir)
			raw := proof.OpenRaw(t, path)
			_, err := raw.Exec(`PRAGMA user_version = 1000`)
			proof.NoErr(t, err)
			proof.NoErr(t, raw.Close())
			return path
		}, []error{annoset.ErrNewerSchema}},
		{"a store without a schema version", func(t *testing.T, dir string) string {
			path := proof.StoreFile(t, dir)
			raw := proof.OpenRaw(t, path)
			_, err := raw.Exec(`PRAGMA user_version = 0`)
			proof.NoErr(t, err)
			proof.NoErr(t, raw.Close())
			return path
		}, []error{annoset.ErrNotAStore}},
		{"another application's file", func(t *testing.T, dir string) string {
			return foreignFile(t, dir, `CREATE TABLE label (id INTEGER)`, `INSERT INTO label VALUES (1)`)
		}, []error{annoset.ErrNotAStore}},
		{"another application's file with a write-ahead log", func(t *testing.T, dir string) string {
			return foreignFile(t, dir, `PRAGMA journal_mode = WAL`, `CREATE TABLE label (id INTEGER)`)
		}, []error{annoset.ErrNotAStore}},
		{"another application's id", func(t *testing.T, dir string) string {
			return foreignFile(t, dir, `PRAGMA application_id = 4242`)
		}, []error{annoset.ErrNotAStore}},
		{"another application's schema version", func(t *testing.T, dir string) string {
			return foreignFile(t, dir, `PRAGMA user_version = 1`)
		}, []error{annoset.ErrNotAStore}},
		{"a text file", func(t *testing.T, dir string) string {
			return proof.WriteFile(t, dir, strings.Repeat("not a database\n", 1000))
		}, []error{annoset.ErrNotAStore}},
		{"one byte", func(t *testing.T, dir string) string {
			return proof.WriteFile(t, dir, "x")
		}, []error{annoset.ErrNotAStore}},
		{"garbage after the magic", func(t *testing.T, dir string) string {
			return proof.WriteFile(t, dir, "SQLite format 3\x00"+strings.Repeat("garbage!", 1000))
		}, []error{annoset.ErrNotAStore, annoset.ErrCorrupt}},
		{"garbage after the header", func(t *testing.T, dir string) string {
			path := proof.StoreFile(t, dir)
			data := proof.Value(os.ReadFile(path))(t)
			for i := range data[100:] {
				data[100+i] = 0xa5
			}
			proof.NoErr(t, os.WriteFile(path, data, 0o600))
			return path
		}, []error{annoset.ErrCorrupt}},
		{"a store cut in half", func(t *testing.T, dir string) string {
			path := proof.StoreFile(t, dir)
			return truncate(t, path, proof.Value(os.Stat(path))(t).Size()/2)
		}, []error{annoset.ErrCorrupt}},
		{"a store cut within its first page", func(t *testing.T, dir string) string {
			return truncate(t, proof.StoreFile(t, dir), 1000)
		}, []error{annoset.ErrCorrupt, annoset.ErrNotAStore}},
		{"a store cut within its header", func(t *testing.T, dir string) string {
			return truncate(t, proof.StoreFile(t, dir), 50)
		}, []error{annoset.ErrCorrupt, annoset.ErrNotAStore}},
		{"a folder", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "folder")
			proof.NoErr(t, os.Mkdir(path, 0o700))
			return path
		}, []error{annoset.ErrNotAStore}},
		{"a missing folder", func(t *testing.T, dir string) string {
			return filepath.Join(dir, "missing", "labels.annoset")
		}, []error{fs.ErrNotExist}},
	}
	for _, test := range tests {
		for _, opts := range []*annoset.Options{nil, {ReadOnly: true}} {
			t.Run(fmt.Sprintf("%s, read-only %v", test.name, opts != nil), func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				dir := t.TempDir()
				path := test.make(t, dir)
				before := proof.FolderSums(t, dir)
				for range 2 {
					s, err := annoset.Open(t.Context(), path, opts)
					meant := slices.ContainsFunc(test.want, func(want error) bool { return errors.Is(err, want) })
					is.True(meant)                               // the error says what it is
					is.True(s == nil)                            // no store comes with it
					is.True(strings.Contains(err.Error(), path)) // it names the file
					is.Equal(proof.FolderSums(t, dir), before)   // not a byte was changed, nothing added
				}
			})
		}
	}
	t.Run("no path", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		_, err := annoset.Open(t.Context(), "", nil)
		is.True(errors.Is(err, annoset.ErrInvalid)) // SQLite would open a temporary database
	})
	t.Run("nothing, read-only", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		_, err := annoset.Open(t.Context(), filepath.Join(dir, "labels.annoset"), &annoset.Options{ReadOnly: true})
		is.True(errors.Is(err, fs.ErrNotExist)) // read-only never makes a store
		is.Equal(len(proof.FolderSums(t, dir)), 0)
	})
	t.Run("an empty file, read-only", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		path := proof.WriteFile(t, dir, "")
		_, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
		is.True(errors.Is(err, annoset.ErrNotAStore))
		is.Equal(proof.FolderSums(t, dir), map[string]string{"some.file": fmt.Sprintf("%x", sha256.Sum256(nil))})
	})
}

func TestOpen_LeavesANewerSchemaInTheLogAsItWas(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	from, dir := proof.StoreFile(t, t.TempDir()), t.TempDir()
	path := filepath.Join(dir, "labels.annoset")
	raw := proof.OpenRaw(t, from)
	_, err := raw.Exec(`PRAGMA user_version = 1000`)
	is.NoErr(err)
	for _, ending := range []string{"", "-wal"} { // as a crash of the newer program would leave them
		is.NoErr(os.WriteFile(path+ending, proof.Value(os.ReadFile(from+ending))(t), 0o600))
	}
	before := proof.FolderSums(t, dir)
	for _, opts := range []*annoset.Options{nil, {ReadOnly: true}} {
		_, err := annoset.Open(t.Context(), path, opts)
		is.True(errors.Is(err, annoset.ErrNewerSchema)) // the log counts
		after := proof.FolderSums(t, dir)
		delete(after, "labels.annoset-shm") // SQLite's index of the log: it cannot read without one
		is.Equal(after, before)
	}
}

func TestOpen_MakesAStoreOfAnEmptyFile(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	path := proof.WriteFile(t, t.TempDir(), "")
	s := proof.ReopenStore(t, path, nil)
	set := proof.NewDraft(t, s.Store, "one")
	is.Equal(set.Version, 1)
	is.NoErr(s.Close())
	again := proof.ReopenStore(t, path, nil)
	is.Equal(len(proof.Value(again.Datasets(t.Context()))(t)), 1) // in that very file
}

func TestOpen_TakesEveryPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain", "with space.annoset", "what?.annoset", "x?mode=ro", "x?mode=memory&cache=shared", "a#b.annoset",
		"100%.annoset", "%3f.annoset", "%", "a&b=c", "a+b", "it's;--.db", `quo"te`, "ünïcödé-音声-🎧.annoset", ":memory:", "file:x.db", "-wal",
		strings.Repeat("long", 20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && strings.ContainsAny(name, `?:"`) {
				t.Skip("not a file name on Windows")
			}
			is := is.New(t)
			dir := filepath.Join(t.TempDir(), "in "+name)
			is.NoErr(os.Mkdir(dir, 0o700))
			path := filepath.Join(dir, name)
			s, err := annoset.Open(t.Context(), path, nil)
			is.NoErr(err)
			_, err = s.Add(t.Context(), proof.NewDraft(t, s, "one").ID, proof.Label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			before := proof.Dump(t, s)
			is.NoErr(s.Close())
			is.Equal(len(proof.FolderSums(t, dir)), 1) // one file, nothing beside it
			_, err = os.Stat(path)
			is.NoErr(err)
			for _, opts := range []*annoset.Options{nil, {ReadOnly: true}} {
				s, err := annoset.Open(t.Context(), path, opts)
				is.NoErr(err)
				is.Equal(proof.Dump(t, s), before) // it is the same store
				is.NoErr(s.Backup(t.Context(), path+fmt.Sprint(opts == nil)))
				is.NoErr(s.Close())
			}
		})
	}
}

func TestOpen_KeepsEverything(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	w := proof.NewWorld(t)
	before := proof.Dump(t, w.Store)
	is.NoErr(w.Close())
	s := proof.ReopenStore(t, w.Path, nil)
	is.Equal(proof.Dump(t, s.Store), before)
	is.NoErr(s.Close())
	is.Equal(len(proof.FolderSums(t, filepath.Dir(w.Path))), 1) // no companion files are left
}

func TestOpen_TwoStoresOnOneFile(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, a.Store, "one")
	b := proof.ReopenStore(t, a.Path, nil)
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i, s := range []*proof.Store{a, b} {
		all.Go(func() {
			for range 20 {
				_, err := s.Add(context.Background(), set.ID, proof.Label("a.wav", "glitch", 0, 10))
				errs[i] = errors.Join(errs[i], err)
				_, err = s.CreateSet(context.Background(), set.DatasetID, annoset.NewSet{})
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	all.Wait()
	is.NoErr(errors.Join(errs...))
	is.Equal(proof.Dump(t, a.Store), proof.Dump(t, b.Store))
	sets := proof.Value(a.Sets(t.Context(), set.DatasetID, annoset.SetFilter{}))(t)
	is.Equal(len(sets), 41)
	is.Equal(sets[40].Version, 41) // no version given twice, none left out
	is.Equal(sets[0].TotalAnnotations, int64(40))
	is.NoErr(a.Close())
	_, err := b.Add(t.Context(), set.ID, proof.Label("a.wav", "glitch", 0, 10))
	is.NoErr(err) // closing one leaves the other open
}

func TestOpenMemory_IsPrivate(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a, err := annoset.OpenMemory(t.Context(), nil)
	is.NoErr(err)
	b, err := annoset.OpenMemory(t.Context(), nil)
	is.NoErr(err)
	defer b.Close()
	set := proof.NewDraft(t, a, "one")
	is.Equal(len(proof.Value(b.Datasets(t.Context()))(t)), 0) // they share nothing
	is.Equal(proof.NewDraft(t, b, "one").Version, 1)
	_, err = b.SetByID(t.Context(), set.ID)
	is.True(errors.Is(err, annoset.ErrNotFound))
	is.NoErr(a.Close())
	is.Equal(len(proof.Value(b.Datasets(t.Context()))(t)), 1) // also after one is closed
	c, err := annoset.OpenMemory(t.Context(), nil)
	is.NoErr(err)
	defer c.Close()
	is.Equal(len(proof.Value(c.Datasets(t.Context()))(t)), 0) // nothing is left of a closed store
}
