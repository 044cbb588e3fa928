-- Which of our own tables are there and may be written.
SELECT name, coalesce(has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
    AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'), false),
    coalesce((SELECT quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_catalog.pg_class
              JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = own.oid), '')
FROM (SELECT name, to_regclass(name)::oid AS oid
      FROM unnest('{errand_workers,errand_attempts,errand_stats,errand_sleeping}'::text[]) AS name) AS own
