package contest

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Step is one piece of work that is measured.
type Step string

// The steps, in the order in which they are made.
const (
	StepImport       Step = "import"
	StepFirstPublish Step = "first publish"
	StepNewVersion   Step = "new version"
	StepFsyncs       Step = "bare fsyncs"
	StepEdits        Step = "edits"
	StepStatistics   Step = "statistics of the draft"
	StepPublish      Step = "publish after edits"
	StepDiff         Step = "diff"
	StepReadAll      Step = "read all"
	StepReadFile     Step = "read one file"
	StepMoreVersions Step = "more versions"
	StepLaterNew     Step = "new version, later"
	StepLaterPublish Step = "publish, later"
	StepLastAll      Step = "read all, last version"
	StepFirstFile    Step = "read one file, first version"
	StepLastFile     Step = "read one file, last version"
)

// Disk is a moment at which the room on disk is measured.
type Disk string

// The moments. Settled is after [Contestant.Settle].
const (
	DiskOne         Disk = "one version"
	DiskOneSettled  Disk = "one version, settled"
	DiskLast        Disk = "all versions"
	DiskLastSettled Disk = "all versions, settled"
)

// Line is one line of what a contestant's program prints: one of its fields is set.
type Line struct {
	About   *About       `json:"about,omitempty"`
	Now     Step         `json:"now,omitempty"` // begins now
	Measure *Measurement `json:"measure,omitempty"`
	Disk    *DiskUse     `json:"disk,omitempty"`
	Found   *Finding     `json:"found,omitempty"`
	Failed  string       `json:"failed,omitempty"`
}

// Measurement is what one step took. A step that was made several times has several samples.
type Measurement struct {
	Step Step `json:"step"`
	// Samples are durations in nanoseconds.
	Samples []time.Duration `json:"samples_ns"`
	// PeakBytes is the most memory that the program had during the step, resident; 0 where the system does not tell.
	PeakBytes int64 `json:"peak_bytes"`
}

// DiskUse is the size of all files of the store.
type DiskUse struct {
	When  Disk  `json:"when"`
	Bytes int64 `json:"bytes"`
}

// Finding is what a contestant found, for comparison with the others.
type Finding struct {
	FirstDraft Statistics `json:"statistics_of_first_draft"`
	Draft      Statistics `json:"statistics_of_draft"`
	Last       Statistics `json:"statistics_of_last_version"`
	Changes    Changes    `json:"changes"`
	Contents   string     `json:"contents_of_last_version"` // number and hash of its labels
}

// reporter writes lines for the program that started this one.
type reporter struct{ enc *json.Encoder }

func newReporter(w io.Writer) *reporter { return &reporter{json.NewEncoder(w)} }

func (r *reporter) send(l Line) error {
	if err := r.enc.Encode(l); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
