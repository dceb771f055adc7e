package attack_test

// layerAttacks aim at layers, and at what sets see through them.
func layerAttacks() []attack {
	all := []attack{
		{name: "stand on a draft's layer", sql: openLayer("{one}", "{one.l3}"), says: saysStandsOn},
		{name: "stand on another dataset's layer", sql: openLayer("{one}", "{two.l1}"), says: saysStandsOn},
		{name: "stand on no layer there is", sql: openLayer("{one}", "9000"), says: saysStandsOn},
		{name: "insert a sealed layer", sql: `INSERT INTO layer (id, dataset_id, sealed) VALUES (9001, {one}, 1)`,
			says: "a layer begins open"},
		{name: "replace a published layer", sql: `INSERT INTO layer (id, dataset_id) VALUES ({one.l1}, {one})`,
			says: "a layer of that id exists"},
		{name: "upsert the layers", sql: `INSERT INTO layer SELECT * FROM layer WHERE true ON CONFLICT DO UPDATE SET sealed = 0`,
			says: "a layer of that id exists"},
		{name: "open a published layer", sql: `UPDATE layer SET sealed = 0 WHERE id = {one.l1}`, says: saysSealed},
		{name: "open a published layer by a default", sql: `UPDATE layer SET sealed = NULL WHERE id = {one.l1}`, says: saysSealed},
		{name: "open a folded layer", sql: `UPDATE layer SET sealed = 0 WHERE id = {fold}`, says: saysSealed},
		{name: "open all layers", sql: `UPDATE layer SET sealed = 0`, says: saysSealed},
		{name: "weigh a published layer anew", sql: `UPDATE layer SET weight = 0 WHERE id = {one.l1}`, says: saysSealed},
		{name: "seal a draft's layer", sql: `UPDATE layer SET sealed = 1 WHERE id = {one.l3}`, says: saysSealing},
		{name: "seal a layer that nobody published", prepare: openLayer("{one}", "NULL"),
			sql: `UPDATE layer SET sealed = 1 WHERE id = 9001`, says: saysSealing},
		{name: "seal a deleted draft's layer", prepare: `DELETE FROM annotation_set WHERE id = {one.v3}`,
			sql: `UPDATE layer SET sealed = 1 WHERE id = {one.l3}`, says: saysSealing},
		{name: "move a published layer", sql: `UPDATE layer SET below_id = NULL WHERE id = {one.l2}`, says: saysStays},
		{name: "move a draft's layer", sql: `UPDATE layer SET below_id = {one.l1} WHERE id = {one.l3}`, says: saysStays},
		{name: "renumber a published layer", sql: `UPDATE layer SET rowid = 9001 WHERE id = {one.l1}`, says: saysStays},
		{name: "give a draft's layer to another dataset", sql: `UPDATE layer SET dataset_id = {two} WHERE id = {one.l4}`, says: saysStays},
		{name: "delete all layers", sql: `DELETE FROM layer`, says: "a set sees that layer"},
		{name: "delete a published layer", sql: `DELETE FROM layer WHERE id = {one.l2}`, says: "a set sees that layer"},
		{name: "delete a folded layer", sql: `DELETE FROM layer WHERE id = {fold}`, says: "a set sees that layer"},
		{name: "delete a layer that is not empty", prepare: `DELETE FROM annotation_set WHERE id = {one.v4}`,
			sql: `DELETE FROM layer WHERE id = {one.l4}`, says: "the layer is not empty"},
		{name: "give a layer's id again while its rows are there", says: "the layer is not empty",
			prepare: `DELETE FROM annotation_set WHERE id = {one.v4}; DELETE FROM label WHERE layer_id = {one.l4};
				DELETE FROM label_block WHERE layer_id = {one.l4}`,
			sql: `DELETE FROM layer WHERE id = {one.l4}`},
		{name: "see more", sql: `INSERT INTO layer_stack VALUES ({one.l1}, 1, {one.l2})`, says: "a layer sees itself and what is below it"},
		{name: "see another dataset", sql: `INSERT INTO layer_stack VALUES ({one.l1}, 1, {two.l1})`,
			says: "a layer sees itself and what is below it"},
		{name: "see from above", sql: `INSERT INTO layer_stack VALUES ({one.l1}, -1, {one.l2})`,
			says: "a layer sees itself and what is below it"},
		{name: "see another layer in place of its own", sql: `INSERT INTO layer_stack VALUES (9001, 0, {one.l1})`,
			says: "a layer sees itself and what is below it"},
		{name: "see another layer", sql: `INSERT INTO layer_stack VALUES ({one.l2}, 1, {one.l4})`, says: saysStays},
		{name: "see the same layer", sql: `INSERT INTO layer_stack SELECT * FROM layer_stack`, says: saysStays},
		{name: "upsert what is seen", says: saysStays,
			sql: `INSERT INTO layer_stack SELECT * FROM layer_stack WHERE true ON CONFLICT DO UPDATE SET seen_id = {one.l4}`},
		{name: "look elsewhere", sql: `UPDATE layer_stack SET seen_id = {one.l4} WHERE layer_id = {one.l2} AND depth = 1`, says: saysStays},
		{name: "turn a stack over", sql: `UPDATE layer_stack SET depth = 1 - depth WHERE layer_id = {one.l2}`, says: saysStays},
		{name: "see less", sql: `DELETE FROM layer_stack WHERE layer_id = {one.l2} AND depth = 1`, says: saysStays},
		{name: "see nothing", sql: `DELETE FROM layer_stack`, says: saysStays},
	}
	return all
}

