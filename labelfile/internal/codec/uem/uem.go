// Package uem reads and writes un-partitioned evaluation maps of NIST: the spans of audio files that an evaluation
// looks at, as lines of file, channel, start and end.
package uem

import (
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/fields"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// Examined is the artifact type of all spans.
const Examined = "examined"

const (
	channelKey = "channel"
	oneChannel = "1" // the default channel
)

// impliedChannel is the field of most records.
var impliedChannel = codec.Field{Name: channelKey, Value: oneChannel}

// Read reads the spans.
func Read(src *codec.Source) error {
	return fields.Read(src, func(r *fields.Record, l *codec.Label) (bool, *codec.SyntaxError) {
		bad := r.Count(4, 4, "4: file, channel, start and end")
		if bad != nil {
			return false, bad
		}
		l.File, l.Type, l.StartText, l.EndText = r.Fields[0], Examined, r.Fields[2], r.Fields[3]
		if channel := r.Fields[1]; channel == oneChannel {
			l.Implied = append(l.Implied, impliedChannel)
		} else {
			l.Keep(true, channelKey, channel)
		}
		if l.Start, bad = r.Time(2, "a start in seconds"); bad != nil {
			return false, bad
		}
		if l.End, bad = r.Time(3, "an end in seconds"); bad != nil {
			return false, bad
		}
		return true, nil
	})
}

// Write writes the spans of all labels.
func Write(dst *codec.Target) error { return fields.Write(dst, appendSpan) }

func appendSpan(dst []byte, w *fields.Writer, a *codec.Annotation, extra *tier.Extra) []byte {
	if a.Type != Examined {
		w.Target.Note(codec.TypeChanged, a.Type)
	}
	if a.Confidence != nil {
		w.Target.Note(codec.ConfidenceLost, a.File)
	}
	channel, ok := extra.Text(channelKey)
	if !ok || channel == oneChannel || !fields.IsWord(channel) {
		extra.Lose(channelKey)
		channel = oneChannel
	}
	start, end := fields.Times(a, extra, 3, false)
	dst = append(append(w.File(dst, a.File, true), ' '), channel...)
	return append(append(append(append(append(dst, ' '), start...), ' '), end...), '\n')
}

// LooksLike reports whether the first records are spans. Kaldi's "segments" have as many fields: the second one is a
// recording there, and often begins the name of the utterance before it.
func LooksLike(first [][]string) bool {
	for _, r := range first {
		if len(r) != 4 || !fields.LooksLikeFile(r[0]) || !fields.LooksLikeChannel(r[1]) || utteranceOf(r[0], r[1]) {
			return false
		}
		start, err1 := decimal.Parse(r[2])
		end, err2 := decimal.Parse(r[3])
		if err1 != nil || err2 != nil || codec.EndsBefore(start, end) {
			return false
		}
	}
	return true
}

func utteranceOf(name, recording string) bool {
	rest, found := strings.CutPrefix(name, recording)
	return found && rest != "" && strings.IndexByte("-_.", rest[0]) >= 0
}
