-- The tables of an annoset store. Once released, this file is never edited: a change is the next number.
--
-- Times are in milliseconds: of a set or a dataset since the Unix epoch, in UTC; of a label since the start of its
-- audio file. Text compares by bytes.

-- ---------------------------------------------------------------- datasets and what they name

CREATE TABLE dataset (
    id           INTEGER PRIMARY KEY CHECK (id > 0),
    uuid         TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL UNIQUE,
    description  TEXT NOT NULL,
    extra_data   TEXT,                        -- a JSON object, as it was given
    last_version INTEGER NOT NULL DEFAULT 0,  -- the highest version number ever given; deleting a draft leaves it
    created_ms   INTEGER NOT NULL,
    updated_ms   INTEGER NOT NULL,

    CONSTRAINT dataset_uuid       CHECK (length(uuid) = 36),
    CONSTRAINT dataset_name       CHECK (name <> ''),
    CONSTRAINT dataset_extra_data CHECK (extra_data IS NULL OR json_valid(extra_data) AND json_type(extra_data) = 'object'),
    CONSTRAINT dataset_version    CHECK (last_version >= 0)
) STRICT;

-- The types that labels have. If a dataset declares no types, labels may have any, and those are kept here undeclared.
CREATE TABLE artifact_type (
    id          INTEGER PRIMARY KEY CHECK (id > 0),
    dataset_id  INTEGER NOT NULL REFERENCES dataset (id) ON DELETE RESTRICT,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    color       TEXT NOT NULL,
    declared    INTEGER NOT NULL,  -- 1: the place in the dataset's vocabulary is meant
    place       INTEGER NOT NULL,  -- order of declaration

    CONSTRAINT artifact_type_once     UNIQUE (dataset_id, name),
    CONSTRAINT artifact_type_name     CHECK (name <> ''),
    CONSTRAINT artifact_type_declared CHECK (declared IN (0, 1))
) STRICT;

CREATE INDEX artifact_type_vocabulary ON artifact_type (dataset_id) WHERE declared = 1;

CREATE TABLE audio_file (
    id          INTEGER PRIMARY KEY CHECK (id > 0),
    dataset_id  INTEGER NOT NULL REFERENCES dataset (id) ON DELETE RESTRICT,
    name        TEXT NOT NULL,     -- the user's audio_file_id
    duration_ms INTEGER NOT NULL,  -- 0: not known
    registered  INTEGER NOT NULL,  -- 1: by the user; 0: a label or a clean mark named it

    CONSTRAINT audio_file_once       UNIQUE (dataset_id, name),
    CONSTRAINT audio_file_name       CHECK (name <> ''),
    CONSTRAINT audio_file_duration   CHECK (duration_ms BETWEEN 0 AND 8796093022208),
    CONSTRAINT audio_file_registered CHECK (registered IN (0, 1))
) STRICT;

-- ---------------------------------------------------------------- layers

-- A layer has what one set wrote. A set sees its own layer and the sealed layers below it, except the labels that a
-- layer above them has removed. A layer that other layers were folded into belongs to no set.
CREATE TABLE layer (
    id         INTEGER PRIMARY KEY CHECK (id > 0),
    dataset_id INTEGER NOT NULL REFERENCES dataset (id) ON DELETE RESTRICT,
    below_id   INTEGER REFERENCES layer (id) ON DELETE RESTRICT,
    folds_id   INTEGER,                     -- of a folded layer: the topmost of those that it stands for
    sealed     INTEGER NOT NULL DEFAULT 0,  -- 1: nothing in it changes any more
    weight     INTEGER NOT NULL DEFAULT 0,  -- of a sealed layer: its labels and removals, for folding

    CONSTRAINT layer_sealed CHECK (sealed IN (0, 1)),
    CONSTRAINT layer_weight CHECK (weight >= 0)
) STRICT;

CREATE INDEX layer_folds ON layer (folds_id) WHERE folds_id IS NOT NULL;

-- The layers that each layer sees: itself at depth 0, and then those below it. Written by a trigger on layer.
CREATE TABLE layer_stack (
    layer_id INTEGER NOT NULL,
    depth    INTEGER NOT NULL,
    seen_id  INTEGER NOT NULL,

    PRIMARY KEY (layer_id, depth)
) STRICT, WITHOUT ROWID;

CREATE INDEX layer_stack_seen ON layer_stack (seen_id);

-- The audio files that a layer has changed. The topmost row that a set sees is the state of the file in the set.
CREATE TABLE layer_file (
    layer_id    INTEGER NOT NULL REFERENCES layer (id) ON DELETE RESTRICT,
    file_id     INTEGER NOT NULL REFERENCES audio_file (id) ON DELETE RESTRICT,
    clean       INTEGER NOT NULL,  -- 1: examined, and bears no label
    annotations INTEGER,           -- labels of the file as seen from here; NULL while the layer is open
    digest      BLOB,              -- SHA-256 of the file's lines as seen from here; NULL: neither labels nor clean

    PRIMARY KEY (layer_id, file_id),
    CONSTRAINT layer_file_clean  CHECK (clean IN (0, 1)),
    CONSTRAINT layer_file_digest CHECK (digest IS NULL OR length(digest) = 32),
    CONSTRAINT layer_file_empty  CHECK (annotations IS NULL OR annotations >= 0 AND NOT (clean = 1 AND annotations > 0)
                                        AND (digest IS NULL) = (annotations = 0 AND clean = 0))
) STRICT, WITHOUT ROWID;

CREATE INDEX layer_file_by_file ON layer_file (file_id);

-- ---------------------------------------------------------------- labels

