package charset

import (
	"bytes"
	"errors"
	"slices"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// next returns the size of the character at the beginning of data, or 0 if it may go on in the next data. as is what to
// write in its place, or "" to have it decoded.
type next func(data []byte, atEOF bool) (size int, as string)

// notText stands for bytes that are no character: [codec.NotUTF8] as a text.
const notText = "\xff"

// multiple converts an encoding of several bytes a character. The decoders of golang.org/x/text put U+FFFD for what is
// no character, and two of them take some of that for other characters: these need a next, which finds it before.
func multiple(of encoding.Encoding, grammar func() next) func() codec.Converter {
	return func() codec.Converter {
		m := &multiByte{decoder: of.NewDecoder().Transformer}
		if grammar != nil {
			m.next = grammar()
		}
		return m.convert
	}
}

type multiByte struct {
	decoder transform.Transformer
	next    next // nil: the decoder finds all that is no character
}

func (m *multiByte) convert(dst, data []byte, atEOF bool) (text []byte, n int) {
	if m.next == nil {
		return m.decode(dst, data, atEOF)
	}
	for n < len(data) {
		run, size, as := n, 0, ""
		for run < len(data) {
			if size, as = m.next(data[run:], atEOF); size == 0 || as != "" {
				break
			}
			run += size
		}
		dst, _ = m.decode(dst, data[n:run], true)
		if n = run; n == len(data) || size == 0 {
			break
		}
		dst, n = append(dst, as...), n+size
	}
	return dst, n
}

var replacement = []byte("\ufffd")

// decode decodes data, and puts [codec.NotUTF8] in place of U+FFFD.
func (m *multiByte) decode(dst, data []byte, atEOF bool) (text []byte, n int) {
	from := len(dst)
	for n < len(data) {
		dst = slices.Grow(dst, 3*(len(data)-n)+16)
		written, used, err := m.decoder.Transform(dst[len(dst):cap(dst)], data[n:], atEOF)
		dst, n = dst[:len(dst)+written], n+used
		if !errors.Is(err, transform.ErrShortDst) {
			break // at the end, or the last character goes on
		}
	}
	if bytes.Contains(dst[from:], replacement) {
		dst = append(dst[:from], bytes.ReplaceAll(dst[from:], replacement, []byte{codec.NotUTF8})...)
	}
	return dst, n
}

// nextGB18030 knows which bytes a character of GB18030 has, and the one that is U+FFFD.
func nextGB18030(data []byte, atEOF bool) (size int, as string) {
	lead := data[0]
	switch {
	case lead <= 0x80:
		return 1, ""
	case lead == 0xff:
		return 1, notText
	case len(data) == 1:
		return short(atEOF)
	}
	switch c := data[1]; {
	case c >= 0x40 && c != 0x7f && c != 0xff:
		return 2, ""
	case c < '0' || c > '9':
		return 1, notText
	case len(data) > 2 && (data[2] < 0x81 || data[2] == 0xff), len(data) > 3 && (data[3] < '0' || data[3] > '9'):
		return 1, notText
	case len(data) < 4:
		return short(atEOF)
	case string(data[:4]) == "\x84\x31\xa4\x37":
		return 4, "\ufffd"
	}
	return 4, ""
}

// short is the answer about a character that is not whole.
func short(atEOF bool) (size int, as string) {
	if atEOF {
		return 1, notText
	}
	return 0, ""
}

// iso2022JP knows which bytes a character of ISO-2022-JP has, which depends on the escape sequence before it.
type iso2022JP struct {
	double bool // characters have two bytes
	roman  bool // "\\" and "~" are a yen sign and an overline
}

const escape = 0x1b

func (s *iso2022JP) next(data []byte, atEOF bool) (size int, as string) {
	switch c := data[0]; {
	case c == escape:
		return s.escape(data, atEOF)
	case c == '\n':
		s.double = false // every line begins with ASCII
		return 1, ""
	case !s.double && s.roman && c == '\\':
		return 1, "¥"
	case !s.double && s.roman && c == '~':
		return 1, "‾"
	case !s.double:
		return 1, ""
	case c < 0x21 || c > 0x7e:
		return 1, notText
	case len(data) == 1:
		return short(atEOF)
	case data[1] < 0x21 || data[1] > 0x7e:
		return 1, notText
	}
	return 2, ""
}

// escape takes an escape sequence.
func (s *iso2022JP) escape(data []byte, atEOF bool) (size int, as string) {
	for _, e := range [...]struct {
		sequence      string
		double, roman bool
	}{
		{"\x1b(B", false, false}, {"\x1b(J", false, true}, {"\x1b(I", false, false}, {"\x1b$@", true, false},
		{"\x1b$B", true, false}, {"\x1b$(D", true, false},
	} {
		switch {
		case bytes.HasPrefix(data, []byte(e.sequence)):
			s.double, s.roman = e.double, e.roman
			return len(e.sequence), ""
		case bytes.HasPrefix([]byte(e.sequence), data):
			return short(atEOF)
		}
	}
	return 1, notText
}
