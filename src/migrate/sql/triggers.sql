-- Without those that the worker makes for its notifications.
SELECT n.nspname, c.relname, t.tgname, format('%I ON %I.%I', t.tgname, n.nspname, c.relname),
    pg_catalog.pg_get_triggerdef(t.oid, true), t.tgenabled
FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[]) AND NOT t.tgisinternal AND t.tgparentid = 0
    AND t.tgname NOT LIKE 'did\_insert\_job\_%' AND t.tgname NOT LIKE 'did\_update\_job\_%'
ORDER BY t.oid
