package table

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// whisperBytes is how much of the table below its header is looked at for what Whisper writes.
const whisperBytes = 1 << 14

// findWhisper recognizes the tables of Whisper and whisper.cpp, whose times are whole milliseconds although nothing
// says so: "start", "end", "text", perhaps with a speaker, and some text of more than a tenth of a second. As seconds,
// that text would take minutes.
func (h *header) findWhisper(o *Options, r *rows) {
	if !h.assumed || o.Unit != "" || o.Names != [numRoles]string{} ||
		!slices.Equal(h.names, []string{"start", "end", "text"}) &&
			!slices.Equal(h.names, []string{"start", "end", "speaker", "text"}) {
		return
	}
	head := r.lines.Ahead(whisperBytes)
	if last := bytes.LastIndexAny(head, "\r\n"); last >= 0 && len(head) == whisperBytes {
		head = head[:last] // the rest may have been cut
	}
	long, open := false, false // open: a cell in quotes goes on
	for line := range strings.FieldsFuncSeq(string(head), func(r rune) bool { return r == '\r' || r == '\n' }) {
		goesOn := open
		if open = open != (strings.Count(line, `"`)%2 == 1) && !r.literal; goesOn {
			continue
		}
		cells := strings.SplitN(line, string(rune(r.separator)), 3)
		if len(cells) < 3 {
			return
		}
		start, err1 := strconv.ParseUint(cells[0], 10, 32)
		end, err2 := strconv.ParseUint(cells[1], 10, 32)
		if err1 != nil || err2 != nil || end < start {
			return
		}
		long = long || end-start > 100
	}
	if long {
		h.whole = true
		h.units[h.at[Start]], h.units[h.at[End]] = Milliseconds, Milliseconds
	}
}

// proveUnit looks whether a label proves that its times are seconds or a clock, as is assumed: a span of less than a
// millisecond, if they were milliseconds, is no label.
func (rd *reader) proveUnit(l *codec.Label) {
	h := rd.header
	if h.units[h.at[Start]] != "" {
		return
	}
	span := l.End.Add(l.Start.Times(-1))
	if span.Sign() > 0 && span.Cmp(decimal.FromMS(1000)) < 0 || strings.IndexByte(l.StartText, ':') >= 0 {
		rd.unsure = false
	}
}

// noteUnit remarks that nothing says or proves the unit of times.
func (rd *reader) noteUnit() {
	if !rd.unsure || !rd.labels {
		return
	}
	h := rd.header
	unit := h.units[h.at[Start]]
	text := "no unit is said, taken for seconds"
	switch {
	case h.whole:
		text = "no unit is said, taken for milliseconds, as Whisper writes them"
	case unit != "":
		text = "no unit is said for some times, taken for " + unitName(unit) + ", as in the others"
	}
	rd.src.Note(codec.UnitAssumed, h.place, text)
}

// origin looks whether times may count from the beginning of the first of several audio files: so Raven counts, and
// says the time within a file only in a column of its own.
type origin struct {
	unsure bool // the column of audio files is one of Raven's
	file   string
	end    decimal.Number
	at     codec.Place // of the second file
	text   string
}

func (o *origin) see(l *codec.Label) {
	if !o.unsure {
		return
	}
	switch {
	case o.file != "" && l.File != o.file && l.Start.Cmp(o.end) < 0:
		o.unsure = false // they begin again
	case o.file != "" && l.File != o.file && o.text == "":
		o.at, o.text = l.Place, l.File+" at "+l.StartText
	}
	o.file, o.end = l.File, l.End
}

// noteOrigin remarks that times are taken to count from the beginning of each audio file.
func (rd *reader) noteOrigin() {
	if o := &rd.origin; o.unsure && o.text != "" {
		rd.src.Note(codec.OriginAssumed, o.at, o.text+": taken for the time in this file, not in all of them")
	}
}

// noteFile remarks, once, that a column which is not known may name the audio file, where no other one does.
func (rd *reader) noteFile() {
	h := rd.header
	for i, naming := range h.mayName {
		text := rd.rows.text(i)
		if text == "" || h.roles[i] != Other {
			continue
		}
		if naming == ofTwins {
			if text == rd.lastID {
				naming = ofNames
			}
			rd.lastID = text
		}
		if naming == ofText {
			if _, err := codec.Number(text, true); err != nil {
				naming = ofNames
			}
		}
		if naming == ofNames || codec.EndsAsAudio(text) {
			rd.src.Note(codec.FileAssumed, rd.rows.place(i),
				"all rows are taken for one recording, although "+h.names[i]+" is "+text)
			h.mayName = nil
			return
		}
	}
}
