package open_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
	"github.com/annoset/annoset/internal/proof/inspect"
)

// moment is what lies on the disk at one moment of a store's life, as a kill would leave it.
type moment struct {
	what      string
	file, log []byte
	copy      []byte // made by Backup, or where the store was closed just now, the file
	state     string
}

// life is a store that is edited, published, backed up, closed and opened again.
type life struct {
	t       *testing.T
	rand    *rand.Rand
	path    string
	s       *annoset.Store
	moments []moment
}

// take takes note of a moment. The store is open, or was closed just now.
func (l *life) take(what string, open bool) {
	l.t.Helper()
	m := moment{what: what, file: proof.Value(os.ReadFile(l.path))(l.t)}
	if open {
		m.state = proof.Dump(l.t, l.s)
		m.log = proof.Value(os.ReadFile(l.path + "-wal"))(l.t)
		path := fmt.Sprint(l.path, ".backup", len(l.moments))
		proof.NoErr(l.t, l.s.Backup(context.Background(), path))
		m.copy = proof.Value(os.ReadFile(path))(l.t)
	} else {
		m.copy, m.state = m.file, l.moments[len(l.moments)-1].state
	}
	l.moments = append(l.moments, m)
}

// live goes through sessions of some steps each.
func (l *life) live(sessions, steps int) {
	t, ctx := l.t, context.Background()
	for session := range sessions {
		l.s = proof.Value(annoset.Open(ctx, l.path, &annoset.Options{Durability: annoset.DurabilityRelaxed}))(t)
		var set annoset.AnnotationSet
		if session == 0 {
			set = proof.NewDraft(t, l.s, "a")
		} else {
			d := proof.Value(l.s.DatasetByName(ctx, "a"))(t)
			sets := proof.Value(l.s.Sets(ctx, d.ID, annoset.SetFilter{}))(t)
			set = sets[len(sets)-1]
		}
		l.take(fmt.Sprintf("session %d: opened", session), true)
		for step := range steps {
			what := []string{"add", "add", "import", "bulk", "publish", "update", "update", "delete"}[l.rand.IntN(8)]
			set = l.step(set, what)
			l.take(fmt.Sprintf("session %d: step %d, %s", session, step, what), true)
		}
		proof.NoErr(t, l.s.Close())
		l.take(fmt.Sprintf("session %d: closed", session), false)
	}
}

func (l *life) step(set annoset.AnnotationSet, what string) annoset.AnnotationSet {
	t, ctx, s := l.t, context.Background(), l.s
	page := proof.Value(s.Page(ctx, set.ID, annoset.Filter{}, annoset.Position{}, 20))(t).Annotations
	switch n := l.rand.Int64N(1000); {
	case what == "import":
		proof.Value(s.Import(ctx, set.ID, proof.Stream(300, 7), nil))(t)
	case what == "bulk":
		proof.Value(s.Import(ctx, set.ID, proof.Stream(proof.BulkRows+500, 7), nil))(t)
	case what == "publish" && len(page) > 0:
		set = proof.Value(s.Publish(ctx, set.ID, nil))(t)
		set = proof.Value(s.NewVersion(ctx, set.ID, annoset.NewSet{}))(t)
	case what == "update" && len(page) > 0:
		a := page[l.rand.IntN(len(page))]
		a.EndMS += 1 + n
		proof.NoErr(t, s.Update(ctx, set.ID, a))
	case what == "delete" && len(page) > 0:
		proof.NoErr(t, s.Delete(ctx, set.ID, page[l.rand.IntN(len(page))].ID))
	default:
		proof.Value(s.Add(ctx, set.ID, proof.Label("a.wav", "pop", n, n+1), proof.Label("b.wav", "hum", n, n+1)))(t)
	}
	return set
}

