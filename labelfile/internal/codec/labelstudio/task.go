package labelstudio

import (
	"encoding/json"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// task is one recording with what people and models said about it, as parts of the text.
type task struct {
	data                     []byte
	annotations, predictions []answer
	drafts                   []codec.Place
}

// answer is what one annotator, or one model, said.
type answer struct {
	at                            codec.Place
	id, completedBy, modelVersion []byte
	cancelled                     bool
	said                          int // how many results it has, good or bad
	results                       []result
	rest                          []codec.Field // other members
}

// result is one statement: a span with labels, or more about the span of the same id.
type result struct {
	at                     codec.Place
	id, kind, from, to     string
	origin, length, score  []byte
	start, end, channel    []byte // nil if missing, as all of these
	labels, choices, texts []string
	ownMeta                []byte        // extra data that this package kept
	values                 []codec.Field // of other kinds
	otherMedia             bool          // the times are not of audio
	rest                   []codec.Field
}

// Members that matter to Label Studio alone: when and in which project a question was asked, and how a page shows it.
var (
	taskBusiness = names("id", "inner_id", "project", "created_at", "updated_at", "updated_by", "completed_at",
		"file_upload", "overlap", "is_labeled", "total_annotations", "cancelled_annotations", "total_predictions",
		"comment_count", "unresolved_comment_count", "last_comment_updated_at", "comment_authors", "annotators",
		"annotations_results", "annotations_ids", "predictions_results", "predictions_score",
		"predictions_model_versions", "avg_lead_time", "storage_filename", "allow_skip", "precomputed_agreement",
		"state")
	answerBusiness = names("task", "project", "created_at", "updated_at", "created_ago", "created_username", "updated_by",
		"draft_created_at", "lead_time", "prediction", "result_count", "unique_id", "import_id", "last_action",
		"last_created_by", "parent_prediction", "parent_annotation", "bulk_created", "model", "model_run", "cluster",
		"neighbors", "mislabeling", "state")
	resultBusiness = names("source", "readonly", "hidden", "locked", "image_rotation", "original_width", "original_height")
)

func names(all ...string) map[string]bool {
	set := make(map[string]bool, len(all))
	for _, name := range all {
		set[`"`+name+`"`] = true
	}
	return set
}

// otherMembers collects a member that nothing reads, unless it matters to Label Studio alone.
func otherMembers(rest *[]codec.Field, business map[string]bool, within string, name, value []byte) {
	if !business[string(name)] {
		*rest = append(*rest, fieldOf(within, name, value))
	}
}

// fieldOf returns a member as a field for remarks.
func fieldOf(within string, name, value []byte) codec.Field {
	key, ok := codec.Unquote(name)
	if !ok {
		key = string(name)
	}
	return codec.Field{Name: within + key, Value: json.RawMessage(value)}
}

// parse splits a task.
func (rd *reader) parse(object []byte) (*task, error) {
	t := &task{}
	repeated := func(name, value []byte) {
		rd.lost(rd.place(value), fieldOf("", name, value))
		if string(name) == `"annotations"` && codec.SaysAnything(value) {
			rd.results++ // that are lost: the audio file is not clean
		}
	}
	err := codec.EachUnique(object, repeated, func(name, value []byte) error {
		switch string(name) {
		case `"data"`:
			if value[0] != '{' {
				return rd.wrong(value, codec.Quote(string(value)), "an object")
			}
			t.data = value
		case `"annotations"`:
			return rd.answers(value, &t.annotations)
		case `"predictions"`:
			return rd.answers(value, &t.predictions)
		case `"drafts"`:
			return rd.list(value, func(v []byte) error {
				t.drafts = append(t.drafts, rd.place(v))
				return nil
			})
		default:
			var rest []codec.Field
			if otherMembers(&rest, taskBusiness, "", name, value); len(rest) > 0 {
				rd.lost(rd.place(value), rest[0])
			}
		}
		return nil
	})
	return t, err
}

// list calls a function for each element of a list, which may be missing.
func (rd *reader) list(value []byte, each func([]byte) error) error {
	switch {
	case value[0] == '[':
		return codec.EachValue(value, each)
	case string(value) == "null":
		return nil
	}
	return rd.wrong(value, codec.Quote(string(value)), "a list")
}

func (rd *reader) answers(value []byte, into *[]answer) error {
	return rd.list(value, func(object []byte) error {
		if object[0] != '{' {
			return rd.wrong(object, codec.Quote(string(object)), "an object")
		}
		a := answer{at: rd.place(object)}
		repeated := func(name, value []byte) {
			a.rest = append(a.rest, fieldOf("", name, value))
			if string(name) == `"result"` && codec.SaysAnything(value) {
				a.said++
			}
		}
		err := codec.EachUnique(object, repeated, func(name, value []byte) error {
			switch string(name) {
			case `"id"`:
				a.id = value
			case `"completed_by"`:
				a.completedBy = value
			case `"model_version"`:
				a.modelVersion = value
			case `"was_cancelled"`:
				a.cancelled = string(value) == "true"
			case `"result"`:
				return rd.list(value, func(object []byte) error {
					a.said++
					return rd.result(object, &a)
				})
			default:
				otherMembers(&a.rest, answerBusiness, "", name, value)
			}
			return nil
		})
		*into = append(*into, a)
		return err
	})
}

// result splits a result, and adds it to the answer if it is good.
func (rd *reader) result(object []byte, a *answer) error {
	r := result{at: rd.place(object)}
	if object[0] != '{' {
		return rd.src.Bad(r.wrong(codec.Quote(string(object)), "an object"))
	}
	var bad *codec.SyntaxError
	codec.EachUnique(object, r.repeated(""), func(name, value []byte) error { //nolint:errcheck // never fails
		if string(value) == "null" {
			return nil
		}
		if e := r.member(name, value); e != nil && bad == nil {
			bad = e
		}
		return nil
	})
	if bad != nil {
		return rd.src.Bad(bad)
	}
	a.results = append(a.results, r)
	return nil
}

// repeated keeps members of a result whose names come again, to remark them.
func (r *result) repeated(within string) func(name, value []byte) {
	return func(name, value []byte) { r.rest = append(r.rest, fieldOf(within, name, value)) }
}

// member takes one member of a result.
func (r *result) member(name, value []byte) *codec.SyntaxError {
	text := func(into *string, what string) *codec.SyntaxError {
		s, ok := codec.Unquote(value)
		if *into = s; !ok {
			return r.wrong(what+" "+codec.QuoteJSON(value), "a text")
		}
		return nil
	}
	object := func(each func(name, value []byte) *codec.SyntaxError, what string) (bad *codec.SyntaxError) {
		if value[0] != '{' {
			return r.wrong(what+" "+codec.Quote(string(value)), "an object")
		}
		within := string(name[1:len(name)-1]) + "."
		codec.EachUnique(value, r.repeated(within), func(name, value []byte) error { //nolint:errcheck // never fails
			if e := each(name, value); e != nil && bad == nil {
				bad = e
			}
			return nil
		})
		return bad
	}
	switch string(name) {
	case `"id"`:
		return text(&r.id, "an id")
	case `"type"`:
		return text(&r.kind, "a type")
	case `"from_name"`:
		return text(&r.from, "a from_name")
	case `"to_name"`:
		return text(&r.to, "a to_name")
	case `"origin"`:
		r.origin = value
	case `"original_length"`:
		r.length = value
	case `"score"`:
		if _, _, err := number(value); err != nil {
			return r.wrong("a score "+codec.Quote(string(value)), "a number")
		}
		r.score = value
	case `"value"`:
		return object(r.value, "a value")
	case `"meta"`:
		return object(r.meta, "a meta")
	default:
		otherMembers(&r.rest, resultBusiness, "", name, value)
	}
	return nil
}

// value takes one member of the value of a result.
func (r *result) value(name, value []byte) (bad *codec.SyntaxError) {
	if string(value) == "null" {
		return nil
	}
	texts := func(into *[]string) {
		var ok bool
		if *into, ok = textsOf(value); !ok {
			bad = r.wrong(string(name[1:len(name)-1])+" "+codec.QuoteJSON(value), "a list of texts")
		}
	}
	switch string(name) {
	case `"start"`:
		r.start = value
	case `"end"`:
		r.end = value
	case `"channel"`:
		r.channel = value
	case `"labels"`:
		texts(&r.labels)
	case `"choices"`:
		texts(&r.choices)
	case `"text"`:
		texts(&r.texts)
	default:
		switch string(name) {
		case `"startOffset"`, `"endOffset"`, `"globalOffsets"`, `"instant"`, `"framesCount"`:
			r.otherMedia = true
		}
		otherMembers(&r.values, nil, "", name, value)
	}
	return bad
}

// meta takes one member of the meta of a result.
func (r *result) meta(name, value []byte) *codec.SyntaxError {
	if string(name) == `"`+ownMeta+`"` && value[0] == '{' {
		r.ownMeta = value
		return nil
	}
	otherMembers(&r.rest, nil, "meta.", name, value)
	return nil
}

func (r *result) wrong(found, expected string) *codec.SyntaxError {
	return &codec.SyntaxError{Place: r.at, Found: found, Expected: expected}
}

// ofOtherMedia reports whether a result is about text, time series or video, whose start and end are no seconds of
// audio.
func (r *result) ofOtherMedia() bool {
	return r.otherMedia || r.kind != "labels" && strings.HasSuffix(r.kind, "labels")
}

// control returns the name of the control that a result comes from, for a remark.
func (r *result) control() string {
	if r.from == "" {
		return ""
	}
	return ", by " + r.from
}

// textsOf reads a list of texts, or one text.
func textsOf(raw []byte) (all []string, ok bool) {
	if one, isText := codec.Unquote(raw); isText {
		if one != "" {
			all = []string{one}
		}
		return all, true
	}
	if raw[0] != '[' {
		return nil, false
	}
	ok = true
	codec.EachValue(raw, func(v []byte) error { //nolint:errcheck // never fails
		text, isText := codec.Unquote(v)
		all, ok = append(all, text), ok && isText
		return nil
	})
	return all, ok
}
