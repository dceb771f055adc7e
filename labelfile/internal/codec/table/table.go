// Package table reads and writes labels that are rows of a text table. What a column means is data: a [Layout].
package table

import (
	"strings"
	"unicode"
)

// Role is what a column says about a label.
type Role int

// The roles. All other columns are extra data.
const (
	Other Role = iota
	File
	Type
	Start
	End
	Duration
	Confidence
	ExtraData // a JSON object
	FileStart // the start within the file, if Start counts from the first of several
	numRoles
)

// Unit is the unit of times.
type Unit string

// The units. The zero Unit is Seconds, unless the name of the column says otherwise or the time has a colon.
const (
	Seconds      Unit = "seconds"
	Milliseconds Unit = "milliseconds"
	Clock        Unit = "clock" // [[hh:]mm:]ss.mmm
	Samples      Unit = "samples"
	notRead      Unit = "not read" // minutes, frames and others, which only the options can replace
)

// Column is a column to write.
type Column struct {
	Name    string // in the header
	Role    Role
	Implied Implied
	Text    string // the default value, for ImpliedText
}

// Implied is how a column of extra data gets its default values. Reading does not keep them; writing fills them in if
// the extra data has no value.
type Implied int

// The kinds of default values.
const (
	Nothing     Implied = iota
	ImpliedText         // the same text in all rows
	RowNumber           // one more than in the row before, from 1
	FileNumber          // how many audio files came before
	FileName            // the audio file
)

// Layout describes a kind of table.
type Layout struct {
	// Names are, by role, the names that a column may have, best first, in the form of [Name], without a unit.
	Names [numRoles][]string
	// Columns are the columns to write. Their default values apply to reading, too.
	Columns []Column

	Separator byte // to write; to read as well, if Fixed
	Fixed     bool
	Literal   bool // a quotation mark is text
	Strict    bool // no columns are allowed beside Columns and Also
	Also      []string
	NeedFile  bool // each label must name its audio file
	Clean     bool // a row of nothing but an audio file marks it as clean
	Seconds   bool // times are in seconds if nothing else is said
	Short     bool // rows may end before the last column
	OneView   bool // rows repeat for each view of a selection, and "nocall" marks an audio file as clean
	Units     bool // the names of columns to write end in the unit, which the options choose
	Decimals  int  // how many decimals seconds have at least when written
}

// Options are what the user says about a table.
type Options struct {
	Separator    byte // 0: detected
	DecimalComma bool
	Literal      bool
	Names        [numRoles]string // of columns, as in the header; empty: detected
	Unit         Unit             // of all times; empty: as the columns say
	SampleRate   int64            // in hertz, for samples
	ExtraColumns []string         // keys of extra data to write as columns of their own
	Typeless     bool             // a column of types may be missing
	SafeFormulas bool
}

// Name returns the name of a column in lower case, with one "_" for everything between letters and digits: "Begin
// Time (s)" becomes "begin_time_s". It is the key of the column's extra data.
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

// unitEndings are the endings of names that say a unit. An ending stands before those that it ends in itself. Those of
// several parts are as in ELAN's "Begin Time - ss.msec".
var unitEndings = []struct {
	unit    Unit
	endings string
}{
	{Clock, "_hh_mm_ss_ms _hh_mm_ss_msec _hh_mm_ss_mmm _hh_mm_ss _h_m_s _mm_ss_ms _mm_ss_msec _mm_ss_mmm _mm_ss _m_s " +
		"_hms"},
	{notRead, "_hh_mm_ss_ff _hh_mm _min _mins _minute _minutes _h _hr _hrs _hour _hours _day _days _frame _frames " +
		"_us _usec _microsecond _microseconds _µs _μs _ns _nsec _nanosecond _nanoseconds _tick _ticks _beat _beats"},
	{Seconds, "_ss_msec _ss_ms _ss_mmm _ss _s _sec _secs _second _seconds"},
	{Milliseconds, "_ms _msec _msecs _millis _millisecond _milliseconds"},
	{Samples, "_sample _samples"},
}

// unitSuffix ends the names of columns of times to write.
var unitSuffix = map[Unit]string{Seconds: "_s", Milliseconds: "_ms", Samples: "_sample"}

// UnitOf returns the unit that the name of a column says, or "".
func UnitOf(header string) Unit {
	_, unit := cutUnit(Name(header))
	return unit
}

// cutUnit removes the unit from a name. The unit is "" if the name says none.
func cutUnit(name string) (base string, unit Unit) {
	for _, e := range unitEndings {
		for ending := range strings.FieldsSeq(e.endings) {
			if base, found := strings.CutSuffix(name, ending); found && base != "" {
				return base, e.unit
			}
		}
	}
	return name, ""
}

// IsRead reports whether times can be read and written in the unit that the name of a column says.
func IsRead(header string) bool { return UnitOf(header) != notRead }
