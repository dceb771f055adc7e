package changelog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/survey"
)

// change is a change of a label of an audio file from one type to another; an empty type is no label.
func change(kind diff.Kind, file, from, to string) *diff.Change {
	c := &diff.Change{Kind: kind, File: file}
	if from != "" {
		c.Before = &label.Label{File: file, Type: from}
	}
	if to != "" {
		c.After = &label.Label{File: file, Type: to}
	}
	return c
}

func TestLedger(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	l := ledger{}
	is.Equal(l.String(), "No changes.")
	for _, c := range []*diff.Change{
		change(diff.UnmarkedClean, "a", "", ""),
		change(diff.Added, "a", "", "long_pause"), change(diff.Added, "a", "", "long_pause"),
		change(diff.Added, "a", "", "hum*"), change(diff.Relabelled, "a", "hum*", "long_pause"),
		change(diff.Moved, "a", "click", "click"), change(diff.Edited, "a", "click", "click"),
		change(diff.Rewritten, "a", "click", "click"), change(diff.Rewritten, "a", "click", "hum*"),
		change(diff.Removed, "a", "click", ""), change(duplicate, "a", "click", ""),
		change(diff.Added, "b", "", "long_pause"), change(duplicate, "b", "hum*", ""),
		change(diff.MarkedClean, "b", "", ""), change(diff.MarkedClean, "c", "", ""),
	} {
		l.add(c)
	}
	is.Equal(l.String(), strings.Join([]string{
		"- Added 3 long_pause labels in 2 files.",
		`- Added 1 hum\* label in 1 file.`,
		`- Relabelled 1 hum\* as long_pause in 1 file.`,
		"- Moved 1 click label in 1 file.",
		"- Moved 1 click label to another file.",
		`- Relabelled and moved 1 click as hum\* in 1 file.`,
		"- Edited confidence or extra data of 1 click label in 1 file.",
		"- Removed 1 click label in 1 file.",
		"- Removed 2 duplicates in 2 files.", // of whatever type
		"- Marked 2 files as clean.",
		"- Took the clean mark from 1 file.",
	}, "\n"))
}

// The rest is summed up where that makes the list shorter.
func TestLedger_ofManyTypes(t *testing.T) {
	t.Parallel()
	for types, last := range map[int]string{
		maxLines:     "- Added 1 type 00 label in 1 file.",
		maxLines + 1: "- Added 1 type 00 label in 1 file.",
		maxLines + 2: "- Added 3 labels of 2 other types.",
	} {
		t.Run(fmt.Sprint(types), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			l := ledger{}
			for i := range types {
				for range i + 1 {
					l.add(change(diff.Added, "a", "", fmt.Sprintf("type %02d", i)))
				}
			}
			lines := strings.Split(l.String(), "\n")
			is.Equal(len(lines), min(types, maxLines+1))
			is.Equal(lines[0], fmt.Sprintf("- Added %d type %02d labels in 1 file.", types, types-1)) // the most frequent first
			is.Equal(lines[len(lines)-1], last)
		})
	}
}

func TestContents(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(contents(&survey.Totals{}), "No changes.")
	is.Equal(contents(&survey.Totals{
		TotalAnnotations: 4, AnnotationsByType: map[string]int64{"hum": 1, "click": 3, "never": 0}, AnnotatedAudioFiles: 2,
		CleanAudioFiles: 1,
	}), "- Added 4 labels in 2 files: 3 click, 1 hum.\n- Marked 1 file as clean.")
}

func TestTypeName(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	is.Equal(typeName("<b>"), `\<b\>`)
	is.Equal(typeName(strings.Repeat("x", maxTypeNameBytes)), strings.Repeat("x", maxTypeNameBytes))
	is.Equal(typeName(strings.Repeat("x", maxTypeNameBytes-1)+"é"), strings.Repeat("x", maxTypeNameBytes-1)+"…") // whole
}
