package attack_test

// publishFour publishes a draft of dataset four as the library does. Digests is its first step, on the draft's layer;
// it may follow another statement.
func publishFour(version string) (digests, publish string) {
	return `; UPDATE layer_file SET annotations = 1 - clean, digest = zeroblob(32) WHERE layer_id = {four.l` + version + `}`,
		`UPDATE annotation_set SET ` + asPublished + ` WHERE id = {four.v` + version + `}`
}

const (
	saysLacks     = "the set lacks approvals"
	saysReview    = "a review never changes"
	saysEditors   = "who edited a set stays known"
	saysRun       = "a training run never changes"
	saysTag       = "the history of a tag never changes"
	saysDraftOnly = "a draft is reviewed, and nothing else"
)

func insertReview(set, revision, person, verdict string) string {
	return `INSERT INTO review (set_id, revision, person, verdict, comment, created_ms)
		VALUES (` + set + `, ` + revision + `, ` + person + `, ` + verdict + `, '', 0)`
}

// reviewAttacks aim at editors and reviews.
func reviewAttacks() []attack {
	now := func(version string) string { return `(SELECT revision FROM layer WHERE id = {four.l` + version + `})` }
	digests2, publish2 := publishFour("2")
	digests3, publish3 := publishFour("3")
	digests4, publish4 := publishFour("4")
	digests5, publish5 := publishFour("5")
	all := []attack{
		{name: "publish what was rejected", prepare: digests3[2:], sql: publish3, says: "a review rejects the set"},
		{name: "publish what nobody approved", prepare: digests4[2:], sql: publish4, says: saysLacks},
		{name: "publish what was edited since", prepare: digests5[2:], sql: publish5, says: saysLacks},
		{name: "publish with other notes", prepare: digests2[2:], says: "what is published is what was reviewed",
			sql: `UPDATE annotation_set SET ` + asPublished + `, notes = 'better' WHERE id = {four.v2}`},
		{name: "publish with other extra data", prepare: digests2[2:], says: "what is published is what was reviewed",
			sql: `UPDATE annotation_set SET ` + asPublished + `, extra_data = '{}' WHERE id = {four.v2}`},
		{name: "publish what its editor approved", sql: publish2, says: saysLacks,
			prepare: `INSERT INTO editor (set_id, person) VALUES ({four.v2}, 'bob')` + digests2},
		{name: "publish what anybody may have edited", sql: publish2, says: saysLacks,
			prepare: `INSERT INTO editor (set_id, person) VALUES ({four.v2}, '')` + digests2},

		{name: "take a revision back", sql: `UPDATE layer SET revision = revision - 1 WHERE id = {four.l5}`,
			says: "a revision never comes back"},
		{name: "forget a revision", sql: `UPDATE layer SET revision = NULL WHERE id = {four.l5}`,
			says: "a revision never comes back"},
		{name: "revise what is published", sql: `UPDATE layer SET revision = revision + 1 WHERE id = {four.l1}`, says: saysSealed},

		{name: "approve one's own work", sql: insertReview("{four.v4}", now("4"), "'ann'", "'approved'"),
			says: "nobody approves their own work"},
		{name: "approve what anybody may have edited", says: "nobody approves their own work",
			sql: insertReview("{one.v3}", "(SELECT revision FROM layer WHERE id = {one.l3})", "'eve'", "'approved'")},
		{name: "approve what was", sql: insertReview("{four.v5}", now("5")+" - 1", "'eve'", "'approved'"),
			says: "a review is of what the set holds"},
		{name: "approve what is yet to come", sql: insertReview("{four.v5}", now("5")+" + 1", "'eve'", "'approved'"),
			says: "a review is of what the set holds"},
		{name: "approve nothing in particular", sql: insertReview("{four.v5}", "NULL", "'eve'", "'approved'"),
			says: "a review is of what the set holds"},
		{name: "approve what is published", sql: insertReview("{four.v1}", now("1"), "'eve'", "'approved'"), says: saysDraftOnly},
		{name: "reject what is published", sql: insertReview("{four.v1}", now("1"), "'eve'", "'rejected'"), says: saysDraftOnly},
		{name: "approve no set", sql: insertReview("9001", "1", "'eve'", "'approved'"), says: saysDraftOnly},
		{name: "approve unsigned", sql: insertReview("{four.v4}", now("4"), "''", "'approved'"), says: saysCheck, skips: true},
		{name: "approve half", sql: insertReview("{four.v4}", now("4"), "'eve'", "'nearly'"), says: saysCheck, skips: true},
		{name: "slip in before the last review", says: "a review is added at the end",
			sql: `INSERT INTO review (id, set_id, revision, person, verdict, comment, created_ms)
				VALUES ((SELECT max(id) FROM review) + 2, {four.v4}, ` + now("4") + `, 'eve', 'rejected', '', 0)`},
		{name: "write over a review", says: "a review is added at the end",
			sql: `INSERT INTO review (id, set_id, revision, person, verdict, comment, created_ms)
				SELECT id, set_id, revision, person, 'rejected', comment, created_ms FROM review`},
		{name: "upsert a review", says: "a review is added at the end",
			sql: `INSERT INTO review SELECT * FROM review WHERE true ON CONFLICT DO UPDATE SET verdict = 'approved'`},
		{name: "delete a rejection", sql: `DELETE FROM review WHERE set_id = {four.v3} AND verdict = 'rejected'`, says: saysReview},
		{name: "delete the reviews of a published set", sql: `DELETE FROM review WHERE set_id = {four.v1}`, says: saysReview},

		{name: "add an editor of a published set", sql: `INSERT INTO editor (set_id, person) VALUES ({four.v1}, 'eve')`,
			says: "a draft has editors, and nothing else"},
		{name: "pass one's edits on", sql: `UPDATE editor SET person = 'eve' WHERE set_id = {four.v4}`, says: saysEditors},
		{name: "pass the edits of a set on", sql: `UPDATE editor SET set_id = {four.v2} WHERE set_id = {four.v4}`, says: saysEditors},
		{name: "disown one's edits", sql: `DELETE FROM editor WHERE set_id = {four.v4}`, says: saysEditors},
		{name: "disown the edits of a published set", sql: `DELETE FROM editor WHERE set_id = {four.v1}`, says: saysEditors},
		{name: "sign what somebody else published", says: saysNever,
			sql: `UPDATE annotation_set SET published_by = 'eve' WHERE id = {four.v1}`},
		{name: "sign the publishing of a draft", says: saysCheck, skips: true,
			sql: `UPDATE annotation_set SET published_by = 'eve' WHERE id = {four.v2}`},
		{name: "demand fewer approvals than none", sql: `UPDATE dataset SET required_approvals = -1`, says: saysCheck, skips: true},
	}
	for _, column := range []string{"id = 9001", "set_id = {four.v4}", "revision = revision + 1", "person = 'eve'",
		"verdict = 'approved'", "comment = 'better'", "created_ms = 1"} {
		all = append(all,
			attack{name: "review of a draft: " + column, sql: `UPDATE review SET ` + column + ` WHERE set_id = {four.v3}`,
				says: saysReview},
			attack{name: "review of a published set: " + column, sql: `UPDATE review SET ` + column + ` WHERE set_id = {four.v1}`,
				says: saysReview})
	}
	for _, edit := range []struct{ name, sql string }{
		{"publish a label that nobody approved", insertLabel("{four.l2}", "{q2.wav}", 50, "{free}", "{four.hum}")},
		{"publish without a label that was approved", `DELETE FROM label WHERE layer_id = {four.l2} AND id = {Q2}`},
		{"publish without an inherited label that was approved",
			`INSERT INTO removal (layer_id, file_id, id) VALUES ({four.l2}, {q1.wav}, {R1})`},
		{"publish with a label whose removal was approved", `DELETE FROM removal WHERE layer_id = {four.l2}`},
		{"publish a clean mark that nobody approved",
			`INSERT INTO layer_file (layer_id, file_id, clean) VALUES ({four.l2}, {s5.wav}, 1)`},
		{"publish without a clean mark that was approved",
			`UPDATE layer_file SET clean = 0 WHERE layer_id = {four.l2} AND file_id = {s2.wav}`},
		{"publish without a word on a file that was approved to be clean",
			`DELETE FROM layer_file WHERE layer_id = {four.l2} AND file_id = {s2.wav}`},
		{"publish notes that nobody approved", `UPDATE annotation_set SET notes = 'better' WHERE id = {four.v2}`},
		{"publish extra data that nobody approved", `UPDATE annotation_set SET extra_data = '{}' WHERE id = {four.v2}`},
	} {
		all = append(all, attack{name: edit.name, prepare: edit.sql + digests2, sql: publish2, says: saysLacks})
	}
	return all
}

