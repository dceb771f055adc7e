package sqlite

import (
	"context"
	"errors"
	"os"
)

// Backup writes a whole, consistent copy of the database to path, where nothing may be yet, and syncs it.
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.readers == db.writer {
		if err := db.takeTurn(ctx); err != nil {
			return err
		}
		defer func() { <-db.turn }()
	}
	if _, err := db.readers.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
