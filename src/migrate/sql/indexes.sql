-- Those that are not a constraint's. The text without the name is what two are compared by.
SELECT n.nspname, t.relname, i.relname, format('%I', i.relname), format('%I.%I', n.nspname, i.relname),
    replace(pg_catalog.pg_get_indexdef(i.oid, 0, true), format('INDEX %I ON ', i.relname), 'INDEX ON '),
    pg_catalog.pg_get_indexdef(i.oid),
    -- One that is not valid was left so by a CREATE INDEX CONCURRENTLY; or another session is at it.
    x.indisvalid OR EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p
                            JOIN pg_catalog.pg_locks AS l ON l.pid = p.pid
                            WHERE l.relation = t.oid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted),
    CASE WHEN x.indisunique THEN (
        SELECT format('SELECT 1 FROM %I.%I WHERE %s%s GROUP BY %s HAVING count(*) > 1 LIMIT 1', n.nspname, t.relname,
                      CASE WHEN x.indpred IS NULL THEN ''
                          ELSE '(' || pg_catalog.pg_get_expr(x.indpred, x.indrelid) || ') AND ' END,
                      CASE WHEN (to_jsonb(x) ->> 'indnullsnotdistinct')::bool THEN 'true'
                          ELSE string_agg(format('(%s) IS NOT NULL', part), ' AND ') END,
                      string_agg(format('(%s)', part), ', '))
        FROM generate_series(1, x.indnkeyatts::int) AS k
            CROSS JOIN LATERAL pg_catalog.pg_get_indexdef(i.oid, k, true) AS part)
    END
FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND t.relkind IN ('r', 'p', 'm') AND NOT t.relispartition
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                    WHERE k.conindid = i.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.oid
