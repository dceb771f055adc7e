package annoset_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

// children are programs that a test may start as processes of their own, by name. Files that have one add it in init.
var children = map[string]func() error{}

// childEnv names the program that a process of the test binary is to run instead of the tests.
const childEnv = "ANNOSET_TEST_CHILD"

func TestMain(m *testing.M) {
	name, isChild := os.LookupEnv(childEnv)
	if !isChild {
		os.Exit(m.Run())
	}
	program := children[name]
	if program == nil {
		fmt.Fprintf(os.Stderr, "no child %q\n", name)
		os.Exit(2)
	}
	if err := program(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is a process of the test binary that runs one of the children.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Scanner
	stderr *bytes.Buffer
}

// startChild starts a child with variables of the form "NAME=value". It is killed when the test ends.
func startChild(t testing.TB, name string, env ...string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // that none is ever left behind
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(append(os.Environ(), env...), childEnv+"="+name)
	c := &child{cmd: cmd, stderr: &bytes.Buffer{}}
	cmd.Stderr = c.stderr
	var err error
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdout = bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait() //nolint:errcheck // it has been waited for already, or was killed just now
	})
	return c
}

// line returns the next line that the child prints, and whether there was one.
func (c *child) line() (string, bool) {
	ok := c.stdout.Scan()
	return c.stdout.Text(), ok
}

// wait reads what the child still prints, and returns it when the child has ended well.
func (c *child) wait() ([]string, error) {
	var lines []string
	for c.stdout.Scan() {
		lines = append(lines, c.stdout.Text())
	}
	if err := c.cmd.Wait(); err != nil {
		return lines, fmt.Errorf("%w: %s", err, strings.TrimSpace(c.stderr.String()))
	}
	return lines, nil
}

// noPanic, deferred, makes a panic a failure of one test, so that all others still run.
func noPanic(t testing.TB) {
	if r := recover(); r != nil {
		t.Errorf("panic: %v\n%s", r, debug.Stack())
	}
}

// seedEnv repeats what a test with random choices did: it prints its seed when it fails.
const seedEnv = "ANNOSET_TEST_SEED"

// fullEnv asks for every case where the normal run takes some.
const fullEnv = "ANNOSET_TEST_FULL"

func full() bool { return os.Getenv(fullEnv) != "" }

// brief tells to take few cases: with -short, and under the race detector, which finds little where one goroutine
// works.
func brief() bool { return !full() && (testing.Short() || raceDetector) }

// skipMany leaves a test with many labels, or many sets, out where these would take minutes: under the race detector,
// which finds nothing where one goroutine works. The run without it has them all.
func skipMany(t testing.TB) {
	t.Helper()
	if raceDetector && !full() {
		t.Skip("one goroutine and a lot of work: left to the run without the race detector")
	}
}

// newRand returns a source of random numbers, whose seed is printed if the test fails.
func newRand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv(seedEnv); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedEnv, err)
		}
	}
	t.Logf("to repeat: %s=%d go test -run '^%s$'", seedEnv, seed, t.Name())
	return rand.New(rand.NewPCG(seed, 0))
}
