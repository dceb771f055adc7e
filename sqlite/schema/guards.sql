-- Triggers that enforce each invariant of a store against every program that writes to the file, annoset included.
-- They are created again at each migration.
--
-- The insert triggers also refuse a key that exists: INSERT OR REPLACE would delete the old row without calling a
-- delete trigger.

-- ---------------------------------------------------------------- dataset

CREATE TRIGGER dataset_insert BEFORE INSERT ON dataset
WHEN EXISTS (SELECT 1 FROM dataset WHERE id = NEW.id OR uuid = NEW.uuid OR name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'annoset: a dataset of that id or name exists');
END;

CREATE TRIGGER dataset_update BEFORE UPDATE ON dataset
BEGIN
    SELECT CASE
        WHEN NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid OR NEW.created_ms <> OLD.created_ms
            THEN RAISE(ABORT, 'annoset: a dataset keeps its id and its date')
        WHEN NEW.last_version IS NULL OR NEW.last_version < OLD.last_version
            THEN RAISE(ABORT, 'annoset: a version number is never given twice')
        WHEN NEW.name <> OLD.name AND EXISTS (SELECT 1 FROM dataset WHERE name = NEW.name)
            THEN RAISE(ABORT, 'annoset: a dataset of that name exists')
    END;
END;

CREATE TRIGGER dataset_delete BEFORE DELETE ON dataset
WHEN EXISTS (SELECT 1 FROM annotation_set WHERE dataset_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: the dataset has annotation sets');
END;

-- ---------------------------------------------------------------- artifact types and audio files

CREATE TRIGGER artifact_type_insert BEFORE INSERT ON artifact_type
WHEN EXISTS (SELECT 1 FROM artifact_type WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM artifact_type WHERE dataset_id = NEW.dataset_id AND name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'annoset: an artifact type of that id or name exists');
END;

CREATE TRIGGER artifact_type_update BEFORE UPDATE ON artifact_type
WHEN NEW.id <> OLD.id OR NEW.dataset_id <> OLD.dataset_id OR NEW.name <> OLD.name
BEGIN
    SELECT RAISE(ABORT, 'annoset: an artifact type keeps its name and its dataset');
END;

CREATE TRIGGER artifact_type_delete BEFORE DELETE ON artifact_type
WHEN EXISTS (
    SELECT 1 FROM layer y JOIN label l ON l.layer_id = y.id WHERE y.dataset_id = OLD.dataset_id AND l.type_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: labels have that artifact type');
END;

CREATE TRIGGER audio_file_insert BEFORE INSERT ON audio_file
WHEN EXISTS (SELECT 1 FROM audio_file WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM audio_file WHERE dataset_id = NEW.dataset_id AND name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'annoset: an audio file of that id or name exists');
END;

CREATE TRIGGER audio_file_update BEFORE UPDATE ON audio_file
WHEN NEW.id <> OLD.id OR NEW.dataset_id <> OLD.dataset_id OR NEW.name <> OLD.name
BEGIN
    SELECT RAISE(ABORT, 'annoset: an audio file keeps its name and its dataset');
END;

CREATE TRIGGER audio_file_delete BEFORE DELETE ON audio_file
WHEN EXISTS (SELECT 1 FROM layer_file WHERE file_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: sets speak of that audio file');
END;

-- ---------------------------------------------------------------- annotation sets

CREATE TRIGGER annotation_set_insert BEFORE INSERT ON annotation_set
BEGIN
    SELECT CASE
        WHEN NEW.status <> 'draft'
            THEN RAISE(ABORT, 'annoset: a set begins as a draft')
        WHEN EXISTS (SELECT 1 FROM annotation_set WHERE id = NEW.id OR uuid = NEW.uuid OR layer_id = NEW.layer_id)
            THEN RAISE(ABORT, 'annoset: a set of that id or layer exists')
        WHEN NEW.version <= (SELECT last_version FROM dataset WHERE id = NEW.dataset_id)
            THEN RAISE(ABORT, 'annoset: a version number is never given twice')
        WHEN NOT EXISTS (SELECT 1 FROM layer WHERE id = NEW.layer_id AND dataset_id = NEW.dataset_id AND sealed = 0)
            THEN RAISE(ABORT, 'annoset: a set needs an open layer of its own dataset')
        WHEN (SELECT coalesce(b.folds_id, b.id) FROM layer y JOIN layer b ON b.id = y.below_id WHERE y.id = NEW.layer_id)
            IS NOT (SELECT layer_id FROM annotation_set WHERE id = NEW.base_id AND status = 'published')
            OR NEW.base_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM annotation_set WHERE id = NEW.base_id AND status = 'published')
            THEN RAISE(ABORT, 'annoset: a set stands on published sets of its own dataset alone')
    END;
END;

CREATE TRIGGER annotation_set_version AFTER INSERT ON annotation_set
BEGIN
    UPDATE dataset SET last_version = NEW.version WHERE id = NEW.dataset_id;
END;

CREATE TRIGGER annotation_set_update BEFORE UPDATE ON annotation_set
BEGIN
    SELECT CASE
        WHEN OLD.status = 'published'
            THEN RAISE(ABORT, 'annoset: a published set never changes')
        WHEN NEW.id <> OLD.id OR NEW.uuid <> OLD.uuid OR NEW.dataset_id <> OLD.dataset_id
            OR NEW.version <> OLD.version OR NEW.layer_id <> OLD.layer_id OR NEW.base_id IS NOT OLD.base_id
            OR NEW.parent_uuid IS NOT OLD.parent_uuid OR NEW.created_ms <> OLD.created_ms
            OR NEW.created_by IS NOT OLD.created_by
            THEN RAISE(ABORT, 'annoset: a set keeps its id, version, parent and date')
        WHEN NEW.status = 'published' AND EXISTS (
            SELECT 1 FROM layer_file WHERE layer_id = OLD.layer_id AND annotations IS NULL)
            THEN RAISE(ABORT, 'annoset: audio files of the set have no digest yet')
        -- A change log may come after the notes that were reviewed.
        WHEN NEW.status = 'published' AND (
            substr(NEW.notes, 1, length(OLD.notes)) IS NOT OLD.notes OR NEW.extra_data IS NOT OLD.extra_data)
            THEN RAISE(ABORT, 'annoset: what is published is what was reviewed')
        WHEN NEW.status = 'published' AND EXISTS (
            SELECT 1
            FROM layer y
            JOIN review r ON r.set_id = OLD.id AND r.revision = y.revision AND r.verdict = 'rejected'
            WHERE y.id = OLD.layer_id AND NOT EXISTS (
                SELECT 1 FROM review n
                WHERE n.set_id = r.set_id AND n.revision = r.revision AND n.person = r.person AND n.id > r.id))
            THEN RAISE(ABORT, 'annoset: a review rejects the set')
        WHEN NEW.status = 'published' AND (SELECT required_approvals FROM dataset WHERE id = OLD.dataset_id) > (
            SELECT count(*)
            FROM layer y
            JOIN review r ON r.set_id = OLD.id AND r.revision = y.revision AND r.verdict = 'approved'
            WHERE y.id = OLD.layer_id AND NOT EXISTS (
                SELECT 1 FROM review n
                WHERE n.set_id = r.set_id AND n.revision = r.revision AND n.person = r.person AND n.id > r.id)
            AND NOT EXISTS (SELECT 1 FROM editor e WHERE e.set_id = OLD.id AND e.person IN (r.person, '')))
            THEN RAISE(ABORT, 'annoset: the set lacks approvals')
    END;
END;

CREATE TRIGGER annotation_set_edited AFTER UPDATE OF notes, extra_data ON annotation_set
WHEN NEW.status = 'draft' AND (NEW.notes IS NOT OLD.notes OR NEW.extra_data IS NOT OLD.extra_data)
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = NEW.layer_id AND sealed = 0;
END;

CREATE TRIGGER annotation_set_publish AFTER UPDATE OF status ON annotation_set
WHEN NEW.status = 'published'
BEGIN
    UPDATE layer SET sealed = 1 WHERE id = NEW.layer_id;
END;

CREATE TRIGGER annotation_set_delete BEFORE DELETE ON annotation_set
WHEN OLD.status = 'published'
BEGIN
    SELECT RAISE(ABORT, 'annoset: a published set is never deleted');
END;

CREATE TRIGGER annotation_set_deleted AFTER DELETE ON annotation_set
BEGIN
    DELETE FROM review WHERE set_id = OLD.id;
    DELETE FROM editor WHERE set_id = OLD.id;
END;

-- ---------------------------------------------------------------- reviews

CREATE TRIGGER editor_insert BEFORE INSERT ON editor
WHEN NOT EXISTS (SELECT 1 FROM annotation_set WHERE id = NEW.set_id AND status = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'annoset: a draft has editors, and nothing else');
END;

CREATE TRIGGER editor_update BEFORE UPDATE ON editor
BEGIN
    SELECT RAISE(ABORT, 'annoset: who edited a set stays known');
END;

CREATE TRIGGER editor_delete BEFORE DELETE ON editor
WHEN EXISTS (SELECT 1 FROM annotation_set WHERE id = OLD.set_id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: who edited a set stays known');
END;

-- In a trigger, the id of a new row is negative unless the insert gives it. An id out of order would change which
-- review is the last one.
CREATE TRIGGER review_insert BEFORE INSERT ON review
BEGIN
    SELECT CASE
        WHEN NEW.id > 0 AND NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM review)
            THEN RAISE(ABORT, 'annoset: a review is added at the end')
        WHEN NOT EXISTS (SELECT 1 FROM annotation_set WHERE id = NEW.set_id AND status = 'draft')
            THEN RAISE(ABORT, 'annoset: a draft is reviewed, and nothing else')
        WHEN NEW.revision IS NOT (
            SELECT y.revision FROM annotation_set s JOIN layer y ON y.id = s.layer_id WHERE s.id = NEW.set_id)
            THEN RAISE(ABORT, 'annoset: a review is of what the set holds')
        WHEN NEW.verdict = 'approved' AND EXISTS (
            SELECT 1 FROM editor WHERE set_id = NEW.set_id AND person IN (NEW.person, ''))
            THEN RAISE(ABORT, 'annoset: nobody approves their own work')
    END;
END;

CREATE TRIGGER review_update BEFORE UPDATE ON review
BEGIN
    SELECT RAISE(ABORT, 'annoset: a review never changes');
END;

CREATE TRIGGER review_delete BEFORE DELETE ON review
WHEN EXISTS (SELECT 1 FROM annotation_set WHERE id = OLD.set_id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: a review never changes');
END;

-- ---------------------------------------------------------------- training runs and tags

CREATE TRIGGER training_run_insert BEFORE INSERT ON training_run
BEGIN
    SELECT CASE
        WHEN NEW.id > 0 AND NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM training_run)
            OR EXISTS (SELECT 1 FROM training_run WHERE uuid = NEW.uuid)
            THEN RAISE(ABORT, 'annoset: a training run is added at the end')
        WHEN NOT EXISTS (SELECT 1 FROM annotation_set WHERE id = NEW.set_id AND status = 'published')
            THEN RAISE(ABORT, 'annoset: a draft trains nothing')
        WHEN EXISTS (SELECT 1 FROM json_each(NEW.metrics) WHERE type NOT IN ('integer', 'real'))
            THEN RAISE(ABORT, 'annoset: a metric is a number')
    END;
END;

CREATE TRIGGER training_run_update BEFORE UPDATE ON training_run
BEGIN
    SELECT RAISE(ABORT, 'annoset: a training run never changes');
END;

CREATE TRIGGER training_run_delete BEFORE DELETE ON training_run
BEGIN
    SELECT RAISE(ABORT, 'annoset: a training run never changes');
END;

CREATE TRIGGER tag_move_insert BEFORE INSERT ON tag_move
BEGIN
    SELECT CASE
        WHEN NEW.id > 0 AND NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM tag_move)
            THEN RAISE(ABORT, 'annoset: a tag is moved at the end of its history')
        WHEN NOT EXISTS (
            SELECT 1 FROM annotation_set
            WHERE dataset_id = NEW.dataset_id AND status = 'published' AND (NEW.set_id IS NULL OR id = NEW.set_id))
            THEN RAISE(ABORT, 'annoset: a tag points at a published set of its dataset')
    END;
END;

CREATE TRIGGER tag_move_update BEFORE UPDATE ON tag_move
BEGIN
    SELECT RAISE(ABORT, 'annoset: the history of a tag never changes');
END;

CREATE TRIGGER tag_move_delete BEFORE DELETE ON tag_move
BEGIN
    SELECT RAISE(ABORT, 'annoset: the history of a tag never changes');
END;

-- ---------------------------------------------------------------- layers

CREATE TRIGGER layer_insert BEFORE INSERT ON layer
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM layer WHERE id = NEW.id)
            THEN RAISE(ABORT, 'annoset: a layer of that id exists')
        WHEN NEW.sealed <> 0
            THEN RAISE(ABORT, 'annoset: a layer begins open')
        WHEN NEW.below_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM layer WHERE id = NEW.below_id AND dataset_id = NEW.dataset_id AND sealed = 1)
            THEN RAISE(ABORT, 'annoset: a set stands on published sets of its own dataset alone')
    END;
