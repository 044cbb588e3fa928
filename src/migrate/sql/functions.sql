-- Without those that the worker makes for its notifications.
SELECT n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid),
    format('%s %I.%I(%s)', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, n.nspname, p.proname,
           pg_catalog.pg_get_function_identity_arguments(p.oid)),
    concat_ws(' ', pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid)),
    pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($1::text[]) AND p.prokind IN ('f', 'p') AND p.proname NOT LIKE 'notify\_job\_queued\_%'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_proc'::regclass
                    AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
ORDER BY p.oid
