package proof

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/annoset/annoset"
)

// FolderSums returns the SHA-256 of each file in a folder, by name.
func FolderSums(t testing.TB, dir string) map[string]string {
	t.Helper()
	sums := make(map[string]string)
	for _, e := range Value(os.ReadDir(dir))(t) {
		if e.IsDir() {
			sums[e.Name()] = "folder"
			continue
		}
		sums[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(Value(os.ReadFile(filepath.Join(dir, e.Name())))(t)))
	}
	return sums
}

// StoreFile makes a closed store in a folder: a dataset "one" with a published set that is tagged, and a draft on it.
func StoreFile(t testing.TB, dir string) (path string) {
	t.Helper()
	ctx := t.Context()
	path = filepath.Join(dir, "labels.annoset")
	s := Value(annoset.Open(ctx, path, Reproducible()))(t)
	set := NewDraft(t, s, "one")
	Value(s.Add(ctx, set.ID, Label("a.wav", "glitch", 0, 10), Label("b.wav", "hum", 5, 5)))(t)
	Value(s.Publish(ctx, set.ID, nil))(t)
	NoErr(t, s.Tag(ctx, set.DatasetID, "best", set.ID))
	Value(s.NewVersion(ctx, set.ID, annoset.NewSet{}))(t)
	NoErr(t, s.Close())
	return path
}

// WriteFile makes a file of some text in a folder.
func WriteFile(t testing.TB, dir, text string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "some.file")
	NoErr(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
