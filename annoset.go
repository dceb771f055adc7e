// Package annoset keeps versioned labels on audio files in one SQLite file, so that you know, years later, exactly
// which labels trained which model. It does for labels what a version control system does for code.
//
// A [Dataset] is a body of audio files that is labelled together. An [AnnotationSet] is a numbered version (v1, v2,
// v3…) of all its labels; an [Annotation] is one label: audio file, artifact type, start and end in milliseconds, and
// optionally a confidence and extra data. A [Store] holds them all.
//
// # Life of a set
//
// [Store.CreateSet] makes an empty draft. A draft is edited freely: [Store.Add], [Store.Import],
// [Store.CopyAnnotations], [Store.Update], [Store.Delete], [Store.MarkClean]. It can be deleted, and no training may
// use it. [Store.Check] looks for mistakes, and [PublishOptions] can make that the condition of publishing.
// [Store.Publish] computes its statistics and its digest and locks it for ever. [Store.TrainingSet] opens a
// published set, and nothing else, for training. To improve labels, make a new version of a set with
// [Store.NewVersion], fix it and publish it: that takes the same short time for ten labels and for ten million,
// because a version keeps only what it changes. (Now and then what several versions changed is folded together, so that
// reading does not slow down.)
//
// A label keeps its id from version to version: the same id in v2 and v3 is the same label. Ids and version numbers
// are never given twice, not even after a draft was deleted.
//
// An audio file can be marked as clean: examined, and without any artifact. That is not the same as a file that nobody
// has labelled yet, and training needs the difference. Marks are contents as labels are.
//
// # The iteration loop
//
// [Store.Diff] tells what changed between two sets, [Store.ChangeLog] says it in Markdown, and [Store.AnnotationHistory] follows
// one label; [DiffStores] compares sets of two stores by what their labels say. Where several people work, [Store.As]
// signs what each does. A dataset can demand that others [Store.Approve] a draft before it is published; an approval speaks
// of exactly what its author saw, and ends with the next edit.
//
// [TrainingSet.Part] splits a published set by audio file into parts for training, validation and test that stay the same
// in every version. [Store.RecordTraining] writes down which model a set made, and [Store.Tag] names the set in use. Both
// are kept beside the set, and their history never changes. [Evaluate] measures predictions against labels and hands back
// what was missed and what was wrong, which is what the next draft must look at; [MeasureAgreement] compares two
// annotators.
//
// # Formats
//
// [Store.ImportFrom] and [Store.ExportTo] take labels from files of other programs and give them back, [ReadLabels] and
// [WriteLabels] do so without a store. [Format] has a table of what survives. Times are never cut or pressed through
// a float, and what is lost is counted in a report with its first places.
//
// # What never changes
//
// Labels, clean marks, statistics, digest, parent, notes and extra data of a published set are frozen. Each attempt to
// change them, or to delete the set or its dataset, is refused by an [*ImmutableError]; triggers in the file refuse it
// to every other program too.
//
// The digest names the contents: equal labels have an equal digest in every store, on every machine. [Store.Export]
// writes a set as plain files which the program sha256sum verifies, down to the digest, with no annoset at hand, and
// [Store.Verify] does the same within the store.
//
// # Times, confidences, statistics
//
// Times are whole milliseconds from the beginning of the audio file, and spans are half open: a label reaches from
// StartMS up to and without EndMS. A label of no length is a point event, which counts and covers nothing. A confidence
// is in [0, 1], or absent, which is not 0. [Stats] says what is counted.
//
// # Transactions and concurrency
//
// Each method that writes is one transaction: all of it happens or nothing, and when it has returned, it survives a
// loss of power (see [Durability]). A method that returns an error has written nothing. The one doubt is a commit that
// the disk itself reports as failed: as with any database, it may yet be there after the next opening, whole.
//
// A [Store] is safe for concurrent use by many goroutines, and one file by several stores, in one process or in several.
// One writes at a time, and the others wait for it, up to [Options.BusyTimeout]; readers neither wait nor are waited
// for. Iterators show one state of the store, however long the loop takes, and its body may write to the store. All
// methods take a context and end soon after it ends, with nothing half done.
//
// # Errors
//
// Errors that a caller can meet are listed with each method; those of the store itself ([ErrClosed], [ErrBusy],
// [ErrReadOnly], [ErrFull], [ErrMoved], [ErrCorrupt]) and of the context may come from any. They unwrap to the sentinels of
// this package, so that errors.Is tells them apart, and where there are facts, come as a struct that bears them:
// [*ImmutableError], [*DraftError], [*NotFoundError], [*ExistsError], [*ValidationError], [*FormatError], [*CheckError],
// [*ApprovalError], [*OwnWorkError], [*StaleError].
//
// # Limits
//
// Names and audio file ids have up to [MaxNameBytes] bytes, notes and extra data up to [MaxTextBytes], times go up to
// [MaxTimeMS]. All text is valid UTF-8 without NUL, and compares and sorts by bytes. A file holds as many labels as the
// disk does. Memory does not grow with their number, but with that of the artifact types, and of the audio files that an
// import names or a publish finds changed (about 200 bytes each); when versions are folded together, with the labels that
// they removed and with those of one audio file. Labels of one audio file that start in the same millisecond are held
// together while they are published or checked (about 400 bytes each). A diff holds the names of the audio files it looks
// at, and the labels of a few of them. Evaluating holds the predictions, about 140 bytes each; measuring agreement the
// second set. Comparing by content, and evaluating by events or IoU, takes time with the square of the labels of one type
// and audio file that lie over one another.
//
// annoset is no server, does not open audio files, and does not train.
package annoset

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Status tells whether a set can still be edited.
type Status string

