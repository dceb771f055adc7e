package eaf

import (
	"math/bits"
	"slices"

	"github.com/annoset/annoset/labelfile/internal/codec"
)

// The constraints of linguistic types. The format calls them stereotypes.
const (
	timeSubdivision     = "Time_Subdivision"
	includedIn          = "Included_In"
	symbolicSubdivision = "Symbolic_Subdivision"
	symbolicAssociation = "Symbolic_Association"
)

// How many annotations, and how many tiers, may refer to one another in a row. Corpora have five.
const (
	maxGenerations = 1000
	maxTiers       = 100
)

// span is the time of an annotation, once it is known.
type span struct {
	ref        bool // it has no time slots, and takes its times from the annotation that it refers to
	done       bool
	walk       int                // of the timer, when it was met last
	start, end int64              // in the units of the file
	bad        *codec.SyntaxError // why it is unknown
}

// timer computes the times of all annotations of a document as ELAN does, cut to whole units of the file by each
// division.
type timer struct {
	doc   *document
	note  func(codec.Kind, codec.Place, string)
	byID  map[string]int // annotations
	place map[int]place  // of annotations that share the span of the one they refer to
	prev  []int          // of each slot, the last slot up to it that has a time; -1: none
	next  []int
}

// place is the place of an annotation among those that share a span.
type place struct{ i, n int }

func (t *timer) run() {
	t.byID = make(map[string]int, len(t.doc.annotations))
	for i := range t.doc.annotations {
		a := &t.doc.annotations[i]
		if _, twice := t.byID[a.id]; twice {
			a.fail("the annotation "+codec.Quote(a.id)+" again", "an id of its own for each annotation")
			continue
		}
		t.byID[a.id] = i
	}
	t.neighbors()
	t.place = make(map[int]place)
	for _, tier := range t.doc.tiers {
		t.divide(tier)
	}
	for i := range t.doc.annotations {
		t.resolve(i)
	}
}

func (a *annotation) fail(found, expected string) {
	a.span.done, a.span.bad = true, &codec.SyntaxError{Place: a.at, Found: found, Expected: expected}
}

// neighbors finds, for each slot, the slots around it that have a time.
func (t *timer) neighbors() {
	t.prev, t.next = make([]int, len(t.doc.slots)), make([]int, len(t.doc.slots))
	last := -1
	for i, s := range t.doc.slots {
		if s.timed {
			last = i
		}
		t.prev[i] = last
	}
	last = -1
	for i := len(t.doc.slots) - 1; i >= 0; i-- {
		if t.doc.slots[i].timed {
			last = i
		}
		t.next[i] = last
	}
}

// divide finds the annotations of a tier that share the span of the one they refer to.
func (t *timer) divide(tier *eafTier) {
	constraint := t.doc.types[tier.lingType].constraint
	if constraint == symbolicAssociation {
		return
	}
	children := make(map[string][]int)
	for i := tier.first; i < tier.first+tier.n; i++ {
		if a := &t.doc.annotations[i]; a.span.ref {
			children[a.parent] = append(children[a.parent], i)
		}
	}
	for _, all := range children {
		for i, child := range t.inOrder(all) {
			t.place[child] = place{i, len(all)}
		}
	}
}

// inOrder orders annotations that refer to the same one: each names the one before it. If these names form no chain,
// the order of the file counts.
func (t *timer) inOrder(children []int) []int {
	after := make(map[string]int, len(children)) // the annotation after each one
	for _, i := range children {
		a := &t.doc.annotations[i]
		if _, twice := after[a.before]; twice {
			return t.asWritten(children)
		}
		after[a.before] = i
	}
	order := make([]int, 0, len(children))
	for id := ""; len(order) < len(children); {
		i, ok := after[id]
		if !ok {
			return t.asWritten(children)
		}
		order = append(order, i)
		if id = t.doc.annotations[i].id; id == "" {
			return t.asWritten(children)
		}
	}
	return order
}

func (t *timer) asWritten(children []int) []int {
	for _, i := range children {
		if a := &t.doc.annotations[i]; a.before != "" {
			t.note(codec.Repaired, a.at, "no chain of previous annotations: in order of the file")
			break
		}
	}
	return children
}

// resolve finds the times of an annotation, and before them those of the annotations that it refers to.
func (t *timer) resolve(i int) {
	var line []int // each refers to the next one
	walk := i + 1
	for !t.doc.annotations[i].span.done {
		a := &t.doc.annotations[i]
		if !a.span.ref {
			t.align(a)
			break
		}
		parent, ok := t.byID[a.parent]
		if !ok {
			a.fail("a reference to the annotation "+codec.Quote(a.parent)+", which is not there", "one that is")
			break
		}
		if len(line) == maxGenerations || a.span.walk == walk {
			a.fail("annotations that refer to one another without end", "one with time slots at the end")
			break
		}
		a.span.walk = walk
		line = append(line, i)
		i = parent
	}
	for _, k := range slices.Backward(line) {
		t.inherit(k, t.byID[t.doc.annotations[k].parent])
	}
}

