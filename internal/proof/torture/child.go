package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/google/uuid"
)

// childEnv carries the task of a process that this program starts from its own binary.
const childEnv = "ANNOSET_TORTURE_TASK"

// task says what a child does.
type task struct {
	Program string
	Path    string
	Shape   int
	Seed    uint64
	First   int
	Worker  int
	Workers int
	For     time.Duration
	Scale   int
	Set     uuid.UUID
	Backup  string
}

// programs are what children run.
var programs = map[string]func(ctx context.Context, t *task) error{
	"labor":    labor,
	"worker":   worker,
	"limit":    limit,
	"scribe":   scribeTask,
	"restorer": restorer,
}

// childTask does the task of this process if it is a child, and reports whether it is one.
func childTask() bool {
	text, isChild := os.LookupEnv(childEnv)
	if !isChild {
		return false
	}
	var t task
	err := json.Unmarshal([]byte(text), &t)
	if err == nil {
		err = programs[t.Program](context.Background(), &t)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// child is a process that does a task and prints lines about it.
type child struct {
	cmd    *exec.Cmd
	stdout *bufio.Scanner
	stdin  io.WriteCloser
	stderr bytes.Buffer
}

// start starts a child. It is killed when ctx ends.
func start(ctx context.Context, t *task) (*child, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, program)}
	c.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	c.cmd.Stderr = &c.stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdout = bufio.NewScanner(out)
	c.stdout.Buffer(nil, 1<<24)
	return c, c.cmd.Start()
}

// line returns the next line that the child prints, and whether there was one.
func (c *child) line() (string, bool) {
	ok := c.stdout.Scan()
	return c.stdout.Text(), ok
}

// wait waits for a child to end, after its lines were read or it was killed.
func (c *child) wait() error {
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("child: %w: %s", err, strings.TrimSpace(c.stderr.String()))
	}
	return nil
}
