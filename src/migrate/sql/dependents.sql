-- $1, $2: a table's schema and name. The views that are made of it, and those made of these.
WITH RECURSIVE made_of AS (
    SELECT r.ev_class AS view, d.refobjid AS source
    FROM pg_catalog.pg_rewrite AS r JOIN pg_catalog.pg_depend AS d
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class
), concerned AS (
    SELECT c.oid AS view FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
    UNION
    SELECT made_of.view FROM made_of JOIN concerned ON concerned.view = made_of.source
)
SELECT n.nspname, c.relname FROM concerned JOIN pg_catalog.pg_class AS c ON c.oid = concerned.view
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm')
ORDER BY c.oid
