// Package jams reads and writes JAMS, the JSON Annotated Music Specification.
//
// The form is that of E. J. Humphrey et al., "JAMS: A JSON Annotated Music Specification for Reproducible MIR
// Research", ISMIR 2014, and of the schema that the program jams (marl/jams) validates with, in version 0.3.
package jams

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// maxDepth is how deep a file may nest. The deepest extra data fits.
const maxDepth = valid.MaxDepth + 20

// The names of fields. Writing looks for them in the extra data.
const (
	namespaceKey  = "namespace"
	valueKey      = "value"
	confidenceKey = "confidence"
	bareKey       = "bare" // where in the value bare tokens stand, as JSON pointers
)

// plainNamespace is the namespace of labels that name none: any text is a valid value in it.
const plainNamespace = "tag_open"

// ownTool is what this package writes as the tool of an annotation.
const ownTool = "annoset"

// The keys in the sandboxes of a file and of an annotation.
const (
	fileKey  = "audio_file_id"
	cleanKey = "clean"
	extraKey = "annoset" // extra data, one value for each observation
)

// Read reads a whole file.
func Read(src *codec.Source) error {
	data, err := codec.Whole(src.Reader)
	if err != nil {
		return err
	}
	d, err := parse(codec.Head(data))
	if err != nil {
		return err
	}
	rd := &reader{src: src, document: d, seen: make(map[string]int)}
	root := d.text[codec.SkipBlank(d.text, 0):]
	sandbox := member(root, "sandbox")
	for _, key := range []string{fileKey, "content_path"} {
		name := member(sandbox, key)
		s, ok := codec.Unquote(name)
		if len(name) > 0 && name[0] == '"' && !ok {
			return d.cursor.ErrorAt(d.offset(name), codec.QuoteJSON(name), "the name of an audio file")
		}
		if s != "" {
			rd.file = s
			break
		}
	}
	if length := member(member(root, "file_metadata"), "duration"); length != nil {
		if n, err := decimal.Parse(string(length)); err == nil {
			rd.length = &n
			if err := src.Audio(rd.file, n); err != nil {
				return err
			}
		}
	}
	rd.others(root, "", "annotations", "sandbox", "file_metadata")
	rd.others(member(root, "file_metadata"), "file_metadata.", "duration", "jams_version")
	rd.others(sandbox, "sandbox.", fileKey, cleanKey, "content_path")
	annotations := member(root, "annotations")
	if len(annotations) == 0 || annotations[0] != '[' {
		return d.cursor.ErrorAt(d.offset(root), "an object without a list of annotations", "a JAMS file")
	}
	if err := codec.EachValue(annotations, rd.annotation); err != nil {
		return err
	}
	if string(member(sandbox, cleanKey)) == "true" && rd.labels == 0 {
		return src.Clean(rd.file)
	}
	return nil
}

// reader turns annotations into labels.
type reader struct {
	*document
	src    *codec.Source
	file   string
	length *decimal.Number // of the recording; nil: unknown
	seen   map[string]int  // how many annotations of each namespace came so far
	labels int
}

// observation is one statement of an annotation, as parts of the text.
type observation struct{ time, duration, value, confidence []byte }

func (rd *reader) bad(part []byte, found, expected string) error {
	return rd.src.Bad(rd.cursor.ErrorAt(rd.offset(part), found, expected))
}

