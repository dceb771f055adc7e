package codec

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// MaxLine is the longest line, in bytes, of formats that are read line by line. The longest extra data fits.
const MaxLine = 1 << 25

// Lines reads lines that end in LF, CRLF or CR. Text is UTF-8 with or without a byte order mark, which is left out,
// or UTF-16 with one.
type Lines struct {
	r    *bufio.Reader
	n    int
	held []byte // the beginning of a line longer than the reader's buffer
	end  string // of the line read last
	err  error  // what came in place of a byte after a CR
	done bool
}

// NewLines reads the lines of r.
func NewLines(r io.Reader) *Lines {
	in := bufio.NewReaderSize(r, 1<<16)
	head, _ := in.Peek(3)
	switch {
	case bytes.Equal(head, []byte("\xef\xbb\xbf")):
		in.Discard(3) //nolint:errcheck // they were peeked
	case bytes.HasPrefix(head, []byte(markLE)) || bytes.HasPrefix(head, []byte(markBE)):
		in.Discard(2) //nolint:errcheck // they were peeked
		in = bufio.NewReaderSize(afterMark(in, string(head[:2])), 1<<16)
	}
	return &Lines{r: in}
}

// Next reads the next line, without its end. The line is valid until the next call. At the end it returns [io.EOF].
// For a line that is not UTF-8 it returns a [*SyntaxError], and reading may go on; for one that is too long it
// returns a [*SyntaxError] and no line, and reading may not go on.
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

// Ahead returns up to n bytes of what Next will read. They are valid until the next call.
func (l *Lines) Ahead(n int) []byte {
	if l.err != nil || l.done {
		return nil
	}
	head, _ := l.r.Peek(n)
	return head
}

// chunk reads what the buffer holds, wherever lines end. It is valid until the next call. At the end it returns
// [io.EOF].
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

// wholeAtCR ends a line whose CR is the last byte of the buffer, because an LF may follow.
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

// lineEnd finds the first LF or CR. It searches in growing steps, because what lies behind the end of a line is
// searched again for the next one.
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
			return line, BadBytes(Place{l.n, column})
		}
		rest = rest[size:]
	}
}

// Line returns the number of the line that Next read last.
func (l *Lines) Line() int { return l.n }

// End returns how the line that Next read last ended: with LF, CRLF, CR or nothing.
func (l *Lines) End() string { return l.end }
