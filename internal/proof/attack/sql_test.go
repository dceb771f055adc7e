package attack_test

import (
	"fmt"
	"strings"
)

// attack is a statement that would break an invariant: the database must refuse it. {name} stands for a row id of the
// world.
type attack struct {
	name    string
	prepare string // allowed statements before it, in its transaction
	sql     string
	says    string // part of the error
	skips   bool   // OR IGNORE skips it without an error and changes nothing: a constraint, not a trigger
}

func insertLabel(layer, file string, start int64, id, artifactType string) string {
	return fmt.Sprintf(`INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed)
		VALUES (%s, %s, %d, %s, %d, %s, 1)`, layer, file, start, id, start+1, artifactType)
}

// insertLabelWith adds a label with other values at the end of the row to the draft v3.
func insertLabelWith(start, end, confidence, extra string) string {
	return fmt.Sprintf(`INSERT INTO label (layer_id, file_id, start_ms, id, end_ms, type_id, indexed, confidence, extra_data)
		VALUES ({one.l3}, {n.wav}, %s, {free}, %s, {glitch}, 1, %s, %s)`, start, end, confidence, extra)
}

func insertSet(id, dataset, version, layer, base string) string {
	return fmt.Sprintf(`INSERT INTO annotation_set (id, uuid, dataset_id, version, layer_id, base_id, status, notes, created_ms)
		VALUES (%s, '00000000-0000-0000-0000-0000000fffff', %s, %s, %s, %s, 'draft', '', 0)`, id, dataset, version, layer, base)
}

// openLayer makes a layer 9001 for a new set.
func openLayer(dataset, below string) string {
	return fmt.Sprintf(`INSERT INTO layer (id, dataset_id, below_id) VALUES (9001, %s, %s)`, dataset, below)
}

const (
	asPublished = `status = 'published', published_ms = 1, digest = 'sha256:' || hex(zeroblob(32)), total_annotations = 0,
		total_positive_duration_ms = 0, annotated_audio_files = 0, clean_audio_files = 0, annotations_by_type = '{}',
		duration_ms_by_type = '{}'`
	// withDigests is what publishing does to a layer first.
	withDigests = `UPDATE layer_file SET clean = 0, annotations = 1, digest = zeroblob(32) WHERE layer_id = {one.l4}`
	nextVersion = `6` // the version that dataset one gives next

	saysNever    = "a published set never changes"
	saysSealed   = "a sealed layer never changes"
	saysSealing  = "a layer is sealed by publishing its set"
	saysAgain    = "a version number is never given twice"
	saysTwice    = "a label of that id is seen already"
	saysNotClean = "an audio file that has labels is not clean"
	saysStandsOn = "a set stands on published sets of its own dataset alone"
	saysStays    = "a layer stays where it is"
	saysSetKeeps = "a set keeps its id, version, parent and date"
	saysCheck    = "CHECK constraint failed"
	saysNotNull  = "NOT NULL constraint failed"
)

func attacks() []attack {
	var all []attack
	for _, group := range [][]attack{
		setAttacks(), newSetAttacks(), datasetAttacks(), nameAttacks(), layerAttacks(), fileAttacks(), labelAttacks(),
		removalAttacks(), draftAttacks(), reviewAttacks(), recordAttacks(),
	} {
		all = append(all, group...)
	}
	return all
}

