package annoset

import (
	"cmp"
	"context"
	"slices"

	"github.com/annoset/annoset/internal/valid"
	"github.com/annoset/annoset/sqlite"
)

// inserter writes labels to the layer of a draft: it checks them, gives them ids, and turns names into row ids.
type inserter struct {
	tx  *sqlite.WriteTx
	set *sqlite.SetRow

	vocabulary bool // the dataset declares its types
	types      map[string]int64
	problems   *problems
	files      map[string]*openFile
	last       *openFile // the file that came last: labels come in runs
	lastName   string
	n          int // labels that came so far
}

// openFile is an audio file that takes labels in this layer.
type openFile struct {
	id, durationMS int64
	open           bool // known to the layer, and not clean
}

func newInserter(tx *sqlite.WriteTx, op string, set *sqlite.SetRow) (*inserter, error) {
	vocabulary, err := tx.HasVocabulary(set.DatasetID)
	if err != nil {
		return nil, err
	}
	return &inserter{
		tx: tx, set: set, vocabulary: vocabulary, types: make(map[string]int64), problems: &problems{op: op},
		files: make(map[string]*openFile),
	}, nil
}

// row checks the next label and makes its row, without an id. Once one was bad the rows are worth nothing, and what
// is wrong with the others is still found.
func (in *inserter) row(ctx context.Context, a *Annotation) (sqlite.LabelRow, error) {
	file, typeID, err := in.check(a)
	if err != nil || len(in.problems.List) > 0 {
		return sqlite.LabelRow{}, err
	}
	return in.admit(ctx, a, file, typeID)
}

// admit makes the row of a label that was checked, without an id, and adds the names that are new.
func (in *inserter) admit(ctx context.Context, a *Annotation, file *openFile, typeID int64) (_ sqlite.LabelRow, err error) {
	if typeID == 0 {
		if typeID, err = in.newType(ctx, a.ArtifactType); err != nil {
			return sqlite.LabelRow{}, err
		}
	}
	if err := in.open(ctx, file, a.AudioFileID); err != nil {
		return sqlite.LabelRow{}, err
	}
	return rowOf(a, file.id, typeID), nil
}

// rowOf makes the row of a label, without an id.
func rowOf(a *Annotation, fileID, typeID int64) sqlite.LabelRow {
	row := sqlite.LabelRow{FileID: fileID, StartMS: a.StartMS, EndMS: a.EndMS, TypeID: typeID}
	if text := textOf(a.ExtraData); text != nil {
		row.ExtraData = *text
	}
	if a.Confidence != nil {
		row.Confidence, row.HasConfidence = *a.Confidence+0, true // -0 is 0
	}
	return row
}

// check finds what is wrong with the next label. It returns the file and the type it names, which may be new.
func (in *inserter) check(a *Annotation) (file *openFile, typeID int64, err error) {
	index := in.n
	in.n++
	fileOK, typeOK := in.problems.annotation(index, a)
	if typeOK {
		if typeID, err = in.artifactType(a.ArtifactType); err != nil {
			return nil, 0, err
		}
		if typeID == 0 && in.vocabulary {
			in.problems.Add(index, "artifact_type", "is %s, which the dataset does not declare", valid.Brief(a.ArtifactType))
		}
	}
	if fileOK {
		if file, err = in.file(a.AudioFileID); err != nil {
			return nil, 0, err
		}
		if file.durationMS > 0 && a.EndMS > file.durationMS && a.EndMS <= MaxTimeMS {
			in.problems.Add(index, "end_ms", "is %d, past the end of %s at %d", a.EndMS, valid.Brief(a.AudioFileID),
				file.durationMS)
		}
	}
	return file, typeID, nil
}

// artifactType finds the row id of an artifact type, 0 where there is none of that name.
func (in *inserter) artifactType(name string) (int64, error) {
	if id := in.types[name]; id != 0 {
		return id, nil
	}
	id, found, err := in.tx.TypeByName(in.set.DatasetID, name)
	if found {
		in.types[name] = id
	}
	return id, err
}

func (in *inserter) newType(ctx context.Context, name string) (int64, error) {
	id, err := in.tx.InsertType(ctx, sqlite.TypeRow{DatasetID: in.set.DatasetID, Name: name})
	if err == nil {
		in.types[name] = id
	}
	return id, err
}

// file finds an audio file, which is not there yet where its id is 0.
func (in *inserter) file(name string) (*openFile, error) {
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

// open makes an audio file ready to take labels in the layer, which takes a clean mark away.
func (in *inserter) open(ctx context.Context, f *openFile, name string) (err error) {
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

// setClean makes an audio file known to an open layer, clean or not.
func setClean(ctx context.Context, tx *sqlite.WriteTx, layerID, fileID int64, clean bool) error {
	state, known, err := tx.FileInLayer(layerID, fileID)
	switch {
	case err != nil:
		return err
	case !known:
		return tx.InsertLayerFile(ctx, sqlite.LayerFile{LayerID: layerID, FileID: fileID, Clean: clean})
	case state.Clean == clean:
		return nil
	}
	state.Clean = clean
	return tx.UpdateLayerFile(ctx, state)
}

// one writes rows in their order, each with an index entry of its own, and returns their ids.
func (in *inserter) one(ctx context.Context, rows []sqlite.LabelRow) ([]int64, error) {
	ids, err := in.ids(ctx, rows)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].ID = ids[i]
	}
	return ids, in.tx.InsertLabels(ctx, in.set.LayerID, rows)
}

// bulk writes rows in the order of the table, in blocks, and returns their ids in the order that they came in. The
// guards are off.
func (in *inserter) bulk(ctx context.Context, rows []sqlite.LabelRow) ([]int64, error) {
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

// ids gives out one id a row, without a gap.
func (in *inserter) ids(ctx context.Context, rows []sqlite.LabelRow) ([]int64, error) {
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
