package changelog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/internal/diff"
	"github.com/annoset/annoset/internal/markdown"
	"github.com/annoset/annoset/internal/survey"
)

// maxLines is how many artifact types, or pairs of types, a change log names for each kind of change.
const maxLines = 10

// ledger counts changes for a change log. They are added audio file by audio file.
type ledger map[ledgerKey]*ledgerEntry

// ledgerKey is the subject of one line of a change log.
type ledgerKey struct {
	kind     diff.Kind
	from, to string // artifact types; from is empty if a label was added, to if it was removed
}

type ledgerEntry struct {
	n, files int64
	lastFile string
}

// duplicate is the removal of a label of which an exact twin stays.
const duplicate diff.Kind = "duplicate"

func (l ledger) add(c *diff.Change) {
	key := ledgerKey{kind: c.Kind}
	if c.Before != nil && c.Kind != duplicate {
		key.from = c.Before.Type
	}
	if c.After != nil {
		key.to = c.After.Type
	}
	e := l[key]
	if e == nil {
		e = &ledgerEntry{}
		l[key] = e
	}
	e.n++
	if e.files == 0 || e.lastFile != c.File {
		e.files, e.lastFile = e.files+1, c.File
	}
}

// String returns the change log: a Markdown list, additions first.
func (l ledger) String() string {
	var lines []string
	for _, kind := range []diff.Kind{
		diff.Added, diff.Relabelled, diff.Moved, diff.Rewritten, diff.Edited, diff.Removed, duplicate,
		diff.MarkedClean, diff.UnmarkedClean,
	} {
		lines = append(lines, l.lines(kind)...)
	}
	return bullets(lines)
}

// bullets returns a Markdown list of sentences, or "No changes." if there are none.
func bullets(lines []string) string {
	if len(lines) == 0 {
		return "No changes."
	}
	return "- " + strings.Join(lines, "\n- ")
}

// lines returns the sentences about one kind of change, the most frequent first.
func (l ledger) lines(kind diff.Kind) []string {
	keys := slices.SortedFunc(maps.Keys(l), func(a, b ledgerKey) int {
		return cmp.Or(cmp.Compare(l[b].n, l[a].n), strings.Compare(a.from, b.from), strings.Compare(a.to, b.to))
	})
	keys = slices.DeleteFunc(keys, func(k ledgerKey) bool { return k.kind != kind })
	var lines []string
	for i, key := range keys {
		if i == maxLines && len(keys) > maxLines+1 {
			return append(lines, l.rest(keys[i:]))
		}
		lines = append(lines, l[key].sentence(key))
	}
	return lines
}

// sentence returns the sentence about one entry.
func (e *ledgerEntry) sentence(k ledgerKey) string {
	in := " in " + plural(e.files, "file") + "."
	switch k.kind {
	case diff.Added:
		return "Added " + labelsOfType(e.n, k.to) + in
	case diff.Relabelled:
		return fmt.Sprintf("Relabelled %d %s as %s", e.n, typeName(k.from), typeName(k.to)) + in
	case diff.Moved:
		return "Moved " + labelsOfType(e.n, k.from) + in
	case diff.Rewritten:
		if k.from == k.to {
			return "Moved " + labelsOfType(e.n, k.from) + " to another file."
		}
		return fmt.Sprintf("Relabelled and moved %d %s as %s", e.n, typeName(k.from), typeName(k.to)) + in
	case diff.Edited:
		return "Edited confidence or extra data of " + labelsOfType(e.n, k.from) + in
	case diff.Removed:
		return "Removed " + labelsOfType(e.n, k.from) + in
	case duplicate:
		return "Removed " + plural(e.n, "duplicate") + in
	case diff.MarkedClean:
		return "Marked " + plural(e.n, "file") + " as clean."
	}
	return "Took the clean mark from " + plural(e.n, "file") + "."
}

// rest returns one sentence for all the lines beyond maxLines.
func (l ledger) rest(keys []ledgerKey) string {
	n := int64(0)
	for _, key := range keys {
		n += l[key].n
	}
	verb, what := "", "other types"
	switch keys[0].kind {
	case diff.Added:
		verb = "Added "
	case diff.Relabelled:
		verb, what = "Relabelled ", "other pairs of types"
	case diff.Moved:
		verb = "Moved "
	case diff.Rewritten:
		verb, what = "Relabelled and moved ", "other pairs of types"
	case diff.Edited:
		verb = "Edited confidence or extra data of "
	default:
		verb = "Removed "
	}
	return fmt.Sprintf("%s%s of %d %s.", verb, plural(n, "label"), len(keys), what)
}

// contents returns the change log of a set without a predecessor.
func contents(s *survey.Totals) string {
	var lines []string
	if s.TotalAnnotations > 0 {
		names := slices.SortedFunc(maps.Keys(s.AnnotationsByType), func(a, b string) int {
			return cmp.Or(cmp.Compare(s.AnnotationsByType[b], s.AnnotationsByType[a]), strings.Compare(a, b))
		})
		var parts []string
		for _, name := range names {
			if n := s.AnnotationsByType[name]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, typeName(name)))
			}
		}
		if more := len(parts) - maxLines; more > 1 {
			parts = append(parts[:maxLines], fmt.Sprintf("and %d other types", more))
		}
		lines = append(lines, fmt.Sprintf("Added %s in %s: %s.", plural(s.TotalAnnotations, "label"),
			plural(s.AnnotatedAudioFiles, "file"), strings.Join(parts, ", ")))
	}
	if s.CleanAudioFiles > 0 {
		lines = append(lines, "Marked "+plural(s.CleanAudioFiles, "file")+" as clean.")
	}
	return bullets(lines)
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func labelsOfType(n int64, artifactType string) string {
	return strings.Replace(plural(n, "label"), " ", " "+typeName(artifactType)+" ", 1)
}

// maxTypeNameBytes is how many bytes of an artifact type's name a change log shows at most.
const maxTypeNameBytes = 80

// typeName returns the name of an artifact type as Markdown.
func typeName(name string) string {
	if len(name) > maxTypeNameBytes {
		cut := maxTypeNameBytes
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + "…"
	}
	return markdown.Escape(name)
}