END;

CREATE TRIGGER layer_inserted AFTER INSERT ON layer
BEGIN
    INSERT INTO layer_stack (layer_id, depth, seen_id) VALUES (NEW.id, 0, NEW.id);
    INSERT INTO layer_stack (layer_id, depth, seen_id)
    SELECT NEW.id, depth + 1, seen_id FROM layer_stack WHERE layer_id = NEW.below_id;
END;

CREATE TRIGGER layer_update BEFORE UPDATE ON layer
BEGIN
    SELECT CASE
        WHEN NEW.id <> OLD.id OR NEW.dataset_id <> OLD.dataset_id OR NEW.below_id IS NOT OLD.below_id
            OR NEW.folds_id IS NOT OLD.folds_id
            THEN RAISE(ABORT, 'annoset: a layer stays where it is')
        WHEN OLD.sealed = 1
            THEN RAISE(ABORT, 'annoset: a sealed layer never changes')
        WHEN NEW.sealed = 1 AND NOT EXISTS (
            SELECT 1 FROM annotation_set WHERE layer_id = OLD.id AND status = 'published')
            THEN RAISE(ABORT, 'annoset: a layer is sealed by publishing its set')
        WHEN NEW.revision IS NULL OR NEW.revision < OLD.revision
            THEN RAISE(ABORT, 'annoset: a revision never comes back')
    END;
