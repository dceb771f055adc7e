package codec

import (
	"bufio"
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

// notUTF8 stands for half a character, so that what checks UTF-8 finds it at its place.
const notUTF8 = 0xff

// utf16Reader makes UTF-8 of UTF-16.
type utf16Reader struct {
	in    *bufio.Reader
	order binary.ByteOrder
	out   []byte // not yet read
	err   error  // comes behind it
	buf   [4096]byte
}

// newUTF16 reads what begins with a byte order mark, and leaves that out.
func newUTF16(in *bufio.Reader) *utf16Reader {
	mark, _ := in.Peek(2)
	r := &utf16Reader{in: in, order: binary.LittleEndian}
	if string(mark) == markBE {
		r.order = binary.BigEndian
	}
	in.Discard(2) //nolint:errcheck // they were peeked
	return r
}

func (r *utf16Reader) Read(p []byte) (int, error) {
	if len(r.out) == 0 {
		r.out = r.buf[:0]
		for r.err == nil && len(r.out) <= len(r.buf)-utf8.UTFMax {
			r.err = r.next()
		}
		if len(r.out) == 0 {
			return 0, r.err
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// next appends one character to what is out.
func (r *utf16Reader) next() error {
	unit, err := r.in.Peek(2)
	if len(unit) < 2 {
		if len(unit) == 1 && err == io.EOF {
			r.in.Discard(1) //nolint:errcheck // it was peeked
			r.out = append(r.out, notUTF8)
			return nil
		}
		return err
	}
	first := rune(r.order.Uint16(unit))
	if !utf16.IsSurrogate(first) {
		r.in.Discard(2) //nolint:errcheck // they were peeked
		r.out = utf8.AppendRune(r.out, first)
		return nil
	}
	pair, err := r.in.Peek(4)
	if len(pair) < 4 && err != io.EOF {
		return err
	}
	if len(pair) == 4 {
		if c := utf16.DecodeRune(first, rune(r.order.Uint16(pair[2:]))); c != utf8.RuneError {
			r.in.Discard(4) //nolint:errcheck // they were peeked
			r.out = utf8.AppendRune(r.out, c)
			return nil
		}
	}
	r.in.Discard(2) //nolint:errcheck // they were peeked
	r.out = append(r.out, notUTF8)
	return nil
}

// Head is the beginning of a text in UTF-8 without a byte order mark, whichever of UTF-8 and UTF-16 it was in.
func Head(head []byte) []byte {
	if !bytes.HasPrefix(head, []byte(markLE)) && !bytes.HasPrefix(head, []byte(markBE)) {
		return bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	}
	text, _ := io.ReadAll(newUTF16(bufio.NewReader(bytes.NewReader(head)))) // bytes.Reader has no errors
	return text
}
