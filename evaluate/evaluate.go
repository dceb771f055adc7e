// Package evaluate measures how good predictions, annotators and models are.
//
//   - [AgainstSet], [AgainstPart] and [Against] compare predictions with reference labels: precision, recall, F1, error
//     rates, and the mistakes themselves.
//   - [AgreeSets] and [Agree] compare two annotators: F1 and Cohen's kappa.
//   - [CompareRuns] puts recorded trainings side by side.
//
// What was missed or wrong is where to listen again before the next version of the labels:
//
//	result, err := evaluate.AgainstSet(ctx, store, set.ID, predictions, nil)
//	if err != nil {
//		return err
//	}
//	fmt.Println("F1", result.Micro.F1)
//	for _, m := range result.Mistakes {
//		if m.Kind == evaluate.Deletion {
//			fmt.Println("missed:", m.Reference.ArtifactType, "in", m.Reference.AudioFileID, "at", m.Reference.StartMS, "ms")
//		}
//	}
//
// To measure a model by audio that it has not learned from, take the test part of a published set:
//
//	training, err := store.TrainingSet(ctx, set.ID)
//	...
//	part, err := training.Part(annoset.Split{Seed: 1, Train: 0.8, Validation: 0.1, Test: 0.1}, annoset.Test)
//	...
//	result, err := evaluate.AgainstPart(ctx, part, predictions, nil)
//
// Labels come as iter.Seq2[annoset.Annotation, error], in any order: [annoset.Store.Annotations] of the same store or
// of another one, a file that package labelfile reads, or a slice.
//
// # Which audio files are evaluated
//
// Those that the reference has examined: the files that it labels, and those that it marks as clean, where every
// prediction is wrong. Predictions on other files are counted in [Result.SkippedPredictions] and otherwise ignored,
// because nobody may have labeled these files yet. [Options] can choose other files.
//
// # When a prediction is right
//
// It has the artifact type of a reference label and matches its time. [Matching] chooses one of three ways:
//
//   - By events, the default: the prediction starts within a tolerance, the collar, of the label's start, and ends
//     within a collar of its end. Predictions and labels are paired one to one.
//   - By IoU: the intersection over union of both, or Jaccard index, is large enough. That is the time that both cover
//     divided by the time that at least one covers. They are paired one to one as well.
//   - By segments: time is cut into segments of one length, a second by default. In each segment, a type is right if
//     both sides have it there.
//
// Events and segments are defined by A. Mesaros, T. Heittola and T. Virtanen in "Metrics for polyphonic sound event
// detection", Applied Sciences 6 (6), 2016. Their program sed_eval (https://github.com/TUT-ARG/sed_eval), with
// event_matching_type='optimal', computes the same figures, except for the differences that [MatchBy], [Matching],
// [Result] and [Ratios] name.
//
// # What the figures mean
//
// A true positive (TP) is a right prediction, a false positive (FP) a wrong one, a false negative (FN) a label that no
// prediction found. Precision is TP / (TP + FP), recall TP / (TP + FN), and F1 is 2 TP / (2 TP + FP + FN).
//
// The error rate counts what it takes to correct the predictions, per label: substitutions (a wrong type in the right
// place), deletions (missed labels) and insertions (wrong predictions). It can exceed 1.
//
// [Result.Micro] has the figures over all labels, so that frequent types weigh most. [Result.Macro] has the means over
// the types, each of the same weight. A figure whose divisor is 0 is undefined, which is not 0: see [Ratio].
//
// # What agreement means
//
// Two annotators sometimes agree by chance. Cohen's kappa corrects for that: 1 is full agreement, 0 is as much as
// chance would bring. It is computed exactly, with each millisecond of audio as one judgment: see [TypeAgreement].
//
// # Memory, time and concurrency
//
// Predictions are held in memory, in about 140 bytes each, and so are the reference of [Against], both sides of [Agree]
// and the second set of [AgreeSets]. A set is otherwise read one audio file at a time, if its store is in a file.
// Matching by events or IoU takes time that grows with the square of the number of labels of one type and audio file
// that lie over one another.
//
// All functions may be called from many goroutines at once, also on one store.
package evaluate

import (
	"context"
	"iter"

	"github.com/annoset/annoset"
)

// DefaultMaxMistakes is how many mistakes a result lists when [Options.MaxMistakes] is 0.
const DefaultMaxMistakes = 1000

// Options configure an evaluation. Nil and the zero value mean the defaults.
type Options struct {
	Matching Matching `json:"matching"` // when a prediction is right

	// AudioFiles, if not nil, are the audio files to evaluate, and no others. One on which the reference says nothing
	// counts as one without labels. Nil means the audio files that the reference has examined: those that it labels and,
	// if it is a set, those that it marks as clean. An empty slice is refused.
	//
	// [AgainstPart] refuses it: the part says which audio files are evaluated.
	AudioFiles []string `json:"audio_files,omitzero"`
	// Everywhere also evaluates the audio files that only predictions name. All predictions there are wrong. It is
	// ignored if AudioFiles is set, and refused by [AgainstPart].
	Everywhere bool `json:"everywhere,omitempty"`

	// MaxMistakes is how many mistakes [Result.Mistakes] lists at most. 0 means [DefaultMaxMistakes]; negative, none.
	MaxMistakes int `json:"max_mistakes,omitempty"`
	// EachMistake, if not nil, is called with every mistake, in order, by the goroutine that evaluates. It may use the
	// store, and write to it. If it returns an error, the evaluation ends with that.
	EachMistake func(Mistake) error `json:"-"`
}

