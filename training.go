package annoset

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// TrainingSet is a published set that is opened for training. What it yields is the same today and in years. It is safe
// for concurrent use, and valid as long as its store is open.
type TrainingSet struct {
	Set AnnotationSet // with statistics and digest, for the record of the training

	store *Store
}

// TrainingSet opens a published set for training. A draft is refused, so that no training uses labels that can still
// change.
//
// Errors: [ErrNotFound]; a [*DraftError].
func (s *Store) TrainingSet(ctx context.Context, setID uuid.UUID) (*TrainingSet, error) {
	const op = "train from set"
	t := &TrainingSet{store: s}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, err := findPublished(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		t.Set, err = readSet(ctx, tx, &row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Annotations yields the labels of the set as [Store.Annotations] does.
func (t *TrainingSet) Annotations(ctx context.Context, f Filter) iter.Seq2[Annotation, error] {
	return t.store.annotations(ctx, "train from set", t.Set.ID, f, findPublished)
}

// CleanAudioFiles yields the audio files known to have no artifact, the negatives, as [Store.CleanAudioFiles] does.
func (t *TrainingSet) CleanAudioFiles(ctx context.Context) iter.Seq2[string, error] {
	return t.store.cleanAudioFiles(ctx, "train from set", t.Set.ID, findPublished)
}

// Examined yields the examined audio files of the set as [Store.Examined] does.
func (t *TrainingSet) Examined(ctx context.Context, f Filter) iter.Seq2[Examined, error] {
	return t.store.examine(ctx, "train from set", t.Set.ID, f, findPublished, nil)
}

// TrainingPart is one part of a published set, by audio file. It is safe for concurrent use if Split.Group is, and
// valid as long as its store is open.
type TrainingPart struct {
	Set   AnnotationSet
	Split Split
	Part  Part

	store *Store
}

// Part opens one part of the set: the audio files that the split puts into it, with their labels and clean marks.
//
// Errors: a [*ValidationError] if there is no such part, or the fractions are invalid.
func (t *TrainingSet) Part(split Split, part Part) (*TrainingPart, error) {
	const op = "train from part"
	if err := split.check(op); err != nil {
		return nil, err
	}
	switch part {
	case Train, Validation, Test:
		return &TrainingPart{Set: t.Set, Split: split, Part: part, store: t.store}, nil
	}
	p := &problems{op: op}
	p.Add(-1, "part", "is %s, not train, validation or test", valid.Brief(string(part)))
	return nil, p.err()
}

// Annotations yields the labels of the part as [Store.Annotations] does. It does not read those of other parts.
//
// Errors: a [*ValidationError] if the filter is invalid.
func (t *TrainingPart) Annotations(ctx context.Context, f Filter) iter.Seq2[Annotation, error] {
	const op = partOp
	return partOf(ctx, t, func(belongs func(string) bool) iter.Seq2[Annotation, error] {
		return sequence(t.store, ctx, op, func(tx *sqlite.ReadTx, yield func(Annotation) error) error {
			if err := f.check(op); err != nil {
				return err
			}
			return t.files(ctx, tx, &f, belongs, func(r *reader.Reader, file *sqlite.SeenFile) error {
				return r.Labels(ctx, file, reader.Position{}, func(l label.Label) error { return yield(annotationOf(&l)) })
			})
		})
	})
}

// AudioFiles yields the audio files of the part that have labels or are clean, in order of id (by bytes). It reads as
// [Store.Annotations] does. To evaluate the part, use evaluate.AgainstPart.
func (t *TrainingPart) AudioFiles(ctx context.Context) iter.Seq2[string, error] {
	return t.names(ctx, func(r *reader.Reader, file *sqlite.SeenFile) (bool, error) {
		if file.Clean {
			return true, nil
		}
		return r.HasLabels(ctx, file)
	})
}

// CleanAudioFiles yields the clean audio files of the part, its negatives, in order of id (by bytes). It reads as
// [Store.Annotations] does.
func (t *TrainingPart) CleanAudioFiles(ctx context.Context) iter.Seq2[string, error] {
	return t.names(ctx, func(_ *reader.Reader, file *sqlite.SeenFile) (bool, error) { return file.Clean, nil })
}

// names yields the audio files of the part that are wanted.
func (t *TrainingPart) names(ctx context.Context, wanted func(*reader.Reader, *sqlite.SeenFile) (bool, error),
) iter.Seq2[string, error] {
	return partOf(ctx, t, func(belongs func(string) bool) iter.Seq2[string, error] {
		return sequence(t.store, ctx, partOp, func(tx *sqlite.ReadTx, yield func(string) error) error {
			return t.files(ctx, tx, &Filter{}, belongs, func(r *reader.Reader, file *sqlite.SeenFile) error {
				ok, err := wanted(r, file)
				if err != nil || !ok {
					return err
				}
				return yield(file.Name)
			})
		})
	})
}

// Examined yields the examined audio files of the part as [Store.Examined] does. It does not read the labels of other
// parts.
func (t *TrainingPart) Examined(ctx context.Context, f Filter) iter.Seq2[Examined, error] {
	return partOf(ctx, t, func(belongs func(string) bool) iter.Seq2[Examined, error] {
		return t.store.examine(ctx, partOp, t.Set.ID, f, findPublished, belongs)
	})
}

const partOp = "train from part"

// partOf yields what read returns, which is told the audio files that belong to the part. The groups of a split are
// asked for before anything is read: a slow Group must not hold the one connection of a store in memory.
func partOf[T any](ctx context.Context, t *TrainingPart, read func(belongs func(string) bool) iter.Seq2[T, error],
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		belongs, err := t.members(ctx)
		if err != nil {
			var zero T
			yield(zero, err)
			return
		}
		read(belongs)(yield)
	}
}

// members returns a function that reports whether an audio file belongs to the part.
func (t *TrainingPart) members(ctx context.Context) (func(string) bool, error) {
	if t.Split.Group == nil {
		return func(audioFileID string) bool { return t.Split.partOf(audioFileID) == t.Part }, nil
	}
	var names []string
	err := t.store.read(ctx, partOp, func(tx *sqlite.ReadTx) error {
		set, err := findPublished(ctx, tx, partOp, t.Set.ID)
		if err != nil {
			return err
		}
		return tx.SeenFiles(ctx, set.LayerID, func(file *sqlite.SeenFile) error {
			names = append(names, file.Name)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	members := make(map[string]bool, len(names))
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, translate(partOp, err)
		}
		members[name] = t.Split.partOf(name) == t.Part
	}
	return func(audioFileID string) bool { return members[audioFileID] }, nil
}

// Split divides audio files into training, validation and test parts. The part of a file depends only on its id (or its
// group), the seed and the fractions. So it is the same in every version of a set, in every store, on every machine,
// whatever other files there are.
//
// The rule, for other programs: take the SHA-256 of the seed in decimal, a zero byte and the key, in UTF-8. The key is
// the group or, if there is none, the audio file id. The first eight bytes are a big-endian number; its highest 53
// bits, divided by 2^53, are a position in [0, 1). Positions below Train are the training part, those below Train +
// Validation (added as 64-bit floats) the validation part, the rest the test part. But the last part whose fraction is
// not 0 takes all that is left. In Python:
//
//	digest = hashlib.sha256(f"{seed}\0{key}".encode()).digest()
//	position = (int.from_bytes(digest[:8], "big") >> 11) / 2**53
//
// On average, each part has its fraction of the keys. With n keys it is within 1/sqrt(n) of that in more than 95 of 100
// cases. The larger the groups, the less exact are the fractions of files. A part whose fraction is made larger keeps
// all its files if it is the training part, or if only its neighbor becomes smaller.
type Split struct {
	Seed uint64 `json:"seed"`
	// Train, Validation and Test are fractions in [0, 1]. Their sum is 1, within 1e-9.
	Train      float64 `json:"train"`
	Validation float64 `json:"validation"`
	Test       float64 `json:"test"`
	// Group, if not nil, names what keeps audio files together: the speaker, the session, the site. All files of a group
	// are in one part. A file whose group is empty is by itself. Group must always return the same for a file. It is
	// called before the part is read, so it may use the store.
	Group func(audioFileID string) string `json:"-"`
}

// PartOf returns the part of an audio file.
//
// Errors: a [*ValidationError] if the fractions are invalid.
func (s Split) PartOf(audioFileID string) (Part, error) {
	if err := s.check("split"); err != nil {
		return "", err
	}
	return s.partOf(audioFileID), nil
}

// Part is one of the parts that a [Split] makes.
type Part string

// The three parts.
const (
	Train      Part = "train"      // to learn from
	Validation Part = "validation" // to choose between models
	Test       Part = "test"       // to measure the chosen model
)

// TrainingRun is the record of one training: which labels made which model, and how good the model is.
// [Store.RecordTraining] ignores the fields that the store fills in.
type TrainingRun struct {
	ID        uuid.UUID `json:"id"`         // filled in by the store
	DatasetID uuid.UUID `json:"dataset_id"` // filled in, as the next three: the set that the model was trained on
	SetID     uuid.UUID `json:"set_id"`
	Version   int       `json:"version"`
	Digest    string    `json:"digest"`

	Model        string          `json:"model"`                // name of the model, not empty
	ModelVersion string          `json:"model_version"`        // may be empty
	Parameters   json.RawMessage `json:"parameters,omitempty"` // a JSON object, kept as it was given, or nil
	// Metrics are numbers by name, such as "f1". NaN and infinity are invalid. Empty, never nil, in a record that was
	// read.
	Metrics   map[string]float64 `json:"metrics"`
	TrainedAt time.Time          `json:"trained_at"` // years 1 to 9999; zero: the time of recording
	ExtraData json.RawMessage    `json:"extra_data,omitempty"`

	RecordedAt time.Time `json:"recorded_at"` // filled in by the store
	RecordedBy string    `json:"recorded_by"` // filled in by the store; empty if unsigned, see Store.As
}

// TrainingFilter selects training runs. The zero TrainingFilter selects all. A run must pass every field that is set.
type TrainingFilter struct {
	SetID        uuid.UUID `json:"set_id,omitzero"`         // the zero id: any
	DatasetID    uuid.UUID `json:"dataset_id,omitzero"`     // the zero id: any
	Model        string    `json:"model,omitempty"`         // empty: any
	ModelVersion string    `json:"model_version,omitempty"` // empty: any
}

// RecordTraining records that a model was trained on a published set, and returns the record. Records are kept forever
// and never changed. A set may train many models, and a model may be trained many times.
//
// Errors: [ErrNotFound]; a [*DraftError] if the set is not published; [*ValidationError].
func (s *Store) RecordTraining(ctx context.Context, setID uuid.UUID, run TrainingRun) (TrainingRun, error) {
	const op = "record training"
	if err := run.check(op); err != nil {
		return TrainingRun{}, err
	}
	metrics, err := json.Marshal(run.Metrics)
	if err != nil {
		return TrainingRun{}, translate(op, err)
	}
	if run.Metrics == nil {
		metrics = []byte("{}")
	}
	var out TrainingRun
	err = s.write(ctx, op, func(tx *sqlite.WriteTx) error {
		set, err := findPublished(ctx, &tx.ReadTx, op, setID)
		if err != nil {
			return err
		}
		now, err := s.stamp(op)
		if err != nil {
			return err
		}
		row := sqlite.RunRow{
			UUID: s.newID().String(), SetID: set.ID, Model: run.Model, ModelVersion: run.ModelVersion,
			Parameters: textOf(run.Parameters), Metrics: string(metrics), ExtraData: textOf(run.ExtraData),
			TrainedMS: run.TrainedAt.UnixMilli(), RecordedMS: now, RecordedBy: s.signature(),
			SetUUID: set.UUID, DatasetUUID: set.DatasetUUID, Version: set.Version, Digest: *set.Digest,
		}
		if run.TrainedAt.IsZero() {
			row.TrainedMS = row.RecordedMS
		}
		if taken, err := tx.RunExists(ctx, row.UUID); err != nil {
			return err
		} else if taken {
			return &ExistsError{Op: op, Kind: "training run", Name: row.UUID}
		}
		if err := tx.InsertRun(ctx, row); err != nil {
			return err
		}
		out, err = runOf(&row)
		return err
	})
	return orZero(out, err)
}

// TrainingRuns returns the training runs that pass the filter, in the order in which they were recorded. By set it
// tells which models a set trained, and by model which sets a model was trained on.
//
// Errors: [ErrNotFound] if the filter names a set or dataset that does not exist.
func (s *Store) TrainingRuns(ctx context.Context, f TrainingFilter) ([]TrainingRun, error) {
	const op = "list training runs"
	out := []TrainingRun{}
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		rowFilter, err := f.row(ctx, tx, op)
		if err != nil {
			return err
		}
		rows, err := tx.Runs(ctx, rowFilter)
		if err != nil {
			return err
		}
		for i := range rows {
			run, err := runOf(&rows[i])
			if err != nil {
				return err
			}
			out = append(out, run)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// files calls fn for the audio files of the part that the filter names.
func (t *TrainingPart) files(ctx context.Context, tx *sqlite.ReadTx, f *Filter, belongs func(string) bool,
	fn func(*reader.Reader, *sqlite.SeenFile) error,
) error {
	set, err := findPublished(ctx, tx, partOp, t.Set.ID)
	if err != nil {
		return err
	}
	r, err := reader.New(ctx, tx, &set, readerFilter(f))
	if err != nil {
		return err
	}
	return r.Files(ctx, reader.Position{}, func(file *sqlite.SeenFile) error {
		if !belongs(file.Name) {
			return nil
		}
		return fn(r, file)
	})
}

// check returns what is wrong with the fractions.
func (s *Split) check(op string) error {
	p := &problems{op: op}
	fraction := func(field string, f float64) {
		if !(f >= 0 && f <= 1) {
			p.Add(-1, field, "is %v, outside [0, 1]", f)
		}
	}
	fraction("train", s.Train)
	fraction("validation", s.Validation)
	fraction("test", s.Test)
	if sum := s.Train + s.Validation + s.Test; len(p.List) == 0 && math.Abs(sum-1) > 1e-9 {
		p.Add(-1, "train, validation and test", "add up to %v, not 1", sum)
	}
	return p.err()
}

func (s *Split) partOf(audioFileID string) Part {
	at := s.position(audioFileID)
	switch {
	case at < s.Train || s.Validation == 0 && s.Test == 0:
		return Train
	case at < s.Train+s.Validation || s.Test == 0:
		return Validation
	}
	return Test
}

// position returns where an audio file lies in [0, 1).
func (s *Split) position(audioFileID string) float64 {
	key := audioFileID
	if s.Group != nil {
		if group := s.Group(audioFileID); group != "" {
			key = group
		}
	}
	const bits = 53 // a float64 holds this many exactly
	sum := sha256.Sum256([]byte(strconv.FormatUint(s.Seed, 10) + "\x00" + key))
	return float64(binary.BigEndian.Uint64(sum[:])>>(64-bits)) / (1 << bits)
}

func (r *TrainingRun) check(op string) error {
	p := &problems{op: op}
	p.Name(-1, "model", r.Model)
	p.Within(-1, "model_version", r.ModelVersion, MaxNameBytes)
	p.Object(-1, "parameters", r.Parameters)
	p.extra(r.ExtraData)
	bytes := 0
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		bytes += len(name)
		if v := r.Metrics[name]; p.Name(-1, "metrics", name) && (math.IsNaN(v) || math.IsInf(v, 0)) {
			p.Add(-1, "metrics."+valid.Brief(name), "is not a number: %v", v)
		}
	}
	if bytes > MaxTextBytes {
		p.Add(-1, "metrics", "have names of %d bytes, more than %d", bytes, MaxTextBytes)
	}
	if year := r.TrainedAt.UTC().Year(); year < 1 || year > 9999 {
		p.Add(-1, "trained_at", "is in the year %d, outside [1, 9999]", year)
	}
	return p.err()
}

// row looks up what the filter names.
func (f *TrainingFilter) row(ctx context.Context, tx *sqlite.ReadTx, op string) (out sqlite.RunFilter, err error) {
	if f.SetID != uuid.Nil {
		set, err := findSet(ctx, tx, op, f.SetID)
		if err != nil {
			return out, err
		}
		out.SetID = &set.ID
	}
	if f.DatasetID != uuid.Nil {
		dataset, err := findDataset(ctx, tx, op, f.DatasetID)
		if err != nil {
			return out, err
		}
		out.DatasetID = &dataset.ID
	}
	if f.Model != "" {
		out.Model = &f.Model
	}
	if f.ModelVersion != "" {
		out.ModelVersion = &f.ModelVersion
	}
	return out, nil
}

func runOf(r *sqlite.RunRow) (TrainingRun, error) {
	run := TrainingRun{
		Version: r.Version, Digest: r.Digest, Model: r.Model, ModelVersion: r.ModelVersion,
		Parameters: jsonOf(r.Parameters), ExtraData: jsonOf(r.ExtraData), TrainedAt: timeOf(r.TrainedMS),
		RecordedAt: timeOf(r.RecordedMS), RecordedBy: nameOf(r.RecordedBy),
	}
	for _, id := range []struct {
		name string
		text string
		to   *uuid.UUID
	}{{"training run", r.UUID, &run.ID}, {"set", r.SetUUID, &run.SetID}, {"dataset", r.DatasetUUID, &run.DatasetID}} {
		var err error
		if *id.to, err = idOf(id.name, id.text); err != nil {
			return TrainingRun{}, err
		}
	}
	if err := json.Unmarshal([]byte(r.Metrics), &run.Metrics); err != nil {
		return TrainingRun{}, fmt.Errorf("%w: metrics: %w", ErrCorrupt, err)
	}
	return run, nil
}
