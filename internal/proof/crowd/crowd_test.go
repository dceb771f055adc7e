package crowd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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

// TestMain runs the programs of the other processes of the crowd.
func TestMain(m *testing.M) {
	proof.Main(m, map[string]func() error{"create sets": createSets, "open at once": openAtOnce, "greedy": greedy})
}

// together runs fn in n goroutines at once and returns the errors that there were.
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

// checkVersions looks at the sets that were made at once: every number from 1 on was given to one of them.
func checkVersions(t *testing.T, s *annoset.Store, dataset uuid.UUID, given, deleted []int) {
	t.Helper()
	is := is.New(t)
	slices.Sort(given)
	for i, version := range given {
		is.Equal(version, i+1) // none is given twice, none left out
	}
	sets, err := s.Sets(context.Background(), dataset, annoset.SetFilter{})
	is.NoErr(err)
	is.Equal(len(sets), len(given)-len(deleted))
	for _, set := range sets {
		is.True(!slices.Contains(deleted, set.Version)) // what is deleted is gone
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

// createSets makes sets, and deletes some, when its parent says so.
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

// startTogether starts children that wait, and has them go on all at once.
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
		fmt.Fprintln(c.Stdin, "go on")
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

// openAtOnce opens a file that others open too, and writes to it.
func openAtOnce() error {
	ctx := context.Background()
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), &annoset.Options{BusyTimeout: time.Minute})
	if err != nil {
		return err
	}
	_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: os.Getenv("ANNOSET_TEST_FIRST")})
	return errors.Join(err, s.Close())
}

func TestOpen_byManyAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	check := func(t *testing.T, path string, n int) {
		is := is.New(t)
		s := proof.ReopenStore(t, path, nil)
		datasets, err := s.Datasets(ctx)
		is.NoErr(err)
		is.Equal(len(datasets), n)
	}
	t.Run("processes makes one store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		for range 3 {
			path := filepath.Join(t.TempDir(), "labels.annoset")
			for _, c := range startTogether(t, 4, "open at once", "ANNOSET_TEST_PATH="+path) {
				_, err := c.Wait()
				is.NoErr(err)
			}
			check(t, path, 4)
		}
	})
	t.Run("goroutines makes one store", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		for range 5 {
			path := filepath.Join(t.TempDir(), "labels.annoset")
			is.NoErr(together(6, func(i int) error {
				s, err := annoset.Open(ctx, path, &annoset.Options{BusyTimeout: time.Minute})
				if err != nil {
					return err
				}
				_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: strconv.Itoa(i)})
				return errors.Join(err, s.Close())
			}))
			check(t, path, 6)
		}
	})
	t.Run("goroutines finds the store that is there", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		first := proof.OpenStore(t, nil)
		is.NoErr(first.Close())
		is.NoErr(together(6, func(i int) error { // some of them as others close
			for n := range 10 {
				s, err := annoset.Open(ctx, first.Path, &annoset.Options{
					BusyTimeout: time.Minute, ReadOnly: (i+n)%3 == 0,
				})
				if err != nil {
					return err
				}
				if _, err := s.Datasets(ctx); err != nil {
					return err
				}
				if (i+n)%3 != 0 {
					_, err = s.CreateDataset(ctx, annoset.NewDataset{Name: fmt.Sprint(i, n)})
				}
				if err := errors.Join(err, s.Close()); err != nil {
					return err
				}
			}
			return nil
		}))
		check(t, first.Path, 40)
	})
}

// TestStore_readersSeeOneState has a writer that always adds and deletes labels in pairs: whoever sees one sees both.
func TestStore_readersSeeOneState(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"in a file", "in memory"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := context.Background()
			o := &annoset.Options{Durability: annoset.DurabilityRelaxed, BusyTimeout: time.Minute}
			var s *annoset.Store
			if where == "in a file" {
				s = proof.OpenStore(t, o).Store
			} else {
				var err error
				s, err = annoset.OpenMemory(ctx, o)
				is.NoErr(err)
				defer s.Close()
			}
			set := proof.NewDraft(t, s, "a")
			dataset := set.DatasetID
			done := make(chan struct{})
			rounds := 60
			if proof.Brief() {
				rounds = 20
			}
			is.NoErr(together(5, func(i int) error {
				if i == 0 {
					defer close(done)
					return writePairs(ctx, s, set, rounds)
				}
				for reads := 0; ; reads++ {
					select {
					case <-done:
						if reads > 0 {
							return nil
						}
					default:
					}
					if err := readPairs(ctx, s, dataset); err != nil {
						return err
					}
				}
			}))
		})
	}
}

