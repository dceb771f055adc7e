package annoset

import (
	"github.com/annoset/annoset/internal/insert"
	"github.com/annoset/annoset/internal/reader"
)

// Until formats and evaluation have left.
var errStop = reader.Stop

type streamError struct {
	label int
	err   error
}

func (e *streamError) Error() string {
	return (&insert.StreamError{Label: e.label, Err: e.err}).Error()
}
func (e *streamError) Unwrap() error { return &insert.StreamError{Label: e.label, Err: e.err} }

func (p *problems) annotation(index int, a *Annotation) (fileOK, typeOK bool) {
	l := labelOf(a)
	return p.Label(index, &l)
}
