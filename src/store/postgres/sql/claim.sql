-- {more}: which jobs are passed over.
-- $3 and $4 are where the last claim ended, or -infinity: under an old snapshot dead rows pile up before it.
WITH due AS MATERIALIZED (
    SELECT {row} AS place FROM {table}
    WHERE status IN ('job_status_not_started', 'job_status_retry') AND locked_by IS NULL
        AND run_at <= now() AND {range} {more}
    ORDER BY {order}
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE {table} AS job
-- updated_at then says since when it runs: locked_at is refreshed while it does.
SET status = 'job_status_running', locked_by = $1, locked_at = now(), updated_at = now(),
    attempts_count = job.attempts_count + 1
FROM due
WHERE job.{row} = due.place
RETURNING {returning}
