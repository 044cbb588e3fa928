SELECT FROM pg_catalog.pg_stat_activity
WHERE pid = $1 AND coalesce(backend_type, 'client backend') = 'client backend' AND datname = current_database()
