-- $1, $2, $3: a column by its schema, table and name, $4: the schemas that are compared. What PostgreSQL does not let the
-- column's type be changed under; the last column says what a drop of the column takes along in silence.
WITH it AS (
    SELECT a.attrelid, a.attnum
    FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3
), on_it AS (
    SELECT DISTINCT d.classid, d.objid, d.objsubid, it.attrelid, it.attnum
    FROM it JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::regclass
        AND d.refobjid = it.attrelid AND d.refobjsubid = it.attnum
)
SELECT 'constraint' AS kind, k.conname AS name, k.contype <> 'c' AS only_drop
FROM on_it JOIN pg_catalog.pg_constraint AS k ON on_it.classid = 'pg_catalog.pg_constraint'::regclass
    AND k.oid = on_it.objid AND k.conrelid = on_it.attrelid
UNION ALL
SELECT 'index', i.relname, x.indpred IS NULL AND x.indexprs IS NULL
FROM on_it JOIN pg_catalog.pg_index AS x ON on_it.classid = 'pg_catalog.pg_class'::regclass AND x.indexrelid = on_it.objid
    JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
UNION ALL
SELECT 'trigger', t.tgname, false
FROM on_it JOIN pg_catalog.pg_trigger AS t ON on_it.classid = 'pg_catalog.pg_trigger'::regclass AND t.oid = on_it.objid
WHERE NOT t.tgisinternal
UNION ALL
SELECT 'policy', p.polname, false
FROM on_it JOIN pg_catalog.pg_policy AS p ON on_it.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = on_it.objid
    AND p.polrelid = on_it.attrelid
UNION ALL
-- PostgreSQL 13 has it of the column, later ones of its default.
SELECT 'computed', a.attname, false
FROM on_it LEFT JOIN pg_catalog.pg_attrdef AS f ON on_it.classid = 'pg_catalog.pg_attrdef'::regclass AND f.oid = on_it.objid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = on_it.attrelid AND a.attgenerated <> '' AND a.attnum <> on_it.attnum
        AND a.attnum = CASE on_it.classid WHEN 'pg_catalog.pg_class'::regclass THEN on_it.objsubid ELSE f.adnum END
WHERE f.oid IS NOT NULL OR (on_it.objid = on_it.attrelid AND on_it.objsubid > 0)
UNION ALL
SELECT 'other', pg_describe_object(on_it.classid, on_it.objid, on_it.objsubid), false
FROM on_it
WHERE on_it.classid IN ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_publication_rel'::regclass)
    OR EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
               WHERE on_it.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = on_it.objid
                   AND (v.relkind NOT IN ('v', 'm') OR n.nspname <> ALL ($4::text[])))
    OR EXISTS (SELECT FROM pg_catalog.pg_policy AS p
               WHERE on_it.classid = 'pg_catalog.pg_policy'::regclass AND p.oid = on_it.objid
                   AND p.polrelid <> on_it.attrelid)
