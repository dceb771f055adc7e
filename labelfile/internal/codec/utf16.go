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

// NotUTF8 stands for half a character, so that what checks UTF-8 finds it at its place.
const NotUTF8 = 0xff

// AppendUTF16 appends to a text what is in UTF-16, and returns behind how many bytes of that it stopped: half a character
// at the end may go on elsewhere. For half a character within, it appends [NotUTF8].
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

// utf16Reader makes UTF-8 of UTF-16.
type utf16Reader struct {
	in    io.Reader
	order binary.ByteOrder
	out   []byte // not yet read
	err   error  // comes behind it
	held  int    // bytes at the beginning of buf that are half a character
	buf   [4096]byte
	text  []byte
}

// newUTF16 reads what begins with a byte order mark, which is the given one and has been read already.
func newUTF16(in io.Reader, mark string) *utf16Reader {
	r := &utf16Reader{in: in, order: binary.LittleEndian}
	if mark == markBE {
		r.order = binary.BigEndian
	}
	return r
}

func (r *utf16Reader) Read(p []byte) (int, error) {
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

// fill reads on.
func (r *utf16Reader) fill() {
	n, err := r.in.Read(r.buf[r.held:])
	r.err = err
	data := r.buf[:r.held+n]
	text, n := AppendUTF16(r.text[:0], data, r.order)
	if r.held = copy(r.buf[:], data[n:]); r.held > 0 && err == io.EOF {
		text = append(text, NotUTF8)
	}
	r.text, r.out = text, text
}

// Head is the beginning of a text in UTF-8 without a byte order mark, whichever of UTF-8 and UTF-16 it was in.
func Head(head []byte) []byte {
	for _, mark := range []string{markLE, markBE} {
		if rest, ok := bytes.CutPrefix(head, []byte(mark)); ok {
			text, _ := io.ReadAll(newUTF16(bytes.NewReader(rest), mark)) // bytes.Reader has no errors
			return text
		}
	}
	return bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
}
