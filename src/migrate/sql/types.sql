SELECT n.nspname, t.typname, t.typtype, format('%I.%I', n.nspname, t.typname),
    CASE t.typtype
    WHEN 'e' THEN (SELECT coalesce(string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder), '')
                   FROM pg_catalog.pg_enum WHERE enumtypid = t.oid)
    WHEN 'c' THEN (SELECT coalesce(string_agg(format('%I %s', attname, pg_catalog.format_type(atttypid, atttypmod)), ', '
                                              ORDER BY attnum), '')
                   FROM pg_catalog.pg_attribute WHERE attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped)
    WHEN 'd' THEN concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod), 'DEFAULT ' || t.typdefault,
                            CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                            (SELECT string_agg(pg_catalog.pg_get_constraintdef(oid, true), ' ' ORDER BY conname)
                             FROM pg_catalog.pg_constraint WHERE contypid = t.oid AND contype = 'c'))
    ELSE (SELECT pg_catalog.format_type(rngsubtype, NULL) FROM pg_catalog.pg_range WHERE rngtypid = t.oid)
    END,
    pg_catalog.format_type(t.oid, NULL),
    CASE t.typtype WHEN 'd' THEN concat(pg_catalog.format_type(t.typbasetype, t.typtypmod), ' ', t.typcollation) END,
    t.typdefault, t.typnotnull
FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE n.nspname = ANY ($1::text[])
    AND (t.typtype IN ('e', 'd', 'r')
         OR (t.typtype = 'c' AND (SELECT relkind FROM pg_catalog.pg_class WHERE oid = t.typrelid) = 'c'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_type'::regclass
                    AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY t.oid