// inherit takes the times of the annotation referred to, or a share of them.
func (t *timer) inherit(i, parent int) {
	a, from := &t.doc.annotations[i], &t.doc.annotations[parent].span
	if a.span.done {
		return
	}
	if from.bad != nil || !from.done {
		a.fail("a reference to the annotation "+codec.Quote(a.parent)+", which has no times", "one that has")
		return
	}
	at, shared := t.place[i]
	if !shared {
		at = place{0, 1}
	}
	a.span.done = true
	a.span.start = from.start + share(from.end-from.start, at.i, at.n)
	a.span.end = from.start + share(from.end-from.start, at.i+1, at.n)
}

// share returns d * i / n, rounded down, for i <= n.
func share(d int64, i, n int) int64 {
	if d < 0 {
		return -share(-d, i, n)
	}
	hi, lo := bits.Mul64(uint64(d), uint64(i))
	q, _ := bits.Div64(hi, lo, uint64(n))
	return int64(q)
}

// align takes the times of an annotation from its slots.
func (t *timer) align(a *annotation) {
	ids, times := [2]string{a.slot1, a.slot2}, [2]int64{}
	for k, id := range ids {
		s, ok := t.doc.slotByID[id]
		if !ok {
			a.fail("the time slot "+codec.Quote(id)+", which is not there", "one of TIME_ORDER")
			return
		}
		if times[k], ok = t.timeOf(a.tier, s, 0); !ok {
			a.fail("the time slot "+codec.Quote(id)+" without a time, and none after it has one", "a time before or after it")
			return
		}
	}
	a.span.done, a.span.start, a.span.end = true, times[0], times[1]
}

// timeOf returns the time of a slot. A slot without a time lies between its neighbors, all at equal distances: the
// neighbors in the chain of annotations on the tier, or on a tier above, and on a top tier those in TIME_ORDER. This
// is ELAN's TierImpl.proposeTimeFor.
func (t *timer) timeOf(tier *eafTier, slot, depth int) (int64, bool) {
	if s := t.doc.slots[slot]; s.timed {
		return s.time, true
	}
	parent := t.doc.tierByID[tier.parent]
	if tier.parent == "" || parent == nil || depth == maxTiers {
		return t.inTimeOrder(slot)
	}
	if tier.chain == nil {
		tier.chain = t.newChain(tier)
	}
	return tier.chain.timeOf(t, parent, slot, depth)
}

func (t *timer) inTimeOrder(slot int) (int64, bool) {
	prev, next := t.prev[slot], t.next[slot]
	if next < 0 {
		return 0, false
	}
	begin := int64(0)
	if prev >= 0 {
		begin = t.doc.slots[prev].time
	}
	step := (t.doc.slots[next].time - begin) / int64(next-prev)
	return begin + int64(slot-prev)*step, true
}

// chain is the annotations of a tier by their slots.
type chain struct {
	after, before map[int]int // the slot at the other end of the annotation that begins, or ends, at a slot
	known         map[int]proposal
}

type proposal struct {
	time int64
	ok   bool
}

func (t *timer) newChain(tier *eafTier) *chain {
	c := &chain{after: make(map[int]int, tier.n), before: make(map[int]int, tier.n), known: make(map[int]proposal)}
	for i := tier.first; i < tier.first+tier.n; i++ {
		a := &t.doc.annotations[i]
		begin, ok1 := t.doc.slotByID[a.slot1]
		end, ok2 := t.doc.slotByID[a.slot2]
		if a.span.ref || !ok1 || !ok2 {
			continue
		}
		if _, twice := c.after[begin]; !twice {
			c.after[begin] = end
		}
		if _, twice := c.before[end]; !twice {
			c.before[end] = begin
		}
	}
	return c
}

// timeOf finds the time of a slot, and of all others between the same two neighbors: slots that have a time, or the
// ends of the chain, whose time the tier above knows.
func (c *chain) timeOf(t *timer, parent *eafTier, slot, depth int) (int64, bool) {
	if known, ok := c.known[slot]; ok {
		return known.time, known.ok
	}
	line := c.walk(t, slot, c.before)
	slices.Reverse(line)
	line = append(line, c.walk(t, slot, c.after)[1:]...)
	last := len(line) - 1
	begin, ok1 := c.neighbor(t, parent, line[0], depth)
	end, ok2 := c.neighbor(t, parent, line[last], depth)
	for i, s := range line {
		p := proposal{begin, ok1}
		switch {
		case i == last && i > 0:
			p = proposal{end, ok2}
		case i > 0 && ok1 && ok2:
			p.time += int64(i) * ((end - begin) / int64(last))
		case i > 0:
			p.time, p.ok = t.inTimeOrder(s)
		}
		c.known[s] = p
	}
	return c.known[slot].time, c.known[slot].ok
}

// walk returns the slots from one up to a neighbor.
func (c *chain) walk(t *timer, slot int, way map[int]int) []int {
	line := []int{slot}
	for range len(way) { // a chain that is a circle ends all the same
		next, ok := way[slot]
		if !ok {
			break
		}
		slot = next
		line = append(line, slot)
		if _, known := c.known[slot]; known || t.doc.slots[slot].timed {
			break
		}
	}
	return line
}

func (c *chain) neighbor(t *timer, parent *eafTier, slot, depth int) (int64, bool) {
	if known, ok := c.known[slot]; ok {
		return known.time, known.ok
	}
	return t.timeOf(parent, slot, depth+1)
}
