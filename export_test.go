package annoset

import (
	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/table"
	"github.com/annoset/annoset/internal/codec/uem"
)

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
