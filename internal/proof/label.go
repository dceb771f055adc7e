package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/annoset/annoset"
)

// Label makes a label.
func Label(file, artifactType string, startMS, endMS int64) annoset.Annotation {
	return annoset.Annotation{AudioFileID: file, ArtifactType: artifactType, StartMS: startMS, EndMS: endMS}
}

// WithID returns a label with an id.
func WithID(id int64, a annoset.Annotation) annoset.Annotation {
	a.ID = id
	return a
}

// Sure returns a label with a confidence.
func Sure(a annoset.Annotation, confidence float64) annoset.Annotation {
	a.Confidence = &confidence
	return a
}

// Extra returns a label with extra data.
func Extra(a annoset.Annotation, data string) annoset.Annotation {
	a.ExtraData = json.RawMessage(data)
	return a
}

// Pairs yields labels as an import reads them.
func Pairs(labels ...annoset.Annotation) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for _, a := range labels {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// Stream yields n labels of seven types, spread over audio files. Every third one has a confidence.
func Stream(n, files int) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for i := range n {
			start := int64(i/files) * 700
			a := Label(fmt.Sprintf("file%05d.wav", i%files), fmt.Sprintf("type%d", i%7), start, start+int64(i%5)*300)
			if i%3 == 0 {
				a = Sure(a, float64(i%1000)/999)
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

// DeclaredLabels yields n labels of the types "glitch" and "long_pause" over four audio files.
func DeclaredLabels(prefix string, n int) iter.Seq2[annoset.Annotation, error] {
	return func(yield func(annoset.Annotation, error) bool) {
		for i := range n {
			start := int64(i/4) * 100
			a := Label(fmt.Sprintf("%s%d.wav", prefix, i%4), []string{"glitch", "long_pause"}[i%2], start, start+150)
			if !yield(a, nil) {
				return
			}
		}
	}
}

// NewDraft makes a dataset that takes any type, and an empty draft in it.
func NewDraft(t testing.TB, s *annoset.Store, name string) annoset.AnnotationSet {
	t.Helper()
	ctx := context.Background()
	d := Value(s.CreateDataset(ctx, annoset.NewDataset{Name: name}))(t)
	return Value(s.CreateSet(ctx, d.ID, annoset.NewSet{}))(t)
}

// PublishedWith returns a published set with these labels and clean audio files, in a store of its own.
func PublishedWith(t testing.TB, labels []annoset.Annotation, clean ...string) annoset.AnnotationSet {
	t.Helper()
	s := OpenStore(t, nil)
	set := NewDraft(t, s.Store, "a")
	Value(s.Add(t.Context(), set.ID, labels...))(t)
	NoErr(t, s.MarkClean(t.Context(), set.ID, clean...))
	return Value(s.Publish(t.Context(), set.ID, nil))(t)
}

// LabelsOf reads all labels of a set.
func LabelsOf(t testing.TB, s *annoset.Store, setID uuid.UUID) []annoset.Annotation {
	t.Helper()
	return Collect(t, s.Annotations(context.Background(), setID, annoset.Filter{}))
}

// CleanOf reads all clean audio files of a set.
func CleanOf(t testing.TB, s *annoset.Store, setID uuid.UUID) []string {
	t.Helper()
	return Collect(t, s.CleanAudioFiles(context.Background(), setID))
}

// Nameless writes down what labels say, without their ids, in an order of its own.
func Nameless(labels []annoset.Annotation) []string {
	out := make([]string, len(labels))
	for i, a := range labels {
		c := "none"
		if a.Confidence != nil {
			c = fmt.Sprint(*a.Confidence)
		}
		out[i] = fmt.Sprintf("%q %q %d %d %s %s", a.AudioFileID, a.ArtifactType, a.StartMS, a.EndMS, c, a.ExtraData)
	}
	slices.Sort(out)
	return out
}

// DiffOf reads all changes from one set to another.
func DiffOf(t testing.TB, s *annoset.Store, from, to uuid.UUID) []annoset.Change {
	t.Helper()
	return Collect(t, s.Diff(context.Background(), from, to, nil))
}

// Apply makes the changes of a diff in a draft.
func Apply(t testing.TB, s *annoset.Store, setID uuid.UUID, changes []annoset.Change) {
	t.Helper()
	ctx := context.Background()
	for _, c := range changes {
		var err error
		switch {
		case c.Kind == annoset.ChangeMarkedClean:
			err = s.MarkClean(ctx, setID, c.AudioFileID)
		case c.Kind == annoset.ChangeUnmarkedClean:
			err = s.UnmarkClean(ctx, setID, c.AudioFileID)
		case c.Before == nil:
			_, err = s.Add(ctx, setID, *c.After)
		case c.After == nil:
			err = s.Delete(ctx, setID, c.Before.ID)
		default:
			err = s.Update(ctx, setID, WithID(c.Before.ID, *c.After))
		}
		if err != nil {
			t.Fatalf("%v: %s", err, Written(c))
		}
	}
}

// Changes writes down changes, one a line, without ids.
func Changes(changes []annoset.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = fmt.Sprintf("%s %s:", c.AudioFileID, c.Kind)
		for _, a := range []*annoset.Annotation{c.Before, c.After} {
			if a == nil {
				out[i] += " -"
				continue
			}
			out[i] += fmt.Sprintf(" %s@%d-%d", a.ArtifactType, a.StartMS, a.EndMS)
		}
	}
	return out
}