END;

CREATE TRIGGER layer_delete BEFORE DELETE ON layer
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM layer_stack WHERE seen_id = OLD.id AND layer_id <> OLD.id)
            OR EXISTS (SELECT 1 FROM annotation_set WHERE layer_id = OLD.id)
            THEN RAISE(ABORT, 'annoset: a set sees that layer')
        WHEN EXISTS (SELECT 1 FROM label WHERE layer_id = OLD.id)
            OR EXISTS (SELECT 1 FROM removal WHERE layer_id = OLD.id)
            OR EXISTS (SELECT 1 FROM label_block WHERE layer_id = OLD.id)
            OR EXISTS (SELECT 1 FROM layer_file WHERE layer_id = OLD.id)
            THEN RAISE(ABORT, 'annoset: the layer is not empty')
    END;
END;

CREATE TRIGGER layer_deleted AFTER DELETE ON layer
BEGIN
    DELETE FROM layer_stack WHERE layer_id = OLD.id;
END;

CREATE TRIGGER layer_stack_insert BEFORE INSERT ON layer_stack
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM layer_stack WHERE layer_id = NEW.layer_id AND depth = NEW.depth)
            THEN RAISE(ABORT, 'annoset: a layer stays where it is')
        WHEN NEW.depth = 0 AND NEW.seen_id <> NEW.layer_id
            OR NOT EXISTS (SELECT 1 FROM layer WHERE id = NEW.layer_id)
            OR NEW.depth <> 0 AND NOT EXISTS (
                SELECT 1 FROM layer y
                JOIN layer_stack b ON b.layer_id = y.below_id AND b.depth = NEW.depth - 1 AND b.seen_id = NEW.seen_id
                WHERE y.id = NEW.layer_id)
            THEN RAISE(ABORT, 'annoset: a layer sees itself and what is below it')
    END;
