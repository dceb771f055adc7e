package annosettest_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/annoset/annoset"
	"github.com/annoset/annoset/annosettest"
)

// dropShort is a pipeline: it makes a version of a set without the labels that are shorter than a limit.
func dropShort(ctx context.Context, s *annoset.Store, setID uuid.UUID, limitMS int64) (annoset.AnnotationSet, error) {
	draft, err := s.NewVersion(ctx, setID, annoset.NewSet{Notes: "without short labels"})
	if err != nil {
		return annoset.AnnotationSet{}, err
	}
	for a, err := range s.Annotations(ctx, draft.ID, annoset.Filter{}) {
		if err != nil {
			return annoset.AnnotationSet{}, err
		}
		if a.EndMS-a.StartMS < limitMS {
			if err := s.Delete(ctx, draft.ID, a.ID); err != nil {
				return annoset.AnnotationSet{}, err
			}
		}
	}
	return s.Publish(ctx, draft.ID, nil)
}

// TestPipeline is a test of a pipeline as a user would write it.
func TestPipeline(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := annosettest.New(t)
	v1 := annosettest.Publish(t, s,
		"ep1.wav glitch 100 120",
		"ep1.wav long_pause 4000 9000 0.8",
		"ep2.wav clean")
	v2, err := dropShort(t.Context(), s, v1.ID, 50)
	is.NoErr(err)
	is.Equal(annosettest.Lines(t, s, v2.ID), []string{"ep1.wav long_pause 4000 9000 0.8", "ep2.wav clean"})
	is.Equal(v2.PublishedAt.Sub(annosettest.Start).String(), "4s") // the clock is the same in each run
}
