package labelfile

import (
	"strings"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec/table"
)

// TimeUnit is a unit of the times in a table.
type TimeUnit string

// The units of times.
const (
	UnitSeconds      TimeUnit = "seconds"
	UnitMilliseconds TimeUnit = "milliseconds"
	UnitClock        TimeUnit = "clock"   // hh:mm:ss.mmm; hours and minutes may be missing
	UnitSamples      TimeUnit = "samples" // needs [TableOptions.SampleRate]
)

// TableOptions say what a table does not say itself, or says wrongly. The zero value follows the header. Formats that
// define their columns use Separator, Unit, SampleRate and the names of columns when they are read, and Separator,
// DecimalComma and ExtraColumns when they are written.
type TableOptions struct {
	// Separator stands between cells: ',', ';', '\t' or another ASCII character. 0: detected when a table is read, and the
	// format's own when it is written. TSV and Raven always have tabs. In JSON it is the number of the character.
	Separator rune `json:"separator,omitempty"`
	// DecimalComma says that numbers have a decimal comma although the comma separates columns; elsewhere a decimal comma
	// is understood anyway. When a table is written, numbers get a comma, and ';' replaces ',' as the separator.
	DecimalComma bool `json:"decimal_comma,omitempty"`
	// LiteralQuotes says that quotation marks are text, and no cell is quoted. When a table is written, separators and
	// line ends in texts then become blanks, with a remark.
	LiteralQuotes bool `json:"literal_quotes,omitempty"`

	// The names of columns as they stand in the header. Empty: detected when a table is read, and the format's own when it
	// is written. If Duration is given, it is read and written in place of End.
	AudioFileID  string `json:"audio_file_id,omitempty"`
	ArtifactType string `json:"artifact_type,omitempty"`
	Start        string `json:"start,omitempty"`
	End          string `json:"end,omitempty"`
	Duration     string `json:"duration,omitempty"`
	Confidence   string `json:"confidence,omitempty"`

	// Unit is the unit of all times. Empty: as the names of their columns say, or seconds; when a table is written,
	// milliseconds in columns whose names are not given.
	Unit TimeUnit `json:"unit,omitempty"`
	// SampleRate is in hertz, for times in samples. At most [MaxSampleRate].
	SampleRate int64 `json:"sample_rate,omitempty"`
	// ExtraColumns are keys of extra data to write as columns of their own. Only texts go there.
	ExtraColumns []string `json:"extra_columns,omitempty"`
}

// MaxSampleRate is the highest sample rate that [TableOptions] accept, in hertz.
const MaxSampleRate = 1 << 20

func (o *TableOptions) check(op string, writing bool) error {
	p := &valid.Problems{}
	switch c := o.Separator; {
	case c == 0 || c == '\t':
	case c < ' ' || c > '~' || c == '"' || c >= '0' && c <= '9' || strings.ContainsRune(".+-:", c):
		p.Add(-1, "table.separator", "is %q, which cells may need", c)
	}
	switch o.Unit {
	case "", UnitSeconds, UnitMilliseconds, UnitClock, UnitSamples:
	default:
		p.Add(-1, "table.unit", "is %s, none of %q", valid.Brief(string(o.Unit)),
			[]TimeUnit{UnitSeconds, UnitMilliseconds, UnitClock, UnitSamples})
	}
	switch {
	case o.SampleRate < 0 || o.SampleRate > MaxSampleRate:
		p.Add(-1, "table.sample_rate", "is %d, not in [0, %d]", o.SampleRate, MaxSampleRate)
	case o.SampleRate == 0 && o.needsRate():
		p.Add(-1, "table.sample_rate", "is missing, and times are in samples")
	}
	for field, name := range map[string]string{"start": o.Start, "end": o.End, "duration": o.Duration} {
		if writing && o.Unit == "" && !table.IsRead(name) {
			p.Add(-1, "table."+field, "has a unit that is not written: %s", valid.Brief(name))
		}
	}
	seen := map[string]bool{}
	names := []string{o.AudioFileID, o.ArtifactType, o.Start, o.End, o.Duration, o.Confidence}
	for _, name := range append(names, o.ExtraColumns...) {
		if name != "" && seen[table.Name(name)] {
			p.Add(-1, "table", "names the column %s twice", valid.Brief(name))
		}
		seen[table.Name(name)] = true
	}
	for _, name := range o.ExtraColumns {
		if table.Name(name) != name {
			p.Add(-1, "table.extra_columns", "has %s, which is read as %s", valid.Brief(name), valid.Brief(table.Name(name)))
		}
	}
	return invalid(op, p)
}

func (o *TableOptions) needsRate() bool {
	if o.Unit != "" {
		return o.Unit == UnitSamples
	}
	for _, name := range []string{o.Start, o.End, o.Duration} {
		if table.UnitOf(name) == table.Samples {
			return true
		}
	}
	return false
}

// layout returns the options in the form of the codec.
func (o *TableOptions) layout() table.Options {
	out := table.Options{
		Separator: byte(o.Separator), DecimalComma: o.DecimalComma, Literal: o.LiteralQuotes, Unit: table.Unit(o.Unit),
		SampleRate: o.SampleRate, ExtraColumns: o.ExtraColumns,
	}
	for role, name := range map[table.Role]string{
		table.File: o.AudioFileID, table.Type: o.ArtifactType, table.Start: o.Start, table.End: o.End,
		table.Duration: o.Duration, table.Confidence: o.Confidence,
	} {
		out.Names[role] = name
	}
	return out
}
