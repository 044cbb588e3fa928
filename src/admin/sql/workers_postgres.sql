-- Alive: its lease is held, or was so short a time ago that a sweeper would still wait; and it was seen within a minute.
SELECT lpad(to_hex(w.id), 16, '0'), w.host, w.pid, w.tables, w.started_at, w.seen_at, w.version, w.boot_id,
    w.pid_namespace, w.start_ticks,
    w.dead_at IS NULL AND w.seen_at > now() - interval '60 s'
        AND (w.seen_at > now() - interval '15 s'
             OR EXISTS (SELECT FROM pg_catalog.pg_locks
                        WHERE locktype = 'advisory' AND granted AND objsubid = 1
                            AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                            AND ((classid::int8 << 32) | objid::int8) = w.id))
FROM errand_workers AS w
ORDER BY w.dead_at IS NOT NULL, w.seen_at DESC
LIMIT {most}
