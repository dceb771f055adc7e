package diff

import (
	"context"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// Comparison is two sets that are compared, of one store or of two.
type Comparison struct {
	from, to *reader.Reader
	minIoU   float64
}

// New prepares the comparison of two sets. Labels of one type that overlap by minIoU may be matched by content.
func New(ctx context.Context, fromTx *sqlite.ReadTx, from *sqlite.SetRow, toTx *sqlite.ReadTx, to *sqlite.SetRow,
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

// From returns the reader of the first set, and To that of the second.
func (c *Comparison) From() *reader.Reader { return c.from }

// To is described with [Comparison.From].
func (c *Comparison) To() *reader.Reader { return c.to }

// Run yields the changes between two sets of one store: by their ids where they have any in common, else by content.
func (c *Comparison) Run(ctx context.Context, yield func(Change) error) error {
	changes, _, err := c.Changes(ctx)
	if err != nil {
		return err
	}
	return changes(ctx, yield)
}

// Changes returns the function that Run runs, and reports whether it goes by ids.
func (c *Comparison) Changes(ctx context.Context) (run func(context.Context, func(Change) error) error, byID bool, err error) {
	f, related, err := c.relation(ctx)
	if err != nil || !related {
		return c.ByContent, false, err
	}
	return func(ctx context.Context, yield func(Change) error) error { return c.byID(ctx, f, yield) }, true, nil
}

// LayersApart returns how many layers of each set Run reads, and reports whether it goes by ids.
func (c *Comparison) LayersApart(ctx context.Context) (above [2]int, byID bool, err error) {
	f, byID, err := c.relation(ctx)
	return [2]int{len(f.above[0]), len(f.above[1])}, byID, err
}

// relation finds where two sets of one store part, and whether they have ids in common.
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
