//go:build unix

package whole

import (
	"os"
	"syscall"
)

// permit gives a file the owner, as far as that is allowed, and the permissions of another.
func permit(path string, like os.FileInfo) error {
	if owner, ok := like.Sys().(*syscall.Stat_t); ok {
		_ = os.Chown(path, int(owner.Uid), int(owner.Gid)) // which few may
	}
	return os.Chmod(path, like.Mode().Perm())
}
