-- $1: the table as one writes it, $2: its channel.
SELECT quote_ident(nspname), quote_ident(relname), quote_literal(quote_ident(nspname) || '.' || quote_ident(relname)),
    relkind = 'r' AND NOT relhassubclass AS plain, -- rows of one file, of which each has a ctid of its own
    has_table_privilege(pg_class.oid, 'SELECT') AND has_table_privilege(pg_class.oid, 'UPDATE') AS may_work,
    has_table_privilege(pg_class.oid, 'TRIGGER') AND has_schema_privilege(pg_namespace.oid, 'CREATE') AS may_trigger,
    pg_has_role(relowner, 'USAGE') AS owns,
    EXISTS (SELECT FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = pg_class.oid AND i.indisvalid AND a.attname = 'run_at') AS has_index,
    EXISTS (SELECT FROM pg_catalog.pg_index AS i
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = pg_class.oid AND i.indisvalid AND i.indpred IS NULL AND a.attname = 'id') AS has_key,
    EXISTS (SELECT FROM unnest(reloptions) AS option WHERE option LIKE 'autovacuum_vacuum_scale_factor=%') AS vacuumed,
    -- Type bits of a trigger: 4 INSERT, 16 UPDATE. Whose function speaks of the channel notifies it.
    EXISTS (SELECT FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
            WHERE t.tgrelid = pg_class.oid AND t.tgenabled IN ('O', 'A') AND t.tgtype & 4 <> 0
                AND strpos(p.prosrc, $2) > 0) AS told_of_insert,
    EXISTS (SELECT FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
            WHERE t.tgrelid = pg_class.oid AND t.tgenabled IN ('O', 'A') AND t.tgtype & 16 <> 0
                AND strpos(p.prosrc, $2) > 0) AS told_of_update,
    coalesce((SELECT string_agg(p.prosrc, '') FROM pg_catalog.pg_proc AS p
              WHERE p.pronamespace = pg_namespace.oid AND p.proname = $3 AND p.pronargs = 0), '') AS source
FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
WHERE pg_class.oid = to_regclass($1)