// Result says how good predictions are, measured by a reference. The items that it counts are labels; when matching by
// segments, they are segments in which a type occurs.
type Result struct {
	AudioFiles int64 `json:"audio_files"` // that were evaluated
	// LengthMS is the sum, over these files, of where the last reference label ends, in milliseconds; when matching by
	// segments, of where the last label of either side ends. sed_eval calls it the evaluated length.
	LengthMS int64 `json:"length_ms"`
	// SkippedPredictions lie on audio files that were not evaluated. If there are many of them, the two sides may spell
	// the names of files differently.
	SkippedPredictions int64 `json:"skipped_predictions"`

	Micro Score `json:"micro"` // over all items, whatever their type
	// ByType has every type that a side has on the files that were evaluated. If the reference is a set, it also has
	// every type that the dataset declares; if it is a part, every type in the statistics of its set: those that were
	// declared when it was published, and those of its labels. Substitutions are between types, so here they are 0.
	ByType map[string]Score `json:"by_type"`
	// Macro has the mean of each ratio over the types for which it is defined: the class-wise average of sed_eval. A type
	// that is predicted but never occurs has an F1 of 0 and counts; sed_eval leaves it out.
	Macro Ratios `json:"macro"`

	// Mistakes are the first mistakes, in order of audio file (by bytes) and start. Empty, never nil.
	Mistakes     []Mistake `json:"mistakes"`
	MoreMistakes bool      `json:"more_mistakes"` // there are more than are listed
}

// Score counts items, and has the ratios that follow from the counts.
type Score struct {
	Reference      int64 `json:"reference"`       // TruePositives + FalseNegatives
	Predicted      int64 `json:"predicted"`       // TruePositives + FalsePositives
	TruePositives  int64 `json:"true_positives"`  // right predictions
	FalsePositives int64 `json:"false_positives"` // wrong predictions: Substitutions + Insertions
	FalseNegatives int64 `json:"false_negatives"` // missed: Substitutions + Deletions
	// TrueNegatives are segments in which neither side has the type. It is 0 when labels are matched, where true
	// negatives do not exist.
	TrueNegatives int64 `json:"true_negatives"`

	// Substitutions are pairs of one item of each side that would match if their types were equal. By segments, it is
	// the sum over the segments of the smaller of two numbers: of types that are missed in it, and that are wrong in it.
	Substitutions int64 `json:"substitutions"`
	Deletions     int64 `json:"deletions"`  // missed, and nothing else was predicted in that place
	Insertions    int64 `json:"insertions"` // wrong, and nothing else was to be found in that place

	Ratios
}

// Ratios are figures that follow from counts. More is better, except for the rates. Each is undefined if its divisor is
// 0.
type Ratios struct {
	Precision Ratio `json:"precision"` // TruePositives / Predicted
	Recall    Ratio `json:"recall"`    // TruePositives / Reference; also called sensitivity
	// F1 is 2 TruePositives / (Reference + Predicted). If precision and recall are defined, it is their harmonic mean. If
	// one side is empty, it is 0, the limit of that mean; sed_eval does so for empty predictions with
	// empty_system_output_handling='zero_score'.
	F1 Ratio `json:"f1"`

	// ErrorRate is the sum of the next three rates, and may exceed 1.
	ErrorRate        Ratio `json:"error_rate"`
	SubstitutionRate Ratio `json:"substitution_rate"` // Substitutions / Reference; undefined for a single type
	DeletionRate     Ratio `json:"deletion_rate"`     // Deletions / Reference
	InsertionRate    Ratio `json:"insertion_rate"`    // Insertions / Reference

	// These three are defined only when matching by segments.
	Specificity      Ratio `json:"specificity"`       // TrueNegatives / (TrueNegatives + FalsePositives)
	BalancedAccuracy Ratio `json:"balanced_accuracy"` // (Recall + Specificity) / 2
	Accuracy         Ratio `json:"accuracy"`          // (TruePositives + TrueNegatives) / all
}

// MistakeKind says what is wrong.
type MistakeKind string

// The three kinds of mistakes.
const (
	Substitution MistakeKind = "substitution" // a label of another type is there: a false negative and a false positive
	Deletion     MistakeKind = "deletion"     // nothing was predicted: a false negative
	Insertion    MistakeKind = "insertion"    // nothing is there: a false positive
)

// Mistake is a place where predictions and reference differ. When matching by segments, it is a run of segments in
// which one type is missed or wrong. Then its label covers the whole segments and has no id, and there are deletions
// and insertions only: a substitution shows as one of each.
type Mistake struct {
	Kind       MistakeKind         `json:"kind"`
	Reference  *annoset.Annotation `json:"reference,omitempty"`  // what was to be found; nil for an insertion
	Prediction *annoset.Annotation `json:"prediction,omitempty"` // what was predicted; nil for a deletion
}

// Against compares predictions with a reference that is not a set of a store, such as labels in files of other
// programs. Both come in any order and are held in memory. A reference of labels alone cannot mark audio files as
// clean: name them in Options.AudioFiles, or use [AgainstSet]. Annotation.ID is ignored. Options may be nil.
//
// Errors: an [*annoset.ValidationError] for bad options or labels, which are counted from 0 in the order of their
// stream; the error of a stream or of EachMistake; that of the context.
func Against(ctx context.Context, reference, predictions iter.Seq2[annoset.Annotation, error], opts *Options,
) (Result, error) {
	const op = "evaluate"
	p := &problems{op: op}
	p.given("ctx", ctx != nil)
	e, err := newEvaluator(p, opts)
	if err != nil {
		return Result{}, err
	}
	predicted, err := hold(ctx, op+" predictions", predictions)
	if err != nil {
		return Result{}, err
	}
	held, err := hold(ctx, op+" reference", reference)
	if err != nil {
		return Result{}, err
	}
	return e.run(ctx, held.inOrder(), predicted)
}
