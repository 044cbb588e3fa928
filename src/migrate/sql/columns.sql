-- A column is serial where its default is the next value of a sequence that it owns.
SELECT n.nspname, c.relname, a.attname, format('%I', a.attname),
    pg_catalog.format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> t.typcollation
        THEN (SELECT format(' COLLATE %I.%I', cn.nspname, co.collname) FROM pg_catalog.pg_collation AS co
              JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation)
        ELSE '' END,
    a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity,
    CASE WHEN a.attidentity = '' AND d.adbin IS NOT NULL
        AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'
        AND EXISTS (SELECT FROM pg_catalog.pg_depend AS s WHERE s.refclassid = 'pg_catalog.pg_class'::regclass
                    AND s.refobjid = c.oid AND s.refobjsubid = a.attnum AND s.deptype = 'a'
                    AND s.classid = 'pg_catalog.pg_class'::regclass)
        THEN CASE a.atttypid WHEN 'int2'::regtype THEN 'smallserial' WHEN 'int8'::regtype THEN 'bigserial'
             ELSE 'serial' END END,
    a.attnum,
    -- Of the sequence that a serial column owns.
    (SELECT pg_catalog.format_type(q.seqtypid, NULL)
     FROM pg_catalog.pg_depend AS s JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = s.objid
     WHERE s.classid = 'pg_catalog.pg_class'::regclass AND s.refclassid = 'pg_catalog.pg_class'::regclass
         AND s.refobjid = c.oid AND s.refobjsubid = a.attnum AND s.deptype = 'a'
     ORDER BY s.objid LIMIT 1)
FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attislocal
ORDER BY a.attrelid, a.attnum
