-- What domains check. The last column is the condition, on VALUE.
SELECT n.nspname, t.typname, k.conname, format('%I', k.conname),
    regexp_replace(pg_catalog.pg_get_constraintdef(k.oid, true), ' NOT VALID$', ''), k.convalidated,
    pg_catalog.pg_get_expr(k.conbin, 0)
FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_type AS t ON t.oid = k.contypid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ($1::text[]) AND k.contype = 'c'
ORDER BY k.oid
