package sqlite

import (
	"context"
	"errors"
	"os"
	"runtime"
)

// Backup writes a complete, consistent copy of the database to path, which must not exist, and syncs it.
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.readers == db.writer {
		if err := db.takeTurn(ctx); err != nil {
			return err
		}
		defer func() { <-db.turn }()
	}
	db.mu.Lock()
	readers, file := db.readers, db.file
	db.mu.Unlock()
	if _, err := readers.ExecContext(ctx, "VACUUM INTO ?", onDisk(path)); err != nil {
		return db.orMoved(file, err)
	}
	if err := db.inPlace(file); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// onDisk returns the URI of a file on the platform's file system. Without its VFS, a database in memory would be copied
// to memory.
func onDisk(path string) string {
	vfs := "unix"
	if runtime.GOOS == "windows" {
		vfs = "win32"
	}
	return fileURI(path) + "?vfs=" + vfs
}
