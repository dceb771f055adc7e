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

// utf16Reader converts UTF-16 to UTF-8.
type utf16Reader struct {
	in    io.Reader
	order binary.ByteOrder
	out   []byte // not yet read
	err   error  // to return after out
	held  int    // how many bytes at the beginning of buf are half a character
	buf   [4096]byte
	text  []byte
}

// newUTF16 reads UTF-16 after a byte order mark, which was read already.
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

// fill reads more.
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

// Head returns the beginning of a text as UTF-8 without a byte order mark. The text may be UTF-8 or UTF-16.
func Head(head []byte) []byte {
	for _, mark := range []string{markLE, markBE} {
		if rest, ok := bytes.CutPrefix(head, []byte(mark)); ok {
			text, _ := io.ReadAll(newUTF16(bytes.NewReader(rest), mark)) // bytes.Reader has no errors
			return text
		}
	}
	return bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
}
