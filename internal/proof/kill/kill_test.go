// Package kill_test kills processes while they write to a store or open it.
package kill_test

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
	"github.com/annoset/annoset/internal/proof"
)

// TestMain runs the programs that the tests kill in processes of their own.
func TestMain(m *testing.M) {
	proof.Main(m, map[string]func() error{"run errands": proof.RunErrands, "open step by step": openStepByStep})
}

// TestStore_survivesBeingKilled kills a process between any two lines that it prints. The store then holds what was
// acknowledged, or the one call more that had begun.
func TestStore_survivesBeingKilled(t *testing.T) {
	proof.SkipMany(t)
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	random := proof.Rand(t)
	states := proof.Undisturbed(t)
	rounds := 15
	switch {
	case proof.Full():
		rounds = 300
	case proof.Brief():
		rounds = 5
	}
	path, first, atOnce := "", proof.Errands, 0
	for round := range rounds {
		if first == proof.Errands { // all were run: start over in a new file
			path, first = filepath.Join(t.TempDir(), "labels.annoset"), 0
		}
		lines := 1 + random.IntN(12) // after which the child is killed
		c := proof.StartErrands(t, "run errands", path, first)
		acknowledged := first
		note := func(line string) {
			if n, ok := strings.CutPrefix(line, "done "); ok {
				is.Equal(n, strconv.Itoa(acknowledged))
				acknowledged++
			}
		}
		for range lines {
			line, ok := c.Line()
			if !ok {
				break
			}
			note(line)
		}
		is.NoErr(c.Cmd.Process.Kill())
		late, err := c.Wait() // what it printed before it was killed
		if err != nil && c.Stderr.Len() > 0 {
			t.Fatalf("round %d: %v", round, err)
		}
		for _, line := range late {
			note(line)
		}

		proof.CheckFile(t, path)
		s, err := annoset.Open(ctx, path, nil)
		is.NoErr(err)
		now := proof.Dump(t, s)
		is.NoErr(s.Close())
		switch {
		case now == states[acknowledged]: // nothing of the call that had begun
			first = acknowledged
		case acknowledged < proof.Errands && now == states[acknowledged+1]: // committed, but not yet acknowledged
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

// TestStore_survivesBeingKilledAsItOpens kills processes while they create the file.
func TestStore_survivesBeingKilledAsItOpens(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	random := proof.Rand(t)
	for range 5 {
		path := filepath.Join(t.TempDir(), "labels.annoset")
		c := proof.StartChild(t, "open step by step", "ANNOSET_TEST_PATH="+path)
		steps := 1 + random.IntN(25)
		for range steps {
			if _, err := fmt.Fprintln(c.Stdin, "go on"); err != nil {
				break
			}
			if _, ok := c.Line(); !ok {
				break
			}
		}
		is.NoErr(c.Cmd.Process.Kill())
		c.Wait() //nolint:errcheck // it was killed
		is.Equal(c.Stderr.String(), "")
		s, err := annoset.Open(ctx, path, nil)
		is.NoErr(err) // what is half made is completed
		_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: "speech"})
		is.NoErr(err)
		is.NoErr(s.Close())
		proof.CheckFile(t, path)
	}
}

// openStepByStep opens a store. Before each call of the driver it prints a line and waits for one from its parent.
func openStepByStep() error {
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
