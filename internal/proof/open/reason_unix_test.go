//go:build unix

package open_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// openSoon opens a store, and fails if that hangs.
func openSoon(t *testing.T, path string, opts *annoset.Options) error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		s, err := annoset.Open(context.Background(), path, opts)
		if err == nil {
			_, err = s.Datasets(context.Background())
			err = errors.Join(err, s.Close())
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("%s: it hangs", path)
		return nil
	}
}

// TestOpen_SaysWhy opens what cannot be opened. The error has a type that says why, and nothing is made or changed.
func TestOpen_SaysWhy(t *testing.T) {
	t.Parallel()
	fifo := func(t *testing.T, path string) { proof.NoErr(t, syscall.Mkfifo(path, 0o600)) }
	folder := func(t *testing.T, path string) { proof.NoErr(t, os.Mkdir(path, 0o700)) }
	link := func(t *testing.T, path string) { proof.NoErr(t, os.Symlink("nothing", path)) }
	socket := func(t *testing.T, path string) {
		l := proof.Value(net.Listen("unix", path))(t)
		t.Cleanup(func() { l.Close() })
	}
	at := func(make func(*testing.T, string)) func(*testing.T, string) string {
		return func(t *testing.T, dir string) string {
			make(t, filepath.Join(dir, "labels.annoset"))
			return filepath.Join(dir, "labels.annoset")
		}
	}
	beside := func(ending string, make func(*testing.T, string)) func(*testing.T, string) string {
		return func(t *testing.T, dir string) string {
			path := proof.StoreFile(t, dir)
			make(t, path+ending)
			return path
		}
	}
	besideNothing := func(ending string, make func(*testing.T, string)) func(*testing.T, string) string {
		return func(t *testing.T, dir string) string {
			make(t, filepath.Join(dir, "labels.annoset"+ending))
			return filepath.Join(dir, "labels.annoset")
		}
	}
	type opened struct {
		name     string
		make     func(t *testing.T, dir string) string
		want     error
		readOnly error // nil: as want; errNone: it can be read
	}
	errNone := errors.New("it can be read")
	errAnyPath := errors.New("an error of the file system")
	tests := []opened{
		{"a folder", at(folder), annoset.ErrNotAStore, nil},
		{"a FIFO", at(fifo), annoset.ErrNotAStore, nil},
		{"a socket", at(socket), annoset.ErrNotAStore, nil},
		{"a device", func(*testing.T, string) string { return "/dev/null" }, annoset.ErrNotAStore, nil},
		{"an endless device", func(*testing.T, string) string { return "/dev/zero" }, annoset.ErrNotAStore, nil},
		{"a link to a device", func(t *testing.T, dir string) string {
			proof.NoErr(t, os.Symlink("/dev/zero", filepath.Join(dir, "link")))
			return filepath.Join(dir, "link")
		}, annoset.ErrNotAStore, nil},
		{"a link to itself", func(t *testing.T, dir string) string {
			proof.NoErr(t, os.Symlink("link", filepath.Join(dir, "link")))
			return filepath.Join(dir, "link")
		}, syscall.ELOOP, nil},
		{"a link to nothing in a missing folder", func(t *testing.T, dir string) string {
			proof.NoErr(t, os.Symlink("missing/labels", filepath.Join(dir, "link")))
			return filepath.Join(dir, "link")
		}, fs.ErrNotExist, nil},
		{"a file of the kernel's", func(*testing.T, string) string { return "/proc/self/status" }, errAnyPath,
			annoset.ErrNotAStore},
		{"a missing folder", func(_ *testing.T, dir string) string { return dir + "/missing/labels" }, fs.ErrNotExist, nil},
		{"a name with a slash after it", func(_ *testing.T, dir string) string { return dir + "/labels/" }, fs.ErrNotExist, nil},
		{"a file with a slash after it", func(t *testing.T, dir string) string { return proof.StoreFile(t, dir) + "/" },
			syscall.ENOTDIR, nil},
		{"a file in the place of a folder", func(t *testing.T, dir string) string { return proof.StoreFile(t, dir) + "/labels" },
			syscall.ENOTDIR, nil},
		{"the folder itself", func(_ *testing.T, dir string) string { return dir + "/." }, annoset.ErrNotAStore, nil},
		{"a NUL in the path", func(_ *testing.T, dir string) string { return dir + "/a\x00b" }, syscall.EINVAL, nil},
		{"a name that is too long", func(_ *testing.T, dir string) string { return dir + "/" + strings.Repeat("x", 300) },
			syscall.ENAMETOOLONG, nil},
		{"a name that is too long for its log", func(_ *testing.T, dir string) string {
			return dir + "/" + strings.Repeat("x", 250)
		}, syscall.ENAMETOOLONG, fs.ErrNotExist},
		{"a path that is too long", func(_ *testing.T, dir string) string { return dir + strings.Repeat("/xxxxxxx", 1000) },
			syscall.ENAMETOOLONG, nil},
		{"a path that is too long for SQLite", func(t *testing.T, dir string) string {
			deep := dir + strings.Repeat("/"+strings.Repeat("x", 99), 6)
			proof.NoErr(t, os.MkdirAll(deep, 0o700))
			return deep + "/labels"
		}, syscall.ENAMETOOLONG, fs.ErrNotExist},
		{"a store whose path is too long for SQLite", func(t *testing.T, dir string) string {
			deep := dir + strings.Repeat("/"+strings.Repeat("x", 99), 6)
			proof.NoErr(t, os.MkdirAll(deep, 0o700))
			proof.NoErr(t, os.Rename(proof.StoreFile(t, dir), deep+"/labels"))
			return deep + "/labels"
		}, syscall.ENAMETOOLONG, nil},
		{"a store whose name is too long for a log", func(t *testing.T, dir string) string {
			path := dir + "/" + strings.Repeat("x", 250)
			proof.NoErr(t, os.Rename(proof.StoreFile(t, dir), path))
			return path
		}, syscall.ENAMETOOLONG, errNone},
	}
	for _, ending := range []string{"-wal", "-shm", "-journal"} {
		var readOnly error
		if ending == "-shm" {
			readOnly = errNone // it is not needed without a log
		}
		tests = append(tests,
			opened{"a folder at " + ending, beside(ending, folder), annoset.ErrConflict, readOnly},
			opened{"a FIFO at " + ending, beside(ending, fifo), annoset.ErrConflict, readOnly},
			opened{"a link at " + ending, beside(ending, link), annoset.ErrConflict, errNone},
			opened{"a folder at " + ending + " of nothing", besideNothing(ending, folder), annoset.ErrConflict, fs.ErrNotExist},
			opened{"a FIFO at " + ending + " of nothing", besideNothing(ending, fifo), annoset.ErrConflict, fs.ErrNotExist},
		)
	}
	for _, test := range tests {
		for _, readOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, read-only %v", test.name, readOnly), func(t *testing.T) {
				t.Parallel()
				if runtime.GOOS != "linux" && (strings.Contains(test.name, "device") || test.want == errAnyPath) {
					t.Skip("other systems have others")
				}
				dir, err := os.MkdirTemp("", "why") //nolint:usetesting // a socket's path must be short
				proof.NoErr(t, err)
				t.Cleanup(func() { os.RemoveAll(dir) })
				path := test.make(t, dir)
				before := tree(t, dir)
				want := test.want
				if readOnly && test.readOnly != nil {
					want = test.readOnly
				}
				err = openSoon(t, path, &annoset.Options{ReadOnly: readOnly})
				switch {
				case want == errAnyPath:
					if _, ok := errors.AsType[*fs.PathError](err); !ok && !errors.Is(err, annoset.ErrReadOnly) {
						t.Errorf("%v", err)
					}
				case want == errNone && err != nil, want != errNone && !errors.Is(err, want):
					t.Errorf("%v, and not %v", err, want)
				case err != nil && strings.Contains(err.Error(), "(14)"):
					t.Errorf("SQLite found it, and not we: %v", err)
				}
				if now := tree(t, dir); now != before {
					t.Errorf("there was %s and is %s", before, now)
				}
			})
		}
	}
}

