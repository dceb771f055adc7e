// Package labelstudio reads the JSON export of Label Studio, and writes predictions that its importer takes.
//
// The form is that of Label Studio's documentation, "Export annotations" and "Import pre-annotated data" (HumanSignal).
package labelstudio

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/annoset/annoset/internal/codec"
	"github.com/annoset/annoset/internal/decimal"
)

// maxDepth is how deep a task may nest.
const maxDepth = 100

// task is one recording with what people and models said of it.
type task struct {
	Data        map[string]json.RawMessage `json:"data"`
	Annotations []answer                   `json:"annotations"`
	Predictions []answer                   `json:"predictions"`
}

// answer is what one annotator, or one model, said.
type answer struct {
	ID           json.RawMessage `json:"id"`
	CompletedBy  json.RawMessage `json:"completed_by"`
	WasCancelled bool            `json:"was_cancelled"`
	ModelVersion string          `json:"model_version"`
	Result       []region        `json:"result"`
}

// region is one thing that was said: a span with labels, or more about the span of the same id.
type region struct {
	ID             string                     `json:"id"`
	Type           string                     `json:"type"`
	FromName       string                     `json:"from_name"`
	ToName         string                     `json:"to_name"`
	OriginalLength json.Number                `json:"original_length"`
	Value          map[string]json.RawMessage `json:"value"`
	Score          *json.Number               `json:"score"`
	Meta           map[string]json.RawMessage `json:"meta"`
}

// Read reads an array of tasks, one task at a time.
func Read(src *codec.Source) error {
	return codec.EachElement(codec.NewLines(src.Reader), src, func(object []byte, place func([]byte) codec.Place) error {
		at := place(object)
		bad := func(found, expected string) error {
			return &codec.SyntaxError{Place: at, Found: found, Expected: expected}
		}
		if codec.Depth(object) > maxDepth {
			return bad(fmt.Sprintf("a task that nests deeper than %d", maxDepth), "a task of Label Studio")
		}
		var t task
		if err := json.Unmarshal(object, &t); err != nil {
			if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
				return bad(fmt.Sprintf("%s in %s", e.Value, e.Field), "a task of Label Studio")
			}
			return bad(err.Error(), "a task of Label Studio")
		}
		if t.Data == nil {
			return bad("an object without data", "a task of Label Studio")
		}
		return (&reader{src: src, at: at, file: fileOf(t.Data)}).task(&t)
	})
}

// reader makes labels of one task.
type reader struct {
	src  *codec.Source
	at   codec.Place
	file string

	said, cancelled int // answers, and those that were taken back
	labels          int
}

func (rd *reader) task(t *task) error {
	for i := range t.Annotations {
		a := &t.Annotations[i]
		if a.WasCancelled {
			rd.cancelled++
			rd.src.Note(codec.RecordSkipped, rd.at, "a cancelled annotation of "+rd.file)
			continue
		}
		rd.said++
		var by []codec.Field
		if who := annotator(a.CompletedBy); who != nil {
			by = append(by, codec.Field{Name: "annotator", Value: who})
		}
		if id := scalar(a.ID); id != nil {
			by = append(by, codec.Field{Name: "annotation_id", Value: id})
		}
		if err := rd.answer(a, by, nil); err != nil {
			return err
		}
	}
	for i := range t.Predictions {
		p := &t.Predictions[i]
		fields := []codec.Field{{Name: "model_version", Value: p.ModelVersion}}
		var implied []codec.Field
		if p.ModelVersion == ownModel {
			fields, implied = nil, fields
		}
		if err := rd.answer(p, fields, implied); err != nil {
			return err
		}
	}
	if rd.said > 0 && rd.labels == 0 {
		return rd.src.Clean(rd.file)
	}
	return nil
}

// answer reads the regions of one answer, those of one id together.
func (rd *reader) answer(a *answer, fields, implied []codec.Field) error {
	var order []string
	byID := make(map[string][]*region, len(a.Result))
	for i := range a.Result {
		r := &a.Result[i]
		id := r.ID
		if id == "" {
			id = fmt.Sprint("\x00", i) // by itself
		}
		if byID[id] == nil {
			order = append(order, id)
		}
		byID[id] = append(byID[id], r)
	}
	for _, id := range order {
		if err := rd.span(byID[id], fields, implied); err != nil {
			return err
		}
	}
	return nil
}

// span makes the labels of the regions of one id.
func (rd *reader) span(regions []*region, fields, implied []codec.Field) error {
	i := slices.IndexFunc(regions, func(r *region) bool { return r.Value["start"] != nil && r.Value["end"] != nil })
	if i < 0 {
		for _, r := range regions {
			rd.src.Note(codec.RecordSkipped, rd.at, fmt.Sprintf("%s of a whole recording: %s", r.Type, r.FromName))
		}
		return nil
	}
	first := regions[i]
	l := codec.Label{File: rd.file, Place: rd.at}
	var err error
	if l.Start, l.StartText, err = number(first.Value["start"]); err != nil {
		return rd.bad("a start "+codec.Quote(string(first.Value["start"])), "a number of seconds")
	}
	if l.End, l.EndText, err = number(first.Value["end"]); err != nil {
		return rd.bad("an end "+codec.Quote(string(first.Value["end"])), "a number of seconds")
	}
	if length, err := decimal.Parse(first.OriginalLength.String()); err == nil {
		if err := rd.src.Audio(rd.file, length); err != nil {
			return err
		}
	}
	own, names := rd.regionFields(regions, &l)
	l.Fields, l.Implied = append(slices.Clone(fields), own.fields...), append(slices.Clone(implied), own.implied...)
	if l.Extra != nil {
		l.Fields = nil // what we wrote ourselves is whole
		if members, err := codec.Members(l.Extra); err != nil || codec.Find(members, "start_text") != nil {
			l.StartText, l.EndText = "", ""
		}
	}
	if len(names) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		one := l
		one.Type = name
		one.Fields = slices.Clone(l.Fields)
		rd.labels++
		if err := rd.src.Label(&one); err != nil {
			return err
		}
	}
	return nil
}

