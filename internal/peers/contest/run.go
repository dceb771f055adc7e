package contest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Size says how much work there is.
type Size struct {
	Labels, Files int
	Birdnet       string // path; empty: the synthetic workload
	Edits         int    // a version
	Versions      int    // further ones; 0 with Scale
	Scale         bool   // import, publish, new versions and reading alone
}

// Args are the flags by which [Main] gets a size and a directory.
func (s *Size) Args(dir string) []string {
	return []string{
		"-dir", dir, "-birdnet", s.Birdnet, fmt.Sprint("-labels=", s.Labels), fmt.Sprint("-files=", s.Files),
		fmt.Sprint("-edits=", s.Edits), fmt.Sprint("-versions=", s.Versions), fmt.Sprint("-scale=", s.Scale),
	}
}

// Workload is the one of this size.
func (s *Size) Workload() (Workload, error) {
	if s.Birdnet != "" {
		return Birdnet(s.Birdnet)
	}
	return Synthetic(s.Labels, s.Files), nil
}

// Main is the whole program of a contestant: it makes the steps and prints a [Line] for each.
func Main(c Contestant) {
	var size Size
	dir := flag.String("dir", "", "where to work; made, and removed at the end")
	flag.IntVar(&size.Labels, "labels", 20_000, "number of labels")
	flag.IntVar(&size.Files, "files", 100, "number of audio files")
	flag.StringVar(&size.Birdnet, "birdnet", "", "the CSV file of the birdnet workload")
	flag.IntVar(&size.Edits, "edits", 100, "edits a version")
	flag.IntVar(&size.Versions, "versions", 50, "further versions")
	flag.BoolVar(&size.Scale, "scale", false, "import, publish, new versions and reading alone")
	flag.Parse()
	r := &run{c: c, size: size, dir: *dir, out: newReporter(os.Stdout)}
	if err := r.all(context.Background()); err != nil {
		r.out.send(Line{Failed: err.Error()}) //nolint:errcheck // nobody is there to be told
		os.Exit(1)
	}
}

// run is one contestant at work.
type run struct {
	c     Contestant
	size  Size
	dir   string
	out   *reporter
	work  Workload
	rand  *rand.Rand
	want  contents // of the latest version
	found Finding
}

func (r *run) all(ctx context.Context) (err error) {
	about := r.c.About()
	if err := r.out.send(Line{About: &about}); err != nil {
		return err
	}
	if r.work, err = r.size.Workload(); err != nil {
		return err
	}
	r.rand = rand.New(rand.NewPCG(3, 4))
	if err := os.MkdirAll(r.store(), 0o755); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	if err := r.c.Open(ctx, r.store()); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, r.c.Close()) }()
	parts := []func(context.Context) error{r.first, r.second, r.later, r.tell}
	if r.size.Scale {
		parts = []func(context.Context) error{r.first, r.scale}
	}
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// store is the contestant's part of the directory; the bare fsyncs have theirs beside it.
func (r *run) store() string { return filepath.Join(r.dir, "store") }

// first makes version 1.
func (r *run) first(ctx context.Context) error {
	var expected Survey
	for l, err := range r.work.Labels() {
		if err != nil {
			return err
		}
		expected.Add(l)
		r.want.add(l)
	}
	r.found.FirstDraft = expected.Statistics()
	if err := r.step(StepImport, 1, func(int) error {
		n, err := r.c.Import(ctx, r.work.Labels())
		if err == nil && n != r.want.labels {
			err = fmt.Errorf("took %d labels of %d", n, r.want.labels)
		}
		return err
	}); err != nil {
		return err
	}
	if !r.size.Scale {
		got, err := r.c.Statistics(ctx)
		if err != nil {
			return fmt.Errorf("statistics: %w", err)
		}
		if !got.equal(r.found.FirstDraft) {
			return fmt.Errorf("statistics of the first draft are %+v, not %+v", got, r.found.FirstDraft)
		}
	}
	if err := r.step(StepFirstPublish, 1, func(int) error { return r.c.Publish(ctx) }); err != nil {
		return err
	}
	if err := r.disk(DiskOne); err != nil {
		return err
	}
	if err := r.c.Settle(ctx); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return r.disk(DiskOneSettled)
}

// second makes version 2 and reads it.
func (r *run) second(ctx context.Context) error {
	if err := r.step(StepNewVersion, 1, func(int) error { return r.c.NewVersion(ctx, 1) }); err != nil {
		return err
	}
	if err := r.edits(ctx); err != nil {
		return err
	}
	var err error
	if err := r.step(StepStatistics, 1, func(int) error {
		r.found.Draft, err = r.c.Statistics(ctx)
		return err
	}); err != nil {
		return err
	}
	if err := r.step(StepPublish, 1, func(int) error { return r.c.Publish(ctx) }); err != nil {
		return err
	}
	if err := r.sample(StepDiff, 5, func(int) error {
		r.found.Changes, err = r.c.Diff(ctx, 1, 2)
		return err
	}); err != nil {
		return err
	}
	if err := r.check(ctx, 2); err != nil {
		return err
	}
	if err := r.readAll(ctx, StepReadAll, 2, 3); err != nil {
		return err
	}
	files := r.someFiles(200)
	return r.sample(StepReadFile, len(files), func(i int) error { return r.readFile(ctx, 2, files[i]) })
}

