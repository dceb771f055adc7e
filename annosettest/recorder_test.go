package annosettest_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder is a test whose failure is looked at.
type recorder struct {
	testing.TB // gives the rest; nil in an Example

	mu       sync.Mutex
	name     string
	failed   bool
	text     []string
	cleanups []func()
}

// record runs fn as a test of its own, with its cleanups.
func record(tb testing.TB, fn func(tb testing.TB)) *recorder {
	tb.Helper()
	r := &recorder{TB: tb, name: tb.Name()}
	r.run(func() { fn(r) })
	r.end()
	return r
}

// end runs the cleanups.
func (r *recorder) end() {
	for _, cleanup := range slices.Backward(r.cleanups) {
		r.run(cleanup)
	}
}

// run calls a function that may end its goroutine.
func (r *recorder) run(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	<-done
}

func (r *recorder) Helper() {}

func (r *recorder) Name() string { return r.name }

func (r *recorder) Cleanup(fn func()) { r.cleanups = append(r.cleanups, fn) }

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) FailNow() {
	r.Fail()
	runtime.Goexit()
}

func (r *recorder) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text = append(r.text, fmt.Sprintf(format, args...))
}

func (r *recorder) Errorf(format string, args ...any) {
	r.Logf(format, args...)
	r.Fail()
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Logf(format, args...)
	r.FailNow()
}

func (r *recorder) Log(args ...any)   { r.Logf("%s", fmt.Sprintln(args...)) }
func (r *recorder) Error(args ...any) { r.Errorf("%s", fmt.Sprintln(args...)) }
func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprintln(args...)) }

// said is all that the test logged.
func (r *recorder) said() string { return strings.Join(r.text, "\n") }

// TempDir is the test's own, or, in an Example, one that end removes.
func (r *recorder) TempDir() string {
	if r.TB != nil {
		return r.TB.TempDir()
	}
	dir, err := os.MkdirTemp("", "annosettest")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
