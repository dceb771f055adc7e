package annoset

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/sweep"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// Severity is how serious a finding of a check is.
type Severity string

// The severities, lowest first.
const (
	SeverityInfo    Severity = "info"    // worth knowing
	SeverityWarning Severity = "warning" // often a mistake, sometimes intended
	SeverityError   Severity = "error"   // always a mistake
)

// FindingKind is the kind of a finding.
type FindingKind string

// The kinds of findings, in the order of a [Report]. Labels are compared within one audio file; an earlier label is
// earlier in order of start and id.
const (
	// FindingDuplicate is a label with the same type, span, confidence and extra data as an earlier one. Extra data is the
	// same if [Store.Export] writes it the same. A duplicate is not compared with further labels, since the earlier one
	// is. An error.
	FindingDuplicate FindingKind = "duplicate"
	// FindingPastEnd is a label that ends after its audio file. The store accepts none, but another program may have
	// written one. An error.
	FindingPastEnd FindingKind = "past_end"
	// FindingOverlap is a label that shares time with an earlier one of its type. There is one finding for each such
	// label, however many it overlaps. Labels that only touch share no time, and point events never do. A warning.
	FindingOverlap FindingKind = "overlap"
	// FindingContradiction is a label with exactly the span of an earlier one of another type. There is one finding for
	// each such label. A warning.
	FindingContradiction FindingKind = "contradiction"
	// FindingTooShort and FindingTooLong are labels whose length is outside [CheckOptions.Lengths]. Warnings.
	FindingTooShort FindingKind = "too_short"
	FindingTooLong  FindingKind = "too_long"
	// FindingLowConfidence is a label with a confidence below [CheckOptions.MinConfidence]. A warning.
	FindingLowConfidence FindingKind = "low_confidence"
	// FindingUnusedType is an artifact type that the dataset declares and no label of the set has. A warning.
	FindingUnusedType FindingKind = "unused_type"
	// FindingUnlabelledFile is an audio file that [Store.AddAudioFiles] has registered and this set has not examined: it
	// has no label and no clean mark. A warning.
	FindingUnlabelledFile FindingKind = "unlabelled_audio_file"
	// FindingPoint is a label of no length. Point events are valid; they are counted for those who want none. An info.
	FindingPoint FindingKind = "point"
)

// Severity returns how serious findings of this kind are.
func (k FindingKind) Severity() Severity {
	switch k {
	case FindingDuplicate, FindingPastEnd:
		return SeverityError
	case FindingPoint:
		return SeverityInfo
	}
	return SeverityWarning
}

// Length bounds the length of labels, in milliseconds. Both bounds are inclusive.
type Length struct {
	MinMS int64 `json:"min_ms"` // 0: no bound
	MaxMS int64 `json:"max_ms"` // 0: no bound
}

// DefaultMaxListed is how many findings of each kind a [Report] lists when [CheckOptions.MaxListed] is 0.
const DefaultMaxListed = 100

// CheckOptions configure [Store.Check]. Nil and the zero value mean the defaults.
type CheckOptions struct {
	// FailAt is the lowest severity that fails the check, by default [SeverityError]. With [SeverityInfo] any finding
	// fails it.
	FailAt Severity `json:"fail_at,omitempty"`
	// Lengths bounds the length of labels by artifact type. Labels of other types may have any length.
	Lengths map[string]Length `json:"lengths,omitempty"`
	// MinConfidence is the lowest confidence accepted, in [0, 1]. Nil accepts any. A label without confidence is always
	// accepted.
	MinConfidence *float64 `json:"min_confidence,omitempty"`
	// MaxListed is how many findings of each kind the report lists, by default [DefaultMaxListed]. It counts all of them.
	MaxListed int `json:"max_listed,omitempty"`
}

// Finding is one thing that a check has found.
type Finding struct {
	Kind         FindingKind `json:"kind"`
	Severity     Severity    `json:"severity"`
	AudioFileID  string      `json:"audio_file_id,omitempty"` // empty for an unused type
	ArtifactType string      `json:"artifact_type,omitempty"` // empty for an audio file without labels
	// Annotations are the labels concerned: the earlier label it was compared with, if any, and last the label that was
	// found. Empty, never nil, for an unused type or an audio file without labels.
	Annotations []Annotation `json:"annotations"`
	Message     string       `json:"message"` // for people to read
}

