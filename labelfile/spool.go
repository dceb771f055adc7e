package labelfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
)

// spoolBytes is how much of a file is collected in memory before it goes to the disk.
const spoolBytes = 1 << 20

// spool collects what is written before it goes to a caller's writer, which may be slow, while the store is held by no
// read: in memory, and beyond spoolBytes in a temporary file.
type spool struct {
	head bytes.Buffer
	rest *os.File // nil while the head is enough
}

// Write implements [io.Writer].
func (s *spool) Write(p []byte) (int, error) {
	if s.rest == nil && s.head.Len()+len(p) > spoolBytes {
		file, err := os.CreateTemp("", "annoset-*")
		if err != nil {
			return 0, err
		}
		s.rest = file
	}
	if s.rest != nil {
		return s.rest.Write(p)
	}
	return s.head.Write(p)
}

// sendTo writes all that was collected. It ends with its context.
func (s *spool) sendTo(ctx context.Context, w io.Writer) error {
	w = &stoppedWriter{ctx: ctx, w: w}
	if _, err := s.head.WriteTo(w); err != nil || s.rest == nil {
		return err
	}
	if _, err := s.rest.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, s.rest)
	return err
}

// stoppedWriter writes until its context ends.
type stoppedWriter struct {
	ctx context.Context
	w   io.Writer
}

func (s *stoppedWriter) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

// close removes the temporary file.
func (s *spool) close() error {
	if s.rest == nil {
		return nil
	}
	return errors.Join(s.rest.Close(), os.Remove(s.rest.Name()))
}
