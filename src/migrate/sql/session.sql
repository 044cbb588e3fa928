-- What a role has for its programs is too little for a migration. A client that died is noticed, from PostgreSQL 14 on.
SELECT set_config(name, CASE name WHEN 'client_connection_check_interval' THEN '1s' ELSE '0' END, false)
FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'client_connection_check_interval')
