// Package diff compares two sets, finds what a set was made from, and traces one label through the versions of a
// dataset.
//
// Sets that have a common origin are compared by the ids of their labels: the layers that both stand on are not read.
// Other sets are compared by content, audio file by audio file: see match.
package diff

import (
	"context"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// Comparison compares two sets, of one store or of two. It must be used by one goroutine at a time.
type Comparison struct {
	from, to *reader.Reader
	minIoU   float64
}

// New returns the Comparison of two sets. By content, two labels of one type are matched if the intersection of their
// spans is at least minIoU of the union. minIoU is in (0, 1].
func New(
	ctx context.Context, fromTx *sqlite.ReadTx, from *sqlite.SetRow, toTx *sqlite.ReadTx, to *sqlite.SetRow,
	minIoU float64,
) (*Comparison, error) {
	c := &Comparison{minIoU: minIoU}
	var err error
	if c.from, err = reader.New(ctx, fromTx, from, reader.Filter{}); err != nil {
		return nil, err
	}
	c.to, err = reader.New(ctx, toTx, to, reader.Filter{})
	return c, err
}

// From returns the reader of the first set.
func (c *Comparison) From() *reader.Reader { return c.from }

// To returns the reader of the second set.
func (c *Comparison) To() *reader.Reader { return c.to }

// Run yields the changes between two sets of one store: by id if the sets have ids in common, else by content.
func (c *Comparison) Run(ctx context.Context, yield func(Change) error) error {
	changes, _, err := c.Changes(ctx)
	if err != nil {
		return err
	}
	return changes(ctx, yield)
}

// Changes returns the function that [Comparison.Run] calls, and reports whether it compares by id.
func (c *Comparison) Changes(
	ctx context.Context,
) (run func(context.Context, func(Change) error) error, byID bool, err error) {
	f, related, err := c.relation(ctx)
	switch {
	case err != nil:
		return nil, false, err
	case !related:
		return c.ByContent, false, nil
	}
	return func(ctx context.Context, yield func(Change) error) error { return c.byID(ctx, f, yield) }, true, nil
}

// LayersApart returns how many layers of each set [Comparison.Run] reads, and reports whether it compares by id. It is
// for tests.
func (c *Comparison) LayersApart(ctx context.Context) (above [2]int, byID bool, err error) {
	f, byID, err := c.relation(ctx)
	return [2]int{len(f.above[0]), len(f.above[1])}, byID, err
}

// relation finds where the layers of two sets of one store fork, and whether the sets have ids in common.
func (c *Comparison) relation(ctx context.Context) (f fork, related bool, err error) {
	if c.from.Set.DatasetID != c.to.Set.DatasetID {
		return fork{}, false, nil
	}
	f, err = findFork(ctx, c.from.Tx, c.from.Set, c.to.Set)
	if err != nil || f.common != 0 {
		return f, true, err
	}
	related, err = kin(ctx, c.from.Tx, c.from.Set, c.to.Set)
	return f, related, err
}
