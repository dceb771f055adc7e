// Package labelfile reads and writes labels in the files of other programs: tables, Audacity label tracks, Raven
// selection tables, Praat TextGrids, ELAN documents, RTTM, CTM, UEM, subtitles, Label Studio and JAMS.
//
// [Import] adds the labels of a file to a draft of an [annoset.Store], [ImportFS] those of a folder of files; each is
// one transaction. [Export] writes a set to one file, [ExportDir] to a folder with one file for each audio file.
// [Read] and [Write] work without a store, and [Detect] recognizes a format. All of them take files packed with gzip.
//
//	file, err := os.Open("interviews/ep1.TextGrid")
//	if err != nil {
//		return err
//	}
//	defer file.Close()
//	opts := &labelfile.ImportOptions{ReadOptions: labelfile.ReadOptions{Name: file.Name()}}
//	report, err := labelfile.Import(ctx, store, draft.ID, file, "", opts) // "": detect the format
//	if err != nil {
//		return err // nothing was added; a *SyntaxError names line and column
//	}
//	for _, r := range report.Remarks {
//		log.Printf("%s: %d, first at %s", r.Kind, r.Count, r.First[0])
//	}
//
// # Formats
//
// Every format keeps start, end and artifact type. The table shows what else each one keeps from writing to reading;
// the constants say it in full. "Fields" are other facts that the format has a place for. "Extra data" is all other
// extra data.
//
//	format            audio files  confidence  fields  extra data  clean marks  points  what may change
//	jsonl             many         yes         yes     yes         yes          yes     nothing
//	csv, tsv          many         yes         yes     yes         yes          yes     text of a formula, if asked for
//	dcase             many         no          no      no          yes          yes
//	birdnet           many         yes         some    no          no           yes
//	birdnet-table     many         yes         some    no          no           yes
//	generic-seq       many         no          some    no          no           yes
//	simple-seq        one          no          no      no          no           yes
//	audacity          one          yes         bands   no          no           yes     tabs and line ends
//	raven             many         yes         yes     named       no           yes     tabs and line ends
//	lhotse            many         yes         yes     yes         no           yes
//	textgrid          one          no          tiers   no          no           yes     overlaps take further tiers
//	eaf               one          no          tiers   no          no           yes     control characters
//	rttm              many         yes         yes     no          no           yes     blanks in names
//	uem               many         no          channel no          no           yes     artifact types: spans alone
//	ctm               many         yes         yes     no          no           yes     blanks in names
//	webvtt            one          no          yes     no          no           yes
//	srt               one          no          markup  no          no           yes
//	label-studio      many         yes         yes     yes         yes          yes     nothing
//	jams              one          yes         yes     yes         yes          yes     nothing
//
// # Fields
//
// A record of a file may say more than a label has: the tier of an interval, the speaker of a word, the columns of a
// table. Each such field becomes a key of the label's extra data. Writing the label in the same format puts the
// fields back. Default values, such as channel 1, are not kept. [ReadOptions.ArtifactType] can build the artifact
// type from fields, including those that have their default value.
//
// # Nothing is lost silently
//
// Whatever reading or writing rounds, repairs, changes or leaves out is counted in the report: a [Remark] for each
// kind, with the first places. The few exceptions, such as the dates that Label Studio keeps for itself, are listed
// with their format. What cannot be read is a [*SyntaxError] with line and column, or is left out and counted if
// [ReadOptions.MaxBad] allows it.
//
// Different audio files are never written under one name: where a format cannot hold an id, the name that takes its
// place differs from all others, with a remark.
//
// Times never go through floating point: decimals are added exactly and then rounded to the nearest millisecond,
// which is remarked. Rounding keeps the order of times, so it makes no new overlaps.
//
// # Encodings
//
// Text is UTF-8 with or without a byte order mark, or UTF-16 with one. [ReadOptions.Encoding] names any other encoding
// of the WHATWG Encoding Standard or code page of DOS and Windows, for every format. Byte order marks are believed, an
// ELAN document names its encoding itself, and a TextGrid that is not UTF-8 is Latin-1, as for Praat, with a remark;
// nothing else is guessed. Bytes that are no character are an error with line and column. What is written is UTF-8.
//
// # Concurrency
//
// All functions may be called by many goroutines at once, and those that take a store as the store's own methods.
package labelfile

import (
	"slices"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
)

// Format is the name of a file format for labels. The package comment compares them.
type Format string

// formatSpec is what the package knows of a format.
type formatSpec struct {
	format    Format
	read      func(*codec.Source, *ReadOptions) error
	write     func(*codec.Target, *WriteOptions) error
	single    bool     // a file of the format holds the labels of one audio file
	names     bool     // and says which one
	durations bool     // it says how long audio files are
	table     bool     // it is a table with a header
	endings   []string // of file names, with the dot; the first is the one to write
	looksLike func(head []byte) likeness
}

// formats are all formats, in the order of the documentation.
var formats = slices.Concat(tableFormats, tierFormats, speechFormats, taskFormats)

// Formats returns all formats, in the order of the documentation.
func Formats() []Format {
	all := make([]Format, len(formats))
	for i := range formats {
		all[i] = formats[i].format
	}
	return all
}

// specOf finds a format, or returns an error that lists all of them.
func specOf(op string, f Format) (*formatSpec, error) {
	i := slices.IndexFunc(formats, func(s formatSpec) bool { return s.format == f })
	if i < 0 {
		p := &valid.Problems{}
		p.Add(-1, "format", "is %s, none of %q", valid.Brief(string(f)), Formats())
		return nil, invalid(op, p)
	}
	return &formats[i], nil
}
