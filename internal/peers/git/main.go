// Command git is the contestant without a database: one JSON Lines file in a git repository, a tag a version. It needs
// git 2.36 or newer for core.fsync.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/annoset/annoset/internal/peers/contest"
)

func main() { contest.Main(&contestant{}) }

type contestant struct {
	dir    string
	draft  int
	lastID int64
	peak   int64 // most memory of a git process
}

func (*contestant) About() contest.About {
	return contest.About{
		Name: "git",
		What: "one JSON Lines file in git: write, add, commit, tag; loose edits rewrite the file",
		Durability: "the file is synced and renamed at each edit; core.fsync=all, core.fsyncMethod=fsync; " +
			"the further versions write their edits in one go",
		LeavesOut: "statistics at publishing, validation, immutability (a tag can be moved), indexes",
	}
}

// record is a line of the file. The key by which a line is found comes first.
type record struct {
	File       string  `json:"audio_file_id"`
	StartMS    int64   `json:"start_ms"`
	ID         int64   `json:"id"`
	Type       string  `json:"artifact_type"`
	EndMS      int64   `json:"end_ms"`
	Confidence float64 `json:"confidence"`
}

func line(l *contest.Label, id int64) []byte {
	text, err := json.Marshal(record{l.File, l.StartMS, id, l.Type, l.EndMS, l.Confidence})
	if err != nil {
		panic(err) // a struct of strings and finite numbers
	}
	return append(text, '\n')
}

const fileName = "labels.jsonl"

func (c *contestant) path() string { return filepath.Join(c.dir, fileName) }

func (c *contestant) Open(ctx context.Context, dir string) error {
	c.dir, c.draft = dir, 1
	return c.git(ctx,
		[]string{"init", "--quiet", "--initial-branch=draft1"},
		[]string{"config", "user.name", "peers"}, []string{"config", "user.email", "peers@example.com"},
		[]string{"config", "core.fsync", "all"}, []string{"config", "core.fsyncMethod", "fsync"},
		[]string{"config", "gc.auto", "0"})
}

func (c *contestant) Close() error { return nil }

// PeakBytes implements [contest.Peaked].
func (c *contestant) PeakBytes() int64 {
	peak := c.peak
	c.peak = 0
	return peak
}

func (c *contestant) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = c.dir
	// What the user's own configuration says must not count.
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	return cmd
}

func (c *contestant) git(ctx context.Context, commands ...[]string) error {
	for _, args := range commands {
		cmd := c.command(ctx, args)
		out, err := cmd.CombinedOutput()
		c.peak = max(c.peak, peakBytes(cmd.ProcessState))
		if err != nil {
			return fmt.Errorf("git %s: %w: %.300s", args[0], err, out)
		}
	}
	return nil
}

