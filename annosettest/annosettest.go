// Package annosettest helps to test programs that use annoset. There is nothing to mock: a store in memory is the
// fake. It opens in a few milliseconds, has every method and every rule of a store in a file, and ends with the test.
//
//	func TestTrim(t *testing.T) {
//		s := annosettest.New(t)
//		v1 := annosettest.Publish(t, s,
//			"ep1.wav glitch 0 120",
//			"ep1.wav long_pause 4000 9000 0.8",
//			"ep2.wav clean")
//
//		draft, err := trim(t.Context(), s, v1.ID) // the pipeline under test
//		if err != nil {
//			t.Fatal(err)
//		}
//
//		want := []string{"ep1.wav long_pause 4000 9000 0.8", "ep2.wav clean"}
//		if got := annosettest.Lines(t, s, draft.ID); !slices.Equal(got, want) {
//			t.Errorf("got %q, want %q", got, want)
//		}
//	}
//
// [Draft], [Publish] and [Lines] write and read sets as lines of text. [Golden] compares a set with a folder of files,
// for results that are too long for that. [Generate] makes labels by the thousand, and [Predictions] makes the output
// of a model whose scores are known beforehand. [NewFaulty] opens a store whose statements fail on demand.
//
// Times and ids of a store are the same in each run, and so is all that a store returns. All functions may be used by
// parallel tests.
//
// # Environment variables
//
// The package has no flags, since two packages that declare the same flag panic. It reads two variables:
//
//   - ANNOSET_UPDATE=1 makes [Golden] write its folders.
//   - ANNOSET_KEEP=dir makes [New] and [NewFaulty] keep the stores of failed tests in dir. A relative path is relative
//     to the folder of the package under test.
package annosettest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// Start is the first time that the clock of a new store shows. Each time that is asked for is a second later than the
// one before.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// New opens a store in memory whose times and ids are the same in each run, and closes it when the test ends. With
// ANNOSET_KEEP=dir in the environment, the store of a failed test is backed up to a file in dir first, and the test
// logs where.
func New(tb testing.TB) *annoset.Store {
	tb.Helper()
	return open(context.Background(), tb)
}

// Options returns the options that New opens with, for a store in a file: a clock and ids that are the same in each
// run. Each call returns a clock of its own, which begins at Start.
func Options() *annoset.Options {
	var mu sync.Mutex
	var times, ids uint64
	return &annoset.Options{
		Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			times++
			return Start.Add(time.Duration(times-1) * time.Second)
		},
		NewID: func() uuid.UUID {
			mu.Lock()
			defer mu.Unlock()
			ids++
			id := uuid.UUID{6: 0x80, 8: 0x80} // version 8, as RFC 9562 has it for ids of one's own making
			binary.BigEndian.PutUint32(id[12:], uint32(ids))
			return id
		},
	}
}

func open(ctx context.Context, tb testing.TB) *annoset.Store {
	tb.Helper()
	s, err := annoset.OpenMemory(ctx, Options())
	if err != nil {
		tb.Fatalf("annosettest: %v", err)
	}
	tb.Cleanup(func() {
		if dir := os.Getenv("ANNOSET_KEEP"); dir != "" && tb.Failed() {
			keep(tb, s, dir)
		}
		if err := s.Close(); err != nil {
			tb.Errorf("annosettest: %v", err)
		}
	})
	return s
}

// keep backs up a store to a file in dir that is named after the test. It never replaces one that is there.
func keep(tb testing.TB, s *annoset.Store, dir string) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	if err != nil {
		tb.Logf("annosettest: the store was not kept: %v", err)
		return
	}
	base := filepath.Join(dir, keptName(tb.Name()))
	path := base + ".annoset"
	for n := 2; ; n++ {
		err := s.Backup(context.Background(), path)
		if errors.Is(err, annoset.ErrExists) {
			path = fmt.Sprintf("%s-%d.annoset", base, n)
			continue
		}
		if err != nil {
			tb.Logf("annosettest: the store was not kept: %v", err)
		} else {
			tb.Logf("annosettest: the store was kept in %s", path)
		}
		return
	}
}

// keptName makes a file name of a test's name. Tests may share one: a number tells their files apart.
func keptName(test string) string {
	const most = 150
	name := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-.", r) {
			return r
		}
		return '_'
	}, test)
	return name[:min(len(name), most)]
}
