//go:build unix

package open_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// asNobody tells a test that it was started again as another user.
const asNobody = "ANNOSET_TEST_AS_NOBODY"

func TestOpen_WherePermissionsAreMissing(t *testing.T) { //nolint:paralleltest // its child process runs it by name
	dir := os.Getenv(asNobody)
	switch {
	case dir != "":
	case os.Getuid() != 0:
		dir = t.TempDir()
		makeUnwritable(t, dir)
	case runtime.GOOS != "linux":
		t.Skip("root ignores permissions, and the test becomes another user on Linux alone")
	default:
		t.Parallel()
		runAsNobody(t)
		return
	}
	t.Run("a file without permissions", func(t *testing.T) {
		is := is.New(t)
		path := filepath.Join(dir, "closed", "labels.annoset")
		for _, opts := range []*annoset.Options{nil, {ReadOnly: true}} {
			_, err := annoset.Open(t.Context(), path, opts)
			is.True(errors.Is(err, fs.ErrPermission)) // with the reason of the file system
			is.Equal(namesIn(t, filepath.Dir(path)), []string{"labels.annoset"})
		}
	})
	t.Run("a folder that one may not look into", func(t *testing.T) {
		is := is.New(t)
		for _, opts := range []*annoset.Options{nil, {ReadOnly: true}} {
			_, err := annoset.Open(t.Context(), filepath.Join(dir, "dark", "labels.annoset"), opts)
			is.True(errors.Is(err, fs.ErrPermission))
		}
	})
	t.Run("no file in a folder that cannot be written to", func(t *testing.T) {
		is := is.New(t)
		_, err := annoset.Open(t.Context(), filepath.Join(dir, "folder", "new.annoset"), nil)
		is.True(errors.Is(err, fs.ErrPermission) || errors.Is(err, annoset.ErrReadOnly))
		is.Equal(namesIn(t, filepath.Join(dir, "folder")), []string{"labels.annoset"})
	})
	t.Run("a link in a folder that cannot be written to", func(t *testing.T) {
		is := is.New(t)
		s, err := annoset.Open(t.Context(), filepath.Join(dir, "links", "link"), nil)
		is.NoErr(err) // what counts is the folder of the file
		proof.NewDraft(t, s, "through a link")
		is.NoErr(s.Close())
	})
	logsThatCannotBeRead(t, dir)
	for _, where := range []string{"file", "folder"} {
		t.Run("a "+where+" that cannot be written to", func(t *testing.T) {
			is := is.New(t)
			path := filepath.Join(dir, where, "labels.annoset")
			before := proof.FolderSums(t, filepath.Dir(path))
			_, err := annoset.Open(t.Context(), path, nil)
			is.True(errors.Is(err, annoset.ErrReadOnly))              // the error says so
			is.Equal(proof.FolderSums(t, filepath.Dir(path)), before) // and the store is untouched
			s, err := annoset.Open(t.Context(), path, &annoset.Options{ReadOnly: true})
			is.NoErr(err) // it can be read
			d, err := s.DatasetByName(t.Context(), "one")
			is.NoErr(err)
			set, err := s.LatestPublished(t.Context(), d.ID)
			is.NoErr(err)
			is.Equal(len(proof.Collect(t, s.Annotations(t.Context(), set.ID, annoset.Filter{}))), 2)
			is.NoErr(s.Verify(t.Context(), set.ID))
			_, err = s.CreateSet(t.Context(), d.ID, annoset.NewSet{})
			is.True(errors.Is(err, annoset.ErrReadOnly))
			is.NoErr(s.Backup(t.Context(), filepath.Join(dir, "open", where+"-copy")))
			is.NoErr(s.Close())
			is.Equal(proof.FolderSums(t, filepath.Dir(path))["labels.annoset"], before["labels.annoset"])
		})
	}
}

// makeUnwritable makes folders with a store each: "closed" has a file that cannot be read; "dark" cannot be entered;
// "file" has a file that cannot be written to; in "folder" nothing can be written; "open" allows everything. "links" is a
// folder that cannot be written to, with a link to the store in "open". Those of [makeLogs] come with them.
func makeUnwritable(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"closed", "dark", "file", "folder", "open"} {
		sub := filepath.Join(dir, name)
		proof.NoErr(t, os.Mkdir(sub, 0o777))
		proof.NoErr(t, os.Chmod(sub, 0o777)) //nolint:gosec // whatever the umask
		path := proof.StoreFile(t, sub)
		switch name {
		case "closed":
			proof.NoErr(t, os.Chmod(path, 0))
		case "dark":
			proof.NoErr(t, os.Chmod(sub, 0))
		case "file":
			proof.NoErr(t, os.Chmod(path, 0o444)) //nolint:gosec // the point of it
		case "folder":
			proof.NoErr(t, os.Chmod(path, 0o444)) //nolint:gosec // the point of it
			proof.NoErr(t, os.Chmod(sub, 0o555))  //nolint:gosec // the point of it
		}
		t.Cleanup(func() { os.Chmod(sub, 0o700) }) //nolint:errcheck // so that it can be removed
	}
	links := filepath.Join(dir, "links")
	proof.NoErr(t, os.Mkdir(links, 0o700))
	proof.NoErr(t, os.Symlink("../open/labels.annoset", filepath.Join(links, "link")))
	proof.NoErr(t, os.Chmod(links, 0o555))                                        //nolint:gosec // the point of it
	proof.NoErr(t, os.Chmod(filepath.Join(dir, "open", "labels.annoset"), 0o666)) //nolint:gosec // for the other user
	t.Cleanup(func() { os.Chmod(links, 0o700) })                                  //nolint:errcheck // so that it can be removed
	makeLogs(t, dir)
}

// runAsNobody runs this test again as a user to whom permissions apply.
func runAsNobody(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "annoset-nobody-*") //nolint:usetesting // TempDir's own folders keep other users out
	proof.NoErr(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) }) // left to the system then
	proof.NoErr(t, os.Chmod(dir, 0o777))    //nolint:gosec // for the other user
	makeUnwritable(t, dir)
	// The test binary may be where other users cannot reach it.
	program := filepath.Join(dir, "program")
	binary := proof.Value(os.ReadFile(proof.Value(os.Executable())(t)))(t)
	proof.NoErr(t, os.WriteFile(program, binary, 0o755)) //nolint:gosec // to be run
	cmd := exec.Command(program, "-test.run=^TestOpen_WherePermissionsAreMissing$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asNobody+"="+dir, "TMPDIR="+filepath.Join(dir, "open"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) {
		t.Skipf("may not become another user: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func namesIn(t testing.TB, dir string) []string {
	t.Helper()
	all := []string{}
	for _, e := range proof.Value(os.ReadDir(dir))(t) {
		all = append(all, fmt.Sprint(e.Name()))
	}
	return all
}
