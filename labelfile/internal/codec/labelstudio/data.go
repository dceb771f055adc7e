package labelstudio

import (
	"fmt"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// column is a text in the data of a task.
type column struct{ key, text string }

// readData finds the audio file of a task, and remarks the other columns.
func (rd *reader) readData(t *task) error {
	var columns, audio []column
	byKey := make(map[string]string)
	var half []byte // the value of a column that names the audio file, and cannot
	repeated := func(name, value []byte) { rd.lost(rd.place(value), fieldOf("data.", name, value)) }
	codec.EachUnique(t.data, repeated, func(name, value []byte) error { //nolint:errcheck // never fails
		text, isText := codec.Unquote(value)
		key, _ := codec.Unquote(name)
		if named := key == "audio" || key == "url" || key == idKey; named && !isText && value[0] == '"' {
			half = value
		}
		if text == "" {
			return nil
		}
		c := column{key, text}
		columns, byKey[key] = append(columns, c), text
		if namesAudio(text) {
			audio = append(audio, c)
		}
		return nil
	})
	if half != nil {
		return rd.wrong(half, codec.QuoteJSON(half), "the name of an audio file")
	}
	from := "" // the column that names the audio file
	for _, key := range []string{"audio", "url"} {
		if from == "" {
			from = byKey[key]
		}
	}
	if from == "" && len(audio) > 0 {
		from = audio[0].text
		for _, c := range audio {
			if c.text != from {
				from = ""
				break
			}
		}
	}
	switch {
	case byKey[idKey] != "":
		rd.file = byKey[idKey]
	case from != "":
		whole, name := splitName(from)
		var err error
		if rd.file, err = rd.src.Named(whole, name, rd.place(t.data)); err != nil {
			return err
		}
	case !rd.named && len(t.annotations)+len(t.predictions) > 0:
		return rd.wrong(t.data, candidates(columns, audio), `"audio", "url", or one text that names an audio file`)
	}
	return codec.EachUnique(t.data, func(_, _ []byte) {}, func(name, value []byte) error {
		if text, _ := codec.Unquote(value); text == "" || text != from && text != byKey[idKey] {
			rd.lost(rd.place(value), fieldOf("data.", name, value)) // which labels have no place for
		}
		return nil
	})
}

// candidates lists the texts that may have named an audio file.
func candidates(columns, audio []column) string {
	some, what := audio, "several audio files, in "
	if len(audio) == 0 {
		some, what = columns, "no audio file in "
	}
	if len(some) == 0 {
		return "no text"
	}
	const most = 5
	quoted := make([]string, 0, most)
	for _, c := range some[:min(len(some), most)] {
		quoted = append(quoted, codec.Quote(c.key))
	}
	last := len(quoted) - 1
	switch more := len(some) - len(quoted); {
	case more > 0:
		return fmt.Sprintf("%s%s and %d more", what, strings.Join(quoted, ", "), more)
	case last > 0:
		return what + strings.Join(quoted[:last], ", ") + " and " + quoted[last]
	}
	return what + quoted[0]
}
