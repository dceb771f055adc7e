package annoset

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
)

// examined is an audio file that somebody, or some model, has been over, with all labels of it: none in a clean one.
type examined struct {
	name       string
	durationMS int64 // 0: not known
	labels     []Annotation
}

// sort puts labels in the order in which they are reported.
func (f *examined) sort() {
	slices.SortStableFunc(f.labels, func(a, b Annotation) int {
		return cmp.Or(
			cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.EndMS, b.EndMS), cmp.Compare(a.ArtifactType, b.ArtifactType),
			cmp.Compare(a.ID, b.ID))
	})
}

// lastEndMS is where the last label ends.
func (f *examined) lastEndMS() (end int64) {
	for i := range f.labels {
		end = max(end, f.labels[i].EndMS)
	}
	return end
}

// held are labels in memory, by audio file.
type held struct {
	files map[string]*examined
	types map[string]string // so that each name is in memory once
	n     int
	last  *examined // the file that came last: labels come in runs
}

func newHeld() *held { return &held{files: make(map[string]*examined), types: make(map[string]string)} }

// hold reads a whole stream and checks it.
func hold(ctx context.Context, op string, labels iter.Seq2[Annotation, error]) (*held, error) {
	h, p := newHeld(), &problems{op: op}
	if labels == nil {
		p.Add(-1, "labels", "is nil")
		return nil, p.err()
	}
	n := 0
	for a, err := range labels {
		if err != nil {
			return nil, translate(op, &streamError{label: n, err: err})
		}
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, translate(op, ctx.Err())
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

// holdExamined reads all audio files of one side.
func holdExamined(files iter.Seq2[examined, error]) (*held, error) {
	h := newHeld()
	for f, err := range files {
		if err != nil {
			return nil, err
		}
		h.files[f.name] = &f
		h.n += len(f.labels)
	}
	return h, nil
}

func (h *held) add(a Annotation) {
	f := h.last
	if f == nil || f.name != a.AudioFileID {
		if f = h.files[a.AudioFileID]; f == nil {
			f = &examined{name: a.AudioFileID}
			h.files[f.name] = f
		}
		h.last = f
	}
	name, known := h.types[a.ArtifactType]
	if !known {
		name = a.ArtifactType
		h.types[name] = name
	}
	a.AudioFileID, a.ArtifactType = f.name, name
	f.labels = append(f.labels, a)
	h.n++
}

// file returns what is held of an audio file, which may be nothing.
func (h *held) file(name string) *examined {
	if f := h.files[name]; f != nil {
		return f
	}
	return &examined{name: name}
}

func (h *held) names() []string { return slices.Sorted(maps.Keys(h.files)) }

// inOrder yields the audio files by name, as a set does.
func (h *held) inOrder() iter.Seq2[examined, error] {
	return func(yield func(examined, error) bool) {
		for _, name := range h.names() {
			if !yield(*h.files[name], nil) {
				return
			}
		}
	}
}

// scope says which audio files are compared.
type scope struct {
	only  map[string]bool // nil: all that the first side has
	extra []string        // these as well, in order, even if the first side does not have them
}

// scopeOf is the scope of exactly these files.
func scopeOf(names []string) scope {
	s := scope{only: make(map[string]bool, len(names))}
	for _, name := range names {
		s.only[name] = true
	}
	s.extra = slices.Sorted(maps.Keys(s.only))
	return s
}

// walk calls fn for each audio file in the scope, in order of name, with what both sides have of it. The first side comes
// in that order and is held file by file.
func (s scope) walk(first iter.Seq2[examined, error], second *held, fn func(a, b *examined) error) error {
	extra := s.extra
	both := func(a *examined) error {
		b := second.file(a.name)
		a.sort()
		b.sort()
		return fn(a, b)
	}
	for a, err := range first {
		if err != nil {
			return err
		}
		for ; len(extra) > 0 && extra[0] <= a.name; extra = extra[1:] {
			if extra[0] == a.name {
				continue
			}
			if err := both(&examined{name: extra[0]}); err != nil {
				return err
			}
		}
		if s.only != nil && !s.only[a.name] {
			continue
		}
		if err := both(&a); err != nil {
			return err
		}
	}
	for _, name := range extra {
		if err := both(&examined{name: name}); err != nil {
			return err
		}
	}
	return nil
}
