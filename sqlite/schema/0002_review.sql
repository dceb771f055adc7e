-- Who did what, reviews, training runs and tags. Once released, this file is never edited: a change is the next number.
--
-- A person is a name that the user chose. Names compare by bytes. What has no name is unsigned.

-- ---------------------------------------------------------------- who did what

-- How many people must approve a draft before it is published. People who edited it do not count.
ALTER TABLE dataset ADD COLUMN required_approvals INTEGER NOT NULL DEFAULT 0
    CONSTRAINT dataset_required_approvals CHECK (required_approvals >= 0);

-- The revision of what the layer's set has, including its notes and extra data. Each change increases it, by any
-- amount.
ALTER TABLE layer ADD COLUMN revision INTEGER NOT NULL DEFAULT 1
    CONSTRAINT layer_revision CHECK (revision >= 1);

ALTER TABLE annotation_set ADD COLUMN created_by TEXT
    CONSTRAINT annotation_set_created_by CHECK (created_by <> '');

ALTER TABLE annotation_set ADD COLUMN published_by TEXT
    CONSTRAINT annotation_set_published_by CHECK (published_by IS NULL OR published_by <> '' AND status = 'published');

-- Everyone who changed a set. When a draft is deleted, a trigger on annotation_set deletes its editors.
CREATE TABLE editor (
    set_id INTEGER NOT NULL REFERENCES annotation_set (id) ON DELETE NO ACTION,
    person TEXT NOT NULL,  -- '': somebody who did not sign

    PRIMARY KEY (set_id, person)
) STRICT, WITHOUT ROWID;

-- Changes that were made before this schema are unsigned.
INSERT INTO editor (set_id, person)
SELECT id, '' FROM annotation_set s WHERE EXISTS (SELECT 1 FROM layer_file WHERE layer_id = s.layer_id);

-- ---------------------------------------------------------------- reviews

-- A review is of one revision, and is void once the layer has another. If a person gave several for one revision, the
-- last one counts. When a draft is deleted, a trigger on annotation_set deletes its reviews.
CREATE TABLE review (
    id         INTEGER PRIMARY KEY CHECK (id > 0),  -- in the order they were given in
    set_id     INTEGER NOT NULL REFERENCES annotation_set (id) ON DELETE NO ACTION,
    revision   INTEGER NOT NULL,
    person     TEXT NOT NULL,
    verdict    TEXT NOT NULL,
    comment    TEXT NOT NULL,
    created_ms INTEGER NOT NULL,

    CONSTRAINT review_person  CHECK (person <> ''),
    CONSTRAINT review_verdict CHECK (verdict IN ('approved', 'rejected'))
) STRICT;

CREATE INDEX review_of_set ON review (set_id, revision, person);

-- ---------------------------------------------------------------- what is kept beside published sets

CREATE TABLE training_run (
    id            INTEGER PRIMARY KEY CHECK (id > 0),  -- in the order they were recorded in
    uuid          TEXT NOT NULL UNIQUE,
    set_id        INTEGER NOT NULL REFERENCES annotation_set (id) ON DELETE RESTRICT,
    model         TEXT NOT NULL,
    model_version TEXT NOT NULL,     -- may be empty
    parameters    TEXT,              -- a JSON object, as it was given
    metrics       TEXT NOT NULL,     -- a JSON object, name to number
    extra_data    TEXT,              -- a JSON object, as it was given
    trained_ms    INTEGER NOT NULL,
    recorded_ms   INTEGER NOT NULL,
    recorded_by   TEXT,

    CONSTRAINT training_run_uuid        CHECK (length(uuid) = 36),
    CONSTRAINT training_run_model       CHECK (model <> ''),
    CONSTRAINT training_run_parameters  CHECK (parameters IS NULL OR json_valid(parameters) AND json_type(parameters) = 'object'),
    CONSTRAINT training_run_metrics     CHECK (json_valid(metrics) AND json_type(metrics) = 'object'),
    CONSTRAINT training_run_extra_data  CHECK (extra_data IS NULL OR json_valid(extra_data) AND json_type(extra_data) = 'object'),
    CONSTRAINT training_run_recorded_by CHECK (recorded_by <> '')
) STRICT;

CREATE INDEX training_run_of_set ON training_run (set_id);
CREATE INDEX training_run_of_model ON training_run (model, model_version);

-- Every move of every tag. The last move of a name is where the tag is now.
CREATE TABLE tag_move (
    id         INTEGER PRIMARY KEY CHECK (id > 0),  -- in the order they were made in
    dataset_id INTEGER NOT NULL REFERENCES dataset (id) ON DELETE RESTRICT,
    name       TEXT NOT NULL,
    set_id     INTEGER REFERENCES annotation_set (id) ON DELETE RESTRICT,  -- NULL: the tag was taken away
    moved_ms   INTEGER NOT NULL,
    moved_by   TEXT,

    CONSTRAINT tag_move_name     CHECK (name <> ''),
    CONSTRAINT tag_move_moved_by CHECK (moved_by <> '')
) STRICT;

CREATE INDEX tag_move_of_name ON tag_move (dataset_id, name);