// fileAttacks aim at what layers record about audio files.
func fileAttacks() []attack {
	all := []attack{
		{name: "a file stays in its layer", sql: `UPDATE layer_file SET layer_id = {one.l3} WHERE layer_id = {one.l4}`,
			says: "an audio file stays in its layer"},
		{name: "a draft's file becomes another", sql: `UPDATE layer_file SET file_id = {b.wav} WHERE layer_id = {one.l3} AND file_id = {n.wav}`,
			says: "an audio file stays in its layer"},
		{name: "a clean mark moves into a published layer",
			sql:  `UPDATE layer_file SET layer_id = {one.l1} WHERE layer_id = {one.l4} AND file_id = {only.wav}`,
			says: "an audio file stays in its layer"},
		{name: "a foreign file", sql: `INSERT INTO layer_file (layer_id, file_id, clean) VALUES ({one.l3}, {x.wav}, 0)`,
			says: "the audio file is of another dataset"},
		{name: "a file of no dataset", sql: `INSERT INTO layer_file (layer_id, file_id, clean) VALUES ({one.l3}, 9001, 1)`,
			says: "the audio file is of another dataset"},
		{name: "neither clean nor not", sql: `UPDATE layer_file SET clean = 2 WHERE layer_id = {one.l3}`, says: saysCheck, skips: true},
		{name: "clean and labelled by count", says: saysCheck, skips: true,
			sql: `UPDATE layer_file SET annotations = 1, digest = zeroblob(32) WHERE layer_id = {one.l3} AND clean = 1`},
		{name: "a digest of another length", says: saysCheck, skips: true,
			sql: `UPDATE layer_file SET annotations = 1, clean = 0, digest = zeroblob(31) WHERE layer_id = {one.l3}`},
		{name: "labels without a digest", says: saysCheck, skips: true,
			sql: `UPDATE layer_file SET annotations = 1, clean = 0, digest = NULL WHERE layer_id = {one.l3}`},
	}
	for _, layer := range []string{"{one.l1}", "{one.l2}", "{two.l1}", "{fold}"} {
		where := ` WHERE layer_id = ` + layer
		dataset := "{one}"
		switch layer {
		case "{two.l1}":
			dataset = "{two}"
		case "{fold}":
			dataset = "{three}"
		}
		unknown := `(SELECT min(id) FROM audio_file f WHERE dataset_id = ` + dataset +
			` AND NOT EXISTS (SELECT 1 FROM layer_file WHERE layer_id = ` + layer + ` AND file_id = f.id))`
		all = append(all,
			attack{name: "mark clean in layer " + layer, sql: `UPDATE layer_file SET clean = 1` + where, says: saysSealed},
			attack{name: "unmark in layer " + layer, sql: `UPDATE layer_file SET clean = 0` + where, says: saysSealed},
			attack{name: "digest in layer " + layer, sql: `UPDATE layer_file SET digest = zeroblob(32)` + where, says: saysSealed},
			attack{name: "count in layer " + layer, sql: `UPDATE layer_file SET annotations = 7` + where, says: saysSealed},
			attack{name: "forget files of layer " + layer, sql: `DELETE FROM layer_file` + where, says: saysSealed},
			attack{name: "another file in layer " + layer, says: saysSealed,
				sql: `INSERT INTO layer_file (layer_id, file_id, clean) SELECT ` + layer + `, coalesce(` + unknown + `, 9001), 1`},
			attack{name: "the same files in layer " + layer, sql: `INSERT INTO layer_file SELECT * FROM layer_file` + where, says: saysSealed},
			attack{name: "upsert files of layer " + layer, says: saysSealed,
				sql: `INSERT INTO layer_file SELECT * FROM layer_file` + where + ` ON CONFLICT DO UPDATE SET clean = 1 - excluded.clean`},
		)
	}
	return append(all, attack{name: "forget all files", sql: `DELETE FROM layer_file`, says: saysSealed})
}

