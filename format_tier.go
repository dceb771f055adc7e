package annoset

import (
	"strings"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/codec/charset"
	"github.com/annoset/annoset/internal/codec/eaf"
	"github.com/annoset/annoset/internal/codec/textgrid"
)

// Formats that are tiers of one recording.
//
// The tier of a label is the field "tier", in extra data too, so that a written file puts the label back where it was.
// Labels that name no tier are written into one called "default", and those that are read from it name none. No two labels
// of a tier overlap: those that do are spread over further tiers. The artifact type is the text of the label alone; where
// the tier says what the text means, a template such as "{tier}/{text}" keeps them apart.
const (
	// FormatTextGrid is Praat's TextGrid in text form, as the manual of Praat by Paul Boersma and David Weenink describes
	// it under "TextGrid file formats" (https://www.praat.org): long and short, in UTF-8, UTF-16 or Latin-1. Binary and
	// chronological TextGrids, and collections, are refused by name.
	//
	// A file holds one audio file, whose name it does not say. Its end is told as the duration if it begins at 0.
	//
	// Read: a label for each interval with text and each point, which is a label of no length; tier by tier. Intervals
	// without text are gaps, unless [ReadOptions.BlankType] asks for them; a point without text is a blank label. Tiers
	// without labels are remarked. Fields: "tier"; "tier_index", which of the tiers of the same name and class it is, from
	// 1, if there are several and labels would not be spread over them so by themselves; for templates alone "class",
	// "IntervalTier" or "TextTier".
	//
	// Written: long text in UTF-8, laid out as Praat does it, from 0 to the duration or the last end, gaps filled with empty
	// intervals; tiers in order of their first label; points in a TextTier of the same name, and labels that overlap, or
	// points of the same time, in further tiers of the same name. So duplicates cost a tier, and nothing else: read back,
	// all labels are there. Lost, and remarked: confidence; extra data other than the fields above and the times of
	// [ReadOptions.KeepTimes]; carriage returns, which become line feeds; clean marks.
	//
	// Memory: the file when reading, the labels of an audio file when writing.
	FormatTextGrid Format = "textgrid"

	// FormatEAF is the annotation format of ELAN, of the Max Planck Institute for Psycholinguistics (The Language Archive,
	// "ELAN Annotation Format EAF", and the schema EAFv3.0.xsd): versions up to 3.0, in UTF-8 or UTF-16. A document type
	// declaration, and with it every entity that a file could define, is refused.
	//
	// A file holds one audio file. It is named by the first linked medium that is audio, or the first of all: of a "file:"
	// URL, which leads to somebody's own folder, by the last element, else by the URL as it is.
	//
	// Read: a label for each annotation, tier by tier. One that refers to another has the times of that one, or its share
	// of them where its tier is a symbolic subdivision; a time slot without a time lies between its neighbours, on its tier
	// or in the time order. Both are computed as ELAN does, in whole units of the file; these may be milliseconds or PAL or
	// NTSC frames. An annotation without text is a blank label. Fields: "tier"; of the tier "participant", "annotator",
	// "linguistic_type", "constraint" (such as "Symbolic_Association"), "parent_tier", "vocabulary" (the controlled
	// vocabulary of the type), "language" and "locale"; of the annotation "annotation_id", "parent_annotation" (the id of the
	// one that it refers to), "lang_ref", "ext_ref" and "svg_ref"; each where there is one. For templates alone: "class",
	// "ALIGNABLE_ANNOTATION" or "REF_ANNOTATION", and "cve_ref". Not read: tiers without annotations, linked files and links
	// between annotations, which are remarked; licence, lexicon, what a vocabulary has beyond the texts in use.
	//
	// Written: EAF 3.0 with the tiers in order of their first label, and a date of 1970, so that the same labels make the
	// same bytes. A tier comes below its parent tier again, and its annotations refer again, if its labels lie there as its
	// constraint says; if not, because they were edited, it stands by itself and the fields are lost. Labels that overlap go
	// into further tiers, "name (2)" and so on, which are read back as the one; points are annotations of no length, which
	// the schema allows, and of which ELAN shows little. Vocabularies hold the texts in use. Lost, and remarked: confidence;
	// extra data other than the fields above, and "lang_ref", "ext_ref" and "svg_ref"; where labels of one tier contradict
	// each other in a field of the tier, all but the first; control characters; clean marks.
	//
	// Memory: the file and its annotations when reading, the labels of an audio file when writing.
	FormatEAF Format = "eaf"
)

var tierFormats = []formatSpec{
	{
		format: FormatTextGrid,
		read: func(src *codec.Source, opts *ReadOptions) error {
			return textgrid.Read(src, textgrid.Options{Gaps: opts.BlankType != ""})
		},
		write:     func(dst *codec.Target, _ *WriteOptions) error { return textgrid.Write(dst) },
		single:    true,
		endings:   []string{".TextGrid", ".textgrid"},
		looksLike: looksLikeTextGrid,
	},
	{
		format:    FormatEAF,
		read:      func(src *codec.Source, _ *ReadOptions) error { return eaf.Read(src) },
		write:     func(dst *codec.Target, _ *WriteOptions) error { return eaf.Write(dst) },
		single:    true,
		names:     true,
		endings:   []string{".eaf"},
		looksLike: looksLikeEAF,
	},
}

// looksLikeTextGrid knows the TextGrids that are refused too, so that they are by name.
func looksLikeTextGrid(head []byte) likeness {
	text := charset.Head(head[:min(len(head), 1<<10)])
	isGrid := strings.Contains(text, `"TextGrid"`)
	switch {
	case strings.HasPrefix(text, `File type = "ooTextFile`) && isGrid:
		return certain
	case strings.HasPrefix(text, "ooBinaryFile") && strings.Contains(text, "TextGrid"),
		strings.HasPrefix(text, `"Praat chronological TextGrid text file"`),
		strings.Contains(text, `"ooTextFile`) && isGrid:
		return likely
	}
	return unlike
}

func looksLikeEAF(head []byte) likeness {
	text := strings.TrimLeft(charset.Head(head), " \t\r\n\ufeff")
	if strings.HasPrefix(text, "<") && strings.Contains(text, "<ANNOTATION_DOCUMENT") {
		return certain
	}
	return unlike
}
