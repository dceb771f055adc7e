package inspect

// invariants are queries, by the invariant: each finds the rows that break it.
var invariants = map[string]string{
	"a published set has a stamp, statistics and a digest": `
		SELECT uuid FROM annotation_set WHERE (status = 'published') <> (published_ms IS NOT NULL AND digest IS NOT NULL
			AND total_annotations IS NOT NULL AND annotations_by_type IS NOT NULL)`,
	"no version is higher than the last one given": `
		SELECT s.uuid FROM annotation_set s JOIN dataset d ON d.id = s.dataset_id WHERE s.version > d.last_version`,
	"a published set has a sealed layer, a draft an open one": `
		SELECT s.uuid FROM annotation_set s JOIN layer y ON y.id = s.layer_id WHERE y.sealed <> (s.status = 'published')`,
	"a layer stands on sealed layers of its own dataset": `
		SELECT y.id FROM layer y JOIN layer b ON b.id = y.below_id WHERE b.sealed = 0 OR b.dataset_id <> y.dataset_id`,
	"a label has an audio file and a type of its own dataset": `
		SELECT l.id FROM label l JOIN layer y ON y.id = l.layer_id
		LEFT JOIN audio_file f ON f.id = l.file_id AND f.dataset_id = y.dataset_id
		LEFT JOIN artifact_type t ON t.id = l.type_id AND t.dataset_id = y.dataset_id
		WHERE f.id IS NULL OR t.id IS NULL`,
	"a label's file is known to its layer": `
		SELECT l.id FROM label l LEFT JOIN layer_file lf ON lf.layer_id = l.layer_id AND lf.file_id = l.file_id
		WHERE lf.file_id IS NULL`,
	"an id is visible once in a set": `
		SELECT id FROM labels GROUP BY dataset, version, id HAVING count(*) > 1`,
	"no file is clean and labelled": `
		SELECT c.audio_file_id FROM clean_audio_files c WHERE EXISTS (
			SELECT 1 FROM labels l
			WHERE l.dataset = c.dataset AND l.version = c.version AND l.audio_file_id = c.audio_file_id)`,
	"no id is above the highest one given": `
		SELECT id FROM label WHERE id > (SELECT last_label_id FROM sequence)`,
	"every label that is not indexed is in its block": `
		SELECT l.id FROM label l WHERE l.indexed = 0 AND NOT EXISTS (
			SELECT 1 FROM label_block b
			WHERE b.layer_id = l.layer_id AND b.last_id >= l.id AND b.file_id = l.file_id
				AND l.start_ms BETWEEN b.from_ms AND b.to_ms
				AND b.first_id = (SELECT max(first_id) FROM label_block WHERE layer_id = l.layer_id AND first_id <= l.id))`,
	"every layer is that of a set, or below one": `
		SELECT y.id FROM layer y WHERE NOT EXISTS (
			SELECT 1 FROM layer_stack k JOIN annotation_set s ON s.layer_id = k.layer_id WHERE k.seen_id = y.id)`,
	"nothing is left of deleted layers": `
		SELECT layer_id FROM label WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM removal WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM label_block WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM layer_stack WHERE layer_id NOT IN (SELECT id FROM layer)
		UNION ALL SELECT layer_id FROM layer_file WHERE layer_id NOT IN (SELECT id FROM layer)`,
	"every guard is there": `
		SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' HAVING count(*) < 58`,
	"nothing is left of deleted sets": `
		SELECT set_id FROM review WHERE set_id NOT IN (SELECT id FROM annotation_set)
		UNION ALL SELECT set_id FROM editor WHERE set_id NOT IN (SELECT id FROM annotation_set)`,
	"no review is of a future revision": `
		SELECT r.id FROM review r JOIN annotation_set s ON s.id = r.set_id JOIN layer y ON y.id = s.layer_id
		WHERE r.revision > y.revision`,
	"nobody approved their own work": `
		SELECT v.id FROM reviews v JOIN review r ON r.id = v.id JOIN editor e ON e.set_id = r.set_id
		WHERE v.void = 0 AND v.verdict = 'approved' AND e.person IN (v.person, '')`,
	"training runs and tags are of published sets": `
		SELECT set_id FROM training_run WHERE set_id NOT IN (SELECT id FROM annotation_set WHERE status = 'published')
		UNION ALL SELECT set_id FROM tag_move WHERE set_id IS NOT NULL AND set_id NOT IN (
			SELECT id FROM annotation_set s WHERE status = 'published' AND s.dataset_id = tag_move.dataset_id)`,
}
