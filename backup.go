package annoset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/sqlite"
)

// Backup writes a complete, consistent copy of the store to a new file at path, while others read and write. The copy
// is synced to disk, with its name, has the same ids, versions and digests, and takes no more room than it needs.
// Nobody may read it who may not read the store's file. It is made in a folder ".annoset-*" beside path, which is left
// behind only if the process is killed. [Restore] brings it back.
//
// Errors: [ErrExists] if there is something at path; [ErrReadOnly] in a [Store.View]; those of the file system. After
// an error nothing was written to path.
func (s *Store) Backup(ctx context.Context, path string) error {
	op := fmt.Sprintf("back up to %q", path)
	if err := s.ready(ctx, op); err != nil {
		return err
	}
	if err := s.refuse(op); err != nil {
		return err
	}
	return s.outcome(op, whole.Write(ctx, whole.File, path, func(temp string) error { return s.db.Backup(ctx, temp) }))
}

// Restore puts a copy of a backup in the place of the store at path, or makes the store if there is none. The backup is
// a file that [Store.Backup] wrote, or any other store; it stays as it is. Any file at path is replaced, also one that
// is damaged or is not a store. Copying a backup by hand can go wrong: SQLite takes a path-wal that it finds beside the
// file for the log of that file.
//
// No store may have the file at path open, in any process. Restore finds those out, except stores that were opened
// read-only while nobody wrote (they return [ErrMoved] afterwards), and those whose file is no longer a database.
//
// Restore works in this order:
//
//  1. It checks that the backup is a store, of this schema or an older one, and that SQLite's quick check passes.
//  2. It writes the copy to a folder ".annoset-*" beside path, with the permissions of the file at path, and syncs it.
//  3. It locks the store at path, and moves its log into its file.
//  4. It moves path-wal, path-shm and path-journal away, and syncs the folder.
//  5. It moves the copy to path, and syncs the folder.
//
// A crash at any moment leaves either the old store or the new one at path, each complete. Only if the old file is
// damaged, or the log is not its own, can the log not be moved into the file; then a crash between steps 4 and 5 leaves
// the old file without it, and the log in the folder ".annoset-*".
//
// Published sets can be verified with [Store.Verify] afterwards. A store of an older schema is migrated when it is
// opened.
//
// Errors: a [*ValidationError] if a path is empty or both name the same file; [ErrBusy] if the store at path is open,
// or the backup is being written to; [ErrNotAStore], [ErrNewerSchema] or [ErrCorrupt] if the backup is refused;
// [ErrExists] if there is a folder at path or in the place of a companion, or a file was made at path meanwhile;
// [ErrReadOnly] if the file at path cannot be written to; those of the file system. After an error the old store is as
// it was, though its log may be in its file, except after a failure of the last sync.
func Restore(ctx context.Context, backup, path string) error {
	op := fmt.Sprintf("restore %q from %q", path, backup)
	p := &problems{op: op}
	if ctx == nil {
		p.Add(-1, "ctx", "is nil")
	}
	for _, file := range []struct{ field, path string }{{"backup", backup}, {"path", path}} {
		if file.path == "" {
			p.Add(-1, file.field, "is empty")
		}
	}
	if err := p.err(); err != nil {
		return err
	}
	return translate(op, restore(ctx, p, op, backup, path))
}

func restore(ctx context.Context, p *problems, op, backup, path string) error {
	path, err := sqlite.Resolve(path)
	if err != nil {
		return err
	}
	from, err := os.Stat(backup)
	if err != nil {
		return err
	}
	to, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case to.IsDir():
		return &ExistsError{Op: op, Kind: "folder", Name: path}
	case os.SameFile(from, to):
		p.Add(-1, "backup", "is the file that it would replace")
		return p.err()
	}
	return whole.Replace(ctx, &whole.Replacement{
		Path:   path,
		Beside: sqlite.Companions,
		Write:  func(temp string) error { return sqlite.Copy(ctx, configOf(ctx, backup), temp) },
		Hold: func() (func() error, error) {
			release, folded, err := sqlite.Hold(ctx, configOf(ctx, path))
			if folded {
				whole.Synced(ctx, path)
			}
			return release, err
		},
	})
}
