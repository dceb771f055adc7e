package survey

// tally sums labels that are added file by file, and in order of start within a file.
type tally struct {
	annotations, durationMS, annotated, clean int64

	coverage coverage
	inFile   int64 // labels of the current file
	file     int   // number of the current file, so that the coverage of each type need not be reset
	types    map[int64]*typeTally
	last     *typeTally // of the label before: labels of one type often come together
	lastID   int64
}

// typeTally sums the labels of one type.
type typeTally struct {
	annotations, durationMS int64

	coverage coverage
	file     int // that the coverage is of
}

// coverage is the latest end of the labels so far in one file.
type coverage int64

// extend returns by how many milliseconds a label extends the covered time. No label before it started later.
func (c *coverage) extend(startMS, endMS int64) int64 {
	from := max(startMS, int64(*c))
	if endMS <= from {
		return 0
	}
	*c = coverage(endMS)
	return endMS - from
}

func newTally() *tally { return &tally{types: make(map[int64]*typeTally)} }

func (t *tally) beginFile() {
	t.file++
	t.coverage, t.inFile = 0, 0
}

func (t *tally) add(typeID, startMS, endMS int64) {
	if t.last == nil || t.lastID != typeID {
		t.last, t.lastID = t.types[typeID], typeID
		if t.last == nil {
			t.last = &typeTally{}
			t.types[typeID] = t.last
		}
	}
	ty := t.last
	if ty.file != t.file {
		ty.file, ty.coverage = t.file, 0
	}
	t.annotations++
	t.inFile++
	ty.annotations++
	t.durationMS += t.coverage.extend(startMS, endMS)
	ty.durationMS += ty.coverage.extend(startMS, endMS)
}

func (t *tally) endFile(clean bool) {
	switch {
	case t.inFile > 0:
		t.annotated++
	case clean:
		t.clean++
	}
}

// merge adds the sums of a tally of other files.
func (t *tally) merge(other *tally) {
	t.annotations += other.annotations
	t.durationMS += other.durationMS
	t.annotated += other.annotated
	t.clean += other.clean
	for id, ty := range other.types {
		if t.types[id] == nil {
			t.types[id] = &typeTally{}
		}
		t.types[id].annotations += ty.annotations
		t.types[id].durationMS += ty.durationMS
	}
}
