package labelfile

import (
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/audacity"
	"github.com/annoset/annoset/labelfile/internal/codec/jsonlines"
	"github.com/annoset/annoset/labelfile/internal/codec/table"
)

// Formats of one record a line. Memory does not grow with the length of the file: a line, and a cell in quotes, may
// have up to 32 MiB. Lines end in LF, CRLF or CR. Text is UTF-8 with or without a byte order mark, UTF-16 with
// one, or in the encoding that [ReadOptions.Encoding] names.
const (
	// JSONLines is annoset's own format and loses nothing: one JSON object a line, in the form of [annoset.Store.Export]
	// with the audio file named, so that one file can hold a whole set.
	//
	//	{"audio_file_id":"ep1.wav","artifact_type":"glitch","start_ms":0,"end_ms":20,"confidence":0.9,"extra_data":{}}
	//	{"audio_file_id":"ep2.wav","clean":true}
	//
	// The second line marks an audio file as clean. Extra data keeps its spelling, except white space between tokens.
	// Lines of Store.Export can be read too, as labels of the audio file that [ReadOptions.Name] gives, and so can an
	// [annoset.Annotation] as encoding/json writes it, without its id. Fields: all other keys, with their values as they
	// are. A confidence outside [0, 1] becomes the field "confidence". Of a key that is repeated, however it is spelled,
	// the last value counts, and the others are remarked. Half of a pair of characters ("\ud83d" alone), which no text can
	// hold, is an error in a name, a type or a key, and stays as it is within other values.
	JSONLines Format = "jsonl"

	// CSV is a table whose header names the columns: separated by commas after RFC 4180, or by semicolons or tabs, which
	// the header shows, or a line "sep=;" before it. [TableOptions] say what the header does not. It reads
	//
	//   - the audio file: audio_file_id, filename, file, filepath, recording, notated_path, begin_file, sound.files, …
	//   - the artifact type: artifact_type, event_label, label, class, scientific_name, species, event, annotation, …
	//   - the times: start, onset, begin, start_time, … and end, offset, stop, end_time, … or duration
	//   - confidence, score or probability
	//   - extra_data, a JSON object
	//
	// in any case and with any separators between words: "Start (s)" is start_s. The end is the one that belongs to the
	// start: offset to onset, stop_time to start_time. An ending gives the unit: _s, _ms, _sample and their synonyms.
	// Without one, a time is in seconds, or hh:mm:ss.mmm where it has a colon; that it is no milliseconds is remarked,
	// unless the times prove it. The tables of Whisper (start, end, text in whole numbers) are read as milliseconds, with
	// the same remark. Units that are not read, such as minutes and frames, are an error, and so are decimals without a
	// colon in a column of hh:mm:ss: they may be parts of a day. The header is believed: a column "seconds" with 23331.875
	// stays seconds; if it is wrong, set [TableOptions.Unit]. A decimal comma is understood where the comma does not
	// separate columns.
	//
	// Fields: all other columns, as text, under their names in snake case, such as "low_freq_hz", and a confidence that
	// is no number from 0 to 1, under the name of its column. Cells that are empty, or have only blanks that are not in
	// quotes, are left out, and so are first columns without a name that count the rows from 0 or 1, as pandas writes
	// them. A row of nothing but an audio file, and its folder or path, marks it as clean; one that says more is left out,
	// with a remark. Without a column of audio files, all labels belong to the audio file that [ReadOptions.Name] gives,
	// with a remark if another column may name it.
	//
	// It writes audio_file_id, artifact_type, start_ms, end_ms, confidence and extra_data, and clean audio files at the
	// end. Nothing is lost.
	CSV Format = "csv"

	// TSV is [CSV] with tabs. Cells are quoted where they must be.
	TSV Format = "tsv"

	// DCASE is the table of the DCASE sound event detection tasks and of sed_eval: filename, onset, offset and
	// event_label in seconds, separated by tabs, or by others when read. A row of a file name alone marks the file as
	// clean. Other columns are read as in [CSV]. It cannot hold confidence and extra data.
	DCASE Format = "dcase"

	// BirdNET is the "csv" output of BirdNET-Analyzer: "Start (s)", "End (s)", "Scientific name", "Common name",
	// "Confidence" and "File". The artifact type is the scientific name. Fields: "common_name", and other columns as in
	// [CSV]. It cannot hold other extra data than common_name, and no clean audio files.
	BirdNET Format = "birdnet"

	// BirdNETTable is the "R" output of BirdNET-Analyzer: filepath, start, end, scientific_name, common_name,
	// confidence, lat, lon, week, overlap, sensitivity, min_conf, species_list and model. The artifact type is the
	// scientific name. Fields: the other columns, under these names. It cannot hold other extra data, and no clean audio
	// files.
	BirdNETTable Format = "birdnet-table"

	// GenericSeq is the csv format "generic-seq" of crowsetta, for many audio files: label, onset_s, offset_s,
	// notated_path, annot_path, sequence and annotation. Columns of samples may stand beside those of seconds, or alone,
	// which needs [TableOptions.SampleRate]. Other columns are refused, as crowsetta does.
	//
	// Fields: annot_path, sequence, annotation, onset_sample and offset_sample. Default values are an annot_path equal
	// to the notated_path, the sequence 0, and annotations that count the audio files. The first three fields can be
	// written. It cannot hold confidence and clean audio files.
	GenericSeq Format = "generic-seq"

	// SimpleSeq is the csv format "simple-seq" of crowsetta, for one audio file: onset_s, offset_s and label. Other column
	// names need [TableOptions]. It cannot hold confidence, extra data and clean audio files.
	SimpleSeq Format = "simple-seq"

	// Audacity is a label track of Audacity, for one audio file: start, end and text, separated by tabs, in seconds. It
	// is read as Audacity does: several tabs are one, a line without an end is a point, whose text is what stands there,
	// and times in the wrong order are swapped, with a remark. Fields: "low_freq_hz" and "high_freq_hz", from the line of
	// frequencies that may follow a label. A fourth cell, as BirdNET-Analyzer writes it, is the confidence; more cells
	// are the fields "column_5" and so on. Frequencies and confidence can be written; Audacity itself skips the
	// confidence. Tabs and line ends in texts become blanks. It cannot hold clean audio files.
	Audacity Format = "audacity"

	// Raven is a selection table of Raven (Cornell Lab of Ornithology) or of BirdNET-Analyzer: columns by name,
	// separated by tabs, without quotes. The artifact type is the first column found of annotation, species,
	// common_name, label, tag, class, call_type and the like. The audio file is "Begin File" or "Begin Path". "Begin
	// Time (s)" counts through a sequence of files, so where there is a "File Offset (s)", the label starts there and
	// keeps its length; without that column, times that go on from file to file are remarked. Without a column of audio
	// files, all labels belong to the audio file that [ReadOptions.Name] gives, without the ".Table.1.selections.txt" of
	// Raven's own names.
	//
	// A selection that stands in the table once for each view is read once, from its first row. Fields: selection, view,
	// channel, low_freq_hz, high_freq_hz, and other columns by their names. Default values are selections that count up,
	// the view "Spectrogram 1" and the channel 1. A row "nocall", as BirdNET-Analyzer writes it where it heard nothing,
	// marks the file as clean.
	//
	// It writes these columns with "Begin File", "File Offset (s)", "Confidence" and "Annotation". It cannot hold other
	// extra data and clean audio files. Tabs and line ends in texts become blanks.
	Raven Format = "raven"

	// Lhotse is the supervision manifest of lhotse, as lines or as one array: id, recording_id, start and duration in
	// seconds, channel, text, and optionally language, speaker, gender, alignment and custom. The artifact type is the
	// text; the template "{speaker}" takes the speaker instead. Fields: everything else, and the members of custom as if
	// they stood beside it. Default values are the channel 0, and an id made of the recording and the number of its
	// line. It writes lines; a confidence, and extra data that lhotse has no member for, go to custom. It cannot hold
	// clean audio files.
	Lhotse Format = "lhotse"
)