// labelAttacks aim at the labels of published sets, and at their blocks.
func labelAttacks() []attack {
	unchanged := "a label is changed by writing it anew"
	all := []attack{
		{name: "change all labels", sql: `UPDATE label SET end_ms = end_ms + 1`, says: unchanged},
		{name: "change a draft's label", sql: `UPDATE label SET end_ms = end_ms + 1 WHERE id = {N1}`, says: unchanged},
		{name: "move a draft's label into a published layer", sql: `UPDATE label SET layer_id = {one.l1} WHERE id = {P1}`, says: unchanged},
		{name: "delete all labels", sql: `DELETE FROM label`, says: saysSealed},
		{name: "insert a block", sql: `INSERT INTO label_block VALUES ({one.l3}, 9001, 9002, {n.wav}, 0, 9)`,
			says: "blocks are written by bulk inserts alone"},
		{name: "the same blocks", sql: `INSERT INTO label_block SELECT * FROM label_block`, says: "blocks are written by bulk inserts alone"},
		{name: "upsert blocks", says: "blocks are written by bulk inserts alone",
			sql: `INSERT INTO label_block SELECT * FROM label_block WHERE true ON CONFLICT DO UPDATE SET last_id = first_id`},
		{name: "change a block", sql: `UPDATE label_block SET to_ms = from_ms WHERE layer_id = {one.l1}`, says: "a block never changes"},
		{name: "change a draft's block", sql: `UPDATE label_block SET last_id = first_id WHERE layer_id = {one.l4}`,
			says: "a block never changes"},
		{name: "delete blocks", sql: `DELETE FROM label_block WHERE layer_id = {one.l1}`, says: "a block never changes"},
		{name: "delete a draft's blocks", sql: `DELETE FROM label_block WHERE layer_id = {one.l4}`, says: "a block never changes"},
	}
	for _, l := range []struct{ layer, file, id, artifactType string }{
		{"{one.l1}", "{a.wav}", "{A1}", "{glitch}"},
		{"{one.l1}", "{bulk0.wav}", "{K0}", "{glitch}"}, // through a block
		{"{one.l2}", "{a.wav}", "{A1}", "{glitch}"},     // changed there
		{"{two.l1}", "{x.wav}", "{X1}", "{hum}"},
		{"{fold}", "{fold.file}", "{fold.id}", "{fold.type}"},
	} {
		where, name := ` WHERE layer_id = `+l.layer+` AND id = `+l.id, " label "+l.id+" of layer "+l.layer
		all = append(all,
			attack{name: "delete" + name, sql: `DELETE FROM label` + where, says: saysSealed},
			attack{name: "write anew" + name, sql: `INSERT INTO label SELECT * FROM label` + where, says: saysSealed},
			attack{name: "upsert" + name, says: saysSealed,
				sql: `INSERT INTO label SELECT * FROM label` + where + ` ON CONFLICT DO UPDATE SET end_ms = excluded.end_ms + 1`},
			attack{name: "add to the file of" + name, sql: insertLabel(l.layer, l.file, 7777, "{free}", l.artifactType), says: saysSealed},
			attack{name: "remove" + name, sql: `INSERT INTO removal VALUES (` + l.layer + `, ` + l.file + `, ` + l.id + `)`, says: saysSealed},
		)
		for _, column := range []string{
			"end_ms = end_ms + 1", "start_ms = 0, end_ms = 0", "confidence = 0.25", "extra_data = '{}'", "type_id = {pause}",
			"file_id = {b.wav}", "layer_id = {one.l3}", "id = {free}", "indexed = 1 - indexed",
		} {
			all = append(all, attack{name: column + " of" + name, sql: `UPDATE label SET ` + column + where, says: unchanged})
		}
	}
	return all
}