// The two states of a set. The way leads from draft to published, and never back.
const (
	StatusDraft     Status = "draft"     // can be edited and deleted; no training may use it
	StatusPublished Status = "published" // locked for ever, ready for training
)

// MaxTimeMS is the latest position in an audio file, in milliseconds: about 278 years, so that Unix times fit and
// sums do not overflow.
const MaxTimeMS = 1 << 43

// MaxNameBytes is the longest name, audio file id or artifact type, and MaxTextBytes the longest description, notes
// or extra data, in bytes of UTF-8.
const (
	MaxNameBytes = 1 << 16
	MaxTextBytes = 1 << 24
)

// ArtifactType is one word of a dataset's vocabulary: what a label may say.
type ArtifactType struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Color       string `json:"color"` // any text, "#ff8800" for example; annoset does not read it
}

// NewDataset describes a dataset that is to be created.
type NewDataset struct {
	Name          string          `json:"name"` // unique in the store, not empty
	Description   string          `json:"description"`
	ArtifactTypes []ArtifactType  `json:"artifact_types"`       // none: labels may say anything
	ExtraData     json.RawMessage `json:"extra_data,omitempty"` // a JSON object, or none
	// RequiredApprovals is how many people must approve a draft before it can be published: see [Store.Approve].
	RequiredApprovals int `json:"required_approvals"`
}

// Dataset is a body of audio files that is labelled together.
type Dataset struct {
	ID            uuid.UUID       `json:"id"`
	Name          string          `json:"name"`
	Description   string          `json:"description"`
	ArtifactTypes []ArtifactType  `json:"artifact_types"` // in the order they were declared in; empty, never nil
	ExtraData     json.RawMessage `json:"extra_data,omitempty"`
	CreatedAt     time.Time       `json:"created_at"` // UTC, to the millisecond, as all times here
	UpdatedAt     time.Time       `json:"updated_at"`
	// RequiredApprovals is how many people must approve a draft before it can be published: see [Store.Approve].
	RequiredApprovals int `json:"required_approvals"`
}

// DatasetPatch says what to change of a dataset; what is nil stays.
type DatasetPatch struct {
	Name        *string
	Description *string
	// ArtifactTypes, if not nil, is the whole vocabulary from now on, in this order. An empty one gives the vocabulary
	// up: labels may say anything then.
	ArtifactTypes []ArtifactType
	// ExtraData, if not nil, replaces the extra data; what points to nil removes it.
	ExtraData *json.RawMessage
	// RequiredApprovals counts from now on, for the drafts that there are too.
	RequiredApprovals *int
}

// AudioFile is an audio file of a dataset. annoset never opens it.
type AudioFile struct {
	ID         string `json:"id"`          // the user's own name for it
	DurationMS int64  `json:"duration_ms"` // 0: not known
}

// Examined is an audio file that a set has examined: one that has labels or is marked as clean.
type Examined struct {
	AudioFile
	Clean       bool         `json:"clean"`       // examined, and without any label
	Annotations []Annotation `json:"annotations"` // those that pass the filter, by start and id; empty, never nil
}

