package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/proof"
)

func TestMain(m *testing.M) {
	if !childTask() {
		os.Exit(m.Run())
	}
}

func newOptions(t *testing.T) *options {
	t.Helper()
	o := &options{
		dir: t.TempDir(), testdata: filepath.Join(proof.Root(t), "testdata"), seed: rand.Uint64(), progress: t.Logf, scale: 1,
		rounds: 6, long: 500 * time.Millisecond, processes: 2, workers: 1,
	}
	t.Logf("seed %d", o.seed)
	return o
}

func TestKill(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	o := newOptions(t)
	old, err := filepath.Glob(filepath.Join(o.testdata, "schema*.annoset"))
	is.NoErr(err)
	is.True(len(old) >= 2) // stores of earlier schemas, to be killed while they are migrated
	_, err = kill(t.Context(), o)
	is.NoErr(err)
}

func TestCrowd(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	_, err := crowd(t.Context(), newOptions(t))
	is.NoErr(err)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for _, b := range bounds {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			o := newOptions(t)
			o.only, o.scale = b.name, 1000
			switch b.name {
			case "unicode", "ids":
				o.scale = 50
			case "extra":
				o.scale = 250
			}
			_, err := limits(t.Context(), o)
			is.NoErr(err)
		})
	}
}

func TestPower(t *testing.T) {
	t.Parallel()
	small := shapes[len(shapes)-1]
	small.steps, small.labels, small.reopen = 14, 30, 5
	t.Run("loses nothing that was acknowledged", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		o := newOptions(t)
		out, err := outages(t.Context(), &workload{small, o.seed}, o.dir, false)
		is.NoErr(err)
		is.True(out.cuts > 50)
	})
	t.Run("a lost call is noticed", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		o := newOptions(t)
		all, err := record(ctx, &workload{small, o.seed}, filepath.Join(o.dir, "recorded.annoset"))
		is.NoErr(err)
		out := &outage{
			rand: rand.New(rand.NewPCG(o.seed, 1)), path: filepath.Join(o.dir, "labels.annoset"), known: map[string]string{},
		}
		m := all[3]
		is.NoErr(out.strike(ctx, m.db, m.wal, m.state))
		last := frames(m.wal)
		cut := m.wal[:last[len(last)-1].end-1]
		is.True(out.strike(ctx, m.db, cut, m.state) != nil) // the log does not have the last call in full
	})
}

// TestPower_files cuts the power while backups, restores and exports are written.
func TestPower_files(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	small := shapes[0]
	small.steps = 12
	t.Run("loses nothing that was done", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		o := newOptions(t)
		all, err := record(t.Context(), &workload{small, o.seed}, filepath.Join(o.dir, "recorded.annoset"))
		is.NoErr(err)
		cuts, err := deeds(t.Context(), &all[len(all)-2], o.dir, o.seed, 4)
		is.NoErr(err)
		is.True(cuts > 100)
	})
	t.Run("what was not synced is lost", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		o := newOptions(t)
		path := filepath.Join(o.dir, "watched", "file")
		is.NoErr(os.Mkdir(filepath.Dir(path), 0o700))
		d, err := watch(filepath.Dir(path))
		is.NoErr(err)
		left := func(way int) []byte {
			dir := filepath.Join(t.TempDir(), "left")
			is.NoErr(d.points[len(d.points)-1].cut(dir, way, rand.New(rand.NewPCG(o.seed, 1))))
			data, err := os.ReadFile(filepath.Join(dir, "file"))
			is.True(err == nil || os.IsNotExist(err))
			return data
		}
		is.NoErr(os.WriteFile(path, []byte("text"), 0o600))
		d.Changed()
		is.Equal(left(allLost), nil) // its name
		is.Equal(string(left(allKept)), "text")
		d.Synced(filepath.Dir(path))
		is.Equal(left(allLost), []byte{}) // its contents
		d.Synced(path)
		is.Equal(string(left(allLost)), "text")
		is.NoErr(os.Rename(path, path+".moved"))
		d.Changed()
		is.Equal(string(left(allLost)), "text") // the old name is there again
		is.Equal(left(allKept), nil)
	})
}

func TestFrames(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	o := newOptions(t)
	w := &workload{shapes[0], o.seed}
	w.steps = 5
	all, err := record(t.Context(), w, filepath.Join(o.dir, "recorded.annoset"))
	is.NoErr(err)
	m := all[len(all)-2] // the log is complete just before the store is closed
	whole := frames(m.wal)
	is.True(len(whole) > w.steps)
	is.True(bytes.Equal(replayed(m.db, m.wal), all[len(all)-1].db)) // as SQLite does
	for i := range whole {
		torn := bytes.Clone(m.wal)
		torn[whole[i].end-1] ^= 1
		is.Equal(len(frames(torn)), i) // a broken frame ends the log
	}
}
