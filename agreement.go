package annoset

import (
	"context"
	"iter"
	"maps"
	"math/big"
	"slices"

	"github.com/annoset/annoset/internal/timeline"

	"github.com/annoset/annoset/internal/valid"
)

// AgreementOptions tell how two sides are compared. The zero value, and a nil pointer, are good defaults.
type AgreementOptions struct {
	// Matching is how F1 is found, the first side being the reference. F1 is the same with the sides changed if the
	// matching is: by IoU, by segments, and by events where OffsetPercent is negative.
	Matching Matching
	// AudioFiles, if not nil, are the audio files to compare, and no others. One that a side has no labels in counts as
	// one in which it found nothing. Nil: those in which either side has labels; of two sets, those that both have examined.
	AudioFiles []string
	// DurationsMS are the durations of audio files. One that is not here, nor registered where sets are compared, is taken
	// to end with its last label, which leaves out the time after it, in which both agree that there is nothing. A label
	// that reaches past the duration makes it longer.
	DurationsMS map[string]int64
}

// Agreement says how far two sides, two annotators for example, say the same of the same audio.
type Agreement struct {
	AudioFiles int64 `json:"audio_files"` // compared
	// SkippedAudioFiles are those that only one of two sets has examined. 0 where the files to compare were given.
	SkippedAudioFiles int64 `json:"skipped_audio_files"`
	DurationMS        int64 `json:"duration_ms"` // of the files compared
	// Overall takes for what a side says in a millisecond the set of all types that it labels there, which may be none:
	// both agree where these are the same set.
	Overall TypeAgreement `json:"overall"`
	// ByType has every type that a side uses. What a side says in a millisecond is that the type is there, or is not.
	ByType map[string]TypeAgreement `json:"by_type"`
}

// TypeAgreement says how far two sides agree on one type, or on all.
type TypeAgreement struct {
	F1 Ratio `json:"f1"` // of the second side's labels, measured by the first's; see [Ratios]
	// Kappa is (Observed - Expected) / (1 - Expected), after J. Cohen: "A coefficient of agreement for nominal scales",
	// Educational and Psychological Measurement 20 (1), 1960: 1 for full agreement, 0 for as much as chance would bring,
	// less for less. It is taken over time, exactly: each millisecond of all audio files is one thing to judge.
	// It is undefined where Expected is 1: both sides say one and the same all of the time, so that nothing is tested.
	Kappa    Ratio `json:"kappa"`
	Observed Ratio `json:"observed"` // part of the time for which both say the same
	// Expected is the part of the time for which both would say the same by chance: the sum, over all that can be said, of
	// the product of the parts of the time for which either says it.
	Expected Ratio `json:"expected"`

	FirstMS  int64 `json:"first_ms"`  // covered by labels of the first side; overlaps count once
	SecondMS int64 `json:"second_ms"` // and of the second
	AgreedMS int64 `json:"agreed_ms"` // for which both say the same, nothing included
}

// MeasureAgreement compares the labels of two sides over the same audio, both in any order and from wherever. Both are
// held in memory, with some 140 bytes a label. Points cover no time, and so count for F1 alone. Options may be nil.
//
// Errors: a [*ValidationError] for bad options or labels, these being counted from 0 in the order of their stream; the
// error of a stream; that of the context.
func MeasureAgreement(ctx context.Context, first, second iter.Seq2[Annotation, error], opts *AgreementOptions,
) (Agreement, error) {
	const op = "measure agreement"
	m, err := newAgreementMeter(op, opts)
	if err != nil {
		return Agreement{}, err
	}
	a, err := hold(ctx, op+" first", first)
	if err != nil {
		return Agreement{}, err
	}
	b, err := hold(ctx, op+" second", second)
	if err != nil {
		return Agreement{}, err
	}
	files := m.scope()
	if m.opts.AudioFiles == nil {
		files.extra = b.names()
	}
	return m.run(ctx, files, a.inOrder(), b)
}

// agreementMeter compares one audio file after the other.
type agreementMeter struct {
	op         string
	opts       AgreementOptions
	events     *evaluator
	durationMS int64
	overall    *ratings
	byType     map[string]*ratings
}

func newAgreementMeter(op string, opts *AgreementOptions) (*agreementMeter, error) {
	m := &agreementMeter{op: op, overall: newRatings(), byType: make(map[string]*ratings)}
	if opts != nil {
		m.opts = *opts
	}
	p := &problems{op: op}
	for _, name := range slices.Sorted(maps.Keys(m.opts.DurationsMS)) {
		if ms := m.opts.DurationsMS[name]; ms < 0 || ms > MaxTimeMS {
			p.Add(-1, "durations_ms", "of %s is %d, outside [0, %d]", valid.Brief(name), ms, int64(MaxTimeMS))
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	var err error
	m.events, err = newEvaluator(op, &EvaluateOptions{
		Matching: m.opts.Matching, AudioFiles: m.opts.AudioFiles, MaxMistakes: -1,
	})
	return m, err
}

// scope is that of the options; without files there, all that the first side has.
func (m *agreementMeter) scope() scope {
	if m.opts.AudioFiles == nil {
		return scope{}
	}
	return scopeOf(m.opts.AudioFiles)
}

func (m *agreementMeter) run(ctx context.Context, files scope, first iter.Seq2[examined, error], second *held,
) (Agreement, error) {
	err := files.walk(first, second, func(a, b *examined) error {
		m.file(a, b)
		return m.events.file(ctx, a, b)
	})
	if err != nil {
		return Agreement{}, translate(m.op, err)
	}
	return m.result(), nil
}

// file adds what both sides say of one audio file.
func (m *agreementMeter) file(a, b *examined) {
	duration, given := m.opts.DurationsMS[a.name]
	if !given {
		duration = max(a.durationMS, b.durationMS)
	}
	m.durationMS += max(duration, a.lastEndMS(), b.lastEndMS())
	as, bs := coverByType(a.labels), coverByType(b.labels)
	names := typesOf(as, bs)
	tracks := make([][]timeline.Span, 0, 2*len(names)) // of each type the first side's, then the second's
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
			said[i%2] = append(append(said[i%2], names[i/2]...), 0) // names have no NUL
		}
		m.overall.add(string(said[0]), string(said[1]), ms)
	})
}

// coverByType returns what the labels of each type cover.
func coverByType(labels []Annotation) map[string][]timeline.Span {
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

// ratings are for how long each side says what. To say nothing, "", is the rest of the time.
type ratings struct {
	said     map[string]*[2]int64
	agreedMS int64 // on something
	activeMS int64 // while one of them says something
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

// result computes kappa of all the time there is.
func (r *ratings) result(totalMS int64, f1 Ratio) TypeAgreement {
	out := TypeAgreement{F1: f1, AgreedMS: totalMS - r.activeMS + r.agreedMS}
	chance := new(big.Int) // times the square of the total
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
	// 1 - (1 - observed) / (1 - expected), of whole numbers, so that 0 and 1 are exact.
	disagreed := product(totalMS-out.AgreedMS, totalMS)
	out.Kappa = bigRatio(disagreed.Sub(beyond, disagreed), beyond)
	return out
}

func bigRatio(n, of *big.Int) Ratio {
	if of.Sign() == 0 {
		return Ratio{}
	}
	value, _ := new(big.Rat).SetFrac(n, of).Float64()
	return Ratio{Value: value, Defined: true}
}

func (m *agreementMeter) result() Agreement {
	scores := m.events.result()
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
