-- As bury.sql, where there is no errand_sleeping.
WITH marked AS (
    UPDATE errand_workers AS worker SET dead_at = now()
    FROM unnest($1::int8[], $2::text[]) AS judged (id, seen_at)
    WHERE worker.id = judged.id AND worker.seen_at = judged.seen_at::timestamptz AND worker.dead_at IS NULL
)
DELETE FROM errand_workers AS dead WHERE dead_at < now() - interval '1 day' AND seen_at < now() - interval '1 day'
    AND (dead_at < now() - interval '30 days'
         OR EXISTS (SELECT FROM errand_workers AS other WHERE other.dead_at IS NULL AND other.tables = dead.tables))
