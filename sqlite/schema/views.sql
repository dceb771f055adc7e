-- Views for people and their tools. They are created again at each migration.

-- The labels of every set, one row each.
CREATE VIEW labels AS
SELECT
    d.name       AS dataset,
    s.version    AS version,
    s.status     AS status,
    f.name       AS audio_file_id,
    t.name       AS artifact_type,
    l.start_ms   AS start_ms,
    l.end_ms     AS end_ms,
    l.confidence AS confidence,
    l.extra_data AS extra_data,
    l.id         AS id
FROM annotation_set s
JOIN dataset d ON d.id = s.dataset_id
JOIN layer_stack k ON k.layer_id = s.layer_id
JOIN label l ON l.layer_id = k.seen_id
JOIN audio_file f ON f.id = l.file_id
JOIN artifact_type t ON t.id = l.type_id
WHERE NOT EXISTS (
    SELECT 1
    FROM layer_stack a
    JOIN removal r ON r.layer_id = a.seen_id AND r.file_id = l.file_id AND r.id = l.id
    WHERE a.layer_id = s.layer_id AND a.depth < k.depth
);

-- The audio files that each set marks as examined and empty.
CREATE VIEW clean_audio_files AS
SELECT
    d.name    AS dataset,
    s.version AS version,
    s.status  AS status,
    f.name    AS audio_file_id
FROM annotation_set s
JOIN dataset d ON d.id = s.dataset_id
JOIN layer_stack k ON k.layer_id = s.layer_id
JOIN layer_file lf ON lf.layer_id = k.seen_id AND lf.clean = 1
JOIN audio_file f ON f.id = lf.file_id
WHERE NOT EXISTS (
    SELECT 1
    FROM layer_stack a
    JOIN layer_file u ON u.layer_id = a.seen_id AND u.file_id = lf.file_id
    WHERE a.layer_id = s.layer_id AND a.depth < k.depth
);

-- The reviews of the sets, in order of id.
CREATE VIEW reviews AS
SELECT
    d.name                   AS dataset,
    s.version                AS version,
    s.status                 AS status,
    r.person                 AS person,
    r.verdict                AS verdict,
    r.comment                AS comment,
    r.revision               AS revision,
    r.revision <> y.revision AS void,  -- 1: the set was edited since
    r.created_ms             AS created_ms,
    r.id                     AS id
FROM review r
JOIN annotation_set s ON s.id = r.set_id
JOIN dataset d ON d.id = s.dataset_id
JOIN layer y ON y.id = s.layer_id;

-- Which models were trained on which sets, in order of id.
CREATE VIEW training_runs AS
SELECT
    d.name          AS dataset,
    s.version       AS version,
    s.digest        AS digest,
    r.model         AS model,
    r.model_version AS model_version,
    r.parameters    AS parameters,
    r.metrics       AS metrics,
    r.extra_data    AS extra_data,
    r.trained_ms    AS trained_ms,
    r.recorded_ms   AS recorded_ms,
    r.recorded_by   AS recorded_by,
    r.id            AS id
FROM training_run r
JOIN annotation_set s ON s.id = r.set_id
JOIN dataset d ON d.id = s.dataset_id;

-- Where each tag is now.
CREATE VIEW tags AS
SELECT
    d.name     AS dataset,
    m.name     AS tag,
    s.version  AS version,
    m.moved_ms AS moved_ms,
    m.moved_by AS moved_by
FROM tag_move m
JOIN annotation_set s ON s.id = m.set_id
JOIN dataset d ON d.id = m.dataset_id
WHERE NOT EXISTS (
    SELECT 1 FROM tag_move n WHERE n.dataset_id = m.dataset_id AND n.name = m.name AND n.id > m.id
);
