package table

import (
	"hash/maphash"
	"slices"
	"strconv"
)

// implier knows what columns say by themselves, row by row. Reader and writer go through it alike, so that the one leaves
// out what the other fills in.
type implier struct {
	row   int64
	file  string
	files int64
}

func newImplier() *implier { return &implier{files: -1} }

// value is what a column says in the row of an audio file.
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

// says tells whether a text is what the column says by itself, and counts on from it.
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

// maxViews is how many selections are remembered, in some 40 MB at most. Beyond them the views of a selection are seen
// as such where they follow each other, as Raven writes them.
const maxViews = 1 << 20

// views finds the rows that say again, for another view, what a row has said of a selection.
type views struct {
	key, view []int // columns
	seed      maphash.Seed
	seen      map[uint64]uint64 // the selection, and the view that showed it first
	last      uint64
	lastView  uint64
}

// newViews returns nil for a table that has no views.
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
