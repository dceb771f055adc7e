package annoset

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/sweep"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// Severity is how much a finding of a check matters.
type Severity string

// The severities, the lowest first.
const (
	SeverityInfo    Severity = "info"    // worth knowing
	SeverityWarning Severity = "warning" // often a mistake, and sometimes meant
	SeverityError   Severity = "error"   // always a mistake
)

var severities = []Severity{SeverityInfo, SeverityWarning, SeverityError}

// FindingKind tells what a check has found.
type FindingKind string

// What a check finds, in the order of a [Report]. "Earlier" is in order of start and id, within one audio file.
const (
	// FindingDuplicate is a label that says what an earlier one says: type, span, confidence and extra data are the same,
	// however the extra data is spelled, so that both have the same line in [Store.Export]. It is compared with no other
	// label: what it has to do with them, the earlier one has too. An error.
	FindingDuplicate FindingKind = "duplicate"
	// FindingPastEnd is a label that ends after its audio file does. The store takes none, but another program may have
	// written one. An error.
	FindingPastEnd FindingKind = "past_end"
	// FindingOverlap is a label that shares time with an earlier one of its type; one finding for each such label, however
	// many it overlaps. Labels that touch share no time, nor does a point with anything. A warning.
	FindingOverlap FindingKind = "overlap"
	// FindingContradiction is a label that has exactly the span of an earlier one of another type; one finding for each
	// such label. A warning.
	FindingContradiction FindingKind = "contradiction"
	// FindingTooShort and FindingTooLong are labels outside [CheckOptions.Lengths]. Warnings.
	FindingTooShort FindingKind = "too_short"
	FindingTooLong  FindingKind = "too_long"
	// FindingLowConfidence is a label below [CheckOptions.MinConfidence]. A warning.
	FindingLowConfidence FindingKind = "low_confidence"
	// FindingUnusedType is an artifact type that the dataset declares and no label of the set bears. A warning.
	FindingUnusedType FindingKind = "unused_type"
	// FindingUnlabelledFile is an audio file that was registered by [Store.AddAudioFiles] and in this set neither bears a
	// label nor is marked as clean: nobody has looked at it yet. A warning.
	FindingUnlabelledFile FindingKind = "unlabelled_audio_file"
	// FindingPoint is a label of no length. Points are labels like others; here they are counted for those who want none.
	// An info.
	FindingPoint FindingKind = "point"
)

var findingKinds = []FindingKind{
	FindingDuplicate, FindingPastEnd, FindingOverlap, FindingContradiction, FindingTooShort, FindingTooLong,
	FindingLowConfidence, FindingUnusedType, FindingUnlabelledFile, FindingPoint,
}

// Severity returns how much findings of this kind matter.
func (k FindingKind) Severity() Severity {
	switch k {
	case FindingDuplicate, FindingPastEnd:
		return SeverityError
	case FindingPoint:
		return SeverityInfo
	}
	return SeverityWarning
}

// Length bounds how long the labels of a type are, in milliseconds, both bounds included.
type Length struct {
	MinMS int64 // 0: no bound
	MaxMS int64 // 0: no bound
}

// DefaultMaxListed is how many findings of each kind a [Report] lists when [CheckOptions.MaxListed] is 0.
const DefaultMaxListed = 100

// CheckOptions tell what a check looks for, and when it fails. The zero value, and a nil pointer, are good defaults.
type CheckOptions struct {
	// FailAt is the lowest severity that fails the check, [SeverityError] by default. With [SeverityInfo] the check
	// passes only if nothing at all is found.
	FailAt Severity
	// Lengths says how long labels are, by artifact type. Labels of a type that is not in it may have any length.
	Lengths map[string]Length
	// MinConfidence is the lowest confidence, in [0, 1], that is no finding. A label without confidence is none. Nil: no
	// confidence is.
	MinConfidence *float64
	// MaxListed is how many findings of each kind are listed, [DefaultMaxListed] by default. All are counted.
	MaxListed int
}

