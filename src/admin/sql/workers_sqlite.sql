SELECT id, host, pid, tables, started_at, seen_at, version, boot_id, pid_namespace, start_ticks, seen_at > {since}
FROM errand_workers
ORDER BY seen_at DESC
LIMIT {most}
