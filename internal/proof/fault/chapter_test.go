package fault_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/internal/hook"
	"github.com/annoset/annoset/internal/proof"
)

// chapter is one verb of a story, with the store before and after it.
type chapter struct {
	verb
	number        int
	file          []byte // the store's file before
	before, after string // what the store holds, as proof.Dump writes it
	result        string
	tale          tale // as it was before
}

// shelf keeps the chapters of each story, by the name of the story.
var shelf = struct {
	sync.Mutex
	stories map[string][]chapter
}{stories: map[string][]chapter{}}

// told runs a story without faults and returns its chapters. It does so once for all tests.
func told(t *testing.T, name string, verbs []verb) []chapter {
	t.Helper()
	shelf.Lock()
	defer shelf.Unlock()
	if shelf.stories[name] == nil {
		shelf.stories[name] = tell(t, verbs)
	}
	return shelf.stories[name]
}

func tell(t *testing.T, verbs []verb) []chapter {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "labels.annoset")
	clock := &proof.Replay{}
	now := tale{dir: dir, sets: map[string]uuid.UUID{}}
	chapters := make([]chapter, len(verbs))
	for i, v := range verbs {
		s, err := annoset.Open(ctx, path, clock.Options())
		if err != nil {
			t.Fatal(err)
		}
		before := proof.Dump(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		chapters[i] = chapter{verb: v, number: i, file: file, before: before, tale: now.clone(nil, "")}
		if s, err = annoset.Open(ctx, path, clock.Options()); err != nil {
			t.Fatal(err)
		}
		now.Store = s
		clock.Rewind(i)
		result, err := v.run(ctx, &now)
		if err != nil {
			t.Fatalf("%s: %v", v.name, err)
		}
		chapters[i].result = proof.Written(result)
		chapters[i].after = proof.Dump(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	proof.CheckFile(t, path)
	return chapters
}

// clone copies a tale for another store and folder.
func (t *tale) clone(s *annoset.Store, dir string) tale {
	c := tale{Store: s, dir: dir, dataset: t.dataset, sets: map[string]uuid.UUID{}, ids: slices.Clone(t.ids)}
	maps.Copy(c.sets, t.sets)
	return c
}

// open opens a copy of the chapter's store in dir.
func (c *chapter) open(t *testing.T, dir string, s *hook.Seam, clock *proof.Replay) (*annoset.Store, string) {
	t.Helper()
	path := filepath.Join(dir, "labels.annoset")
	for _, ending := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + ending); err == nil {
			t.Errorf("%s is left from the last time", path+ending)
		}
	}
	if err := os.WriteFile(path, c.file, 0o666); err != nil {
		t.Fatal(err)
	}
	store, err := annoset.Open(s.In(context.Background()), path, clock.Options())
	if err != nil {
		t.Fatal(err)
	}
	return store, path
}

// count returns how many calls of the driver the verb takes.
func (c *chapter) count(t *testing.T, dir string) int {
	t.Helper()
	s, clock := &hook.Seam{}, &proof.Replay{}
	store, _ := c.open(t, dir, s, clock)
	defer store.Close()
	n := 0
	s.Set(func(string, string) (before, after error) {
		n++
		return nil, nil
	})
	clock.Rewind(c.number)
	own := c.tale.clone(store, dir)
	_, err := c.run(context.Background(), &own)
	s.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
