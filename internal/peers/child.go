package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/annoset/annoset/internal/peers/contest"
)

// result is what came of one contestant.
type result struct {
	Folder   string        `json:"folder"`
	Name     string        `json:"name"`
	About    contest.About `json:"about"`
	NotBuilt string        `json:"not_built,omitempty"`
	Failed   string        `json:"failed,omitempty"`
	Runs     []runOf       `json:"runs"`

	program string
}

// runOf is one run of a contestant.
type runOf struct {
	Measures []contest.Measurement `json:"measures"`
	Disk     []contest.DiskUse     `json:"disk"`
	Found    contest.Finding       `json:"found"`
}

// build makes a program of each contestant. One that cannot be built takes no part, and says why.
func build(ctx context.Context, folders []string, dir string) []*result {
	var results []*result
	for _, folder := range folders {
		progress("build %s", folder)
		r := &result{Folder: folder, Name: folder, program: filepath.Join(dir, folder)}
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", r.program, "./"+folder).CombinedOutput(); err != nil {
			r.NotBuilt = fmt.Sprintf("%v: %s", err, lastLines(out, 3))
			progress("%s is not built: %s", folder, r.NotBuilt)
		}
		results = append(results, r)
	}
	return results
}

func lastLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], " / ")
}

// run makes a contestant do its work once, in a directory that is its own and gone afterwards.
func (r *result) run(ctx context.Context, size contest.Size, dir, title string) {
	if r.NotBuilt != "" || r.Failed != "" {
		return
	}
	work := filepath.Join(dir, "work-"+r.Folder)
	defer os.RemoveAll(work)
	began := time.Now()
	out, err := r.child(ctx, size, work, title)
	if err != nil {
		r.Failed = err.Error()
		progress("%s: %s failed: %s", title, r.Folder, r.Failed)
		return
	}
	progress("%s: %s is done in %s", title, r.Folder, time.Since(began).Round(time.Second))
	r.Runs = append(r.Runs, out)
}

func (r *result) child(ctx context.Context, size contest.Size, work, title string) (out runOf, err error) {
	cmd := exec.CommandContext(ctx, r.program, size.Args(work)...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	lines, err := cmd.StdoutPipe()
	if err != nil {
		return runOf{}, err
	}
	if err := cmd.Start(); err != nil {
		return runOf{}, err
	}
	failed := ""
	read := bufio.NewScanner(lines)
	read.Buffer(nil, 1<<24)
	for read.Scan() {
		var l contest.Line
		if err := json.Unmarshal(read.Bytes(), &l); err != nil {
			continue // what a library prints
		}
		switch {
		case l.About != nil:
			r.Name, r.About = l.About.Name, *l.About
		case l.Now != "":
			progress("%s: %s: %s", title, r.Folder, l.Now)
		case l.Measure != nil:
			out.Measures = append(out.Measures, *l.Measure)
		case l.Disk != nil:
			out.Disk = append(out.Disk, *l.Disk)
		case l.Found != nil:
			out.Found = *l.Found
		case l.Failed != "":
			failed = l.Failed
		}
	}
	err = errors.Join(read.Err(), cmd.Wait())
	switch {
	case failed != "":
		return runOf{}, errors.New(failed)
	case err != nil:
		return runOf{}, fmt.Errorf("%w: %s", err, lastLines(complaints.Bytes(), 3))
	}
	return out, nil
}

var started = time.Now()

// progress tells on standard error what is going on, with the time since the beginning.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%7s  %s\n", time.Since(started).Round(time.Second), fmt.Sprintf(format, args...))
}
