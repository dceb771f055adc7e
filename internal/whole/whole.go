// Package whole writes files and folders that appear at their path only once they are complete and on the disk.
package whole

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Kind is what is written.
type Kind string

// What can be written.
const (
	File   Kind = "file"
	Folder Kind = "folder"
)

// TakenError is returned if something exists at the path already.
type TakenError struct {
	Kind Kind
	Path string
}

func (e *TakenError) Error() string { return "there is something at " + e.Path + " already" }

// Write calls write with a temporary path beside path, and then moves what write made there to path. Once it returns
// nil, all of that survives a loss of power, under its name. After an error nothing was put at path, and nothing is
// left beside it. A folder may replace an empty folder; if anything else exists at path, Write returns a
// [*TakenError].
func Write(ctx context.Context, kind Kind, path string, write func(temp string) error) (err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := vacant(kind, path); err != nil {
		return err
	}
	return beside(path, func(temp string) error {
		if err := write(temp); err != nil {
			return err
		}
		if err := syncAll(ctx, temp); err != nil {
			return err
		}
		if err := vacant(kind, path); err != nil {
			return err
		}
		if err := put(ctx, kind, temp, path); err != nil {
			return err
		}
		if err := syncFolder(ctx, filepath.Dir(path)); err != nil {
			return errors.Join(err, os.RemoveAll(path))
		}
		return nil
	})
}

// beside calls fn with a path in a new folder beside path, which nobody else can look into, and removes the folder.
func beside(path string, fn func(temp string) error) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".annoset-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return fn(filepath.Join(dir, filepath.Base(path)))
}

// put moves what is at temp to path, and replaces an empty folder by a folder, but nothing else.
func put(ctx context.Context, kind Kind, temp, path string) error {
	defer changed(ctx)
	if kind == Folder {
		return putFolder(ctx, temp, path)
	}
	// Unlike a rename, a hard link never replaces a file.
	err := os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		return &TakenError{Kind: kind, Path: path}
	}
	if err != nil {
		return os.Rename(temp, path) // a file system without hard links
	}
	return nil
}

func putFolder(ctx context.Context, temp, path string) error {
	old, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(temp, path)
	case err != nil:
		return err
	case !old.IsDir():
		return &TakenError{Kind: Folder, Path: path}
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	changed(ctx)
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Mkdir(path, 0o700), permit(path, old)) // as it was
	}
	return nil
}

// vacant returns a [*TakenError] unless a file or folder can be put at path.
func vacant(kind Kind, path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(path); kind == Folder && err == nil && len(entries) == 0 {
		return nil
	}
	return &TakenError{Kind: kind, Path: path}
}
