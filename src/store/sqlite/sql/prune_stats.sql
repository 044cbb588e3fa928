-- Table by table, from one name to the next, so that the primary key finds them.
WITH RECURSIVE names (name) AS (
    SELECT min(table_name) FROM errand_stats
    UNION ALL
    SELECT (SELECT min(table_name) FROM errand_stats WHERE table_name > name) FROM names WHERE name IS NOT NULL
)
DELETE FROM errand_stats
WHERE rowid IN (SELECT old.rowid FROM names CROSS JOIN errand_stats AS old
                WHERE old.table_name = names.name AND old.minute < ?1
                LIMIT ?2)
