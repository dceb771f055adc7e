// Package uem reads and writes un-partitioned evaluation maps of NIST: the spans of audio files that an evaluation
// looks at, as lines of file, channel, start and end.
package uem

import (
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

// Read reads the spans.
func Read(src *codec.Source) error {
	return fields.Read(src, func(r *fields.Record, l *codec.Label) (bool, *codec.SyntaxError) {
		bad := r.Count(4, 4, "4: file, channel, start and end")
		if bad != nil {
			return false, bad
		}
		l.File, l.Type, l.StartText, l.EndText = r.Fields[0], Examined, r.Fields[2], r.Fields[3]
		l.Keep(r.Fields[1] != oneChannel, channelKey, r.Fields[1])
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
	dst = append(append(w.File(dst, a.File), ' '), channel...)
	return append(append(append(append(append(dst, ' '), start...), ' '), end...), '\n')
}

// LooksLike reports whether the fields of the first record are those of a span.
func LooksLike(first []string) bool {
	if len(first) != 4 {
		return false
	}
	for _, s := range first[2:] {
		if _, err := decimal.Parse(s); err != nil {
			return false
		}
	}
	return true
}