// Report is the result of a check. It is a copy: later changes in the store do not show in it.
type Report struct {
	SetID            uuid.UUID `json:"set_id"`
	Version          int       `json:"version"`
	TotalAnnotations int64     `json:"total_annotations"` // labels checked: all of the set
	FailAt           Severity  `json:"fail_at"`           // the lowest severity that fails
	Failed           bool      `json:"failed"`            // there are findings at or above FailAt
	// Both maps count all findings, listed or not, and have every kind and severity, zeros included.
	FindingsByKind     map[FindingKind]int64 `json:"findings_by_kind"`
	FindingsBySeverity map[Severity]int64    `json:"findings_by_severity"`
	// Findings lists the first [CheckOptions.MaxListed] findings of each kind. Kinds are in the order of declaration,
	// errors first; within a kind, labels are in order of audio file, start and id, types as declared, audio files by id.
	// Empty, never nil.
	Findings []Finding `json:"findings"`
}

// CheckError reports that a set to publish failed its check. It unwraps to [ErrCheckFailed].
type CheckError struct {
	Op     string `json:"op"`
	Report Report `json:"report"`
}

func (e *CheckError) Error() string {
	text := fmt.Sprintf("annoset: %s %q: %s: version %d has %s", e.Op, e.Report.SetID, valid.Bare(ErrCheckFailed),
		e.Report.Version, strings.Join(e.Report.failures(), ", "))
	if len(e.Report.Findings) > 0 {
		text += "; first, " + e.Report.Findings[0].Message
	}
	return text
}

// Unwrap returns [ErrCheckFailed].
func (e *CheckError) Unwrap() error { return ErrCheckFailed }

// Check looks for mistakes in a set, draft or published: duplicates, overlaps, contradictions, odd lengths, low
// confidence, types and audio files without labels. It changes nothing. [FindingKind] lists what it finds. With
// [PublishOptions.Check], publishing requires that a check passes. Options may be nil.
//
// It reads every label of the set once. In memory it holds the labels of one audio file that start in the same
// millisecond, the findings listed, and a number for each audio file.
//
// Errors: [ErrNotFound]; a [*ValidationError] if an option is invalid, or if the dataset has a vocabulary and
// CheckOptions.Lengths a type that is not in it. A failed check is not an error: see [Report].
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

var severities = []Severity{SeverityInfo, SeverityWarning, SeverityError}

var findingKinds = []FindingKind{
	FindingDuplicate, FindingPastEnd, FindingOverlap, FindingContradiction, FindingTooShort, FindingTooLong,
	FindingLowConfidence, FindingUnusedType, FindingUnlabelledFile, FindingPoint,
}

// check returns what is wrong with the options, as far as that needs no store.
func (o *CheckOptions) check(op string) error {
	p := &problems{op: op}
	if o.FailAt != "" && !slices.Contains(severities, o.FailAt) {
		p.Add(-1, "fail_at", "is %s, not one of %q", valid.Brief(string(o.FailAt)), severities)
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

// newReport returns the report of a check without findings.
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

// conclude adds up the counts and takes the listed findings.
func (r *Report) conclude(listed map[FindingKind][]Finding) {
	for _, kind := range findingKinds {
		n := r.FindingsByKind[kind]
		r.FindingsBySeverity[kind.Severity()] += n
		r.Failed = r.Failed || n > 0 && r.fails(kind)
		r.Findings = append(r.Findings, listed[kind]...)
	}
}

// fails reports whether a finding of this kind fails the check.
func (r *Report) fails(kind FindingKind) bool {
	return slices.Index(severities, kind.Severity()) >= slices.Index(severities, r.FailAt)
}

// failures returns the kinds of findings that fail the check, each with its count.
func (r *Report) failures() []string {
	var out []string
	for _, kind := range findingKinds {
		if n := r.FindingsByKind[kind]; n > 0 && r.fails(kind) {
			out = append(out, fmt.Sprintf("%d %s", n, kind))
		}
	}
	return out
}

// checkToPublish returns an error if a draft fails its check.
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

// checker is one check in progress.
type checker struct {
	*reader.Reader
	op        string
	opts      *CheckOptions
	maxListed int
	lengths   map[int64]Length // by type
	sweep     *sweep.Sweep

	used   map[int64]bool     // types that labels have
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

// compare checks a label against the earlier ones.
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
		other, found, err := reader.ByID(ctx, c.Tx, c.Set.LayerID, pair.other)
		if err == nil && !found {
			err = fmt.Errorf("%w: label %d was read and is not found", ErrCorrupt, pair.other)
		}
		if err != nil {
			return err
		}
		first, second := c.annotation(f, &other.LabelRow), c.annotation(f, row)
		c.list(pair.kind, f.Name, second.ArtifactType, []Annotation{first, second}, "%s %s %s",
			labelAt(&second), pair.what, labelAt(&first))
	}
	return nil
}

// alone adds a finding about a single label.
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

// labelAt describes a label in words.
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

// count counts a finding, and reports whether there is room to list it.
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
