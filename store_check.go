package annoset

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/sweep"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

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
	*reader
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
	r, err := newReader(ctx, tx, set, &Filter{})
	if err != nil {
		return nil, err
	}
	c := &checker{
		reader: r, op: op, opts: opts, maxListed: opts.MaxListed, lengths: make(map[int64]Length, len(opts.Lengths)),
		sweep: sweep.New(), used: make(map[int64]bool), looked: make(map[int64]struct{}),
		report: newReport(opts.FailAt), listed: make(map[FindingKind][]Finding),
	}
	if c.maxListed == 0 {
		c.maxListed = DefaultMaxListed
	}
	p := &problems{op: op}
	for _, name := range slices.Sorted(maps.Keys(opts.Lengths)) {
		if len(r.types.vocab) > 0 && !slices.Contains(r.types.vocab, name) {
			p.Add(-1, "lengths", "are of %s, which the dataset does not declare", valid.Brief(name))
		}
		if id, known := r.types.byName[name]; known {
			c.lengths[id] = opts.Lengths[name]
		}
	}
	return c, p.err()
}

// file checks the labels of one audio file.
func (c *checker) file(ctx context.Context, f *sqlite.SeenFile) error {
	c.sweep.BeginFile()
	before := c.report.TotalAnnotations
	err := c.tx.EachLabel(ctx, c.stack, f, sqlite.Span{}, func(row *sqlite.LabelRow) error {
		if row.Hidden {
			return nil
		}
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
	earlier, err := c.sweep.Add(&sweep.Label{
		ID: row.ID, StartMS: row.StartMS, EndMS: row.EndMS, TypeID: row.TypeID,
		Confidence: row.Confidence, HasConfidence: row.HasConfidence, ExtraData: row.ExtraData,
	})
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
		other, err := findLabel(ctx, c.tx, c.op, c.set, pair.other)
		if err != nil {
			return err
		}
		first, second := c.annotation(f, &other), c.annotation(f, row)
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

// labelAt says in words which label it is.
func labelAt(a *Annotation) string {
	return fmt.Sprintf("label %d (%s at [%d, %d) ms of %s)", a.ID, valid.Brief(a.ArtifactType), a.StartMS, a.EndMS,
		valid.Brief(a.AudioFileID))
}

func (c *checker) unusedTypes() {
	for _, name := range c.types.vocab {
		if !c.used[c.types.byName[name]] && c.count(FindingUnusedType) {
			c.list(FindingUnusedType, "", name, []Annotation{}, "type %s is declared, and no label bears it", valid.Brief(name))
		}
	}
}

func (c *checker) unlabelledFiles(ctx context.Context) error {
	return c.tx.EachRegisteredFile(ctx, c.set.DatasetID, func(id int64, name string) error {
		if _, looked := c.looked[id]; !looked && c.count(FindingUnlabelledFile) {
			c.list(FindingUnlabelledFile, name, "", []Annotation{}, "audio file %s bears no label and is not marked as clean",
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
