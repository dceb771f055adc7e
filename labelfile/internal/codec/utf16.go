package codec

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The byte order marks of UTF-16.
const (
	markLE = "\xff\xfe"
	markBE = "\xfe\xff"
)

// NotUTF8 takes the place of half a character, so that checks of UTF-8 find it there.
const NotUTF8 = 0xff

// AppendUTF16 appends UTF-16 data to a text as UTF-8, and returns how many bytes of the data it used: half a
// character at the end may go on in the next data. For half a character elsewhere it appends [NotUTF8].
func AppendUTF16(dst, data []byte, order binary.ByteOrder) (text []byte, n int) {
	for ; len(data)-n >= 2; n += 2 {
		c := rune(order.Uint16(data[n:]))
		if !utf16.IsSurrogate(c) {
			dst = utf8.AppendRune(dst, c)
			continue
		}
		leads := utf16.DecodeRune(c, 0xdc00) != utf8.RuneError
		if leads && len(data)-n < 4 {
			break
		}
		if leads {
			c = utf16.DecodeRune(c, rune(order.Uint16(data[n+2:])))
		}
		if !leads || c == utf8.RuneError {
			dst = append(dst, NotUTF8)
			continue
		}
		dst = utf8.AppendRune(dst, c)
		n += 2
	}
	return dst, n
}

// UTF16 converts UTF-16. A byte order mark is a character of the text.
func UTF16(order binary.ByteOrder) Converter {
	return func(dst, data []byte, atEOF bool) ([]byte, int) {
		text, n := AppendUTF16(dst, data, order)
		if atEOF && n < len(data) {
			return append(text, NotUTF8), len(data) // half a character at the end
		}
		return text, n
	}
}

// afterMark converts UTF-16 after a byte order mark, which was read already.
func afterMark(in io.Reader, mark string) io.Reader {
	if mark == markBE {
		return NewConverter(in, UTF16(binary.BigEndian))
	}
	return NewConverter(in, UTF16(binary.LittleEndian))
}

// Converter converts data to UTF-8. It appends the text to dst, with [NotUTF8] for what is no character, and returns
// how many bytes it used: a character may go on in the next data, unless the data is at the end of the file.
type Converter func(dst, data []byte, atEOF bool) (text []byte, n int)

// NewConverter converts a stream to UTF-8.
func NewConverter(in io.Reader, convert Converter) io.Reader {
	return &converter{in: in, convert: convert}
}

type converter struct {
	in      io.Reader
	convert Converter
	out     []byte // not yet read
	err     error  // to return after out
	held    int    // how many bytes at the beginning of buf begin a character
	buf     [4096]byte
	text    []byte
}

func (r *converter) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill reads more.
func (r *converter) fill() {
	n, err := r.in.Read(r.buf[r.held:])
	r.err = err
	data := r.buf[:r.held+n]
	text, n := r.convert(r.text[:0], data, err == io.EOF)
	r.held = copy(r.buf[:], data[n:])
	r.text, r.out = text, text
}

// Head returns the beginning of a text as UTF-8 without a byte order mark. The text may be UTF-8 or UTF-16.
func Head(head []byte) []byte {
	for _, mark := range []string{markLE, markBE} {
		if rest, ok := bytes.CutPrefix(head, []byte(mark)); ok {
			text, _ := io.ReadAll(afterMark(bytes.NewReader(rest), mark)) // bytes.Reader has no errors
			return text
		}
	}
	return bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
}
