-- Of roles that are not ours, neither backend_type nor backend_start is shown.
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE pid = $1 AND coalesce((extract(epoch FROM backend_start) * 1000000)::int8, $2::int8) = $2::int8
    AND coalesce(backend_type, 'client backend') = 'client backend' AND datname = current_database()
