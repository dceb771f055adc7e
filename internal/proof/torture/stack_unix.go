//go:build unix

package main

import "syscall"

// stack makes a child print the stacks of its goroutines and exit.
func (c *child) stack() { c.cmd.Process.Signal(syscall.SIGQUIT) } //nolint:errcheck // it may have ended
