package evaluate

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate/internal/match"
	"github.com/annoset/annoset/evaluate/internal/timeline"
)

// evaluator scores predictions, one audio file after the other.
type evaluator struct {
	op       string
	opts     Options
	rule     match.Rule
	segments int64 // that were compared, in all files
	byType   map[string]*Score
	out      Result
}

// newEvaluator checks options, and returns an error for what is wrong with them and for the problems that p has
// already.
func newEvaluator(p *problems, opts *Options) (*evaluator, error) {
	e := &evaluator{op: p.op, byType: make(map[string]*Score), out: Result{Mistakes: []Mistake{}}}
	if opts != nil {
		e.opts = *opts
	}
	e.opts.Matching.check(p)
	p.audioFiles(e.opts.AudioFiles)
	if err := p.err(); err != nil {
		return nil, err
	}
	e.rule = e.opts.Matching.rule()
	return e, nil
}

// run evaluates all audio files in the scope of the options.
func (e *evaluator) run(ctx context.Context, reference iter.Seq2[annoset.Examined, error], predicted *held,
) (Result, error) {
	files := scope{}
	switch {
	case e.opts.AudioFiles != nil:
		files = scopeOf(e.opts.AudioFiles)
	case e.opts.Everywhere:
		files.extra = predicted.names()
	}
	used := 0
	err := files.walk(reference, predicted, func(ref, pred *annoset.Examined) error {
		used += len(pred.Annotations)
		return e.file(ctx, ref, pred)
	})
	if err != nil {
		return Result{}, wrap(e.op, err)
	}
	e.out.SkippedPredictions = int64(predicted.n - used)
	return e.result(), nil
}

// score returns the score of a type, a new one if the type was not met before.
func (e *evaluator) score(artifactType string) *Score {
	s := e.byType[artifactType]
	if s == nil {
		s = &Score{}
		e.byType[artifactType] = s
	}
	return s
}

// file scores one audio file. Both sides are sorted.
func (e *evaluator) file(ctx context.Context, ref, pred *annoset.Examined) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.out.AudioFiles++
	last := lastEndMS(ref.Annotations)
	if e.opts.Matching.By == MatchSegments {
		e.out.LengthMS += max(last, lastEndMS(pred.Annotations))
		return e.bySegments(ref, pred)
	}
	e.out.LengthMS += last
	return e.byLabels(ctx, ref, pred)
}

// byLabels pairs labels: first within each type, then what is left over, whatever its type.
func (e *evaluator) byLabels(ctx context.Context, ref, pred *annoset.Examined) error {
	refs, preds := indicesByType(ref.Annotations), indicesByType(pred.Annotations)
	var missed, wrong []int
	for _, name := range typesOf(refs, preds) {
		partners, err := e.pair(ctx, ref, refs[name], pred, preds[name])
		if err != nil {
			return err
		}
		m, w := leftOver(refs[name], preds[name], partners)
		missed, wrong = append(missed, m...), append(wrong, w...)
		s := e.score(name)
		s.TruePositives += int64(len(refs[name]) - len(m))
		s.FalseNegatives += int64(len(m))
		s.FalsePositives += int64(len(w))
	}
	slices.Sort(missed)
	slices.Sort(wrong)
	partners, err := e.pair(ctx, ref, missed, pred, wrong)
	if err != nil {
		return err
	}
	var mistakes []Mistake
	for i, j := range partners {
		m := Mistake{Kind: Deletion, Reference: &ref.Annotations[missed[i]]}
		if j >= 0 {
			m.Kind, m.Prediction = Substitution, &pred.Annotations[wrong[j]]
			e.out.Micro.Substitutions++
		}
		mistakes = append(mistakes, m)
	}
	_, inserted := leftOver(missed, wrong, partners)
	for _, j := range inserted {
		mistakes = append(mistakes, Mistake{Kind: Insertion, Prediction: &pred.Annotations[j]})
	}
	return e.report(mistakes)
}

// pair pairs the labels of a with the indices as, and those of b with the indices bs. It returns for each of as the
// position in bs of its partner, or -1.
func (e *evaluator) pair(ctx context.Context, a *annoset.Examined, as []int, b *annoset.Examined, bs []int,
) ([]int, error) {
	return match.Maximum(ctx, spansOf(a.Annotations, as), spansOf(b.Annotations, bs), e.rule)
}

