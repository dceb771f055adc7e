//go:build !unix

package whole

import "os"

// permit gives a file the permissions of another.
func permit(path string, like os.FileInfo) error { return os.Chmod(path, like.Mode().Perm()) }
