-- Nobody but an earlier session of this very worker holds its lease: one that the server believes alive still.
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_locks
WHERE locktype = 'advisory' AND granted AND pid <> pg_catalog.pg_backend_pid() AND objsubid = 1
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND ((classid::int8 << 32) | objid::int8) = $1::int8
