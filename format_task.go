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
	// The audio file is the text of data.audio or data.url, or the first text of data by key; of an address or a path below
	// "/data/" it is the last element, without the eight digits that an upload puts before it. Regions of one id are one
	// span, and each of its labels is a label; where there are none, its choices, or the text typed in. Fields are
	// annotator, annotation_id or, of a prediction, model_version; region_id, from_name, to_name, channel, transcript, choice,
	// number, rating, and score where it is outside [0, 1]: within, it is the confidence. The length of the recording is told.
	// A task that was annotated and bears no region is clean. Answers that were cancelled, and those about a whole recording,
	// are left out, with a remark.
	//
	// It is written as predictions with a score, which Label Studio's importer takes, by from_name "label" and to_name "audio"
	// unless extra data says otherwise. Extra data is kept whole in the region's meta; when it is read back, what the export
	// says of the region counts for more. An audio file with very many labels goes on in further tasks. Meta of other programs
	// and scores of whole predictions are left out, with a remark; without one, other columns of data, kinds of values not
	// named here, and which of two controls a choice or a number is of. Places in errors and remarks are those of tasks.
	FormatLabelStudio Format = "label-studio"
	// FormatJAMS is the JSON Annotated Music Specification (E. J. Humphrey et al., "JAMS: A JSON Annotated Music
	// Specification for Reproducible MIR Research", ISMIR 2014; program jams, version 0.3). A file is held as a whole, up to
	// 128 MiB, and holds one audio file, which it names in its sandbox, if at all.
	//
	// Each observation is a label: of a value that is a text, that text; of one that is an object, its member "label" if it
	// has one; of anything else, the namespace ("beat"). Fields are namespace, value where it is more than the text,
	// annotation (from 2) where a namespace comes again, and confidence where it is no number of [0, 1]: bare NaN, which is no
	// JSON, survives as the text "NaN", and a confidence is written bare again. The length of the recording is told. Titles and
	// identifiers of the file, and metadata of annotations, are left out, with a remark.
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
