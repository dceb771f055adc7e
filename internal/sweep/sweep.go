// Package sweep compares the labels of an audio file with one another in one pass over them.
//
// Labels must come in order of start, and each is compared with earlier ones. Spans are half open: labels that
// touch share no time, and a label of no length shares none with any other. One label of each type is held, and those
// that start in the same millisecond, so the time grows with the number of labels, however many overlap.
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

// Earlier has the ids of earlier labels that conflict with a label, 0 where there is none.
type Earlier struct {
	// Same is the first label that equals this one in all but the id. Extra data may be spelled another way. If there is
	// one, this label is not compared further: whatever it conflicts with, that one does too.
	Same int64
	// Overlapped shares time with this label and has the same type. Of several it is one that ends last.
	Overlapped int64
	// Contradicted is the first label with the same span and another type.
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

// span has the first label with a span, and the first of another type than that one.
type span struct {
	typeID, id, other int64
}

// New returns a Sweep without labels.
func New() *Sweep {
	return &Sweep{furthest: make(map[int64]furthest), same: make(map[content]int64), spans: make(map[int64]span)}
}

// BeginFile must be called before the labels of each audio file.
func (s *Sweep) BeginFile() {
	s.file++
	s.together = 0
}

// Add compares the next label, which must not start earlier than the one before.
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

// emptied returns an empty map: the same one, unless it has grown large. Clearing takes time for the capacity of a map,
// not for its contents.
func emptied[K comparable, V any](m map[K]V) map[K]V {
	const large = 1 << 10
	if len(m) > large {
		return make(map[K]V)
	}
	clear(m)
	return m
}