// Finding is one thing that a check has found.
type Finding struct {
	Kind         FindingKind `json:"kind"`
	Severity     Severity    `json:"severity"`
	AudioFileID  string      `json:"audio_file_id,omitempty"` // empty of an unused type
	ArtifactType string      `json:"artifact_type,omitempty"` // of the label that was found; empty of an unlabelled file
	// Annotations are the labels concerned: an earlier one that it was compared with, if any, and last the one that was
	// found. Of an unused type or an unlabelled file there are none; empty, never nil.
	Annotations []Annotation `json:"annotations"`
	Message     string       `json:"message"` // a sentence for people
}

// Report is what a check has found in a set. It is a value: what happens in the store later does not show in it.
type Report struct {
	SetID            uuid.UUID `json:"set_id"`
	Version          int       `json:"version"`
	TotalAnnotations int64     `json:"total_annotations"` // labels that were looked at: all of the set
	FailAt           Severity  `json:"fail_at"`           // the lowest severity that fails
	Failed           bool      `json:"failed"`            // something was found at or above it
	// Both maps are complete, whatever is listed, and have every kind and severity, zeros included.
	FindingsByKind     map[FindingKind]int64 `json:"findings_by_kind"`
	FindingsBySeverity map[Severity]int64    `json:"findings_by_severity"`
	// Findings lists the first [CheckOptions.MaxListed] of each kind: kinds in the order they are declared in, errors
	// first; labels in order of audio file, start and id, types as declared, files by id. Empty, never nil.
	Findings []Finding `json:"findings"`
}

// check finds what is wrong with the options, apart from the store.
func (o *CheckOptions) check(op string) error {
	p := &problems{op: op}
	if o.FailAt != "" && !slices.Contains(severities, o.FailAt) {
		p.Add(-1, "fail_at", "is %s, none of %q", valid.Brief(string(o.FailAt)), severities)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Lengths)) {
		switch l := o.Lengths[name]; {
		case l.MinMS < 0 || l.MaxMS < 0:
			p.Add(-1, "lengths", "of %s have a negative bound", valid.Brief(name))
		case l.MaxMS > 0 && l.MinMS > l.MaxMS:
			p.Add(-1, "lengths", "of %s are at least %d and at most %d", valid.Brief(name), l.MinMS, l.MaxMS)
		}
	}
	if o.MinConfidence != nil {
		p.Confidence(-1, "min_confidence", *o.MinConfidence)
	}
	if o.MaxListed < 0 {
		p.Add(-1, "max_listed", "is negative: %d", o.MaxListed)
	}
	return p.err()
}

// newReport returns the report of a check that has found nothing yet.
func newReport(failAt Severity) Report {
	r := Report{
		FailAt: failAt, FindingsByKind: make(map[FindingKind]int64), FindingsBySeverity: make(map[Severity]int64),
		Findings: []Finding{},
	}
	if failAt == "" {
		r.FailAt = SeverityError
	}
	for _, kind := range findingKinds {
		r.FindingsByKind[kind] = 0
	}
	return r
}

// conclude sums up what was counted and takes what was listed.
func (r *Report) conclude(listed map[FindingKind][]Finding) {
	for _, kind := range findingKinds {
		n := r.FindingsByKind[kind]
		r.FindingsBySeverity[kind.Severity()] += n
		r.Failed = r.Failed || n > 0 && r.fails(kind)
		r.Findings = append(r.Findings, listed[kind]...)
	}
}

// fails tells whether a finding of a kind fails the check.
func (r *Report) fails(kind FindingKind) bool {
	return slices.Index(severities, kind.Severity()) >= slices.Index(severities, r.FailAt)
}

// failures says how many findings of which kinds fail the check.
func (r *Report) failures() []string {
	var out []string
	for _, kind := range findingKinds {
		if n := r.FindingsByKind[kind]; n > 0 && r.fails(kind) {
			out = append(out, fmt.Sprintf("%d %s", n, kind))
		}
	}
	return out
}