func removalAttacks() []attack {
	var all []attack
	for _, layer := range []string{"{one.l2}", "{fold}"} {
		all = append(all,
			attack{name: "take back removals of layer " + layer, sql: `DELETE FROM removal WHERE layer_id = ` + layer, says: saysSealed},
			attack{name: "the same removals of layer " + layer, says: saysSealed,
				sql: `INSERT INTO removal SELECT * FROM removal WHERE layer_id = ` + layer},
			attack{name: "upsert removals of layer " + layer, says: saysSealed,
				sql: `INSERT INTO removal SELECT * FROM removal WHERE layer_id = ` + layer + ` ON CONFLICT DO UPDATE SET id = 9001`},
			attack{name: "change removals of layer " + layer, sql: `UPDATE removal SET id = id + 1 WHERE layer_id = ` + layer,
				says: "a removal never changes"},
		)
	}
	return append(all,
		attack{name: "take back all removals", sql: `DELETE FROM removal`, says: saysSealed},
		attack{name: "move a draft's removal into a published layer", sql: `UPDATE removal SET layer_id = {one.l2} WHERE layer_id = {one.l3}`,
			says: "a removal never changes"},
		attack{name: "remove a label of a file that the layer does not know",
			sql: `INSERT INTO removal VALUES ({one.l3}, {bulk0.wav}, {K0})`, says: "the audio file is not known to the layer"},
	)
}

