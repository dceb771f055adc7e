package diff

import (
	"context"
	"slices"
	"strings"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// ByContent yields the changes between two sets that have no ids in common. The sets may be of two stores.
func (c *Comparison) ByContent(ctx context.Context, yield func(Change) error) error {
	var files [2][]sqlite.SeenFile
	for i, r := range []*reader.Reader{c.from, c.to} {
		var err error
		if files[i], err = reader.CollectFiles(func(fn func(*sqlite.SeenFile) error) error {
			return r.Tx.SeenFiles(ctx, r.Set.LayerID, fn)
		}); err != nil {
			return err
		}
	}
	for len(files[0])+len(files[1]) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := takeFirst(&files)
		if next[0] != nil && next[1] != nil && next[0].Digest != nil && slices.Equal(next[0].Digest, next[1].Digest) {
			continue
		}
		if err := c.fileByContent(ctx, next, yield); err != nil {
			return err
		}
	}
	return nil
}

// takeFirst takes the first audio file, by name, from two lists: from both if both have it, else from one. The other
// side of the result is nil then.
func takeFirst(files *[2][]sqlite.SeenFile) (first [2]*sqlite.SeenFile) {
	order := 0
	switch {
	case len(files[0]) == 0:
		order = 1
	case len(files[1]) == 0:
		order = -1
	default:
		order = strings.Compare(files[0][0].Name, files[1][0].Name)
	}
	if order <= 0 {
		first[0], files[0] = &files[0][0], files[0][1:]
	}
	if order >= 0 {
		first[1], files[1] = &files[1][0], files[1][1:]
	}
	return first
}

// fileByContent yields the changes of one audio file. It is nil on a side that does not have it.
func (c *Comparison) fileByContent(ctx context.Context, file [2]*sqlite.SeenFile, yield func(Change) error) error {
	var labels, said [2][]label.Label
	var clean [2]bool
	name := ""
	for i, r := range []*reader.Reader{c.from, c.to} {
		f := file[i]
		if f == nil {
			continue
		}
		name, clean[i] = f.Name, f.Clean
		if err := r.File(ctx, f, sqlite.Span{}, func(row *sqlite.LabelRow) error {
			l := r.Label(f.Name, row)
			labels[i] = append(labels[i], l)
			said[i] = append(said[i], Canonical(&l))
			return nil
		}); err != nil {
			return err
		}
	}
	pairs, err := match(ctx, said[0], said[1], c.minIoU)
	if err != nil {
		return err
	}
	var changes []Change
	for _, p := range pairs {
		var before, after *label.Label
		if p.before != none {
			before = &labels[0][p.before]
		}
		if p.after != none {
			after = &labels[1][p.after]
		}
		if change, ok := changeOf(before, after); ok {
			changes = append(changes, change)
		}
	}
	return yieldFile(name, clean, changes, yield)
}

// yieldFile yields the changes of one audio file in order: a clean mark that was removed first, one that was added
// last.
func yieldFile(name string, clean [2]bool, changes []Change, yield func(Change) error) error {
	if clean[0] && !clean[1] {
		if err := yield(Change{Kind: UnmarkedClean, File: name}); err != nil {
			return err
		}
	}
	slices.SortFunc(changes, compareChanges)
	for _, change := range changes {
		if err := yield(change); err != nil {
			return err
		}
	}
	if clean[1] && !clean[0] {
		return yield(Change{Kind: MarkedClean, File: name})
	}
	return nil
}
