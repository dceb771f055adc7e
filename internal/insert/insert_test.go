package insert

import (
	"context"
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/valid"
)

// scattered are n labels of several files in no order, no two of which are the same.
func scattered(n int) []label.Label {
	labels := make([]label.Label, n)
	for i := range labels {
		labels[i] = at(string(rune('a'+i%3)), int64((i*7919)%n))
		labels[i].EndMS = labels[i].StartMS + int64(i)
	}
	return labels
}

// Ids come in the order in which the labels were given, whatever the order in which they are written.
func TestInserter_Add(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"few": 100, "many": layer.BulkRows} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			d := newDraft(t)
			given := scattered(n)
			ids := d.add(t, given...)
			is.Equal(len(ids), n)
			got, revision := d.labels(t)
			is.Equal(len(got), n)
			is.True(revision > d.set.Revision)
			byID := make(map[int64]label.Label, n)
			for _, l := range got {
				byID[l.ID] = l
			}
			for i, want := range given {
				want.ID = ids[i]
				if byID[ids[i]] != want {
					t.Fatalf("label %d is %+v, not %+v", i, byID[ids[i]], want)
				}
			}
		})
	}
}

func TestInserter_Add_afterABadLabel(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	d := newDraft(t)
	given := scattered(2000)
	given[3].EndMS = -1
	given[1500].Type, given[1500].StartMS = "", -1
	d.write(t, func(ctx context.Context, in *Inserter) {
		ids, err := in.Add(ctx, len(given), func(i int) label.Label { return given[i] })
		is.True(errors.Is(err, valid.ErrInvalid))
		is.Equal(ids, nil)
		is.Equal(in.problems.List, []valid.Problem{ // in the order of the labels and of their fields
			{Index: 3, Field: "end_ms", Reason: in.problems.List[0].Reason},
			{Index: 1500, Field: "artifact_type", Reason: "is empty"},
			{Index: 1500, Field: "start_ms", Reason: "is negative: -1"},
		})
	})
	got, _ := d.labels(t)
	is.Equal(len(got), 0)
}

func TestInserter_Add_checksTheContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	d := newDraft(t)
	d.write(t, func(ctx context.Context, in *Inserter) {
		ctx, cancel := context.WithCancel(ctx)
		n := 0
		_, err := in.Add(ctx, 1<<20, func(int) label.Label {
			cancel()
			n++
			return at("a.wav", 0)
		})
		is.True(errors.Is(err, context.Canceled))
		is.True(n <= 1024)
	})
}

func TestInserter_Replace(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	d := newDraft(t)
	first := at("a.wav", 0)
	first.HasConfidence, first.ExtraData = true, `{"a":1}`
	id := d.add(t, first)[0]
	_, added := d.labels(t)
	replace := func(l label.Label) {
		d.write(t, func(ctx context.Context, in *Inserter) {
			old, found, err := reader.ByID(ctx, &in.tx.ReadTx, d.set.LayerID, id)
			is.NoErr(err)
			is.True(found)
			is.NoErr(in.Replace(ctx, old, l))
		})
	}

	replace(first)
	got, revision := d.labels(t)
	first.ID = id
	is.Equal(got, []label.Label{first})
	is.Equal(revision, added) // the same label again is no change

	other := label.Label{File: "b.wav", Type: "hum", StartMS: 5, EndMS: 5}
	replace(other)
	other.ID = id
	got, revision = d.labels(t)
	is.Equal(got, []label.Label{other}) // confidence and extra data are gone, the id stays
	is.True(revision > added)
}

func TestMarkClean(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	d := newDraft(t)
	d.write(t, func(ctx context.Context, in *Inserter) {
		clean := func(name string) bool {
			f, err := reader.SeenFile(ctx, &in.tx.ReadTx, &d.set, name)
			is.NoErr(err)
			return f != nil && f.Clean
		}
		is.NoErr(MarkClean(ctx, in.tx, &d.set, "a.wav")) // a file that is new
		is.True(clean("a.wav"))
		is.NoErr(UnmarkClean(ctx, in.tx, &d.set, "a.wav"))
		is.NoErr(UnmarkClean(ctx, in.tx, &d.set, "a.wav")) // it has no mark any more
		is.NoErr(UnmarkClean(ctx, in.tx, &d.set, "b.wav")) // it is not there
		is.True(!clean("a.wav"))
		is.NoErr(MarkClean(ctx, in.tx, &d.set, "a.wav"))

		_, err := in.Add(ctx, 1, func(int) label.Label { return at("a.wav", 0) })
		is.NoErr(err)
		is.True(!clean("a.wav")) // a label removes the mark
		err = MarkClean(ctx, in.tx, &d.set, "a.wav")
		_, ok := errors.AsType[*HasLabelsError](err)
		is.True(ok)
		is.Equal(err.Error(), `audio file "a.wav" has labels`)
	})
}
