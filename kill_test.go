package annoset_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/layer"
)

func init() { children["labour"] = labour }

// errand is one verb of a labelling session, done by what is in the store: whoever goes on after a crash knows no more.
func errand(ctx context.Context, s *annoset.Store, n int, progress func(done int)) error {
	if n == 0 {
		_, err := s.CreateDataset(ctx, annoset.NewDataset{Name: "speech"})
		return err
	}
	d, err := s.DatasetByName(ctx, "speech")
	if err != nil {
		return err
	}
	if n == 1 {
		_, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
		return err
	}
	sets, err := s.Sets(ctx, d.ID, annoset.SetFilter{})
	if err != nil {
		return err
	}
	set := sets[len(sets)-1]
	switch n % 12 {
	case 0: // the next version; the errands in between edit it
		_, err = s.NewVersion(ctx, set.ID, annoset.NewSet{})
	case 11:
		_, err = s.Publish(ctx, set.ID, nil)
	case 3: // the first one in bulk
		labels := 300
		if n < 12 && !raceDetector {
			labels = layer.BulkRows + 100
		}
		// It can be killed while it reads, and, for it tells so, when it has written and not yet committed.
		_, err = s.Import(ctx, set.ID, ticking(labels, progress), &annoset.ImportOptions{Progress: progress})
	case 5:
		err = s.MarkClean(ctx, set.ID, fmt.Sprintf("clean%d.wav", n))
	case 6, 7:
		page, err := s.Page(ctx, set.ID, annoset.Filter{}, annoset.Position{}, 3)
		if err != nil {
			return err
		}
		a := page.Annotations[1]
		a.AudioFileID, a.EndMS = fmt.Sprintf("moved%d.wav", n), a.EndMS+1
		return s.Update(ctx, set.ID, a)
	case 8:
		page, err := s.Page(ctx, set.ID, annoset.Filter{}, annoset.Position{}, 3)
		if err != nil {
			return err
		}
		return s.Delete(ctx, set.ID, page.Annotations[0].ID, page.Annotations[2].ID)
	case 9: // a draft beside it, which goes again
		_, err = s.NewVersion(ctx, set.ID, annoset.NewSet{})
	case 10:
		err = s.DeleteSet(ctx, set.ID)
	default:
		_, err = s.Add(ctx, set.ID, label("a.wav", "glitch", int64(n), int64(n)+5), label("b.wav", "pop", int64(n), 99))
	}
	return err
}

// errands is how many there are.
const errands = 40

// ticking is a stream that tells now and then how far it is.
func ticking(n int, progress func(done int)) func(func(annoset.Annotation, error) bool) {
	return func(yield func(annoset.Annotation, error) bool) {
		done := 0
		for a, err := range stream(n, 3) {
			if !yield(a, err) {
				return
			}
			if done++; done%1000 == 0 {
				progress(done)
			}
		}
	}
}

// labour runs errands from the one that is told on, and prints each that was acknowledged.
func labour() error {
	ctx := context.Background()
	clock := &replay{}
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), clock.options())
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(os.Getenv("ANNOSET_TEST_FIRST"))
	if err != nil {
		return err
	}
	for n := first; n < errands; n++ {
		clock.rewind(n)
		if err := errand(ctx, s, n, func(done int) { fmt.Println("at", done) }); err != nil {
			return fmt.Errorf("errand %d: %w", n, err)
		}
		fmt.Println("done", n)
	}
	return s.Close()
}

// undisturbed returns what the store holds after so many errands, if nobody is killed.
func undisturbed(t *testing.T) (states []string) {
	t.Helper()
	is := is.New(t)
	clock := &replay{}
	s := openStore(t, clock.options())
	for n := range errands {
		states = append(states, dump(t, s.Store))
		clock.rewind(n)
		is.NoErr(errand(context.Background(), s.Store, n, func(int) {}))
	}
	return append(states, dump(t, s.Store))
}

func TestStore_survivesBeingKilled(t *testing.T) {
	skipMany(t)
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	random := newRand(t)
	states := undisturbed(t)
	rounds := 15
	switch {
	case full():
		rounds = 300
	case brief():
		rounds = 5
	}
	path, first, atOnce := "", errands, 0
	for round := range rounds {
		if first == errands { // all was done: from the beginning, in a new file
			path, first = filepath.Join(t.TempDir(), "labels.annoset"), 0
		}
		lines := 1 + random.IntN(12) // after which the child is killed
		c := startChild(t, "labour", "ANNOSET_TEST_PATH="+path, "ANNOSET_TEST_FIRST="+strconv.Itoa(first))
		acknowledged := first
		heed := func(line string) {
			if n, ok := strings.CutPrefix(line, "done "); ok {
				is.Equal(n, strconv.Itoa(acknowledged))
				acknowledged++
			}
		}
		for range lines {
			line, ok := c.line()
			if !ok {
				break
			}
			heed(line)
		}
		is.NoErr(c.cmd.Process.Kill())
		late, err := c.wait() // what it had printed before it was killed
		if err != nil && c.stderr.Len() > 0 {
			t.Fatalf("round %d: %v", round, err)
		}
		for _, line := range late {
			heed(line)
		}

		checkFile(t, path)
		s, err := annoset.Open(ctx, path, nil)
		is.NoErr(err)
		now := dump(t, s)
		is.NoErr(s.Close())
		switch {
		case now == states[acknowledged]: // what was begun then is not there at all
			first = acknowledged
		case acknowledged < errands && now == states[acknowledged+1]: // committed, and not yet acknowledged
			first = acknowledged + 1
			atOnce++
		default:
			t.Fatalf("round %d: after %d errands the store holds neither these nor one more", round, acknowledged)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d of %d were killed between commit and acknowledgement", atOnce, rounds)
}

// TestStore_survivesBeingKilledAsItOpens kills processes while they make the file.
func TestStore_survivesBeingKilledAsItOpens(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	random := newRand(t)
	for range 5 {
		path := filepath.Join(t.TempDir(), "labels.annoset")
		c := startChild(t, "open stepwise", "ANNOSET_TEST_PATH="+path)
		steps := 1 + random.IntN(25)
		for range steps {
			if _, err := fmt.Fprintln(c.stdin, "go on"); err != nil {
				break
			}
			if _, ok := c.line(); !ok {
				break
			}
		}
		is.NoErr(c.cmd.Process.Kill())
		c.wait() //nolint:errcheck // it was killed
		is.Equal(c.stderr.String(), "")
		s, err := annoset.Open(ctx, path, nil)
		is.NoErr(err) // what is half made is made whole
		_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: "speech"})
		is.NoErr(err)
		is.NoErr(s.Close())
		checkFile(t, path)
	}
}

func init() { children["open stepwise"] = openStepwise }

// openStepwise waits for a line from its parent before each call of the driver, and tells when it has come so far.
func openStepwise() error {
	in := bufio.NewScanner(os.Stdin)
	s := &hook.Seam{}
	s.Set(func(what, query string) (before, after error) {
		if fmt.Println(what); !in.Scan() {
			os.Exit(0)
		}
		return nil, nil
	})
	store, err := annoset.Open(s.In(context.Background()), os.Getenv("ANNOSET_TEST_PATH"), nil)
	s.Set(nil)
	if err != nil {
		return err
	}
	fmt.Println("opened")
	return store.Close()
}