var tableFormats = []formatSpec{
	{
		format: JSONLines, endings: []string{".jsonl", ".ndjson", ".json"}, looksLike: likeJSONLines,
		read:  func(src *codec.Source, _ *ReadOptions) error { return jsonlines.Read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return jsonlines.Write(dst) },
	},
	tableFormat(CSV, &table.Plain, ".csv", ".txt"),
	tableFormat(TSV, &table.PlainTab, ".tsv", ".tab", ".txt"),
	tableFormat(DCASE, &table.DCASE, ".tsv", ".csv", ".txt"),
	tableFormat(BirdNET, &table.BirdNET, ".csv"),
	tableFormat(BirdNETTable, &table.BirdNETTable, ".csv"),
	tableFormat(GenericSeq, &table.GenericSeq, ".csv"),
	tableFormat(SimpleSeq, &table.SimpleSeq, ".csv", ".txt"),
	{
		format: Audacity, single: true, endings: []string{".txt"}, looksLike: likeAudacity,
		read: func(src *codec.Source, _ *ReadOptions) error { return audacity.Read(src) },
		write: func(dst *codec.Target, opts *WriteOptions) error {
			return audacity.Write(dst, audacity.Options{SafeFormulas: opts.SafeFormulas})
		},
	},
	tableFormat(Raven, &table.Raven, ".selections.txt", ".selection.table.txt", ".txt"),
	{
		format: Lhotse, endings: []string{".jsonl", ".json", ".ndjson"}, looksLike: likeLhotse,
		read:  func(src *codec.Source, _ *ReadOptions) error { return jsonlines.ReadLhotse(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return jsonlines.WriteLhotse(dst) },
	},
}

// tableFormat is the specification of a format of rows and columns.
func tableFormat(f Format, l *table.Layout, endings ...string) formatSpec {
	return formatSpec{
		format: f, single: f == SimpleSeq, table: true, endings: endings,
		looksLike: func(head []byte) likeness { return likeTable(f, l, head) },
		read: func(src *codec.Source, opts *ReadOptions) error {
			o := opts.Table.layout()
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