// annotation reads a list of observations or, in older versions, the four lists of their parts.
func (rd *reader) annotation(text []byte) error {
	data := member(text, "data")
	name := member(text, "namespace")
	namespace, ok := codec.Unquote(name)
	if len(name) > 0 && name[0] == '"' && !ok {
		return rd.bad(name, codec.QuoteJSON(name), "a namespace")
	}
	if !ok || data == nil {
		return rd.bad(text, "an annotation without namespace or data", "both")
	}
	rd.seen[namespace]++
	rd.aboutAnnotation(text)
	var extra [][]byte
	if kept := member(member(text, "sandbox"), extraKey); len(kept) > 0 && kept[0] == '[' {
		codec.EachValue(kept, func(v []byte) error { extra = append(extra, v); return nil }) //nolint:errcheck // never fails
	}
	n := 0
	take := func(part []byte, o observation) error {
		var own []byte
		if n < len(extra) && extra[n][0] == '{' {
			own = extra[n]
		}
		n++
		return rd.observation(part, namespace, o, own)
	}
	switch data[0] {
	case '[':
		return codec.EachValue(data, func(v []byte) error {
			if v[0] != '{' {
				return rd.bad(v, codec.Quote(string(v)), "an observation")
			}
			return take(v, rd.parts(v))
		})
	case '{':
		return rd.columns(data, take)
	}
	return rd.bad(data, codec.Quote(string(data)), "a list of observations")
}

// aboutAnnotation remarks what an annotation has beside its observations.
func (rd *reader) aboutAnnotation(text []byte) {
	if meta := member(text, "annotation_metadata"); string(member(meta, "annotation_tools")) != `"`+ownTool+`"` {
		rd.unkept(meta, "the metadata of an annotation")
	}
	rd.others(text, "", "namespace", "data", "annotation_metadata", "sandbox", "time", "duration")
	rd.others(member(text, "sandbox"), "sandbox.", extraKey)
	for _, name := range []string{"time", "duration"} {
		span := member(text, name)
		if span != nil && !rd.isWhole(span, name) {
			rd.unkept(span, name+" of an annotation")
		}
	}
}

// isWhole reports whether the time or duration of an annotation is that of the whole recording, or says nothing.
func (rd *reader) isWhole(span []byte, name string) bool {
	n, err := decimal.Parse(string(span))
	if err != nil {
		return false
	}
	ms, _, err := n.MS()
	if err != nil || ms == 0 || name != "duration" || rd.length == nil {
		return err == nil && ms == 0
	}
	length, _, err := rd.length.MS()
	return err == nil && ms == length
}

// parts splits an observation.
func (rd *reader) parts(object []byte) (o observation) {
	unkept := func(name, value []byte) { rd.unkept(value, nameOf(name)+" of an observation") }
	codec.EachUnique(object, unkept, func(name, value []byte) error { //nolint:errcheck // never fails
		if string(value) == "null" {
			return nil
		}
		switch string(name) {
		case `"time"`:
			o.time = value
		case `"duration"`:
			o.duration = value
		case `"value"`:
			o.value = value
		case `"confidence"`:
			o.confidence = value
		default:
			unkept(name, value)
		}
		return nil
	})
	return o
}

// others remarks the members of an object, except known ones.
func (rd *reader) others(object []byte, within string, known ...string) {
	if len(object) == 0 || object[0] != '{' {
		rd.unkept(object, within)
		return
	}
	unkept := func(name, value []byte) { rd.unkept(value, within+nameOf(name)) }
	codec.EachUnique(object, unkept, func(name, value []byte) error { //nolint:errcheck // never fails
		if !slices.Contains(known, nameOf(name)) {
			unkept(name, value)
		}
		return nil
	})
}

// nameOf returns the name of a member, as it is written if no text can hold it.
func nameOf(quoted []byte) string {
	if name, ok := codec.Unquote(quoted); ok {
		return name
	}
	return string(quoted)
}

// columns reads observations whose parts are in separate lists.
func (rd *reader) columns(data []byte, take func([]byte, observation) error) error {
	rd.others(data, "data.", "time", "duration", "value", confidenceKey)
	var lists [4][][]byte
	for i, name := range []string{"time", "duration", "value", confidenceKey} {
		if list := member(data, name); len(list) > 0 && list[0] == '[' {
			codec.EachValue(list, func(v []byte) error { //nolint:errcheck // never fails
				lists[i] = append(lists[i], v)
				return nil
			})
		}
	}
	n := len(lists[0])
	for _, list := range lists[1:] {
		if len(list) != n {
			return rd.bad(data, fmt.Sprintf("lists of %d, %d, %d and %d values", len(lists[0]), len(lists[1]), len(lists[2]),
				len(lists[3])), "time, duration, value and confidence of one length")
		}
	}
	for i := range n {
		if err := take(lists[0][i], observation{lists[0][i], lists[1][i], lists[2][i], lists[3][i]}); err != nil {
			return err
		}
	}
	return nil
}

