package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	lib "modernc.org/sqlite/lib"
)

// orMoved says of an error that it may come of a file which is no longer there, or of one that could not be opened.
func (db *DB) orMoved(err error) error {
	if err == nil || FaultOf(err) == FaultNone || errors.Is(err, ErrMoved) {
		return err
	}
	if moved := db.inPlace(); moved != nil {
		return errors.Join(moved, err)
	}
	return db.why(err)
}

// why adds to the error of a file that could not be opened the reason, which SQLite does not say.
func (db *DB) why(err error) error {
	if code, ok := Code(err); !ok || code&0xff != lib.SQLITE_CANTOPEN || db.InMemory() {
		return err
	}
	if why := whyNotOpened(db.cfg.Path); why != nil {
		return fmt.Errorf("%w (%w)", why, err)
	}
	return &fs.PathError{Op: "open", Path: db.cfg.Path, Err: err}
}

// whyNotOpened looks for what keeps SQLite from opening a file or one of its companions; nil: nothing was found. It
// opens none of them by itself: see peek.
func whyNotOpened(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: not a regular file", ErrNotAStore)
	}
	if err == nil {
		err = checkBeside(path)
	}
	if err == nil {
		err = descriptorsLeft(path)
	}
	if err != nil {
		return err
	}
	files := []string{path}
	for _, ending := range companions {
		if _, err := os.Stat(path + ending); err == nil {
			files = append(files, path+ending)
		}
	}
	for _, name := range files {
		if !canRead(name) {
			return &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		}
	}
	if dir := filepath.Dir(path); hasLog(path) && !canWrite(dir) {
		return fmt.Errorf("%w: its log has changes that can be read only where files can be written beside it: open it for"+
			" writing once, or copy %s and %s to a folder that can be written to", ErrReadOnly, filepath.Base(path),
			filepath.Base(path)+"-wal")
	}
	return nil
}

// descriptorsLeft returns the error of the system if the process, or the system, may open no more files.
func descriptorsLeft(path string) error {
	f, err := os.Open(os.DevNull)
	if err == nil {
		return f.Close()
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "open", Path: path, Err: e.Err}
	}
	return err
}
