package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
)

// Way is a layer as a step from the view at its top to the view below it. A view is what is visible from a layer. It is
// identified by the layer of the set that first had it; a layer that this one was folded into has the same view.
type Way struct {
	LayerID int64
	Weight  int64
	BelowID int64 // the view below; 0: there is no layer below
}

// Ways reads the layers that have a view: the layer itself, and the one that it was folded into, if any.
func (tx *ReadTx) Ways(layerID int64) ([]Way, error) {
	var ways []Way
	err := tx.each(`
		SELECT y.id, y.weight, coalesce(b.folds_id, b.id, 0)
		FROM layer y
		LEFT JOIN layer b ON b.id = y.below_id
		WHERE y.id = ?1 OR y.folds_id = ?1
		ORDER BY y.id`, func(cu *cursor) error {
		ways = append(ways, Way{LayerID: cu.int(0), Weight: cu.int(1), BelowID: cu.int(2)})
		return nil
	}, layerID)
	return ways, err
}

// FileInTwo is an audio file as two layers see it.
type FileInTwo struct {
	ID    int64
	Name  string
	Clean [2]bool
}

// FilesOf reads the audio files that some layers mention, in order of name, as two layers see them.
func (tx *ReadTx) FilesOf(ctx context.Context, layers []int64, from, to int64) ([]FileInTwo, error) {
	var files []FileInTwo
	err := tx.eachUntil(ctx, `
		SELECT f.id, f.name, (
			SELECT lf.clean
			FROM layer_stack k
			CROSS JOIN layer_file lf ON lf.layer_id = k.seen_id AND lf.file_id = f.id
			WHERE k.layer_id = ?2
			ORDER BY k.depth
			LIMIT 1), (
			SELECT lf.clean
			FROM layer_stack k
			CROSS JOIN layer_file lf ON lf.layer_id = k.seen_id AND lf.file_id = f.id
			WHERE k.layer_id = ?3
			ORDER BY k.depth
			LIMIT 1)
		FROM audio_file f
		WHERE f.id IN (
			SELECT lf.file_id
			FROM json_each(?1) y
			CROSS JOIN layer_file lf ON lf.layer_id = y.value)
		ORDER BY f.name`, func(cu *cursor) error {
		files = append(files, FileInTwo{
			ID: cu.int(0), Name: cu.text(1), Clean: [2]bool{cu.int(2) == 1, cu.int(3) == 1},
		})
		if len(files)%checkEvery == 0 {
			return ctx.Err()
		}
		return nil
	}, ids(layers), from, to)
	return files, err
}

// LabelsIn calls fn for each row that some layers have of some audio files, with the index of its layer in layers. The
// row is valid until fn returns.
func (tx *ReadTx) LabelsIn(ctx context.Context, layers, files []int64, fn func(i int, row *LabelRow) error) error {
	var row LabelRow
	n := 0
	return tx.each(`
		SELECT y.key, l.file_id, l.id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data
		FROM json_each(?1) y
		CROSS JOIN json_each(?2) f
		CROSS JOIN label l ON l.layer_id = y.value AND l.file_id = f.value`, func(cu *cursor) error {
		row.FileID = cu.int(1)
		row.scan(cu, 2, 3)
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return fn(int(cu.int(0)), &row)
	}, ids(layers), ids(files))
}

// RemovalsIn calls fn for each label that some layers remove from some audio files, with the index of the layer in
// layers.
func (tx *ReadTx) RemovalsIn(ctx context.Context, layers, files []int64, fn func(i int, fileID, id int64) error) error {
	n := 0
	return tx.each(`
		SELECT y.key, r.file_id, r.id
		FROM json_each(?1) y
		CROSS JOIN json_each(?2) f
		CROSS JOIN removal r ON r.layer_id = y.value AND r.file_id = f.value`, func(cu *cursor) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return fn(int(cu.int(0)), cu.int(1), cu.int(2))
	}, ids(layers), ids(files))
}

// removedAbove is a column: whether a layer above that of label l removes it. k is the place of that layer in the
// stack.
const removedAbove = `EXISTS (
		SELECT 1
		FROM layer_stack a
		CROSS JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = l.file_id AND r.id = l.id
		WHERE a.layer_id = ?1 AND a.depth < k.depth)`

var (
	selectIndexedLabels = `
	SELECT l.file_id, l.id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data, ` + removedAbove + `
	FROM json_each(?2) x
	CROSS JOIN label l ON l.id = x.value AND l.indexed = 1
	CROSS JOIN layer_stack k ON k.layer_id = ?1 AND k.seen_id = l.layer_id`

	selectBlockLabels = `
	SELECT l.file_id, l.id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data, ` + removedAbove + `
	FROM json_each(?2) x
	CROSS JOIN layer_stack k ON k.layer_id = ?1` + inBlock("k.seen_id", "x.value")
)

// IndexedRows calls fn for each row of some ids that a layer of a stack has with its own index entry, and says whether
// a layer above removes it.
func (tx *ReadTx) IndexedRows(layerID int64, wanted []int64, fn func(row LabelRow, removed bool)) error {
	return tx.rowsByID(selectIndexedLabels, layerID, wanted, fn)
}

// BlockRows calls fn as [ReadTx.IndexedRows] does, for rows that are indexed by block.
func (tx *ReadTx) BlockRows(layerID int64, wanted []int64, fn func(row LabelRow, removed bool)) error {
	return tx.rowsByID(selectBlockLabels, layerID, wanted, fn)
}

func (tx *ReadTx) rowsByID(query string, layerID int64, wanted []int64, fn func(row LabelRow, removed bool)) error {
	return tx.each(query, func(cu *cursor) error {
		row := LabelRow{FileID: cu.int(0)}
		row.scan(cu, 1, 2)
		fn(row, cu.int(7) == 1)
		return nil
	}, layerID, ids(wanted))
}

// Strays reads the ids that the layers of two sides have or remove in more than one audio file. It need not look at all
// rows: a changed label has its own index entry, so at least one of two rows in different files has one.
func (tx *ReadTx) Strays(ctx context.Context, from, to []int64) (map[int64]bool, error) {
	strays := make(map[int64]bool)
	take := func(cu *cursor) error {
		strays[cu.int(0)] = true
		return ctx.Err()
	}
	all := append(append([]int64{}, from...), to...)
	err := tx.eachUntil(ctx, `
		SELECT r.id
		FROM json_each(?1) y
		CROSS JOIN removal r ON r.layer_id = y.value
		CROSS JOIN label l ON l.id = r.id AND l.indexed = 1 AND l.file_id <> r.file_id
		WHERE l.layer_id IN (SELECT value FROM json_each(?1))`, take, ids(all))
	if err != nil || len(from) == 0 || len(to) == 0 {
		return strays, err
	}
	for _, sides := range [][2][]int64{{from, to}, {to, from}} {
		if err := tx.eachUntil(ctx, `
		SELECT a.id
		FROM json_each(?1) y
		CROSS JOIN label a ON a.layer_id = y.value
		CROSS JOIN label b ON b.id = a.id AND b.indexed = 1 AND b.file_id <> a.file_id
		WHERE b.layer_id IN (SELECT value FROM json_each(?2))`, take, ids(sides[0]), ids(sides[1])); err != nil {
			return nil, err
		}
	}
	return strays, nil
}

// ids binds a list of ids, for json_each.
func ids(list []int64) driver.Value {
	if len(list) == 0 {
		return "[]"
	}
	text, _ := json.Marshal(list) // integers always can be
	return string(text)
}