// NewSet describes a set that is to be created. The zero value will do.
type NewSet struct {
	Notes     string          `json:"notes"`
	ExtraData json.RawMessage `json:"extra_data,omitempty"` // a JSON object, or none
}

// SetPatch says what to change of a draft; what is nil stays.
type SetPatch struct {
	Notes *string
	// ExtraData, if not nil, replaces the extra data; what points to nil removes it.
	ExtraData *json.RawMessage
}

// AnnotationSet is a numbered version of all the annotations of a dataset. It is a value: what happens in the store
// later does not show in it.
type AnnotationSet struct {
	ID        uuid.UUID `json:"id"`
	DatasetID uuid.UUID `json:"dataset_id"`
	Version   int       `json:"version"` // from 1, per dataset; never given twice
	Status    Status    `json:"status"`
	// ParentID is the set that this one was made from, which may have been deleted since if it was a draft.
	ParentID  *uuid.UUID      `json:"parent_id"`
	Notes     string          `json:"notes"`
	ExtraData json.RawMessage `json:"extra_data,omitempty"`
	// Stats are those of this moment in a draft, and those that publishing computed in a published set.
	Stats
	Digest      string     `json:"digest"` // "sha256:" and 64 hexadecimal digits; empty in a draft
	CreatedAt   time.Time  `json:"created_at"`
	PublishedAt *time.Time `json:"published_at"` // nil in a draft
	// Revision grows, by any amount, with every change of what the set holds: labels, clean marks, notes, extra data.
	// Equal revisions of a set are equal contents, and those that a review speaks of.
	Revision  int64  `json:"revision"`
	CreatedBy string `json:"created_by"` // as all signatures: empty where nobody signed; see Store.As
	// EditedBy are all who changed what the set holds, in order of name; an empty name stands for those who did not
	// sign. Empty, never nil.
	EditedBy    []string `json:"edited_by"`
	PublishedBy string   `json:"published_by"` // empty in a draft too
}

// Annotation is one label: in this audio file, from StartMS up to and without EndMS, there is this artifact.
type Annotation struct {
	// ID is unique in the store and never reused. A version that is made from another one keeps the ids: the same
	// id in two versions is the same label.
	ID           int64  `json:"id"`
	AudioFileID  string `json:"audio_file_id"`
	ArtifactType string `json:"artifact_type"`
	StartMS      int64  `json:"start_ms"` // 0 <= StartMS <= EndMS <= MaxTimeMS
	EndMS        int64  `json:"end_ms"`   // equal to StartMS: a point event, which counts and covers nothing
	// Confidence is in [0, 1]; nil, which is not 0, where there is none.
	Confidence *float64        `json:"confidence,omitempty"`
	ExtraData  json.RawMessage `json:"extra_data,omitempty"` // a JSON object, kept as it was given; or none
}

// Filter narrows what is read or copied. The zero Filter is everything; the fields narrow together.
type Filter struct {
	AudioFileIDs  []string // any of these; empty: all
	ArtifactTypes []string // any of these; empty: all
	// FromMS and ToMS are a span [FromMS, ToMS) that labels must touch; a label that ends where it begins does not.
	// ToMS 0: no end. All labels of an audio file that start before ToMS are read, since a long one may reach into the span.
	FromMS, ToMS int64
	// MinConfidence and MaxConfidence are inclusive. A label without confidence meets neither.
	MinConfidence, MaxConfidence *float64
}

// SetFilter narrows a list of sets, and pages through it. The zero SetFilter is all sets.
type SetFilter struct {
	Status       Status // empty: both
	AfterVersion int    // sets with a higher version number alone
	Limit        int    // at most so many; 0: all
}

// Position is where a page ended: the key of its last label. The zero Position is before the first.
type Position struct {
	AudioFileID string `json:"audio_file_id"`
	StartMS     int64  `json:"start_ms"`
	ID          int64  `json:"id"`
}

// Page is a part of what [Store.Annotations] yields.
type Page struct {
	Annotations []Annotation `json:"annotations"` // empty, never nil
	Next        Position     `json:"next"`        // where the next page begins
	More        bool         `json:"more"`        // there is a next page
	// Revision is that of the set at the moment in which the page was read: see [AnnotationSet.Revision].
	Revision int64 `json:"revision"`
}
