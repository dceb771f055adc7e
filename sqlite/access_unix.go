//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlite

import "syscall"

// canWrite asks for permission without opening: see peek.
func canWrite(path string) bool {
	const writeOK = 2
	return syscall.Access(path, writeOK) == nil
}