// writePairs adds a label to x.wav and its like to y.wav, or deletes both, and publishes now and then.
func writePairs(ctx context.Context, s *annoset.Store, set annoset.AnnotationSet, rounds int) error {
	var pairs [][]int64
	for n := range rounds {
		ids, err := s.Add(ctx, set.ID, proof.Label("x.wav", "pop", int64(n), int64(n)+1), proof.Label("y.wav", "pop", int64(n), int64(n)+1))
		if err != nil {
			return err
		}
		pairs = append(pairs, ids)
		switch n % 6 {
		case 2:
			if err := s.Delete(ctx, set.ID, pairs[len(pairs)/2]...); err != nil {
				return err
			}
			pairs = slices.Delete(pairs, len(pairs)/2, len(pairs)/2+1)
		case 3:
			// An import of pairs: none of it is seen before all of it is.
			if _, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				for i := range int64(40) {
					if !yield(proof.Label("x.wav", "glitch", i, i+1), nil) || !yield(proof.Label("y.wav", "glitch", i, i+1), nil) {
						return
					}
				}
			}, nil); err != nil {
				return err
			}
		case 5:
			if _, err := s.Publish(ctx, set.ID, nil); err != nil {
				return err
			}
			if set, err = s.NewVersion(ctx, set.ID, annoset.NewSet{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// readPairs reads all that there is in every way there is, and makes sure that it is of one state.
func readPairs(ctx context.Context, s *annoset.Store, dataset uuid.UUID) error {
	sets, err := s.Sets(ctx, dataset, annoset.SetFilter{})
	if err != nil {
		return err
	}
	for _, set := range sets {
		if set.TotalAnnotations%2 != 0 {
			return fmt.Errorf("version %d counts %d labels", set.Version, set.TotalAnnotations)
		}
	}
	set := sets[len(sets)-1]
	count := map[string]int{}
	starts := map[string]int64{}
	for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
		if err != nil {
			return err
		}
		count[a.AudioFileID]++
		starts[a.AudioFileID] += a.StartMS
	}
	if count["x.wav"] != count["y.wav"] || starts["x.wav"] != starts["y.wav"] {
		return fmt.Errorf("version %d: read %v, which start at %v in sum", set.Version, count, starts)
	}
	if set.Status == annoset.StatusPublished {
		return s.Verify(ctx, set.ID)
	}
	return nil
}

func TestStore_Annotations_letTheBodyWrite(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"in a file", "in memory"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := context.Background()
			var s *annoset.Store
			if where == "in a file" {
				s = proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed}).Store
			} else {
				var err error
				s, err = annoset.OpenMemory(ctx, nil)
				is.NoErr(err)
				defer s.Close()
			}
			set := proof.NewDraft(t, s, "a")
			const n = 300
			_, err := s.Import(ctx, set.ID, proof.Stream(n, 3), nil)
			is.NoErr(err)
			seen := 0
			for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				is.NoErr(err)
				is.True(a.ArtifactType != "seen") // what the body writes does not show in its loop
				seen++
				a.ArtifactType = "seen"
				a.AudioFileID = "zz.wav"
				is.NoErr(s.Update(ctx, set.ID, a))
				inner := 0
				for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{ArtifactTypes: []string{"seen"}}) {
					is.NoErr(err)
					inner++
				}
				is.Equal(inner, seen) // and shows in one that begins later
				switch seen {
				case 100:
					set2, err := s.NewVersion(ctx, set.ID, annoset.NewSet{})
					is.NoErr(err)
					is.Equal(set2.TotalAnnotations, int64(n))
					_, err = s.Publish(ctx, set2.ID, nil)
					is.NoErr(err)
				}
			}
			is.Equal(seen, n)
		})
	}
}

func newBusyStore(t *testing.T, timeout time.Duration) (*proof.Store, annoset.AnnotationSet, int64) {
	t.Helper()
	ctx := context.Background()
	s := proof.OpenStore(t, &annoset.Options{BusyTimeout: timeout})
	set := proof.NewDraft(t, s.Store, "a")
	ids, err := s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.MarkClean(ctx, set.ID, "clean.wav"); err != nil {
		t.Fatal(err)
	}
	return s, set, ids[0]
}

