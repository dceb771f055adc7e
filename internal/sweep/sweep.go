// Package sweep compares the labels of an audio file with one another in one pass.
//
// Labels must be added in order of start, and each is compared with those before it. Spans are half open: labels that
// touch do not overlap, and a label of length zero overlaps nothing. A sweep remembers one label of each type, and
// those that start in the same millisecond. So it takes time in proportion to the number of labels, however many
// overlap.
package sweep

import (
	"github.com/annoset/annoset/internal/canonical"
	"github.com/annoset/annoset/internal/label"
)

// Label is one label of an audio file. Its id must not be 0. Types are compared by TypeID, not by Label.Type.
type Label struct {
	label.Label
	TypeID int64
}

// Earlier has the ids of earlier labels that conflict with a label, 0 where there is none.
type Earlier struct {
	// Same is the first label that equals this one in all but the id. Extra data may be spelled another way. If there is
	// one, this label is not compared further: whatever it conflicts with, that one does too.
	Same int64
	// Overlapped is a label of the same type that overlaps this one. Of several it is one that ends last.
	Overlapped int64
	// Contradicted is the first label with the same span and another type.
	Contradicted int64
}

// Sweep compares labels, file by file. It must be used by one goroutine at a time.
type Sweep struct {
	file     int
	furthest map[int64]furthest // by type

	first    Label             // of the labels that start together
	together int               // how many start together
	same     map[content]int64 // ids of the labels that start together; not filled until there are two
	spans    map[int64]span    // of the labels that start together, by end
}

// furthest is the label of a type that ends last so far, in one file.
type furthest struct {
	file      int
	endMS, id int64
}

// content is what labels that start together can have in common.
type content struct {
	endMS, typeID int64
	confidence    float64
	hasConfidence bool
	extraData     string // in canonical form
}

// span has the id and the type of the first label with a span, and the id of the first one there of another type.
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

// Add compares the next label, which must not start earlier than the one before. It returns an error if extra data that
// it has to compare is not JSON.
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

// known returns the id of the first label with the same content. If there is none, it remembers l and returns 0.
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

// overlapped returns Earlier.Overlapped for a label, and remembers the label.
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

// contradicted returns Earlier.Contradicted for a label, and remembers the label.
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
