package annoset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// writeWhole has make write to a temporary name beside path, and moves that to path once all is there: at path is
// everything, or nothing. An empty folder at path may be replaced; anything else there is an *ExistsError.
func writeWhole(op, kind, path string, make func(temp string) error) (err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := vacant(op, kind, path); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".annoset-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	temp := filepath.Join(dir, filepath.Base(path))
	if err := make(temp); err != nil {
		return err
	}
	if err := vacant(op, kind, path); err != nil {
		return err
	}
	if kind == "folder" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Rename(temp, path)
	}
	// A hard link never replaces a file, which a rename may do.
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		return &ExistsError{Op: op, Kind: kind, Name: path}
	}
	if err != nil {
		return os.Rename(temp, path) // a file system without hard links
	}
	return nil
}

// vacant tells whether something may be put at path.
func vacant(op, kind, path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(path); kind == "folder" && err == nil && len(entries) == 0 {
		return nil
	}
	return &ExistsError{Op: op, Kind: kind, Name: path}
}
