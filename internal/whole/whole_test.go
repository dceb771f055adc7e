package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/matryer/is"
)

// text returns a make function that writes a file, or a folder with a file in it.
func text(kind Kind, s string) func(temp string) error {
	return func(temp string) error {
		if kind == File {
			return os.WriteFile(temp, []byte(s), 0o600)
		}
		return errors.Join(os.Mkdir(temp, 0o700), os.WriteFile(filepath.Join(temp, "a"), []byte(s), 0o600))
	}
}

// names returns the names in a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWrite(t *testing.T) {
	t.Parallel()
	t.Run("a file", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		is.NoErr(Write(t.Context(), File, filepath.Join(dir, "out"), func(temp string) error {
			is.Equal(filepath.Base(temp), "out")               // a file may say its own name
			is.Equal(names(t, filepath.Dir(temp)), []string{}) // the folder is for this file alone
			_, err := os.Lstat(filepath.Join(dir, "out"))
			is.True(errors.Is(err, fs.ErrNotExist)) // not before it is complete
			return text(File, "whole")(temp)
		}))
		is.Equal(names(t, dir), []string{"out"}) // and nothing beside it
		got, err := os.ReadFile(filepath.Join(dir, "out"))
		is.NoErr(err)
		is.Equal(string(got), "whole")
	})
	t.Run("a folder, in the place of an empty one", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		is.NoErr(os.Mkdir(filepath.Join(dir, "out"), 0o700))
		is.NoErr(Write(t.Context(), Folder, filepath.Join(dir, "out"), text(Folder, "whole")))
		is.Equal(names(t, dir), []string{"out"})
		is.Equal(names(t, filepath.Join(dir, "out")), []string{"a"})
	})
}

func TestWrite_refusesWhatIsTaken(t *testing.T) {
	t.Parallel()
	taken := map[string]func(path string) error{
		"file":          func(path string) error { return os.WriteFile(path, []byte("old"), 0o600) },
		"full folder":   func(path string) error { return text(Folder, "old")(path) },
		"dangling link": func(path string) error { return os.Symlink("nowhere", path) },
	}
	for what, occupy := range taken {
		for _, kind := range []Kind{File, Folder} {
			for _, when := range []string{"before", "meanwhile"} {
				t.Run(what+" for a "+string(kind)+" "+when, func(t *testing.T) {
					t.Parallel()
					is := is.New(t)
					dir := t.TempDir()
					path := filepath.Join(dir, "out")
					if what == "dangling link" && runtime.GOOS == "windows" {
						t.Skip("a link needs a privilege there")
					}
					if when == "before" {
						is.NoErr(occupy(path))
					}
					made := false
					err := Write(t.Context(), kind, path, func(temp string) error {
						made = true
						return errors.Join(text(kind, "new")(temp), occupy(path))
					})
					got, ok := errors.AsType[*TakenError](err)
					is.True(ok)
					is.Equal(*got, TakenError{Kind: kind, Path: path})
					is.Equal(made, when == "meanwhile")      // nothing is made for a path that is taken
					is.Equal(names(t, dir), []string{"out"}) // what was there stays, alone
					if old, err := os.ReadFile(path); err == nil {
						is.Equal(string(old), "old")
					}
				})
			}
		}
	}
	t.Run("an empty folder for a file", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		dir := t.TempDir()
		is.NoErr(os.Mkdir(filepath.Join(dir, "out"), 0o700))
		_, ok := errors.AsType[*TakenError](Write(t.Context(), File, filepath.Join(dir, "out"), text(File, "new")))
		is.True(ok)
	})
}

// TestPut_fails keeps the empty folder that is to be replaced.
func TestPut_fails(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	is.NoErr(os.Mkdir(path, 0o700))
	is.NoErr(os.Chmod(path, 0o750)) //nolint:gosec // to see whether it stays
	before, err := os.Stat(path)
	is.NoErr(err)
	err = put(t.Context(), Folder, filepath.Join(dir, "missing"), path)
	is.True(errors.Is(err, fs.ErrNotExist))
	after, err := os.Stat(path)
	is.NoErr(err)
	is.Equal(after.Mode(), before.Mode())
	is.Equal(names(t, dir), []string{"out"})
}

func TestWrite_leavesNothingAfterAnError(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{File, Folder} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			dir := t.TempDir()
			failed := errors.New("failed")
			err := Write(t.Context(), kind, filepath.Join(dir, "out"), func(temp string) error {
				return errors.Join(text(kind, "half")(temp), failed)
			})
			is.True(errors.Is(err, failed))
			is.Equal(names(t, dir), []string{})

			err = Write(t.Context(), kind, filepath.Join(dir, "out"), func(string) error { return nil })
			is.True(errors.Is(err, fs.ErrNotExist)) // nothing was made
			is.Equal(names(t, dir), []string{})

			func() {
				defer func() { is.Equal(recover(), "lost") }() // the panic goes on
				_ = Write(t.Context(), kind, filepath.Join(dir, "out"), func(temp string) error {
					is.NoErr(text(kind, "half")(temp))
					panic("lost")
				})
			}()
			is.Equal(names(t, dir), []string{})

			err = Write(t.Context(), kind, filepath.Join(dir, "missing", "out"), text(kind, "new"))
			is.True(errors.Is(err, fs.ErrNotExist)) // no folder is made for it
		})
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	dir := t.TempDir()
	f, err := Create(dir, "a")
	is.NoErr(err)
	_, err = f.WriteString("once")
	is.NoErr(err)
	_, err = Create(dir, "a")
	is.True(errors.Is(err, fs.ErrExist)) // it never replaces a file
	is.NoErr(f.Close())
	got, err := os.ReadFile(filepath.Join(dir, "a"))
	is.NoErr(err)
	is.Equal(string(got), "once")
	is.True(f.Close() != nil) // a second time is an error
}