// Check looks for mistakes in a set, draft or published: duplicates, overlaps, contradictions, odd lengths, low
// confidence, types and audio files without labels. It changes nothing. [FindingKind] says what each finding is;
// [PublishOptions.Check] makes a check the condition of publishing.
//
// It reads every label of the set once, file by file, and holds those of one audio file that start in the same
// millisecond, those that the report lists, and a number for each audio file. Options may be nil.
//
// Errors: [ErrNotFound]; a [*ValidationError] if an option is bad, also if Lengths has a type that the dataset does not
// declare, though it declares some. A check that fails is no error: see [Report].
func (s *Store) Check(ctx context.Context, setID uuid.UUID, opts *CheckOptions) (Report, error) {
	const op = "check"
	if opts == nil {
		opts = &CheckOptions{}
	}
	if err := opts.check(op); err != nil {
		return Report{}, err
	}
	var out Report
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		set, err := findSet(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		out, err = checkSet(ctx, tx, op, &set, setID, opts)
		return err
	})
	return orZero(out, err)
}

// checkToPublish refuses a draft that fails its check.
func checkToPublish(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow, setID uuid.UUID,
	opts *CheckOptions,
) error {
	report, err := checkSet(ctx, tx, op, set, setID, opts)
	if err == nil && report.Failed {
		err = &CheckError{Op: op, Report: report}
	}
	return err
}

func checkSet(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow, setID uuid.UUID,
	opts *CheckOptions,
) (Report, error) {
	c, err := newChecker(ctx, tx, op, set, opts)
	if err != nil {
		return Report{}, err
	}
	c.report.SetID, c.report.Version = setID, set.Version
	if err := tx.SeenFiles(ctx, set.LayerID, func(f *sqlite.SeenFile) error { return c.file(ctx, f) }); err != nil {
		return Report{}, err
	}
	c.unusedTypes()
	if err := c.unlabelledFiles(ctx); err != nil {
		return Report{}, err
	}
	c.report.conclude(c.listed)
	return c.report, nil
}

// checker is one check under way.
type checker struct {
	*reader.Reader
	op        string
	opts      *CheckOptions
	maxListed int
	lengths   map[int64]Length // by type
	sweep     *sweep.Sweep

	used   map[int64]bool     // types that labels bear
	looked map[int64]struct{} // audio files with labels, and clean ones
	report Report
	listed map[FindingKind][]Finding
}

func newChecker(ctx context.Context, tx *sqlite.ReadTx, op string, set *sqlite.SetRow, opts *CheckOptions,
) (*checker, error) {
	r, err := reader.New(ctx, tx, set, reader.Filter{})
	if err != nil {
		return nil, err
	}
	c := &checker{
		Reader: r, op: op, opts: opts, maxListed: opts.MaxListed, lengths: make(map[int64]Length, len(opts.Lengths)),
		sweep: sweep.New(), used: make(map[int64]bool), looked: make(map[int64]struct{}),
		report: newReport(opts.FailAt), listed: make(map[FindingKind][]Finding),
	}
	if c.maxListed == 0 {
		c.maxListed = DefaultMaxListed
	}
	p := &problems{op: op}
	for _, name := range slices.Sorted(maps.Keys(opts.Lengths)) {
		if len(r.Types.Vocabulary) > 0 && !slices.Contains(r.Types.Vocabulary, name) {
			p.Add(-1, "lengths", "are of %s, which the dataset does not declare", valid.Brief(name))
		}
		if id, known := r.Types.ByName[name]; known {
			c.lengths[id] = opts.Lengths[name]
		}
	}
	return c, p.err()
}

// file checks the labels of one audio file.
func (c *checker) file(ctx context.Context, f *sqlite.SeenFile) error {
	c.sweep.BeginFile()
	before := c.report.TotalAnnotations
	err := c.File(ctx, f, sqlite.Span{}, func(row *sqlite.LabelRow) error {
		c.report.TotalAnnotations++
		c.used[row.TypeID] = true
		c.label(f, row)
		return c.compare(ctx, f, row)
	})
	if f.Clean || c.report.TotalAnnotations > before {
		c.looked[f.ID] = struct{}{}
	}
	return err
}

