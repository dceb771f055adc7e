package diff

import (
	"context"
	"slices"
	"strings"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// ByContent yields the changes between two sets that have no ids in common, of one store or of two.
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
		pair := firstPair(&files)
		if pair[0] != nil && pair[1] != nil && pair[0].Digest != nil && slices.Equal(pair[0].Digest, pair[1].Digest) {
			continue
		}
		if err := c.fileByContent(ctx, pair, yield); err != nil {
			return err
		}
	}
	return nil
}

// firstPair takes the audio file that comes next from both lists, or from the one that has it.
func firstPair(files *[2][]sqlite.SeenFile) (pair [2]*sqlite.SeenFile) {
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
		pair[0], files[0] = &files[0][0], files[0][1:]
	}
	if order >= 0 {
		pair[1], files[1] = &files[1][0], files[1][1:]
	}
	return pair
}

// fileByContent yields the changes of one audio file, of which either side may know nothing.
func (c *Comparison) fileByContent(ctx context.Context, pair [2]*sqlite.SeenFile, yield func(Change) error) error {
	var labels, said [2][]label.Label
	var clean [2]bool
	name := ""
	for i, r := range []*reader.Reader{c.from, c.to} {
		f := pair[i]
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
	pairs, err := Match(ctx, said[0], said[1], c.minIoU)
	if err != nil {
		return err
	}
	var changes []Change
	for _, p := range pairs {
		var before, after *label.Label
		if p.Before != None {
			before = &labels[0][p.Before]
		}
		if p.After != None {
			after = &labels[1][p.After]
		}
		if change, ok := changeOf(before, after); ok {
			changes = append(changes, change)
		}
	}
	return yieldFile(name, clean, changes, yield)
}

// yieldFile yields the changes of one audio file in their order.
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
