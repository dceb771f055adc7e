package evaluate

import (
	"context"
	"iter"
	"maps"
	"math/big"
	"slices"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/evaluate/internal/timeline"
	"github.com/annoset/annoset/internal/valid"
)

// AgreementOptions configure how two sides are compared. Nil and the zero value mean the defaults.
type AgreementOptions struct {
	// Matching is for F1, with the first side as the reference. Exchanging the sides leaves F1 as it is when matching by
	// IoU or segments, and by events if OffsetPercent is negative.
	Matching Matching `json:"matching"`
	// AudioFiles, if not nil, are the audio files to compare, and no others. One in which a side has no labels counts as
	// one in which it found nothing. Nil means the files in which at least one side has labels; of two sets, the files
	// that both have examined. An empty slice is refused.
	AudioFiles []string `json:"audio_files,omitzero"`
	// DurationsMS are the durations of audio files, in milliseconds. Sets also know those that are registered with their
	// datasets. A file of unknown duration is taken to end with its last label, which leaves out the rest of the audio,
	// where both sides agree that there is nothing. A label that reaches past the duration extends it.
	DurationsMS map[string]int64 `json:"durations_ms,omitzero"`
}

// Agreement says how far two sides, such as two annotators, agree about the same audio.
type Agreement struct {
	AudioFiles int64 `json:"audio_files"` // that were compared
	// SkippedAudioFiles are those that only one of two sets has examined. It is 0 if the options name the audio files.
	SkippedAudioFiles int64 `json:"skipped_audio_files"`
	DurationMS        int64 `json:"duration_ms"` // of the compared files
	// Overall takes the set of all types with which a side labels a millisecond, which may be empty, as its judgment.
	// Both agree where these sets are equal.
	Overall TypeAgreement `json:"overall"`
	// ByType has every type that a side uses. For one type, a judgment is that it is there, or that it is not.
	ByType map[string]TypeAgreement `json:"by_type"`
}

// TypeAgreement says how far two sides agree on one type, or on all types.
type TypeAgreement struct {
	F1 Ratio `json:"f1"` // of the second side's labels, measured by the first's: see [Ratios]
	// Kappa is (Observed - Expected) / (1 - Expected), after J. Cohen, "A coefficient of agreement for nominal scales",
	// Educational and Psychological Measurement 20 (1), 1960. It is 1 for full agreement, 0 for as much as chance would
	// bring, and negative for less. Each millisecond of all audio files is one judgment. Kappa is undefined if Expected is
	// 1: both sides say the same thing all the time, and nothing is tested.
	Kappa    Ratio `json:"kappa"`
	Observed Ratio `json:"observed"` // the part of the time in which both say the same
	// Expected is the part of the time in which both would say the same by chance: the sum, over all possible judgments,
	// of the product of the parts of the time in which each side makes that judgment.
	Expected Ratio `json:"expected"`

	FirstMS  int64 `json:"first_ms"`  // covered by labels of the first side; overlaps count once
	SecondMS int64 `json:"second_ms"` // covered by labels of the second side
	AgreedMS int64 `json:"agreed_ms"` // in which both say the same, also that there is nothing
}

// Agree compares the labels of two sides over the same audio. Both come in any order and from any source, and are held
// in memory. Points cover no time, so they count for F1 only. Options may be nil.
//
// Errors: an [*annoset.ValidationError] for bad options or labels, which are counted from 0 in the order of their
// stream; the error of a stream; that of the context.
func Agree(ctx context.Context, first, second iter.Seq2[annoset.Annotation, error], opts *AgreementOptions,
) (Agreement, error) {
	const op = "measure agreement"
	p := &problems{op: op}
	p.given("ctx", ctx != nil)
	m, err := newAgreementMeter(p, opts)
	if err != nil {
		return Agreement{}, err
	}
	a, err := hold(ctx, op+", first side", first)
	if err != nil {
		return Agreement{}, err
	}
	b, err := hold(ctx, op+", second side", second)
	if err != nil {
		return Agreement{}, err
	}
	files := m.scope()
	if m.opts.AudioFiles == nil {
		files.extra = b.names()
	}
	out, err := m.run(ctx, files, a.inOrder(), b)
	if err != nil {
		return Agreement{}, wrap(op, err)
	}
	return out, nil
}

// agreementMeter compares one audio file after the other.
type agreementMeter struct {
	opts       AgreementOptions
	labels     *evaluator // computes F1
	durationMS int64
	overall    *ratings
	byType     map[string]*ratings
}

// newAgreementMeter checks options, and returns an error for what is wrong with them and for the problems that p has
// already.
func newAgreementMeter(p *problems, opts *AgreementOptions) (*agreementMeter, error) {
	m := &agreementMeter{overall: newRatings(), byType: make(map[string]*ratings)}
	if opts != nil {
		m.opts = *opts
	}
	for _, name := range slices.Sorted(maps.Keys(m.opts.DurationsMS)) {
		if ms := m.opts.DurationsMS[name]; ms < 0 || ms > annoset.MaxTimeMS {
			p.Add(-1, "durations_ms", "of %s is %d, outside [0, %d]", valid.Brief(name), ms, int64(annoset.MaxTimeMS))
		}
	}
	var err error
	m.labels, err = newEvaluator(p, &Options{
		Matching: m.opts.Matching, AudioFiles: m.opts.AudioFiles, MaxMistakes: -1,
	})
	return m, err
}

