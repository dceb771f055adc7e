package eaf

import (
	"bufio"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
)

// Write writes an annotation document of one audio file. It holds the labels in memory.
func Write(dst *codec.Target) error {
	w := &writer{
		tree: newTree(), out: bufio.NewWriter(dst.Writer), typeByID: make(map[string]lingType),
		vocByName: make(map[string]*vocabulary), tierIDs: newNames(), typeIDs: newNames(),
	}
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		w.file = a.File
		if a.Confidence != nil {
			dst.Note(codec.ConfidenceLost, a.Type)
		}
		if held(a.Type) != a.Type {
			dst.Note(codec.TypeChanged, a.Type)
		}
		extra, err := tier.NewExtra(a.Extra)
		if err != nil {
			return err
		}
		w.add(a, extra)
	}
	for _, file := range dst.Clean {
		dst.Note(codec.CleanLost, file)
		w.file = cmp.Or(w.file, file)
	}
	w.fitOrigin()
	w.link()
	w.lay()
	for _, ot := range w.tiers {
		for _, l := range ot.labels {
			if lost := l.extra.Lost(); lost != "" {
				dst.About = &codec.Annotation{File: w.file, Type: l.text, StartMS: l.startMS, EndMS: l.endMS}
				dst.Note(codec.ExtraLost, lost)
			}
		}
	}
	w.document()
	return w.out.Flush()
}

// writer writes the tree. The buffer keeps an error of the stream until it is flushed.
type writer struct {
	*tree
	file  string
	out   *bufio.Writer
	slots []*outSlot
	parts []part
	types []outType
	vocs  []*vocabulary

	typeByID  map[string]lingType
	vocByName map[string]*vocabulary
	tierIDs   names
	typeIDs   names
}

// names are the names that are taken.
type names struct {
	taken map[string]bool
	last  map[string]int // the number given to a name last
}

func newNames() names { return names{taken: make(map[string]bool), last: make(map[string]int)} }

// further makes a new name from one that is taken.
func (n *names) further(name string) string {
	for i := max(n.last[name], 1) + 1; ; i++ {
		if made := fmt.Sprintf("%s (%d)", name, i); !n.taken[made] {
			n.taken[made], n.last[name] = true, i
			return made
		}
	}
}

// outSlot is a point of the time line.
type outSlot struct {
	ms int64
	n  int // from 1, in order of time
}

// part is a tier to write: a whole [outTier], or one lane of it.
type part struct {
	id       string
	further  bool
	of       *outTier
	labels   []*outLabel
	lingType string
	voc      *vocabulary
}

type outType struct {
	id string
	lingType
}

// vocabulary is the texts of the tiers that name a controlled vocabulary.
type vocabulary struct {
	name    string
	entries []string
	at      map[string]int
}

// lay gives all parts their ids.
func (w *writer) lay() {
	for _, ot := range w.tiers {
		w.tierIDs.taken[ot.name] = true
		w.typeIDs.taken[ot.fields[typeField]] = true
	}
	if len(w.tiers) == 0 {
		w.parts = []part{{id: tier.Default, of: &outTier{name: tier.Default}, lingType: w.typeOf(&outTier{})}}
	}
	next := 0
	for _, ot := range w.tiers {
		id := ot.name
		lt, voc := w.typeOf(ot), w.vocabularyOf(ot)
		for i, lane := range ot.lanes {
			if i > 0 {
				id = w.tierIDs.further(ot.name)
			}
			w.parts = append(w.parts, part{id: id, further: i > 0, of: ot, labels: lane, lingType: lt, voc: voc})
			for _, l := range lane {
				for l.id == "" {
					if next++; w.ids[ownID+strconv.Itoa(next)] == nil {
						l.id = ownID + strconv.Itoa(next)
					}
				}
				voc.add(l.text)
			}
		}
	}
	for _, ot := range w.tiers {
		w.align(ot)
	}
	slices.SortStableFunc(w.slots, func(a, b *outSlot) int { return cmp.Compare(a.ms, b.ms) })
	for i, s := range w.slots {
		s.n = i + 1
	}
}

// typeOf finds or makes the linguistic type of a tier.
func (w *writer) typeOf(ot *outTier) string {
	lt := lingType{ot.fields[constraintField], ot.fields[vocabularyField]}
	id := cmp.Or(ot.fields[typeField], defaultType)
	known, ok := w.typeByID[id]
	if ok && known == lt {
		return id
	}
	if ok { // another tier has it, with another constraint
		for _, l := range ot.labels {
			l.extra.Lose(typeField)
		}
		id = w.typeIDs.further(id)
	}
	w.typeByID[id] = lt
	w.types = append(w.types, outType{id, lt})
	return id
}