// later makes the further versions and reads the last.
func (r *run) later(ctx context.Context) error {
	if err := r.out.send(Line{Now: StepMoreVersions}); err != nil {
		return err
	}
	all := Measurement{Step: StepMoreVersions}
	begin, publish := Measurement{Step: StepLaterNew}, Measurement{Step: StepLaterPublish}
	forgetPeak()
	last := 2
	for range r.size.Versions {
		edits, err := r.drawEdits(ctx, last)
		if err != nil {
			return err
		}
		t0 := time.Now()
		if err := r.c.NewVersion(ctx, last); err != nil {
			return fmt.Errorf("version %d: %w", last+1, err)
		}
		t1 := time.Now()
		if err := r.c.Edit(ctx, edits); err != nil {
			return fmt.Errorf("edits of version %d: %w", last+1, err)
		}
		t2 := time.Now()
		if err := r.c.Publish(ctx); err != nil {
			return fmt.Errorf("publish version %d: %w", last+1, err)
		}
		t3 := time.Now()
		r.want.edit(edits)
		last++
		begin.Samples = append(begin.Samples, t1.Sub(t0))
		publish.Samples = append(publish.Samples, t3.Sub(t2))
		all.Samples = append(all.Samples, t3.Sub(t0))
	}
	all.PeakBytes = peakBytes()
	for _, m := range []*Measurement{&all, &begin, &publish} {
		if err := r.out.send(Line{Measure: m}); err != nil {
			return err
		}
	}
	if err := r.check(ctx, last); err != nil {
		return err
	}
	if err := r.readAll(ctx, StepLastAll, last, 1); err != nil {
		return err
	}
	if err := r.compareFiles(ctx, last); err != nil {
		return err
	}
	if err := r.disk(DiskLast); err != nil {
		return err
	}
	if err := r.c.Settle(ctx); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return r.disk(DiskLastSettled)
}

// compareFiles reads the same audio files of the first and of the last version in turn, after a first round that is not
// measured.
func (r *run) compareFiles(ctx context.Context, last int) error {
	files := r.someFiles(200)
	began := time.Now()
	for i, file := range files {
		if err := errors.Join(r.readFile(ctx, 1, file), r.readFile(ctx, last, file)); err != nil {
			return err
		}
		if i >= 2 && time.Since(began) > patience {
			files = files[:i+1]
			break
		}
	}
	first, now := Measurement{Step: StepFirstFile}, Measurement{Step: StepLastFile}
	for _, file := range files {
		t0 := time.Now()
		if err := r.readFile(ctx, 1, file); err != nil {
			return err
		}
		t1 := time.Now()
		if err := r.readFile(ctx, last, file); err != nil {
			return err
		}
		first.Samples = append(first.Samples, t1.Sub(t0))
		now.Samples = append(now.Samples, time.Since(t1))
	}
	return errors.Join(r.out.send(Line{Measure: &first}), r.out.send(Line{Measure: &now}))
}

// readAll measures the reading of a version, in order.
func (r *run) readAll(ctx context.Context, step Step, version, times int) error {
	return r.sample(step, times, func(int) error {
		var n int64
		var last Label
		ordered := true
		if err := r.c.ReadAll(ctx, version, func(l *Label) {
			n++
			if l.before(&last) {
				ordered = false
			}
			last.File, last.StartMS = l.File, l.StartMS
		}); err != nil {
			return err
		}
		if !ordered {
			return errors.New("labels came out of order")
		}
		if n != r.want.labels {
			return fmt.Errorf("read %d labels of %d", n, r.want.labels)
		}
		return nil
	})
}

func (r *run) readFile(ctx context.Context, version int, file string) error {
	stray := false
	err := r.c.ReadFile(ctx, version, file, func(l *Label) { stray = stray || l.File != file })
	if err == nil && stray {
		err = fmt.Errorf("labels of another audio file came with %s", file)
	}
	return err
}

// check compares what a version holds with what was asked for, label by label.
func (r *run) check(ctx context.Context, version int) error {
	var got contents
	var survey Survey
	if err := r.c.ReadAll(ctx, version, func(l *Label) {
		got.add(l)
		survey.Add(l)
	}); err != nil {
		return err
	}
	if got != r.want {
		return fmt.Errorf("version %d holds %d labels of hash %x, not %d of %x", version, got.labels, got.sum,
			r.want.labels, r.want.sum)
	}
	if version == 2 && !r.found.Draft.equal(survey.Statistics()) {
		return fmt.Errorf("statistics of version 2 are %+v, not %+v", r.found.Draft, survey.Statistics())
	}
	r.found.Last = survey.Statistics()
	r.found.Contents = fmt.Sprintf("%d labels, hash %x", got.labels, got.sum)
	return nil
}

func (r *run) tell(context.Context) error { return r.out.send(Line{Found: &r.found}) }

// scale makes new versions of the first one, and reads.
func (r *run) scale(ctx context.Context) error {
	if err := r.step(StepNewVersion, 20, func(int) error { return r.c.NewVersion(ctx, 1) }); err != nil {
		return err
	}
	return r.readAll(ctx, StepReadAll, 1, 1)
}
