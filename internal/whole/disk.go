package whole

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// Disk is told what is done to the disk, so that a test can cut the power between any two steps. It is safe for
// concurrent use.
type Disk interface {
	// Synced is called once what a file or a folder has now survives a loss of power.
	Synced(path string)
	// Changed is called after a name was given, taken away or moved.
	Changed()
}

type diskKey struct{}

// WithDisk returns a context whose writes tell disk what they do.
func WithDisk(ctx context.Context, disk Disk) context.Context {
	return context.WithValue(ctx, diskKey{}, disk)
}

// Synced tells the disk of a context that another program has synced a file.
func Synced(ctx context.Context, path string) {
	if disk, ok := ctx.Value(diskKey{}).(Disk); ok {
		disk.Synced(path)
	}
}

func changed(ctx context.Context) {
	if disk, ok := ctx.Value(diskKey{}).(Disk); ok {
		disk.Changed()
	}
}

// syncFile makes sure that the contents of a file survive a loss of power.
func syncFile(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(path) // which is enough, but on Windows
	}
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	Synced(ctx, path)
	return nil
}

// syncFolder makes sure that the names in a folder survive a loss of power. Windows and some file systems of a network
// do not offer that, and do without.
func syncFolder(ctx context.Context, path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil // names may be given here, and not be read
	}
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	Synced(ctx, path)
	return nil
}

// atOnce is how many files are synced at once: a file system writes many in little more time than one.
const atOnce = 16

// syncAll syncs a file, or a folder with all that is in it.
func syncAll(ctx context.Context, path string) error {
	var files, folders []string
	err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			folders = append(folders, name)
		} else {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	names, errs := make(chan string), make(chan error, atOnce)
	var all sync.WaitGroup
	for range min(atOnce, len(files)) {
		all.Go(func() {
			var first error
			for name := range names {
				if err := ctx.Err(); err != nil && first == nil {
					first = err
				}
				if first == nil {
					first = syncFile(ctx, name)
				}
			}
			errs <- first
		})
	}
	for _, name := range files {
		names <- name
	}
	close(names)
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	for i := range folders { // those within others first
		if err := syncFolder(ctx, folders[len(folders)-1-i]); err != nil {
			return err
		}
	}
	return nil
}
