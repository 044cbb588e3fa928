-- What is known of tables without reading them: whether they are there and may be read, how many rows they have (by the
-- last ANALYZE, grown with the file since, as the planner reckons; -1 before the first), and how those spread over the
-- statuses. The file of a table that somebody holds for himself alone is not looked at, which would wait for him.
SELECT wanted.place, coalesce(c.readable, false), coalesce(c.rows::bigint, 0), coalesce(c.pages, 0),
    coalesce(c.indexed, false),
    CASE WHEN c.pages > {small}::int8 THEN
        (SELECT string_agg(v || '=' || f, ' ')
         FROM pg_catalog.pg_stats AS s, unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS u (v, f)
         WHERE s.schemaname = c.nspname AND s.tablename = c.relname AND s.attname = 'status')
    END
FROM unnest({schemas}::text[], {names}::text[]) WITH ORDINALITY AS wanted (schema, name, place)
LEFT JOIN LATERAL (
    SELECT nspname, relname,
        has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(t.oid, 'SELECT') AS readable,
        greatest(size.pages, t.relpages) AS pages,
        CASE WHEN t.reltuples <= 0 THEN -1 -- a vacuum of the empty table knows nothing either
             WHEN t.relkind <> 'r' THEN t.reltuples
             WHEN t.relpages = 0 THEN -1
             ELSE t.reltuples::float8 / t.relpages * size.pages END AS rows,
        -- For the pending, and for one other status at least.
        (SELECT count(*) FILTER (WHERE a.attname = 'run_at') > 0 AND count(*) FILTER (WHERE a.attname <> 'run_at') > 0
         FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS a
             ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = t.oid AND i.indisvalid AND a.attname IN ('run_at', 'status')) AS indexed
    FROM pg_catalog.pg_class AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace,
        LATERAL (SELECT CASE WHEN t.oid IN (SELECT relation FROM pg_catalog.pg_locks
                                            WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL)
                             THEN t.relpages
                             WHEN t.relkind IN ('r', 'm')
                             THEN pg_catalog.pg_relation_size(t.oid) / current_setting('block_size')::int8
                             ELSE 0 END AS pages) AS size
    WHERE t.relname = wanted.name AND t.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND CASE WHEN wanted.schema IS NULL THEN pg_catalog.pg_table_is_visible(t.oid)
                 ELSE n.nspname = wanted.schema END
) AS c ON true
ORDER BY wanted.place
