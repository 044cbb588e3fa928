-- The dead keep their row for a day: by it their jobs are known, in tables that this worker does not look at too. Where
-- nobody looks at their tables, for 30 days.
WITH marked AS (UPDATE errand_workers SET dead_at = now() WHERE id = ANY ($1::int8[]) AND dead_at IS NULL),
    awake AS (DELETE FROM errand_sleeping WHERE worker = ANY ($1::int8[]))
DELETE FROM errand_workers AS dead WHERE dead_at < now() - interval '1 day' AND seen_at < now() - interval '1 day'
    AND (dead_at < now() - interval '30 days'
         OR EXISTS (SELECT FROM errand_workers AS other WHERE other.dead_at IS NULL AND other.tables = dead.tables))
