//go:build unix

package main

import "syscall"

// stack has a child print what each of its goroutines waits for, and end.
func (c *child) stack() { c.cmd.Process.Signal(syscall.SIGQUIT) } //nolint:errcheck // it has ended then
