package annoset

import (
	"context"

	"github.com/google/uuid"

	"github.com/annoset/annoset/internal/survey"
	"github.com/annoset/annoset/sqlite"
)

// Stats count what is in a set.
//
// Durations are the time that labels cover, in milliseconds: overlaps within one audio file count once, and the files
// are added up. Both maps have every artifact type that the dataset declares, zeros included, and every other type that
// a label has.
type Stats struct {
	TotalAnnotations        int64            `json:"total_annotations"`
	TotalPositiveDurationMS int64            `json:"total_positive_duration_ms"`
	AnnotationsByType       map[string]int64 `json:"annotations_by_type"`
	DurationMSByType        map[string]int64 `json:"duration_ms_by_type"` // overlaps of one type count once
	AnnotatedAudioFiles     int64            `json:"annotated_audio_files"`
	CleanAudioFiles         int64            `json:"clean_audio_files"`
}

// Stats returns the statistics of a set. Those of a draft are computed by the call, as [Store.SetByID] does; those of a
// published set were computed by publishing.
//
// Errors: [ErrNotFound].
func (s *Store) Stats(ctx context.Context, setID uuid.UUID) (Stats, error) {
	const op = "get statistics"
	var out Stats
	err := s.read(ctx, op, func(tx *sqlite.ReadTx) error {
		row, err := findSet(ctx, tx, op, setID)
		if err != nil {
			return err
		}
		totals, err := survey.Of(ctx, tx, &row)
		out = Stats(totals)
		return err
	})
	return orZero(out, err)
}
