package contest

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// edits makes the first edits, each durable on its own, half of the bare fsyncs before them and half after.
func (r *run) edits(ctx context.Context) error {
	edits, err := r.drawEdits(ctx, 1)
	if err != nil {
		return err
	}
	if err := r.out.send(Line{Now: StepFsyncs}); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(r.dir, "fsyncs"))
	if err != nil {
		return err
	}
	defer f.Close()
	bare := Measurement{Step: StepFsyncs}
	page := make([]byte, 4096)
	fsyncs := func(n int) error {
		for range n {
			began := time.Now()
			_, err := f.Write(page)
			if err := errors.Join(err, f.Sync()); err != nil {
				return err
			}
			bare.Samples = append(bare.Samples, time.Since(began))
		}
		return nil
	}
	if err := fsyncs(len(edits) / 2); err != nil {
		return err
	}
	if err := r.step(StepEdits, len(edits), func(i int) error { return r.c.Edit(ctx, edits[i:i+1]) }); err != nil {
		return err
	}
	if err := fsyncs(len(edits) - len(edits)/2); err != nil {
		return err
	}
	r.want.edit(edits)
	return r.out.send(Line{Measure: &bare})
}

// drawEdits chooses the edits of the next version by labels as the contestant reads them: of ten, eight changes of the
// end, a removal and a label more. Every contestant gets the same ones.
func (r *run) drawEdits(ctx context.Context, version int) ([]Edit, error) {
	files := r.someFiles(2 * r.size.Edits) // some may have lost all their labels
	byFile, err := r.labelsOf(ctx, version, files)
	if err != nil {
		return nil, err
	}
	var edits []Edit
	for _, file := range files {
		labels := byFile[file]
		if len(labels) == 0 {
			continue
		}
		at := r.rand.IntN(len(labels))
		old := labels[at]
		byFile[file] = slices.Delete(labels, at, at+1) // no label is edited twice
		e := Edit{Kind: Change, Old: old, New: old}
		e.New.EndMS += 1 + r.rand.Int64N(500)
		switch len(edits) % 10 {
		case 8:
			e = Edit{Kind: Remove, Old: old}
		case 9:
			e.Kind, e.New.ID = Add, 0
		}
		if edits = append(edits, e); len(edits) == r.size.Edits {
			return edits, nil
		}
	}
	return nil, errors.New("the workload is too small for so many edits")
}

// labelsOf reads the labels of some audio files, in an order that is the same for every contestant.
func (r *run) labelsOf(ctx context.Context, version int, files []string) (map[string][]Label, error) {
	byFile := make(map[string][]Label)
	for _, file := range files {
		byFile[file] = nil
	}
	keep := func(l *Label) { byFile[l.File] = append(byFile[l.File], *l) }
	if scanner, ok := r.c.(Scanner); ok {
		if err := scanner.ReadFiles(ctx, version, files, keep); err != nil {
			return nil, err
		}
	} else {
		for file := range byFile {
			if err := r.c.ReadFile(ctx, version, file, keep); err != nil {
				return nil, err
			}
		}
	}
	for _, labels := range byFile {
		sortCanonically(labels)
	}
	return byFile, nil
}

func (r *run) someFiles(n int) []string {
	files := make([]string, n)
	for i := range files {
		files[i] = r.work.Files[r.rand.IntN(len(r.work.Files))]
	}
	return files
}

// sortCanonically puts labels in an order that is the same for every contestant, whatever its ids are.
func sortCanonically(labels []Label) {
	slices.SortFunc(labels, func(a, b Label) int {
		return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.EndMS, b.EndMS), cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(a.ID, b.ID))
	})
}
