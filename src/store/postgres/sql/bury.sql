-- The dead keep their row for a day: by it their jobs are known, in tables that this worker does not look at too. Where
-- nobody looks at their tables, for 30 days.
-- $2: when each was last seen, as the judge knew it: who has been seen since is not dead.
WITH marked AS (
    UPDATE errand_workers AS worker SET dead_at = now()
    FROM unnest($1::int8[], $2::text[]) AS judged (id, seen_at)
    WHERE worker.id = judged.id AND worker.seen_at = judged.seen_at::timestamptz AND worker.dead_at IS NULL
)
DELETE FROM errand_workers AS dead WHERE dead_at < now() - interval '1 day' AND seen_at < now() - interval '1 day'
    AND (dead_at < now() - interval '30 days'
         OR EXISTS (SELECT FROM errand_workers AS other WHERE other.dead_at IS NULL AND other.tables = dead.tables))
