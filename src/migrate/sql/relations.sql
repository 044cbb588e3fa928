-- $1: the namespaces. What belongs to an extension is the extension's; sequences of identity columns are the columns'.
SELECT n.nspname, c.relname, c.relkind, format('%I.%I', n.nspname, c.relname),
    c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid, true) END,
    -- The table of the column that owns a sequence.
    (SELECT o.relname FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS o ON o.oid = d.refobjid
     WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a' AND c.relkind = 'S'
         AND d.refclassid = 'pg_catalog.pg_class'::regclass LIMIT 1)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                    AND d.objid = c.oid AND (d.deptype = 'e' OR (d.deptype = 'i' AND c.relkind = 'S')))
ORDER BY c.oid