// vocabularyOf finds or makes the controlled vocabulary of a tier, or returns nil.
func (w *writer) vocabularyOf(ot *outTier) *vocabulary {
	name := ot.fields[vocabularyField]
	if name == "" || w.vocByName[name] != nil {
		return w.vocByName[name]
	}
	v := &vocabulary{name: name, at: make(map[string]int)}
	w.vocs, w.vocByName[name] = append(w.vocs, v), v
	return v
}

func (v *vocabulary) add(text string) {
	if v == nil {
		return
	}
	if _, known := v.at[text]; !known {
		v.at[text] = len(v.entries)
		v.entries = append(v.entries, text)
	}
}

// id returns the id of the entry of a text.
func (v *vocabulary) id(text string) string { return "cve" + strconv.Itoa(v.at[text]+1) }

// align gives the labels of a tier their slots. If the tier divides the one above it, labels share the slots at which
// they meet, as in ELAN.
func (w *writer) align(ot *outTier) {
	if ot.isRef() || len(ot.labels) == 0 || ot.labels[0].slots[0] != nil {
		return
	}
	divides := ot.parent != nil && ot.fields[constraintField] == timeSubdivision
	if divides {
		w.align(ot.parent)
		divides = !ot.parent.isRef()
	}
	for _, lane := range ot.lanes {
		for i, l := range lane {
			if divides {
				if l.slots[0] = l.parent.slots[0]; l.startMS != l.parent.startMS {
					l.slots[0] = lane[i-1].slots[1]
				}
				if l.endMS == l.parent.endMS {
					l.slots[1] = l.parent.slots[1]
				}
			}
			for k, ms := range [2]int64{l.startMS, l.endMS} {
				if l.slots[k] == nil {
					l.slots[k] = &outSlot{ms: ms}
					w.slots = append(w.slots, l.slots[k])
				}
			}
		}
	}
}

// document writes everything, in the order of the schema.
func (w *writer) document() {
	// The date is fixed, so that the same labels make the same bytes.
	w.print(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<ANNOTATION_DOCUMENT AUTHOR="" DATE="1970-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
		`xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">` + "\n")
	w.header()
	w.print("    <TIME_ORDER>\n")
	for _, s := range w.slots {
		time := strconv.FormatInt(s.ms-w.origin, 10)
		w.print(`        <TIME_SLOT TIME_SLOT_ID="ts`, strconv.Itoa(s.n), `" TIME_VALUE="`, time, "\"/>\n")
	}
	w.print("    </TIME_ORDER>\n")
	for i := range w.parts {
		w.part(&w.parts[i])
	}
	for _, t := range w.types {
		w.element("    ", "LINGUISTIC_TYPE", false,
			"LINGUISTIC_TYPE_ID", t.id, "TIME_ALIGNABLE", strconv.FormatBool(!strings.HasPrefix(t.constraint, "Symbolic")),
			"GRAPHIC_REFERENCES", "false", "CONSTRAINTS", t.constraint, "CONTROLLED_VOCABULARY_REF", t.vocabulary)
	}
	for _, locale := range w.fieldsOf(localeField) {
		w.element("    ", "LOCALE", false, "LANGUAGE_CODE", locale)
	}
	w.languages()
	w.constraints()
	for _, v := range w.vocs {
		w.vocabulary(v)
	}
	w.print("</ANNOTATION_DOCUMENT>\n")
}

func (w *writer) header() {
	w.print(`    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">` + "\n")
	url, origin := held(w.file), ""
	if w.origin != 0 {
		origin = strconv.FormatInt(w.origin, 10)
	}
	if url != "" {
		w.element("        ", "MEDIA_DESCRIPTOR", false, "MEDIA_URL", url, "MIME_TYPE", mimeType(url),
			"RELATIVE_MEDIA_URL", "./"+fileOf("file:"+url), "TIME_ORIGIN", origin)
	}
	if fileOf(url) != w.file {
		w.property(fileProperty, strconv.QuoteToASCII(w.file))
	}
	for _, p := range w.parts {
		if p.further {
			w.property(furtherProperty+p.id, p.of.name)
		}
	}
	w.property("lastUsedAnnotationId", strconv.FormatInt(w.lastID, 10))
	w.print("    </HEADER>\n")
}

// mimeType returns the media type of an audio file, in ELAN's words.
func mimeType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".wav":
		return "audio/x-wav"
	case ".mp3":
		return "audio/mpeg"
	}
	return "unknown"
}