// recordAttacks aim at training runs and tags.
func recordAttacks() []attack {
	insertRun := func(id, uuid, set, metrics string) string {
		return `INSERT INTO training_run (id, uuid, set_id, model, model_version, metrics, trained_ms, recorded_ms)
			VALUES (` + id + `, ` + uuid + `, ` + set + `, 'm', '', ` + metrics + `, 0, 0)`
	}
	const fresh = `'00000000-0000-0000-0000-0000000fffff'`
	insertTag := func(id, dataset, name, set string) string {
		return `INSERT INTO tag_move (id, dataset_id, name, set_id, moved_ms)
			VALUES (` + id + `, ` + dataset + `, ` + name + `, ` + set + `, 0)`
	}
	const (
		saysRunLast = "a training run is added at the end"
		saysTagLast = "a tag is moved at the end of its history"
		saysTagAt   = "a tag points at a published set of its dataset"
	)
	all := []attack{
		{name: "train a draft", sql: insertRun("NULL", fresh, "{four.v2}", "'{}'"), says: "a draft trains nothing"},
		{name: "train no set", sql: insertRun("NULL", fresh, "9001", "'{}'"), says: "a draft trains nothing"},
		{name: "a metric in words", sql: insertRun("NULL", fresh, "{four.v1}", `'{"f1":"good"}'`), says: "a metric is a number"},
		{name: "a list of metrics", sql: insertRun("NULL", fresh, "{four.v1}", "'[]'"), says: saysCheck, skips: true},
		{name: "metrics that are no JSON", sql: insertRun("NULL", fresh, "{four.v1}", "'{' || 'a'")},
		{name: "write over a training run", sql: insertRun("1", fresh, "{four.v1}", "'{}'"), says: saysRunLast},
		{name: "write over a training run by its id",
			sql: insertRun("NULL", "(SELECT uuid FROM training_run)", "{four.v1}", "'{}'"), says: saysRunLast},
		{name: "a training run ahead of time", sql: insertRun("9001", fresh, "{four.v1}", "'{}'"), says: saysRunLast},
		{name: "upsert a training run", says: saysRunLast,
			sql: `INSERT INTO training_run SELECT * FROM training_run WHERE true ON CONFLICT DO UPDATE SET metrics = '{}'`},
		{name: "delete a training run", sql: `DELETE FROM training_run`, says: saysRun},

		{name: "tag a draft", sql: insertTag("NULL", "{four}", "'best'", "{four.v2}"), says: saysTagAt},
		{name: "tag another dataset's set", sql: insertTag("NULL", "{four}", "'best'", "{one.v1}"), says: saysTagAt},
		{name: "tag no set", sql: insertTag("NULL", "{four}", "'best'", "9001"), says: saysTagAt},
		{name: "untag in no dataset", sql: insertTag("NULL", "9001", "'best'", "NULL"), says: saysTagAt},
		{name: "a nameless tag", sql: insertTag("NULL", "{four}", "''", "{four.v1}"), says: saysCheck, skips: true},
		{name: "write over the move of a tag", sql: insertTag("3", "{four}", "'best'", "NULL"), says: saysTagLast},
		{name: "move a tag ahead of time", sql: insertTag("9001", "{four}", "'best'", "{four.v1}"), says: saysTagLast},
		{name: "upsert the move of a tag", says: saysTagLast,
			sql: `INSERT INTO tag_move SELECT * FROM tag_move WHERE true ON CONFLICT DO UPDATE SET set_id = NULL`},
		{name: "delete the history of a tag", sql: `DELETE FROM tag_move`, says: saysTag},
		{name: "delete the last move of a tag", sql: `DELETE FROM tag_move WHERE id = 3`, says: saysTag},
	}
	for _, column := range []string{"id = 9001", "uuid = " + fresh, "set_id = {one.v1}", "model = 'better'", "model_version = '2'",
		"parameters = NULL", "metrics = '{}'", "extra_data = '{}'", "trained_ms = 1", "recorded_ms = 1", "recorded_by = NULL"} {
		all = append(all, attack{name: "training run: " + column, sql: `UPDATE training_run SET ` + column, says: saysRun})
	}
	for _, column := range []string{"id = 9001", "dataset_id = {one}", "name = 'worst'", "set_id = NULL", "moved_ms = 1",
		"moved_by = NULL"} {
		all = append(all, attack{name: "tag: " + column, sql: `UPDATE tag_move SET ` + column + ` WHERE id = 3`, says: saysTag})
	}
	return all
}
