// Package crowd_test has goroutines and processes use one store at once: they read, write, open and close it.
package crowd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/proof"
)

// TestMain runs the programs of the other processes.
func TestMain(m *testing.M) {
	proof.Main(m, map[string]func() error{
		"create sets": createSets, "open at once": openAtOnce, "greedy": greedy, "stay": stay,
	})
}

// together runs fn in n goroutines at once and returns their errors.
func together(n int, fn func(i int) error) error {
	start := make(chan struct{})
	errs := make(chan error, n)
	for i := range n {
		go func() {
			<-start
			errs <- fn(i)
		}()
	}
	close(start)
	var all []error
	for range n {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// checkVersions checks the sets that were made at once: every version from 1 on was given to exactly one of them.
func checkVersions(t *testing.T, s *annoset.Store, dataset uuid.UUID, given, deleted []int) {
	t.Helper()
	is := is.New(t)
	slices.Sort(given)
	for i, version := range given {
		is.Equal(version, i+1) // none given twice, none left out
	}
	sets, err := s.Sets(context.Background(), dataset, annoset.SetFilter{})
	is.NoErr(err)
	is.Equal(len(sets), len(given)-len(deleted))
	for _, set := range sets {
		is.True(!slices.Contains(deleted, set.Version)) // a deleted one is gone
	}
	next, err := s.CreateSet(context.Background(), dataset, annoset.NewSet{})
	is.NoErr(err)
	is.Equal(next.Version, len(given)+1)
}

func TestStore_CreateSet_fromManyGoroutines(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed, BusyTimeout: time.Minute})
	d, err := s.CreateDataset(ctx, annoset.NewDataset{Name: "speech"})
	is.NoErr(err)
	const each = 6
	var mu sync.Mutex
	var given, deleted []int
	is.NoErr(together(8, func(i int) error {
		for n := range each {
			set, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
			if err != nil {
				return err
			}
			next, err := s.NewVersion(ctx, set.ID, annoset.NewSet{})
			if err != nil {
				return err
			}
			mu.Lock()
			given = append(given, set.Version, next.Version)
			mu.Unlock()
			if n%3 != i%3 {
				continue
			}
			if err := s.DeleteSet(ctx, set.ID); err != nil {
				return err
			}
			mu.Lock()
			deleted = append(deleted, set.Version)
			mu.Unlock()
		}
		return nil
	}))
	checkVersions(t, s.Store, d.ID, given, deleted)
}

// createSets makes sets and deletes some, once its parent says so.
func createSets() error {
	ctx := context.Background()
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), &annoset.Options{BusyTimeout: time.Minute})
	if err != nil {
		return err
	}
	d, err := s.DatasetByName(ctx, "speech")
	if err != nil {
		return err
	}
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	for n := range 15 {
		set, err := s.CreateSet(ctx, d.ID, annoset.NewSet{})
		if err != nil {
			return err
		}
		fmt.Println("given", set.Version)
		if n%5 == 0 {
			if err := s.DeleteSet(ctx, set.ID); err != nil {
				return err
			}
			fmt.Println("deleted", set.Version)
		}
	}
	return s.Close()
}

// startTogether starts n children that wait, and lets all go on at once.
func startTogether(t *testing.T, n int, name string, env ...string) []*proof.Child {
	t.Helper()
	var out []*proof.Child
	for i := range n {
		out = append(out, proof.StartChild(t, name, append(env, "ANNOSET_TEST_FIRST="+strconv.Itoa(i))...))
	}
	for _, c := range out {
		if line, _ := c.Line(); line != "ready" {
			_, err := c.Wait()
			t.Fatalf("child is not ready: %q %v", line, err)
		}
	}
	for _, c := range out {
		_, err := fmt.Fprintln(c.Stdin, "go on")
		proof.NoErr(t, err)
	}
	return out
}

func TestStore_CreateSet_fromManyProcesses(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := proof.OpenStore(t, nil)
	d, err := s.CreateDataset(context.Background(), annoset.NewDataset{Name: "speech"})
	is.NoErr(err)
	var given, deleted []int
	for _, c := range startTogether(t, 4, "create sets", "ANNOSET_TEST_PATH="+s.Path) {
		lines, err := c.Wait()
		is.NoErr(err)
		for _, line := range lines {
			what, number, _ := strings.Cut(line, " ")
			version, err := strconv.Atoi(number)
			is.NoErr(err)
			switch what {
			case "given":
				given = append(given, version)
			case "deleted":
				deleted = append(deleted, version)
			}
		}
	}
	is.Equal(len(given), 4*15)
	checkVersions(t, s.Store, d.ID, given, deleted)
}
