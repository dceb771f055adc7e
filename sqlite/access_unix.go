//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlite

import "syscall"

// canWrite asks for permission without opening the file, for the reason given at peek.
func canWrite(path string) bool {
	const writeOK = 2
	return syscall.Access(path, writeOK) == nil
}