// setAttacks aim at the row of a set.
func setAttacks() []attack {
	all := []attack{
		{name: "unpublish", sql: `UPDATE annotation_set SET status = 'draft', published_ms = NULL, digest = NULL,
			total_annotations = NULL, total_positive_duration_ms = NULL, annotated_audio_files = NULL, clean_audio_files = NULL,
			annotations_by_type = NULL, duration_ms_by_type = NULL WHERE id = {one.v1}`, says: saysNever},
		{name: "unpublish all", sql: `UPDATE annotation_set SET status = 'draft'`, says: saysNever},
		{name: "publish again", sql: `UPDATE annotation_set SET ` + asPublished + ` WHERE id = {one.v2}`, says: saysNever},
		{name: "change nothing of a published set", sql: `UPDATE annotation_set SET notes = notes`, says: saysNever},
		{name: "swap two published sets", sql: `UPDATE annotation_set SET layer_id = CASE id WHEN {one.v1} THEN {one.l2}
			ELSE {one.l1} END WHERE id IN ({one.v1}, {one.v2})`, says: saysNever},
		{name: "move a published set by rowid", sql: `UPDATE annotation_set SET rowid = 9001 WHERE id = {one.v1}`, says: saysNever},
		{name: "move a draft by rowid", sql: `UPDATE annotation_set SET rowid = 9001 WHERE id = {one.v3}`, says: saysSetKeeps},
		{name: "move a draft onto a published set", sql: `UPDATE annotation_set SET id = {one.v1} WHERE id = {one.v3}`, says: saysSetKeeps},
		{name: "give a draft the version of a published set", sql: `UPDATE annotation_set SET version = 1 WHERE id = {one.v3}`,
			says: saysSetKeeps},
		{name: "give a draft the layer of a published set", sql: `UPDATE annotation_set SET layer_id = {one.l1} WHERE id = {one.v3}`,
			says: saysSetKeeps},
		{name: "upsert a published set", sql: `INSERT INTO annotation_set SELECT * FROM annotation_set WHERE id = {one.v1}
			ON CONFLICT DO UPDATE SET notes = 'better'`, says: "a set begins as a draft"},
		{name: "upsert a draft over a published set", sql: insertSet("{one.v1}", "{one}", nextVersion, "{one.l1}", "NULL") +
			` ON CONFLICT DO UPDATE SET notes = 'better'`, says: "a set of that id or layer exists"},
		{name: "delete a published set", sql: `DELETE FROM annotation_set WHERE id = {one.v1}`, says: "never deleted"},
		{name: "delete a published set that another stands on a fold of", sql: `DELETE FROM annotation_set WHERE id = {three.v8}`,
			says: "never deleted"},
		{name: "delete all sets", sql: `DELETE FROM annotation_set`, says: "never deleted"},
		{name: "publish without digests", sql: `UPDATE annotation_set SET ` + asPublished + ` WHERE id = {one.v3}`,
			says: "audio files of the set have no digest yet"},
		{name: "publish without anything", prepare: withDigests, skips: true,
			sql: `UPDATE annotation_set SET status = 'published' WHERE id = {one.v4}`, says: saysCheck},
		{name: "a third status", sql: `UPDATE annotation_set SET status = 'locked' WHERE id = {one.v3}`, says: saysCheck, skips: true},
		{name: "no status", sql: `UPDATE annotation_set SET status = NULL WHERE id = {one.v3}`, says: saysNotNull, skips: true},
		{name: "a draft with a digest", sql: `UPDATE annotation_set SET digest = 'sha256:' WHERE id = {one.v3}`, says: saysCheck,
			skips: true},
		{name: "extra data that is a list", sql: `UPDATE annotation_set SET extra_data = '[]' WHERE id = {one.v3}`, says: saysCheck,
			skips: true},
		{name: "extra data that is no JSON", sql: `UPDATE annotation_set SET extra_data = '{' || 'a' WHERE id = {one.v3}`,
			skips: true},
		{name: "extra data that only SQLite reads", sql: `UPDATE annotation_set SET extra_data = '{a:' || '1}' WHERE id = {one.v3}`,
			skips: true},
	}
	for _, column := range []string{
		"id = 9001", "uuid = '00000000-0000-0000-0000-0000000fffff'", "dataset_id = {two}", "version = 77", "layer_id = {one.l4}",
		"base_id = NULL", "base_id = {one.v4}", "parent_uuid = NULL", "notes = 'better'", "extra_data = '{}'", "created_ms = 1",
		"published_ms = 1", "digest = 'sha256:' || hex(zeroblob(32))", "total_annotations = total_annotations + 1",
		"total_positive_duration_ms = 0", "annotated_audio_files = 0", "clean_audio_files = 9", "annotations_by_type = '{}'",
		"duration_ms_by_type = '{}'", "digest = NULL", "published_ms = NULL", "total_annotations = NULL",
		"created_by = 'mallory'", "published_by = 'mallory'",
	} {
		all = append(all, attack{name: "published set: " + column,
			sql: `UPDATE annotation_set SET ` + column + ` WHERE id = {one.v2}`, says: saysNever})
	}
	for _, column := range []string{
		"uuid = '00000000-0000-0000-0000-0000000fffff'", "dataset_id = {two}", "version = 77", "base_id = NULL",
		"base_id = {one.v1}", "base_id = {one.v4}", "base_id = {two.v1}", "parent_uuid = NULL", "created_ms = 1",
		"created_by = 'mallory'",
	} {
		all = append(all, attack{name: "draft: " + column,
			sql: `UPDATE annotation_set SET ` + column + ` WHERE id = {one.v3}`, says: saysSetKeeps})
	}
	for _, column := range []string{
		"published_ms", "digest", "total_annotations", "total_positive_duration_ms", "annotated_audio_files", "clean_audio_files",
		"annotations_by_type", "duration_ms_by_type",
	} {
		all = append(all, attack{name: "publish without " + column, prepare: withDigests, skips: true, says: saysCheck,
			sql: `UPDATE annotation_set SET ` + asPublished + `, ` + column + ` = NULL WHERE id = {one.v4}`})
	}
	return all
}