END;

CREATE TRIGGER layer_stack_update BEFORE UPDATE ON layer_stack
BEGIN
    SELECT RAISE(ABORT, 'annoset: a layer stays where it is');
END;

CREATE TRIGGER layer_stack_delete BEFORE DELETE ON layer_stack
WHEN EXISTS (SELECT 1 FROM layer WHERE id = OLD.layer_id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: a layer stays where it is');
END;

-- ---------------------------------------------------------------- revisions

-- Each change of what a set sees increases its revision. Bulk inserts do this themselves, once for each batch.

CREATE TRIGGER label_inserted AFTER INSERT ON label
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = NEW.layer_id;
END;

CREATE TRIGGER label_deleted AFTER DELETE ON label
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = OLD.layer_id AND sealed = 0;
END;

CREATE TRIGGER removal_inserted AFTER INSERT ON removal
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = NEW.layer_id;
END;

CREATE TRIGGER removal_deleted AFTER DELETE ON removal
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = OLD.layer_id AND sealed = 0;
END;

CREATE TRIGGER layer_file_inserted AFTER INSERT ON layer_file
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = NEW.layer_id;
END;

CREATE TRIGGER layer_file_updated AFTER UPDATE OF clean ON layer_file
WHEN NEW.clean <> OLD.clean
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = NEW.layer_id;
END;

CREATE TRIGGER layer_file_deleted AFTER DELETE ON layer_file
BEGIN
    UPDATE layer SET revision = revision + 1 WHERE id = OLD.layer_id AND sealed = 0;
END;

-- ---------------------------------------------------------------- audio files in a layer

CREATE TRIGGER layer_file_insert BEFORE INSERT ON layer_file
BEGIN
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM layer WHERE id = NEW.layer_id AND sealed = 0)
            THEN RAISE(ABORT, 'annoset: a sealed layer never changes')
        WHEN NOT EXISTS (
            SELECT 1 FROM layer y JOIN audio_file f ON f.dataset_id = y.dataset_id
            WHERE y.id = NEW.layer_id AND f.id = NEW.file_id)
            THEN RAISE(ABORT, 'annoset: the audio file is of another dataset')
        WHEN NEW.clean = 1 AND EXISTS (
            SELECT 1
            FROM layer_stack k
            JOIN label l ON l.layer_id = k.seen_id AND l.file_id = NEW.file_id
            WHERE k.layer_id = NEW.layer_id AND NOT EXISTS (
                SELECT 1
                FROM layer_stack a
                JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = l.file_id AND r.id = l.id
                WHERE a.layer_id = NEW.layer_id AND a.depth < k.depth))
            THEN RAISE(ABORT, 'annoset: an audio file that has labels is not clean')
    END;
