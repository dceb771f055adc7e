package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/matryer/is"
)

// old makes a file, readable to its group, with two files beside it.
func old(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "out")
	for _, ending := range []string{"", "-log", "-index"} {
		if err := os.WriteFile(path+ending, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil { //nolint:gosec // to see whether it stays
		t.Fatal(err)
	}
	return dir, path
}

func TestReplace(t *testing.T) {
	t.Parallel()
	beside := []string{"-log", "-index", "-none"}
	free := func(string) (func() error, error) { return func() error { return nil }, nil }
	read := func(t *testing.T, path string) string {
		t.Helper()
		data, err := os.ReadFile(path)
		is.New(t).NoErr(err)
		return string(data)
	}
	t.Run("takes the files beside the old one away", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir, path := old(t)
		held := 0
		is.NoErr(Replace(t.Context(), &Replacement{
			Path: path, Beside: beside, Write: text(File, "new"),
			Hold: func(string) (func() error, error) {
				held++
				is.Equal(read(t, path+"-log"), "old") // it is held with them
				return func() error { held++; return nil }, nil
			},
		}))
		is.Equal(held, 2) // and released
		is.Equal(names(t, dir), []string{"out"})
		is.Equal(read(t, path), "new")
		if runtime.GOOS != "windows" {
			info, err := os.Stat(path)
			is.NoErr(err)
			is.Equal(info.Mode().Perm(), fs.FileMode(0o640)) // those of the old one
		}
	})
	t.Run("makes a file where there is none, and takes away what lies beside it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir, path := old(t)
		is.NoErr(os.Remove(path))
		is.NoErr(Replace(t.Context(), &Replacement{
			Path: path, Beside: beside, Write: text(File, "new"),
			Hold: func(string) (func() error, error) { panic("there is nothing to hold") },
		}))
		is.Equal(names(t, dir), []string{"out"})
		is.Equal(read(t, path), "new")
	})
	failed := errors.New("failed")
	for name, r := range map[string]*Replacement{
		"the new file cannot be written": {Hold: free, Write: func(string) error { return failed }},
		"the old one is in use": {
			Hold: func(string) (func() error, error) { return nil, failed }, Write: text(File, "new"),
		},
		"the new file is gone": {Hold: free, Write: func(string) error { return nil }},
	} {
		t.Run("leaves the old file if "+name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			dir, path := old(t)
			r.Path, r.Beside = path, beside
			is.True(Replace(t.Context(), r) != nil)
			is.Equal(names(t, dir), []string{"out", "out-index", "out-log"})
			is.Equal(read(t, path), "old")
		})
	}
	t.Run("leaves the old file if a folder is in the place of one beside it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir, path := old(t)
		is.NoErr(os.Remove(path + "-index"))
		is.NoErr(os.Mkdir(path+"-index", 0o700))
		err := Replace(t.Context(), &Replacement{
			Path: path, Beside: beside, Write: text(File, "new"),
			Hold: func(string) (func() error, error) { panic("it is held in vain") },
		})
		taken, ok := errors.AsType[*TakenError](err)
		is.True(ok)
		is.Equal(*taken, TakenError{Kind: Folder, Path: path + "-index"})
		is.Equal(names(t, dir), []string{"out", "out-index", "out-log"})
		is.Equal(read(t, path), "old")
		is.Equal(read(t, path+"-log"), "old")
	})
	t.Run("puts back what was beside the old file if the new one cannot be moved", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir, path := old(t)
		var lost string
		released := false
		err := Replace(t.Context(), &Replacement{
			Path: path, Beside: beside,
			Write: func(temp string) error {
				lost = temp
				return text(File, "new")(temp)
			},
			Hold: func(string) (func() error, error) {
				return func() error { released = true; return nil }, os.Remove(lost)
			},
		})
		is.True(errors.Is(err, fs.ErrNotExist))
		is.True(released)
		is.Equal(names(t, dir), []string{"out", "out-index", "out-log"})
		is.Equal(read(t, path+"-log"), "old")
	})
	t.Run("leaves a file that was made meanwhile, with what is beside it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir, path := old(t)
		is.NoErr(os.Rename(path, path+"-later"))
		made := &maker{path: path}
		err := Replace(WithDisk(t.Context(), made), &Replacement{Path: path, Beside: beside, Write: text(File, "new")})
		taken, ok := errors.AsType[*TakenError](err)
		is.True(ok)
		is.Equal(*taken, TakenError{Kind: File, Path: path})
		is.Equal(names(t, dir), []string{"out", "out-index", "out-log"})
		is.Equal(read(t, path), "old")
		is.Equal(made.changes, 0) // nothing was taken away, even for a moment
	})
}

// maker is a disk at which somebody makes a file when the first thing was synced.
type maker struct {
	path    string
	once    sync.Once
	changes int
}

func (m *maker) Synced(string) { m.once.Do(func() { _ = os.Rename(m.path+"-later", m.path) }) }
func (m *maker) Changed()      { m.changes++ }
