// Package canonical writes labels as canonical JSON Lines, the form that digests are taken of.
//
// A line is one JSON object without white space between its tokens. Its keys are artifact_type, start_ms, end_ms,
// confidence and extra_data, in this order; the last two only if the label has them. Strings and numbers are written as
// RFC 8785 (JSON Canonicalization Scheme) says. In extra data, strings are written so too and the members of objects
// are sorted by key, but numbers stay as they were given, because RFC 8785 would round large ones. Lines end with LF
// and are sorted by start, end, artifact type (bytes), confidence (absent first) and extra data (absent first, then
// bytes).
package canonical

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/internal/label"
)

// Writer writes the lines of one audio file. Labels must come in order of start; Writer sorts those that start
// together.
type Writer struct {
	w     io.Writer
	group []label.Label // of one start
	buf   []byte
}

// NewWriter returns a Writer on w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// flushAt is the number of bytes that are buffered before they are written.
const flushAt = 1 << 12

// Write adds the next label of the file.
func (w *Writer) Write(l label.Label) error {
	if len(w.group) > 0 && w.group[0].StartMS != l.StartMS {
		w.endGroup()
	}
	extra, err := ExtraData(l.ExtraData)
	if err != nil {
		return err
	}
	l.ExtraData = extra
	w.group = append(w.group, l)
	if len(w.buf) < flushAt {
		return nil
	}
	return w.flush()
}

// ExtraData returns the canonical form of extra data, or "" if there is none. It returns an error if text is not JSON.
func ExtraData(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if !json.Valid([]byte(text)) {
		return "", fmt.Errorf("extra data is no JSON: %.60q", text)
	}
	return string(JSON([]byte(text))), nil
}

// Close writes what is buffered. It does not close the underlying writer.
func (w *Writer) Close() error {
	w.endGroup()
	return w.flush()
}

// endGroup appends the lines of the labels that start together to the buffer.
func (w *Writer) endGroup() {
	if len(w.group) > 1 {
		slices.SortFunc(w.group, Compare)
	}
	for i := range w.group {
		w.buf = appendLine(w.buf, &w.group[i])
	}
	w.group = w.group[:0]
}

func (w *Writer) flush() error {
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// Compare returns the order of two lines of one audio file: negative, zero or positive. Extra data is compared
// by bytes, so it must be canonical. Id and file are ignored.
func Compare(a, b label.Label) int {
	return cmp.Or(
		cmp.Compare(a.StartMS, b.StartMS),
		cmp.Compare(a.EndMS, b.EndMS),
		strings.Compare(a.Type, b.Type),
		compareBool(a.HasConfidence, b.HasConfidence),
		cmp.Compare(a.Confidence, b.Confidence),
		strings.Compare(a.ExtraData, b.ExtraData),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func appendLine(dst []byte, l *label.Label) []byte {
	return appendMembers(append(dst, '{'), l)
}

// AppendNamed appends the line of a label with audio_file_id as first key. Extra data stays as it is.
func AppendNamed(dst []byte, audioFileID string, l *label.Label) []byte {
	dst = append(dst, `{"audio_file_id":`...)
	return appendMembers(append(AppendString(dst, audioFileID), ','), l)
}

func appendMembers(dst []byte, l *label.Label) []byte {
	dst = append(dst, `"artifact_type":`...)
	dst = AppendString(dst, l.Type)
	dst = append(dst, `,"start_ms":`...)
	dst = strconv.AppendInt(dst, l.StartMS, 10)
	dst = append(dst, `,"end_ms":`...)
	dst = strconv.AppendInt(dst, l.EndMS, 10)
	if l.HasConfidence {
		dst = append(dst, `,"confidence":`...)
		dst = appendFraction(dst, l.Confidence)
	}
	if l.ExtraData != "" {
		dst = append(dst, `,"extra_data":`...)
		dst = append(dst, l.ExtraData...)
	}
	return append(dst, "}\n"...)
}

// AppendString appends s as RFC 8785, 3.2.2.2 says: only what must be is escaped.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		dst = appendByte(dst, s[i])
	}
	return append(dst, '"')
}

// appendByte writes one byte within a string.
func appendByte(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c >= ' ':
		return append(dst, c)
	case c == '\b':
		return append(dst, `\b`...)
	case c == '\t':
		return append(dst, `\t`...)
	case c == '\n':
		return append(dst, `\n`...)
	case c == '\f':
		return append(dst, `\f`...)
	case c == '\r':
		return append(dst, `\r`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}

// appendFraction appends a number in [0, 1] as RFC 8785, 3.2.2.3 says, which is how ECMAScript writes it: the
// shortest digits that read back the same, with an exponent below 1e-6.
func appendFraction(dst []byte, f float64) []byte {
	if f == 0 || math.Abs(f) >= 1e-6 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 is written e-9
		dst = dst[:n-1]
	}
	return dst
}
