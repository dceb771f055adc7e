package table

import (
	"regexp"
	"strconv"
)

// indexKind is whether a column may count the rows, as pandas writes it.
type indexKind int

const (
	noIndex      indexKind = iota
	namedIndex             // its values are kept, but a row with nothing else says nothing more
	unnamedIndex           // its values are left out
)

// indexNames match the columns that pandas makes of an index that has no name.
var (
	unnamedIndexes = regexp.MustCompile(`^(?:Unnamed: [0-9]+(?:[._][0-9]+)*)?$`)
	namedIndexes   = regexp.MustCompile(`^(?:index|level_[0-9]+)$`)
)

// findIndexes finds the columns before all others that may count the rows.
func findIndexes(cells []string) []indexKind {
	kinds := make([]indexKind, len(cells))
	for i, c := range cells {
		switch {
		case unnamedIndexes.MatchString(c):
			kinds[i] = unnamedIndex
		case namedIndexes.MatchString(c):
			kinds[i] = namedIndex
		default:
			return kinds
		}
	}
	return kinds
}

// counter recognizes an index, which counts rows from 0 or 1 and may begin again, as where tables were joined.
type counter struct {
	first, last int64 // last is -1 before the first row
	broken      bool  // it was no index
}

func newCounters(columns int) []counter {
	all := make([]counter, columns)
	for i := range all {
		all[i].last = -1
	}
	return all
}

// counts reports whether a cell counts on.
func (c *counter) counts(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || c.broken || text[0] == '+' || text[0] == '-':
	case c.last < 0 && n <= 1:
		c.first, c.last = n, n
		return true
	case c.last >= 0 && (n == c.last+1 || n == c.first && c.last > c.first):
		c.last = n
		return true
	}
	c.broken = true
	return false
}
