package table

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// rows splits a table into rows of cells, after RFC 4180: a cell that begins with a quotation mark ends at the next
// one, across line ends, and two of them stand for one. Unlike in encoding/csv, quoted text stays as it is
// (encoding/csv turns CRLF into LF), CR alone ends a row too, columns count characters, and a quote that never closes
// takes bounded memory.
type rows struct {
	lines     *codec.Lines
	separator byte
	literal   bool

	broken bool // after an error nobody knows where the next row begins
	cells  []string
	places []codec.Place // of the cells, if they cannot be computed from the cells
	quoted []bool        // whether a cell stands in quotes, if places are known
	line   int           // the line on which the row begins
}

// text returns a cell, or "" if it has only blanks that do not stand in quotes.
func (r *rows) text(i int) string {
	if s := r.cells[i]; s == "" || s[0] > ' ' && s[0] != nbsp[0] {
		return s
	}
	return r.beginsBlank(i)
}

// beginsBlank is text of a cell that begins with a blank.
func (r *rows) beginsBlank(i int) string {
	if blankText(r.cells[i]) && !(i < len(r.quoted) && r.quoted[i]) {
		return ""
	}
	return r.cells[i]
}

// nbsp is the blank at which no line is broken. Spreadsheets write it.
const nbsp = "\u00a0"

func isBlank(s string) bool { return strings.Trim(s, " \t"+nbsp) == "" }

// next reads the next row that is not blank. At the end it returns [io.EOF]. For a bad row it returns a
// [*codec.SyntaxError], and reading may go on.
func (r *rows) next() error {
	for {
		line, err := r.lines.Next()
		r.cells, r.places, r.quoted, r.line = r.cells[:0], r.places[:0], r.quoted[:0], r.lines.Line()
		if err != nil {
			r.broken = line == nil // too long; a line that is not UTF-8 comes with its text
			return err
		}
		if len(line) == 0 {
			continue
		}
		return r.split(string(line))
	}
}

// maxCells is how many cells a row has at most. The names of the header stay in memory.
const maxCells = 1 << 12

func (r *rows) split(row string) error {
	if !r.literal && strings.IndexByte(row, '"') >= 0 {
		return r.splitQuoted(row)
	}
	for len(r.cells) < maxCells {
		i := strings.IndexByte(row, r.separator)
		if i < 0 {
			r.cells = append(r.cells, row)
			return nil
		}
		r.cells = append(r.cells, row[:i])
		row = row[i+1:]
	}
	return r.tooWide()
}

func (r *rows) tooWide() error {
	return &codec.SyntaxError{
		Place: codec.Place{Line: r.line, Column: 1}, Found: fmt.Sprintf("more than %d cells", maxCells),
		Expected: "fewer",
	}
}

// splitQuoted splits a row in which cells may be quoted.
func (r *rows) splitQuoted(line string) error {
	rest, column := line, 1
	for len(r.cells) < maxCells {
		r.places = append(r.places, codec.Place{Line: r.lines.Line(), Column: column})
		r.quoted = append(r.quoted, strings.HasPrefix(rest, `"`))
		var cell string
		if strings.HasPrefix(rest, `"`) {
			var err error
			if cell, rest, column, err = r.unquote(rest[1:], column+1); err != nil {
				return err
			}
		} else {
			if i := strings.IndexByte(rest, r.separator); i >= 0 {
				cell, rest = rest[:i], rest[i:]
			} else {
				cell, rest = rest, ""
			}
			column += utf8.RuneCountInString(cell)
		}
		r.cells = append(r.cells, cell)
		if rest == "" {
			return nil
		}
		if rest[0] != r.separator {
			return &codec.SyntaxError{Place: codec.Place{Line: r.lines.Line(), Column: column},
				Found: codec.Quote(rest) + " after a quoted cell", Expected: fmt.Sprintf("%q or the end of the line", r.separator)}
		}
		rest = rest[1:]
		column++
	}
	return r.tooWide()
}

// unquote reads a cell after its opening mark, and returns what follows the closing one.
func (r *rows) unquote(rest string, column int) (cell, after string, at int, err error) {
	opened := codec.Place{Line: r.lines.Line(), Column: column - 1}
	var b strings.Builder
	for {
		i := strings.IndexByte(rest, '"')
		switch {
		case i >= 0 && strings.HasPrefix(rest[i+1:], `"`):
			b.WriteString(rest[:i+1])
			column += utf8.RuneCountInString(rest[:i]) + 2
			rest = rest[i+2:]
			continue
		case i >= 0 && b.Len() == 0:
			return rest[:i], rest[i+1:], column + utf8.RuneCountInString(rest[:i]) + 1, nil
		case i >= 0:
			b.WriteString(rest[:i])
			return b.String(), rest[i+1:], column + utf8.RuneCountInString(rest[:i]) + 1, nil
		}
		b.WriteString(rest)
		b.WriteString(r.lines.End())
		line, err := r.lines.Next()
		if err == io.EOF || b.Len()+len(line) > codec.MaxLine {
			r.broken = true
			return "", "", 0, &codec.SyntaxError{Place: opened, Found: "a quotation mark that is never closed",
				Expected: "another one behind the cell"}
		}
		if err != nil {
			return "", "", 0, err
		}
		rest, column = string(line), 1
	}
}

// place returns where a cell of the row begins.
func (r *rows) place(i int) codec.Place {
	if i < len(r.places) {
		return r.places[i]
	}
	column := 1
	for _, c := range r.cells[:min(i, len(r.cells))] {
		column += utf8.RuneCountInString(c) + 1
	}
	return codec.Place{Line: r.line, Column: column}
}
