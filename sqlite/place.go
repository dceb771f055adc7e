package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Companions are the endings of the files that SQLite may have beside the file: the log, its index, and the journal of
// programs that write without a log.
var Companions = []string{"-wal", "-shm", "-journal"}

// maxLinks bounds a chain of links to a file that is not there.
const maxLinks = 40

// Resolve returns the absolute path of the file that a path names, with all links followed: SQLite has the log beside
// the file itself. A link to nothing names the file that would be made.
func Resolve(path string) (string, error) {
	for range maxLinks {
		_, err := os.Stat(path)
		switch {
		case err == nil:
			return canonical(path)
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
		dir, base := filepath.Split(path) // and not Dir: "link/.." is the folder above the one that the link names
		target, err := os.Readlink(path)
		switch {
		case err != nil:
			return inFolder(path, dir, base)
		case filepath.IsAbs(target):
			path = target
		default:
			path = dir + target
		}
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
}

// inFolder returns the path of a file that is to be made.
func inFolder(path, dir, base string) (string, error) {
	if dir == "" {
		dir = "."
	}
	if base == "" || base == "." || base == ".." {
		return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	if info, err := os.Stat(dir); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	dir, err := canonical(dir)
	return filepath.Join(dir, base), err
}

// canonical follows the links of a path that is there, and those of the working folder.
func canonical(path string) (string, error) {
	for range 2 {
		if followed, err := filepath.EvalSymlinks(path); err == nil { // it does not know all of Windows's volumes
			path = followed
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		path = abs
	}
	return path, nil
}

// inPlace returns an error if the path no longer names the file that was opened: a new connection would open another
// file, and writes to a removed file are lost. Call it while holding a connection.
func (db *DB) inPlace() error {
	if db.file == nil || runtime.GOOS == "windows" { // Windows does not let an open file be removed
		return nil
	}
	now, err := os.Stat(db.cfg.Path)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMoved, err)
	case !os.SameFile(now, db.file):
		return fmt.Errorf("%w: another one is there", ErrMoved)
	}
	return nil
}

// hasLog reports whether something lies beside a file that may have a newer state of it.
func hasLog(path string) bool {
	for _, ending := range []string{"-wal", "-journal"} {
		_, err := os.Stat(path + ending)
		if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENAMETOOLONG) {
			return true
		}
	}
	return false
}

// maxPath is the longest path that SQLite takes, with the ending of a companion. It does so on Unix alone.
const maxPath = 512 - len("-journal") - 1

// checkBeside makes sure that SQLite can have its files beside the file; to read, that there is nothing in their place
// that it would wait for.
func checkBeside(cfg Config) error {
	if runtime.GOOS != "windows" && len(cfg.Path) > maxPath {
		return &fs.PathError{Op: "open", Path: cfg.Path, Err: syscall.ENAMETOOLONG}
	}
	for _, ending := range Companions {
		path := cfg.Path + ending
		info, err := os.Lstat(path)
		if cfg.ReadOnly && (ending == "-shm" || errors.Is(err, syscall.ENAMETOOLONG) || isLinkToNothing(path)) {
			continue // it is not needed as long as nobody writes
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return fmt.Errorf("%w: %s is no regular file, and SQLite needs its name", ErrInTheWay, path)
		}
	}
	return nil
}

func isLinkToNothing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// checkWritable detects at opening what SQLite would only detect at the first write.
func checkWritable(path string) error {
	_, err := os.Stat(path)
	switch dir := filepath.Dir(path); {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(dir); err != nil {
			return err
		}
		if !canWrite(dir) {
			return &fs.PathError{Op: "create", Path: path, Err: fs.ErrPermission}
		}
		return nil
	case err != nil:
		return err
	case !canWrite(path):
		return fmt.Errorf("%w: the file cannot be written to", ErrReadOnly)
	case !canWrite(dir):
		return fmt.Errorf("%w: its folder cannot be written to, which the write-ahead log needs", ErrReadOnly)
	}
	for _, ending := range Companions {
		if there(path+ending) && !canWrite(path+ending) && there(path+ending) { // it may be gone by now
			return fmt.Errorf("%w: %s cannot be written to", ErrReadOnly, filepath.Base(path+ending))
		}
	}
	return nil
}
