package insert

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// draft is a database with a dataset and an empty draft of it.
type draft struct {
	*sqlite.DB
	set sqlite.SetRow
}

func newDraft(t *testing.T) *draft {
	t.Helper()
	is := is.New(t)
	ctx := t.Context()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "a.annoset"), BusyTimeout: time.Second})
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(db.Close()) })
	d := &draft{DB: db}
	const dataset, set = "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"
	is.NoErr(db.Write(ctx, false, func(tx *sqlite.WriteTx) error {
		datasetID, err1 := tx.InsertDataset(ctx, sqlite.DatasetRow{UUID: dataset, Name: "one"})
		layerID, err2 := tx.InsertLayer(ctx, datasetID, nil, nil)
		_, err3 := tx.InsertSet(ctx, sqlite.SetRow{UUID: set, DatasetID: datasetID, LayerID: layerID})
		row, found, err4 := tx.SetByUUID(ctx, set)
		is.True(found)
		d.set = row
		return errors.Join(err1, err2, err3, err4)
	}))
	return d
}

// write runs fn with an Inserter for the draft, in a transaction that is committed.
func (d *draft) write(t *testing.T, fn func(ctx context.Context, in *Inserter)) {
	t.Helper()
	is := is.New(t)
	is.NoErr(d.Write(t.Context(), false, func(tx *sqlite.WriteTx) error {
		in, err := New(tx, &d.set, &valid.Problems{})
		is.NoErr(err)
		fn(t.Context(), in)
		return nil
	}))
}

// labels returns what is in the draft, and its revision.
func (d *draft) labels(t *testing.T) (all []label.Label, revision int64) {
	t.Helper()
	is := is.New(t)
	is.NoErr(d.Read(t.Context(), func(tx *sqlite.ReadTx) error {
		row, _, err := tx.SetByUUID(t.Context(), d.set.UUID)
		is.NoErr(err)
		revision = row.Revision
		r, err := reader.New(t.Context(), tx, &row, reader.Filter{})
		is.NoErr(err)
		return r.Each(t.Context(), reader.Position{}, func(l label.Label) error {
			all = append(all, l)
			return nil
		})
	}))
	return all, revision
}

// add adds labels to the draft.
func (d *draft) add(t *testing.T, labels ...label.Label) (ids []int64) {
	t.Helper()
	is := is.New(t)
	d.write(t, func(ctx context.Context, in *Inserter) {
		var err error
		ids, err = in.Add(ctx, len(labels), func(i int) label.Label { return labels[i] })
		is.NoErr(err)
	})
	return ids
}

// at is a label of an audio file, 10 ms long.
func at(file string, startMS int64) label.Label {
	return label.Label{File: file, Type: "glitch", StartMS: startMS, EndMS: startMS + 10}
}

// yielding is a stream of labels that ends with an error, if that is not nil.
func yielding(labels []label.Label, err error) iter.Seq2[label.Label, error] {
	return func(yield func(label.Label, error) bool) {
		for _, l := range labels {
			if !yield(l, nil) {
				return
			}
		}
		if err != nil {
			yield(label.Label{}, err)
		}
	}
}
