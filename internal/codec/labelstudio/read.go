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
	Score        *json.Number    `json:"score"` // of a prediction as a whole
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

	said, regions int // answers of people that stand, and what anyone said in theirs
}

func (rd *reader) task(t *task) error {
	for i := range t.Annotations {
		a := &t.Annotations[i]
		if a.WasCancelled {
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
		if p.Score != nil {
			rd.src.Note(codec.RecordSkipped, rd.at, "the score "+p.Score.String()+" of a whole prediction")
		}
		if err := rd.answer(p, fields, implied); err != nil {
			return err
		}
	}
	if rd.said > 0 && rd.regions == 0 {
		return rd.src.Clean(rd.file)
	}
	return nil
}

// answer reads the regions of one answer, those of one id together.
func (rd *reader) answer(a *answer, fields, implied []codec.Field) error {
	rd.regions += len(a.Result)
	// Regions of one id are one span, unless their times tell otherwise; those without times go with the last of the id.
	var spans [][]*region
	place, last := make(map[string]int, len(a.Result)), make(map[string]int)
	for i := range a.Result {
		r := &a.Result[i]
		key := fmt.Sprintf("%q %s %s", r.ID, r.Value["start"], r.Value["end"])
		at, known := place[key]
		if r.Value["start"] == nil && !known {
			at, known = last[r.ID]
		}
		if !known || r.ID == "" {
			at = len(spans)
			spans = append(spans, nil)
		}
		place[key], last[r.ID] = at, at
		spans[at] = append(spans[at], r)
	}
	for _, regions := range spans {
		if err := rd.span(regions, fields, implied); err != nil {
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
		if err := mergeKept(&l); err != nil {
			return rd.bad(err.Error(), "extra data")
		}
	}
	if len(names) == 0 {
		names = []named{{}}
	}
	size := 0
	for _, f := range l.Fields {
		size += len(f.Name) + len(codec.Text([]codec.Field{f}, f.Name))
	}
	if size*len(names) > codec.MaxLine {
		return rd.bad(fmt.Sprintf("a region of %d labels that says %d bytes of each", len(names), size), "less")
	}
	for _, name := range names {
		one := l
		one.Type, one.Fields = name.text, slices.Clone(l.Fields)
		if name.score != nil {
			one.Confidence = nil
			if c, ok := codec.Confidence(name.score.String(), false); ok {
				one.Confidence = &c
			} else {
				one.Fields = append(one.Fields, codec.Field{Name: "score", Value: *name.score})
			}
		}
		if err := rd.src.Label(&one); err != nil {
			return err
		}
	}
	return nil
}

// mergeKept puts the extra data that we kept ourselves and what the record says together: the record is newer.
func mergeKept(l *codec.Label) error {
	kept, err := codec.Members(l.Extra)
	if err != nil {
		return err
	}
	if codec.Find(kept, "start_text") != nil {
		l.StartText, l.EndText = "", ""
	}
	for _, f := range l.Fields {
		i := slices.IndexFunc(kept, func(k codec.Field) bool { return k.Name == f.Name })
		switch {
		case i < 0:
			kept = append(kept, f)
		case codec.Text(kept, f.Name) != codec.Text([]codec.Field{f}, f.Name):
			kept[i] = f
		}
	}
	if len(kept) > 0 {
		l.Fields, l.Extra = kept, nil
	}
	return nil
}

func (rd *reader) bad(found, expected string) error {
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

// named is a label of a region, with the score of that.
type named struct {
	text  string
	score *json.Number
}

// regionFields gathers what regions of one span say: their labels are names, all else is fields.
func (rd *reader) regionFields(regions []*region, l *codec.Label) (own told, names []named) {
	var choices, texts []string
	var score *json.Number // of what has no labels
	for n, r := range regions {
		if n == 0 {
			own.add("region_id", r.ID, r.ID == "" || ownRegion.MatchString(r.ID))
			own.add("from_name", r.FromName, r.FromName == ownFrom)
			own.add("to_name", r.ToName, r.ToName == ownTo)
			if channel := scalar(r.Value["channel"]); channel != nil {
				own.add("channel", channel, fmt.Sprint(channel) == "0")
			}
		}
		if kept := r.Meta[ownMeta]; len(kept) > 0 && kept[0] == '{' {
			l.Extra = kept
		}
		for key := range r.Meta {
			if key != ownMeta {
				rd.src.Note(codec.RecordSkipped, rd.at, "meta."+key+" of a region")
			}
		}
		for _, name := range stringsOf(r.Value["labels"]) {
			names = append(names, named{name, r.Score})
		}
		if r.Score != nil {
			score = r.Score
		}
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
		for _, choice := range choices {
			names = append(names, named{choice, score})
		}
	default:
		names = []named{{strings.Join(texts, "\n"), score}}
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
