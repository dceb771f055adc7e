package annoset

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/annoset/annoset/internal/match"
	"github.com/annoset/annoset/internal/timeline"
)

// evaluator scores predictions, one audio file after the other.
type evaluator struct {
	op       string
	opts     EvaluateOptions
	rule     match.Rule
	segments int64 // that were looked at, of all files
	byType   map[string]*Score
	out      Evaluation
}

func newEvaluator(op string, opts *EvaluateOptions) (*evaluator, error) {
	e := &evaluator{op: op, byType: make(map[string]*Score), out: Evaluation{Mistakes: []Mistake{}}}
	if opts != nil {
		e.opts = *opts
	}
	p := &problems{op: op}
	e.opts.Matching.check(p)
	for i, name := range e.opts.AudioFiles {
		p.Name(i, "audio_files", name)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	e.rule = e.opts.Matching.rule()
	return e, nil
}

// run evaluates all audio files in scope.
func (e *evaluator) run(ctx context.Context, reference iter.Seq2[examined, error], predicted *held,
) (Evaluation, error) {
	files := scope{}
	switch {
	case e.opts.AudioFiles != nil:
		files = scopeOf(e.opts.AudioFiles)
	case e.opts.Everywhere:
		files.extra = predicted.names()
	}
	used := 0
	err := files.walk(reference, predicted, func(ref, pred *examined) error {
		used += len(pred.labels)
		return e.file(ctx, ref, pred)
	})
	if err != nil {
		return Evaluation{}, translate(e.op, err)
	}
	e.out.SkippedPredictions = int64(predicted.n - used)
	return e.result(), nil
}

// score finds the score of a type.
func (e *evaluator) score(artifactType string) *Score {
	s := e.byType[artifactType]
	if s == nil {
		s = &Score{}
		e.byType[artifactType] = s
	}
	return s
}

// file scores one audio file, of which both sides are sorted.
func (e *evaluator) file(ctx context.Context, ref, pred *examined) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.out.AudioFiles++
	e.out.LengthMS += ref.lastEndMS()
	if e.opts.Matching.By == MatchSegments {
		e.out.LengthMS += max(0, pred.lastEndMS()-ref.lastEndMS())
		return e.bySegments(ref, pred)
	}
	return e.byLabels(ctx, ref, pred)
}

// byLabels pairs labels: within a type first, then what is left over whatever the type.
func (e *evaluator) byLabels(ctx context.Context, ref, pred *examined) error {
	refs, preds := indicesByType(ref.labels), indicesByType(pred.labels)
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
		m := Mistake{Kind: Deletion, Reference: &ref.labels[missed[i]]}
		if j >= 0 {
			m.Kind, m.Prediction = Substitution, &pred.labels[wrong[j]]
			e.out.Micro.Substitutions++
		}
		mistakes = append(mistakes, m)
	}
	_, inserted := leftOver(missed, wrong, partners)
	for _, j := range inserted {
		mistakes = append(mistakes, Mistake{Kind: Insertion, Prediction: &pred.labels[j]})
	}
	return e.report(mistakes)
}

// pair pairs those labels of both sides that the indices tell. It returns for each of the first its partner's place among
// the second, or -1.
func (e *evaluator) pair(ctx context.Context, a *examined, as []int, b *examined, bs []int) ([]int, error) {
	return match.Maximum(ctx, spansOf(a.labels, as), spansOf(b.labels, bs), e.rule)
}

func spansOf(labels []Annotation, indices []int) []match.Span {
	out := make([]match.Span, len(indices))
	for n, i := range indices {
		out[n] = match.Span{StartMS: labels[i].StartMS, EndMS: labels[i].EndMS}
	}
	return out
}

func indicesByType(labels []Annotation) map[string][]int {
	out := make(map[string][]int)
	for i := range labels {
		out[labels[i].ArtifactType] = append(out[labels[i].ArtifactType], i)
	}
	return out
}

// typesOf returns in order the names that either side has.
func typesOf[T any](a, b map[string]T) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(names)
	return slices.Compact(names)
}

// leftOver returns those of both sides that have no partner.
func leftOver(as, bs, partners []int) (left, right []int) {
	taken := make([]bool, len(bs))
	for i, j := range partners {
		if j < 0 {
			left = append(left, as[i])
			continue
		}
		taken[j] = true
	}
	for j, b := range bs {
		if !taken[j] {
			right = append(right, b)
		}
	}
	return left, right
}

// bySegments compares which segments each type is in.
func (e *evaluator) bySegments(ref, pred *examined) error {
	size := e.opts.Matching.segmentMS()
	refs, preds := segmentsByType(ref.labels, size), segmentsByType(pred.labels, size)
	var errors [][]timeline.Span // of each type those missed, then those wrong
	var mistakes []Mistake
	last := int64(0)
	label := func(name string, s timeline.Span) *Annotation {
		return &Annotation{AudioFileID: ref.name, ArtifactType: name, StartMS: s.From * size, EndMS: s.To * size}
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
			missed += 1 - i%2
		}
		e.out.Micro.Substitutions += segments * int64(min(missed, len(active)-missed))
	})
	return e.report(mistakes)
}

// segmentsByType returns the segments that each type is in, counted from the beginning of the file.
func segmentsByType(labels []Annotation, size int64) map[string][]timeline.Span {
	out := make(map[string][]timeline.Span)
	for i := range labels {
		a := &labels[i]
		s := timeline.Span{From: a.StartMS / size, To: (a.EndMS + size - 1) / size}
		s.To = max(s.To, s.From+1) // a point on a border
		out[a.ArtifactType] = append(out[a.ArtifactType], s)
	}
	for name, spans := range out {
		out[name] = timeline.Union(spans)
	}
	return out
}

// at returns the label by which a mistake is put in order.
func (m *Mistake) at() *Annotation {
	if m.Reference != nil {
		return m.Reference
	}
	return m.Prediction
}

// report hands on the mistakes of one file in order. Their labels are copied: those of the file are not kept.
func (e *evaluator) report(mistakes []Mistake) error {
	slices.SortStableFunc(mistakes, func(x, y Mistake) int {
		a, b := x.at(), y.at()
		return cmp.Or(
			cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.EndMS, b.EndMS), cmp.Compare(a.ArtifactType, b.ArtifactType))
	})
	limit := max(orDefault(e.opts.MaxMistakes, DefaultMaxMistakes), 0)
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

func copied(a *Annotation) *Annotation {
	if a == nil {
		return nil
	}
	c := *a
	return &c
}

// result computes all figures from what was counted.
func (e *evaluator) result() Evaluation {
	micro := &e.out.Micro
	e.out.ByType = make(map[string]Score, len(e.byType))
	for name, s := range e.byType {
		micro.TruePositives += s.TruePositives
		micro.FalsePositives += s.FalsePositives
		micro.FalseNegatives += s.FalseNegatives
		s.finish(e.segments)
		s.SubstitutionRate = Ratio{}
		e.out.ByType[name] = *s
	}
	micro.finish(e.segments * int64(len(e.byType)))
	e.out.Macro = averageOf(e.out.ByType)
	return e.out
}

// finish computes what follows from positives, negatives and substitutions; with segments, how many were looked at.
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
	names := slices.Sorted(maps.Keys(byType)) // sums depend on their order
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
