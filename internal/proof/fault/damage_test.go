package fault_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// victim is the file of a store, the log that has its newest part, and what its published sets hold.
type victim struct {
	db, wal []byte
	sets    []uuid.UUID
	holds   map[uuid.UUID]string
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	is := is.New(t)
	ctx := context.Background()
	s := proof.OpenStore(t, nil)
	set := proof.NewDraft(t, s.Store, "a")
	_, err := s.Import(ctx, set.ID, proof.Stream(proof.BulkRows+100, 6), nil)
	is.NoErr(err)
	is.NoErr(s.MarkClean(ctx, set.ID, "clean.wav"))
	v := &victim{holds: map[uuid.UUID]string{}}
	for n := range int64(3) {
		_, err = s.Publish(ctx, set.ID, nil)
		is.NoErr(err)
		v.sets = append(v.sets, set.ID)
		v.holds[set.ID] = proof.Value(withoutIDs(s.Store, set.ID))(t)
		set, err = s.NewVersion(ctx, set.ID, annoset.NewSet{})
		is.NoErr(err)
		is.NoErr(s.Delete(ctx, set.ID, 10+n, 20+n))
		a := proof.Label("new.wav", "click", n, n+7)
		a.ExtraData = []byte(`{"by": "anna"}`)
		a.ID = 30 + n
		is.NoErr(s.Update(ctx, set.ID, a))
		if n == 0 {
			is.NoErr(s.Close()) // moves this much into the file; the rest stays in the log
			s = proof.ReopenStore(t, s.Path, nil)
		}
	}
	v.db, v.wal = proof.Value(os.ReadFile(s.Path))(t), proof.Value(os.ReadFile(s.Path+"-wal"))(t)
	is.True(len(v.db) > 50_000)
	is.True(len(v.wal) > 50_000)
	return v
}

// withoutIDs writes down the labels of a set and its clean audio files. Like the digest, it leaves ids out.
func withoutIDs(s *annoset.Store, set uuid.UUID) (string, error) {
	var lines []string
	for a, err := range s.Annotations(context.Background(), set, annoset.Filter{}) {
		if err != nil {
			return "", err
		}
		a.ID = 0
		lines = append(lines, proof.Written(a))
	}
	for f, err := range s.CleanAudioFiles(context.Background(), set) {
		if err != nil {
			return "", err
		}
		lines = append(lines, f)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// TestStore_whenItsFileIsDamaged flips bits and cuts files. A set that still verifies is what was published.
func TestStore_whenItsFileIsDamaged(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	v := newVictim(t)
	random := proof.Rand(t)
	rounds := 60
	if proof.Full() {
		rounds = 3000
	}
	dir := t.TempDir()
	opened, verified, found := 0, 0, 0
	for round := range rounds {
		path := filepath.Join(dir, fmt.Sprint("damaged", round))
		db, wal := slices.Clone(v.db), slices.Clone(v.wal)
		what := hurt(random, &db, &wal)
		proof.NoErr(t, os.WriteFile(path, db, 0o600))
		proof.NoErr(t, os.WriteFile(path+"-wal", wal, 0o600))
		s, err := annoset.Open(context.Background(), path, nil)
		if err != nil {
			if !known(err) {
				t.Fatalf("%s: open: %v", what, err)
			}
			continue
		}
		opened++
		for _, set := range v.sets {
			err := s.Verify(context.Background(), set)
			switch {
			case err == nil:
				verified++
				if now, err := withoutIDs(s, set); err != nil || now != v.holds[set] {
					t.Fatalf("%s: a set verifies that is not what it was: %v", what, err)
				}
			case known(err):
				found++
			default:
				t.Fatalf("%s: verify: %v", what, err)
			}
		}
		s.Close() // it may fail to move the log into the file
		for _, ending := range []string{"", "-wal", "-shm"} {
			os.Remove(path + ending) // it may not exist
		}
	}
	t.Logf("of %d damaged stores %d were opened; %d sets verified, %d did not", rounds, opened, verified, found)
	if verified == 0 || found == 0 {
		t.Error("the damage was too great or too small to prove anything")
	}
}

// known reports whether an error says that the file is damaged. A cut log loses its newest sets, so they may be
// missing, or still be drafts.
func known(err error) bool {
	return errors.Is(err, annoset.ErrCorrupt) || errors.Is(err, annoset.ErrNotAStore) ||
		errors.Is(err, annoset.ErrNewerSchema) || errors.Is(err, annoset.ErrNotFound) || errors.Is(err, annoset.ErrDraft)
}

// hurt flips some bits of the file or of its log, overwrites a part, or cuts it off. It returns what it did.
func hurt(r *rand.Rand, db, wal *[]byte) string {
	file, name := db, "the file"
	if r.IntN(3) == 0 {
		file, name = wal, "the log"
	}
	at := r.IntN(len(*file))
	switch r.IntN(5) {
	case 0:
		*file = (*file)[:at]
		return fmt.Sprintf("%s cut at %d", name, at)
	case 1:
		n := min(1+r.IntN(4096), len(*file)-at)
		for i := range n {
			(*file)[at+i] = byte(r.Uint32())
		}
		return fmt.Sprintf("%s overwritten from %d up to %d", name, at, at+n)
	}
	bits := 1 + r.IntN(3)
	for range bits {
		(*file)[r.IntN(len(*file))] ^= 1 << r.IntN(8)
	}
	return fmt.Sprintf("%d bits of %s flipped", bits, name)
}