// newSetAttacks add sets that must not exist.
func newSetAttacks() []attack {
	fresh, onV2 := openLayer("{one}", "NULL"), openLayer("{one}", "{one.l2}")
	return []attack{
		{name: "insert a set as published", prepare: fresh, says: "a set begins as a draft",
			sql: `INSERT INTO annotation_set SELECT 9001, '00000000-0000-0000-0000-0000000fffff', dataset_id, 6, 9001, NULL,
				parent_uuid, status, notes, extra_data, created_ms, published_ms, digest, total_annotations,
				total_positive_duration_ms, annotated_audio_files, clean_audio_files, annotations_by_type, duration_ms_by_type, created_by,
				published_by FROM annotation_set WHERE id = {one.v1}`},
		{name: "insert a second set of a version", prepare: fresh, sql: insertSet("9001", "{one}", "2", "9001", "NULL"), says: saysAgain},
		{name: "insert the version of a deleted draft", prepare: fresh, sql: insertSet("9001", "{one}", "5", "9001", "NULL"),
			says: saysAgain},
		{name: "insert the version of a draft deleted just now",
			prepare: fresh + `; ` + insertSet("9001", "{one}", nextVersion, "9001", "NULL") + `; DELETE FROM annotation_set WHERE id = 9001`,
			sql:     insertSet("9001", "{one}", nextVersion, "9001", "NULL"), says: saysAgain},
		{name: "insert version 0", prepare: fresh, sql: insertSet("9001", "{one}", "0", "9001", "NULL"), says: saysAgain},
		{name: "insert over the id of a published set", prepare: fresh, sql: insertSet("{one.v1}", "{one}", nextVersion, "9001", "NULL"),
			says: "a set of that id or layer exists"},
		{name: "insert over the uuid of a published set", prepare: fresh, says: "a set of that id or layer exists",
			sql: `INSERT INTO annotation_set (uuid, dataset_id, version, layer_id, status, notes, created_ms)
				SELECT uuid, {one}, 6, 9001, 'draft', '', 0 FROM annotation_set WHERE id = {one.v1}`},
		{name: "insert a set on the layer of a published one", sql: insertSet("9001", "{one}", nextVersion, "{one.l1}", "NULL"),
			says: "a set of that id or layer exists"},
		{name: "insert a set on a folded layer itself", sql: insertSet("9001", "{three}", "77", "{fold}", "NULL"),
			says: "a set needs an open layer of its own dataset"},
		{name: "insert a set on another dataset's layer", prepare: openLayer("{two}", "NULL"),
			sql: insertSet("9001", "{one}", nextVersion, "9001", "NULL"), says: "a set needs an open layer of its own dataset"},
		{name: "insert a set on no layer", sql: insertSet("9001", "{one}", nextVersion, "9001", "NULL"),
			says: "a set needs an open layer of its own dataset"},
		{name: "insert a set on another dataset's set", prepare: onV2, sql: insertSet("9001", "{one}", nextVersion, "9001", "{two.v1}"),
			says: saysStandsOn},
		{name: "insert a set on a draft", prepare: onV2, sql: insertSet("9001", "{one}", nextVersion, "9001", "{one.v4}"), says: saysStandsOn},
		{name: "insert a set on none, over a layer", prepare: onV2, sql: insertSet("9001", "{one}", nextVersion, "9001", "NULL")},
		{name: "insert a set on another one than its layer is on", prepare: onV2,
			sql: insertSet("9001", "{one}", nextVersion, "9001", "{one.v1}")},
		{name: "insert a set on one, over no layer", prepare: fresh, sql: insertSet("9001", "{one}", nextVersion, "9001", "{one.v1}")},
		{name: "insert a set on a layer that nobody published",
			prepare: openLayer("{one}", "NULL"),
			sql: `INSERT INTO layer (id, dataset_id, below_id) VALUES (9002, {one}, 9001); ` +
				insertSet("9001", "{one}", nextVersion, "9002", "NULL")},
		{name: "change what a published set sees once it was published in SQL",
			prepare: withDigests + `; UPDATE annotation_set SET ` + asPublished + ` WHERE id = {one.v4}`,
			sql:     insertLabel("{one.l4}", "{p.wav}", 50, "{free}", "{glitch}"), says: saysSealed},
	}
}

