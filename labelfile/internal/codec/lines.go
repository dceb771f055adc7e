package codec

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// MaxLine is the longest line, in bytes, of formats that are read line by line: room for the longest extra data.
const MaxLine = 1 << 25

// Lines reads lines that end in LF, CRLF or CR, in UTF-8, whose byte order mark is left out, or in UTF-16 with one.
type Lines struct {
	r    *bufio.Reader
	n    int
	held []byte // the beginning of a line longer than the reader's buffer
	end  string // of the line that was read last
	err  error  // came in place of what may follow a CR
	done bool
}

// NewLines reads lines of r.
func NewLines(r io.Reader) *Lines {
	in := bufio.NewReaderSize(r, 1<<16)
	head, _ := in.Peek(3)
	switch {
	case bytes.Equal(head, []byte("\xef\xbb\xbf")):
		in.Discard(3) //nolint:errcheck // they were peeked
	case bytes.HasPrefix(head, []byte(markLE)) || bytes.HasPrefix(head, []byte(markBE)):
		in.Discard(2) //nolint:errcheck // they were peeked
		in = bufio.NewReaderSize(newUTF16(in, string(head[:2])), 1<<16)
	}
	return &Lines{r: in}
}

// Next reads the next line, without its end, valid until the one after. [io.EOF] comes at the end. A [*SyntaxError] comes
// with a line that is not UTF-8, after which reading may go on, and with one that is too long, after which it may not.
func (l *Lines) Next() ([]byte, error) {
	l.held, l.end = l.held[:0], ""
	l.n++
	if l.err != nil {
		return nil, l.err
	}
	for !l.done {
		if _, err := l.r.Peek(1); err == io.EOF {
			if l.done = true; len(l.held) > 0 {
				return l.whole(nil)
			}
			break
		} else if err != nil {
			return nil, err
		}
		chunk, _ := l.r.Peek(l.r.Buffered())
		end := lineEnd(chunk)
		if end < 0 {
			if len(l.held)+len(chunk) > MaxLine {
				l.done = true
				return nil, &SyntaxError{Place: Place{l.n, 1}, Found: fmt.Sprintf("a line of more than %d bytes", MaxLine),
					Expected: "a line end"}
			}
			l.held = append(l.held, chunk...)
			l.r.Discard(len(chunk)) //nolint:errcheck // they were peeked
			continue
		}
		if l.end = "\n"; chunk[end] == '\r' {
			if end+1 == len(chunk) {
				return l.wholeAtCR(chunk[:end])
			}
			if l.end = "\r"; chunk[end+1] == '\n' {
				l.end = "\r\n"
			}
		}
		l.r.Discard(end + len(l.end)) //nolint:errcheck // they were peeked
		return l.whole(chunk[:end])
	}
	return nil, io.EOF
}

// chunk reads what the buffer holds, wherever lines end, valid until the next call. [io.EOF] comes at the end.
func (l *Lines) chunk() ([]byte, error) {
	if _, err := l.r.Peek(1); err != nil {
		return nil, err
	}
	chunk, err := l.r.Peek(l.r.Buffered())
	if err != nil {
		return nil, err
	}
	l.r.Discard(len(chunk)) //nolint:errcheck // they were peeked
	return chunk, nil
}

// wholeAtCR ends a line whose CR is the last byte of the buffer: an LF may follow.
func (l *Lines) wholeAtCR(line []byte) ([]byte, error) {
	l.held = append(l.held, line...)
	l.r.Discard(len(line) + 1) //nolint:errcheck // they were peeked
	l.end = "\r"
	next, err := l.r.Peek(1)
	switch {
	case err == nil && next[0] == '\n':
		l.end = "\r\n"
		l.r.Discard(1) //nolint:errcheck // it was peeked
	case err != nil && err != io.EOF:
		l.err = err
	}
	return l.whole(nil)
}

// lineEnd finds the first LF or CR. It looks ever further, for what lies behind the end of a line is looked at again.
func lineEnd(chunk []byte) int {
	for from, size := 0, 256; from < len(chunk); from, size = from+size, 2*size {
		window := chunk[from:min(from+size, len(chunk))]
		end := bytes.IndexByte(window, '\n')
		if end >= 0 {
			window = window[:end]
		}
		if cr := bytes.IndexByte(window, '\r'); cr >= 0 {
			end = cr
		}
		if end >= 0 {
			return from + end
		}
	}
	return -1
}

func (l *Lines) whole(line []byte) ([]byte, error) {
	if len(l.held) > 0 {
		l.held = append(l.held, line...)
		line = l.held
	}
	if utf8.Valid(line) {
		return line, nil
	}
	column := 1
	for rest := line; ; column++ {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size <= 1 {
			return line, &SyntaxError{Place: Place{l.n, column}, Found: "bytes that are not UTF-8", Expected: "UTF-8"}
		}
		rest = rest[size:]
	}
}

// Line is the number of the line that Next read last.
func (l *Lines) Line() int { return l.n }

// End is how the line ended that Next read last: LF, CRLF, CR, or not at all.
func (l *Lines) End() string { return l.end }