func spansOf(labels []annoset.Annotation, indices []int) []match.Span {
	out := make([]match.Span, len(indices))
	for n, i := range indices {
		out[n] = match.Span{StartMS: labels[i].StartMS, EndMS: labels[i].EndMS}
	}
	return out
}

func indicesByType(labels []annoset.Annotation) map[string][]int {
	out := make(map[string][]int)
	for i := range labels {
		out[labels[i].ArtifactType] = append(out[labels[i].ArtifactType], i)
	}
	return out
}

// typesOf returns the types that at least one side has, in order.
func typesOf[T any](a, b map[string]T) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(names)
	return slices.Compact(names)
}

// leftOver returns the indices of as and of bs that have no partner. The partners are as [evaluator.pair] returns them.
func leftOver(as, bs, partners []int) (leftA, leftB []int) {
	taken := make([]bool, len(bs))
	for i, j := range partners {
		if j < 0 {
			leftA = append(leftA, as[i])
			continue
		}
		taken[j] = true
	}
	for j, b := range bs {
		if !taken[j] {
			leftB = append(leftB, b)
		}
	}
	return leftA, leftB
}

// bySegments compares in which segments each type is.
func (e *evaluator) bySegments(ref, pred *annoset.Examined) error {
	size := e.opts.Matching.segmentMS()
	refs, preds := segmentsByType(ref.Annotations, size), segmentsByType(pred.Annotations, size)
	var errors [][]timeline.Span // for each type, the missed segments and then the wrong ones
	var mistakes []Mistake
	last := int64(0)
	label := func(name string, s timeline.Span) *annoset.Annotation {
		return &annoset.Annotation{
			AudioFileID: ref.ID, ArtifactType: name, StartMS: s.From * size, EndMS: s.To * size,
		}
	}
	for _, name := range typesOf(refs, preds) {
		missed, wrong := timeline.Minus(refs[name], preds[name]), timeline.Minus(preds[name], refs[name])
		errors = append(errors, missed, wrong)
		s := e.score(name)
		s.TruePositives += timeline.Length(refs[name]) - timeline.Length(missed)
		s.FalseNegatives += timeline.Length(missed)
		s.FalsePositives += timeline.Length(wrong)
		for _, union := range [][]timeline.Span{refs[name], preds[name]} {
			if len(union) > 0 {
				last = max(last, union[len(union)-1].To)
			}
		}
		for _, span := range missed {
			mistakes = append(mistakes, Mistake{Kind: Deletion, Reference: label(name, span)})
		}
		for _, span := range wrong {
			mistakes = append(mistakes, Mistake{Kind: Insertion, Prediction: label(name, span)})
		}
	}
	e.segments += last
	timeline.Sweep(errors, func(segments int64, active []int) {
		missed := 0
		for _, i := range active {
			missed += 1 - i%2 // even tracks are the missed ones
		}
		e.out.Micro.Substitutions += segments * int64(min(missed, len(active)-missed))
	})
	return e.report(mistakes)
}

// segmentsByType returns the segments in which each type is, counted from the start of the file.
func segmentsByType(labels []annoset.Annotation, size int64) map[string][]timeline.Span {
	out := make(map[string][]timeline.Span)
	for i := range labels {
		a := &labels[i]
		s := timeline.Span{From: a.StartMS / size, To: (a.EndMS + size - 1) / size}
		s.To = max(s.To, s.From+1) // a point on a border is in the segment that starts there
		out[a.ArtifactType] = append(out[a.ArtifactType], s)
	}
	for name, spans := range out {
		out[name] = timeline.Union(spans)
	}
	return out
}

// at returns the label that gives a mistake its place in the order.
func (m *Mistake) at() *annoset.Annotation {
	if m.Reference != nil {
		return m.Reference
	}
	return m.Prediction
}

