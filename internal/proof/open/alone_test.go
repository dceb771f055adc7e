package open_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// alone copies the file of a store that is open, without the files beside it.
func alone(t testing.TB, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "alone.annoset")
	proof.NoErr(t, os.WriteFile(to, proof.Value(os.ReadFile(path))(t), 0o600))
	return to
}

// TestOpen_theFileAlone copies files without their logs.
func TestOpen_theFileAlone(t *testing.T) {
	t.Parallel()
	t.Run("of a new store is a store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, nil)
		c, err := annoset.Open(t.Context(), alone(t, s.Path), &annoset.Options{ReadOnly: true}) // which makes none
		is.NoErr(err)
		is.NoErr(c.Close())
	})
	t.Run("of a store that was migrated has the schema of today", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		path := alone(t, filepath.Join(proof.Root(t), "testdata", "schema1.annoset"))
		s := proof.ReopenStore(t, path, nil)
		c, err := annoset.Open(t.Context(), alone(t, path), &annoset.Options{ReadOnly: true}) // which migrates nothing
		is.NoErr(err)
		is.True(proof.Dump(t, c) == proof.Dump(t, s.Store))
		is.NoErr(c.Close())
	})
	t.Run("has what was published", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
		set := proof.NewDraft(t, s.Store, "a")
		for n := range 3 {
			_, err := s.Import(t.Context(), set.ID, proof.Stream(50+n, 3), nil)
			is.NoErr(err)
			set, err = s.Publish(t.Context(), set.ID, nil)
			is.NoErr(err)
			c := proof.ReopenStore(t, alone(t, s.Path), nil)
			is.True(proof.Dump(t, c.Store) == proof.Dump(t, s.Store))
			set, err = s.NewVersion(t.Context(), set.ID, annoset.NewSet{})
			is.NoErr(err)
		}
	})
}
