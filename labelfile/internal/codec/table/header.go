package table

import (
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// header says what the columns of one table mean.
type header struct {
	names   []string // of the columns, as they become keys of extra data
	roles   []Role
	units   []Unit
	at      [numRoles]int // the column of each role; -1: none
	implied []*Column     // by column; nil if it has no default values
	indexes []indexKind   // by column: whether it may count the rows
	place   codec.Place   // of the column of starts
	assumed bool          // nothing says the unit of some times
	whole   bool          // they are whole milliseconds, as Whisper writes them
	mayName []naming      // if no column is known to name the audio file: what may, by column
	counted bool          // the column of audio files may count within a recording
	paths   []int         // further columns, which may have the path of the audio file, or that of its folder
	folders []int         // columns that may have its folder, the outer one first
}

// naming is whether a column may name the audio file.
type naming int

const (
	ofFiles naming = iota // only if its cells look so
	ofText                // if its cells are no numbers
	ofTwins               // if a cell is that of the row before: what has an id of its own is a label
	ofNames               // its name says so
)

// found describes a header for an error message.
func found(cells []string) string {
	return "a header of " + codec.Quote(strings.Join(cells, " | "))
}

// newHeader works out what the columns of a table mean, from their names.
func newHeader(l *Layout, o *Options, r *rows) (*header, error) {
	h := &header{
		names: make([]string, len(r.cells)), roles: make([]Role, len(r.cells)), units: make([]Unit, len(r.cells)),
		implied: make([]*Column, len(r.cells)), indexes: findIndexes(r.cells),
	}
	for i, c := range r.cells {
		h.names[i] = Name(c)
	}
	if err := h.findRoles(l, o, r); err != nil {
		return nil, err
	}
	if err := h.findUnits(l, o, r); err != nil {
		return nil, err
	}
	if err := h.checkNames(l, r); err != nil {
		return nil, err
	}
	if i := h.at[File]; i < 0 {
		h.findNaming(l)
	} else {
		h.counted = o.Names[File] == "" && slices.Contains(counted, h.names[i])
	}
	for i, n := range h.names {
		switch {
		case h.at[File] < 0 || h.roles[i] != Other:
		case namesFolder(n):
			h.folders = append(h.folders, i)
		case slices.Contains(fileNames, n) || strings.Contains(n, "path"):
			h.paths = append(h.paths, i)
		}
	}
	h.numberTwins()
	return h, nil
}

// findRoles gives each role the best column that can have it.
func (h *header) findRoles(l *Layout, o *Options, r *rows) error {
	for role := File; role < numRoles; role++ {
		h.at[role] = -1
		i := -1
		if want := o.Names[role]; want != "" {
			if i = h.named(r.cells, want); i < 0 {
				return &codec.SyntaxError{Place: codec.Place{Line: r.line, Column: 1}, Found: found(r.cells),
					Expected: "a column " + codec.Quote(want)}
			}
		} else if role != End || o.Names[Duration] == "" {
			ofTimes := role == Start || role == End || role == Duration || role == FileStart
			i = h.best(h.partnersFirst(role, l.Names[role]), ofTimes)
		}
		if i >= 0 && h.roles[i] == Other {
			h.at[role], h.roles[i] = i, role
		}
	}
	if h.at[End] >= 0 {
		h.release(Duration)
	}
	if h.at[File] < 0 || !l.OneView && !h.ofRaven() {
		h.release(FileStart)
	}
	missing := ""
	switch {
	case h.at[Start] < 0:
		missing = "start, such as " + list(l.Names[Start])
	case h.at[End] < 0 && h.at[Duration] < 0:
		missing = "end, such as " + list(append(slices.Clone(l.Names[End]), l.Names[Duration]...))
	case h.at[Type] < 0 && !o.Typeless:
		missing = "artifact type, such as " + list(l.Names[Type])
	case h.at[File] < 0 && l.NeedFile:
		missing = "audio file, such as " + list(l.Names[File])
	default:
		return nil
	}
	return &codec.SyntaxError{Place: codec.Place{Line: r.line, Column: 1}, Found: found(r.cells),
		Expected: "a column of the " + missing}
}

// ofRaven reports whether audio files are named as Raven names those in which a label begins.
func (h *header) ofRaven() bool {
	return h.at[File] >= 0 && slices.Contains(beginNames, h.names[h.at[File]])
}

// partners are the names of ends that belong to a start of some name.
var partners = map[string][]string{
	"start": {"end", "stop"}, "onset": {"offset"}, "begin": {"end"}, "start_time": {"end_time", "stop_time"},
	"begin_time": {"end_time"}, "starttime": {"endtime"}, "from": {"to"},
}

// partnersFirst returns the names that a column of a role may have, best first. Ends that belong to the start stand
// before the others, as a table may have several. An "offset" that does not belong to it may be anything: it is an end
// only if there is no duration.
func (h *header) partnersFirst(role Role, names []string) []string {
	if role != End || h.at[Start] < 0 {
		return names
	}
	start, _ := cutUnit(h.names[h.at[Start]])
	var first, then, last []string
	for _, n := range names {
		switch {
		case slices.Contains(partners[start], n):
			first = append(first, n)
		case n == "offset":
			if h.best(durationNames, true) < 0 {
				last = append(last, n)
			}
		default:
			then = append(then, n)
		}
	}
	return slices.Concat(first, then, last)
}

// release turns a column that its role does not need into extra data.
func (h *header) release(role Role) {
	if i := h.at[role]; i >= 0 {
		h.at[role], h.roles[i] = -1, Other
	}
}

func list(names []string) string {
	return strings.Join(names[:min(len(names), 4)], ", ")
}

// named finds the column that the user names.
func (h *header) named(cells []string, want string) int {
	if i := slices.IndexFunc(cells, func(c string) bool { return strings.TrimSpace(c) == want }); i >= 0 {
		return i
	}
	return slices.IndexFunc(h.names, func(n string) bool { return n != "" && n == Name(want) })
}

// best finds the column with the best of some names. Those of times may end in a unit; columns whose unit needs an
// option come last.
func (h *header) best(names []string, ofTimes bool) int {
	later := map[Unit]int{Samples: -1, notRead: -1}
	for _, want := range names {
		for i, n := range h.names {
			base, unit := n, Unit("")
			if ofTimes {
				base, unit = cutUnit(n)
			}
			if n != want && base != want || h.roles[i] != Other {
				continue
			}
			last, wait := later[unit]
			if n == want || !wait {
				return i
			}
			if last < 0 {
				later[unit] = i
			}
		}
	}
	if i := later[Samples]; i >= 0 {
		return i
	}
	return later[notRead]
}

// findUnits finds the units of times. A column that says none has the unit of the others, or the layout's; one that the
// options name has seconds.
func (h *header) findUnits(l *Layout, o *Options, r *rows) error {
	said := Unit("")
	for _, role := range []Role{Start, End, Duration, FileStart} {
		i := h.at[role]
		if i < 0 {
			continue
		}
		unit := o.Unit
		if unit == "" {
			_, unit = cutUnit(h.names[i])
		}
		switch {
		case unit == Samples && o.SampleRate == 0:
			return &codec.SyntaxError{Place: r.place(i), Found: "times in samples: " + codec.Quote(r.cells[i]),
				Expected: "a sample rate in the options"}
		case unit == notRead:
			return &codec.SyntaxError{Place: r.place(i), Found: "times in " + codec.Quote(r.cells[i]),
				Expected: "seconds, milliseconds, samples or a clock, or the unit in the options"}
		}
		if h.units[i] = unit; said == "" {
			said = unit
		}
	}
	h.place = r.place(h.at[Start])
	for _, role := range []Role{Start, End, Duration, FileStart} {
		if i := h.at[role]; i >= 0 && h.units[i] == "" && !l.Seconds {
			h.assumed = true
			if said != Clock && o.Names[role] == "" {
				h.units[i] = said
			}
		}
	}
	return nil
}

// checkNames refuses unknown columns if the layout is strict, and finds the columns with default values.
func (h *header) checkNames(l *Layout, r *rows) error {
	for i, n := range h.names {
		c := slices.IndexFunc(l.Columns, func(c Column) bool { return Name(c.Name) == n })
		if c >= 0 && l.Columns[c].Implied != Nothing {
			h.implied[i] = &l.Columns[c]
		}
		if l.Strict && c < 0 && h.roles[i] == Other && !slices.Contains(l.Also, n) {
			return &codec.SyntaxError{Place: r.place(i), Found: "a column " + codec.Quote(r.cells[i]),
				Expected: "those of the format alone"}
		}
	}
	if !l.Strict {
		return nil
	}
	for i, n := range l.Also {
		if slices.Contains(h.names, n) != slices.Contains(h.names, l.Also[i^1]) {
			return &codec.SyntaxError{Place: codec.Place{Line: r.line, Column: 1}, Found: found(r.cells),
				Expected: "both or none of the columns " + strings.Join(l.Also, ", ")}
		}
	}
	return nil
}

// findNaming looks for columns that may name the audio file, as no column is known to.
func (h *header) findNaming(l *Layout) {
	h.mayName = make([]naming, len(h.names))
	for i, n := range h.names {
		switch {
		case codec.MayNameFile(n):
			h.mayName[i] = ofNames
		case n == "id":
			h.mayName[i] = ofTwins
		case !l.OneView && h.implied[i] == nil && h.indexes[i] != unnamedIndex && !slices.Contains(ofLabels, n):
			h.mayName[i] = ofText
		}
	}
}

// namesFolder reports whether a column has the folder of the audio file, by its name.
func namesFolder(name string) bool {
	for word := range strings.SplitSeq(name, "_") {
		if strings.HasSuffix(word, "dir") || strings.Contains(word, "directory") || strings.Contains(word, "folder") {
			return !ofOtherFiles(name)
		}
	}
	return false
}

// ofOtherFiles reports whether a column has paths of other files than the audio file, by its name.
func ofOtherFiles(name string) bool {
	for _, word := range []string{"out", "annot", "label", "model", "image", "spec", "fig", "config"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// releaseFile gives up the column of audio files, as its cells are numbers, which count within a recording.
func (h *header) releaseFile(l *Layout) {
	h.release(File)
	h.release(FileStart)
	h.findNaming(l)
}

// unnamed begins the names given to columns without one, by position.
const unnamed = "column_"

// numberTwins names columns that have no name by their position, and makes equal names different.
func (h *header) numberTwins() {
	seen := make(map[string]bool, len(h.names))
	for i, n := range h.names {
		if n == "" {
			n = unnamed + strconv.Itoa(i+1)
		}
		unique := n
		for k := 2; seen[unique]; k++ {
			unique = n + "_" + strconv.Itoa(k)
		}
		seen[unique] = true
		h.names[i] = unique
	}
}

// separators are those that a table may have, in the order in which they are tried.
var separators = [...]byte{'\t', ';', ','}

// findSeparator returns the separator that gives the header the columns it needs, or else the most frequent one.
func findSeparator(l *Layout, o *Options, line string) byte {
	switch {
	case o.Separator != 0:
		return o.Separator
	case l.Fixed:
		return l.Separator
	}
	best, most := l.Separator, 0
	for _, s := range separators {
		r := &rows{lines: codec.NewLines(strings.NewReader("")), separator: s, literal: l.Literal || o.Literal}
		if r.split(line) != nil {
			continue
		}
		if _, err := newHeader(l, o, r); err == nil {
			return s
		}
		if n := len(r.cells); n > most+1 {
			best, most = s, n-1
		}
	}
	return best
}

// Header reads the first line of what may be a table of a layout: the names of its columns, and what separates them.
// It returns false if the table could not be read.
func Header(l *Layout, line string) (names map[string]bool, separator byte, ok bool) {
	o := &Options{Typeless: l.OneView, SampleRate: 1}
	r := &rows{lines: codec.NewLines(strings.NewReader("")), literal: l.Literal, line: 1}
	if line == "" {
		return nil, 0, false
	}
	if r.separator = findSeparator(l, o, line); r.split(line) != nil {
		return nil, 0, false
	}
	h, err := newHeader(l, o, r)
	if err != nil {
		return nil, 0, false
	}
	names = make(map[string]bool, len(h.names))
	for i, n := range h.names {
		if r.cells[i] != "" {
			names[n] = true
		}
	}
	return names, r.separator, true
}
