package evaluate

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/annoset/annoset"
)

// held are the labels of one side in memory, by audio file.
type held struct {
	files map[string]*annoset.Examined
	types map[string]string // so that each name is in memory once
	n     int               // labels
	last  *annoset.Examined // the file of the last label: labels come in runs
}

func newHeld() *held {
	return &held{files: make(map[string]*annoset.Examined), types: make(map[string]string)}
}

// hold reads a whole stream and checks its labels.
func hold(ctx context.Context, op string, labels iter.Seq2[annoset.Annotation, error]) (*held, error) {
	h, p := newHeld(), &problems{op: op}
	if p.given("labels", labels != nil); labels == nil {
		return nil, p.err()
	}
	n := 0
	for a, err := range labels {
		if err != nil {
			return nil, wrap(op, fmt.Errorf("label %d of the stream: %w", n, err))
		}
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, wrap(op, ctx.Err())
		}
		p.annotation(n, &a)
		n++
		if p.More {
			break
		}
		if len(p.List) == 0 {
			h.add(a)
		}
	}
	return h, p.err()
}

// holdExamined reads all audio files of a set.
func holdExamined(files iter.Seq2[annoset.Examined, error]) (*held, error) {
	h := newHeld()
	for f, err := range files {
		if err != nil {
			return nil, err
		}
		h.files[f.ID] = &f
		h.n += len(f.Annotations)
	}
	return h, nil
}

func (h *held) add(a annoset.Annotation) {
	f := h.last
	if f == nil || f.ID != a.AudioFileID {
		if f = h.files[a.AudioFileID]; f == nil {
			f = &annoset.Examined{AudioFile: annoset.AudioFile{ID: a.AudioFileID}}
			h.files[f.ID] = f
		}
		h.last = f
	}
	name, known := h.types[a.ArtifactType]
	if !known {
		name = a.ArtifactType
		h.types[name] = name
	}
	a.AudioFileID, a.ArtifactType = f.ID, name
	f.Annotations = append(f.Annotations, a)
	h.n++
}

// file returns what is held of an audio file; one without labels if nothing is.
func (h *held) file(name string) *annoset.Examined {
	if f := h.files[name]; f != nil {
		return f
	}
	return &annoset.Examined{AudioFile: annoset.AudioFile{ID: name}}
}

func (h *held) names() []string { return slices.Sorted(maps.Keys(h.files)) }

// inOrder yields the audio files in order of name, as a set does.
func (h *held) inOrder() iter.Seq2[annoset.Examined, error] {
	return func(yield func(annoset.Examined, error) bool) {
		for _, name := range h.names() {
			if !yield(*h.files[name], nil) {
				return
			}
		}
	}
}

// sortLabels puts the labels of one audio file in the order in which mistakes are reported.
func sortLabels(labels []annoset.Annotation) {
	slices.SortStableFunc(labels, func(a, b annoset.Annotation) int {
		if order := compareLabels(&a, &b); order != 0 {
			return order
		}
		return cmp.Compare(a.ID, b.ID)
	})
}

// compareLabels orders labels of one audio file by what they say.
func compareLabels(a, b *annoset.Annotation) int {
	switch {
	case a.StartMS != b.StartMS: // nearly always
		return cmp.Compare(a.StartMS, b.StartMS)
	case a.EndMS != b.EndMS:
		return cmp.Compare(a.EndMS, b.EndMS)
	}
	return cmp.Compare(a.ArtifactType, b.ArtifactType)
}

// lastEndMS is where the last label ends.
func lastEndMS(labels []annoset.Annotation) (end int64) {
	for i := range labels {
		end = max(end, labels[i].EndMS)
	}
	return end
}

// scope says which audio files are compared.
type scope struct {
	only  map[string]bool // nil: all that the first side has
	extra []string        // in order; compared even if the first side does not have them
}

// scopeOf returns the scope of exactly these audio files.
func scopeOf(names []string) scope {
	s := scope{only: make(map[string]bool, len(names))}
	for _, name := range names {
		s.only[name] = true
	}
	s.extra = slices.Sorted(maps.Keys(s.only))
	return s
}

// walk calls fn for each audio file in the scope, in order of name, with the sorted labels of both sides. The first
// side comes in that order and is held one file at a time.
func (s scope) walk(first iter.Seq2[annoset.Examined, error], second *held, fn func(a, b *annoset.Examined) error,
) error {
	extra := s.extra
	both := func(a *annoset.Examined) error {
		b := second.file(a.ID)
		sortLabels(a.Annotations)
		sortLabels(b.Annotations)
		return fn(a, b)
	}
	absent := func(name string) error {
		return both(&annoset.Examined{AudioFile: annoset.AudioFile{ID: name}})
	}
	for a, err := range first {
		if err != nil {
			return err
		}
		for ; len(extra) > 0 && extra[0] <= a.ID; extra = extra[1:] {
			if extra[0] == a.ID {
				continue
			}
			if err := absent(extra[0]); err != nil {
				return err
			}
		}
		if s.only != nil && !s.only[a.ID] {
			continue
		}
		if err := both(&a); err != nil {
			return err
		}
	}
	for _, name := range extra {
		if err := absent(name); err != nil {
			return err
		}
	}
	return nil
}