// observation makes a label.
func (rd *reader) observation(part []byte, namespace string, o observation, own []byte) error {
	start, err := decimal.Parse(string(o.time))
	if err != nil {
		return rd.bad(part, "a time "+codec.Quote(string(o.time)), "a number of seconds")
	}
	duration, err := decimal.Parse(string(o.duration))
	if err != nil {
		return rd.bad(part, "a duration "+codec.Quote(string(o.duration)), "a number of seconds")
	}
	l := codec.Label{
		File: rd.file, Start: start, End: start.Add(duration), StartText: string(o.time), EndText: string(o.duration),
		Place: rd.cursor.Place(rd.offset(part)),
	}
	for _, text := range [][]byte{o.value, member(o.value, "label")} {
		if _, ok := codec.Unquote(text); !ok && len(text) > 0 && text[0] == '"' {
			return rd.bad(part, codec.QuoteJSON(text), "a text")
		}
	}
	l.Type = typeOf(namespace, rd.valueOf(o.value))
	l.Keep(namespace != plainNamespace, namespaceKey, namespace)
	if n := rd.seen[namespace]; n > 1 {
		l.Keep(true, "annotation", int64(n))
	}
	bare, ok := rd.pointers(o.value)
	if !ok {
		return rd.bad(part, "a value with very many bare NaN", "less")
	}
	if o.value != nil {
		l.Keep(o.value[0] != '"' || rd.bareAt(o.value) != "", valueKey, rd.valueOf(o.value))
	}
	if len(bare) > 0 {
		where, err := json.Marshal(bare)
		if err != nil {
			return err
		}
		l.Keep(true, bareKey, json.RawMessage(where))
	}
	if token := rd.bareAt(o.confidence); token != "" {
		l.Keep(true, confidenceKey, token)
	} else if c, ok := codec.Confidence(string(o.confidence), false); ok {
		l.Confidence = &c
	} else if o.confidence != nil && string(o.confidence) != "null" {
		kept := rd.valueOf(o.confidence)
		if text, _ := codec.Unquote(kept); slices.Contains(bareTokens, text) || rd.anyBare(o.confidence) {
			rd.src.Note(codec.Repaired, l.Place, "confidence "+codec.Quote(string(kept)))
		}
		l.Keep(true, confidenceKey, kept)
	}
	if own != nil {
		l.Fields, l.Extra = nil, rd.valueOf(own)
		if member(own, "start_text") != nil {
			l.StartText, l.EndText = "", ""
		}
	}
	rd.labels++
	return rd.src.Label(&l)
}

// unkept remarks a part that has something to say and no place in a label.
func (rd *reader) unkept(part []byte, what string) {
	if codec.SaysAnything(part) {
		rd.src.Note(codec.FieldLost, rd.cursor.Place(rd.offset(part)), what)
	}
}

func (rd *reader) bareAt(part []byte) string {
	if part == nil {
		return ""
	}
	return rd.bare[rd.offset(part)]
}

func (rd *reader) valueOf(part []byte) json.RawMessage {
	if part == nil {
		return nil
	}
	return rd.document.value(part)
}

// typeOf returns the artifact type of a value: the value if it is a text, its label if it has one, or else the
// namespace.
func typeOf(namespace string, value []byte) string {
	if s, ok := codec.Unquote(value); ok {
		return s
	}
	if s, ok := codec.Unquote(member(value, "label")); ok && s != "" {
		return s
	}
	return namespace
}
