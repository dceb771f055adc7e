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
// is synced to disk, has the same ids, versions and digests, and takes no more room than it needs. It is made in a
// folder ".annoset-*" beside path, which is left behind only if the process is killed.
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

// Restore puts a copy of a backup in the place of the store at path, or makes the store where there is none. The backup
// is a file that [Store.Backup] wrote, or any other store that nobody writes to; it stays as it is. Whatever file is at
// path is replaced, a damaged one too, and one that is not a store.
//
// Nobody may have the store at path open. Restore finds out who has, in any process, except read-only stores that were
// opened while nobody wrote, which return [ErrMoved] or [ErrBusy] from then on; and nobody can be found who has a file
// open that is no longer a database.
//
// A copy by hand can go wrong: SQLite takes the log path-wal that it finds beside the file for the log of that file.
// Restore
//
//  1. checks that the backup is a store, of this schema or an older one, and that SQLite finds it sound;
//  2. writes the copy to a folder ".annoset-*" beside path, with the permissions of the file at path, and syncs it;
//  3. makes sure that nobody has the store at path open, and locks it;
//  4. moves the log of the old store into the old file, if it can be read and is its own;
//  5. takes path-wal, path-shm and path-journal away, and syncs the folder;
//  6. moves the copy to path, and syncs the folder.
//
// So a crash at any moment leaves the old store or the new one at path, each whole; only of an old store that is damaged
// may the log be lost before the new one is there. What is restored is as it was when it was backed up, and is verified
// by [Store.Verify]; a store of an older schema is migrated when it is opened.
//
// Errors: a [*ValidationError] if a path is empty or both name the same file; [ErrBusy] if the store at path is open;
// [ErrNotAStore], [ErrNewerSchema] or [ErrCorrupt] for the backup; an [*ExistsError] if there is a folder at path; those
// of the file system. After an error the old store is as it was, except that its log may be in its file.
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
		Write:  func(temp string) error { return sqlite.Copy(ctx, backup, temp) },
		Hold: func() (func() error, error) {
			release, folded, err := sqlite.Hold(ctx, path)
			if folded {
				whole.Synced(ctx, path)
			}
			return release, err
		},
	})
}
