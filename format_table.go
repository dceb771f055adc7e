package annoset

import (
	"strings"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/audacity"
	"github.com/annoset/annoset/internal/codec/jsonlines"
	"github.com/annoset/annoset/internal/codec/table"

	"github.com/annoset/annoset/internal/valid"
)

// Formats of one record a line. Their memory is flat whatever the length of the file: a line, and a cell in quotes, may have
// 32 MiB. Lines end in LF, CRLF or CR, text is UTF-8 with or without a byte order mark, or UTF-16 with one.
const (
	// FormatJSONLines is annoset's own and loses nothing: one JSON object a line, in the form of [Store.Export] with the
	// audio file named, so that one file holds all.
	//
	//	{"audio_file_id":"ep1.wav","artifact_type":"glitch","start_ms":0,"end_ms":20,"confidence":0.9,"extra_data":{}}
	//	{"audio_file_id":"ep2.wav","clean":true}
	//
	// The second line says that an audio file is clean. Extra data stays as it was given but for white space between its
	// tokens; [Store.Export] writes it in one form for all spellings. Read are also the lines of Export themselves, whose
	// audio file is that of [ReadOptions.Name], and what encoding/json makes of an [Annotation], whose id is left out.
	// Unknown keys are the fields for templates, and become extra data with their values as they are. A confidence out of
	// [0, 1] stays there as "confidence".
	FormatJSONLines Format = "jsonl"

	// FormatCSV is a table whose header names the columns: comma-separated after RFC 4180, or with semicolons or tabs, as is
	// found out by the header, or by a line "sep=;" before it; [TableOptions] say what cannot be. Read are
	//
	//   - the audio file: audio_file_id, filename, file, filepath, recording, notated_path, begin_file, path, …
	//   - the artifact type: artifact_type, event_label, label, class, scientific_name, species, event, annotation, …
	//   - the times: start, onset, begin, start_time, … and end, offset, stop, end_time, … or duration
	//   - confidence, score or probability
	//   - extra_data, a JSON object
	//
	// in any case and with what stands between words as it may ("Start (s)" is start_s). An ending says the unit: _s, _ms,
	// _sample, and others that mean the same; without one, a time is in seconds, or hh:mm:ss.mmm where it has a colon. What
	// the header says is believed: nobody guesses that "seconds" of 23331.875 may be milliseconds; [TableOptions.Unit] says
	// so. A decimal comma is understood where the comma does not separate columns.
	//
	// All other columns are the fields for templates, and become extra data as text, under their names in snake_case, such
	// as "low_freq_hz"; empty cells are left out, and so is a first column without name that counts the rows from 0, as
	// pandas writes it. A confidence that is no number from 0 to 1 stays there under the name of its column. A row of
	// nothing but an audio file marks it as clean. Without a column of audio files all labels are of that of
	// [ReadOptions.Name].
	//
	// Written are audio_file_id, artifact_type, start_ms, end_ms, confidence and extra_data, and clean audio files at the
	// end. Nothing is lost.
	FormatCSV Format = "csv"

	// FormatTSV is [FormatCSV] with tabs. Cells are quoted where they must be.
	FormatTSV Format = "tsv"

	// FormatDCASE is the table of the DCASE sound event detection tasks and of sed_eval: filename, onset, offset and
	// event_label, with tabs (read with others, too), in seconds. A row of a file name alone marks the file as clean. Other
	// columns are read as those of [FormatCSV] are. It cannot say confidence or extra data.
	FormatDCASE Format = "dcase"

	// FormatBirdNET is the csv output of BirdNET-Analyzer: "Start (s)", "End (s)", "Scientific name", "Common name",
	// "Confidence" and "File". The artifact type is the scientific name; "common_name" and what other columns there are
	// become extra data. Extra data but common_name cannot be written, nor clean audio files.
	FormatBirdNET Format = "birdnet"

	// FormatBirdNETTable is the R output of BirdNET-Analyzer: filepath, start, end, scientific_name, common_name,
	// confidence, lat, lon, week, overlap, sensitivity, min_conf, species_list and model. The artifact type is the
	// scientific name; the rest becomes extra data under these names, and alone can be written of it.
	FormatBirdNETTable Format = "birdnet-table"

	// FormatGenericSeq is the csv "generic-seq" of crowsetta, for many audio files: label, onset_s, offset_s,
	// notated_path, annot_path, sequence and annotation. Columns of samples may be there as well, or alone, which needs
	// [TableOptions.SampleRate]; others are refused, as crowsetta does. Extra data has annot_path, sequence, annotation,
	// onset_sample and offset_sample, but for what goes without saying: an annot_path that is the notated_path, the
	// sequence 0, and annotations that count the audio files. The first three can be written; confidence and clean audio
	// files cannot.
	FormatGenericSeq Format = "generic-seq"

	// FormatSimpleSeq is the csv "simple-seq" of crowsetta, for one audio file: onset_s, offset_s and label. Other names
	// are read by [TableOptions]. It cannot say confidence, extra data or clean audio files.
	FormatSimpleSeq Format = "simple-seq"

	// FormatAudacity is a label track of Audacity, for one audio file: start, end and text with tabs between, in seconds. A
	// line may have a start alone, which is a point. The line of frequencies that may follow a label becomes "low_freq_hz"
	// and "high_freq_hz"; a fourth cell, as BirdNET-Analyzer writes it, is the confidence, and further ones are
	// "column_5" and so on. All are fields for templates, and the frequencies and the confidence can be written. Audacity
	// skips the confidence, and has no line ends and tabs in texts: they become blanks. Clean audio files cannot be said.
	FormatAudacity Format = "audacity"

	// FormatRaven is a selection table of Raven (Cornell Lab of Ornithology), or of BirdNET-Analyzer: columns by name, with
	// tabs and without quotes. The artifact type is the first there is of annotation, species, common_name, label, tag,
	// class, call_type and the like. The audio file is "Begin File" or "Begin Path"; where there is a "File Offset (s)",
	// the label begins there, and keeps its length: "Begin Time (s)" counts through a sequence of files. Without these
	// columns all labels are of that of [ReadOptions.Name], less the ".Table.1.selections.txt" of Raven's own names.
	//
	// Of a selection that is there once for each view, the first row is taken. The other columns are the fields for
	// templates, and become extra data: selection, view, channel, low_freq_hz, high_freq_hz, and others by their names,
	// but for what goes without saying, which is selections that count on, the view "Spectrogram 1" and the channel 1. A
	// row that says "nocall", as BirdNET-Analyzer writes it where it heard nothing, marks the file as clean.
	//
	// Written are these columns with "Begin File", "File Offset (s)", "Confidence" and "Annotation"; other extra data, and
	// clean audio files, cannot be said. Tabs and line ends in texts become blanks.
	FormatRaven Format = "raven"

	// FormatLhotse is the supervision manifest of lhotse, as lines or as one array: id, recording_id, start and duration in
	// seconds, channel, text, and perhaps language, speaker, gender, alignment and custom. The artifact type is the text;
	// "{speaker}" takes the speaker. All else becomes extra data, the members of custom as if they stood beside it, but for
	// what goes without saying: channel 0, and an id that is the recording with the number of its line. Written are lines;
	// a confidence, and extra data that lhotse has no member for, go to custom. Clean audio files cannot be said.
	FormatLhotse Format = "lhotse"
)

