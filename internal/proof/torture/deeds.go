package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof/inspect"
	"github.com/annoset/annoset/internal/whole"
	"github.com/annoset/annoset/labelfile"
)

// deed writes a file or a folder. What it said is done must be there, whole, after the power is lost.
type deed struct {
	name string
	do   func(ctx context.Context, dir string) error
	// check checks what is left in a folder. done says that the deed had returned.
	check func(ctx context.Context, dir string, done bool) error
}

// deeds does all that writes other files than that of an open store, and cuts the power between any two steps of it.
func deeds(ctx context.Context, last *moment, work string, seed uint64, ways int) (cuts int, err error) {
	path := filepath.Join(work, "deeds.annoset")
	if err := errors.Join(write(path, last.db), write(path+"-wal", last.wal)); err != nil {
		return 0, err
	}
	s, err := annoset.Open(ctx, path, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	set, err := someSet(ctx, s)
	if err != nil {
		return 0, err
	}
	backup := filepath.Join(work, "deeds-backup.annoset")
	if err := s.Backup(ctx, backup); err != nil {
		return 0, err
	}
	old, err := newWreck(ctx, filepath.Join(work, "wreck"), seed)
	if err != nil {
		return 0, err
	}
	for i, d := range []deed{
		backupDeed(s, last.state),
		exportDeed("export", func(ctx context.Context, dir string) error { return s.Export(ctx, set, dir) }),
		exportDeed("export to files of a format", func(ctx context.Context, dir string) error {
			_, err := labelfile.ExportDir(ctx, s, set, dir, labelfile.Audacity, nil)
			return err
		}),
		restoreDeed("restore", backup, last.state, ""),
		restoreDeed("restore a store that was killed", backup, last.state, old.state),
	} {
		dir, cut := filepath.Join(work, fmt.Sprint("deed", i)), filepath.Join(work, fmt.Sprint("cuts", i))
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(cut, 0o700)); err != nil {
			return cuts, err
		}
		if d.name == "restore a store that was killed" {
			if err := old.lay(filepath.Join(dir, "labels.annoset")); err != nil {
				return cuts, err
			}
		}
		watched, err := watch(dir)
		if err != nil {
			return cuts, err
		}
		if err := d.do(whole.WithDisk(ctx, watched), dir); err != nil {
			return cuts, fmt.Errorf("%s: %w", d.name, err)
		}
		n, err := watched.cutAll(rand.New(rand.NewPCG(seed, uint64(i))), cut, ways, func(left string, done bool) error {
			return d.check(ctx, left, done)
		})
		if cuts += n; err != nil {
			return cuts, fmt.Errorf("%s: %w", d.name, err)
		}
		if err := errors.Join(os.RemoveAll(dir), os.RemoveAll(cut)); err != nil {
			return cuts, err
		}
	}
	return cuts, nil
}

// someSet returns a set of a store, the one with the most labels.
func someSet(ctx context.Context, s *annoset.Store) (id uuid.UUID, err error) {
	most := int64(-1)
	datasets, err := s.Datasets(ctx)
	if err != nil {
		return id, err
	}
	for _, d := range datasets {
		sets, err := s.Sets(ctx, d.ID, annoset.SetFilter{})
		if err != nil {
			return id, err
		}
		for _, set := range sets {
			if set.TotalAnnotations > most {
				id, most = set.ID, set.TotalAnnotations
			}
		}
	}
	return id, nil
}

// absent reports whether nothing is at a path.
func absent(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

var errAbsent = errors.New("it was done, and is not there")

func backupDeed(s *annoset.Store, state string) deed {
	return deed{
		name: "backup",
		do:   func(ctx context.Context, dir string) error { return s.Backup(ctx, filepath.Join(dir, "copy.annoset")) },
		check: func(ctx context.Context, dir string, done bool) error {
			path := filepath.Join(dir, "copy.annoset")
			switch {
			case absent(path) && done:
				return errAbsent
			case absent(path):
				return nil
			}
			held, err := examined(ctx, path)
			if err == nil && held != state {
				err = errors.New("the backup is not whole")
			}
			return err
		},
	}
}

func exportDeed(name string, export func(ctx context.Context, dir string) error) deed {
	whole := map[string][]byte{}
	return deed{
		name: name,
		do: func(ctx context.Context, dir string) error {
			path := filepath.Join(dir, "export")
			if err := export(ctx, path); err != nil {
				return err
			}
			names, err := namesIn(path)
			for _, name := range names {
				data, readErr := os.ReadFile(filepath.Join(path, name))
				whole[name], err = data, errors.Join(err, readErr)
			}
			return err
		},
		check: func(_ context.Context, dir string, done bool) error {
			path := filepath.Join(dir, "export")
			switch {
			case absent(path) && done:
				return errAbsent
			case absent(path):
				return nil
			}
			names, err := namesIn(path)
			if err != nil {
				return err
			}
			if len(names) != len(whole) {
				return fmt.Errorf("of %d files %d are there", len(whole), len(names))
			}
			for _, name := range names {
				data, err := os.ReadFile(filepath.Join(path, name))
				if err != nil {
					return err
				}
				if string(data) != string(whole[name]) {
					return fmt.Errorf("%s is not whole", name)
				}
			}
			return nil
		},
	}
}

// restoreDeed restores a backup. old is what the store at the path holds; empty: there is none.
func restoreDeed(name, backup, state, old string) deed {
	return deed{
		name: name,
		do: func(ctx context.Context, dir string) error {
			return annoset.Restore(ctx, backup, filepath.Join(dir, "labels.annoset"))
		},
		check: func(ctx context.Context, dir string, done bool) error {
			path := filepath.Join(dir, "labels.annoset")
			switch {
			case absent(path) && (done || old != ""):
				return errAbsent
			case absent(path):
				return nil
			}
			s, err := annoset.Open(ctx, path, nil)
			if err != nil {
				return err
			}
			now, err := inspect.Dump(ctx, s)
			if err := errors.Join(err, s.Close(), inspect.File(ctx, path)); err != nil {
				return err
			}
			if now == state || now == old && !done {
				return nil
			}
			return errors.New("it is neither the old store nor the backup")
		},
	}
}
