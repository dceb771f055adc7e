package table

import "slices"

// The names of columns in tables of no particular program, best first.
var (
	fileNames = []string{
		"audio_file_id", "audio_file", "audio_filename", "audiofilename", "audiofile", "filename", "file_name", "file",
		"filepath", "file_path", "recording_id", "recordingid", "recording", "notated_path", "begin_file", "begin_path",
		"path", "audio", "wav", "sound_files", "sound_file", "soundfile", "sound_filename", "sound_file_name",
		"slice_file_name", "audio_path", "audiopath", "audio_filepath", "audio_file_path", "audio_file_name", "audio_id",
		"audio_name", "wav_file", "wavfile", "wav_filename", "wav_path", "wav_id", "fname", "file_id", "fileid",
		"recording_file", "recording_filename", "recording_name", "recording_path", "record_id", "rec_id", "media_file",
		"media_path", "source_file", "in_file", "infile", "uri", "url", "ytid", "youtube_id", "video_id", "itemid",
		"clip_name", "clip_filename", "clip_file", "clip_path", "clip_id", "clip", "segment_id", "track_id",
	}
	// counted are those of them that count within a recording in other tables, where their values are numbers.
	counted = []string{"clip", "clip_id", "segment_id", "track_id", "record_id", "rec_id", "file_id", "fileid"}
	// ofLabels are columns of text that say something about a label, and not which recording it is in.
	ofLabels = []string{
		"speaker", "speaker_id", "voice", "channel", "view", "selection", "sex", "gender", "language", "lang", "locale",
		"note", "notes", "comment", "comments", "remark", "remarks", "annotator", "annotators", "annotator_id", "user", "by",
		"labeler", "labeller", "reviewer", "date", "created_at", "updated_at", "colour", "color", "code", "species_code",
		"scientific_name", "common_name", "call", "call_type", "event", "category", "class", "label", "labels", "text",
		"transcript", "type", "tag", "tags", "tier", "participant", "annotation", "species", "status", "verified", "quality",
		"confidence", "score", "model", "species_list", "extra_data",
	}
	typeNames = []string{
		"artifact_type", "event_label", "label", "labels", "class", "scientific_name", "species", "common_name", "event",
		"category", "annotation", "text", "speaker", "type", "tag", "name",
	}
	startNames      = []string{"start", "onset", "begin", "start_time", "begin_time", "starttime", "from"}
	endNames        = []string{"end", "offset", "stop", "end_time", "stop_time", "endtime", "finish", "to"}
	durationNames   = []string{"duration", "dur", "length"}
	confidenceNames = []string{"confidence", "score", "probability", "prob"}
	extraDataNames  = []string{"extra_data"}
	fileStartNames  = []string{"file_offset"}
	// beginNames are columns of audio files that Raven writes: a label begins in the file that they name.
	beginNames = []string{"begin_file", "begin_path"}
)

// Plain is any table with names in its header.
var Plain = Layout{
	Names: names{
		File: fileNames, Type: typeNames, Start: startNames, End: endNames, Duration: durationNames,
		Confidence: confidenceNames, ExtraData: extraDataNames, FileStart: fileStartNames,
	},
	Columns: []Column{
		{Name: "audio_file_id", Role: File}, {Name: "artifact_type", Role: Type}, {Name: "start", Role: Start},
		{Name: "end", Role: End}, {Name: "confidence", Role: Confidence}, {Name: "extra_data", Role: ExtraData},
	},
	Separator: ',', Clean: true, Units: true, Decimals: 3,
}

// PlainTab is Plain with tabs.
var PlainTab = func() Layout {
	l := Plain
	l.Separator, l.Fixed = '\t', true
	return l
}()

type names = [numRoles][]string

// DCASE is the table of the sound event detection tasks. A row of a file name alone marks the file as clean.
var DCASE = Layout{
	Names: names{File: {"filename"}, Start: {"onset"}, End: {"offset"}, Type: {"event_label"}},
	Columns: []Column{
		{Name: "filename", Role: File}, {Name: "onset", Role: Start}, {Name: "offset", Role: End},
		{Name: "event_label", Role: Type},
	},
	Separator: '\t', NeedFile: true, Clean: true, Seconds: true, Decimals: 3,
}

