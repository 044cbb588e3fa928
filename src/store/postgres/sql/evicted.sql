SELECT FROM pg_catalog.pg_stat_activity
WHERE pid = $1 AND coalesce((extract(epoch FROM backend_start) * 1000000)::int8, $2::int8) = $2::int8
    AND coalesce(backend_type, 'client backend') = 'client backend' AND datname = current_database()
