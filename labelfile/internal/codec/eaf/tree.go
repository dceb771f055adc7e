package eaf

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/annoset/annoset/labelfile/internal/codec"
	"github.com/annoset/annoset/labelfile/internal/codec/tier"
	"github.com/annoset/annoset/labelfile/internal/decimal"
)

// tierFields are the fields that all labels of a tier share.
var tierFields = [...]string{
	participantField, annotatorField, typeField, constraintField, parentTierField, vocabularyField, languageField,
	localeField,
}

// isID reports whether a text can be the id of an annotation in XML.
var isID = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`).MatchString

var isSlotID = regexp.MustCompile(`^ts[0-9]+$`).MatchString

// tree is the tiers to write.
type tree struct {
	tiers  []*outTier
	byName map[string]*outTier
	ids    map[string]*outLabel
	lastID int64 // the highest number in ids as ELAN makes them
	origin int64 // of the time line in the audio file, in milliseconds
	first  int64 // the earliest start
}

// outTier is the labels that name one tier.
type outTier struct {
	name   string
	fields map[string]string
	labels []*outLabel
	lanes  [][]*outLabel // the tiers that they are written to
	parent *outTier      // nil if there is none, or the labels do not fit it
	state  state
}

// state says how far a tier has been linked to the one above it.
type state int

const (
	unlinked state = iota
	linking
	linked
)

// outLabel is a label to write.
type outLabel struct {
	text           string
	startMS, endMS int64
	extra          *tier.Extra
	id             string // empty: to be made
	parent, before *outLabel
	slots          [2]*outSlot
}

func newTree() *tree {
	return &tree{byName: make(map[string]*outTier), ids: make(map[string]*outLabel), first: math.MaxInt64}
}

// add adds a label to its tier.
func (t *tree) add(a *codec.Annotation, extra *tier.Extra) {
	l := &outLabel{text: held(a.Type), startMS: a.StartMS, endMS: a.EndMS, extra: extra}
	name := cmp.Or(field(extra, tier.NameField), tier.Default)
	if name == tier.Default {
		extra.Lose(tier.NameField) // whatever it says, it is not read back
	}
	ot := t.byName[name]
	if ot == nil {
		ot = &outTier{name: name, fields: make(map[string]string)}
		t.byName[name] = ot
		t.tiers = append(t.tiers, ot)
	}
	for _, f := range tierFields {
		value := field(extra, f)
		switch known, ok := ot.fields[f]; {
		case value == "":
		case f == typeField && isDefaultType(value):
			extra.Lose(f) // as above
		case !ok:
			ot.fields[f] = value
		case known != value:
			extra.Lose(f)
		}
	}
	t.identify(l)
	ot.labels = append(ot.labels, l)
	t.first = min(t.first, l.startMS)
	switch origin := extra.Whole(originField); {
	case origin == 0:
	case t.origin == 0 && -maxOrigin <= origin && origin <= maxOrigin:
		t.origin = origin
	case t.origin != origin:
		extra.Lose(originField)
	}
}

// maxOrigin is the farthest origin of a time line that is written: farther than any time.
const maxOrigin = 1 << 44

// fitOrigin gives the origin up if a label starts before it, because time lines begin at 0.
func (t *tree) fitOrigin() {
	if t.first >= t.origin {
		return
	}
	t.origin = 0
	for _, ot := range t.tiers {
		for _, l := range ot.labels {
			l.extra.Lose(originField)
		}
	}
}

// field returns a member of the extra data that XML can hold, and counts it as written.
func field(extra *tier.Extra, name string) string {
	value, ok := extra.Text(name)
	if ok && (value == "" || held(value) != value) {
		extra.Lose(name)
		return ""
	}
	return value
}

// identify keeps the id of a label if it can be one.
func (t *tree) identify(l *outLabel) {
	id := field(l.extra, idField)
	if id == "" {
		return
	}
	if !isID(id) || isSlotID(id) || isOwnID(id) || t.ids[id] != nil {
		l.extra.Lose(idField)
		return
	}
	l.id, t.ids[id] = id, l
	if n, err := strconv.ParseInt(strings.TrimPrefix(id, "a"), 10, 64); err == nil && n > t.lastID && id[0] == 'a' {
		t.lastID = n
	}
}

// link puts each tier below the one that it names, if its labels lie there as its constraint demands. Otherwise it
// stands alone, and its labels have times of their own.
func (t *tree) link() {
	for _, ot := range t.tiers {
		ot.spread()
	}
	for _, ot := range t.tiers {
		t.linkTier(ot, 0)
	}
}

// spread spreads labels that overlap over further tiers.
func (ot *outTier) spread() {
	spans := make([]tier.Span, len(ot.labels))
	for i, l := range ot.labels {
		spans[i] = tier.Span{Start: decimal.FromMS(l.startMS), End: decimal.FromMS(l.endMS), Text: l.text}
	}
	order := tier.Sort(spans)
	at, n := tier.Spread(spans, order)
	ot.lanes = make([][]*outLabel, n)
	for _, i := range order {
		ot.lanes[at[i]] = append(ot.lanes[at[i]], ot.labels[i])
	}
}

func (t *tree) linkTier(ot *outTier, depth int) {
	if ot.state != unlinked {
		return
	}
	ot.state = linking
	parent := t.byName[ot.fields[parentTierField]]
	if parent != nil && parent.state == unlinked && depth < maxTiers {
		t.linkTier(parent, depth+1)
	}
	if parent != nil && parent.state == linked && len(parent.lanes) == 1 && len(ot.lanes) == 1 && t.fits(ot, parent) {
		ot.parent = parent
	} else {
		ot.unlink()
	}
	ot.state = linked
}

// unlink makes a tier stand alone.
func (ot *outTier) unlink() {
	delete(ot.fields, constraintField)
	delete(ot.fields, parentTierField)
	for _, l := range ot.labels {
		l.parent, l.before = nil, nil
		l.extra.Lose(constraintField, parentTierField, parentField)
	}
}

// isRef reports whether the labels of a tier take their times from others.
func (ot *outTier) isRef() bool {
	c := ot.fields[constraintField]
	return ot.parent != nil && (c == symbolicAssociation || c == symbolicSubdivision)
}

// fits reports whether the labels of a tier lie in those of another as its constraint demands.
func (t *tree) fits(ot, parent *outTier) bool {
	switch ot.fields[constraintField] {
	case symbolicAssociation, symbolicSubdivision:
		return t.fitRefs(ot, parent)
	case includedIn:
		return fitWithin(ot, parent, false)
	case timeSubdivision:
		return fitWithin(ot, parent, true)
	}
	return false
}

// fitRefs finds the annotation that each label refers to, and reports whether its times follow from it.
func (t *tree) fitRefs(ot, parent *outTier) bool {
	above := make(map[*outLabel]bool, len(parent.labels))
	for _, l := range parent.labels {
		above[l] = true
	}
	children := make(map[*outLabel][]*outLabel)
	for _, l := range ot.lanes[0] {
		id, _ := l.extra.Text(parentField)
		if l.parent = t.ids[id]; l.parent == nil || !above[l.parent] {
			return false
		}
		children[l.parent] = append(children[l.parent], l)
	}
	one := ot.fields[constraintField] == symbolicAssociation
	for p, all := range children {
		for i, l := range all {
			if i > 0 {
				l.before = all[i-1]
			}
			d := p.endMS - p.startMS
			if one && i > 0 || l.startMS != p.startMS+share(d, i, len(all)) || l.endMS != p.startMS+share(d, i+1, len(all)) {
				return false
			}
		}
	}
	return true
}

// fitWithin reports whether each label lies within one of the tier above and, if whole is set, they leave nothing of
// it free.
func fitWithin(ot, parent *outTier, whole bool) bool {
	above := parent.lanes[0]
	var last *outLabel // the last label, in the same parent
	for _, l := range ot.lanes[0] {
		i, found := slices.BinarySearchFunc(above, l.startMS, func(p *outLabel, ms int64) int {
			return cmp.Compare(p.startMS, ms)
		})
		if !found {
			i--
		}
		if i < 0 || l.endMS > above[i].endMS {
			return false
		}
		l.parent = above[i]
		switch starts := last == nil || last.parent != l.parent; {
		case !whole:
		case starts && l.startMS != l.parent.startMS,
			starts && last != nil && last.endMS != last.parent.endMS,
			!starts && l.startMS != last.endMS:
			return false
		}
		last = l
	}
	return !whole || last == nil || last.endMS == last.parent.endMS
}

// held returns a text that XML 1.0 can hold: without control characters other than white space.
func held(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return '\uFFFD'
	}, s)
}