// BirdNET is the "csv" output of BirdNET-Analyzer.
var BirdNET = Layout{
	Names: names{
		File: {"file"}, Start: {"start"}, End: {"end"}, Type: {"scientific_name"}, Confidence: {"confidence"},
	},
	Columns: []Column{
		{Name: "Start (s)", Role: Start}, {Name: "End (s)", Role: End}, {Name: "Scientific name", Role: Type},
		{Name: "Common name"}, {Name: "Confidence", Role: Confidence}, {Name: "File", Role: File},
	},
	Separator: ',', NeedFile: true, Seconds: true, Decimals: 1,
}

// BirdNETTable is the "R" output of BirdNET-Analyzer.
var BirdNETTable = Layout{
	Names: names{
		File: {"filepath"}, Start: {"start"}, End: {"end"}, Type: {"scientific_name"}, Confidence: {"confidence"},
	},
	Columns: []Column{
		{Name: "filepath", Role: File}, {Name: "start", Role: Start}, {Name: "end", Role: End},
		{Name: "scientific_name", Role: Type}, {Name: "common_name"}, {Name: "confidence", Role: Confidence},
		{Name: "lat"}, {Name: "lon"}, {Name: "week"}, {Name: "overlap"}, {Name: "sensitivity"}, {Name: "min_conf"},
		{Name: "species_list"}, {Name: "model"},
	},
	Separator: ',', NeedFile: true, Seconds: true, Decimals: 1,
}

// GenericSeq is crowsetta's csv for many audio files. It refuses other columns, as crowsetta does.
var GenericSeq = Layout{
	Names: names{File: {"notated_path"}, Type: {"label"}, Start: {"onset"}, End: {"offset"}},
	Columns: []Column{
		{Name: "label", Role: Type}, {Name: "onset_s", Role: Start}, {Name: "offset_s", Role: End},
		{Name: "notated_path", Role: File}, {Name: "annot_path", Implied: FileName},
		{Name: "sequence", Implied: ImpliedText, Text: "0"}, {Name: "annotation", Implied: FileNumber},
	},
	Separator: ',', NeedFile: true, Strict: true, Also: []string{"onset_sample", "offset_sample"}, Decimals: 1,
}

// SimpleSeq is crowsetta's csv for one audio file.
var SimpleSeq = Layout{
	Names: names{Type: {"label"}, Start: {"onset"}, End: {"offset"}},
	Columns: []Column{
		{Name: "onset_s", Role: Start}, {Name: "offset_s", Role: End}, {Name: "label", Role: Type},
	},
	Separator: ',', Decimals: 1,
}

// Raven is a selection table of Raven, or of BirdNET-Analyzer.
var Raven = Layout{
	Names: names{
		File: slices.Concat(beginNames, fileNames), Start: {"begin_time"}, End: {"end_time"},
		FileStart: fileStartNames,
		Type: {
			"annotation", "species", "common_name", "label", "tag", "tags", "class", "call_type", "call", "type",
			"species_code",
		},
		Confidence: {"confidence", "score"},
	},
	Columns: []Column{
		{Name: "Selection", Implied: RowNumber}, {Name: "View", Implied: ImpliedText, Text: "Spectrogram 1"},
		{Name: "Channel", Implied: ImpliedText, Text: "1"}, {Name: "Begin Time (s)", Role: Start},
		{Name: "End Time (s)", Role: End}, {Name: "Low Freq (Hz)"}, {Name: "High Freq (Hz)"},
		{Name: "Begin File", Role: File}, {Name: "File Offset (s)", Role: FileStart}, {Name: "Confidence", Role: Confidence},
		{Name: "Annotation", Role: Type},
	},
	Separator: '\t', Fixed: true, Literal: true, Short: true, OneView: true, Seconds: true, Decimals: 3,
}
