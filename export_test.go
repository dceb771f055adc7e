package annoset

import (
	"context"

	"github.com/google/uuid"

	"github.com/annoset/annoset/sqlite"
)

// BulkRows is from where on an insert is done in bulk.
const BulkRows = bulkRows

// MaxLayers is how many layers a new set may stand on.
const MaxLayers = maxLayers

// ImportBatch is how many labels an import holds in memory at once.
const ImportBatch = importBatch

// LayersApart tells how many layers of two sets a diff reads, and whether it goes by ids.
func LayersApart(ctx context.Context, s *Store, from, to uuid.UUID) (above [2]int, byID bool, err error) {
	err = s.read(ctx, "compare", func(tx *sqlite.ReadTx) error {
		c, err := compare(ctx, "compare", tx, from, tx, to, nil)
		if err != nil {
			return err
		}
		var f fork
		f, byID, err = c.relation(ctx)
		above = [2]int{len(f.above[0]), len(f.above[1])}
		return err
	})
	return above, byID, err
}
