package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// LayerRow is a row of the table layer.
type LayerRow struct {
	ID      int64  `db:"id"`
	BelowID *int64 `db:"below_id"`
	Weight  int64  `db:"weight"`
}

// Stack reads the layers that a layer sees: itself first, then those below it from top to bottom.
func (tx *ReadTx) Stack(ctx context.Context, layerID int64) ([]LayerRow, error) {
	return list[LayerRow](ctx, tx, `
		SELECT y.id, y.below_id, y.weight
		FROM layer_stack k
		JOIN layer y ON y.id = k.seen_id
		WHERE k.layer_id = ?
		ORDER BY k.depth`, layerID)
}

// InsertLayer adds an open layer and returns its id. below is the layer that it stands on; nil: none. folds is the
// topmost of the layers that are folded into it; nil: none.
func (tx *WriteTx) InsertLayer(ctx context.Context, datasetID int64, below, folds *int64) (int64, error) {
	return tx.insert(ctx, `INSERT INTO layer (dataset_id, below_id, folds_id) VALUES (?, ?, ?)`, datasetID, below, folds)
}

// FoldOf returns the layer into which a layer and some of those below it were folded.
func (tx *ReadTx) FoldOf(ctx context.Context, layerID int64) (id int64, found bool, err error) {
	return get[int64](ctx, tx, `SELECT id FROM layer WHERE folds_id = ? AND sealed = 1 LIMIT 1`, layerID)
}

// WeighLayer counts what an open layer holds, and stores the count with it.
func (tx *WriteTx) WeighLayer(ctx context.Context, id int64) error {
	return tx.exec(ctx, `
		UPDATE layer
		SET weight = (SELECT count(*) FROM label WHERE layer_id = ?1) + (SELECT count(*) FROM removal WHERE layer_id = ?1)
		WHERE id = ?1`, id)
}

// SealLayer closes a layer that no set owns to writing. The guards must be off.
func (tx *WriteTx) SealLayer(ctx context.Context, id int64) error {
	return tx.exec(ctx, `UPDATE layer SET sealed = 1 WHERE id = ?`, id)
}

// Seen reports whether any layer stands on a layer, or any set owns it.
func (tx *ReadTx) Seen(ctx context.Context, id int64) (bool, error) {
	seen, _, err := get[bool](ctx, tx, `
		SELECT EXISTS (SELECT 1 FROM layer_stack WHERE seen_id = ?1 AND layer_id <> ?1)
			OR EXISTS (SELECT 1 FROM annotation_set WHERE layer_id = ?1)`, id)
	return seen, err
}

// CountLabels counts the rows of a layer, and stops counting at limit.
func (tx *ReadTx) CountLabels(ctx context.Context, layerID, limit int64) (int64, error) {
	n, _, err := get[int64](ctx, tx, `
		SELECT count(*) FROM (SELECT 1 FROM label WHERE layer_id = ? LIMIT ?)`, layerID, limit)
	return n, err
}

// DeleteLayer removes a layer that no set sees, with its contents.
func (tx *WriteTx) DeleteLayer(ctx context.Context, id int64) error {
	for _, query := range []string{
		`DELETE FROM label WHERE layer_id = ?`,
		`DELETE FROM label_block WHERE layer_id = ?`,
		`DELETE FROM removal WHERE layer_id = ?`,
		`DELETE FROM layer_file WHERE layer_id = ?`,
		`DELETE FROM layer WHERE id = ?`,
	} {
		if err := tx.exec(ctx, query, id); err != nil {
			return err
		}
	}
	return nil
}

