// Package table reads and writes labels that are rows of a table of text: what a column means is data, a [Layout].
package table

import (
	"strings"
	"unicode"
)

// Role is what a column says of a label.
type Role int

// The roles. Other columns are extra data.
const (
	Other Role = iota
	File
	Type
	Start
	End
	Duration
	Confidence
	ExtraData // a JSON object
	FileStart // the start within the file, where Start counts from the first of several
	numRoles
)

// Unit is how times are written.
type Unit string

// The units. Seconds is also what the zero Unit means, unless the name of the column says otherwise or the time has a
// colon.
const (
	Seconds      Unit = "seconds"
	Milliseconds Unit = "milliseconds"
	Clock        Unit = "clock" // [[hh:]mm:]ss.mmm
	Samples      Unit = "samples"
)

// Column is a column to write.
type Column struct {
	Name    string // in the header
	Role    Role
	Implied Implied
	Text    string // what ImpliedText stands for
}

// Implied is what a column of extra data says by itself. It is written where extra data has nothing for the column, and
// not kept where it is read.
type Implied int

// What columns imply.
const (
	Nothing     Implied = iota
	ImpliedText         // always the same text
	RowNumber           // one more than in the row before, from 1
	FileNumber          // how many audio files came before
	FileName            // the audio file
)

// Layout is what a kind of table looks like.
type Layout struct {
	// Names are, by role, the names that a column may have, best first, as [Name] writes them, without a unit.
	Names [numRoles][]string
	// Columns are what is written. Those that imply something do so where they are read, too.
	Columns []Column

	Separator byte // of what is written; the only one that is read, if Fixed
	Fixed     bool
	Literal   bool // a quotation mark is a text like others
	Strict    bool // there may be no columns beside Columns and Also
	Also      []string
	NeedFile  bool // a label must name its audio file
	Clean     bool // a row of nothing but an audio file says that it is clean
	Short     bool // rows may end before the last column
	OneView   bool // rows repeat for each view of a selection; "nocall" says that there is none
	Units     bool // the names of columns to write say the unit, and follow the options
	Decimals  int  // how many a second has at least, where it is written
}

// Options are what the user says of a table.
type Options struct {
	Separator    byte // 0: found out
	DecimalComma bool
	Literal      bool
	Names        [numRoles]string // of columns, as the header has them; empty: found out
	Unit         Unit             // of all times; empty: as the columns say
	SampleRate   int64            // in hertz, for samples
	ExtraColumns []string         // extra data to write as columns of their own
	File         string           // of labels in a table that has no column of it; empty: none
	Typeless     bool             // there need be no type
	SafeFormulas bool
}

// Name is the name of a column in lower case, with one "_" for what is no letter or digit: "Begin Time (s)" becomes
// "begin_time_s". Extra data has it under this name.
func Name(header string) string {
	var b strings.Builder
	gap := false
	for _, r := range header {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// unitEndings are the ends of names that say a unit.
var unitEndings = []struct {
	ending string
	unit   Unit
}{
	{"_s", Seconds}, {"_sec", Seconds}, {"_secs", Seconds}, {"_second", Seconds}, {"_seconds", Seconds},
	{"_ms", Milliseconds}, {"_msec", Milliseconds}, {"_millis", Milliseconds}, {"_milliseconds", Milliseconds},
	{"_sample", Samples}, {"_samples", Samples},
}

// unitSuffix makes the name of a column of times to write.
var unitSuffix = map[Unit]string{Seconds: "_s", Milliseconds: "_ms", Samples: "_sample"}

// UnitOf is the unit that the name of a column says, "" where it says none.
func UnitOf(header string) Unit {
	_, unit := cutUnit(Name(header))
	return unit
}

// cutUnit takes the unit off a name, which is "" where the name says none.
func cutUnit(name string) (base string, unit Unit) {
	for _, e := range unitEndings {
		if base, found := strings.CutSuffix(name, e.ending); found && base != "" {
			return base, e.unit
		}
	}
	return name, ""
}
