package contest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestSurvey(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var s Survey
	for _, l := range []Label{
		{File: "a", Type: "hum", StartMS: 0, EndMS: 100},
		{File: "a", Type: "click", StartMS: 50, EndMS: 150},
		{File: "a", Type: "hum", StartMS: 60, EndMS: 70},
		{File: "a", Type: "hum", StartMS: 200, EndMS: 200},
		{File: "b", Type: "hum", StartMS: 0, EndMS: 10},
	} {
		s.Add(&l)
	}
	is.Equal(s.Statistics(), Statistics{
		Labels: 5, CoveredMS: 160, Files: 2,
		ByType:      map[string]int64{"hum": 4, "click": 1},
		CoveredType: map[string]int64{"hum": 110, "click": 100},
	}) // overlaps count once, a point covers nothing, and each file begins anew
}

func TestSynthetic(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	w := Synthetic(3000, 7)
	var first, again contents
	var last Label
	files := make(map[string]bool)
	for l, err := range w.Labels() {
		is.NoErr(err)
		is.True(!l.before(&last)) // in order of audio file and start
		last = *l
		files[l.File] = true
		first.add(l)
	}
	for l, err := range w.Labels() {
		is.NoErr(err)
		again.add(l)
	}
	is.Equal(first, again) // the same at each reading
	is.Equal(first.labels, int64(3000))
	is.Equal(len(files), 7)
}

func TestMain_run(t *testing.T) {
	t.Parallel()
	t.Run("reports every step of a contestant that is right", func(t *testing.T) {
		t.Parallel()
		is := is.New(t)
		lines, err := runOn(t, &memory{})
		is.NoErr(err)
		var steps []Step
		var found *Finding
		for _, l := range lines {
			if l.Measure != nil {
				steps = append(steps, l.Measure.Step)
			}
			if l.Found != nil {
				found = l.Found
			}
		}
		is.Equal(steps, []Step{
			StepImport, StepFirstPublish, StepNewVersion, StepEdits, StepFsyncs, StepStatistics, StepPublish, StepDiff,
			StepReadAll, StepReadFile, StepMoreVersions, StepLaterNew, StepLaterPublish, StepLastAll, StepFirstFile,
			StepLastFile,
		})
		is.Equal(found.Changes, Changes{Added: 1, Removed: 1, Changed: 8}) // of ten edits
		is.Equal(found.Last.Labels, int64(500))
	})
	for name, c := range map[string]*memory{
		"finds a label that an import lost":     {imports: func(l []Label) []Label { return l[1:] }},
		"finds an edit that was not made":       {edit: func(e []Edit) []Edit { return e[:len(e)-1] }},
		"finds a label that reads otherwise":    {read: func(l *Label) { l.Confidence /= 2 }},
		"finds labels that come in disorder":    {read: func(l *Label) { l.StartMS = -l.StartMS }},
		"finds statistics that are not the set": {statistics: func(s *Statistics) { s.CoveredMS++ }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			_, err := runOn(t, c)
			is.True(err != nil) // what is computed wrongly is not measured
		})
	}
}

// runOn makes a contestant do a small piece of work.
func runOn(t *testing.T, c Contestant) ([]Line, error) {
	t.Helper()
	is := is.New(t)
	var out bytes.Buffer
	r := &run{
		c: c, size: Size{Labels: 500, Files: 5, Edits: 10, Versions: 2}, dir: filepath.Join(t.TempDir(), "work"),
		out: newReporter(&out),
	}
	err := r.all(context.Background())
	var lines []Line
	for text := range strings.Lines(out.String()) {
		var l Line
		is.NoErr(json.Unmarshal([]byte(text), &l))
		lines = append(lines, l)
	}
	return lines, err
}

// memory is a contestant that keeps everything in slices, and may be made to do something wrong.
type memory struct {
	versions [][]Label
	lastID   int64

	imports    func([]Label) []Label
	edit       func([]Edit) []Edit
	read       func(*Label)
	statistics func(*Statistics)
}

func (m *memory) About() About                       { return About{Name: "memory"} }
func (m *memory) Close() error                       { return nil }
func (m *memory) Publish(context.Context) error      { return nil }
func (m *memory) Settle(context.Context) error       { return nil }
func (m *memory) Open(context.Context, string) error { m.versions = make([][]Label, 2); return nil }

func (m *memory) draft() *[]Label { return &m.versions[len(m.versions)-1] }

func (m *memory) Import(_ context.Context, labels Stream) (int64, error) {
	var all []Label
	for l, err := range labels {
		if err != nil {
			return 0, err
		}
		m.lastID++
		all = append(all, *l)
		all[len(all)-1].ID = m.lastID
	}
	n := int64(len(all))
	if m.imports != nil {
		all = m.imports(all)
	}
	*m.draft() = all
	return n, nil
}

func (m *memory) NewVersion(_ context.Context, from int) error {
	m.versions = append(m.versions, slices.Clone(m.versions[from]))
	return nil
}

func (m *memory) Edit(_ context.Context, edits []Edit) error {
	if m.edit != nil {
		edits = m.edit(edits)
	}
	for _, e := range edits {
		at := slices.Index(*m.draft(), e.Old)
		if at < 0 {
			return errors.New("no such label")
		}
		switch e.Kind {
		case Change:
			(*m.draft())[at] = e.New
		case Remove:
			*m.draft() = slices.Delete(*m.draft(), at, at+1)
		case Add:
			m.lastID++
			e.New.ID = m.lastID
			*m.draft() = slices.Insert(*m.draft(), at+1, e.New)
		}
	}
	return nil
}

func (m *memory) Statistics(context.Context) (Statistics, error) {
	var s Survey
	for i := range *m.draft() {
		s.Add(&(*m.draft())[i])
	}
	out := s.Statistics()
	if m.statistics != nil {
		m.statistics(&out)
	}
	return out, nil
}

func (m *memory) Diff(_ context.Context, from, to int) (c Changes, err error) {
	old := make(map[int64]Label)
	for _, l := range m.versions[from] {
		old[l.ID] = l
	}
	for _, l := range m.versions[to] {
		switch was, there := old[l.ID]; {
		case !there:
			c.Added++
		case was != l:
			c.Changed++
		}
		delete(old, l.ID)
	}
	c.Removed = int64(len(old))
	return c, nil
}

func (m *memory) ReadAll(_ context.Context, version int, fn func(*Label)) error {
	for _, l := range m.versions[version] {
		if m.read != nil {
			m.read(&l)
		}
		fn(&l)
	}
	return nil
}

func (m *memory) ReadFile(_ context.Context, version int, file string, fn func(*Label)) error {
	for _, l := range m.versions[version] {
		if l.File == file {
			fn(&l)
		}
	}
	return nil
}
