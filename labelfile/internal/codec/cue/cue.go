package cue

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
)

// MaxPayload is the longest text of one cue, in bytes, with its tags.
const MaxPayload = 1 << 20

// The names of fields.
const (
	idKey       = "cue_id"
	voiceKey    = "voice"
	settingsKey = "settings"
	markupKey   = "markup"
)

// TooLong returns the error about a cue whose text does not end.
func TooLong(at codec.Place) *codec.SyntaxError {
	return &codec.SyntaxError{
		Place: at, Found: fmt.Sprintf("a cue of more than %d bytes", MaxPayload), Expected: "a blank line",
	}
}

// Label fills in the label of a cue. The id is kept as a field if keepID is set, and is for templates only otherwise.
func (d *Dialect) Label(l *codec.Label, at codec.Place, t *Timing, id string, keepID bool, payload string) {
	text, voice, styled := d.Plain(payload)
	*l = codec.Label{
		Type: text, Start: t.Start, End: t.End, StartText: t.StartText, EndText: t.EndText, Place: at,
		Fields: l.Fields[:0], Implied: l.Implied[:0],
	}
	add := func(kept bool, name, value string) {
		if value != "" {
			l.Keep(kept, name, value)
		}
	}
	add(keepID, idKey, id)
	add(true, voiceKey, voice)
	add(true, settingsKey, t.Settings)
	add(styled, markupKey, payload)
}

// Cue is a cue to write.
type Cue struct {
	ID, Settings, Payload string
}

// cueOf makes a cue from a label, and remarks what it cannot say. validID reports whether an id can be written.
func (d *Dialect) cueOf(dst *codec.Target, a *codec.Annotation, validID func(string) bool) (c Cue, err error) {
	extra, err := tier.NewExtra(a.Extra)
	if err != nil {
		return c, err
	}
	own := func(key string, valid func(string) bool) string {
		if s, ok := extra.Text(key); ok && s != "" && valid(s) {
			return s
		}
		extra.Lose(key)
		return ""
	}
	c.ID = own(idKey, validID)
	c.Settings = own(settingsKey, isLine)
	voice := own(voiceKey, func(s string) bool { return oneLine(s) == s })
	if c.Payload = own(markupKey, func(s string) bool {
		text, speaks, styled := d.Plain(s)
		return styled && text == a.Type && speaks == voice && d.fits(s)
	}); c.Payload == "" {
		c.Payload = d.Payload(a.Type, voice)
	}
	if lost := extra.Lost(); lost != "" {
		dst.Note(codec.ExtraLost, lost)
	}
	if a.Confidence != nil {
		dst.Note(codec.ConfidenceLost, a.Type)
	}
	return c, nil
}

// isLine reports whether a text can stand on a line and be read as it is.
func isLine(s string) bool {
	return strings.Trim(s, " \t") == s && !strings.ContainsAny(s, "\r\n") && !strings.Contains(s, Arrow)
}

// IsID reports whether a text can be the line before the times.
func IsID(s string) bool { return s != "" && isLine(s) && !IsTimes(s, true) }

// fits reports whether a payload can be written as it is.
func (d *Dialect) fits(s string) bool {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		blank := line == "" || d.Loose && Blank(line)
		if blank && (!d.Loose || i == 0 || i == len(lines)-1) || IsTimes(line, true) {
			return false
		}
	}
	return len(s) <= MaxPayload && !strings.Contains(s, "\r") && !strings.Contains(s, Arrow)
}

// Blank reports whether a line has only blanks.
func Blank(line string) bool {
	return line == "" || (line[0] == ' ' || line[0] == '\t') && strings.Trim(line, " \t") == ""
}

// appendTo appends times, settings and payload.
func (c *Cue) appendTo(dst []byte, d *Dialect, a *codec.Annotation) []byte {
	dst = append(AppendTime(dst, a.StartMS, d.Point), " "+Arrow+" "...)
	dst = AppendTime(dst, a.EndMS, d.Point)
	if c.Settings != "" {
		dst = append(append(dst, ' '), c.Settings...)
	}
	return append(append(append(dst, '\n'), c.Payload...), '\n')
}

// Writer says how a format writes cues.
type Writer struct {
	Dialect *Dialect
	Head    string // the beginning of a file
	// IsID reports whether a text can be the id of the cue with this number, from 1.
	IsID func(id string, n int64) bool
	// Before appends the lines before the times.
	Before func(dst []byte, c *Cue, n int64) []byte
}

// Write writes all labels.
func (w *Writer) Write(dst *codec.Target) error {
	out := bufio.NewWriterSize(dst.Writer, 1<<16)
	line := []byte(w.Head)
	n := int64(0)
	for a, err := range dst.Labels {
		if err != nil {
			return err
		}
		n++
		c, err := w.Dialect.cueOf(dst, a, func(id string) bool { return w.IsID(id, n) })
		if err != nil {
			return err
		}
		line = c.appendTo(w.Before(line, &c, n), w.Dialect, a)
		if _, err := out.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	for _, file := range dst.Clean {
		dst.Note(codec.CleanLost, file)
	}
	if _, err := out.Write(line); err != nil {
		return err
	}
	return out.Flush()
}
