-- Puts back the jobs of claims whose answer never came. Of the index on unfinished jobs only the running are read. What someone has
-- locked is left to recover.sql, which finds it held by nobody.
UPDATE {table}
SET status = CASE WHEN attempts_count <= 1 THEN 'job_status_not_started' ELSE 'job_status_retry' END::{status_type},
    locked_by = NULL, locked_at = NULL, attempts_count = greatest(attempts_count - 1, 0)
WHERE {row} = ANY (ARRAY(
    SELECT {row} FROM {table}
    WHERE status = 'job_status_running' AND status <> 'job_status_succeeded' AND locked_by = ANY ($1::uuid[])
    FOR UPDATE SKIP LOCKED))
