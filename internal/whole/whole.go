// Package whole writes files and folders that appear at their path only once they are complete.
package whole

import (
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

// Write calls write with a temporary path beside path, and then moves what write made there to path. After an error
// nothing was put at path, and nothing is left beside it. A folder may replace an empty folder; if anything else exists
// at path, Write returns a [*TakenError].
func Write(kind Kind, path string, write func(temp string) error) (err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := vacant(kind, path); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".annoset-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	temp := filepath.Join(dir, filepath.Base(path))
	if err := write(temp); err != nil {
		return err
	}
	if err := vacant(kind, path); err != nil {
		return err
	}
	if kind == Folder {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Rename(temp, path)
	}
	// Unlike a rename, a hard link never replaces a file.
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		return &TakenError{Kind: kind, Path: path}
	}
	if err != nil {
		return os.Rename(temp, path) // a file system without hard links
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