// CopyLayer copies the contents of one layer to another on the same base. Verbatim keeps labels in their blocks, which
// needs the guards off; otherwise each label is indexed.
func (tx *WriteTx) CopyLayer(ctx context.Context, from, to int64, verbatim bool) error {
	queries := []string{`
		INSERT INTO layer_file (layer_id, file_id, clean)
		SELECT ?, file_id, 0 FROM layer_file WHERE layer_id = ?`, `
		INSERT INTO removal (layer_id, file_id, id)
		SELECT ?, file_id, id FROM removal WHERE layer_id = ?`,
	}
	if verbatim {
		queries = append(queries, `
		INSERT INTO label_block (layer_id, first_id, last_id, file_id, from_ms, to_ms)
		SELECT ?, first_id, last_id, file_id, from_ms, to_ms FROM label_block WHERE layer_id = ?`, `
		INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed, confidence, extra_data)
		SELECT ?, file_id, start_ms, id, end_ms, type_id, indexed, confidence, extra_data
		FROM label WHERE layer_id = ? ORDER BY file_id, start_ms, id`)
	} else {
		queries = append(queries, `
		INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed, confidence, extra_data)
		SELECT ?, file_id, start_ms, id, end_ms, type_id, 1, confidence, extra_data
		FROM label WHERE layer_id = ? ORDER BY file_id, start_ms, id`)
	}
	// This comes last: a file can be clean only once its labels are hidden.
	queries = append(queries, `
		UPDATE layer_file
		SET clean = 1
		WHERE layer_id = ? AND file_id IN (SELECT file_id FROM layer_file WHERE layer_id = ? AND clean = 1)`)
	for _, query := range queries {
		if err := tx.exec(ctx, query, to, from); err != nil {
			return err
		}
	}
	return nil
}

// LayerFile is a row of the table layer_file.
type LayerFile struct {
	LayerID, FileID int64
	Clean           bool
	Annotations     *int64 // nil while the layer is open
	Digest          []byte
}

// FileInLayer reads the row of an audio file in a layer.
func (tx *ReadTx) FileInLayer(layerID, fileID int64) (row LayerFile, found bool, err error) {
	err = tx.each(`
		SELECT clean, annotations, digest
		FROM layer_file
		WHERE layer_id = ? AND file_id = ?`, func(cu *cursor) error {
		row = LayerFile{LayerID: layerID, FileID: fileID, Clean: cu.int(0) == 1}
		if n, ok := cu.vals[1].(int64); ok {
			row.Annotations = &n
		}
		row.Digest, _ = cu.vals[2].([]byte)
		found = true
		return nil
	}, layerID, fileID)
	return row, found, err
}

// InsertLayerFile adds the row of an audio file in a layer.
func (tx *WriteTx) InsertLayerFile(ctx context.Context, r LayerFile) error {
	return tx.exec(ctx, `
		INSERT INTO layer_file (layer_id, file_id, clean, annotations, digest)
		VALUES (?, ?, ?, ?, ?)`,
		r.LayerID, r.FileID, r.Clean, r.Annotations, r.Digest)
}

// UpdateLayerFile writes the row of an audio file in a layer.
func (tx *WriteTx) UpdateLayerFile(ctx context.Context, r LayerFile) error {
	return tx.exec(ctx, `
		UPDATE layer_file
		SET clean = ?, annotations = ?, digest = ?
		WHERE layer_id = ? AND file_id = ?`,
		r.Clean, r.Annotations, r.Digest, r.LayerID, r.FileID)
}

// SeenFile is an audio file as it is seen from a layer.
type SeenFile struct {
	ID         int64
	Name       string
	DurationMS int64
	Layers     []int // depths of the layers that have the file, the topmost first
	Clean      bool
	Digest     []byte // of the topmost of them; nil while that is open, or if there are neither labels nor a clean mark
}

// SeenFiles calls fn for each audio file that a layer or one below it has, in order of name. fn may read. Its argument
// is valid until it returns.
func (tx *ReadTx) SeenFiles(ctx context.Context, layerID int64, fn func(*SeenFile) error) error {
	return tx.seenFiles(ctx, ctx, fn, `
		FROM layer_stack k
		JOIN layer_file lf ON lf.layer_id = k.seen_id
		JOIN audio_file f ON f.id = lf.file_id
		WHERE k.layer_id = ?2`, layerID)
}

// TopFiles is [ReadTx.SeenFiles] through the n topmost layers alone.
func (tx *ReadTx) TopFiles(ctx context.Context, layerID int64, n int, fn func(*SeenFile) error) error {
	return tx.seenFiles(ctx, ctx, fn, `
		FROM layer_stack k
		JOIN layer_file lf ON lf.layer_id = k.seen_id
		JOIN audio_file f ON f.id = lf.file_id
		WHERE k.layer_id = ?2 AND k.depth < ?3`, layerID, int64(n))
}

