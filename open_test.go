package annoset_test

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
)

// folderSums are the SHA-256 sums of all that lies in a folder.
func folderSums(t testing.TB, dir string) map[string]string {
	t.Helper()
	sums := make(map[string]string)
	for _, e := range value(os.ReadDir(dir))(t) {
		if e.IsDir() {
			sums[e.Name()] = "folder"
			continue
		}
		sums[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(value(os.ReadFile(filepath.Join(dir, e.Name())))(t)))
	}
	return sums
}

// storeFile makes a closed store with something in it.
func storeFile(t testing.TB, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "labels.annoset")
	s := value(annoset.Open(t.Context(), path, reproducible()))(t)
	set := newDraft(t, s, "one")
	value(s.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10), label("b.wav", "hum", 5, 5)))(t)
	value(s.Publish(t.Context(), set.ID, nil))(t)
	noErr(t, s.Tag(t.Context(), set.DatasetID, "best", set.ID))
	value(s.NewVersion(t.Context(), set.ID, annoset.NewSet{}))(t)
	noErr(t, s.Close())
	return path
}

// foreignFile makes an SQLite file by statements of another application.
func foreignFile(t testing.TB, dir string, statements ...string) string {
	t.Helper()
	path := filepath.Join(dir, "other.db")
	raw := openRaw(t, path)
	for _, q := range statements {
		_, err := raw.Exec(q)
		noErr(t, err)
	}
	noErr(t, raw.Close())
	return path
}

func writeFile(t testing.TB, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "some.file")
	noErr(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func truncate(t testing.TB, path string, size int64) string {
	t.Helper()
	noErr(t, os.Truncate(path, size))
	return path
}

func TestOpen_LeavesWhatItRefusesAsItWas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		make func(t *testing.T, dir string) string
		want []error // any of them
	}{
		{"a newer schema", func(t *testing.T, dir string) string {
			path := storeFile(t, dir)
			raw := openRaw(t, path)
			_, err := raw.Exec(`PRAGMA user_version = 1000`)
			noErr(t, err)
			noErr(t, raw.Close())
			return path
		}, []error{annoset.ErrNewerSchema}},
		{"a store without a schema version", func(t *testing.T, dir string) string {
			path := storeFile(t, dir)
			raw := openRaw(t, path)
			_, err := raw.Exec(`PRAGMA user_version = 0`)
			noErr(t, err)
			noErr(t, raw.Close())
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
			return writeFile(t, dir, strings.Repeat("not a database\n", 1000))
		}, []error{annoset.ErrNotAStore}},
		{"one byte", func(t *testing.T, dir string) string {
			return writeFile(t, dir, "x")
		}, []error{annoset.ErrNotAStore}},
		{"garbage after the magic", func(t *testing.T, dir string) string {
			return writeFile(t, dir, "SQLite format 3\x00"+strings.Repeat("garbage!", 1000))
		}, []error{annoset.ErrNotAStore, annoset.ErrCorrupt}},
		{"garbage after the header", func(t *testing.T, dir string) string {
			path := storeFile(t, dir)
			data := value(os.ReadFile(path))(t)
			for i := range data[100:] {
				data[100+i] = 0xa5
			}
			noErr(t, os.WriteFile(path, data, 0o600))
			return path
		}, []error{annoset.ErrCorrupt}},
		{"a store cut in half", func(t *testing.T, dir string) string {
			path := storeFile(t, dir)
			return truncate(t, path, value(os.Stat(path))(t).Size()/2)
		}, []error{annoset.ErrCorrupt}},
		{"a store cut within its first page", func(t *testing.T, dir string) string {
			return truncate(t, storeFile(t, dir), 1000)
		}, []error{annoset.ErrCorrupt, annoset.ErrNotAStore}},
		{"a store cut within its header", func(t *testing.T, dir string) string {
			return truncate(t, storeFile(t, dir), 50)
		}, []error{annoset.ErrCorrupt, annoset.ErrNotAStore}},
		{"a folder", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "folder")
			noErr(t, os.Mkdir(path, 0o700))
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
				before := folderSums(t, dir)
				for range 2 {
					s, err := annoset.Open(t.Context(), path, opts)
					meant := slices.ContainsFunc(test.want, func(want error) bool { return errors.Is(err, want) })
					is.True(meant)                               // the error tells what it is
					is.True(s == nil)                            // and no half store comes with it
					is.True(strings.Contains(err.Error(), path)) // it names the file
					is.Equal(folderSums(t, dir), before)         // byte for byte, and nothing beside it
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
		is.Equal(len(folderSums(t, dir)), 0)
	})
	t.Run("an empty file, read-only", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		path := writeFile(t, dir, "")
		_, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
		is.True(errors.Is(err, annoset.ErrNotAStore))
		is.Equal(folderSums(t, dir), map[string]string{"some.file": fmt.Sprintf("%x", sha256.Sum256(nil))})
	})
}

