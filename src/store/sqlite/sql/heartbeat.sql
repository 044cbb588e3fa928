INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, started_at, seen_at, version)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9)
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, tables = excluded.tables
