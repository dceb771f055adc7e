package labelstudio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// What this package writes in places that need a value.
const (
	ownModel = "annoset"       // model_version of predictions
	ownMeta  = "annoset"       // the member of a region's meta that keeps extra data
	ownFrom  = "label"         // from_name and to_name, as in Label Studio's template for audio
	ownTo    = "audio"         //
	idKey    = "audio_file_id" // the member of data for the audio file id, if data.audio would not be read as that
)

// maxTask is about how many bytes a task may have. Then the same audio file goes on in another task, because readers
// hold a whole one.
const maxTask = 1 << 23

// ownRegion matches the ids given to regions without one.
var ownRegion = regexp.MustCompile(`^annoset-[0-9]+$`)

// Write writes one task for each run of labels of one audio file, with the labels as predictions, and one for each
// clean audio file.
func Write(dst *codec.Target) error {
	w := &writer{out: bufio.NewWriterSize(dst.Writer, 1<<16), dst: dst}
	w.out.WriteString("[")
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		if !w.open || a.File != w.file || w.size > maxTask {
			w.begin(a.File)
		}
		if err := w.region(a); err != nil {
			return err
		}
	}
	w.end()
	for _, file := range dst.Clean {
		w.task(file)
		w.out.WriteString(`"annotations":[{"result":[]}]}`)
	}
	w.out.WriteString("\n]\n")
	return w.out.Flush()
}

// writer writes tasks. The buffer keeps an error until it is flushed.
type writer struct {
	out     *bufio.Writer
	dst     *codec.Target
	file    string
	open    bool // a task was begun
	tasks   int
	regions int
	ids     map[string]bool // of the task's regions
	size    int             // of the task, roughly
}

func (w *writer) begin(file string) {
	w.end()
	w.file, w.open, w.regions, w.ids, w.size = file, true, 0, make(map[string]bool), 0
	w.task(file)
	w.out.WriteString(`"predictions":[{"model_version":"` + ownModel + `","result":[`)
}

func (w *writer) end() {
	if w.open {
		w.out.WriteString("\n]}]}")
	}
	w.open = false
}

// task begins a task, up to its answers.
func (w *writer) task(file string) {
	if w.tasks++; w.tasks > 1 {
		w.out.WriteString(",")
	}
	w.out.WriteString("\n" + `{"data":{"audio":`)
	w.out.Write(codec.JSONText(file))
	if nameOf(file) != file {
		w.out.WriteString(`,"` + idKey + `":`)
		w.out.Write(codec.JSONText(file))
	}
	w.out.WriteString("},")
}

func (w *writer) region(a *codec.Annotation) error {
	extra, err := tier.NewExtra(a.Extra)
	if err != nil {
		return err
	}
	w.size += 2*len(a.Extra) + 2*len(a.Type) + len(a.File) + 250
	w.regions++
	if w.regions > 1 {
		w.out.WriteString(",")
	}
	or := func(key, otherwise string) []byte {
		if s, ok := extra.Text(key); ok && s != "" {
			return codec.JSONText(s)
		}
		return codec.JSONText(otherwise)
	}
	start, end := times(a, extra)
	fmt.Fprintf(w.out, "\n"+`{"id":%s,"type":"labels","from_name":%s,"to_name":%s,`,
		codec.JSONText(w.id(extra)), or("from_name", ownFrom), or("to_name", ownTo))
	if ms := w.dst.DurationMS(a.File); ms > 0 {
		fmt.Fprintf(w.out, `"original_length":%s,`, decimal.Seconds(ms))
	}
	fmt.Fprintf(w.out, `"value":{"start":%s,"end":%s,"labels":[%s]}`, start, end, codec.JSONText(a.Type))
	if a.Confidence != nil {
		score, err := json.Marshal(*a.Confidence)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.out, `,"score":%s`, score)
	}
	if a.Extra != nil {
		var one bytes.Buffer
		if err := json.Compact(&one, a.Extra); err != nil {
			return err
		}
		fmt.Fprintf(w.out, `,"meta":{"%s":%s}`, ownMeta, one.Bytes())
	}
	_, err = w.out.WriteString("}")
	return err
}

// id returns the id of a region: the one it had, if no other region of the task has it, because regions of one id are
// one.
func (w *writer) id(extra *tier.Extra) string {
	id, ok := extra.Text("region_id")
	for n := w.regions; !ok || id == "" || w.ids[id]; n++ {
		id, ok = fmt.Sprint("annoset-", n), true
	}
	w.ids[id] = true
	return id
}

// times returns the times of a label, in their kept spelling if that is still right.
func times(a *codec.Annotation, extra *tier.Extra) (start, end string) {
	kept := func(key string, ms int64) string {
		if s, ok := extra.Text(key); ok && json.Valid([]byte(s)) {
			if n, err := decimal.Parse(s); err == nil && n.Sign() >= 0 {
				if is, _, err := n.MS(); err == nil && is == ms {
					return s
				}
			}
		}
		return decimal.Seconds(ms)
	}
	start, end = kept("start_text", a.StartMS), kept("end_text", a.EndMS)
	if s, err := decimal.Parse(start); err == nil {
		if e, err := decimal.Parse(end); err == nil && s.Cmp(e) > 0 {
			return decimal.Seconds(a.StartMS), decimal.Seconds(a.EndMS)
		}
	}
	return start, end
}
