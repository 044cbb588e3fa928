-- The other workers, whether the lease of each is held, and whether it has been silent for too long, and when
-- it was seen.
SELECT id, boot_id, pid_namespace, pid, start_ticks, dead_at IS NOT NULL, seen_at < now() - interval '60 s',
    EXISTS (SELECT FROM pg_catalog.pg_locks
            WHERE locktype = 'advisory' AND granted AND objsubid = 1
                AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
                AND ((classid::int8 << 32) | objid::int8) = id),
    seen_at
FROM errand_workers WHERE id <> $1
