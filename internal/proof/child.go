package proof

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childEnv names the program that a process of the test binary is to run instead of the tests.
const childEnv = "ANNOSET_TEST_CHILD"

// Main is the TestMain of a package whose tests start processes of their own: programs, by name, run in them.
func Main(m *testing.M, programs map[string]func() error) {
	name, isChild := os.LookupEnv(childEnv)
	if !isChild {
		os.Exit(m.Run())
	}
	program := programs[name]
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

// Child is a process of the test binary that runs one of the programs given to [Main].
type Child struct {
	Cmd    *exec.Cmd
	Stdin  io.WriteCloser
	Stderr *bytes.Buffer
	stdout *bufio.Scanner
}

// StartChild starts a program in a process of its own, with variables of the form "NAME=value". It is killed when the
// test ends, and after two minutes.
func StartChild(t testing.TB, name string, env ...string) *Child {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(append(os.Environ(), env...), childEnv+"="+name)
	c := &Child{Cmd: cmd, Stderr: &bytes.Buffer{}}
	cmd.Stderr = c.Stderr
	var err error
	if c.Stdin, err = cmd.StdinPipe(); err != nil {
		cancel()
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	c.stdout = bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait() //nolint:errcheck // it has been waited for already, or was killed just now
	})
	return c
}

// Line returns the next line that the child prints, and whether there was one.
func (c *Child) Line() (string, bool) {
	ok := c.stdout.Scan()
	return c.stdout.Text(), ok
}

// Wait reads what the child still prints. The error is that of a child that did not end well.
func (c *Child) Wait() ([]string, error) {
	var lines []string
	for c.stdout.Scan() {
		lines = append(lines, c.stdout.Text())
	}
	if err := c.Cmd.Wait(); err != nil {
		return lines, fmt.Errorf("%w: %s", err, strings.TrimSpace(c.Stderr.String()))
	}
	return lines, nil
}
