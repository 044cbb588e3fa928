-- Puts back the jobs of a claim whose answer never came. The second condition on status is what lets SQLite see
-- that the index on unfinished jobs serves.
UPDATE {table}
SET status = CASE WHEN attempts_count <= 1 THEN 'job_status_not_started' ELSE 'job_status_retry' END,
    locked_by = NULL, locked_at = NULL, attempts_count = max(attempts_count - 1, 0)
WHERE status = 'job_status_running' AND status <> 'job_status_succeeded' AND locked_by = ?1