func TestStore_whileAnImportRuns(t *testing.T) {
	t.Parallel()
	s, set, id := newBusyStore(t, 20*time.Millisecond)
	ctx := context.Background()
	before := proof.Dump(t, s.Store)
	for name, write := range proof.Writers(s.Store, set, id) {
		t.Run(name+" from its stream is refused, and the import with it", func(t *testing.T) {
			is := is.New(t)
			var inner error
			n, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
				if !yield(proof.Label("b.wav", "pop", 1, 2), nil) {
					return
				}
				inner = write(ctx)
				yield(annoset.Annotation{}, inner)
			}, nil)
			is.True(errors.Is(inner, annoset.ErrBusy))
			is.True(errors.Is(err, annoset.ErrBusy)) // the import ends with what its stream yields
			is.Equal(n, 0)
			is.Equal(proof.Dump(t, s.Store), before)
		})
	}
	t.Run("its stream may read, and it goes on after a write that was refused", func(t *testing.T) {
		is := is.New(t)
		n, err := s.Import(ctx, set.ID, func(yield func(annoset.Annotation, error) bool) {
			s.CreateDataset(ctx, annoset.NewDataset{Name: "never"})
			for a, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
				if !yield(a, err) {
					return
				}
			}
		}, nil)
		is.NoErr(err)
		is.Equal(n, 1)
		_, err = s.DatasetByName(ctx, "never")
		is.True(errors.Is(err, annoset.ErrNotFound))
	})
}

func TestStore_whileAnotherProcessWrites(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, timeout := range []time.Duration{20 * time.Millisecond, -1} {
		t.Run(fmt.Sprintf("is busy after %v", timeout), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			s, set, id := newBusyStore(t, timeout)
			before := proof.Dump(t, s.Store)
			unlock := proof.Lock(t, s.Path)
			for name, write := range proof.Writers(s.Store, set, id) {
				if err := write(ctx); !errors.Is(err, annoset.ErrBusy) {
					t.Errorf("%s: %v", name, err)
				}
			}
			is.Equal(proof.Dump(t, s.Store), before) // reading goes on
			is.NoErr(s.Backup(ctx, filepath.Join(t.TempDir(), "backup")))
			is.NoErr(s.Export(ctx, set.ID, filepath.Join(t.TempDir(), "export")))
			other, err := annoset.Open(ctx, s.Path, &annoset.Options{BusyTimeout: timeout})
			is.NoErr(err) // so does opening
			is.NoErr(other.Close())
			unlock()
			_, err = s.Publish(ctx, set.ID, nil)
			is.NoErr(err) // busy is not for ever
		})
	}
	t.Run("goes on once that is done", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		s, set, _ := newBusyStore(t, time.Minute)
		unlock := proof.Lock(t, s.Path)
		waiting := make(chan struct{})
		result := make(chan error)
		go func() {
			close(waiting)
			_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "glitch", 0, 1))
			result <- err
		}()
		<-waiting
		unlock()
		is.NoErr(<-result)
	})
}

