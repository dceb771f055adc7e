//go:build !unix

package main

// stack kills a child. On this system it cannot print its goroutines first.
func (c *child) stack() { c.cmd.Process.Kill() } //nolint:errcheck // it may have ended
