package codec

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
)

// A stream that expands so much that it fills a disk is an attack, or no labels: the text of labels shrinks to a
// tenth. The rule applies only once a file is large.
const (
	bombBytes = 64 << 20
	bombRatio = 200
)

// Gunzip unpacks a gzip stream. A stream that expands more than labels can is an error.
func Gunzip(r io.Reader) (io.Reader, error) {
	packed := &counter{r: r}
	z, err := gzip.NewReader(bufio.NewReader(packed))
	if err != nil {
		return nil, &SyntaxError{Place: Place{Line: 1, Column: 1}, Found: "a gzip stream that cannot be read: " + err.Error(),
			Expected: "a whole one"}
	}
	return bufio.NewReaderSize(&gunzip{z: z, packed: packed}, 1<<16), nil
}

type gunzip struct {
	z      *gzip.Reader
	packed *counter
	n      int64
}

func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	g.n += int64(n)
	if g.n > bombBytes && g.n/bombRatio > g.packed.n {
		return 0, &SyntaxError{Place: Place{Line: 1, Column: 1},
			Found: fmt.Sprintf("%d packed bytes that unpack to more than %d", g.packed.n, g.n), Expected: "a file of labels"}
	}
	if err != nil && err != io.EOF && g.packed.err == nil {
		err = &SyntaxError{Place: Place{Line: 1, Column: 1}, Found: "a damaged gzip stream: " + err.Error(),
			Expected: "a whole one"}
	}
	return n, err
}

// counter counts the bytes read, and keeps the reader's own error.
type counter struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
