-- Table by table, from one name to the next, so that the primary key finds them. Nobody changes what is old.
WITH RECURSIVE names (name) AS (
    SELECT min(table_name) FROM errand_stats
    UNION ALL
    SELECT (SELECT min(table_name) FROM errand_stats WHERE table_name > name) FROM names WHERE name IS NOT NULL
)
DELETE FROM errand_stats
WHERE ctid = ANY (ARRAY(
    SELECT old.place
    FROM names, LATERAL (
        SELECT ctid AS place FROM errand_stats
        WHERE table_name = name AND minute < now() - $1::int8 * interval '1 day'
        ORDER BY minute LIMIT $2::int8 FOR UPDATE SKIP LOCKED
    ) AS old
    LIMIT $2::int8))