func (rd *reader) bad(found, expected string) error {
	rd.labels++ // something was said
	return rd.src.Bad(&codec.SyntaxError{Place: rd.at, Found: found, Expected: expected})
}

// told are the fields of a region, and those that go without saying.
type told struct{ fields, implied []codec.Field }

func (t *told) add(name string, value any, implied bool) {
	if f := (codec.Field{Name: name, Value: value}); implied {
		t.implied = append(t.implied, f)
	} else {
		t.fields = append(t.fields, f)
	}
}

// regionFields gathers what regions of one span say: their labels are names, all else is fields.
func (rd *reader) regionFields(regions []*region, l *codec.Label) (own told, names []string) {
	var choices, texts []string
	for n, r := range regions {
		if n == 0 {
			own.add("region_id", r.ID, r.ID == "" || ownRegion.MatchString(r.ID))
			own.add("from_name", r.FromName, r.FromName == ownFrom)
			own.add("to_name", r.ToName, r.ToName == ownTo)
			if channel := scalar(r.Value["channel"]); channel != nil {
				own.add("channel", channel, fmt.Sprint(channel) == "0")
			}
		}
		if r.Score != nil {
			if c, ok := codec.Confidence(r.Score.String(), false); ok {
				l.Confidence = &c
			} else {
				own.add("score", *r.Score, false)
			}
		}
		if kept := r.Meta[ownMeta]; len(kept) > 0 && kept[0] == '{' {
			l.Extra = kept
		}
		names = append(names, stringsOf(r.Value["labels"])...)
		choices = append(choices, stringsOf(r.Value["choices"])...)
		texts = append(texts, stringsOf(r.Value["text"])...)
		for _, key := range []string{"number", "rating"} {
			if v := scalar(r.Value[key]); v != nil {
				own.add(key, v, false)
			}
		}
	}
	if text := strings.Join(texts, "\n"); text != "" {
		own.add("transcript", text, false)
	}
	if choice := strings.Join(choices, ", "); choice != "" {
		own.add("choice", choice, false)
	}
	switch {
	case len(names) > 0:
	case len(choices) > 0:
		names = choices
	case len(texts) > 0:
		names = []string{strings.Join(texts, "\n")}
	}
	return own, names
}

func number(raw json.RawMessage) (decimal.Number, string, error) {
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return decimal.Number{}, "", err
	}
	v, err := decimal.Parse(n.String())
	return v, n.String(), err
}

// stringsOf reads a list of texts, or one text.
func stringsOf(raw json.RawMessage) []string {
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return many
	}
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	return nil
}

// scalar is a text, a number or a truth value; nil for anything else.
func scalar(raw json.RawMessage) any {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || string(raw) == "null" {
		return nil
	}
	return raw
}

// annotator is the number of a user, or, where the export has more of them, the address or the number in it.
func annotator(raw json.RawMessage) any {
	if len(raw) == 0 || raw[0] != '{' {
		return scalar(raw)
	}
	var user struct {
		ID    json.RawMessage `json:"id"`
		Email json.RawMessage `json:"email"`
	}
	if json.Unmarshal(raw, &user) != nil {
		return nil
	}
	if email := scalar(user.Email); email != nil {
		return email
	}
	return scalar(user.ID)
}

var uploadHash = regexp.MustCompile(`^[0-9a-f]{8}-`)

// fileOf names the audio file of a task.
func fileOf(data map[string]json.RawMessage) string {
	keys := []string{idKey, "audio", "url"}
	for key := range data {
		keys = append(keys, key)
	}
	slices.Sort(keys[3:])
	for n, key := range keys {
		var text string
		if json.Unmarshal(data[key], &text) == nil && text != "" {
			if n == 0 {
				return text
			}
			return nameOf(text)
		}
	}
	return ""
}

// nameOf takes the name of an audio file from where it lies: of an address, or a path of Label Studio's own, the last
// element, without the hash that an upload gets; anything else is the name.
func nameOf(text string) string {
	local, isLocal := strings.CutPrefix(text, "/data/")
	if !isLocal && !strings.Contains(text, "://") {
		return text
	}
	name := text
	if u, err := url.Parse(text); err == nil {
		name = u.Path
		if d := u.Query().Get("d"); d != "" { // /data/local-files/?d=path
			name = d
		}
	}
	name = path.Base(name)
	if isLocal && strings.HasPrefix(local, "upload/") {
		name = uploadHash.ReplaceAllString(name, "")
	}
	return name
}
