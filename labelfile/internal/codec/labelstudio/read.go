// Package labelstudio reads the JSON export of Label Studio, and writes predictions that Label Studio imports.
//
// The form is that of Label Studio's documentation, "Label Studio JSON format of annotated tasks" and "Import
// pre-annotated data" (HumanSignal).
package labelstudio

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// maxDepth is how deep a task may nest. The deepest extra data fits.
const maxDepth = valid.MaxDepth + 20

// Read reads an array of tasks, one task at a time. For a task that does not name its audio file, the file is "" if
// named is set, because the caller has a name, and otherwise it is an error.
func Read(src *codec.Source, named bool) error {
	take := func(object []byte, place func([]byte) codec.Place) error {
		return (&reader{src: src, place: place, named: named}).task(object)
	}
	return codec.EachElement(codec.NewLines(src.Reader), src, take)
}

// reader turns a task into labels.
type reader struct {
	src   *codec.Source
	place func([]byte) codec.Place
	named bool

	file          string
	length        string // of the audio file, as it was said last
	said, results int    // how many answers of people count, and how many results they and others have
}

func (rd *reader) task(object []byte) error {
	if valid.Depth(object) > maxDepth {
		return rd.wrong(object, fmt.Sprintf("a task that nests deeper than %d", maxDepth), "a task of Label Studio")
	}
	t, err := rd.parse(object)
	if err != nil {
		return err
	}
	if t.data == nil {
		return rd.wrong(object, "an object without data", "a task of Label Studio")
	}
	if err := rd.readData(t); err != nil {
		return err
	}
	for _, at := range t.drafts {
		rd.src.Note(codec.RecordSkipped, at, "a draft of "+rd.file)
	}
	for i := range t.annotations {
		if err := rd.annotation(&t.annotations[i]); err != nil {
			return err
		}
	}
	for i := range t.predictions {
		if err := rd.prediction(&t.predictions[i]); err != nil {
			return err
		}
	}
	if rd.said > 0 && rd.results == 0 {
		return rd.src.Clean(rd.file)
	}
	return nil
}

// annotation reads the answer of a person.
func (rd *reader) annotation(a *answer) error {
	if a.cancelled {
		rd.src.Note(codec.RecordSkipped, a.at, "a cancelled annotation of "+rd.file)
		return nil
	}
	rd.said++
	var by codec.Label
	if who := annotator(a.completedBy); who != nil {
		by.Keep(true, "annotator", who)
	}
	if id := scalar(a.id); id != nil {
		by.Keep(true, "annotation_id", id)
	}
	return rd.answer(a, &by)
}

// prediction reads the answer of a model.
func (rd *reader) prediction(a *answer) error {
	var by codec.Label
	version, isText := codec.Unquote(a.modelVersion)
	if other := scalar(a.modelVersion); !isText && other != nil {
		by.Keep(true, "model_version", other)
	} else {
		by.Keep(version != ownModel, "model_version", version)
	}
	return rd.answer(a, &by)
}

// spanKey is what results of one span share, as it is written.
type spanKey struct{ id, start, end string }

// answer reads the results of one answer, grouped by span.
func (rd *reader) answer(a *answer, by *codec.Label) error {
	rd.results += a.said
	for _, f := range a.rest {
		rd.lost(a.at, f)
	}
	// Results of one id are one span, unless their times differ; those without times belong to the last span of the id.
	var spans [][]*result
	place, last := make(map[spanKey]int, len(a.results)), make(map[string]int)
	for i := range a.results {
		r := &a.results[i]
		key := spanKey{r.id, string(r.start), string(r.end)}
		at, known := place[key]
		if r.start == nil && !known {
			at, known = last[r.id]
		}
		if !known || r.id == "" {
			at = len(spans)
			spans = append(spans, nil)
		}
		place[key], last[r.id] = at, at
		spans[at] = append(spans[at], r)
	}
	for _, results := range spans {
		if err := rd.span(results, by); err != nil {
			return err
		}
	}
	return nil
}

// span makes the labels of the results of one span.
func (rd *reader) span(results []*result, by *codec.Label) error {
	i := slices.IndexFunc(results, func(r *result) bool { return r.start != nil && r.end != nil })
	if i < 0 || slices.ContainsFunc(results, (*result).ofOtherMedia) {
		for _, r := range results {
			rd.src.Note(codec.RecordSkipped, r.at, r.kind+" of no span"+r.control())
		}
		return nil
	}
	l, bad, err := rd.times(results[i])
	if bad != nil || err != nil {
		if bad != nil {
			err = rd.src.Bad(bad)
		}
		return err
	}
	s := rd.gather(results)
	if size := s.size(); size > codec.MaxLine {
		return rd.src.Bad(&codec.SyntaxError{Place: l.Place, Expected: "less",
			Found: fmt.Sprintf("a region of %d labels that says %d bytes of all of them", len(s.names), size)})
	}
	for _, n := range s.names {
		one := *l
		if err := s.label(&one, n, by); err != nil {
			return err
		}
		if err := rd.src.Label(&one); err != nil {
			return err
		}
	}
	return nil
}

// times starts a label with the times of a result, and delivers the length of the recording.
func (rd *reader) times(r *result) (*codec.Label, *codec.SyntaxError, error) {
	l := &codec.Label{File: rd.file, Place: r.at}
	var err error
	if l.Start, l.StartText, err = number(r.start); err != nil {
		return nil, r.wrong("a start "+codec.Quote(string(r.start)), "a number of seconds"), nil
	}
	if l.End, l.EndText, err = number(r.end); err != nil {
		return nil, r.wrong("an end "+codec.Quote(string(r.end)), "a number of seconds"), nil
	}
	if length, text, err := number(r.length); err == nil && text != rd.length {
		rd.length = text
		return l, nil, rd.src.Audio(rd.file, length)
	}
	return l, nil, nil
}

// number reads a number, or one in quotes, as some programs write it.
func number(raw []byte) (decimal.Number, string, error) {
	text, isText := codec.Unquote(raw)
	if !isText {
		text = string(raw)
	}
	n, err := decimal.Parse(text)
	return n, text, err
}

// lost remarks a member that labels have no place for, if it says anything.
func (rd *reader) lost(at codec.Place, f codec.Field) {
	if raw, _ := f.Value.(json.RawMessage); codec.SaysAnything(raw) {
		const longest = 200 // in a remark, which is cut again
		rd.src.Note(codec.FieldLost, at, f.Name+" "+string(raw[:min(len(raw), longest)]))
	}
}

// wrong returns an error about a part of the task.
func (rd *reader) wrong(part []byte, found, expected string) error {
	return &codec.SyntaxError{Place: rd.place(part), Found: found, Expected: expected}
}
