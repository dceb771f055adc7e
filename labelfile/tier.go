package labelfile

import (
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/eaf"
	"github.com/annoset/annoset/labelfile/internal/codec/textgrid"
)

// Formats that are tiers of one recording.
//
// The tier of a label is the field "tier", so a written file has the label where it was. Labels without a tier are
// written to one named "default", and labels read from that one get no tier. Within a tier no two labels overlap:
// labels that do are spread over further tiers. The artifact type is the text of the label alone; where the tier
// gives the text its meaning, a template such as "{tier}/{text}" keeps them apart.
const (
	// TextGrid is Praat's TextGrid in text form, as Praat's manual describes it under "TextGrid file formats" (Paul
	// Boersma and David Weenink, https://www.praat.org): long and short, in UTF-8, UTF-16 or, unless an encoding is
	// named, Latin-1. Binary and chronological TextGrids, and collections, are refused by name.
	//
	// A file holds one audio file and does not name it. Its end is the audio file's duration if the file begins at 0. If
	// it begins elsewhere, times are kept as they are, with a remark: it does not say whether the audio begins there too.
	//
	// It reads, tier by tier, a label for each interval with text and each point, which is a label of no length. Intervals
	// without text are gaps, unless [ReadOptions.BlankType] is set; a point without text is a blank label. Tiers without
	// labels are remarked. Fields: "tier"; "tier_index", which of several tiers of the same name and class, from 1, unless
	// spreading the labels gives that tier anyway. For templates only: "class", which is "IntervalTier" or "TextTier".
	//
	// It writes long text in UTF-8, laid out as by Praat, from 0 to the duration or the last end. Gaps are empty
	// intervals. Tiers come in order of their first label. Points go to a TextTier of the same name; labels that
	// overlap, and points of the same time, go to further tiers of the same name, and all are there when the file is
	// read back. Lost, with a remark: confidence; extra data other than the fields above and the times of
	// [ReadOptions.KeepTimes]; carriage returns, which become line feeds; clean marks.
	//
	// Reading holds the file in memory, writing the labels of an audio file.
	TextGrid Format = "textgrid"

	// EAF is the annotation format of ELAN, by the Max Planck Institute for Psycholinguistics (The Language Archive,
	// "ELAN Annotation Format EAF", and the schema EAFv3.0.xsd): versions up to 3.0, in UTF-8, UTF-16 or the encoding
	// that the document names. A document type declaration is refused, and with it all entities that a file could define.
	//
	// A file holds one audio file. Its name is the URL of the first linked medium that is audio, or of the first medium;
	// of a "file:" URL, which names a folder of somebody's computer, the last element. The time line of the document may
	// begin elsewhere than that medium: TIME_ORIGIN is added to all times.
	//
	// It reads, tier by tier, a label for each annotation. An annotation that refers to another has the times of that
	// one, or a share of them where its tier is a symbolic subdivision. A time slot without a time lies between its
	// neighbors on its tier or in the time order. Both are computed as ELAN does, in whole units of the file, which are
	// milliseconds or PAL or NTSC frames. An annotation without text is a blank label.
	//
	// Fields, where they are present: "tier"; of the tier "participant", "annotator", "linguistic_type", "constraint"
	// (such as "Symbolic_Association"), "parent_tier", "vocabulary" (the controlled vocabulary of the type), "language"
	// and "locale"; of the annotation "annotation_id", "parent_annotation" (the id of the one it refers to), "lang_ref",
	// "ext_ref" and "svg_ref"; "time_origin", in milliseconds. For templates only: "class", which is
	// "ALIGNABLE_ANNOTATION" or "REF_ANNOTATION", and "cve_ref". Left out with a remark: tiers without annotations,
	// linked files and links between annotations. Left out without one: license, lexicon, and what a vocabulary has
	// beyond the texts in use.
	//
	// It writes EAF 3.0 with the tiers in order of their first label, and a date of 1970, so that equal labels give equal
	// bytes. Times count from the "time_origin" of the labels again, unless one of them lies before it. A tier is placed
	// below its parent tier again, and its annotations refer again, if its labels still lie as its constraint demands;
	// after edits that break it, the tier stands alone and these fields are lost. Labels that overlap go to further tiers,
	// "name (2)" and so on, which are read back as one. Points are annotations of no length, which the schema allows and
	// ELAN hardly shows. Vocabularies hold the texts in use. Lost, with a remark: confidence; extra data other than the
	// fields above, and "lang_ref", "ext_ref" and "svg_ref"; a field of a tier in labels that contradict the first one of
	// the tier; control characters; clean marks.
	//
	// Reading holds the file and its annotations in memory, writing the labels of an audio file.
	EAF Format = "eaf"
)

var tierFormats = []formatSpec{
	{
		format: TextGrid, single: true, durations: true, endings: []string{".TextGrid", ".textgrid"}, looksLike: likeTextGrid,
		read: func(src *codec.Source, opts *ReadOptions) error {
			return textgrid.Read(src, textgrid.Options{Gaps: opts.BlankType != ""})
		},
		write: func(dst *codec.Target, _ *WriteOptions) error { return textgrid.Write(dst) },
	},
	{
		format: EAF, single: true, names: true, endings: []string{".eaf"}, looksLike: likeEAF,
		read:  func(src *codec.Source, _ *ReadOptions) error { return eaf.Read(src) },
		write: func(dst *codec.Target, _ *WriteOptions) error { return eaf.Write(dst) },
	},
}
