// Package annoset keeps versioned labels on audio files in one SQLite file. It does for labels what a version control
// system does for code: edit a draft, publish it, and it never changes again. So you know, years later, exactly which
// labels trained which model.
//
// A [Store] holds everything: [Open] opens one in a file, [OpenMemory] one in memory. A [Dataset] is a collection of
// audio files that are labeled together. An [AnnotationSet] is a numbered version (v1, v2, v3…) of all labels of a
// dataset. An [Annotation] is one label: an audio file, an artifact type, a start and an end in milliseconds, and
// optionally a confidence and extra data. In this documentation, label is short for annotation.
//
// # Life of a set
//
// [Store.CreateSet] makes an empty draft. A draft can be edited and deleted, but not used for training. [Store.Add],
// [Store.Import] and [Store.CopyAnnotations] add labels; [Store.Update] and [Store.Delete] change and remove them.
// [ImportOptions] can skip labels that the set already has, and add clean marks and audio files in the same
// transaction. [Store.Annotations] reads labels in a loop, [Store.Page] page by page, and [Store.Examined] by audio
// file.
//
// [Store.MarkClean] marks an audio file as clean: examined, and without any artifact. Training needs the difference
// between such a file and one that nobody has labeled yet. Clean marks belong to a set as labels do.
//
// [Store.Check] looks for mistakes. [Store.Publish] computes statistics and digest and locks the set forever;
// [PublishOptions] can require that it passes a check. [Store.TrainingSet] opens published sets, and only those, for
// training.
//
// To improve labels, make a new version with [Store.NewVersion], fix it and publish it. A version stores only what it
// changes, so making one takes the same short time for ten labels and for ten million. About every eighth time it takes
// longer, because the changes of several versions are folded together to keep reading fast.
//
// A label keeps its id from version to version: the same id in v2 and v3 is the same label. Ids and version numbers are
// never reused, even after a draft is deleted.
//
// # The iteration loop
//
// [Store.Diff] lists what changed between two sets, [Store.ChangeLog] describes it in Markdown, and
// [Store.AnnotationHistory] follows one label through all versions. [DiffStores] compares sets of two stores by the
// contents of their labels.
//
// Where several people work, [Store.As] signs what each of them does. A dataset can require that other people
// [Store.Approve] a draft before it is published. An approval is for exactly what the reviewer saw; the next edit voids
// it.
//
// [TrainingSet.Part] splits a published set by audio file into parts for training, validation and test, which stay the
// same in every version. [Store.RecordTraining] records which model was trained on a set, and [Store.Tag] marks the set
// in use. Both are kept beside the set, and their history never changes.
//
// # Beside the store
//
// Three packages stand beside this one:
//
//   - [github.com/annoset/annoset/labelfile] reads and writes labels in the files of other programs: labelfile.Import
//     and labelfile.Export with a store, labelfile.Read and labelfile.Write without one.
//   - [github.com/annoset/annoset/evaluate] measures how good labels are: evaluate.AgainstSet compares predictions with
//     a set, evaluate.AgreeSets two annotators with each other, and evaluate.CompareRuns the metrics of training runs.
//   - [github.com/annoset/annoset/annosettest] has fixtures for the tests of programs that use annoset.
//
// # What never changes
//
// Publishing freezes the labels, clean marks, statistics, digest, parent, notes and extra data of a set. Every attempt
// to change them, or to delete the set or its dataset, returns an [*ImmutableError]. Triggers in the file refuse it to
// every other program too.
//
// The digest identifies the contents: equal labels have an equal digest in every store, on every machine.
// [Store.Export] writes a set as plain files that the program sha256sum verifies, down to the digest, without annoset.
// [Store.Verify] verifies a set within the store.
//
// # Times and statistics
//
// Times are whole milliseconds from the beginning of the audio file, and spans are half open: a label reaches from
// StartMS up to, but not including, EndMS. A label with equal start and end is a point event: it is counted, but covers
// no time. A confidence is in [0, 1], or absent, which is not the same as 0. [Stats] says what is counted.
//
// # Transactions and concurrency
//
// Each method that writes is one transaction: all of it happens, or nothing. What it has written when it returns
// survives a loss of power (see [Durability]). A method that returns an error has written nothing. If the disk reports
// a failed commit, the outcome is unknown until the store is reopened: all or nothing.
//
// A [Store] is safe for concurrent use by many goroutines, and several stores, in one process or in many, may use the
// same file. One call writes at a time; the others wait, up to [Options.BusyTimeout]. Readers do not wait, and nobody
// waits for them, unless the log grows large (see [Open]). Each read sees one state of the store; [Store.View] gives
// several reads the same state. An iterator shows one state however long its loop runs, and the loop's body may write
// to the store. Methods take a context and end soon after it ends, with nothing half done.
//
// # Errors
//
// Each method lists its errors. Errors of the context and of the store itself may come from any method: [ErrClosed],
// [ErrBusy], [ErrReadOnly], [ErrFull], [ErrMoved], [ErrCorrupt]. Errors unwrap to the sentinels of this package, for
// errors.Is. Those with facts are structs, for errors.AsType: [*ImmutableError], [*DraftError], [*NotFoundError],
// [*ExistsError], [*ValidationError], [*CheckError], [*ApprovalError], [*OwnWorkError], [*StaleError],
// [*HasLabelsError].
//
// # Limits
//
// Names and audio file ids have at most [MaxNameBytes] bytes, notes and extra data at most [MaxTextBytes]. Times are at
// most [MaxTimeMS]. All text is valid UTF-8 without NUL, and is compared and sorted by bytes.
//
// A file holds as many labels as the disk has room for, and memory does not grow with their number. It grows with
//
//   - the number of artifact types;
//   - the audio files that an import names or that a publish finds changed, by about 200 bytes each;
//   - the labels of one audio file that start in the same millisecond, by about 400 bytes each, when publishing
//     or checking;
//   - the audio files that a diff reads, by their names and the labels of a few of them;
//   - the labels that versions have removed, and the labels of one audio file, when versions are folded together.
//
// A store in memory also buffers what an iterator yields and what an import reads.
//
// annoset is not a server, does not open audio files, and does not train models.
package annoset

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Status is the state of a set: draft or published.
type Status string

