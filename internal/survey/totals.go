package survey

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/sqlite"
)

// Totals count what is in a set. The root package has the same fields in Stats, and documents them there.
type Totals struct {
	TotalAnnotations        int64
	TotalPositiveDurationMS int64
	AnnotationsByType       map[string]int64
	DurationMSByType        map[string]int64
	AnnotatedAudioFiles     int64
	CleanAudioFiles         int64
}

// Of returns the totals of a set: the stored ones of a published set, computed ones of a draft. A draft takes time in
// proportion to the labels of the audio files that it has changed.
func Of(ctx context.Context, tx *sqlite.ReadTx, set *sqlite.SetRow) (Totals, error) {
	if set.Status == sqlite.StatusPublished {
		return stored(set)
	}
	s, err := newSurvey(ctx, tx, set, false)
	if err != nil {
		return Totals{}, err
	}
	if err := s.run(ctx, tx); err != nil {
		return Totals{}, err
	}
	return s.totals(ctx, tx)
}

// empty returns the totals of an empty set.
func empty(t *reader.Types) Totals {
	s := Totals{
		AnnotationsByType: make(map[string]int64, len(t.Vocabulary)),
		DurationMSByType:  make(map[string]int64, len(t.Vocabulary)),
	}
	for _, name := range t.Vocabulary {
		s.AnnotationsByType[name], s.DurationMSByType[name] = 0, 0
	}
	return s
}

// add adds a tally, with sign 1, or subtracts it, with sign -1.
func (s *Totals) add(t *tally, sign int64, names map[int64]string) {
	s.TotalAnnotations += sign * t.annotations
	s.TotalPositiveDurationMS += sign * t.durationMS
	s.AnnotatedAudioFiles += sign * t.annotated
	s.CleanAudioFiles += sign * t.clean
	for id, ty := range t.types {
		s.AnnotationsByType[names[id]] += sign * ty.annotations
		s.DurationMSByType[names[id]] += sign * ty.durationMS
	}
}

// prune drops the types that have no label and are not declared by the dataset.
func (s *Totals) prune(vocab []string) {
	declared := make(map[string]bool, len(vocab))
	for _, name := range vocab {
		declared[name] = true
	}
	for name, n := range s.AnnotationsByType {
		if n == 0 && !declared[name] {
			delete(s.AnnotationsByType, name)
			delete(s.DurationMSByType, name)
		}
	}
}

// stored returns the totals that publishing stored with a set.
func stored(r *sqlite.SetRow) (Totals, error) {
	for _, missing := range []bool{
		r.Annotations == nil, r.PositiveDurationMS == nil, r.AnnotatedAudioFiles == nil, r.CleanAudioFiles == nil,
		r.AnnotationsByType == nil, r.DurationMSByType == nil,
	} {
		if missing {
			return Totals{}, fmt.Errorf("%w: version %d has no statistics", sqlite.ErrDamaged, r.Version)
		}
	}
	s := Totals{
		TotalAnnotations:        *r.Annotations,
		TotalPositiveDurationMS: *r.PositiveDurationMS,
		AnnotatedAudioFiles:     *r.AnnotatedAudioFiles,
		CleanAudioFiles:         *r.CleanAudioFiles,
	}
	if err := json.Unmarshal([]byte(*r.AnnotationsByType), &s.AnnotationsByType); err != nil {
		return Totals{}, fmt.Errorf("%w: annotations by type: %w", sqlite.ErrDamaged, err)
	}
	if err := json.Unmarshal([]byte(*r.DurationMSByType), &s.DurationMSByType); err != nil {
		return Totals{}, fmt.Errorf("%w: durations by type: %w", sqlite.ErrDamaged, err)
	}
	return s, nil
}

// differences names the totals that are not what they were. A type without labels makes no difference, because the
// dataset may have declared it later.
func differences(stored, now *Totals) []error {
	var differ []error
	number := func(name string, was, is int64) {
		if was != is {
			differ = append(differ, fmt.Errorf("%s is %d, not %d", name, is, was))
		}
	}
	number("total_annotations", stored.TotalAnnotations, now.TotalAnnotations)
	number("total_positive_duration_ms", stored.TotalPositiveDurationMS, now.TotalPositiveDurationMS)
	number("annotated_audio_files", stored.AnnotatedAudioFiles, now.AnnotatedAudioFiles)
	number("clean_audio_files", stored.CleanAudioFiles, now.CleanAudioFiles)
	byType := func(name string, was, is map[string]int64) {
		was, is = maps.Clone(was), maps.Clone(is)
		none := func(_ string, n int64) bool { return n == 0 }
		maps.DeleteFunc(was, none)
		maps.DeleteFunc(is, none)
		if !maps.Equal(was, is) {
			differ = append(differ, fmt.Errorf("%s is %v, not %v", name, is, was))
		}
	}
	byType("annotations_by_type", stored.AnnotationsByType, now.AnnotationsByType)
	byType("duration_ms_by_type", stored.DurationMSByType, now.DurationMSByType)
	return differ
}
