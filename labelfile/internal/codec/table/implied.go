package table

import (
	"hash/maphash"
	"slices"
	"strconv"
)

// implier knows the default values of columns, row by row. Reader and writer both use it, so that the writer fills in
// what the reader leaves out.
type implier struct {
	row   int64
	file  string
	files int64
}

func newImplier() *implier { return &implier{files: -1} }

// value returns the default value of a column in a row about an audio file.
func (im *implier) value(c *Column, file string) string {
	switch c.Implied {
	case ImpliedText:
		return c.Text
	case RowNumber:
		return strconv.FormatInt(im.row+1, 10)
	case FileName:
		return file
	case FileNumber:
		if im.files < 0 || file != im.file {
			return strconv.FormatInt(im.files+1, 10)
		}
		return strconv.FormatInt(im.files, 10)
	}
	return ""
}

// says reports whether a text is the default value of a column, and moves its count on.
func (im *implier) says(c *Column, file, text string) bool {
	same := text == "" || text == im.value(c, file)
	switch c.Implied {
	case RowNumber:
		im.row++
		if n, err := strconv.ParseInt(text, 10, 32); err == nil && n > 0 {
			im.row = n
		}
	case FileNumber:
		if im.files < 0 || file != im.file {
			im.files++
		}
		if n, err := strconv.ParseInt(text, 10, 32); err == nil && n >= 0 {
			im.files = n
		}
		im.file = file
	}
	return same
}

// maxViews is how many selections are remembered, in about 40 MB at most. Beyond them, the views of a selection are
// recognized only if they follow one another, as Raven writes them.
const maxViews = 1 << 20

// views finds rows that repeat a selection for another view.
type views struct {
	key, view []int // columns
	seed      maphash.Seed
	seen      map[uint64]uint64 // by selection, the view that showed it first
	last      uint64
	lastView  uint64
}

// newViews returns nil for a table without views.
func newViews(h *header) *views {
	v := &views{seed: maphash.MakeSeed(), seen: map[uint64]uint64{}}
	for i, n := range h.names {
		switch {
		case n == "view":
			v.view = append(v.view, i)
		case n == "selection" || n == "channel" || h.roles[i] == File || h.roles[i] == Start || h.roles[i] == End:
			v.key = append(v.key, i)
		}
	}
	if v.view == nil || !slices.Contains(h.names, "selection") {
		return nil
	}
	return v
}

func (v *views) again(cells []string) bool {
	key, view := v.hash(cells, v.key), v.hash(cells, v.view)
	first, seen := v.seen[key]
	switch {
	case seen:
		return first != view
	case len(v.seen) < maxViews:
		v.seen[key] = view
	case v.last == key:
		return v.lastView != view
	default:
		v.last, v.lastView = key, view
	}
	return false
}

func (v *views) hash(cells []string, columns []int) uint64 {
	var h maphash.Hash
	h.SetSeed(v.seed)
	for _, i := range columns {
		h.WriteString(cells[i])
		h.WriteByte('\t')
	}
	return h.Sum64()
}