// The two states of a set. A draft may become published; a published set stays published.
const (
	StatusDraft     Status = "draft"     // can be edited and deleted, but not used for training
	StatusPublished Status = "published" // locked forever, ready for training
)

// MaxTimeMS is the latest time in an audio file, in milliseconds: about 278 years, large enough for Unix times, and
// small enough that sums do not overflow.
const MaxTimeMS = 1 << 43

// MaxNameBytes is the maximum length of a name, an audio file id or an artifact type, and MaxTextBytes that of a
// description, notes or extra data, in bytes of UTF-8.
const (
	MaxNameBytes = 1 << 16
	MaxTextBytes = 1 << 24
)

// ArtifactType is one entry of a dataset's vocabulary: something that a label can say.
type ArtifactType struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Color       string `json:"color"` // any text, such as "#ff8800"; annoset does not interpret it
}

// NewDataset describes a dataset to create.
type NewDataset struct {
	Name          string          `json:"name"` // unique in the store, not empty
	Description   string          `json:"description"`
	ArtifactTypes []ArtifactType  `json:"artifact_types"`       // empty: labels may have any type
	ExtraData     json.RawMessage `json:"extra_data,omitempty"` // a JSON object, or nil
	// RequiredApprovals is how many people must approve a draft before it can be published: see [Store.Approve].
	RequiredApprovals int `json:"required_approvals"`
}

// Dataset is a collection of audio files that are labeled together.
type Dataset struct {
	ID            uuid.UUID       `json:"id"`
	Name          string          `json:"name"`
	Description   string          `json:"description"`
	ArtifactTypes []ArtifactType  `json:"artifact_types"` // in the order of declaration; empty, never nil
	ExtraData     json.RawMessage `json:"extra_data,omitempty"`
	CreatedAt     time.Time       `json:"created_at"` // UTC, in milliseconds, as all times here
	UpdatedAt     time.Time       `json:"updated_at"`
	// RequiredApprovals is how many people must approve a draft before it can be published: see [Store.Approve].
	RequiredApprovals int `json:"required_approvals"`
}

