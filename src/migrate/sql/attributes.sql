-- Of composite types.
SELECT n.nspname, t.typname, a.attname, format('%I', a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
