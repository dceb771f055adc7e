package sqlite

import "context"

// LayeredLabel is a label row and the layer that has it.
type LayeredLabel struct {
	LabelRow
	LayerID int64
}

var selectBlockRows = `
	SELECT l.layer_id, l.file_id, l.id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data
	FROM layer y` + inBlock("y.id", "?1")

// RowsOf reads the rows of one id in all layers.
func (tx *ReadTx) RowsOf(id int64) ([]LayeredLabel, error) {
	var rows []LayeredLabel
	for _, query := range []string{`
		SELECT l.layer_id, l.file_id, l.id, l.start_ms, l.end_ms, l.type_id, l.confidence, l.extra_data
		FROM label l
		WHERE l.id = ?1 AND l.indexed = 1
		ORDER BY l.layer_id`, selectBlockRows,
	} {
		if err := tx.each(query, func(cu *cursor) error {
			row := LayeredLabel{LayerID: cu.int(0), LabelRow: LabelRow{FileID: cu.int(1)}}
			row.scan(cu, 2, 3)
			rows = append(rows, row)
			return nil
		}, id); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// RemoversOf reads the layers that stand on a layer and remove an id from an audio file.
func (tx *ReadTx) RemoversOf(seenID, fileID, id int64) ([]int64, error) {
	var layers []int64
	err := tx.each(`
		SELECT k.layer_id
		FROM layer_stack k
		CROSS JOIN removal r ON r.layer_id = k.layer_id AND r.file_id = ?2 AND r.id = ?3
		WHERE k.seen_id = ?1
		ORDER BY k.layer_id`, func(cu *cursor) error {
		layers = append(layers, cu.int(0))
		return nil
	}, seenID, fileID, id)
	return layers, err
}

// SetsSeeing reads the sets of a dataset in order of version, each with the topmost of the given layers that it sees.
func (tx *ReadTx) SetsSeeing(ctx context.Context, datasetID int64, layers []int64) ([]SetSeeing, error) {
	return list[SetSeeing](ctx, tx, `
		SELECT
			s.uuid, s.version, s.base_id, s.parent_uuid, s.status, s.created_ms, s.published_ms, coalesce((
				SELECT seen_id
				FROM layer_stack
				WHERE layer_id = s.layer_id AND seen_id IN (SELECT value FROM json_each(?2))
				ORDER BY depth
				LIMIT 1), 0) AS seen_id
		FROM annotation_set s
		WHERE s.dataset_id = ?1
		ORDER BY s.version`, datasetID, ids(layers))
}

// SetSeeing is a set and one layer that it sees.
type SetSeeing struct {
	UUID        string  `db:"uuid"`
	Version     int     `db:"version"`
	BaseID      *int64  `db:"base_id"`
	ParentUUID  *string `db:"parent_uuid"`
	Status      string  `db:"status"`
	CreatedMS   int64   `db:"created_ms"`
	PublishedMS *int64  `db:"published_ms"`
	SeenID      int64   `db:"seen_id"` // 0: none
}