END;

CREATE TRIGGER layer_file_update BEFORE UPDATE ON layer_file
BEGIN
    SELECT CASE
        WHEN NEW.layer_id <> OLD.layer_id OR NEW.file_id <> OLD.file_id
            THEN RAISE(ABORT, 'annoset: an audio file stays in its layer')
        WHEN NOT EXISTS (SELECT 1 FROM layer WHERE id = OLD.layer_id AND sealed = 0)
            THEN RAISE(ABORT, 'annoset: a sealed layer never changes')
        WHEN NEW.clean = 1 AND OLD.clean = 0 AND EXISTS (
            SELECT 1
            FROM layer_stack k
            JOIN label l ON l.layer_id = k.seen_id AND l.file_id = NEW.file_id
            WHERE k.layer_id = NEW.layer_id AND NOT EXISTS (
                SELECT 1
                FROM layer_stack a
                JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = l.file_id AND r.id = l.id
                WHERE a.layer_id = NEW.layer_id AND a.depth < k.depth))
            THEN RAISE(ABORT, 'annoset: an audio file that has labels is not clean')
    END;
END;

-- The rows of a layer that no set sees may be deleted.
CREATE TRIGGER layer_file_delete BEFORE DELETE ON layer_file
WHEN EXISTS (
    SELECT 1 FROM layer_stack k JOIN annotation_set s ON s.layer_id = k.layer_id WHERE k.seen_id = OLD.layer_id)
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM layer WHERE id = OLD.layer_id AND sealed = 1)
            THEN RAISE(ABORT, 'annoset: a sealed layer never changes')
        WHEN EXISTS (SELECT 1 FROM label WHERE layer_id = OLD.layer_id AND file_id = OLD.file_id)
            OR EXISTS (SELECT 1 FROM removal WHERE layer_id = OLD.layer_id AND file_id = OLD.file_id)
            THEN RAISE(ABORT, 'annoset: the layer speaks of labels of that audio file')
    END;
