package whole

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
)

// Buffered is a new file, written through a buffer.
type Buffered struct {
	*bufio.Writer
	file *os.File
}

// Create makes a new file in a folder. It never replaces one: two audio files with one file name would be an error, not a
// loss.
func Create(dir, name string) (*Buffered, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return &Buffered{Writer: bufio.NewWriter(f), file: f}, nil
}

// Close writes what is buffered and closes the file.
func (b *Buffered) Close() error { return errors.Join(b.Flush(), b.file.Close()) }
