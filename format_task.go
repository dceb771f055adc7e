package annoset

import (
	"bytes"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/jams"
	"github.com/annoset/annoset/internal/codec/labelstudio"
)

// Formats of annotation in JSON, with who said what.
const (
	// FormatLabelStudio is the JSON export of Label Studio (HumanSignal; documentation, "Export annotations"): an array of
	// tasks, each with what people (annotations) and models (predictions) said of one recording. It is read task by task, of
	// which each may have 32 MiB.
	//
	// The audio file is the text of data.audio, or else of data.url, or else the one text of data that ends as names of audio
	// files do (".wav", ".mp3", ".webm"…). A task that was answered and has none such, or several that differ, is an error,
	// which names them, unless there is [ReadOptions.AudioFileID], which is then asked with the name of what is read: which
	// column it is stands in the project's configuration, which is not exported. Of an address or a path below "/data/" the
	// name is the last element, without the eight digits that an upload puts before it.
	//
	// Results of one id are one span, and each of its labels is a label; where there are none, its choices, or the text typed
	// in. Fields are annotator, annotation_id or, of a prediction, model_version; region_id, from_name, to_name, channel,
	// origin but for "manual"; transcript, choice, and values of any other kind by its name ("number", "rating", "taxonomy");
	// with each, as "choice_from", the control it is of, if that is not from_name. A second control of a kind has a field of
	// its own ("choice:mood"). A score in [0, 1] is the confidence, and any other the field score. The length of the recording
	// is told. A task that was annotated and bears no result is clean.
	//
	// Left out, with a remark: answers that were cancelled, drafts, relations, results about a whole recording or about text,
	// time series and video; all other columns of data, meta of other programs, scores of whole predictions, and members that
	// this package does not know. Left out without one are ids of tasks and dates, counts, users and states that Label Studio
	// keeps for itself. Places in errors and remarks are those of results.
	//
	// It is written as predictions with a score, which Label Studio's importer takes, by from_name "label" and to_name "audio"
	// unless extra data says otherwise. Extra data is kept whole in the region's meta; when it is read back, what the export
	// says of the region counts for more. An audio file with very many labels goes on in further tasks.
	FormatLabelStudio Format = "label-studio"
	// FormatJAMS is the JSON Annotated Music Specification (E. J. Humphrey et al., "JAMS: A JSON Annotated Music
	// Specification for Reproducible MIR Research", ISMIR 2014; program jams, version 0.3). A file is held as a whole, up to
	// 128 MiB, and holds one audio file, which it names in its sandbox, if at all.
	//
	// Each observation is a label: of a value that is a text, that text; of one that is an object, its member "label" if it
	// has one; of anything else, the namespace ("beat"). Fields are namespace, value where it is more than the text,
	// annotation (from 2) where a namespace comes again, and confidence where it is no number of [0, 1]. Bare NaN and Infinity,
	// which are no JSON, survive as texts and are written bare again: a confidence always, and in a value where the field bare
	// points (JSON pointers, RFC 6901; "" is the value itself). The length of the recording is told. Titles and identifiers of
	// the file, metadata and spans of annotations, sandboxes of other programs, and members that the format does not have are
	// left out, with a remark.
	//
	// It is written with one annotation a namespace, "tag_open" unless extra data says otherwise; extra data is kept whole in
	// the annotation's sandbox, and so is the clean mark of a file without labels in the file's.
	FormatJAMS Format = "jams"
)

var taskFormats = []formatSpec{
	{
		format: FormatLabelStudio, endings: []string{".json"}, looksLike: likeLabelStudio,
		read: func(src *codec.Source, opts *ReadOptions) error {
			return labelstudio.Read(src, opts.AudioFileID != nil)
		},
		write: func(dst *codec.Target, _ *WriteOptions) error { return labelstudio.Write(dst) },
	},
	{
		format: FormatJAMS, single: true, names: true, endings: []string{".jams", ".json"}, looksLike: likeJAMS,
		read:  func(src *codec.Source, _ *ReadOptions) error { return jams.Read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return jams.Write(dst) },
	},
}

func likeLabelStudio(head []byte) likeness {
	text := codec.Head(head)
	at := bytes.TrimLeft(text, " \t\r\n\ufeff")
	switch {
	case !bytes.HasPrefix(at, []byte("[")) || !bytes.Contains(at, []byte(`"data"`)):
		return unlike
	case bytes.Contains(at, []byte(`"annotations"`)) || bytes.Contains(at, []byte(`"predictions"`)):
		return certain
	}
	return maybe
}

func likeJAMS(head []byte) likeness {
	text := codec.Head(head)
	at := bytes.TrimLeft(text, " \t\r\n\ufeff")
	switch {
	case !bytes.HasPrefix(at, []byte("{")) || !bytes.Contains(at, []byte(`"annotations"`)) && !bytes.Contains(at, []byte(`"file_metadata"`)):
		return unlike
	case bytes.Contains(at, []byte(`"namespace"`)) || bytes.Contains(at, []byte(`"jams_version"`)) ||
		bytes.Contains(at, []byte(`"file_metadata"`)) || bytes.Contains(at, []byte(`"annotation_metadata"`)):
		return certain
	}
	return likely
}
