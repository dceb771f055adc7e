package fault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/proof"
)

// TestMain runs the programs of this file's tests in processes of their own.
func TestMain(m *testing.M) {
	proof.Main(m, map[string]func() error{"limited errands": limitedErrands})
}

// limitedErrands runs errands while no file may grow beyond a size, and prints "full" if that ended them.
func limitedErrands() error {
	size, err := strconv.ParseUint(os.Getenv("ANNOSET_TEST_SIZE"), 10, 64)
	if err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
		return err
	}
	err = proof.RunErrands()
	if errors.Is(err, annoset.ErrFull) {
		fmt.Println("full")
		return nil
	}
	return err
}

func TestStore_whenItsFileMayNotGrow(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	random := proof.Rand(t)
	states := proof.Undisturbed(t)
	rounds := 12
	if proof.Full() {
		rounds = 300
	}
	path, first := "", proof.Errands
	for range rounds {
		if first == proof.Errands {
			path, first = filepath.Join(t.TempDir(), "labels.annoset"), 0
		}
		size := random.IntN(1 << (10 + random.IntN(11))) // up to 1 MB, small ones more often
		c := proof.StartErrands(t, "limited errands", path, first, "ANNOSET_TEST_SIZE="+strconv.Itoa(size))
		lines, err := c.Wait()
		if err != nil {
			t.Fatalf("files of up to %d bytes: %v", size, err) // not ErrFull
		}
		for _, line := range lines {
			if strings.HasPrefix(line, "done ") {
				first++
			}
		}
		s := proof.ReopenStore(t, path, nil)
		is.Equal(proof.Dump(t, s.Store), states[first]) // all that was acknowledged, and nothing of what was not
		is.NoErr(s.Close())
	}
}

// smallDisk mounts a disk of size bytes, or skips the test where that is not allowed.
func smallDisk(t *testing.T, size int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("may not make a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill fills a disk with one file, the ballast, so that room bytes are left.
func fill(t *testing.T, dir string, room int64) (ballast string) {
	t.Helper()
	var disk syscall.Statfs_t
	proof.NoErr(t, syscall.Statfs(dir, &disk))
	ballast = filepath.Join(dir, "ballast")
	data := make([]byte, max(0, int64(disk.Bavail)*int64(disk.Bsize)-room))
	proof.NoErr(t, os.WriteFile(ballast, data, 0o600))
	return ballast
}

func TestStore_whenTheDiskIsFull(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	dir := smallDisk(t, 8<<20)
	random := proof.Rand(t)
	met := 0
	chapters := told(t, "of few labels", story())
	for i := range chapters {
		c := &chapters[i]
		if c.name == between {
			continue
		}
		rooms := []int64{0, 4096 << random.IntN(7)}
		if proof.Full() {
			for room := range int64(60) {
				rooms = append(rooms, room*4096)
			}
		}
		for _, room := range rooms {
			if c.whenFull(t, dir, room) {
				met++
			}
			if t.Failed() {
				return
			}
		}
	}
	if met < 20 {
		t.Errorf("only %d calls found the disk full", met)
	}
	t.Run("opening returns ErrFull", func(t *testing.T) {
		is := is.New(t)
		ballast := fill(t, dir, 0)
		path := filepath.Join(dir, "new.annoset")
		_, err := annoset.Open(context.Background(), path, nil)
		is.True(errors.Is(err, annoset.ErrFull))
		is.NoErr(os.Remove(ballast))
		proof.ReopenStore(t, path, nil)
	})
}

// whenFull runs the verb while the disk has room bytes left. The verb happens whole, or returns ErrFull, leaves the
// store as it was, and succeeds once there is room. It reports whether the verb was refused.
func (c *chapter) whenFull(t *testing.T, dir string, room int64) (refused bool) {
	t.Helper()
	is := is.New(t)
	ctx := context.Background()
	clock := &proof.Replay{}
	store, path := c.open(t, dir, &hook.Seam{}, clock)
	defer store.Close()
	// The first transaction makes the files that any call needs.
	_, err := store.AudioFiles(ctx, c.tale.dataset)
	is.True(err == nil || errors.Is(err, annoset.ErrNotFound))
	ballast := fill(t, dir, room)
	own := c.tale.clone(store, dir)
	clock.Rewind(c.number)
	result, err := c.run(ctx, &own)
	refused = err != nil
	is.NoErr(os.Remove(ballast))
	now := proof.Dump(t, store)
	switch {
	case err == nil && (now != c.after || proof.Written(result) != c.result):
		t.Errorf("%s with room for %d: it returned no error, and is not what it should be", c.name, room)
	case err != nil && !errors.Is(err, annoset.ErrFull):
		t.Errorf("%s with room for %d: %v", c.name, room, err)
	case err != nil && now != c.before:
		t.Errorf("%s with room for %d: it failed, and the store is not as before", c.name, room)
	case err != nil:
		clock.Rewind(c.number)
		again := c.tale.clone(store, dir)
		result, err := c.run(ctx, &again)
		if err != nil || proof.Written(result) != c.result || proof.Dump(t, store) != c.after {
			t.Errorf("%s, tried again with room: %v", c.name, err)
		}
	}
	is.NoErr(store.Close())
	proof.CheckFile(t, path)
	return refused
}
