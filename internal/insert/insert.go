// Package insert writes labels, clean marks and audio files to the layer of a draft.
package insert

import (
	"cmp"
	"context"
	"slices"

	"github.com/annoset/annoset/internal/label"
	"github.com/annoset/annoset/internal/layer"
	"github.com/annoset/annoset/internal/reader"
	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// Inserter adds labels to a draft. It checks them, turns names into row ids, and gives each label an id. It must be
// used by one goroutine at a time, and for one call of [Inserter.Add], [Inserter.Replace] or [Inserter.CopyFrom].
type Inserter struct {
	tx       *sqlite.WriteTx
	set      *sqlite.SetRow
	problems *valid.Problems

	vocabulary bool // the dataset declares its types
	types      map[string]int64
	files      map[string]*openFile
	last       *openFile // the file of the label before: labels of one file often come together
	lastName   string
	n          int // labels seen so far
}

// openFile is an audio file that labels are added to.
type openFile struct {
	id, durationMS int64 // id 0: the store does not have the file yet
	open           bool  // the layer has the file, without a clean mark
}

// New returns an Inserter for a draft. Problems with the labels are added to p; the methods then return
// [valid.ErrInvalid].
func New(tx *sqlite.WriteTx, set *sqlite.SetRow, p *valid.Problems) (*Inserter, error) {
	vocabulary, err := tx.HasVocabulary(set.DatasetID)
	if err != nil {
		return nil, err
	}
	return &Inserter{
		tx: tx, set: set, problems: p, vocabulary: vocabulary, types: make(map[string]int64),
		files: make(map[string]*openFile),
	}, nil
}

// row checks the next label and returns its row, without an id. After the first bad label rows are discarded, but
// checking goes on.
func (in *Inserter) row(ctx context.Context, l *label.Label) (sqlite.LabelRow, error) {
	file, typeID, err := in.check(l)
	if err != nil || len(in.problems.List) > 0 {
		return sqlite.LabelRow{}, err
	}
	return in.admit(ctx, l, file, typeID)
}

// admit returns the row of a label that was checked, without an id. It adds the label's type and audio file to the
// store if they are new.
func (in *Inserter) admit(
	ctx context.Context, l *label.Label, file *openFile, typeID int64,
) (_ sqlite.LabelRow, err error) {
	if typeID == 0 {
		if typeID, err = in.newType(ctx, l.Type); err != nil {
			return sqlite.LabelRow{}, err
		}
	}
	if err := in.open(ctx, file, l.File); err != nil {
		return sqlite.LabelRow{}, err
	}
	return rowOf(l, file.id, typeID), nil
}

// rowOf returns the row of a label, without an id.
func rowOf(l *label.Label, fileID, typeID int64) sqlite.LabelRow {
	return sqlite.LabelRow{
		FileID: fileID, StartMS: l.StartMS, EndMS: l.EndMS, TypeID: typeID,
		Confidence: l.Confidence, HasConfidence: l.HasConfidence, ExtraData: l.ExtraData,
	}
}

// check adds what is wrong with the next label to the problems. It returns the label's file and the id of its type; the
// id is 0 if the type is new. The file is nil, and the id 0, if the name is invalid.
func (in *Inserter) check(l *label.Label) (file *openFile, typeID int64, err error) {
	index := in.n
	in.n++
	fileOK, typeOK := in.problems.Label(index, l)
	if typeOK {
		if typeID, err = in.artifactType(l.Type); err != nil {
			return nil, 0, err
		}
		if typeID == 0 && in.vocabulary {
			in.problems.Add(index, "artifact_type", "is %s, which the dataset does not declare", valid.Brief(l.Type))
		}
	}
	if fileOK {
		if file, err = in.file(l.File); err != nil {
			return nil, 0, err
		}
		if file.durationMS > 0 && l.EndMS > file.durationMS && l.EndMS <= valid.MaxTimeMS {
			in.problems.Add(index, "end_ms", "is %d, past the end of %s at %d", l.EndMS, valid.Brief(l.File),
				file.durationMS)
		}
	}
	return file, typeID, nil
}

// artifactType returns the row id of an artifact type, or 0 if the dataset has no type of that name.
func (in *Inserter) artifactType(name string) (int64, error) {
	if id := in.types[name]; id != 0 {
		return id, nil
	}
	id, found, err := in.tx.TypeByName(in.set.DatasetID, name)
	if found {
		in.types[name] = id
	}
	return id, err
}

func (in *Inserter) newType(ctx context.Context, name string) (int64, error) {
	id, err := in.tx.InsertType(ctx, sqlite.TypeRow{DatasetID: in.set.DatasetID, Name: name})
	if err == nil {
		in.types[name] = id
	}
	return id, err
}

// file returns an audio file, which may be new.
func (in *Inserter) file(name string) (*openFile, error) {
	if in.last != nil && in.lastName == name {
		return in.last, nil
	}
	f := in.files[name]
	if f == nil {
		row, _, err := in.tx.FileByName(in.set.DatasetID, name)
		if err != nil {
			return nil, err
		}
		f = &openFile{id: row.ID, durationMS: row.DurationMS}
		in.files[name] = f
	}
	in.last, in.lastName = f, name
	return f, nil
}

// open makes an audio file ready to take labels in the layer. It removes a clean mark.
func (in *Inserter) open(ctx context.Context, f *openFile, name string) (err error) {
	if f.open {
		return nil
	}
	if f.id == 0 {
		f.id, err = in.tx.InsertFile(ctx, sqlite.FileRow{DatasetID: in.set.DatasetID, Name: name})
		if err != nil {
			return err
		}
	}
	f.open = true
	return setClean(ctx, in.tx, in.set.LayerID, f.id, false)
}

// Add adds n labels and returns their ids, in the order of the labels. It calls labelAt once for each, from 0 to n-1.
func (in *Inserter) Add(ctx context.Context, n int, labelAt func(i int) label.Label) ([]int64, error) {
	rows := make([]sqlite.LabelRow, n)
	for i := range rows {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l := labelAt(i)
		var err error
		if rows[i], err = in.row(ctx, &l); err != nil {
			return nil, err
		}
	}
	if err := in.problems.Err(); err != nil {
		return nil, err
	}
	if len(rows) < layer.BulkRows {
		return in.one(ctx, rows)
	}
	var ids []int64
	err := in.tx.WithoutGuards(ctx, func() (err error) {
		ids, err = in.bulk(ctx, rows)
		return err
	})
	return ids, err
}

// Replace changes the label of a found row to l; the id stays. If l says the same as the row, nothing is written.
func (in *Inserter) Replace(ctx context.Context, old reader.Found, l label.Label) error {
	in.n = -1 // the index of problems with an input that is not a bulk
	file, typeID, err := in.check(&l)
	if err != nil {
		return err
	}
	if err := in.problems.Err(); err != nil {
		return err
	}
	row := rowOf(&l, file.id, typeID)
	row.ID = old.ID
	if row == old.LabelRow {
		return nil
	}
	if row, err = in.admit(ctx, &l, file, typeID); err != nil {
		return err
	}
	row.ID = old.ID
	if err := Remove(ctx, in.tx, in.set, old); err != nil {
		return err
	}
	return in.tx.InsertLabels(ctx, in.set.LayerID, []sqlite.LabelRow{row})
}

// Remove removes a label from a draft. If the row is in the draft's own layer, it is deleted; otherwise a removal hides
// it, and other sets still see it.
func Remove(ctx context.Context, tx *sqlite.WriteTx, set *sqlite.SetRow, row reader.Found) error {
	if row.Depth == 0 {
		return tx.DeleteLabel(ctx, set.LayerID, row.LabelRow)
	}
	if err := setClean(ctx, tx, set.LayerID, row.FileID, false); err != nil {
		return err
	}
	return tx.InsertRemoval(ctx, set.LayerID, row.LabelRow)
}

// one writes rows in their order, each with its own index entry, and returns their ids.
func (in *Inserter) one(ctx context.Context, rows []sqlite.LabelRow) ([]int64, error) {
	ids, err := in.ids(ctx, rows)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].ID = ids[i]
	}
	return ids, in.tx.InsertLabels(ctx, in.set.LayerID, rows)
}

