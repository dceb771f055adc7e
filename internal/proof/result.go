package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
)

// Value returns a value, or ends the test with the error: Value(s.Stats(ctx, id))(t).
func Value[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		NoErr(t, err)
		return v
	}
}

// NoErr ends the test if err is not nil.
func NoErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Must returns a value and panics on an error. It is for benchmarks.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Collect reads all that an iterator yields, and ends the test with its error.
func Collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	all := []T{}
	for v, err := range seq {
		NoErr(t, err)
		all = append(all, v)
	}
	return all
}

// All reads all that an iterator yields, or returns its first error.
func All[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Written writes a result down as JSON, for comparing.
func Written(result any) string {
	data, err := json.Marshal(result)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// BadFields returns the problems of a validation error, each as its index and field.
func BadFields(is *is.I, err error) []string {
	is.Helper()
	invalid, ok := errors.AsType[*annoset.ValidationError](err)
	is.True(ok)                                 // a *ValidationError
	is.True(errors.Is(err, annoset.ErrInvalid)) // which is ErrInvalid
	is.True(invalid.Op != "")                   // and names the operation
	fields := []string{}
	for _, p := range invalid.Problems {
		is.True(p.Reason != "") // each has a reason
		fields = append(fields, fmt.Sprintf("%d %s", p.Index, p.Field))
	}
	return fields
}

// ErrLeft is returned by [NothingAt] where something is.
var ErrLeft = errors.New("something was left behind")

// NothingAt returns an error if there is something at path, or a temporary folder beside it.
func NothingAt(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: %s", ErrLeft, path)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".annoset-*")); err != nil || len(left) > 0 {
		return fmt.Errorf("%w: %v %v", ErrLeft, left, err)
	}
	return nil
}
