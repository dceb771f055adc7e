//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package sqlite

import "os"

// canWrite reports whether a file lacks the read-only attribute. More cannot be found out without opening it.
func canWrite(path string) bool {
	info, err := os.Stat(path)
	return err == nil && (info.IsDir() || info.Mode().Perm()&0o200 != 0)
}

// canRead cannot be asked without opening.
func canRead(string) bool { return true }