// write replaces the file, durably.
func (c *contestant) write(fill func(*bufio.Writer) error) error {
	temp := c.path() + ".new"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return err
	}
	if err := errors.Join(w.Flush(), f.Sync(), os.Rename(temp, c.path())); err != nil {
		return err
	}
	dir, err := os.Open(c.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (c *contestant) Import(_ context.Context, labels contest.Stream) (n int64, err error) {
	err = c.write(func(w *bufio.Writer) error {
		for l, err := range labels {
			if err != nil {
				return err
			}
			c.lastID++
			n++
			if _, err := w.Write(line(l, c.lastID)); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func tag(version int) string { return fmt.Sprintf("v%d", version) }

func (c *contestant) Publish(ctx context.Context) error {
	return c.git(ctx,
		[]string{"add", fileName}, []string{"commit", "--quiet", "-m", tag(c.draft)}, []string{"tag", tag(c.draft)})
}

func (c *contestant) NewVersion(ctx context.Context, from int) error {
	c.draft++
	return c.git(ctx, []string{"switch", "--quiet", "-c", fmt.Sprintf("draft%d", c.draft), tag(from)})
}

func (c *contestant) Edit(_ context.Context, edits []contest.Edit) error {
	text, err := os.ReadFile(c.path())
	if err != nil {
		return err
	}
	// Lines to be put in the place of others, by where these are.
	type patch struct {
		from, to int
		with     []byte
	}
	var patches []patch
	for i := range edits {
		e := &edits[i]
		old := line(&e.Old, e.Old.ID)
		at := bytes.Index(text, old)
		if at < 0 {
			return fmt.Errorf("no line %s", old)
		}
		p := patch{from: at, to: at + len(old)}
		switch e.Kind {
		case contest.Change:
			p.with = line(&e.New, e.New.ID)
		case contest.Add: // beside the label it is like
			c.lastID++
			p.from, p.with = p.to, line(&e.New, c.lastID)
		}
		patches = append(patches, p)
	}
	slices.SortFunc(patches, func(a, b patch) int { return a.from - b.from })
	return c.write(func(w *bufio.Writer) error {
		at := 0
		for _, p := range patches {
			w.Write(text[at:p.from])
			w.Write(p.with)
			at = p.to
		}
		_, err := w.Write(text[at:])
		return err
	})
}

func (c *contestant) Statistics(context.Context) (contest.Statistics, error) {
	f, err := os.Open(c.path())
	if err != nil {
		return contest.Statistics{}, err
	}
	defer f.Close()
	var survey contest.Survey
	err = eachLine(f, nil, survey.Add)
	return survey.Statistics(), err
}

// eachLine calls fn for the lines whose audio file, as JSON, is wanted; nil: all.
func eachLine(r io.Reader, wanted map[string]bool, fn func(*contest.Label)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), 1<<20)
	for lines.Scan() {
		if wanted != nil {
			key, _, _ := bytes.Cut(lines.Bytes(), afterFile)
			if !wanted[string(key)] {
				continue
			}
		}
		l, err := parse(lines.Bytes())
		if err != nil {
			return err
		}
		fn(&l)
	}
	return lines.Err()
}

// afterFile follows on the audio file in a line; in a name, its quotes are escaped.
var afterFile = []byte(`,"start_ms":`)

func parse(text []byte) (contest.Label, error) {
	var r record
	err := json.Unmarshal(text, &r)
	return contest.Label{
		ID: r.ID, File: r.File, Type: r.Type, StartMS: r.StartMS, EndMS: r.EndMS, Confidence: r.Confidence,
	}, err
}

// output reads what git prints.
func (c *contestant) output(ctx context.Context, read func(io.Reader) error, args ...string) error {
	cmd := c.command(ctx, args)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = read(out)
	if err != nil {
		io.Copy(io.Discard, out) //nolint:errcheck // so that git can end
	}
	err = errors.Join(err, cmd.Wait())
	c.peak = max(c.peak, peakBytes(cmd.ProcessState))
	return err
}

func (c *contestant) Diff(ctx context.Context, from, to int) (changes contest.Changes, err error) {
	sides := map[byte]map[int64]bool{'-': {}, '+': {}}
	err = c.output(ctx, func(out io.Reader) error {
		lines := bufio.NewScanner(out)
		lines.Buffer(make([]byte, 1<<16), 1<<20)
		for lines.Scan() {
			if text := lines.Bytes(); len(text) > 1 && sides[text[0]] != nil && text[1] == '{' {
				l, err := parse(text[1:])
				if err != nil {
					return err
				}
				sides[text[0]][l.ID] = true
			}
		}
		return lines.Err()
	}, "diff", "--unified=0", "--no-color", tag(from), tag(to))
	for id := range sides['-'] {
		if sides['+'][id] {
			changes.Changed++
		} else {
			changes.Removed++
		}
	}
	changes.Added = int64(len(sides['+'])) - changes.Changed
	return changes, err
}

func (c *contestant) ReadAll(ctx context.Context, version int, fn func(*contest.Label)) error {
	return c.read(ctx, version, nil, fn)
}

func (c *contestant) ReadFile(ctx context.Context, version int, file string, fn func(*contest.Label)) error {
	return c.ReadFiles(ctx, version, []string{file}, fn)
}

// ReadFiles implements [contest.Scanner].
func (c *contestant) ReadFiles(ctx context.Context, version int, files []string, fn func(*contest.Label)) error {
	wanted := make(map[string]bool)
	for _, file := range files {
		key, _, _ := bytes.Cut(line(&contest.Label{File: file}, 0), afterFile)
		wanted[string(key)] = true
	}
	return c.read(ctx, version, wanted, fn)
}

func (c *contestant) read(ctx context.Context, version int, wanted map[string]bool, fn func(*contest.Label)) error {
	return c.output(ctx, func(out io.Reader) error { return eachLine(out, wanted, fn) },
		"cat-file", "blob", tag(version)+":"+fileName)
}

// Settle packs the objects.
func (c *contestant) Settle(ctx context.Context) error {
	return c.git(ctx, []string{"gc", "--quiet", "--prune=now"})
}
