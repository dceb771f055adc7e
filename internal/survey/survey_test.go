package survey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// store is a database with a dataset of many audio files.
type store struct {
	*sqlite.DB
	dataset int64
	files   []int64
	types   [2]int64
}

// manyFiles are enough for more than one reader, where there is more than one processor.
const manyFiles = 5 * filesPerWorker

func newStore(t *testing.T) *store {
	t.Helper()
	is := is.New(t)
	ctx := t.Context()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "a.annoset"), BusyTimeout: time.Second})
	is.NoErr(err)
	t.Cleanup(func() { is.NoErr(db.Close()) })
	s := &store{DB: db}
	is.NoErr(db.Write(ctx, false, func(tx *sqlite.WriteTx) error {
		s.dataset, err = tx.InsertDataset(ctx, sqlite.DatasetRow{UUID: "00000000-0000-0000-0000-000000000000", Name: "one"})
		is.NoErr(err)
		for i, name := range []string{"glitch", "hum"} {
			s.types[i], err = tx.InsertType(ctx, sqlite.TypeRow{DatasetID: s.dataset, Name: name})
			is.NoErr(err)
		}
		for i := range manyFiles {
			id, err := tx.InsertFile(ctx, sqlite.FileRow{
				DatasetID: s.dataset, Name: fmt.Sprintf("%03d.wav", i), DurationMS: 1000,
			})
			is.NoErr(err)
			s.files = append(s.files, id)
		}
		return nil
	}))
	return s
}

// draft adds a set that stands on a published one, or on nothing, and fills its layer.
func (s *store) draft(
	t *testing.T, version int, base *sqlite.SetRow, fill func(ctx context.Context, tx *sqlite.WriteTx, layerID int64),
) sqlite.SetRow {
	t.Helper()
	is := is.New(t)
	ctx := t.Context()
	row := sqlite.SetRow{UUID: fmt.Sprintf("00000000-0000-0000-0000-%012d", version), DatasetID: s.dataset}
	is.NoErr(s.Write(ctx, false, func(tx *sqlite.WriteTx) (err error) {
		if base != nil {
			row.BaseID = &base.ID
			row.LayerID, err = tx.InsertLayer(ctx, s.dataset, &base.LayerID, nil)
		} else {
			row.LayerID, err = tx.InsertLayer(ctx, s.dataset, nil, nil)
		}
		is.NoErr(err)
		_, err = tx.InsertSet(ctx, row)
		is.NoErr(err)
		fill(ctx, tx, row.LayerID)
		return nil
	}))
	return s.set(t, row.UUID)
}

func (s *store) set(t *testing.T, uuid string) (row sqlite.SetRow) {
	t.Helper()
	is := is.New(t)
	is.NoErr(s.Read(t.Context(), func(tx *sqlite.ReadTx) (err error) {
		row, _, err = tx.SetByUUID(t.Context(), uuid)
		return err
	}))
	return row
}

// first fills a layer: labels that overlap in most files, and a clean mark in each seventh.
func (s *store) first(t *testing.T) func(ctx context.Context, tx *sqlite.WriteTx, layerID int64) {
	return func(ctx context.Context, tx *sqlite.WriteTx, layerID int64) {
		is := is.New(t)
		for i, file := range s.files {
			is.NoErr(tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: layerID, FileID: file, Clean: i%7 == 0}))
			if i%7 == 0 {
				continue
			}
			first, err := tx.NextLabelIDs(ctx, 3)
			is.NoErr(err)
			rows := make([]sqlite.LabelRow, 3)
			for k := range rows {
				start := int64(10 * k)
				rows[k] = sqlite.LabelRow{
					ID: first + int64(k), FileID: file, TypeID: s.types[k%2], StartMS: start, EndMS: start + int64(i),
				}
			}
			is.NoErr(tx.InsertLabels(ctx, layerID, rows))
		}
	}
}

// second fills a layer on top of the first: a clean mark that is gone, a label that is gone, and one that is new.
func (s *store) second(t *testing.T) func(ctx context.Context, tx *sqlite.WriteTx, layerID int64) {
	return func(ctx context.Context, tx *sqlite.WriteTx, layerID int64) {
		is := is.New(t)
		for _, file := range s.files[:2] {
			is.NoErr(tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: layerID, FileID: file}))
		}
		is.NoErr(tx.InsertRemoval(ctx, layerID, sqlite.LabelRow{FileID: s.files[1], ID: 1}))
		id, err := tx.NextLabelIDs(ctx, 1)
		is.NoErr(err)
		is.NoErr(tx.InsertLabels(ctx, layerID, []sqlite.LabelRow{
			{ID: id, FileID: s.files[1], TypeID: s.types[1], StartMS: 500, EndMS: 600},
		}))
	}
}

// seal publishes a draft.
func (s *store) seal(t *testing.T, set sqlite.SetRow) sqlite.SetRow {
	t.Helper()
	is := is.New(t)
	ctx := t.Context()
	is.NoErr(s.Write(ctx, false, func(tx *sqlite.WriteTx) error {
		var p valid.Problems
		totals, digest, err := Seal(ctx, s.DB, tx, &set, &p)
		is.NoErr(err)
		is.NoErr(FillPublished(&set, &totals, digest, 1))
		return tx.PublishSet(ctx, set)
	}))
	return s.set(t, set.UUID)
}

// verify verifies a set through several connections and through one, which must say the same.
func (s *store) verify(t *testing.T, set *sqlite.SetRow) error {
	t.Helper()
	is := is.New(t)
	var several, one error
	is.NoErr(s.Read(t.Context(), func(tx *sqlite.ReadTx) error {
		several = Verify(t.Context(), s.DB, tx, set)
		one = Verify(t.Context(), nil, tx, set)
		return nil
	}))
	is.Equal(fmt.Sprint(several), fmt.Sprint(one))
	return one
}