func TestOpen_LeavesANewerSchemaInTheLogAsItWas(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	from, dir := storeFile(t, t.TempDir()), t.TempDir()
	path := filepath.Join(dir, "labels.annoset")
	raw := openRaw(t, from)
	_, err := raw.Exec(`PRAGMA user_version = 1000`)
	is.NoErr(err)
	for _, ending := range []string{"", "-wal"} { // as a crash of the newer program leaves them
		is.NoErr(os.WriteFile(path+ending, value(os.ReadFile(from+ending))(t), 0o600))
	}
	before := folderSums(t, dir)
	for _, opts := range []*annoset.Options{nil, {ReadOnly: true}} {
		_, err := annoset.Open(t.Context(), path, opts)
		is.True(errors.Is(err, annoset.ErrNewerSchema)) // what the log says counts
		after := folderSums(t, dir)
		delete(after, "labels.annoset-shm") // SQLite's index of the log, which it cannot read without
		is.Equal(after, before)
	}
}

func TestOpen_MakesAStoreOfAnEmptyFile(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	path := writeFile(t, t.TempDir(), "")
	s := reopenStore(t, path, nil)
	set := newDraft(t, s.Store, "one")
	is.Equal(set.Version, 1)
	is.NoErr(s.Close())
	again := reopenStore(t, path, nil)
	is.Equal(len(value(again.Datasets(t.Context()))(t)), 1) // it is kept in that very file
}

func TestOpen_TakesEveryPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain", "with space.annoset", "what?.annoset", "x?mode=ro", "x?mode=memory&cache=shared", "a#b.annoset", "100%.annoset",
		"%3f.annoset", "%", "a&b=c", "a+b", "it's;--.db", `quo"te`, "ünïcödé-音声-🎧.annoset", ":memory:", "file:x.db", "-wal",
		strings.Repeat("long", 20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && strings.ContainsAny(name, `?:"`) {
				t.Skip("no file is called so on Windows")
			}
			is := is.New(t)
			dir := filepath.Join(t.TempDir(), "in "+name)
			is.NoErr(os.Mkdir(dir, 0o700))
			path := filepath.Join(dir, name)
			s, err := annoset.Open(t.Context(), path, nil)
			is.NoErr(err)
			_, err = s.Add(t.Context(), newDraft(t, s, "one").ID, label("a.wav", "glitch", 0, 10))
			is.NoErr(err)
			before := dump(t, s)
			is.NoErr(s.Close())
			is.Equal(len(folderSums(t, dir)), 1) // one file of that name, and nothing beside it
			_, err = os.Stat(path)
			is.NoErr(err)
			for _, opts := range []*annoset.Options{nil, {ReadOnly: true}} {
				s, err := annoset.Open(t.Context(), path, opts)
				is.NoErr(err)
				is.Equal(dump(t, s), before) // it is found again
				is.NoErr(s.Backup(t.Context(), path+fmt.Sprint(opts == nil)))
				is.NoErr(s.Close())
			}
		})
	}
}

func TestOpen_KeepsEverything(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	w := newWorld(t)
	before := dump(t, w.Store)
	is.NoErr(w.Close())
	s := reopenStore(t, w.path, nil)
	is.Equal(dump(t, s.Store), before)
	is.NoErr(s.Close())
	is.Equal(len(folderSums(t, filepath.Dir(w.path))), 1) // the companions are gone
}

func TestOpen_TwoStoresOnOneFile(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a := openStore(t, nil)
	set := newDraft(t, a.Store, "one")
	b := reopenStore(t, a.path, nil)
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i, s := range []*testStore{a, b} {
		all.Go(func() {
			for range 20 {
				_, err := s.Add(context.Background(), set.ID, label("a.wav", "glitch", 0, 10))
				errs[i] = errors.Join(errs[i], err)
				_, err = s.CreateSet(context.Background(), set.DatasetID, annoset.NewSet{})
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	all.Wait()
	is.NoErr(errors.Join(errs...))
	is.Equal(dump(t, a.Store), dump(t, b.Store))
	sets := value(a.Sets(t.Context(), set.DatasetID, annoset.SetFilter{}))(t)
	is.Equal(len(sets), 41)
	is.Equal(sets[40].Version, 41) // no version was given twice, and none left out
	is.Equal(sets[0].TotalAnnotations, int64(40))
	is.NoErr(a.Close())
	_, err := b.Add(t.Context(), set.ID, label("a.wav", "glitch", 0, 10))
	is.NoErr(err) // closing one leaves the other
}

func TestOpenMemory_IsPrivate(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	a, err := annoset.OpenMemory(t.Context(), nil)
	is.NoErr(err)
	b, err := annoset.OpenMemory(t.Context(), nil)
	is.NoErr(err)
	defer b.Close()
	set := newDraft(t, a, "one")
	is.Equal(len(value(b.Datasets(t.Context()))(t)), 0) // two stores in memory are two stores
	is.Equal(newDraft(t, b, "one").Version, 1)
	_, err = b.SetByID(t.Context(), set.ID)
	is.True(errors.Is(err, annoset.ErrNotFound))
	is.NoErr(a.Close())
	is.Equal(len(value(b.Datasets(t.Context()))(t)), 1) // and end apart
	c, err := annoset.OpenMemory(t.Context(), nil)
	is.NoErr(err)
	defer c.Close()
	is.Equal(len(value(c.Datasets(t.Context()))(t)), 0) // nothing is left of a closed one
}
