package jsonlines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// lhotseKeys are the optional members of a supervision, in the order of lhotse's class SupervisionSegment. All others
// go to its member "custom".
var lhotseKeys = []string{"language", "speaker", "gender", "alignment"}

// ReadLhotse reads supervisions: one object a line, or all in one array.
func ReadLhotse(src *codec.Source) error {
	in := bufio.NewReaderSize(src.Reader, 1<<16)
	rd := &lhotse{src: src}
	for n := 1; ; n++ {
		head, err := in.Peek(n)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if len(head) < n || !blankOrMark(head[n-1]) {
			if len(head) == n && head[n-1] == '[' {
				return codec.EachElement(codec.NewLines(in), src, rd.object)
			}
			return eachLine(codec.NewLines(in), src, rd.object)
		}
	}
}

func blankOrMark(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xef || c == 0xbb || c == 0xbf
}

// lhotse turns supervisions into labels.
type lhotse struct {
	src   *codec.Source
	label codec.Label
	file  string // of the one before
	n     int64
}

// lhotseID returns the default id of a supervision.
func lhotseID(file string, n int64) string { return file + "-" + strconv.FormatInt(n, 10) }

func (rd *lhotse) object(value []byte, place func([]byte) codec.Place) error {
	l := &rd.label
	*l = codec.Label{Fields: l.Fields[:0], Implied: l.Implied[:0], Place: place(value)}
	var start, duration bool
	var custom []byte
	err := codec.EachUnique(value, repeated(rd.src, place), func(name, value []byte) (err error) {
		switch string(name) {
		case `"recording_id"`:
			l.File, err = textOf(value, &rd.file, place)
		case `"start"`:
			start = true
			l.Start, l.StartText, err = numberOf(value, place)
		case `"duration"`:
			duration = true
			l.End, l.EndText, err = numberOf(value, place)
		case `"text"`:
			if string(value) != "null" {
				l.Type, err = stringOf(value, place)
			}
		case `"custom"`:
			if custom = value; string(value) == "null" {
				custom = nil
			}
		default:
			err = addField(l, name, value, place)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case l.File == "" || !start || !duration:
		return &codec.SyntaxError{Place: l.Place, Found: codec.Quote(string(value)),
			Expected: "the keys recording_id, start and duration"}
	}
	l.End = l.End.Add(l.Start)
	if err := rd.custom(custom, place); err != nil {
		return err
	}
	rd.imply()
	return rd.src.Label(l)
}

// custom takes what lhotse has no member for: a confidence, and the rest as fields. A custom that is no object, or
// has members that would hide others, is kept whole.
func (rd *lhotse) custom(custom []byte, place func([]byte) codec.Place) error {
	l := &rd.label
	if custom == nil {
		return nil
	}
	own := len(l.Fields)
	flat := custom[0] == '{'
	if flat {
		err := codec.EachUnique(custom, repeated(rd.src, place), func(name, value []byte) error {
			key, _ := codec.Unquote(name)
			flat = flat && !lhotseOwn(key) && codec.Find(l.Fields[:own], key) == nil
			if string(name) == `"confidence"` && (value[0] == '-' || value[0] >= '0' && value[0] <= '9') {
				var err error
				l.Confidence, err = confidenceOf(l, value, place)
				return err
			}
			return addField(l, name, value, place)
		})
		if err != nil {
			return err
		}
	}
	if !flat {
		l.Fields, l.Confidence = l.Fields[:own], nil
		return addField(l, []byte(`"custom"`), custom, place)
	}
	return nil
}

// lhotseOwn reports whether a supervision has a member of this name.
func lhotseOwn(key string) bool {
	switch key {
	case "id", "recording_id", "start", "duration", "channel", "text", "custom":
		return true
	}
	return slices.Contains(lhotseKeys, key)
}

// imply moves default values out of the fields that are kept: channel 0, and an id that counts up.
func (rd *lhotse) imply() {
	l := &rd.label
	rd.n++
	kept := l.Fields[:0]
	for _, f := range l.Fields {
		raw, _ := f.Value.(json.RawMessage)
		id, _ := codec.Unquote(raw)
		if f.Name == "channel" && string(raw) == "0" || f.Name == "id" && id == lhotseID(l.File, rd.n) {
			l.Implied = append(l.Implied, f)
			continue
		}
		kept = append(kept, f)
	}
	l.Fields = kept
}

// WriteLhotse writes supervisions, one a line.
func WriteLhotse(dst *codec.Target) error {
	out := bufio.NewWriterSize(dst.Writer, 1<<16)
	var line []byte
	n := int64(0)
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		n++
		object, err := oneLine(a.Extra)
		if err != nil {
			return err
		}
		extra, err := codec.Members(object)
		if err != nil {
			return err
		}
		line = appendSupervision(line[:0], dst, a, extra, n)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	for _, file := range dst.Clean {
		dst.Note(codec.CleanLost, file)
	}
	return out.Flush()
}

// oneLine removes the white space between the tokens of an object, which may contain line ends.
func oneLine(object json.RawMessage) (json.RawMessage, error) {
	if bytes.IndexByte(object, '\n') < 0 && bytes.IndexByte(object, '\r') < 0 {
		return object, nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, object); err != nil {
		return nil, fmt.Errorf("extra data: %w", err)
	}
	return b.Bytes(), nil
}

func appendSupervision(dst []byte, to *codec.Target, a *codec.Annotation, extra []codec.Field, n int64) []byte {
	raw := func(key string) json.RawMessage {
		r, _ := codec.Find(extra, key).(json.RawMessage)
		return r
	}
	dst = append(dst, `{"id":`...)
	if id := raw("id"); id != nil && id[0] == '"' {
		dst = append(dst, id...)
	} else {
		dst = canonical.AppendString(dst, lhotseID(a.File, n))
	}
	dst = canonical.AppendString(append(dst, `,"recording_id":`...), a.File)
	start, duration, kept := writtenTimes(a, extra)
	dst = append(append(append(append(dst, `,"start":`...), start...), `,"duration":`...), duration...)
	dst = append(dst, `,"channel":`...)
	if channel := raw("channel"); channel != nil {
		dst = append(dst, channel...)
	} else {
		dst = append(dst, '0')
	}
	dst = canonical.AppendString(append(dst, `,"text":`...), a.Type)
	for _, key := range lhotseKeys {
		if r := raw(key); r != nil {
			dst = append(append(canonical.AppendString(append(dst, ','), key), ':'), r...)
		}
	}
	return appendCustom(dst, to, a, extra, kept)
}

// writtenTimes returns the kept spelling of both times, if they still round to the same.
func writtenTimes(a *codec.Annotation, extra []codec.Field) (start, duration string, kept bool) {
	start, duration = codec.Text(extra, "start_text"), codec.Text(extra, "end_text")
	s, errStart := decimal.Parse(start)
	d, errDuration := decimal.Parse(duration)
	if errStart == nil && errDuration == nil && s.Sign() >= 0 && d.Sign() >= 0 && json.Valid([]byte(start)) &&
		json.Valid([]byte(duration)) {
		startMS, _, errStart := s.MS()
		endMS, _, errEnd := s.Add(d).MS()
		if errStart == nil && errEnd == nil && startMS == a.StartMS && endMS == a.EndMS {
			return start, duration, true
		}
	}
	return decimal.Seconds(a.StartMS), decimal.Seconds(a.EndMS - a.StartMS), false
}

// appendCustom ends a supervision with what lhotse has no member for. It leaves out what would not come back as it
// is.
func appendCustom(dst []byte, to *codec.Target, a *codec.Annotation, extra []codec.Field, keptTimes bool) []byte {
	begin := `,"custom":{`
	if a.Confidence != nil {
		dst = strconv.AppendFloat(append(append(dst, begin...), `"confidence":`...), *a.Confidence, 'f', -1, 64)
		begin = ","
	}
	for _, f := range extra {
		raw, _ := f.Value.(json.RawMessage)
		switch {
		case lhotseOwn(f.Name) && written(f.Name, raw):
			continue
		case keptTimes && (f.Name == "start_text" || f.Name == "end_text"):
			continue
		case f.Name == "custom" && len(extra) == 1 && a.Confidence == nil:
			return append(append(append(dst, `,"custom":`...), raw...), "}\n"...)
		case lhotseOwn(f.Name) || f.Name == "confidence" && (a.Confidence != nil || raw[0] != '"'):
			to.Note(codec.ExtraLost, f.Name+" "+string(raw))
			continue
		}
		dst = append(append(canonical.AppendString(append(dst, begin...), f.Name), ':'), raw...)
		begin = ","
	}
	if begin == "," {
		dst = append(dst, '}')
	}
	return append(dst, "}\n"...)
}

// written reports whether a member of extra data stands in the supervision itself.
func written(key string, raw json.RawMessage) bool {
	switch key {
	case "id":
		return raw[0] == '"'
	case "recording_id", "start", "duration", "text", "custom":
		return false
	}
	return true
}
