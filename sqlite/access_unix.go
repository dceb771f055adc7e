//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlite

import "syscall"

const (
	writeOK = 2
	readOK  = 4
)

// canWrite and canRead ask for permission without opening the file, for the reason given at peek.
func canWrite(path string) bool { return syscall.Access(path, writeOK) == nil }

func canRead(path string) bool { return syscall.Access(path, readOK) == nil }