func TestVerify(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := newStore(t)
	v1 := s.seal(t, s.draft(t, 1, nil, s.first(t)))
	is.NoErr(s.verify(t, &v1))
	v2 := s.seal(t, s.draft(t, 2, &v1, s.second(t)))
	is.NoErr(s.verify(t, &v2))
	is.True(*v1.Digest != *v2.Digest)

	other := v1
	digest, clean := *v2.Digest, int64(1)
	other.Digest, other.CleanAudioFiles = &digest, &clean
	err := s.verify(t, &other)
	is.True(errors.Is(err, sqlite.ErrDamaged))
	is.True(strings.Contains(err.Error(), "clean_audio_files is 12, not 1"))
	is.True(strings.Contains(err.Error(), "the digest is "+*v1.Digest+", not "+digest))
	other.Digest = nil
	err = s.verify(t, &other)
	is.True(errors.Is(err, sqlite.ErrDamaged))
	is.True(strings.Contains(err.Error(), "not absent"))
	other.DurationMSByType = nil
	is.True(errors.Is(s.verify(t, &other), sqlite.ErrDamaged)) // without statistics there is nothing to compare with

	is.NoErr(s.Write(t.Context(), false, func(tx *sqlite.WriteTx) error {
		return tx.WithoutGuards(t.Context(), func() error {
			return tx.DeleteLabel(t.Context(), v1.LayerID, sqlite.LabelRow{ID: 4, FileID: s.files[2], StartMS: 0})
		})
	}))
	for _, set := range []*sqlite.SetRow{&v1, &v2} { // both see the label
		err := s.verify(t, set)
		is.True(errors.Is(err, sqlite.ErrDamaged))
		is.True(strings.Contains(err.Error(), `audio file "002.wav" are not those`))
	}
}

// The totals of a version count what it has changed against the ones that are stored below it. They are those that a
// survey of all its files finds.
func TestOf(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := newStore(t)
	v1 := s.seal(t, s.draft(t, 1, nil, s.first(t)))
	draft := s.draft(t, 2, &v1, s.second(t))
	is.NoErr(s.Read(t.Context(), func(tx *sqlite.ReadTx) error {
		below, err := Of(t.Context(), tx, &v1)
		is.NoErr(err)
		got, err := Of(t.Context(), tx, &draft)
		is.NoErr(err)
		is.Equal(got.TotalAnnotations, below.TotalAnnotations) // one less, and one more
		is.Equal(got.CleanAudioFiles, below.CleanAudioFiles-1)

		all, err := newSurvey(t.Context(), tx, &draft, true)
		is.NoErr(err)
		is.NoErr(all.run(t.Context(), tx))
		is.Equal(got, all.ownTotals())
		return nil
	}))
}

// The digest of a set is the same whether the stored digests of unchanged files are listed in the background or read at
// the end.
func TestSeal_inBackground(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := newStore(t)
	v1 := s.seal(t, s.draft(t, 1, nil, s.first(t)))
	draft := s.draft(t, 2, &v1, func(ctx context.Context, tx *sqlite.WriteTx, layerID int64) {
		for _, file := range s.files[:manyFiles/2] { // enough for more than one reader
			is.NoErr(tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: layerID, FileID: file}))
		}
	})
	var digests [2]string
	for i, db := range []*sqlite.DB{nil, s.DB} {
		rolledBack := errors.New("rolled back")
		is.Equal(s.Write(t.Context(), false, func(tx *sqlite.WriteTx) (err error) {
			_, digests[i], err = Seal(t.Context(), db, tx, &draft, &valid.Problems{})
			is.NoErr(err)
			return rolledBack
		}), rolledBack)
	}
	is.Equal(digests[0], digests[1])
	is.True(digests[0] != *v1.Digest) // clean marks are gone
}

func TestSeal_refusesWhatAnotherProgramWrote(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := newStore(t)
	draft := s.draft(t, 1, nil, func(ctx context.Context, tx *sqlite.WriteTx, layerID int64) {
		is.NoErr(tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: layerID, FileID: s.files[0]}))
		_, err := tx.NextLabelIDs(ctx, 1)
		is.NoErr(err)
		is.NoErr(tx.InsertLabels(ctx, layerID, []sqlite.LabelRow{
			{ID: 1, FileID: s.files[0], TypeID: s.types[0], EndMS: 1001}, // the file ends at 1000
		}))
	})
	var p valid.Problems
	err := s.Write(t.Context(), false, func(tx *sqlite.WriteTx) error {
		_, _, err := Seal(t.Context(), s.DB, tx, &draft, &p)
		return err
	})
	is.True(errors.Is(err, valid.ErrInvalid))
	is.Equal(p.List, []valid.Problem{
		{Index: -1, Field: "end_ms", Reason: `of a label is 1001, past the end of "000.wav" at 1000`},
	})
}

func TestSurvey_runParallel_returnsTheErrorOfTheContext(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	s := newStore(t)
	v1 := s.seal(t, s.draft(t, 1, nil, s.first(t)))
	is.NoErr(s.Read(t.Context(), func(tx *sqlite.ReadTx) error {
		all, err := newSurvey(t.Context(), tx, &v1, true)
		is.NoErr(err)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("the caller's own reason"))
		err = all.runParallel(ctx, s.DB, tx)
		if all.workers(s.DB) > 1 {
			is.Equal(err, context.Canceled)
		}
		return nil
	}))
}
