// Package eaf reads and writes the annotation files of ELAN, by the Max Planck Institute for Psycholinguistics, as
// its "ELAN Annotation Format EAF" and its schema EAFv3.0.xsd describe them. What a file leaves open, such as the
// times of annotations that refer to others, is computed as ELAN does.
package eaf

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// The names of fields, beside those of all tiers.
const (
	participantField = "participant"
	annotatorField   = "annotator"
	typeField        = "linguistic_type"
	constraintField  = "constraint"
	parentTierField  = "parent_tier"
	vocabularyField  = "vocabulary"
	languageField    = "language"
	localeField      = "locale"
	idField          = "annotation_id"
	parentField      = "parent_annotation"
	originField      = "time_origin"
)

// What this package writes where ELAN has no place for it.
const (
	// defaultType is ELAN's own name for the type of the first tier of a new file.
	defaultType = "default-lt"
	// ownID begins the ids of annotations that have none.
	ownID = "annoset"
	// fileProperty holds the audio file id, as a Go string, if the medium cannot.
	fileProperty = "annoset:audio_file_id"
	// furtherProperty, followed by the id of a further tier, holds the name of its tier.
	furtherProperty = "annoset:further_tier_of:"
)

// isDefaultType reports whether a type is one that we gave to tiers without a type: one for each constraint.
var isDefaultType = regexp.MustCompile(`^` + defaultType + `( \([0-9]+\))?$`).MatchString

var isOwnID = regexp.MustCompile(`^` + ownID + `[0-9]+$`).MatchString

// Read reads an annotation document. It is held in memory.
func Read(src *codec.Source) error {
	data, err := codec.Whole(src.Reader)
	if err != nil {
		return err
	}
	doc, err := parse(data, src.Encoding != "", src.Note)
	if err != nil {
		return err
	}
	seconds, suffix, err := unit(doc.units)
	if err != nil {
		return err
	}
	(&timer{doc: doc, note: src.Note}).run()
	r := &reader{src: src, doc: doc, seconds: seconds, suffix: suffix}
	if r.file, r.origin, err = doc.audioFile(src.Named); err != nil {
		return err
	}
	for _, t := range doc.tiers {
		if err := r.tier(t); err != nil {
			return err
		}
	}
	return nil
}

// unit returns a function that converts the times of a file to seconds, and how to write the unit.
func unit(name string) (seconds func(int64) decimal.Number, suffix string, err error) {
	switch name {
	case "", "milliseconds":
		return decimal.FromMS, " ms", nil
	case "PAL-frames": // 25 a second
		return func(n int64) decimal.Number { return decimal.FromMS(n).Times(1000).Over(25) }, " frames", nil
	case "NTSC-frames": // 30000/1001 a second
		return func(n int64) decimal.Number { return decimal.FromMS(n).Times(1000).Times(1001).Over(30000) }, " frames", nil
	}
	return nil, "", &codec.SyntaxError{Place: codec.Place{Line: 1, Column: 1}, Found: "TIME_UNITS of " + codec.Quote(name),
		Expected: "milliseconds, PAL-frames or NTSC-frames"}
}

// audioFile returns the id of the audio file, as this package wrote it or the name of the medium, and where the time
// line begins in it, in milliseconds. "" is unknown.
func (d *document) audioFile(named func(path, name string, at codec.Place) (string, error),
) (file string, origin int64, err error) {
	var best medium
	for _, m := range d.media {
		if m.url == "" {
			m.url = m.relative
		}
		audio := strings.HasPrefix(m.mime, "audio/")
		if m.url != "" && (best.url == "" || audio && !strings.HasPrefix(best.mime, "audio/")) {
			best = m
		}
	}
	if own, err := strconv.Unquote(d.properties[fileProperty]); err == nil && utf8.ValidString(own) {
		return own, best.origin, nil
	}
	if file = fileOf(best.url); strings.HasPrefix(best.url, "file:") && file != "" {
		file, err = named(strings.TrimPrefix(strings.TrimPrefix(best.url, "file:"), "//"), file, codec.Place{})
	}
	return file, best.origin, err
}

// fileOf returns the name of the audio file of a medium. For a file on somebody's disk the folder means nothing.
func fileOf(url string) string {
	name, onDisk := strings.CutPrefix(url, "file:")
	if i := strings.LastIndexAny(name, `/\`); onDisk && i >= 0 {
		return name[i+1:]
	}
	if onDisk && len(name) > 1 && name[1] == ':' {
		return name[2:] // the drive
	}
	return name
}

type reader struct {
	src     *codec.Source
	doc     *document
	seconds func(int64) decimal.Number
	suffix  string // the unit, behind a time
	file    string
	origin  int64 // of the time line in the audio file, in milliseconds
}

// tier delivers the labels of a tier.
func (r *reader) tier(t *eafTier) error {
	lt := r.doc.types[t.lingType]
	name := t.id
	if of, further := r.doc.properties[furtherProperty+t.id]; further {
		name = of
	}
	if t.n == 0 && name != tier.Default {
		r.src.Note(codec.RecordSkipped, t.at, "the tier "+t.id+", which has no annotation")
	}
	var fields, implied []codec.Field
	add := func(field, value string) {
		if value != "" {
			fields = append(fields, codec.Field{Name: field, Value: value})
		}
	}
	if name == tier.Default {
		implied = append(implied, codec.Field{Name: tier.NameField, Value: name})
	} else {
		fields = append(fields, codec.Field{Name: tier.NameField, Value: name})
	}
	add(participantField, t.participant)
	add(annotatorField, t.annotator)
	if isDefaultType(t.lingType) {
		implied = append(implied, codec.Field{Name: typeField, Value: t.lingType})
	} else {
		add(typeField, t.lingType)
	}
	add(constraintField, lt.constraint)
	add(parentTierField, t.parent)
	add(vocabularyField, lt.vocabulary)
	add(languageField, t.language)
	add(localeField, t.locale)
	fields, implied = slices.Clip(fields), slices.Clip(implied) // each label appends its own
	for i := t.first; i < t.first+t.n; i++ {
		if err := r.label(&r.doc.annotations[i], fields, implied); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) label(a *annotation, fields, implied []codec.Field) error {
	if a.span.bad != nil {
		return r.src.Bad(a.span.bad)
	}
	idOf := codec.Field{Name: idField, Value: a.id}
	if a.id == "" || isOwnID(a.id) {
		implied = append(implied, idOf)
	} else {
		fields = append(fields, idOf)
	}
	if a.span.ref {
		fields = append(fields, codec.Field{Name: parentField, Value: a.parent})
		implied = append(implied, codec.Field{Name: tier.ClassField, Value: "REF_ANNOTATION"})
	} else {
		implied = append(implied, codec.Field{Name: tier.ClassField, Value: "ALIGNABLE_ANNOTATION"})
	}
	if r.origin != 0 {
		fields = append(fields, codec.Field{Name: originField, Value: r.origin})
	}
	if a.cve != "" {
		implied = append(implied, codec.Field{Name: "cve_ref", Value: a.cve})
	}
	origin := decimal.FromMS(r.origin)
	return r.src.Label(&codec.Label{
		File: r.file, Type: a.value, Start: r.seconds(a.span.start).Add(origin), End: r.seconds(a.span.end).Add(origin),
		Fields: append(fields, a.others...), Implied: implied, Place: a.at,
		StartText: strconv.FormatInt(a.span.start, 10) + r.suffix, EndText: strconv.FormatInt(a.span.end, 10) + r.suffix,
	})
}
