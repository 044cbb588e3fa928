-- Rows of these tables that were inserted, updated and deleted, as the server counts for its statistics.
SELECT coalesce(sum(pg_catalog.pg_stat_get_tuples_inserted(t.oid) + pg_catalog.pg_stat_get_tuples_updated(t.oid)
                    + pg_catalog.pg_stat_get_tuples_deleted(t.oid)), 0)
FROM (VALUES {tables}) AS wanted (schema, name)
    JOIN pg_catalog.pg_class AS t ON t.relname = wanted.name
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
WHERE CASE WHEN wanted.schema IS NULL THEN pg_catalog.pg_table_is_visible(t.oid) ELSE n.nspname = wanted.schema END