// report lists the mistakes of one audio file and passes them to the caller, in order. It copies their labels, because
// a pointer to one of them would keep all labels of the file in memory.
func (e *evaluator) report(mistakes []Mistake) error {
	slices.SortStableFunc(mistakes, func(x, y Mistake) int {
		return compareLabels(x.at(), y.at())
	})
	limit := max(cmp.Or(e.opts.MaxMistakes, DefaultMaxMistakes), 0)
	for _, m := range mistakes {
		listed := len(e.out.Mistakes) < limit
		e.out.MoreMistakes = e.out.MoreMistakes || !listed
		if !listed && e.opts.EachMistake == nil {
			return nil
		}
		m.Reference, m.Prediction = copied(m.Reference), copied(m.Prediction)
		if listed {
			e.out.Mistakes = append(e.out.Mistakes, m)
		}
		if e.opts.EachMistake != nil {
			if err := e.opts.EachMistake(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func copied(a *annoset.Annotation) *annoset.Annotation {
	if a == nil {
		return nil
	}
	c := *a
	return &c
}

// result computes all ratios from the counts.
func (e *evaluator) result() Result {
	micro := &e.out.Micro
	e.out.ByType = make(map[string]Score, len(e.byType))
	for name, s := range e.byType {
		micro.TruePositives += s.TruePositives
		micro.FalsePositives += s.FalsePositives
		micro.FalseNegatives += s.FalseNegatives
		s.finish(e.segments)
		s.SubstitutionRate = Ratio{} // within a type there are none
		e.out.ByType[name] = *s
	}
	micro.finish(e.segments * int64(len(e.byType)))
	e.out.Macro = averageOf(e.out.ByType)
	return e.out
}

// finish computes what follows from positives, negatives and substitutions. The number of compared segments is 0 when
// labels are matched.
func (s *Score) finish(segments int64) {
	s.Reference = s.TruePositives + s.FalseNegatives
	s.Predicted = s.TruePositives + s.FalsePositives
	s.Deletions = s.FalseNegatives - s.Substitutions
	s.Insertions = s.FalsePositives - s.Substitutions
	s.Precision = ratio(s.TruePositives, s.Predicted)
	s.Recall = ratio(s.TruePositives, s.Reference)
	s.F1 = ratio(2*s.TruePositives, s.Reference+s.Predicted)
	s.SubstitutionRate = ratio(s.Substitutions, s.Reference)
	s.DeletionRate = ratio(s.Deletions, s.Reference)
	s.InsertionRate = ratio(s.Insertions, s.Reference)
	s.ErrorRate = ratio(s.Substitutions+s.Deletions+s.Insertions, s.Reference)
	if segments == 0 {
		return
	}
	s.TrueNegatives = segments - s.TruePositives - s.FalsePositives - s.FalseNegatives
	s.Specificity = ratio(s.TrueNegatives, s.TrueNegatives+s.FalsePositives)
	s.Accuracy = ratio(s.TruePositives+s.TrueNegatives, segments)
	if s.Recall.Defined && s.Specificity.Defined {
		s.BalancedAccuracy = Ratio{Value: (s.Recall.Value + s.Specificity.Value) / 2, Defined: true}
	}
}

// averageOf returns the mean of each ratio over the types for which it is defined.
func averageOf(byType map[string]Score) Ratios {
	names := slices.Sorted(maps.Keys(byType)) // the order matters in sums of floats
	mean := func(of func(*Score) Ratio) Ratio {
		sum, n := 0.0, 0
		for _, name := range names {
			s := byType[name]
			if r := of(&s); r.Defined {
				sum, n = sum+r.Value, n+1
			}
		}
		if n == 0 {
			return Ratio{}
		}
		return Ratio{Value: sum / float64(n), Defined: true}
	}
	return Ratios{
		Precision:        mean(func(s *Score) Ratio { return s.Precision }),
		Recall:           mean(func(s *Score) Ratio { return s.Recall }),
		F1:               mean(func(s *Score) Ratio { return s.F1 }),
		ErrorRate:        mean(func(s *Score) Ratio { return s.ErrorRate }),
		SubstitutionRate: mean(func(s *Score) Ratio { return s.SubstitutionRate }),
		DeletionRate:     mean(func(s *Score) Ratio { return s.DeletionRate }),
		InsertionRate:    mean(func(s *Score) Ratio { return s.InsertionRate }),
		Specificity:      mean(func(s *Score) Ratio { return s.Specificity }),
		BalancedAccuracy: mean(func(s *Score) Ratio { return s.BalancedAccuracy }),
		Accuracy:         mean(func(s *Score) Ratio { return s.Accuracy }),
	}
}
