package labelstudio

import (
	"encoding/json"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// said is what the results of one span say: names, each of which becomes a label, and values, which all these labels
// get.
type said struct {
	names   []named
	values  []valued
	first   map[string]string // by kind, the control of the first value
	known   map[string]int    // the values by field; -1 for fields that no value may have
	ownMeta []byte            // extra data for names whose result has none
	channel []byte
}

// named is a label of the span, and the result that names it.
type named struct {
	text string
	by   *result
}

// valued is a value of a kind, from one control.
type valued struct {
	key   string // the field
	kind  string
	from  string
	texts []string        // for kinds that are lists of texts
	raw   json.RawMessage // for others
}

// taken are the names of fields that no value may have.
var taken = []string{
	"annotator", "annotation_id", "model_version", "region_id", "from_name", "to_name", "channel", "origin", "score",
	"start_text", "end_text",
}

// gather collects what the results of one span say, and remarks what no label can keep.
func (rd *reader) gather(results []*result) *said {
	s := &said{}
	for _, r := range results {
		for _, label := range r.labels {
			s.names = append(s.names, named{label, r})
		}
		if s.channel == nil {
			s.channel = r.channel
		}
		if s.ownMeta == nil {
			s.ownMeta = r.ownMeta
		}
		s.add(rd, r, valued{kind: "transcript", texts: r.texts})
		s.add(rd, r, valued{kind: "choice", texts: r.choices})
		for _, f := range r.values {
			raw, _ := f.Value.(json.RawMessage)
			s.add(rd, r, valued{kind: f.Name, raw: raw})
		}
		for _, f := range r.rest {
			rd.lost(r.at, f)
		}
	}
	if len(s.names) == 0 {
		s.nameByValues(results)
	}
	if len(results) > 1 {
		rd.unnamed(results, s)
	}
	return s
}

// add adds a value. The first one of a kind becomes a field by the name of the kind; one of another control has the
// control in its name.
func (s *said) add(rd *reader, r *result, v valued) {
	if v.raw == nil && len(v.texts) == 0 {
		return
	}
	if s.known == nil {
		s.first, s.known = make(map[string]string), make(map[string]int)
		for _, name := range taken {
			s.known[name] = -1
		}
	}
	v.key, v.from = v.kind, r.from
	if first, again := s.first[v.kind]; again && r.from != "" && first != r.from {
		v.key += ":" + r.from
	}
	i, again := s.known[v.key]
	switch {
	case !again:
		if _, again := s.first[v.kind]; !again {
			s.first[v.kind] = r.from
			s.known[v.kind+"_from"] = -1
		}
		s.known[v.key] = len(s.values)
		s.values = append(s.values, v)
	case i >= 0 && s.values[i].kind == v.kind && v.raw == nil:
		s.values[i].texts = append(s.values[i].texts, v.texts...)
	case i < 0 || s.values[i].kind != v.kind || string(s.values[i].raw) != string(v.raw):
		raw := v.raw
		if raw == nil {
			raw, _ = json.Marshal(v.texts) // strings always encode
		}
		rd.lost(r.at, codec.Field{Name: "value." + v.kind, Value: raw})
	}
}

// nameByValues makes names if there are no labels: from the choices, or else from the text.
func (s *said) nameByValues(results []*result) {
	for _, r := range results {
		for _, choice := range r.choices {
			s.names = append(s.names, named{choice, r})
		}
	}
	if len(s.names) > 0 {
		return
	}
	var texts []string
	by := results[0]
	for _, r := range results {
		if len(texts) == 0 && (len(r.texts) > 0 || by.score == nil) {
			by = r
		}
		texts = append(texts, r.texts...)
	}
	s.names = []named{{strings.Join(texts, "\n"), by}}
}

// unnamed remarks what is lost of results that named no label.
func (rd *reader) unnamed(results []*result, s *said) {
	naming := make(map[*result]bool, len(results))
	orphan := false // a name without extra data of its own takes that of another result
	for _, n := range s.names {
		naming[n.by] = true
		orphan = orphan || n.by.ownMeta == nil
	}
	for _, r := range results {
		if orphan && r.ownMeta != nil {
			orphan = false // the first result lends it
		} else if !naming[r] {
			rd.lost(r.at, codec.Field{Name: "meta." + ownMeta, Value: json.RawMessage(r.ownMeta)})
		}
		if !naming[r] {
			rd.lost(r.at, codec.Field{Name: "score", Value: json.RawMessage(r.score)})
		}
	}
}

// size returns the size of values and kept extra data in all labels together, in bytes.
func (s *said) size() int {
	size := 0
	for _, v := range s.values {
		size += len(v.key) + len(v.from) + len(v.raw)
		for _, text := range v.texts {
			size += len(text)
		}
	}
	size *= len(s.names)
	for _, n := range s.names {
		size += len(s.metaOf(n))
	}
	return size
}

// metaOf returns the extra data that this package kept for a name.
func (s *said) metaOf(n named) json.RawMessage {
	if n.by.ownMeta == nil {
		return s.ownMeta
	}
	return n.by.ownMeta
}

// label fills in a label. by has the fields that say whose answer it was.
func (s *said) label(l *codec.Label, n named, by *codec.Label) error {
	const more = 6 // fields beside the values
	l.Fields = append(make([]codec.Field, 0, len(by.Fields)+more+len(s.values)), by.Fields...)
	l.Implied = append(make([]codec.Field, 0, len(by.Implied)+more), by.Implied...)
	l.Type = n.text
	l.Keep(n.by.id != "" && !ownRegion.MatchString(n.by.id), "region_id", n.by.id)
	l.Keep(n.by.from != ownFrom, "from_name", n.by.from)
	l.Keep(n.by.to != ownTo, "to_name", n.by.to)
	channel := n.by.channel
	if channel == nil {
		channel = s.channel
	}
	if channel := scalar(channel); channel != nil {
		l.Keep(string(channel) != "0", "channel", channel)
	}
	if origin := scalar(n.by.origin); origin != nil {
		l.Keep(string(origin) != `"manual"`, "origin", origin)
	}
	for _, v := range s.values {
		switch {
		case v.raw != nil:
			l.Keep(true, v.key, v.raw)
		case v.kind == "choice":
			l.Keep(true, v.key, strings.Join(v.texts, ", "))
		default:
			l.Keep(true, v.key, strings.Join(v.texts, "\n"))
		}
		if v.key == v.kind {
			l.Keep(v.from != "" && v.from != n.by.from, v.kind+"_from", v.from)
		}
	}
	if n.by.score != nil {
		score, isText := codec.Unquote(n.by.score)
		if !isText {
			score = string(n.by.score)
		}
		if c, ok := codec.Confidence(score, false); ok {
			l.Confidence = &c
		} else {
			l.Keep(true, "score", json.RawMessage(n.by.score))
		}
	}
	l.Extra = s.metaOf(n)
	return mergeKept(l)
}

// mergeKept merges the extra data that this package kept and what the record says. The record is newer, and wins.
func mergeKept(l *codec.Label) error {
	if l.Extra == nil {
		return nil
	}
	kept, err := codec.Members(l.Extra)
	if err != nil {
		return err
	}
	if codec.Find(kept, "start_text") != nil {
		l.StartText, l.EndText = "", ""
	}
	at := make(map[string]int, len(kept))
	for i, f := range kept {
		at[f.Name] = i
	}
	for _, f := range l.Fields {
		i, is := at[f.Name]
		switch {
		case !is:
			kept = append(kept, f)
		case codec.Text(kept[i:i+1], f.Name) != codec.Text([]codec.Field{f}, f.Name):
			kept[i] = f
		}
	}
	if len(kept) > 0 {
		l.Fields, l.Extra = kept, nil
	}
	return nil
}

// scalar returns a value if it is a text, a number or a truth value, and nil otherwise.
func scalar(raw []byte) json.RawMessage {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || string(raw) == "null" {
		return nil
	}
	return raw
}

// annotator returns the number of a user or, if the export has more about them, the address or the number in it.
func annotator(raw []byte) any {
	if len(raw) == 0 || raw[0] != '{' {
		if who := scalar(raw); who != nil {
			return who
		}
		return nil
	}
	members, _ := codec.Members(raw) // it is an object
	for _, key := range []string{"email", "id"} {
		who, _ := codec.Find(members, key).(json.RawMessage)
		if who = scalar(who); who != nil {
			return who
		}
	}
	return nil
}
