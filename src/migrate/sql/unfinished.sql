-- $1: an index as one writes it. One row where CREATE INDEX CONCURRENTLY has left it, and nobody is at it.
SELECT 1 FROM pg_catalog.pg_index AS x
WHERE x.indexrelid = to_regclass($1) AND NOT x.indisvalid
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p
                    JOIN pg_catalog.pg_locks AS l ON l.pid = p.pid
                    WHERE l.relation = x.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted)
