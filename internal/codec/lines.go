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

// Lines reads lines that end in LF, CRLF or CR. A byte order mark of UTF-8 at the beginning is left out.
type Lines struct {
	r       *bufio.Reader
	n       int
	held    []byte // the beginning of a line longer than the reader's buffer
	afterCR bool   // an LF that comes now belongs to the line before
	done    bool
}

// NewLines reads lines of r.
func NewLines(r io.Reader) *Lines {
	in := bufio.NewReaderSize(r, 1<<16)
	if head, _ := in.Peek(3); bytes.Equal(head, []byte("\xef\xbb\xbf")) {
		in.Discard(3) //nolint:errcheck // they were peeked
	}
	return &Lines{r: in}
}

// Next reads the next line, without its end, valid until the one after. [io.EOF] comes at the end. A [*SyntaxError] comes
// with a line that is not UTF-8, after which reading may go on, and with one that is too long, after which it may not.
func (l *Lines) Next() ([]byte, error) {
	l.held = l.held[:0]
	l.n++
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
		if l.afterCR {
			l.afterCR = false
			if chunk[0] == '\n' {
				l.r.Discard(1) //nolint:errcheck // it was peeked
				continue
			}
		}
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
		l.afterCR = chunk[end] == '\r'
		l.r.Discard(end + 1) //nolint:errcheck // they were peeked
		return l.whole(chunk[:end])
	}
	return nil, io.EOF
}

func lineEnd(chunk []byte) int {
	end := bytes.IndexByte(chunk, '\n')
	if end >= 0 {
		chunk = chunk[:end]
	}
	if cr := bytes.IndexByte(chunk, '\r'); cr >= 0 {
		return cr
	}
	return end
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