// tree writes down the names, kinds and sizes of all that is in a folder.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	proof.NoErr(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(&b, path, info.Mode(), info.Size())
		}
		return err
	}))
	return b.String()
}

// makeLogs makes folders with a store each whose log has the newest part: in "no index" nothing can be written, and the
// index of the log is missing; in "dark log" and "dark index" that file cannot be read.
func makeLogs(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"no index", "dark log", "dark index"} {
		sub := filepath.Join(dir, name)
		proof.NoErr(t, os.Mkdir(sub, 0o777))
		proof.NoErr(t, os.Chmod(sub, 0o777))       //nolint:gosec // whatever the umask
		t.Cleanup(func() { os.Chmod(sub, 0o700) }) //nolint:errcheck // so that it can be removed
		path := filepath.Join(sub, "labels.annoset")
		from := proof.OpenStore(t, nil)
		proof.NewDraft(t, from.Store, "in the log")
		for _, ending := range []string{"", "-wal", "-shm"} {
			data := proof.Value(os.ReadFile(from.Path + ending))(t)
			proof.NoErr(t, os.WriteFile(path+ending, data, 0o600))
			proof.NoErr(t, os.Chmod(path+ending, 0o666)) //nolint:gosec // for the other user
		}
		switch name {
		case "no index":
			proof.NoErr(t, os.Remove(path+"-shm"))
			proof.NoErr(t, os.Chmod(sub, 0o555)) //nolint:gosec // the point of it
		case "dark log":
			proof.NoErr(t, os.Chmod(path+"-wal", 0))
		case "dark index":
			proof.NoErr(t, os.Chmod(path+"-shm", 0))
		}
	}
}

