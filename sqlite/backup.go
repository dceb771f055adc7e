package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"runtime"

	"github.com/jmoiron/sqlx"
)

// Backup writes a complete, consistent copy of the database to path, which must not exist. The copy has the permissions
// of the file, as far as the process's umask allows them. It is not synced.
func (db *DB) Backup(ctx context.Context, path string) error {
	return db.readThrough(ctx, func(pool *sqlx.DB) error {
		mode := fs.FileMode(0o644)
		if db.file != nil {
			now, err := os.Stat(db.cfg.Path)
			if err != nil {
				return errors.Join(db.inPlace(), err)
			}
			mode = now.Mode().Perm()
		}
		if err := copyInto(ctx, pool, path, mode); err != nil {
			return err
		}
		return db.inPlace()
	})
}

// copyInto writes a copy of a database to a new file with a mode.
func copyInto(ctx context.Context, db *sqlx.DB, path string, mode fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer f.Close()
	made, err := f.Stat()
	if err != nil {
		return err
	}
	if err := f.Chmod(made.Mode().Perm() | 0o600); err != nil && runtime.GOOS != "windows" {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", onDisk(path)); err != nil { // which takes an empty file
		return err
	}
	if err := stampCopy(f); err != nil {
		return err
	}
	return os.Chmod(path, made.Mode().Perm())
}

// stampCopy gives a copy a change counter that no log of another state of the store goes with: see checkLog. SQLite
// compares the counter, in two places of the header, for equality alone. It follows from the contents, so that equal
// copies are equal.
func stampCopy(f *os.File) error {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, 1<<62)); err != nil {
		return err
	}
	counter := binary.BigEndian.AppendUint32(nil, sum.Sum32()>>1|1<<30) // far from the counters of stores
	for _, at := range []int64{24, 92} {
		if _, err := f.WriteAt(counter, at); err != nil {
			return err
		}
	}
	return nil
}

// Copy writes a copy of the store in the file of cfg to a new file at path, after it has checked that it is a store,
// and sound. It may be of an older schema. The copy has the permissions of the file, and can be written to by its
// owner.
func Copy(ctx context.Context, cfg Config, path string) (err error) {
	if cfg.Path, err = Resolve(cfg.Path); err != nil {
		return err
	}
	cfg.ReadOnly = true
	state := stateOf(cfg)
	head, err := peek(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, head.close()) }()
	if err := head.check(); err != nil {
		return err
	}
	if err := checkTables(head.version, head.objects); err != nil {
		return err
	}
	pool := head.pool
	if soundness(ctx, pool) == unsound {
		return fmt.Errorf("%w: %s does not pass SQLite's check", ErrDamaged, cfg.Path)
	}
	info, err := os.Stat(cfg.Path)
	if err != nil {
		return err
	}
	if err := copyInto(ctx, pool, path, info.Mode().Perm()|0o600); err != nil {
		return err
	}
	if head.immutable && !state.untouched(stateOf(cfg)) {
		return ErrChanged
	}
	return nil
}

// onDisk names a file on the platform's file system: without it, the copy of a database in memory would be in memory.
func onDisk(path string) string {
	vfs := "unix"
	if runtime.GOOS == "windows" {
		vfs = "win32"
	}
	return fileURI(path) + "?vfs=" + vfs
}
