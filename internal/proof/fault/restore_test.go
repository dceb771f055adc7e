package fault_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/internal/whole"
)

// logless is a disk that keeps a file as it is when its log has been taken away and nothing has been put in its place.
type logless struct {
	path string
	once sync.Once
	file []byte
}

func (*logless) Synced(string) {}

func (d *logless) Changed() {
	if _, err := os.Lstat(d.path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	d.once.Do(func() { d.file, _ = os.ReadFile(d.path) })
}

// TestRestore_whenTheDriverFails restores a store that was killed while a call of the driver fails. It is restored, or is
// as before, with its log. The old file has all that its log has before that is taken away.
func TestRestore_whenTheDriverFails(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	old := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, old.Store, "a")
	backup := filepath.Join(t.TempDir(), "backup.annoset")
	is.NoErr(old.Backup(ctx, backup))
	after := proof.Dump(t, old.Store)
	_, err := old.Add(ctx, set.ID, proof.Label("a.wav", "pop", 1, 2))
	is.NoErr(err)
	before := proof.Dump(t, old.Store)
	file, log := proof.Value(os.ReadFile(old.Path))(t), proof.Value(os.ReadFile(old.Path+"-wal"))(t)

	attempt := func(f fault, i int) (what, state string, err error) {
		dir := t.TempDir()
		path := filepath.Join(dir, "labels.annoset")
		is.NoErr(errors.Join(os.WriteFile(path, file, 0o600), os.WriteFile(path+"-wal", log, 0o600)))
		s := &hook.Seam{}
		fired := f.at(s, i)
		disk := &logless{path: path}
		err = annoset.Restore(whole.WithDisk(s.In(ctx), disk), backup, path)
		what = fired()
		if disk.file != nil {
			alone := filepath.Join(t.TempDir(), "labels.annoset")
			is.NoErr(os.WriteFile(alone, disk.file, 0o600))
			r := proof.ReopenStore(t, alone, nil)
			if proof.Dump(t, r.Store) != before {
				t.Errorf("call %d (%s) %s: a crash would lose what was in the log", i, what, f.name)
			}
			is.NoErr(r.Close())
		}
		left, globErr := filepath.Glob(filepath.Join(dir, ".annoset-*"))
		is.NoErr(globErr)
		is.Equal(len(left), 0)
		r := proof.ReopenStore(t, path, nil)
		state = proof.Dump(t, r.Store)
		is.NoErr(r.Close())
		return what, state, err
	}
	for _, f := range faults {
		failed := 0
		for i := 1; ; i++ {
			what, state, err := attempt(f, i)
			if what == "" { // it makes no more calls
				is.NoErr(err)
				break
			}
			switch {
			case err == nil && state != after:
				t.Errorf("call %d (%s) %s: it returned no error, and the store is not the backup", i, what, f.name)
			case err != nil && state != before:
				t.Errorf("call %d (%s) %s: %v, and the store is not as before", i, what, f.name, err)
			case err != nil && f.err == errInjected && !errors.Is(err, errInjected):
				t.Errorf("call %d (%s) %s: the cause is lost: %v", i, what, f.name, err)
			case err != nil:
				failed++
			}
		}
		is.True(failed > 0)
	}
}