// logsThatCannotBeRead opens what [makeLogs] made.
func logsThatCannotBeRead(t *testing.T, dir string) {
	t.Helper()
	for name, want := range map[string]error{
		"no index": annoset.ErrReadOnly, "dark log": fs.ErrPermission, "dark index": fs.ErrPermission,
	} {
		for _, readOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, read-only %v", name, readOnly), func(t *testing.T) {
				err := openSoon(t, filepath.Join(dir, name, "labels.annoset"), &annoset.Options{ReadOnly: readOnly})
				if !errors.Is(err, want) && (readOnly || !errors.Is(err, annoset.ErrReadOnly)) {
					t.Errorf("%v, and not %v", err, want)
				}
				if err != nil && name != "no index" && !strings.Contains(err.Error(), "labels.annoset-") {
					t.Errorf("it does not name the file: %v", err)
				}
			})
		}
	}
}

// withoutDescriptors tells a test that it was started again, to use up what a process may open.
const withoutDescriptors = "ANNOSET_TEST_NO_DESCRIPTORS"

// TestStore_whenNoMoreFilesCanBeOpened opens and uses stores in a process that may open no more files.
func TestStore_whenNoMoreFilesCanBeOpened(t *testing.T) { //nolint:paralleltest // started again, it is alone
	dir := os.Getenv(withoutDescriptors)
	if dir == "" {
		t.Parallel()
		if runtime.GOOS != "linux" {
			t.Skip("the limit is set as Linux has it")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestStore_whenNoMoreFilesCanBeOpened$", "-test.v") //nolint:gosec // itself
		cmd.Env = append(os.Environ(), withoutDescriptors+"="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	is := is.New(t)
	ctx := t.Context()
	closed := proof.StoreFile(t, dir)
	open, err := annoset.Open(ctx, filepath.Join(dir, "open.annoset"), nil)
	is.NoErr(err)
	set := proof.NewDraft(t, open, "a")
	_, err = open.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 10))
	is.NoErr(err)
	is.NoErr(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}))
	for left := range 12 { // how many more may be opened
		var held []*os.File
		for {
			f, err := os.Open(os.DevNull)
			if err != nil {
				break
			}
			held = append(held, f)
		}
		for _, f := range held[:left] {
			is.NoErr(f.Close())
		}
		typed := func(what string, err error) {
			t.Helper()
			if err != nil && !errors.Is(err, syscall.EMFILE) {
				t.Errorf("%d left: %s: %v", left, what, err)
			}
			if left == 0 && err == nil {
				t.Errorf("%s needs no file?", what)
			}
		}
		_, err := annoset.Open(ctx, filepath.Join(dir, fmt.Sprint("new", left)), nil)
		typed("open a new one", err)
		for _, readOnly := range []bool{true, false} {
			s, err := annoset.Open(ctx, closed, &annoset.Options{ReadOnly: readOnly})
			typed(fmt.Sprint("open, read-only ", readOnly), err)
			if err == nil {
				_, err = s.Datasets(ctx)
				typed("use", err)
				is.NoErr(s.Close())
			}
		}
		err = open.Backup(ctx, filepath.Join(dir, fmt.Sprint("copy", left)))
		typed("back up", err)
		err = open.View(ctx, func(*annoset.Store) error { // more connections at once than there were before
			return open.View(ctx, func(*annoset.Store) error {
				_, err := open.Datasets(ctx)
				return err
			})
		})
		if err != nil {
			typed("read", err)
		}
		for _, f := range held[left:] {
			is.NoErr(f.Close())
		}
	}
	_, err = open.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 10))
	is.NoErr(err) // the locks that a store holds are not dropped by looking for a reason
	is.NoErr(open.Close())
	proof.CheckFile(t, filepath.Join(dir, "open.annoset"))
}