func TestStore_Close_whileOthersWork(t *testing.T) {
	t.Parallel()
	for round := range 6 {
		t.Run(fmt.Sprintf("ends every call with nil or ErrClosed, round %d", round), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := context.Background()
			s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed, BusyTimeout: time.Minute})
			set := proof.NewDraft(t, s.Store, "a")
			_, err := s.Import(ctx, set.ID, proof.Stream(2000, 3), nil)
			is.NoErr(err)
			published, err := s.NewVersion(ctx, set.ID, annoset.NewSet{})
			is.NoErr(err)
			_, err = s.Publish(ctx, published.ID, nil)
			is.NoErr(err)
			dir := t.TempDir()
			work := []func(n int) error{
				func(n int) error {
					_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "pop", int64(n), int64(n)))
					return err
				},
				func(int) error {
					_, err := s.Import(ctx, set.ID, proof.Stream(100, 3), nil)
					return err
				},
				func(int) error {
					_, err := proof.All(s.Annotations(ctx, set.ID, annoset.Filter{}))
					return err
				},
				func(int) error { return s.Verify(ctx, published.ID) },
				func(n int) error { return s.Backup(ctx, filepath.Join(dir, fmt.Sprintf("backup%d", n))) },
				func(n int) error { return s.Export(ctx, published.ID, filepath.Join(dir, fmt.Sprintf("export%d", n))) },
				func(int) error {
					_, err := s.Datasets(ctx)
					return err
				},
			}
			calls := make(chan struct{}, 1<<16)
			closed := make(chan error, 1)
			go func() {
				for range 20 + 5*round {
					<-calls
				}
				closed <- s.Close()
			}()
			is.NoErr(together(len(work), func(i int) error {
				for n := 0; ; n++ {
					err := work[i](n)
					if errors.Is(err, annoset.ErrClosed) {
						return nil
					}
					if err != nil {
						return fmt.Errorf("work %d: %w", i, err)
					}
					calls <- struct{}{}
				}
			}))
			is.NoErr(<-closed)
			_, err = s.Datasets(ctx)
			is.True(errors.Is(err, annoset.ErrClosed))
			is.NoErr(s.Close()) // closing twice is no error
		})
	}
	t.Run("lets what is being read go on, or ends it with ErrClosed", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		s := proof.OpenStore(t, nil)
		set := proof.NewDraft(t, s.Store, "a")
		_, err := s.Import(ctx, set.ID, proof.Stream(2000, 3), nil)
		is.NoErr(err)
		read := 0
		var last error
		for _, err := range s.Annotations(ctx, set.ID, annoset.Filter{}) {
			if last = err; err != nil {
				break
			}
			if read++; read == 1 {
				is.NoErr(s.Close())
			}
		}
		is.True(last == nil && read == 2000 || errors.Is(last, annoset.ErrClosed)) // never less without an error
	})
	t.Run("ends what begins at the same moment with nil or ErrClosed", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		ctx := context.Background()
		for round := range 10 {
			s := proof.OpenStore(t, &annoset.Options{Durability: annoset.DurabilityRelaxed})
			set := proof.NewDraft(t, s.Store, "a")
			dir := t.TempDir()
			is.NoErr(together(5, func(i int) error {
				var err error
				switch i {
				case 0:
					for range round % 3 {
						runtime.Gosched()
					}
					return s.Close()
				case 1:
					err = s.Backup(ctx, filepath.Join(dir, "backup"))
				case 2:
					_, err = s.Add(ctx, set.ID, proof.Label("a.wav", "pop", 1, 2))
				case 3:
					err = s.Export(ctx, set.ID, filepath.Join(dir, "export"))
				case 4:
					_, err = proof.All(s.Annotations(ctx, set.ID, annoset.Filter{}))
				}
				if errors.Is(err, annoset.ErrClosed) {
					return nil
				}
				return err
			}))
		}
	})
}

// greedy writes without a pause until its parent says that it is enough.
func greedy() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), &annoset.Options{
		BusyTimeout: time.Minute, Durability: annoset.DurabilityRelaxed,
	})
	if err != nil {
		return err
	}
	d, err := s.DatasetByName(ctx, "a")
	if err != nil {
		return err
	}
	set, err := s.SetByVersion(ctx, d.ID, 1)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	go func() {
		defer cancel()
		bufio.NewScanner(os.Stdin).Scan()
	}()
	err = together(2, func(i int) error {
		for ctx.Err() == nil {
			if _, err := s.Add(ctx, set.ID, proof.Label("a.wav", "greed", 0, 1)); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, s.Close())
}

func TestStore_besideAGreedyProcess(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := context.Background()
	s := proof.OpenStore(t, &annoset.Options{BusyTimeout: time.Second, Durability: annoset.DurabilityRelaxed})
	set := proof.NewDraft(t, s.Store, "a")
	c := proof.StartChild(t, "greedy", "ANNOSET_TEST_PATH="+s.Path)
	line, _ := c.Line()
	is.Equal(line, "ready")
	const n = 50
	for i := range int64(n) {
		_, err := s.Add(ctx, set.ID, proof.Label("a.wav", "patience", i, i))
		is.NoErr(err) // every call gets its turn, long before the busy timeout
		time.Sleep(5 * time.Millisecond)
	}
	fmt.Fprintln(c.Stdin, "enough")
	_, err := c.Wait()
	is.NoErr(err)
	stats, err := s.Stats(ctx, set.ID)
	is.NoErr(err)
	is.Equal(stats.AnnotationsByType["patience"], int64(n))
	is.True(stats.AnnotationsByType["greed"] > n) // which had not to stand back for it
}
