package proof

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strconv"
	"testing"

	"github.com/annoset/annoset"
)

// Errands is the number of errands in a labeling session.
const Errands = 40

// errand makes the nth call of a labeling session. It goes by what is in the store: a process that continues after a
// crash knows nothing else. progress is called while an import reads, and again before it commits.
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
	case 0: // the next version, which the errands up to 11 edit
		_, err = s.NewVersion(ctx, set.ID, annoset.NewSet{})
	case 11:
		_, err = s.Publish(ctx, set.ID, nil)
	case 3: // the first one in bulk
		labels := 300
		if n < 12 && !Race {
			labels = BulkRows + 100
		}
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
	case 9: // a second draft, deleted by the next errand
		_, err = s.NewVersion(ctx, set.ID, annoset.NewSet{})
	case 10:
		err = s.DeleteSet(ctx, set.ID)
	default:
		_, err = s.Add(ctx, set.ID, Label("a.wav", "glitch", int64(n), int64(n)+5), Label("b.wav", "pop", int64(n), 99))
	}
	return err
}

// ticking is a stream of n labels that calls progress once in a thousand.
func ticking(n int, progress func(done int)) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		done := 0
		for a, err := range Stream(n, 3) {
			if !yield(a, err) {
				return
			}
			if done++; done%1000 == 0 {
				progress(done)
			}
		}
	}
}

// StartErrands starts a child whose program calls [RunErrands] on the store at path, from one errand on.
func StartErrands(t testing.TB, program, path string, first int, env ...string) *Child {
	t.Helper()
	return StartChild(t, program, append(env, "ANNOSET_TEST_PATH="+path, "ANNOSET_TEST_FIRST="+strconv.Itoa(first))...)
}

// RunErrands is the part of a child that [StartErrands] started: it runs the errands and prints each that was
// acknowledged as "done" and its number.
func RunErrands() error {
	ctx := context.Background()
	clock := &Replay{}
	s, err := annoset.Open(ctx, os.Getenv("ANNOSET_TEST_PATH"), clock.Options())
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(os.Getenv("ANNOSET_TEST_FIRST"))
	if err != nil {
		return err
	}
	for n := first; n < Errands; n++ {
		clock.Rewind(n)
		if err := errand(ctx, s, n, func(done int) { fmt.Println("at", done) }); err != nil {
			return fmt.Errorf("errand %d: %w", n, err)
		}
		fmt.Println("done", n)
	}
	return s.Close()
}

// Undisturbed returns what the store holds after n errands, for each n from 0, if no process is killed.
func Undisturbed(t testing.TB) (states []string) {
	t.Helper()
	clock := &Replay{}
	s := OpenStore(t, clock.Options())
	for n := range Errands {
		states = append(states, Dump(t, s.Store))
		clock.Rewind(n)
		NoErr(t, errand(context.Background(), s.Store, n, func(int) {}))
	}
	return append(states, Dump(t, s.Store))
}