// DatasetPatch describes changes to a dataset. A nil field leaves its value as it is.
type DatasetPatch struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`
	// ArtifactTypes, if not nil, replaces the whole vocabulary, in this order. An empty slice removes the vocabulary:
	// labels may then have any type.
	ArtifactTypes []ArtifactType `json:"artifact_types,omitzero"`
	// ExtraData, if not nil, replaces the extra data. JSON null, or an empty slice, removes it.
	ExtraData json.RawMessage `json:"extra_data,omitzero"`
	// RequiredApprovals, if not nil, applies from now on, to existing drafts too.
	RequiredApprovals *int `json:"required_approvals,omitempty"`
}

// AudioFile is an audio file of a dataset. annoset never opens it.
type AudioFile struct {
	ID         string `json:"id"`          // any name that the user gives it
	DurationMS int64  `json:"duration_ms"` // 0: not known
}

// NewSet describes a set to create. The zero value has no notes and no extra data.
type NewSet struct {
	Notes     string          `json:"notes"`
	ExtraData json.RawMessage `json:"extra_data,omitempty"` // a JSON object, or nil
}

// SetPatch describes changes to a draft. A nil field leaves its value as it is.
type SetPatch struct {
	Notes *string `json:"notes,omitempty"`
	// ExtraData, if not nil, replaces the extra data. JSON null, or an empty slice, removes it.
	ExtraData json.RawMessage `json:"extra_data,omitzero"`
}

// AnnotationSet is a numbered version of all labels of a dataset. It is a copy: later changes in the store do not show
// in it.
type AnnotationSet struct {
	ID        uuid.UUID `json:"id"`
	DatasetID uuid.UUID `json:"dataset_id"`
	Version   int       `json:"version"` // from 1, per dataset; never given twice
	Status    Status    `json:"status"`
	// ParentID is the set that this one was made from, or nil. A parent that was a draft may have been deleted since.
	ParentID  *uuid.UUID      `json:"parent_id"`
	Notes     string          `json:"notes"`
	ExtraData json.RawMessage `json:"extra_data,omitempty"`
	// Stats of a draft are computed by the call that returns it; those of a published set were computed by publishing.
	Stats
	Digest      string     `json:"digest"` // "sha256:" and 64 hexadecimal digits; empty in a draft
	CreatedAt   time.Time  `json:"created_at"`
	PublishedAt *time.Time `json:"published_at"` // nil in a draft
	// Revision grows, by any amount, with every change of the contents: labels, clean marks, notes, extra data. If two
	// revisions of a set are equal, so are the contents. A review is for one revision.
	Revision  int64  `json:"revision"`
	CreatedBy string `json:"created_by"` // empty if unsigned, as all signatures; see Store.As
	// EditedBy has everybody who changed the contents, in order of name. An empty name stands for unsigned edits. Empty,
	// never nil.
	EditedBy    []string `json:"edited_by"`
	PublishedBy string   `json:"published_by"` // empty in a draft too
}

// SetFilter selects sets, and pages through them. The zero SetFilter selects all.
type SetFilter struct {
	Status       Status `json:"status,omitempty"`        // empty: both
	AfterVersion int    `json:"after_version,omitempty"` // selects higher version numbers only
	Limit        int    `json:"limit,omitempty"`         // at most this many sets; 0: all
}

// Annotation is one label: the audio file has this artifact from StartMS up to, but not including, EndMS.
type Annotation struct {
	// ID is unique in the store and never reused. A version keeps the ids of the set that it is made from: the same id in
	// two versions is the same label.
	ID           int64  `json:"id"`
	AudioFileID  string `json:"audio_file_id"`
	ArtifactType string `json:"artifact_type"`
	StartMS      int64  `json:"start_ms"` // 0 <= StartMS <= EndMS <= MaxTimeMS
	EndMS        int64  `json:"end_ms"`   // equal to StartMS: a point event, which is counted, but covers no time
	// Confidence is in [0, 1]. Nil means that there is none, which is not the same as 0.
	Confidence *float64        `json:"confidence"`
	ExtraData  json.RawMessage `json:"extra_data,omitempty"` // a JSON object, kept as it was given, or nil
}

// Filter selects labels to read or copy. The zero Filter selects all. A label must pass every field that is set.
type Filter struct {
	AudioFileIDs  []string `json:"audio_file_ids,omitempty"` // any of these; empty: all
	ArtifactTypes []string `json:"artifact_types,omitempty"` // any of these; empty: all
	// FromMS and ToMS select labels that touch the span [FromMS, ToMS); ToMS 0 means no end. A label that ends at FromMS
	// does not touch it, but a point event there does. Reading takes time for all labels of an audio file that start
	// before ToMS, because a long one may reach into the span.
	FromMS int64 `json:"from_ms,omitempty"`
	ToMS   int64 `json:"to_ms,omitempty"`
	// MinConfidence and MaxConfidence are inclusive. If either is set, a label without confidence does not pass.
	MinConfidence *float64 `json:"min_confidence,omitempty"`
	MaxConfidence *float64 `json:"max_confidence,omitempty"`
}

// Position is the key of the last label of a page. The zero Position is before the first label.
type Position struct {
	AudioFileID string `json:"audio_file_id"`
	StartMS     int64  `json:"start_ms"`
	ID          int64  `json:"id"`
}

// Page is a part of what [Store.Annotations] yields.
type Page struct {
	Annotations []Annotation `json:"annotations"` // empty, never nil
	Next        Position     `json:"next"`        // pass it to read the next page
	More        bool         `json:"more"`        // there is a next page
	// Revision is the revision of the set when the page was read: see [AnnotationSet.Revision].
	Revision int64 `json:"revision"`
}

// Examined is an audio file that a set has examined: one that has labels or is marked as clean.
type Examined struct {
	AudioFile
	Clean       bool         `json:"clean"`       // examined, and without any label
	Annotations []Annotation `json:"annotations"` // those that pass the filter, by start and id; empty, never nil
}
