package whole

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
)

// Buffered is a new file that is written through a buffer. It must be closed.
type Buffered struct {
	*bufio.Writer
	file *os.File
}

// Create makes a new file in a folder. It never replaces a file: if two audio files had the same file name, that would
// be an error and not a loss.
func Create(dir, name string) (*Buffered, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return &Buffered{Writer: bufio.NewWriter(f), file: f}, nil
}

// Close flushes the buffer and closes the file.
func (b *Buffered) Close() error { return errors.Join(b.Flush(), b.file.Close()) }