// bulk writes rows in blocks, sorted as the table is, and returns their ids in the original order of the rows. The
// guards must be off.
func (in *Inserter) bulk(ctx context.Context, rows []sqlite.LabelRow) ([]int64, error) {
	ids, err := in.ids(ctx, rows)
	if err != nil || len(rows) == 0 {
		return ids, err
	}
	order := func(a, b *sqlite.LabelRow) int {
		return cmp.Or(cmp.Compare(a.FileID, b.FileID), cmp.Compare(a.StartMS, b.StartMS))
	}
	if !slices.IsSortedFunc(rows, func(a, b sqlite.LabelRow) int { return order(&a, &b) }) {
		place := make([]int, len(rows))
		for i := range place {
			place[i] = i
		}
		slices.SortStableFunc(place, func(i, j int) int { return order(&rows[i], &rows[j]) })
		sorted := make([]sqlite.LabelRow, len(rows))
		came := make([]int64, len(rows))
		for i, from := range place {
			sorted[i], came[from] = rows[from], ids[i]
		}
		rows, ids = sorted, came
	}
	first := slices.Min(ids)
	for i := range rows {
		rows[i].ID = first + int64(i)
	}
	if err := in.tx.InsertBlocks(ctx, in.set.LayerID, rows); err != nil {
		return nil, err
	}
	return ids, in.tx.Revise(in.set.LayerID)
}

// ids returns new ids for the rows, one each, without gaps.
func (in *Inserter) ids(ctx context.Context, rows []sqlite.LabelRow) ([]int64, error) {
	ids := make([]int64, len(rows))
	if len(rows) == 0 {
		return ids, nil
	}
	first, err := in.tx.NextLabelIDs(ctx, len(rows))
	for i := range ids {
		ids[i] = first + int64(i)
	}
	return ids, err
}