// label checks a label by itself.
func (c *checker) label(f *sqlite.SeenFile, row *sqlite.LabelRow) {
	length, bounds := row.EndMS-row.StartMS, c.lengths[row.TypeID]
	if length == 0 {
		c.alone(FindingPoint, f, row, "has no length")
	}
	if length < bounds.MinMS {
		c.alone(FindingTooShort, f, row, "is %d ms long, shorter than %d", length, bounds.MinMS)
	}
	if bounds.MaxMS > 0 && length > bounds.MaxMS {
		c.alone(FindingTooLong, f, row, "is %d ms long, longer than %d", length, bounds.MaxMS)
	}
	if f.DurationMS > 0 && row.EndMS > f.DurationMS {
		c.alone(FindingPastEnd, f, row, "ends past the end of the file at %d", f.DurationMS)
	}
	if least := c.opts.MinConfidence; least != nil && row.HasConfidence && row.Confidence < *least {
		c.alone(FindingLowConfidence, f, row, "has a confidence of %v, lower than %v", row.Confidence, *least)
	}
}

// compare checks a label against those that came before it.
func (c *checker) compare(ctx context.Context, f *sqlite.SeenFile, row *sqlite.LabelRow) error {
	earlier, err := c.sweep.Add(&sweep.Label{Label: reader.LabelOf(f.Name, "", row), TypeID: row.TypeID})
	if err != nil {
		return err
	}
	for _, pair := range [...]struct {
		kind  FindingKind
		other int64
		what  string
	}{
		{FindingDuplicate, earlier.Same, "says the same as"},
		{FindingOverlap, earlier.Overlapped, "overlaps"},
		{FindingContradiction, earlier.Contradicted, "has the same span as"},
	} {
		if pair.other == 0 || !c.count(pair.kind) {
			continue
		}
		other, err := findLabel(ctx, c.Tx, c.op, c.Set, pair.other)
		if err != nil {
			return err
		}
		first, second := c.annotation(f, &other.LabelRow), c.annotation(f, row)
		c.list(pair.kind, f.Name, second.ArtifactType, []Annotation{first, second}, "%s %s %s",
			labelAt(&second), pair.what, labelAt(&first))
	}
	return nil
}

// alone takes a finding that concerns one label.
func (c *checker) alone(kind FindingKind, f *sqlite.SeenFile, row *sqlite.LabelRow, format string, args ...any) {
	if c.count(kind) {
		a := c.annotation(f, row)
		c.list(kind, f.Name, a.ArtifactType, []Annotation{a}, "%s %s", labelAt(&a), fmt.Sprintf(format, args...))
	}
}

func (c *checker) annotation(f *sqlite.SeenFile, row *sqlite.LabelRow) Annotation {
	l := c.Label(f.Name, row)
	return annotationOf(&l)
}

// labelAt says in words which label it is.
func labelAt(a *Annotation) string {
	return fmt.Sprintf("label %d (%s at [%d, %d) ms of %s)", a.ID, valid.Brief(a.ArtifactType), a.StartMS, a.EndMS,
		valid.Brief(a.AudioFileID))
}

func (c *checker) unusedTypes() {
	for _, name := range c.Types.Vocabulary {
		if !c.used[c.Types.ByName[name]] && c.count(FindingUnusedType) {
			c.list(FindingUnusedType, "", name, []Annotation{}, "type %s is declared, and no label has it", valid.Brief(name))
		}
	}
}

func (c *checker) unlabelledFiles(ctx context.Context) error {
	return c.Tx.EachRegisteredFile(ctx, c.Set.DatasetID, func(id int64, name string) error {
		if _, looked := c.looked[id]; !looked && c.count(FindingUnlabelledFile) {
			c.list(FindingUnlabelledFile, name, "", []Annotation{}, "audio file %s has no label and is not marked as clean",
				valid.Brief(name))
		}
		return nil
	})
}

// count counts a finding, and tells whether there is room to list it.
func (c *checker) count(kind FindingKind) bool {
	c.report.FindingsByKind[kind]++
	return len(c.listed[kind]) < c.maxListed
}

func (c *checker) list(kind FindingKind, audioFileID, artifactType string, labels []Annotation, format string,
	args ...any,
) {
	c.listed[kind] = append(c.listed[kind], Finding{
		Kind: kind, Severity: kind.Severity(), AudioFileID: audioFileID, ArtifactType: artifactType, Annotations: labels,
		Message: fmt.Sprintf(format, args...),
	})
}