var tableFormats = []formatSpec{
	{
		format: FormatJSONLines, endings: []string{".jsonl", ".ndjson", ".json"}, looksLike: likeJSONLines,
		read:  func(src *codec.Source, _ *ReadOptions) error { return jsonlines.Read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return jsonlines.Write(dst) },
	},
	tableFormat(FormatCSV, &table.Plain, ".csv", ".txt"),
	tableFormat(FormatTSV, &table.PlainTab, ".tsv", ".tab", ".txt"),
	tableFormat(FormatDCASE, &table.DCASE, ".tsv", ".csv", ".txt"),
	tableFormat(FormatBirdNET, &table.BirdNET, ".csv"),
	tableFormat(FormatBirdNETTable, &table.BirdNETTable, ".csv"),
	tableFormat(FormatGenericSeq, &table.GenericSeq, ".csv"),
	tableFormat(FormatSimpleSeq, &table.SimpleSeq, ".csv", ".txt"),
	{
		format: FormatAudacity, single: true, endings: []string{".txt"}, looksLike: likeAudacity,
		read:  func(src *codec.Source, _ *ReadOptions) error { return audacity.Read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return audacity.Write(dst) },
	},
	tableFormat(FormatRaven, &table.Raven, ".selections.txt", ".selection.table.txt", ".txt"),
	{
		format: FormatLhotse, endings: []string{".jsonl", ".json"}, looksLike: likeLhotse,
		read:  func(src *codec.Source, _ *ReadOptions) error { return jsonlines.ReadLhotse(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return jsonlines.WriteLhotse(dst) },
	},
}

// tableFormat is a format of rows and columns.
func tableFormat(f Format, l *table.Layout, endings ...string) formatSpec {
	return formatSpec{
		format: f, single: f == FormatSimpleSeq, endings: endings,
		looksLike: func(head []byte) likeness { return likeTable(f, l, head) },
		read: func(src *codec.Source, opts *ReadOptions) error {
			o := opts.Table.layout()
			if f == FormatRaven && opts.AudioFileID == nil {
				o.File = ravenStem(opts.Name)
			}
			o.Typeless = !l.Strict && (opts.ArtifactType != "" || opts.BlankType != "")
			return table.Read(src, l, &o)
		},
		write: func(dst *codec.Target, opts *WriteOptions) error {
			o := opts.Table.layout()
			o.SafeFormulas = opts.SafeFormulas
			return table.Write(dst, l, &o)
		},
	}
}

// ravenStem takes off a file name what Raven puts behind that of an audio file: ".Table.1.selections.txt". It is empty for
// other names.
func ravenStem(name string) string {
	stem, found := strings.CutSuffix(unpackedName(Base(name)), ".selections.txt")
	i := strings.LastIndex(stem, ".Table.")
	if !found || i < 0 {
		return ""
	}
	return stem[:i]
}

// TimeUnit is a unit in which tables say times.
type TimeUnit string

// The units of times.
const (
	UnitSeconds      TimeUnit = "seconds"
	UnitMilliseconds TimeUnit = "milliseconds"
	UnitClock        TimeUnit = "clock"   // hh:mm:ss.mmm; hours and minutes may be missing
	UnitSamples      TimeUnit = "samples" // needs [TableOptions.SampleRate]
)

// TableOptions say what a table does not, or what it says wrong. The zero value goes by the header. Formats that fix what
// their columns are heed Separator, Unit, SampleRate and the names of columns where they are read, and Separator,
// DecimalComma and ExtraColumns where they are written.
type TableOptions struct {
	// Separator stands between cells: ',', ';', '\t' or another ASCII character. 0: found out, and the format's own where
	// a table is written. FormatTSV and FormatRaven have tabs always.
	Separator rune
	// DecimalComma tells that numbers have a comma for a point where the comma separates columns, too; elsewhere it is
	// understood without. Where a table is written, numbers get a comma, and ';' becomes the separator in place of ','.
	DecimalComma bool
	// LiteralQuotes tells that quotation marks are text, and no cell is quoted. Where a table is written, separators and
	// line ends in texts become blanks then, with a remark.
	LiteralQuotes bool

	// The names of columns as the header has them. Empty: found out, and the format's own where a table is written. Where
	// Duration is given, it is read and written in place of End.
	AudioFileID, ArtifactType, Start, End, Duration, Confidence string

	// Unit is that of all times. Empty: as the names of their columns say, or seconds; where a table is written, it is
	// milliseconds in columns whose names are not given.
	Unit TimeUnit
	// SampleRate is in hertz, for times in samples. At most [MaxSampleRate].
	SampleRate int64
	// ExtraColumns are keys of extra data to write as columns of their own. Texts alone go there.
	ExtraColumns []string
}

// MaxSampleRate is the highest sample rate that [TableOptions] take, in hertz.
const MaxSampleRate = 1 << 20

func (o *TableOptions) check(op string) error {
	p := &problems{op: op}
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
	return p.err()
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

// layout is what the codec takes.
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
