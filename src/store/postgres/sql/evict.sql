-- Of roles that are not ours, backend_type is not shown.
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE pid = $1 AND coalesce(backend_type, 'client backend') = 'client backend' AND datname = current_database()