// scope returns the scope of the options: all files of the first side if they name none.
func (m *agreementMeter) scope() scope {
	if m.opts.AudioFiles == nil {
		return scope{}
	}
	return scopeOf(m.opts.AudioFiles)
}

// run compares all audio files in a scope.
func (m *agreementMeter) run(ctx context.Context, files scope, first iter.Seq2[annoset.Examined, error], second *held,
) (Agreement, error) {
	err := files.walk(first, second, func(a, b *annoset.Examined) error {
		m.file(a, b)
		return m.labels.file(ctx, a, b)
	})
	if err != nil {
		return Agreement{}, err
	}
	return m.result(), nil
}

// file adds the judgments of both sides on one audio file.
func (m *agreementMeter) file(a, b *annoset.Examined) {
	duration, given := m.opts.DurationsMS[a.ID]
	if !given {
		duration = max(a.DurationMS, b.DurationMS)
	}
	m.durationMS += max(duration, lastEndMS(a.Annotations), lastEndMS(b.Annotations))
	as, bs := coverByType(a.Annotations), coverByType(b.Annotations)
	names := typesOf(as, bs)
	tracks := make([][]timeline.Span, 0, 2*len(names)) // for each type, the first side's and then the second's
	for _, name := range names {
		tracks = append(tracks, as[name], bs[name])
		r := m.byType[name]
		if r == nil {
			r = newRatings()
			m.byType[name] = r
		}
		firstAlone := timeline.Length(timeline.Minus(as[name], bs[name]))
		r.add(name, "", firstAlone)
		r.add("", name, timeline.Length(timeline.Minus(bs[name], as[name])))
		r.add(name, name, timeline.Length(as[name])-firstAlone)
	}
	var said [2][]byte
	timeline.Sweep(tracks, func(ms int64, active []int) {
		said[0], said[1] = said[0][:0], said[1][:0]
		for _, i := range active {
			said[i%2] = append(append(said[i%2], names[i/2]...), 0) // a name has no NUL byte
		}
		m.overall.add(string(said[0]), string(said[1]), ms)
	})
}

// coverByType returns the time that the labels of each type cover.
func coverByType(labels []annoset.Annotation) map[string][]timeline.Span {
	out := make(map[string][]timeline.Span)
	for i := range labels {
		a := &labels[i]
		out[a.ArtifactType] = append(out[a.ArtifactType], timeline.Span{From: a.StartMS, To: a.EndMS})
	}
	for name, spans := range out {
		out[name] = timeline.Union(spans)
	}
	return out
}

// ratings count how long each side makes each judgment. "" is the judgment that there is nothing: the rest of the time.
type ratings struct {
	said     map[string]*[2]int64 // in milliseconds
	agreedMS int64                // in which both say the same, other than ""
	activeMS int64                // in which at least one side says something
}

func newRatings() *ratings { return &ratings{said: make(map[string]*[2]int64)} }

func (r *ratings) add(first, second string, ms int64) {
	for side, what := range [2]string{first, second} {
		if what == "" {
			continue
		}
		if r.said[what] == nil {
			r.said[what] = &[2]int64{}
		}
		r.said[what][side] += ms
	}
	r.activeMS += ms
	if first == second {
		r.agreedMS += ms
	}
}

// result computes kappa over the whole duration.
func (r *ratings) result(totalMS int64, f1 Ratio) TypeAgreement {
	out := TypeAgreement{F1: f1, AgreedMS: totalMS - r.activeMS + r.agreedMS}
	chance := new(big.Int) // expected agreement, times the square of the total
	product := func(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }
	for _, ms := range r.said {
		out.FirstMS += ms[0]
		out.SecondMS += ms[1]
		chance.Add(chance, product(ms[0], ms[1]))
	}
	chance.Add(chance, product(totalMS-out.FirstMS, totalMS-out.SecondMS))
	square := product(totalMS, totalMS)
	beyond := new(big.Int).Sub(square, chance)
	out.Observed = ratio(out.AgreedMS, totalMS)
	out.Expected = bigRatio(chance, square)
	// 1 - (1 - observed) / (1 - expected), in whole numbers, so that 0 and 1 are exact.
	disagreed := product(totalMS-out.AgreedMS, totalMS)
	out.Kappa = bigRatio(disagreed.Sub(beyond, disagreed), beyond)
	return out
}

// bigRatio is ratio for numbers of any size.
func bigRatio(n, of *big.Int) Ratio {
	if of.Sign() == 0 {
		return Ratio{}
	}
	value, _ := new(big.Rat).SetFrac(n, of).Float64()
	return Ratio{Value: value, Defined: true}
}

func (m *agreementMeter) result() Agreement {
	scores := m.labels.result()
	out := Agreement{
		AudioFiles: scores.AudioFiles, DurationMS: m.durationMS,
		Overall: m.overall.result(m.durationMS, scores.Micro.F1),
		ByType:  make(map[string]TypeAgreement, len(m.byType)),
	}
	for name, r := range m.byType {
		out.ByType[name] = r.result(m.durationMS, scores.ByType[name].F1)
	}
	return out
}
