package crowd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// stay opens a store, writes to it, and stays.
func stay() error {
	ctx := context.Background()
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), nil)
	if err != nil {
		return err
	}
	if _, err := s.CreateDataset(ctx, annoset.NewDataset{Name: "of another process"}); err != nil {
		return err
	}
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	return s.Close()
}

func TestRestore_besideOthers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	backup := func(t *testing.T) (path, state string) {
		t.Helper()
		s := proof.OpenStore(t, nil)
		proof.NewDraft(t, s.Store, "a")
		path = filepath.Join(t.TempDir(), "backup.annoset")
		proof.NoErr(t, s.Backup(ctx, path))
		return path, proof.Dump(t, s.Store)
	}
	t.Run("is refused while another process has the store open, and not once that was killed", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		from, state := backup(t)
		path := filepath.Join(t.TempDir(), "labels.annoset")
		c := proof.StartChild(t, "stay", "ANNOSET_TEST_PATH="+path)
		line, _ := c.Line()
		is.Equal(line, "ready")
		is.True(errors.Is(annoset.Restore(ctx, from, path), annoset.ErrBusy))
		s := proof.ReopenStore(t, path, nil)
		_, err := s.DatasetByName(ctx, "of another process")
		is.NoErr(err)
		is.NoErr(s.Close())
		is.NoErr(c.Cmd.Process.Kill())
		c.Wait() //nolint:errcheck // it was killed
		is.True(logSize(path) > 0)
		is.NoErr(annoset.Restore(ctx, from, path))
		is.Equal(proof.Dump(t, proof.ReopenStore(t, path, nil).Store), state)
	})
	t.Run("by many at once, one after the other or not at all", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		from, state := backup(t)
		path := filepath.Join(t.TempDir(), "labels.annoset")
		is.NoErr(together(6, func(int) error {
			for range 5 {
				err := annoset.Restore(ctx, from, path)
				if err != nil && !errors.Is(err, annoset.ErrBusy) && !errors.Is(err, annoset.ErrExists) { // made meanwhile
					return err
				}
			}
			return nil
		}))
		is.Equal(proof.Dump(t, proof.ReopenStore(t, path, nil).Store), state)
		is.Equal(len(proof.FolderSums(t, filepath.Dir(path))), 3) // the store and its companions
	})
	t.Run("while others open the store and close it", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		from, state := backup(t)
		path := filepath.Join(t.TempDir(), "labels.annoset")
		is.NoErr(annoset.Restore(ctx, from, path))
		restored, opened := make([]int, 4), make([]int, 4)
		is.NoErr(together(4, func(i int) error {
			for n := range 40 {
				if i == 0 {
					switch err := annoset.Restore(ctx, from, path); {
					case err == nil:
						restored[i]++
					case !errors.Is(err, annoset.ErrBusy):
						return err
					}
					continue
				}
				s, err := annoset.Open(ctx, path, &annoset.Options{ReadOnly: n%3 == 0})
				if err != nil {
					if errors.Is(err, annoset.ErrMoved) || errors.Is(err, annoset.ErrBusy) {
						continue
					}
					return err
				}
				_, err = s.DatasetByName(ctx, "a")
				if err == nil && n%3 == 1 {
					_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: fmt.Sprint(i, n)})
				}
				if err != nil && !errors.Is(err, annoset.ErrMoved) && !errors.Is(err, annoset.ErrBusy) {
					return errors.Join(err, s.Close())
				}
				opened[i]++
				if err := s.Close(); err != nil {
					return err
				}
			}
			return nil
		}))
		t.Log(restored[0], "times restored", opened, "times opened")
		is.NoErr(annoset.Restore(ctx, from, path))
		is.Equal(proof.Dump(t, proof.ReopenStore(t, path, nil).Store), state)
	})
}