END;

-- ---------------------------------------------------------------- labels

CREATE TRIGGER label_insert BEFORE INSERT ON label
BEGIN
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM layer WHERE id = NEW.layer_id AND sealed = 0)
            THEN RAISE(ABORT, 'annoset: a sealed layer never changes')
        WHEN NOT EXISTS (SELECT 1 FROM layer_file WHERE layer_id = NEW.layer_id AND file_id = NEW.file_id AND clean = 0)
            THEN RAISE(ABORT, 'annoset: the audio file is clean, or not known to the layer')
        WHEN NOT EXISTS (
            SELECT 1 FROM layer y JOIN artifact_type t ON t.dataset_id = y.dataset_id
            WHERE y.id = NEW.layer_id AND t.id = NEW.type_id AND (t.declared = 1 OR NOT EXISTS (
                SELECT 1 FROM artifact_type v WHERE v.dataset_id = y.dataset_id AND v.declared = 1)))
            THEN RAISE(ABORT, 'annoset: the dataset does not declare that artifact type')
        WHEN NEW.indexed <> 1
            THEN RAISE(ABORT, 'annoset: a label on its own is an indexed one')
        WHEN NEW.id < 1 OR NEW.id > (SELECT last_label_id FROM sequence)
            THEN RAISE(ABORT, 'annoset: that label id was never given')
        WHEN EXISTS (
            SELECT 1
            FROM layer_stack k
            JOIN label l ON l.id = NEW.id AND l.layer_id = k.seen_id AND l.indexed = 1
            WHERE k.layer_id = NEW.layer_id AND NOT EXISTS (
                SELECT 1
                FROM layer_stack a
                JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = l.file_id AND r.id = l.id
                WHERE a.layer_id = NEW.layer_id AND a.depth < k.depth))
        OR EXISTS (
            SELECT 1
            FROM layer_stack k
            JOIN label_block b ON b.layer_id = k.seen_id AND b.last_id >= NEW.id AND b.first_id = (
                SELECT max(first_id) FROM label_block WHERE layer_id = k.seen_id AND first_id <= NEW.id)
            JOIN label l ON l.layer_id = k.seen_id AND l.file_id = b.file_id
                AND (l.start_ms, l.id) BETWEEN (b.from_ms, +NEW.id) AND (b.to_ms, +NEW.id)
                AND l.id = NEW.id AND l.indexed = 0
            WHERE k.layer_id = NEW.layer_id AND NOT EXISTS (
                SELECT 1
                FROM layer_stack a
                JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = l.file_id AND r.id = l.id
                WHERE a.layer_id = NEW.layer_id AND a.depth < k.depth))
            THEN RAISE(ABORT, 'annoset: a label of that id is seen already')
    END;