func datasetAttacks() []attack {
	keeps := "a dataset keeps its id and its date"
	return []attack{
		{name: "delete a dataset with published sets", sql: `DELETE FROM dataset WHERE id = {one}`,
			says: "the dataset has annotation sets"},
		{name: "delete all datasets", sql: `DELETE FROM dataset`, says: "the dataset has annotation sets"},
		{name: "replace a dataset by id", says: "a dataset of that id or name exists",
			sql: `INSERT INTO dataset VALUES ({one}, '00000000-0000-0000-0000-0000000fffff', 'new', '', NULL, 0, 0, 0, 0)`},
		{name: "replace a dataset by name", says: "a dataset of that id or name exists",
			sql: `INSERT INTO dataset VALUES (9001, '00000000-0000-0000-0000-0000000fffff', 'one', '', NULL, 0, 0, 0, 0)`},
		{name: "replace a dataset by uuid", says: "a dataset of that id or name exists",
			sql: `INSERT INTO dataset SELECT 9001, uuid, 'new', '', NULL, 0, 0, 0, 0 FROM dataset WHERE id = {one}`},
		{name: "upsert a dataset", says: "a dataset of that id or name exists",
			sql: `INSERT INTO dataset SELECT * FROM dataset WHERE true ON CONFLICT DO UPDATE SET last_version = 0`},
		{name: "lower the last version", sql: `UPDATE dataset SET last_version = 4 WHERE id = {one}`, says: saysAgain},
		{name: "forget the last version", sql: `UPDATE dataset SET last_version = NULL WHERE id = {one}`, skips: true},
		{name: "move a dataset", sql: `UPDATE dataset SET id = 9001 WHERE id = {one}`, says: keeps},
		{name: "move a dataset by rowid", sql: `UPDATE dataset SET rowid = 9001 WHERE id = {one}`, says: keeps},
		{name: "give a dataset another uuid", says: keeps,
			sql: `UPDATE dataset SET uuid = '00000000-0000-0000-0000-0000000fffff' WHERE id = {one}`},
		{name: "redate a dataset", sql: `UPDATE dataset SET created_ms = 0 WHERE id = {one}`, says: keeps},
		{name: "rename a dataset over another", sql: `UPDATE dataset SET name = 'one' WHERE id = {two}`,
			says: "a dataset of that name exists"},
		{name: "a dataset without a name", sql: `UPDATE dataset SET name = '' WHERE id = {two}`, says: saysCheck, skips: true},
		{name: "a dataset's extra data as a list", sql: `UPDATE dataset SET extra_data = '[]'`, says: saysCheck, skips: true},
		{name: "delete the sequence", sql: `DELETE FROM sequence`, says: "there is one sequence"},
		{name: "a second sequence", sql: `INSERT INTO sequence VALUES (2, 0)`, says: "there is one sequence"},
		{name: "replace the sequence", sql: `INSERT INTO sequence VALUES (1, 0)`, says: "there is one sequence"},
		{name: "upsert the sequence", sql: `INSERT INTO sequence VALUES (1, 0) ON CONFLICT DO UPDATE SET last_label_id = 0`,
			says: "there is one sequence"},
		{name: "set back the sequence", sql: `UPDATE sequence SET last_label_id = last_label_id - 1`,
			says: "a label id is never given twice"},
		{name: "move the sequence", sql: `UPDATE sequence SET rowid = 2`, says: "a label id is never given twice"},
		{name: "forget the sequence", sql: `UPDATE sequence SET last_label_id = NULL`, says: "a label id is never given twice"},
	}
}