// lay puts a file and a log at a path.
func lay(t testing.TB, path string, file, log []byte) {
	t.Helper()
	if err := os.Remove(path + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	proof.NoErr(t, os.WriteFile(path, file, 0o600))
	proof.NoErr(t, os.WriteFile(path+"-wal", log, 0o600))
}

// refused checks that a store is refused for its log, and left as it was.
func refusedLog(t testing.TB, err error, path string, file, log []byte) {
	t.Helper()
	is := is.New(t)
	is.True(errors.Is(err, annoset.ErrCorrupt))
	is.True(strings.Contains(err.Error(), filepath.Base(path)+"-wal")) // it names the log
	is.True(strings.Contains(err.Error(), "annoset.Restore"))          // and says what to do
	is.Equal(proof.Value(os.ReadFile(path))(t), file)
	is.Equal(proof.Value(os.ReadFile(path+"-wal"))(t), log)
}

// TestOpen_besideALogOfAnotherMoment lays the logs of a store beside copies that were made of it before and after.
func TestOpen_besideALogOfAnotherMoment(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	ctx := context.Background()
	l := &life{t: t, rand: proof.Rand(t), path: filepath.Join(t.TempDir(), "labels.annoset")}
	l.live(3, 5)
	path := filepath.Join(t.TempDir(), "mixed.annoset")
	open := func(i, j int, file []byte) (string, error) {
		lay(t, path, file, l.moments[j].log)
		s, err := annoset.Open(ctx, path, &annoset.Options{ReadOnly: (i+j)%2 == 0})
		if err != nil {
			return "", err
		}
		now, err := inspect.Dump(ctx, s)
		return now, errors.Join(err, s.Close())
	}
	newer := 0 // logs that were begun when the copy was made
	for j, m := range l.moments {
		if len(m.log) == 0 {
			continue
		}
		now, err := open(j, j, m.file)
		if err != nil || now != m.state {
			t.Errorf("%s, killed: %v", m.what, err) // its own log
		}
		for i, from := range l.moments {
			now, err := open(i, j, from.copy)
			switch {
			case err != nil:
				refusedLog(t, err, path, from.copy, m.log)
			case now == from.state:
			case now == m.state && i < j:
				newer++
			default:
				t.Errorf("a copy made at %s, with the log of %s: it is neither", from.what, m.what)
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d copies were brought up to the state of a log", newer)
}

func TestOpen_besideALogThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	// killed returns what is left of a store with n labels.
	killed := func(t *testing.T, s *proof.Store, n int) (file, log []byte) {
		t.Helper()
		set := proof.NewDraft(t, s.Store, fmt.Sprint("of ", n))
		proof.Value(s.Import(ctx, set.ID, proof.Stream(n, 10), nil))(t)
		return proof.Value(os.ReadFile(s.Path))(t), proof.Value(os.ReadFile(s.Path + "-wal"))(t)
	}
	backup := func(t *testing.T, s *proof.Store) []byte {
		t.Helper()
		path := filepath.Join(t.TempDir(), "backup.annoset")
		proof.NoErr(t, s.Backup(ctx, path))
		return proof.Value(os.ReadFile(path))(t)
	}
	for _, test := range []struct {
		name string
		make func(t *testing.T) (file, log []byte)
	}{
		{"an older log beside a backup", func(t *testing.T) ([]byte, []byte) {
			s := proof.OpenStore(t, nil)
			_, log := killed(t, s, 300)
			killed(t, s, 2300)
			return backup(t, s), log
		}},
		{"an older log beside a file that was closed", func(t *testing.T) ([]byte, []byte) {
			s := proof.OpenStore(t, nil)
			_, log := killed(t, s, 300)
			killed(t, s, 2300)
			proof.NoErr(t, s.Close())
			return proof.Value(os.ReadFile(s.Path))(t), log
		}},
		{"a newer log beside a backup", func(t *testing.T) ([]byte, []byte) {
			s := proof.OpenStore(t, nil)
			killed(t, s, 300)
			file := backup(t, s)
			_, log := killed(t, s, 301)
			return file, log
		}},
		{"the log of a store beside a backup of it that another backup took the place of", func(t *testing.T) ([]byte, []byte) {
			first := proof.OpenStore(t, nil)
			killed(t, first, 40)
			path := filepath.Join(t.TempDir(), "first.annoset")
			proof.NoErr(t, os.WriteFile(path, backup(t, first), 0o600))
			killed(t, first, 50)
			second := backup(t, first)
			_, log := killed(t, proof.ReopenStore(t, path, nil), 30)
			return second, log
		}},
		{"the log of another store", func(t *testing.T) ([]byte, []byte) {
			a, b := proof.OpenStore(t, nil), proof.OpenStore(t, nil)
			killed(t, a, 300)
			_, log := killed(t, b, 200)
			proof.NoErr(t, a.Close())
			return proof.Value(os.ReadFile(a.Path))(t), log
		}},
		{"the log of another program", func(t *testing.T) ([]byte, []byte) {
			path := filepath.Join(t.TempDir(), "other.db")
			raw := proof.OpenRaw(t, path)
			for _, q := range []string{"PRAGMA journal_mode = WAL", "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"} {
				_, err := raw.Exec(q)
				proof.NoErr(t, err)
			}
			s := proof.OpenStore(t, nil)
			killed(t, s, 20)
			proof.NoErr(t, s.Close())
			return proof.Value(os.ReadFile(s.Path))(t), proof.Value(os.ReadFile(path + "-wal"))(t)
		}},
	} {
		t.Run(test.name+" is refused", func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			file, log := test.make(t)
			path := filepath.Join(t.TempDir(), "labels.annoset")
			for _, opts := range []*annoset.Options{{ReadOnly: true}, nil} {
				lay(t, path, file, log)
				_, err := annoset.Open(ctx, path, opts)
				is.True(err != nil)
				refusedLog(t, err, path, file, log)
			}
			is.NoErr(os.Remove(path + "-wal"))
			is.NoErr(os.RemoveAll(path + "-shm"))
			proof.ReopenStore(t, path, nil) // without it the file is sound
		})
	}
}
