//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlite

import "syscall"

// canWrite reports whether the process may write to a file. It does not open the file, for the reason given at peek.
func canWrite(path string) bool {
	const writeOK = 2
	return syscall.Access(path, writeOK) == nil
}