// SeenFilesFrom is [ReadTx.SeenFiles] starting at a name. It reads only a few files ahead of fn, which suits callers
// that stop early.
func (tx *ReadTx) SeenFilesFrom(ctx context.Context, layerID, datasetID int64, name string,
	fn func(*SeenFile) error,
) error {
	return tx.seenFiles(ctx, context.Background(), fn, `
		FROM audio_file f
		CROSS JOIN layer_stack k ON k.layer_id = ?2
		CROSS JOIN layer_file lf ON lf.layer_id = k.seen_id AND lf.file_id = f.id
		WHERE f.dataset_id = ?3 AND f.name >= ?4`, layerID, datasetID, name)
}

// ChangedFiles is [ReadTx.SeenFiles] for the audio files that the layer itself has.
func (tx *ReadTx) ChangedFiles(ctx context.Context, layerID int64, fn func(*SeenFile) error) error {
	return tx.seenFiles(ctx, ctx, fn, `
		FROM layer_file o
		JOIN audio_file f ON f.id = o.file_id
		CROSS JOIN layer_stack k ON k.layer_id = o.layer_id
		JOIN layer_file lf ON lf.layer_id = k.seen_id AND lf.file_id = o.file_id
		WHERE o.layer_id = ?2`, layerID)
}

// SeenFileByName calls fn for one audio file, if the layer sees it.
func (tx *ReadTx) SeenFileByName(ctx context.Context, layerID, datasetID int64, name string,
	fn func(*SeenFile) error,
) error {
	return tx.seenFiles(ctx, context.Background(), fn, `
		FROM audio_file f
		CROSS JOIN layer_stack k ON k.layer_id = ?2
		JOIN layer_file lf ON lf.layer_id = k.seen_id AND lf.file_id = f.id
		WHERE f.dataset_id = ?3 AND f.name = ?4`, layerID, datasetID, name)
}

// fileRow is an audio file in one layer.
type fileRow struct {
	id, durationMS, depth int64
	name                  string
	clean                 bool
	digest                [32]byte
	hasDigest             bool
}

var fileBatches = newBatchPool(func(r *fileRow, values []driver.Value) {
	r.id, _ = values[0].(int64)
	name, _ := values[1].(string)
	if r.name != name {
		r.name = strings.Clone(name)
	}
	r.durationMS, _ = values[2].(int64)
	r.depth, _ = values[3].(int64)
	r.clean = values[4] == int64(1)
	digest, _ := values[5].([]byte)
	r.hasDigest = len(digest) == len(r.digest)
	copy(r.digest[:], digest)
})

// seenFiles reads the files of a FROM clause, in which f is the file, k the place in the stack and lf the row of the
// layer. The limit keeps SQLite from calling take before it has sorted, in the first step, which ends with a context of
// its own: see open.
func (tx *ReadTx) seenFiles(ctx, first context.Context, fn func(*SeenFile) error, from string, args ...driver.Value,
) (err error) {
	rows, err := fileBatches.open(first, tx.dc, `
		SELECT 1
		FROM (
			SELECT f.id, f.name, f.duration_ms, k.depth, lf.clean, lf.digest `+from+`
			ORDER BY f.name, k.depth
			LIMIT -1
		)
		WHERE take(?1, id, name, duration_ms, depth, clean, digest)`, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.close()) }() // even if fn panics
	return groupFiles(ctx, rows, fn)
}

// groupFiles makes one value of the rows of each audio file. The row of the topmost layer comes first.
func groupFiles(ctx context.Context, rows *batchCursor[fileRow], fn func(*SeenFile) error) error {
	var file SeenFile
	for n := 0; ; n++ {
		r, err := rows.next()
		if err != nil {
			return err
		}
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if r != nil && len(file.Layers) > 0 && r.id == file.ID {
			file.Layers = append(file.Layers, int(r.depth))
			continue
		}
		if len(file.Layers) > 0 {
			if err := fn(&file); err != nil {
				return err
			}
		}
		if r == nil {
			return nil
		}
		file = SeenFile{
			ID: r.id, Name: r.name, DurationMS: r.durationMS, Clean: r.clean, Layers: append(file.Layers[:0], int(r.depth)),
		}
		if r.hasDigest {
			file.Digest = bytes.Clone(r.digest[:])
		}
	}
}