-- A changed label keeps its id: the layer above has a removal of the old row, and a new row.
-- There are no foreign keys, because each would cost a look-up for each row, and a connection may have them turned off.
-- The trigger label_insert checks what they would.
CREATE TABLE label (
    layer_id   INTEGER NOT NULL,
    file_id    INTEGER NOT NULL,
    start_ms   INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL,
    type_id    INTEGER NOT NULL,
    indexed    INTEGER NOT NULL,  -- 1: found through label_id; 0: through label_block
    confidence REAL,              -- NULL: not given, which is not 0
    extra_data TEXT,              -- a JSON object, as it was given

    PRIMARY KEY (layer_id, file_id, start_ms, id),
    CONSTRAINT label_start      CHECK (start_ms >= 0),
    CONSTRAINT label_span       CHECK (end_ms BETWEEN start_ms AND 8796093022208),  -- 2^43: sums do not overflow
    CONSTRAINT label_indexed    CHECK (indexed IN (0, 1)),
    CONSTRAINT label_confidence CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT label_extra_data CHECK (extra_data IS NULL OR json_valid(extra_data) AND json_type(extra_data) = 'object')
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX label_id ON label (id, layer_id) WHERE indexed = 1;

-- An index of labels that were inserted in bulk, with one entry for a block of labels instead of one for each label.
-- The labels first_id..last_id of a layer are in one file and start within from_ms..to_ms.
CREATE TABLE label_block (
    layer_id INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    last_id  INTEGER NOT NULL,
    file_id  INTEGER NOT NULL,
    from_ms  INTEGER NOT NULL,
    to_ms    INTEGER NOT NULL,

    PRIMARY KEY (layer_id, first_id),
    CONSTRAINT label_block_ids  CHECK (last_id >= first_id),
    CONSTRAINT label_block_span CHECK (to_ms >= from_ms)
) STRICT, WITHOUT ROWID;

-- The labels of layers below that this layer hides. file_id is the file that they have there.
CREATE TABLE removal (
    layer_id INTEGER NOT NULL,
    file_id  INTEGER NOT NULL,
    id       INTEGER NOT NULL,

    PRIMARY KEY (layer_id, file_id, id)
) STRICT, WITHOUT ROWID;

-- One row: the highest label id that was ever given to a label.
CREATE TABLE sequence (
    id            INTEGER PRIMARY KEY,
    last_label_id INTEGER NOT NULL,

    CONSTRAINT sequence_single CHECK (id = 1)
) STRICT;

INSERT INTO sequence (id, last_label_id) VALUES (1, 0);

-- ---------------------------------------------------------------- annotation sets

CREATE TABLE annotation_set (
    id          INTEGER PRIMARY KEY CHECK (id > 0),
    uuid        TEXT NOT NULL UNIQUE,
    dataset_id  INTEGER NOT NULL REFERENCES dataset (id) ON DELETE RESTRICT,
    version     INTEGER NOT NULL,
    layer_id    INTEGER NOT NULL UNIQUE REFERENCES layer (id) ON DELETE RESTRICT,
    base_id     INTEGER REFERENCES annotation_set (id) ON DELETE RESTRICT,  -- the published set below the layer
    parent_uuid TEXT,             -- the set it was made from; a draft may be gone since, so no reference
    status      TEXT NOT NULL,
    notes       TEXT NOT NULL,
    extra_data  TEXT,
    created_ms  INTEGER NOT NULL,

    -- written by publishing, and by nothing else
    published_ms               INTEGER,
    digest                     TEXT,
    total_annotations          INTEGER,
    total_positive_duration_ms INTEGER,
    annotated_audio_files      INTEGER,
    clean_audio_files          INTEGER,
    annotations_by_type        TEXT,  -- JSON objects, type name to number
    duration_ms_by_type        TEXT,

    CONSTRAINT annotation_set_once       UNIQUE (dataset_id, version),
    CONSTRAINT annotation_set_uuid       CHECK (length(uuid) = 36),
    CONSTRAINT annotation_set_version    CHECK (version >= 1),
    CONSTRAINT annotation_set_status     CHECK (status IN ('draft', 'published')),
    CONSTRAINT annotation_set_extra_data CHECK (extra_data IS NULL OR json_valid(extra_data) AND json_type(extra_data) = 'object'),
    CONSTRAINT annotation_set_draft      CHECK (status = 'published' OR (
        published_ms IS NULL AND digest IS NULL AND total_annotations IS NULL AND total_positive_duration_ms IS NULL
        AND annotated_audio_files IS NULL AND clean_audio_files IS NULL
        AND annotations_by_type IS NULL AND duration_ms_by_type IS NULL)),
    CONSTRAINT annotation_set_published  CHECK (status = 'draft' OR (
        published_ms IS NOT NULL AND digest IS NOT NULL AND length(digest) = 71 AND digest GLOB 'sha256:*'
        AND total_annotations >= 0 AND total_annotations IS NOT NULL
        AND total_positive_duration_ms >= 0 AND total_positive_duration_ms IS NOT NULL
        AND annotated_audio_files >= 0 AND annotated_audio_files IS NOT NULL
        AND clean_audio_files >= 0 AND clean_audio_files IS NOT NULL
        AND annotations_by_type IS NOT NULL AND json_type(annotations_by_type) = 'object'
        AND duration_ms_by_type IS NOT NULL AND json_type(duration_ms_by_type) = 'object'))
) STRICT;

CREATE INDEX annotation_set_latest ON annotation_set (dataset_id, version) WHERE status = 'published';
CREATE INDEX annotation_set_base ON annotation_set (base_id) WHERE base_id IS NOT NULL;