// nameAttacks aim at artifact types and audio files, which labels refer to.
func nameAttacks() []attack {
	var all []attack
	for _, n := range []struct{ table, own, other, foreign, deleted, exists, keeps string }{
		{"artifact_type", "{glitch}", "{pause}", "{hum}", "labels have that artifact type", "an artifact type of that id or name exists",
			"an artifact type keeps its name and its dataset"},
		{"audio_file", "{a.wav}", "{b.wav}", "{x.wav}", "sets speak of that audio file", "an audio file of that id or name exists",
			"an audio file keeps its name and its dataset"},
	} {
		row := map[string]string{"artifact_type": `'', '', 0, 0`, "audio_file": `0, 0`}[n.table]
		for _, a := range []attack{
			{name: "rename", sql: `UPDATE % SET name = 'new' WHERE id = ` + n.own, says: n.keeps},
			{name: "rename over another", sql: `UPDATE % SET name = (SELECT name FROM % WHERE id = ` + n.other + `) WHERE id = ` + n.own,
				says: n.keeps},
			{name: "move to another dataset", sql: `UPDATE % SET dataset_id = {two} WHERE id = ` + n.own, says: n.keeps},
			{name: "renumber", sql: `UPDATE % SET id = 9001 WHERE id = ` + n.own, says: n.keeps},
			{name: "renumber by rowid", sql: `UPDATE % SET rowid = 9001 WHERE id = ` + n.own, says: n.keeps},
			{name: "renumber by oid", sql: `UPDATE % SET oid = 9001 WHERE id = ` + n.own, says: n.keeps},
			{name: "renumber by _rowid_ over another", sql: `UPDATE % SET _rowid_ = ` + n.other + ` WHERE id = ` + n.own, says: n.keeps},
			{name: "delete", sql: `DELETE FROM % WHERE id = ` + n.own, says: n.deleted},
			{name: "delete all", sql: `DELETE FROM %`, says: n.deleted},
			{name: "replace by id", sql: `INSERT INTO % VALUES (` + n.own + `, {two}, 'new', ` + row + `)`, says: n.exists},
			{name: "replace by name", says: n.exists,
				sql: `INSERT INTO % SELECT 9001, dataset_id, name, ` + row + ` FROM % WHERE id = ` + n.own},
			{name: "upsert", says: n.exists,
				sql: `INSERT INTO % SELECT * FROM % WHERE true ON CONFLICT DO UPDATE SET name = name || 'x'`},
			{name: "a nameless one", sql: `INSERT INTO % VALUES (9001, {two}, '', ` + row + `)`, says: saysCheck, skips: true},
		} {
			a.name, a.sql = n.table+": "+a.name, strings.ReplaceAll(a.sql, "%", n.table)
			all = append(all, a)
		}
	}
	return append(all,
		attack{name: "audio_file: delete one that is only marked as clean", sql: `DELETE FROM audio_file WHERE id = {quiet.wav}`,
			says: "sets speak of that audio file"},
		attack{name: "audio_file: a negative duration", sql: `UPDATE audio_file SET duration_ms = -1 WHERE id = {a.wav}`, says: saysCheck,
			skips: true},
	)
}
