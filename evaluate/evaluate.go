package annoset

import (
	"context"
	"iter"
)

// DefaultMaxMistakes is how many mistakes an evaluation lists when [EvaluateOptions.MaxMistakes] is 0.
const DefaultMaxMistakes = 1000

// EvaluateOptions tell how predictions are compared with a reference. The zero value, and a nil pointer, are good
// defaults.
type EvaluateOptions struct {
	Matching Matching

	// AudioFiles, if not nil, are the audio files to evaluate, and no others: those of the test part of a split, for
	// example. One that the reference says nothing of counts as one without labels. Nil: those that the reference has
	// examined, which are the ones that it labels and, where it is a set, those that it marks as clean. An empty slice
	// that is not nil evaluates no file.
	AudioFiles []string
	// Everywhere also evaluates the audio files that only predictions name, which are all wrong there. Without it they
	// are not looked at, but for being counted: nobody may have labelled these files. Not looked at if AudioFiles is set.
	Everywhere bool

	// MaxMistakes is how many mistakes Evaluation.Mistakes lists at most. 0: [DefaultMaxMistakes]; negative: none.
	MaxMistakes int
	// EachMistake, if not nil, is called with each mistake of all, in order, from the goroutine that evaluates. An error
	// that it returns ends the evaluation.
	EachMistake func(Mistake) error
}

// Evaluation says how good predictions are, measured by a reference. In what it counts, an item is a label, or, when
// matching by segments, a segment in which a type is.
type Evaluation struct {
	AudioFiles int64 `json:"audio_files"` // evaluated
	// LengthMS is the sum, over these files, of where the last reference label ends; when matching by segments, the last
	// label of either side. sed_eval calls it the evaluated length.
	LengthMS int64 `json:"length_ms"`
	// SkippedPredictions lie on audio files that were not evaluated. If there are many, file ids may be spelled in
	// two ways.
	SkippedPredictions int64 `json:"skipped_predictions"`

	Micro Score `json:"micro"` // over all items, whatever their type
	// ByType has every type of the files that were evaluated, and every one that the dataset declares where the
	// reference is a set. Substitutions are between types, so there are none here.
	ByType map[string]Score `json:"by_type"`
	// Macro are the means over the types, each over those types for which it is defined: the class-wise average. A type that
	// is predicted and never there has an F1 of 0 and counts; sed_eval leaves it out.
	Macro Ratios `json:"macro"`

	// Mistakes are the first ones, in order of audio file (by bytes) and start; MoreMistakes tells that there are others.
	Mistakes     []Mistake `json:"mistakes"` // empty, never nil
	MoreMistakes bool      `json:"more_mistakes"`
}

// Score counts items, and what follows from the counts.
type Score struct {
	Reference      int64 `json:"reference"`       // TruePositives + FalseNegatives
	Predicted      int64 `json:"predicted"`       // TruePositives + FalsePositives
	TruePositives  int64 `json:"true_positives"`  // right predictions
	FalsePositives int64 `json:"false_positives"` // wrong predictions: Substitutions + Insertions
	FalseNegatives int64 `json:"false_negatives"` // missed: Substitutions + Deletions
	// TrueNegatives are segments in which neither side has the type; 0 when matching labels, where there is no such thing.
	TrueNegatives int64 `json:"true_negatives"`

	// Substitutions are items of both sides that would match but for their type. By segments: in each segment as many as
	// the smaller of the numbers of types that are missed, and that are wrong, in it.
	Substitutions int64 `json:"substitutions"`
	Deletions     int64 `json:"deletions"`  // missed, and nothing else predicted in its place
	Insertions    int64 `json:"insertions"` // wrong, and nothing else to find in its place

	Ratios
}

// Ratios are figures in which more is better, but for the rates. Each is undefined where its divisor is 0.
type Ratios struct {
	Precision Ratio `json:"precision"` // TruePositives / Predicted
	Recall    Ratio `json:"recall"`    // TruePositives / Reference; also called sensitivity
	// F1 is 2 TruePositives / (Reference + Predicted): the harmonic mean of precision and recall where both are defined,
	// and 0, which is what it tends to, where one side is empty. sed_eval with empty_system_output_handling='zero_score'
	// does the same for no predictions.
	F1 Ratio `json:"f1"`

	// ErrorRate is the sum of the three that follow, and may exceed 1. SubstitutionRate is undefined by type.
	ErrorRate        Ratio `json:"error_rate"`
	SubstitutionRate Ratio `json:"substitution_rate"` // Substitutions / Reference
	DeletionRate     Ratio `json:"deletion_rate"`     // Deletions / Reference
	InsertionRate    Ratio `json:"insertion_rate"`    // Insertions / Reference

	// These are defined when matching by segments alone.
	Specificity      Ratio `json:"specificity"`       // TrueNegatives / (TrueNegatives + FalsePositives)
	BalancedAccuracy Ratio `json:"balanced_accuracy"` // (Recall + Specificity) / 2
	Accuracy         Ratio `json:"accuracy"`          // (TruePositives + TrueNegatives) / all
}

// MistakeKind says what is wrong.
type MistakeKind string

// The three ways to be wrong.
const (
	Substitution MistakeKind = "substitution" // the label is there, of another type: a false negative and a false positive
	Deletion     MistakeKind = "deletion"     // nothing was predicted: a false negative
	Insertion    MistakeKind = "insertion"    // nothing is there: a false positive
)

// Mistake is where predictions and reference differ: what the next draft, or the next model, must look at. When matching
// by segments, a mistake is a run of segments in which a type is missed, or wrong; its label is made up, has no id and
// reaches over the whole segments, and substitutions are given as what they consist of.
type Mistake struct {
	Kind       MistakeKind `json:"kind"`
	Reference  *Annotation `json:"reference,omitempty"`  // what was to be found; nil: an insertion
	Prediction *Annotation `json:"prediction,omitempty"` // what was found; nil: a deletion
}

// Evaluate compares predictions with a reference, both in any order and from wherever: sets of two stores, files of other
// programs. Both are held in memory, with some 140 bytes a label; [Store.Evaluate] holds the predictions alone, and knows
// clean audio files. Annotation.ID is not looked at. Options may be nil.
//
// Errors: a [*ValidationError] for bad options or labels, these being counted from 0 in the order of their stream; the
// error of a stream or of EachMistake; that of the context.
func Evaluate(ctx context.Context, reference, predictions iter.Seq2[Annotation, error], opts *EvaluateOptions,
) (Evaluation, error) {
	const op = "evaluate"
	e, err := newEvaluator(op, opts)
	if err != nil {
		return Evaluation{}, err
	}
	predicted, err := hold(ctx, op+" predictions", predictions)
	if err != nil {
		return Evaluation{}, err
	}
	held, err := hold(ctx, op+" reference", reference)
	if err != nil {
		return Evaluation{}, err
	}
	return e.run(ctx, held.inOrder(), predicted)
}
