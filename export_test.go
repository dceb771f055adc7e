package annoset

import (
	"context"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/table"
	"github.com/annoset/annoset/internal/codec/uem"
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

// SameTexts are texts that are written out here, so that the documentation shows them, and also stand in a package below.
var SameTexts = [][2]string{
	{UEMExamined, uem.Examined},
	{string(UnitSeconds), string(table.Seconds)}, {string(UnitMilliseconds), string(table.Milliseconds)},
	{string(UnitClock), string(table.Clock)}, {string(UnitSamples), string(table.Samples)},
	{string(RemarkCollapsed), string(codec.Collapsed)},
	{string(RemarkDigitsLost), string(codec.DigitsLost)},
	{string(RemarkBlankSkipped), string(codec.BlankSkipped)},
	{string(RemarkPointSkipped), string(codec.PointSkipped)},
	{string(RemarkRecordSkipped), string(codec.RecordSkipped)},
	{string(RemarkBadSkipped), string(codec.BadSkipped)},
	{string(RemarkFileSkipped), string(codec.FileSkipped)},
	{string(RemarkSpoiled), string(codec.Spoiled)},
	{string(RemarkRepaired), string(codec.Repaired)},
	{string(RemarkConfidenceLost), string(codec.ConfidenceLost)},
	{string(RemarkExtraLost), string(codec.ExtraLost)},
	{string(RemarkCleanLost), string(codec.CleanLost)},
	{string(RemarkTypeChanged), string(codec.TypeChanged)},
	{string(RemarkTimeChanged), string(codec.TimeChanged)},
	{string(RemarkNameLost), string(codec.NameLost)},
	{string(RemarkFormulaEscaped), string(codec.FormulaEscaped)},
}
