package labelfile

import (
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/jams"
	"github.com/annoset/annoset/labelfile/internal/codec/labelstudio"
)

// Formats of annotation in JSON, with who said what. As in [JSONLines], the last value of a repeated key counts, and a
// text with half of a pair of characters is an error.
const (
	// LabelStudio is the JSON export of Label Studio (HumanSignal; documentation, "Export annotations"): an array of
	// tasks, each with what people (annotations) and models (predictions) said about one recording. It is read task by
	// task; a task may have up to 32 MiB.
	//
	// The audio file is the text of data.audio, or else of data.url, or else the one text of data that ends as names of
	// audio files do (".wav", ".mp3", ".webm"…). A task that was answered and has no such text, or several that differ,
	// is an error that names them, because the project's configuration, which is not exported, says which column it is.
	// With [ReadOptions.AudioFileID] there is no error: it is called with the name of the file. Of an address, of the key
	// of an object store, and of a path below "/data/", the name is the last element without the eight digits that an
	// upload puts before it. Label Studio does not encode names: "#", "+", ";" and "%" belong to them, and only what is
	// percent-encoded as a whole is decoded. An address of the web that names no file stays whole.
	//
	// Results of the same id are one span. Each of its labels is a label; without labels, each of its choices, or the
	// text typed in. Fields: annotator, annotation_id or, of a prediction, model_version; region_id, from_name, to_name,
	// channel; origin, by default "manual"; transcript, choice, and values of other kinds by the name of the kind
	// ("number", "rating", "taxonomy"); with each, as "choice_from", its control, if that is not from_name. A second
	// control of a kind has a field of its own ("choice:mood"). A score in [0, 1] is the confidence, any other the field
	// score. The file says durations. A task that was annotated and has no result is clean.
	//
	// Left out, with a remark: canceled answers, drafts, relations, results about a whole recording or about text, time
	// series and video; all other columns of data, meta of other programs, scores of whole predictions, and members that
	// this package does not know. Left out without one: ids of tasks and the dates, counts, users and states that Label
	// Studio keeps for itself. Places in errors and remarks are those of results.
	//
	// It writes predictions with a score, which Label Studio imports, with from_name "label" and to_name "audio" unless
	// extra data says otherwise. All extra data is kept in the region's meta; when that is read back, what the export
	// says about the region takes precedence. An audio file with very many labels becomes several tasks.
	LabelStudio Format = "label-studio"
	// JAMS is the JSON Annotated Music Specification (E. J. Humphrey et al., "JAMS: A JSON Annotated Music Specification
	// for Reproducible MIR Research", ISMIR 2014; program jams, version 0.3). A file may have up to 128 MiB, is held in
	// memory as a whole, and holds one audio file, which its sandbox may name.
	//
	// Each observation is a label. Its artifact type is its value if that is a text, the member "label" of its value if
	// that is an object with one, and otherwise the namespace ("beat"). Fields: namespace; value, if it is more than the
	// text; annotation, from 2, where a namespace comes again; confidence, if it is no number in [0, 1]. Bare NaN and
	// Infinity, which are no JSON, become texts and are written bare again: a confidence always, and a value where the
	// field "bare" points (JSON pointers, RFC 6901; "" is the value itself). The file says the duration. Titles and
	// identifiers of the file, metadata and spans of annotations, sandboxes of other programs, and unknown members are
	// left out, with a remark.
	//
	// It writes one annotation a namespace, "tag_open" unless extra data says otherwise. All extra data is kept in the
	// annotation's sandbox, and the clean mark of a file without labels in the file's.
	JAMS Format = "jams"
)

var taskFormats = []formatSpec{
	{
		format: LabelStudio, durations: true, endings: []string{".json"}, looksLike: likeLabelStudio,
		read: func(src *codec.Source, opts *ReadOptions) error {
			return labelstudio.Read(src, opts.AudioFileID != nil)
		},
		write: func(dst *codec.Target, _ *WriteOptions) error { return labelstudio.Write(dst) },
	},
	{
		format: JAMS, single: true, names: true, durations: true, endings: []string{".jams", ".json"}, looksLike: likeJAMS,
		read:  func(src *codec.Source, _ *ReadOptions) error { return jams.Read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return jams.Write(dst) },
	},
}
