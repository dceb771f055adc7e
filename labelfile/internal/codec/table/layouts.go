package table

// The names of columns in tables of no particular program, best first.
var (
	fileNames = []string{
		"audio_file_id", "audio_file", "audio_filename", "filename", "file_name", "file", "filepath", "file_path",
		"recording_id", "recordingid", "recording", "notated_path", "begin_file", "begin_path", "path", "audio", "wav",
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
)

// Plain is any table with names in its header.
var Plain = Layout{
	Names: names{
		File: fileNames, Type: typeNames, Start: startNames, End: endNames, Duration: durationNames,
		Confidence: confidenceNames, ExtraData: extraDataNames,
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
	Separator: '\t', NeedFile: true, Clean: true, Decimals: 3,
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
	Separator: ',', NeedFile: true, Decimals: 1,
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
	Separator: ',', NeedFile: true, Decimals: 1,
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
		File: {"begin_file", "begin_path"}, Start: {"begin_time"}, End: {"end_time"}, FileStart: {"file_offset"},
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
	Separator: '\t', Fixed: true, Literal: true, Short: true, OneView: true, Decimals: 3,
}
