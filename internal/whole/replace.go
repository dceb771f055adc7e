package whole

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Replacement is a file that is to take the place of another.
type Replacement struct {
	Path string
	// Beside are the endings of the files that belong to the old file. They are taken away first, so that no moment has
	// the new file beside them.
	Beside []string
	// Write makes the new file at a temporary path.
	Write func(temp string) error
	// Hold keeps others away from the old file, which exists, until release is called, and makes it complete without the
	// files beside it, if that is possible. What it makes at a temporary path, or at one that begins so, is removed.
	Hold func(temp string) (release func() error, err error)
}

// Replace puts a new file in the place of another one, or where there is none. In order:
//
//  1. the new file is written beside the old one, with its permissions, and synced;
//  2. the old file is held;
//  3. the files beside it are taken away, and the folder is synced;
//  4. the new file is moved to the path, and the folder is synced.
//
// At each of these moments, also if the power is lost, there is either the old file or the new one. After an error it
// is the old one, except if the last sync fails.
func Replace(ctx context.Context, r *Replacement) error {
	return beside(r.Path, func(temp string) error {
		if err := r.Write(temp); err != nil {
			return err
		}
		old, err := os.Stat(r.Path)
		exists := err == nil
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if exists {
			if err := permit(temp, old); err != nil {
				return err
			}
		}
		if err := syncAll(ctx, temp); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.clear(exists); err != nil {
			return err
		}
		if !exists {
			return r.swap(ctx, temp, false)
		}
		release, err := r.Hold(temp + "-held")
		if err != nil {
			return err
		}
		if runtime.GOOS == "windows" { // nobody else can have a file open that is replaced there
			if err := release(); err != nil {
				return err
			}
			return r.swap(ctx, temp, true)
		}
		return errors.Join(r.swap(ctx, temp, true), release())
	})
}

// clear returns a [*TakenError] if a folder is in the place of a file beside the old one, or if there is a file at the
// path that was not there before.
func (r *Replacement) clear(exists bool) error {
	for _, ending := range r.Beside {
		if info, err := os.Lstat(r.Path + ending); err == nil && info.IsDir() {
			return &TakenError{Kind: Folder, Path: r.Path + ending}
		}
	}
	if exists {
		return nil
	}
	return vacant(File, r.Path)
}

// swap takes the files beside the old one away and moves the new file in its place.
func (r *Replacement) swap(ctx context.Context, temp string, exists bool) (err error) {
	folder := filepath.Dir(r.Path)
	var away []string
	defer func() {
		if err != nil {
			for _, ending := range away {
				err = errors.Join(err, os.Rename(temp+ending, r.Path+ending))
			}
		}
	}()
	for _, ending := range r.Beside {
		err := os.Rename(r.Path+ending, temp+ending)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		away = append(away, ending)
		changed(ctx)
	}
	if err := syncFolder(ctx, folder); err != nil {
		return err
	}
	if exists {
		err = os.Rename(temp, r.Path)
	} else {
		err = put(ctx, File, temp, r.Path)
	}
	if err != nil {
		return err
	}
	away = nil
	changed(ctx)
	return syncFolder(ctx, folder)
}
