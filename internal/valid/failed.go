package valid

import "strings"

// Prefix begins the text of every error that a user of the module sees.
const Prefix = "annoset: "

// Bare returns the text of an error without the prefix.
func Bare(err error) string { return strings.TrimPrefix(err.Error(), Prefix) }

// callError is the error of a call that no struct describes: what was tried, and why it failed.
type callError struct {
	op     string
	causes []error
}

// Failed returns the error of a call: the prefix, what was tried, and the causes without a prefix of their own. It
// unwraps to the causes.
func Failed(op string, causes ...error) error { return &callError{op: op, causes: causes} }

func (e *callError) Error() string {
	texts := []string{e.op}
	for _, cause := range e.causes {
		texts = append(texts, Bare(cause))
	}
	return Prefix + strings.ReplaceAll(strings.Join(texts, ": "), ": "+Prefix, ": ")
}

// Unwrap returns the causes.
func (e *callError) Unwrap() []error { return e.causes }
