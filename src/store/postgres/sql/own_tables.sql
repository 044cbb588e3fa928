-- Which of our own tables are there and may be written.
SELECT name, coalesce(has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
    AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'), false)
FROM (SELECT name, to_regclass(name)::oid AS oid
      FROM unnest('{errand_workers,errand_attempts,errand_stats}'::text[]) AS name) AS own
