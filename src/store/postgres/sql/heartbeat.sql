INSERT INTO errand_workers (id, host, boot_id, pid_namespace, pid, start_ticks, tables, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET seen_at = now(), dead_at = NULL, tables = excluded.tables
