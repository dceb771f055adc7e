package jams

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// annotation is the observations of one namespace, in the form to write.
type annotation struct {
	namespace    string
	observations bytes.Buffer
	extra        bytes.Buffer
	n            int
	anyExtra     bool
}

// Write writes one audio file: the labels of each namespace as one annotation, in order of first appearance.
func Write(dst *codec.Target) error {
	var all []*annotation
	byName := make(map[string]*annotation)
	file, last, labels := "", int64(0), 0
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		file, last, labels = a.File, max(last, a.EndMS), labels+1
		o, err := observe(a)
		if err != nil {
			return err
		}
		into := byName[o.key]
		if into == nil {
			into = &annotation{namespace: o.namespace}
			byName[o.key], all = into, append(all, into)
		}
		into.add(o)
	}
	clean := labels == 0 && len(dst.Clean) > 0
	for i, name := range dst.Clean {
		if i == 0 && clean {
			file = name
			continue
		}
		dst.Note(codec.CleanLost, name)
	}
	if ms := dst.DurationMS(file); ms > 0 {
		last = ms
	}
	w := bufio.NewWriterSize(dst.Writer, 1<<16)
	fmt.Fprintf(w, `{"file_metadata":{"title":"","artist":"","release":"","duration":%s,"identifiers":{},`+
		`"jams_version":"0.3.4"},`,
		decimal.Seconds(last))
	fmt.Fprintf(w, "\n"+`"sandbox":{"%s":%s`, fileKey, codec.JSONText(file))
	if clean {
		fmt.Fprintf(w, `,"%s":true`, cleanKey)
	}
	w.WriteString("},\n" + `"annotations":[`)
	for i, a := range all {
		if i > 0 {
			w.WriteString(",")
		}
		a.write(w, last)
	}
	w.WriteString("]}\n")
	return w.Flush()
}

// observed is one label in the form to write.
type observed struct {
	key, namespace string
	text           []byte
	extra          json.RawMessage
}

func observe(a *codec.Annotation) (*observed, error) {
	extra, err := codec.Members(a.Extra)
	if err != nil {
		return nil, err
	}
	o := &observed{namespace: plainNamespace, extra: a.Extra}
	value := codec.JSONText(a.Type)
	name, isNamed := plainNamespace, false
	if raw, ok := codec.Find(extra, namespaceKey).(json.RawMessage); ok {
		if other, isText := codec.Unquote(raw); isText && other != "" {
			name, isNamed = other, true
		}
	}
	given, _ := codec.Find(extra, valueKey).(json.RawMessage)
	switch {
	case given != nil && typeOf(name, given) == a.Type:
		var bare []string
		where, _ := codec.Find(extra, bareKey).(json.RawMessage)
		if json.Unmarshal(where, &bare) != nil {
			bare = nil
		}
		o.namespace, value = name, bareAgain(compact(given), bare)
	case given == nil && isNamed && a.Type != name:
		o.namespace = name
	case given == nil && isNamed:
		o.namespace, value = name, []byte("null")
	}
	o.key = o.namespace + "\x00" + codec.Text(extra, "annotation")
	confidence := "null"
	switch kept := codec.Text(extra, confidenceKey); {
	case a.Confidence != nil:
		confidence = strconv.FormatFloat(*a.Confidence, 'g', -1, 64)
	case kept == "NaN" || kept == "Infinity" || kept == "-Infinity":
		confidence = kept
	case kept != "":
		if raw, ok := codec.Find(extra, confidenceKey).(json.RawMessage); ok {
			confidence = string(compact(raw))
		}
	}
	start, duration := times(a, extra)
	o.text = fmt.Appendf(nil, `{"time":%s,"duration":%s,"value":%s,"confidence":%s}`, start, duration, value, confidence)
	return o, nil
}

// times returns the times of a label, in their kept spelling if that is still right.
func times(a *codec.Annotation, extra []codec.Field) (start, duration string) {
	start, duration = codec.Text(extra, "start_text"), codec.Text(extra, "end_text")
	if json.Valid([]byte(start)) && json.Valid([]byte(duration)) {
		s, err1 := decimal.Parse(start)
		d, err2 := decimal.Parse(duration)
		if err1 == nil && err2 == nil && s.Sign() >= 0 && d.Sign() >= 0 {
			startMS, _, err1 := s.MS()
			endMS, _, err2 := s.Add(d).MS()
			if err1 == nil && err2 == nil && startMS == a.StartMS && endMS == a.EndMS {
				return start, duration
			}
		}
	}
	return decimal.Seconds(a.StartMS), decimal.Seconds(a.EndMS - a.StartMS)
}

func (a *annotation) add(o *observed) {
	if a.n++; a.n > 1 {
		a.observations.WriteByte(',')
		a.extra.WriteByte(',')
	}
	a.observations.WriteByte('\n')
	a.observations.Write(o.text)
	if o.extra == nil {
		a.extra.WriteString("null")
		return
	}
	a.anyExtra = true
	json.Compact(&a.extra, o.extra) //nolint:errcheck // parsed before
}

func (a *annotation) write(w *bufio.Writer, endMS int64) {
	fmt.Fprintf(w, "\n"+`{"namespace":%s,"time":0,"duration":%s,"annotation_metadata":{"curator":{"name":"","email":""},`+
		`"annotator":{},"version":"","corpus":"","annotation_tools":"`+ownTool+`","annotation_rules":"","validation":"",`+
		`"data_source":""},"sandbox":{`, codec.JSONText(a.namespace), decimal.Seconds(endMS))
	if a.anyExtra {
		fmt.Fprintf(w, `"%s":[%s]`, extraKey, a.extra.Bytes())
	}
	fmt.Fprintf(w, `},"data":[%s]}`, a.observations.Bytes())
}

// compact removes the white space of valid JSON.
func compact(raw []byte) []byte {
	var b bytes.Buffer
	json.Compact(&b, raw) //nolint:errcheck // it is valid
	return b.Bytes()
}
