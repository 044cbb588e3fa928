-- A job that is due already keeps its place in the queue.
WITH chosen AS MATERIALIZED (
    SELECT id AS chosen_id FROM {table}
    WHERE id = ANY ({ids}::{id_type}[]) AND status <> 'job_status_running' AND {filter}
    {lock}
)
UPDATE {table} AS job
SET status = CASE WHEN job.status IN ('job_status_not_started', 'job_status_retry') THEN job.status
                  ELSE 'job_status_retry' END,
    run_at = CASE WHEN job.status IN ('job_status_not_started', 'job_status_retry') THEN least(job.run_at, now())
                  ELSE now() END,
    locked_by = NULL, updated_at = now()
FROM chosen
WHERE job.id = chosen.chosen_id AND job.status <> 'job_status_running'
RETURNING job.id