// draftAttacks would make a draft that cannot be published, or that contradicts itself.
func draftAttacks() []attack {
	unknown := "the audio file is clean, or not known to the layer"
	vocabulary := "the dataset does not declare that artifact type"
	return []attack{
		{name: "twice through its own layer", sql: insertLabel("{one.l3}", "{n.wav}", 50, "{N1}", "{glitch}"), says: saysTwice},
		{name: "twice in the very place", sql: insertLabel("{one.l3}", "{n.wav}", 1, "{N1}", "{glitch}"), says: saysTwice},
		{name: "twice through its own block", sql: insertLabel("{one.l4}", "{p.wav}", 50, "{block.id}", "{glitch}"), says: saysTwice},
		{name: "twice through a layer below", sql: insertLabel("{one.l3}", "{n.wav}", 50, "{E1}", "{glitch}"), says: saysTwice},
		{name: "twice through a block below", sql: insertLabel("{one.l3}", "{n.wav}", 50, "{K0}", "{glitch}"), says: saysTwice},
		{name: "twice through a folded layer", says: saysTwice,
			sql: `INSERT INTO label SELECT {three.l10}, (SELECT max(file_id) FROM layer_file WHERE layer_id = {three.l10} AND clean = 0),
				50, id, 60, type_id, 1, NULL, NULL FROM label l WHERE layer_id = {fold} AND id = (
				SELECT max(v.id) FROM labels v JOIN label f ON f.id = v.id AND f.layer_id = {fold}
				WHERE v.dataset = 'three' AND v.version = 10)`},
		{name: "twice through a set begun in SQL", says: saysTwice,
			prepare: openLayer("{one}", "{one.l2}") + `; ` + insertSet("9001", "{one}", nextVersion, "9001", "{one.v2}") +
				`; INSERT INTO layer_file (layer_id, file_id, clean) VALUES (9001, {n.wav}, 0)`,
			sql: insertLabel("9001", "{n.wav}", 50, "{K0}", "{glitch}")},
		{name: "twice by taking back a removal", sql: `DELETE FROM removal WHERE layer_id = {one.l3} AND id = {B1}`,
			says: "the label would be seen twice"},
		{name: "label a clean file", sql: insertLabel("{one.l3}", "{fresh.wav}", 50, "{free}", "{glitch}"), says: unknown},
		{name: "label a file that is clean below", sql: insertLabel("{one.l3}", "{quiet.wav}", 50, "{free}", "{glitch}"), says: unknown},
		{name: "label a file that the layer does not know", sql: insertLabel("{one.l3}", "{b.wav}", 50, "{free}", "{glitch}"),
			says: unknown},
		{name: "clean a labelled file", sql: `UPDATE layer_file SET clean = 1 WHERE layer_id = {one.l3} AND file_id = {n.wav}`,
			says: saysNotClean},
		{name: "clean a file with labels below", says: saysNotClean,
			sql: `INSERT INTO layer_file (layer_id, file_id, clean) VALUES ({one.l3}, {bulk0.wav}, 1)`},
		{name: "clean by replacing", says: saysNotClean,
			sql: `INSERT INTO layer_file (layer_id, file_id, clean) VALUES ({one.l3}, {n.wav}, 1)`},
		{name: "clean by upserting", says: saysNotClean, sql: `INSERT INTO layer_file (layer_id, file_id, clean) VALUES ({one.l3}, {n.wav}, 0)
			ON CONFLICT DO UPDATE SET clean = 1`},
		{name: "clean and labelled by taking back a removal", sql: `DELETE FROM removal WHERE layer_id = {one.l3} AND id = {M1}`,
			says: saysNotClean},
		{name: "clean below and labelled by forgetting the file", says: "the layer speaks of labels of that audio file",
			sql: `DELETE FROM layer_file WHERE layer_id = {one.l3} AND file_id = {d.wav}`},
		{name: "removals without their file", says: "the layer speaks of labels of that audio file",
			sql: `DELETE FROM layer_file WHERE layer_id = {one.l3} AND file_id = {m.wav}`},
		{name: "a foreign file's label", sql: insertLabel("{one.l3}", "{x.wav}", 50, "{free}", "{glitch}"), says: unknown},
		{name: "a foreign type", sql: insertLabel("{one.l3}", "{n.wav}", 50, "{free}", "{hum}"), says: vocabulary},
		{name: "a type that is not declared", says: vocabulary,
			prepare: `INSERT INTO artifact_type VALUES (9001, {one}, 'new', '', '', 0, 0)`,
			sql:     insertLabel("{one.l3}", "{n.wav}", 50, "{free}", "9001")},
		{name: "no type there is", sql: insertLabel("{one.l3}", "{n.wav}", 50, "{free}", "9001"), says: vocabulary},
		{name: "into no layer there is", sql: insertLabel("9001", "{n.wav}", 50, "{free}", "{glitch}"), says: saysSealed},
		{name: "an id that was never given", sql: insertLabel("{one.l3}", "{n.wav}", 50, "{last.id} + 1", "{glitch}"),
			says: "that label id was never given"},
		{name: "id 0", sql: insertLabel("{one.l3}", "{n.wav}", 50, "0", "{glitch}"), says: "that label id was never given"},
		{name: "a label in no block", says: "a label on its own is an indexed one",
			sql: `INSERT INTO label SELECT {one.l3}, {n.wav}, 50, {free}, 60, {glitch}, 0, NULL, NULL`},
		{name: "an end before the start", sql: insertLabelWith("10", "9", "NULL", "NULL"), says: saysCheck, skips: true},
		{name: "before the beginning", sql: insertLabelWith("-1", "9", "NULL", "NULL"), says: saysCheck, skips: true},
		{name: "past all ends", sql: insertLabelWith("0", "9223372036854775807", "NULL", "NULL"), skips: true},
		{name: "between two milliseconds", sql: insertLabelWith("1.5", "9", "NULL", "NULL"), says: "cannot store REAL value", skips: true},
		{name: "no end", sql: insertLabelWith("1", "NULL", "NULL", "NULL"), says: saysNotNull, skips: true},
		{name: "confidence 2", sql: insertLabelWith("1", "2", "2", "NULL"), says: saysCheck, skips: true},
		{name: "confidence below 0", sql: insertLabelWith("1", "2", "-0.001", "NULL"), says: saysCheck, skips: true},
		{name: "infinite confidence", sql: insertLabelWith("1", "2", "9e999", "NULL"), says: saysCheck, skips: true},
		{name: "confidence NaN in words", sql: insertLabelWith("1", "2", "'NaN'", "NULL"), says: "cannot store TEXT value", skips: true},
		{name: "a label's extra data as a list", sql: insertLabelWith("1", "2", "NULL", "'[]'"), says: saysCheck, skips: true},
		{name: "a label's extra data as null", sql: insertLabelWith("1", "2", "NULL", "'null'"), says: saysCheck, skips: true},
		{name: "a label's extra data as no JSON", sql: insertLabelWith("1", "2", "NULL", "'glitch'"), skips: true},
		{name: "a label's extra data as only SQLite reads it", sql: insertLabelWith("1", "2", "NULL", "'{a:' || '1}'"), skips: true},
		{name: "write through the view", sql: `UPDATE labels SET end_ms = 0`, says: "cannot modify labels"},
		{name: "delete through the view", sql: `DELETE FROM labels`, says: "cannot modify labels"},
		{name: "insert through the view", sql: `INSERT INTO clean_audio_files VALUES ('one', 1, 'published', 'a.wav')`,
			says: "cannot modify clean_audio_files"},
	}
}
