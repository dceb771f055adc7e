package insert

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/layer"
)

func TestStream_Run(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, layer.BulkRows - 1, layer.BulkRows, Batch, Batch + 1} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			d := newDraft(t)
			var told []int
			d.write(t, func(ctx context.Context, in *Inserter) {
				s := NewStream(in)
				s.Progress = func(done int) { told = append(told, done) }
				added, err := s.Run(ctx, yielding(scattered(n), nil))
				is.NoErr(err)
				is.Equal(added, n)
			})
			if n >= Batch {
				is.Equal(told, []int{Batch, n}) // after each batch, and at the end
			} else {
				is.Equal(told, []int{n})
			}
			got, _ := d.labels(t)
			is.Equal(len(got), n)
			ids := make(map[int64]bool, n)
			for i := range got {
				ids[got[i].ID] = true
				got[i].ID = 0
			}
			is.Equal(len(ids), n) // no id twice
			want := scattered(n)
			for _, labels := range [][]label.Label{got, want} {
				slices.SortFunc(labels, func(a, b label.Label) int { return int(a.EndMS-a.StartMS) - int(b.EndMS-b.StartMS) })
			}
			is.True(slices.Equal(got, want))
		})
	}
}

func TestStream_Run_endsWithTheErrorOfTheStream(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	d := newDraft(t)
	d.write(t, func(ctx context.Context, in *Inserter) {
		failed := errors.New("failed")
		s := NewStream(in)
		s.Progress = func(int) { t.Error("nothing was added") }
		_, err := s.Run(ctx, yielding(scattered(5), failed))
		foreign, ok := errors.AsType[*StreamError](err)
		is.True(ok)
		is.Equal(foreign.Label, 5)
		is.True(errors.Is(err, failed))
	})
}

// Each field has its part in the key of a label, but for the id; the file is not in it, since keys are kept by file.
func TestKeyOf(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	base := label.Label{ID: 1, File: "a.wav", Type: "hum", StartMS: 1, EndMS: 2, ExtraData: "{}"}
	same := base
	same.ID, same.File = 2, "b.wav"
	is.Equal(keyOf(&same), keyOf(&base))
	keys := map[labelKey]string{keyOf(&base): "base"}
	for what, change := range map[string]func(l *label.Label){
		"type":                func(l *label.Label) { l.Type = "Hum" },
		"start":               func(l *label.Label) { l.StartMS = 0 },
		"end":                 func(l *label.Label) { l.EndMS = 3 },
		"start and end":       func(l *label.Label) { l.StartMS, l.EndMS = 2, 1 },
		"confidence 0":        func(l *label.Label) { l.HasConfidence = true },
		"confidence 1":        func(l *label.Label) { l.HasConfidence, l.Confidence = true, 1 },
		"a next confidence":   func(l *label.Label) { l.HasConfidence, l.Confidence = true, math.Nextafter(1, 0) },
		"extra data":          func(l *label.Label) { l.ExtraData = "" },
		"spelling":            func(l *label.Label) { l.ExtraData = "{ }" },
		"where the type ends": func(l *label.Label) { l.Type, l.ExtraData = "hum{", "}" },
	} {
		l := base
		change(&l)
		if other, taken := keys[keyOf(&l)]; taken {
			t.Errorf("%s has the key of %s", what, other)
		}
		keys[keyOf(&l)] = what
	}
}

func TestStream_SkipExisting(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	d := newDraft(t)
	sure, spelled := at("a.wav", 5), at("a.wav", 5)
	sure.HasConfidence = true
	spelled.ExtraData = `{"a":1}`
	d.add(t, at("a.wav", 5), at("a.wav", 5), sure, spelled, at("b.wav", 5))

	again := spelled
	again.ExtraData = `{"a": 1}`
	d.write(t, func(ctx context.Context, in *Inserter) {
		s := NewStream(in)
		s.SkipExisting()
		var told []int
		s.Progress = func(done int) { told = append(told, done) }
		n, err := s.Run(ctx, yielding([]label.Label{
			at("a.wav", 5), at("a.wav", 5), at("a.wav", 5), // one more than the set has
			sure, spelled, again, // to the byte
			at("c.wav", 5), at("c.wav", 5), // of one import, so neither was there before
		}, nil))
		is.NoErr(err)
		is.Equal(n, 4)
		is.Equal(told, []int{4})
	})
	got, _ := d.labels(t)
	is.Equal(len(got), 9)
}