func (w *writer) property(name, value string) {
	w.element("        ", "PROPERTY", true, "NAME", name)
	w.text(value)
	w.print("</PROPERTY>\n")
}

// part writes a tier.
func (w *writer) part(p *part) {
	f := p.of.fields
	w.element("    ", "TIER", true, "TIER_ID", p.id, "PARTICIPANT", f[participantField], "ANNOTATOR", f[annotatorField],
		"LINGUISTIC_TYPE_REF", p.lingType, "DEFAULT_LOCALE", f[localeField], "PARENT_REF", f[parentTierField],
		"LANG_REF", f[languageField])
	w.print("\n")
	for _, l := range p.labels {
		cve := ""
		if p.voc != nil {
			cve = p.voc.id(l.text)
		}
		w.print("        <ANNOTATION>\n")
		element := "ALIGNABLE_ANNOTATION"
		if p.of.isRef() {
			element = "REF_ANNOTATION"
			before := ""
			if l.before != nil {
				before = l.before.id
			}
			w.element("            ", element, true, "ANNOTATION_ID", l.id, "ANNOTATION_REF", l.parent.id,
				"PREVIOUS_ANNOTATION", before, "CVE_REF", cve)
		} else {
			w.element("            ", element, true, "ANNOTATION_ID", l.id, "TIME_SLOT_REF1", "ts"+strconv.Itoa(l.slots[0].n),
				"TIME_SLOT_REF2", "ts"+strconv.Itoa(l.slots[1].n), "CVE_REF", cve)
		}
		w.print("\n                <ANNOTATION_VALUE>")
		w.text(l.text)
		w.print("</ANNOTATION_VALUE>\n            </", element, ">\n        </ANNOTATION>\n")
	}
	w.print("    </TIER>\n")
}

// fieldsOf returns the values that tiers have for a field.
func (w *writer) fieldsOf(name string) []string {
	var all []string
	seen := map[string]bool{"": true}
	for _, ot := range w.tiers {
		if v := ot.fields[name]; !seen[v] {
			seen[v] = true
			all = append(all, v)
		}
	}
	return all
}

// undetermined is the language of texts whose language is unknown.
const undetermined = "und"

func (w *writer) languages() {
	all := w.fieldsOf(languageField)
	if len(w.vocs) > 0 && !slices.Contains(all, undetermined) {
		all = append(all, undetermined)
	}
	for _, id := range all {
		w.element("    ", "LANGUAGE", false, "LANG_ID", id)
	}
}

// constraints writes what ELAN has in every file.
func (w *writer) constraints() {
	for _, c := range [...][2]string{
		{timeSubdivision, "Time subdivision of parent annotation's time interval, no time gaps allowed within this interval"},
		{symbolicSubdivision, "Symbolic subdivision of a parent annotation. " +
			"Annotations refering to the same parent are ordered"},
		{symbolicAssociation, "1-1 association with a parent annotation"},
		{includedIn, "Time alignable annotations within the parent annotation's time interval, gaps are allowed"},
	} {
		w.element("    ", "CONSTRAINT", false, "STEREOTYPE", c[0], "DESCRIPTION", c[1])
	}
}

func (w *writer) vocabulary(v *vocabulary) {
	w.element("    ", "CONTROLLED_VOCABULARY", true, "CV_ID", v.name)
	w.print("\n")
	w.element("        ", "DESCRIPTION", false, "LANG_REF", undetermined)
	for _, text := range v.entries {
		w.element("        ", "CV_ENTRY_ML", true, "CVE_ID", v.id(text))
		w.print("\n")
		w.element("            ", "CVE_VALUE", true, "LANG_REF", undetermined)
		w.text(text)
		w.print("</CVE_VALUE>\n        </CV_ENTRY_ML>\n")
	}
	w.print("    </CONTROLLED_VOCABULARY>\n")
}

// element begins an element. attributes are names and values in turn; those with an empty value are left out. An
// element without content is closed.
func (w *writer) element(indent, name string, content bool, attributes ...string) {
	w.print(indent, "<", name)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			w.print(" ", attributes[i], `="`)
			attributeText.WriteString(w.out, attributes[i+1]) //nolint:errcheck // the buffer keeps an error
			w.print(`"`)
		}
	}
	if content {
		w.print(">")
	} else {
		w.print("/>\n")
	}
}

var (
	plainText     = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#x9;",
		"\n", "&#xA;", "\r", "&#xD;")
)

func (w *writer) text(s string) { plainText.WriteString(w.out, s) } //nolint:errcheck // the buffer keeps an error

func (w *writer) print(parts ...string) {
	for _, s := range parts {
		w.out.WriteString(s)
	}
}
