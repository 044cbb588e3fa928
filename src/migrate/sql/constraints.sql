-- Behind its text: a query that finds a row which the constraint refuses, NULL where it cannot be asked; and of a key
-- that CREATE INDEX can make, that index, and what makes the one the other.
SELECT n.nspname, c.relname, k.conname, format('%I', k.conname), k.contype,
    regexp_replace(pg_catalog.pg_get_constraintdef(k.oid, true), ' NOT VALID$', ''), k.convalidated,
    CASE k.contype
    WHEN 'c' THEN format('SELECT 1 FROM %I.%I WHERE NOT (%s) LIMIT 1', n.nspname, c.relname,
                         pg_catalog.pg_get_expr(k.conbin, k.conrelid))
    WHEN 'f' THEN (
        SELECT format('SELECT 1 FROM %I.%I AS child WHERE %s AND NOT EXISTS (SELECT FROM %I.%I AS parent WHERE %s) '
                      'LIMIT 1', n.nspname, c.relname,
                      string_agg(format('child.%I IS NOT NULL', a.attname), ' AND '), fn.nspname, fc.relname,
                      string_agg(format('parent.%I = child.%I', fa.attname, a.attname), ' AND '))
        FROM unnest(k.conkey, k.confkey) AS pair (own, other)
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = pair.own
            JOIN pg_catalog.pg_attribute AS fa ON fa.attrelid = k.confrelid AND fa.attnum = pair.other)
    WHEN 'x' THEN NULL
    ELSE (
        -- NULLS NOT DISTINCT is known from PostgreSQL 15 on.
        SELECT format('SELECT 1 FROM %I.%I WHERE %s GROUP BY %s HAVING count(*) > 1%s LIMIT 1', n.nspname, c.relname,
                      CASE WHEN k.contype = 'p' OR (to_jsonb(x) ->> 'indnullsnotdistinct')::bool THEN 'true'
                          ELSE string_agg(format('%I IS NOT NULL', a.attname), ' AND ') END,
                      string_agg(format('%I', a.attname), ', '),
                      CASE k.contype WHEN 'p' THEN string_agg(format(' OR %I IS NULL', a.attname), '') END)
        FROM unnest(k.conkey) AS own JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = own)
    END,
    CASE WHEN k.contype IN ('p', 'u') AND c.relkind = 'r' AND NOT x.indisexclusion
        THEN pg_catalog.pg_get_indexdef(k.conindid) END,
    concat(CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, format(' USING INDEX %I', k.conname),
           CASE WHEN k.condeferrable THEN ' DEFERRABLE' END, CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END),
    format('%I.%I', n.nspname, k.conname)
FROM pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = k.conindid
    LEFT JOIN pg_catalog.pg_class AS fc ON fc.oid = k.confrelid
    LEFT JOIN pg_catalog.pg_namespace AS fn ON fn.oid = fc.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND k.contype IN ('p', 'u', 'c', 'f', 'x') AND k.conislocal AND k.conparentid = 0
ORDER BY k.oid
