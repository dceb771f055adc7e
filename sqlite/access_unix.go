//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlite

import "syscall"

const (
	writeOK = 2
	readOK  = 4
)

// canWrite reports whether the process may write to a file. It does not open the file, for the reason given at peek.
func canWrite(path string) bool { return syscall.Access(path, writeOK) == nil }

// canRead reports whether the process may read a file, without opening it.
func canRead(path string) bool { return syscall.Access(path, readOK) == nil }
