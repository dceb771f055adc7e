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
	code, _ := Code(err)
	switch {
	case db.InMemory():
		return err
	case code == lib.SQLITE_READONLY_DBMOVED: // which SQLite finds out before the first write
		return fmt.Errorf("%w: %w", ErrMoved, err)
	case code&0xff == lib.SQLITE_IOERR && FaultOf(err) == FaultOther:
		return &fs.PathError{Op: "access", Path: db.cfg.Path, Err: err}
	case code&0xff != lib.SQLITE_CANTOPEN:
		return err
	}
	if why := whyNotOpened(db.cfg); why != nil {
		return fmt.Errorf("%w (%w)", why, err)
	}
	return &fs.PathError{Op: "open", Path: db.cfg.Path, Err: err}
}

// whyNotOpened looks for what keeps SQLite from opening a file or one of its companions; nil: nothing was found. It
// opens none of them by itself: see peek.
func whyNotOpened(cfg Config) error {
	info, missing := os.Stat(cfg.Path)
	switch {
	case missing == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%w: not a regular file", ErrNotAStore)
	case missing != nil && !errors.Is(missing, fs.ErrNotExist):
		return missing
	}
	cfg.ReadOnly = false // SQLite has needed all of them
	if err := checkBeside(cfg); err != nil {
		return err
	}
	if err := descriptorsLeft(cfg.Path); err != nil {
		return err
	}
	for _, ending := range append([]string{""}, Companions...) {
		path := cfg.Path + ending
		if there(path) && !canRead(path) && there(path) {
			return &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
		}
	}
	if name := filepath.Base(cfg.Path); hasLog(cfg.Path) && !canWrite(filepath.Dir(cfg.Path)) {
		return fmt.Errorf("%w: it has a log, which can be read only where files can be written beside it: open it for"+
			" writing once, or copy %s and %s-wal to a folder that can be written to", ErrReadOnly, name, name)
	}
	return missing
}

// descriptorsNeeded is how many files SQLite may need to open at once.
const descriptorsNeeded = 8

// descriptorsLeft returns the error of the system if the process, or the system, may open too few files more.
func descriptorsLeft(path string) error {
	for range descriptorsNeeded {
		f, err := os.Open(os.DevNull)
		if err == nil {
			defer f.Close()
			continue
		}
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			return &fs.PathError{Op: "open", Path: path, Err: e.Err}
		}
		return err
	}
	return nil
}