END;

CREATE TRIGGER label_update BEFORE UPDATE ON label
BEGIN
    SELECT RAISE(ABORT, 'annoset: a label is changed by writing it anew');
END;

CREATE TRIGGER label_delete BEFORE DELETE ON label
WHEN EXISTS (SELECT 1 FROM layer WHERE id = OLD.layer_id AND sealed = 1) AND EXISTS (
    SELECT 1 FROM layer_stack k JOIN annotation_set s ON s.layer_id = k.layer_id WHERE k.seen_id = OLD.layer_id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: a sealed layer never changes');
END;

CREATE TRIGGER label_block_insert BEFORE INSERT ON label_block
BEGIN
    SELECT RAISE(ABORT, 'annoset: blocks are written by bulk inserts alone');
END;

CREATE TRIGGER label_block_update BEFORE UPDATE ON label_block
BEGIN
    SELECT RAISE(ABORT, 'annoset: a block never changes');
END;

CREATE TRIGGER label_block_delete BEFORE DELETE ON label_block
WHEN EXISTS (
    SELECT 1 FROM layer_stack k JOIN annotation_set s ON s.layer_id = k.layer_id WHERE k.seen_id = OLD.layer_id)
BEGIN
    SELECT RAISE(ABORT, 'annoset: a block never changes');
END;

CREATE TRIGGER removal_insert BEFORE INSERT ON removal
BEGIN
    SELECT CASE
        WHEN NOT EXISTS (SELECT 1 FROM layer WHERE id = NEW.layer_id AND sealed = 0)
            THEN RAISE(ABORT, 'annoset: a sealed layer never changes')
        WHEN NOT EXISTS (SELECT 1 FROM layer_file WHERE layer_id = NEW.layer_id AND file_id = NEW.file_id)
            THEN RAISE(ABORT, 'annoset: the audio file is not known to the layer')
    END;
END;

CREATE TRIGGER removal_update BEFORE UPDATE ON removal
BEGIN
    SELECT RAISE(ABORT, 'annoset: a removal never changes');
END;

CREATE TRIGGER removal_delete BEFORE DELETE ON removal
WHEN EXISTS (
    SELECT 1 FROM layer_stack k JOIN annotation_set s ON s.layer_id = k.layer_id WHERE k.seen_id = OLD.layer_id)
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM layer WHERE id = OLD.layer_id AND sealed = 1)
            THEN RAISE(ABORT, 'annoset: a sealed layer never changes')
        WHEN EXISTS (SELECT 1 FROM label WHERE id = OLD.id AND layer_id = OLD.layer_id AND indexed = 1)
            THEN RAISE(ABORT, 'annoset: the label would be seen twice')
        WHEN EXISTS (SELECT 1 FROM layer_file WHERE layer_id = OLD.layer_id AND file_id = OLD.file_id AND clean = 1)
            THEN RAISE(ABORT, 'annoset: an audio file that has labels is not clean')
    END;
END;

CREATE TRIGGER sequence_insert BEFORE INSERT ON sequence
BEGIN
    SELECT RAISE(ABORT, 'annoset: there is one sequence');
END;

CREATE TRIGGER sequence_update BEFORE UPDATE ON sequence
WHEN NEW.id <> OLD.id OR NEW.last_label_id IS NULL OR NEW.last_label_id < OLD.last_label_id
BEGIN
    SELECT RAISE(ABORT, 'annoset: a label id is never given twice');
END;

CREATE TRIGGER sequence_delete BEFORE DELETE ON sequence
BEGIN
    SELECT RAISE(ABORT, 'annoset: there is one sequence');
END;
