package labelfile_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/labelfile"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/table"
	"github.com/annoset/annoset/labelfile/internal/codec/uem"
)

// sameTexts are the constants that stand in full in the package, so that its documentation shows them, with those of the
// codecs.
var sameTexts = map[string][2]string{
	"UEMExamined":          {labelfile.UEMExamined, uem.Examined},
	"UnitSeconds":          {string(labelfile.UnitSeconds), string(table.Seconds)},
	"UnitMilliseconds":     {string(labelfile.UnitMilliseconds), string(table.Milliseconds)},
	"UnitClock":            {string(labelfile.UnitClock), string(table.Clock)},
	"UnitSamples":          {string(labelfile.UnitSamples), string(table.Samples)},
	"RemarkCollapsed":      {string(labelfile.RemarkCollapsed), string(codec.Collapsed)},
	"RemarkDigitsLost":     {string(labelfile.RemarkDigitsLost), string(codec.DigitsLost)},
	"RemarkBlankSkipped":   {string(labelfile.RemarkBlankSkipped), string(codec.BlankSkipped)},
	"RemarkPointSkipped":   {string(labelfile.RemarkPointSkipped), string(codec.PointSkipped)},
	"RemarkRecordSkipped":  {string(labelfile.RemarkRecordSkipped), string(codec.RecordSkipped)},
	"RemarkFieldLost":      {string(labelfile.RemarkFieldLost), string(codec.FieldLost)},
	"RemarkBadSkipped":     {string(labelfile.RemarkBadSkipped), string(codec.BadSkipped)},
	"RemarkFileSkipped":    {string(labelfile.RemarkFileSkipped), string(codec.FileSkipped)},
	"RemarkSpoiled":        {string(labelfile.RemarkSpoiled), string(codec.Spoiled)},
	"RemarkRepaired":       {string(labelfile.RemarkRepaired), string(codec.Repaired)},
	"RemarkConfidenceLost": {string(labelfile.RemarkConfidenceLost), string(codec.ConfidenceLost)},
	"RemarkExtraLost":      {string(labelfile.RemarkExtraLost), string(codec.ExtraLost)},
	"RemarkCleanLost":      {string(labelfile.RemarkCleanLost), string(codec.CleanLost)},
	"RemarkTypeChanged":    {string(labelfile.RemarkTypeChanged), string(codec.TypeChanged)},
	"RemarkNameChanged":    {string(labelfile.RemarkNameChanged), string(codec.NameChanged)},
	"RemarkUnitAssumed":    {string(labelfile.RemarkUnitAssumed), string(codec.UnitAssumed)},
	"RemarkFileAssumed":    {string(labelfile.RemarkFileAssumed), string(codec.FileAssumed)},
	"RemarkOriginAssumed":  {string(labelfile.RemarkOriginAssumed), string(codec.OriginAssumed)},
	"RemarkTimeChanged":    {string(labelfile.RemarkTimeChanged), string(codec.TimeChanged)},
	"RemarkNameLost":       {string(labelfile.RemarkNameLost), string(codec.NameLost)},
	"RemarkFormulaEscaped": {string(labelfile.RemarkFormulaEscaped), string(codec.FormulaEscaped)},
}

func TestFormats_sayTheSameAsTheirCodecs(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	for _, texts := range sameTexts {
		is.Equal(texts[0], texts[1])
	}
	for file, prefix := range map[string]string{"remark.go": "Remark", "table_options.go": "Unit"} {
		tree := value(parser.ParseFile(token.NewFileSet(), file, nil, 0))(t)
		for _, decl := range tree.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				name := spec.(*ast.ValueSpec).Names[0].Name
				if _, listed := sameTexts[name]; strings.HasPrefix(name, prefix) && !listed {
					t.Errorf("%s is not compared", name)
				}
			}
		}
	}
}
