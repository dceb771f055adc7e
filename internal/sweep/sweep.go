// Package sweep compares the labels of an audio file with one another in one pass over them.
//
// Labels come in order of start, and each is compared with those that came before it. Spans are half open: labels that
// touch share no time, and a label of no length shares none with any other. What is held is one label a type, and those
// that start in the same millisecond; so the time is in proportion to the labels, however many of them overlap.
package sweep

import (
	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// Label is one label of an audio file. Its id is not 0; its type is compared by TypeID.
type Label struct {
	label.Label
	TypeID int64
}

// Earlier names labels that came before one, by id; 0 where there is none.
type Earlier struct {
	// Same is the first label that has all in common with this one but the id. Extra data may be spelled another way.
	// Where there is one, this label is not compared further: what it has to do with others, that one has too.
	Same int64
	// Overlapped shares time with this label and is of the same type. Where there are several, it is one that ends last.
	Overlapped int64
	// Contradicted is the first label that has the same span as this one and another type.
	Contradicted int64
}

// Sweep compares labels, file by file. Used by one goroutine at a time.
type Sweep struct {
	file     int
	furthest map[int64]furthest // by type

	first    Label // of those that start together
	together int
	same     map[content]int64 // ids of the labels that start together; empty where there is one
	spans    map[int64]span    // by their end
}

// furthest is the label of a type that ends last, so far and in one file.
type furthest struct {
	file      int
	endMS, id int64
}

// content is what labels that start together may have in common.
type content struct {
	endMS, typeID int64
	confidence    float64
	hasConfidence bool
	extraData     string // in canonical form
}

// span names the labels that lie on a span first: of all, and of a type other than that one's.
type span struct {
	typeID, id, other int64
}

// New returns a Sweep that has seen nothing.
func New() *Sweep {
	return &Sweep{furthest: make(map[int64]furthest), same: make(map[content]int64), spans: make(map[int64]span)}
}

// BeginFile tells that the labels of another audio file come next.
func (s *Sweep) BeginFile() {
	s.file++
	s.together = 0
}

// Add compares the next label, which starts no earlier than the one before.
func (s *Sweep) Add(l *Label) (Earlier, error) {
	if s.together == 0 || s.first.StartMS != l.StartMS {
		s.first, s.together = *l, 1
		return Earlier{Overlapped: s.overlapped(l)}, nil
	}
	if s.together++; s.together == 2 {
		s.same, s.spans = emptied(s.same), emptied(s.spans)
		if _, err := s.known(&s.first); err != nil {
			return Earlier{}, err
		}
		s.contradicted(&s.first)
	}
	same, err := s.known(l)
	if err != nil || same != 0 {
		return Earlier{Same: same}, err
	}
	return Earlier{Overlapped: s.overlapped(l), Contradicted: s.contradicted(l)}, nil
}

// known returns the first label of the same content, and keeps a label that is the first.
func (s *Sweep) known(l *Label) (int64, error) {
	extra, err := canonical.ExtraData(l.ExtraData)
	if err != nil {
		return 0, err
	}
	c := content{
		endMS: l.EndMS, typeID: l.TypeID, confidence: l.Confidence, hasConfidence: l.HasConfidence, extraData: extra,
	}
	id, known := s.same[c]
	if !known {
		s.same[c] = l.ID
	}
	return id, nil
}

func (s *Sweep) overlapped(l *Label) (id int64) {
	if l.StartMS == l.EndMS {
		return 0
	}
	far := s.furthest[l.TypeID]
	if far.file != s.file {
		far = furthest{file: s.file}
	}
	if far.endMS > l.StartMS {
		id = far.id
	}
	if l.EndMS > far.endMS {
		far.endMS, far.id = l.EndMS, l.ID
		s.furthest[l.TypeID] = far
	}
	return id
}

func (s *Sweep) contradicted(l *Label) int64 {
	on, taken := s.spans[l.EndMS]
	switch {
	case !taken:
		s.spans[l.EndMS] = span{typeID: l.TypeID, id: l.ID}
		return 0
	case on.typeID == l.TypeID:
		return on.other
	case on.other == 0:
		on.other = l.ID
		s.spans[l.EndMS] = on
	}
	return on.id
}

// emptied returns an empty map: the same one, unless it got large. Clearing takes time by the room that a map has, not
// by what is in it.
func emptied[K comparable, V any](m map[K]V) map[K]V {
	const large = 1 << 10
	if len(m) > large {
		return make(map[K]V)
	}
	clear(m)
	return m
}
